import { expect } from 'vitest';
import { createWorld, type World } from './world.ts';

interface Money {
  readonly amount: string;
}
interface Row {
  readonly partner: string | null;
  readonly region: string | null;
  readonly supportCost: Money | null;
  readonly costPerTicket: Money | null;
  readonly costPerOrder: Money | null;
  readonly costMultiple: number | null;
  readonly costShareOfRevenue: number | null;
  readonly measuredShare: number | null;
  readonly handledSeconds: number;
}
interface Report {
  readonly costBasis: string;
  readonly rows: readonly Row[];
  readonly total: Row;
}

export const micros = (money: Money | null): bigint | null =>
  money === null ? null : BigInt(money.amount.replace('.', ''));
export const sum = (parts: readonly (Money | null)[]): bigint | null =>
  parts.reduce<bigint | null>((all, part) => {
    const one = micros(part);
    return all === null || one === null ? null : all + one;
  }, 0n);

/** What the three ways to ask tell, by the scopes of a token; the world holds each answer to its description. */
export const asking = async (world: World, scopes: string) => {
  const api = await world.api();
  const get = async (path: string) => {
    const answer = await api(path, scopes);
    expect(answer.status, path).toBe(200);
    return answer.json();
  };
  return {
    report: (period: string, groupBy = 'partner'): Promise<Report> =>
      get(`/api/v1/reports/partners?${period}&groupBy=${groupBy}`),
    points: async (query: string): Promise<{ day: string; supportCost: Money | null }[]> =>
      (await get(`/api/v1/reports/series?${query}`)).points,
    items: async (query: string): Promise<{ id: string; supportCost: Money | null }[]> =>
      (await get(`/api/v1/tickets?limit=500&${query}`)).items,
    ticket: (id: bigint): Promise<{ supportCost: Money | null; costBasis: string }> => get(`/api/v1/tickets/${id}`),
    get,
    csv: async (path: string) => (await api(path, scopes)).text,
  };
};

export type Asked = Awaited<ReturnType<typeof asking>>;
export const may = 'from=2026-05-01&to=2026-05-31';

/** Three agents at 20.00, 31.07 and 66.60 an hour, with shares and seconds that do not divide. */
export const staffed = async (): Promise<World> => {
  const world = await createWorld();
  for (const [name, hourly] of [
    ['ada', '20.00'],
    ['ben', '31.07'],
    ['cem', '66.60'],
  ] as const) {
    await world.rate(hourly, '2026-01-01', name);
    await world.agent(name, 'agent');
  }
  return world;
};
