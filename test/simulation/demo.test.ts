import { pino } from 'pino';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { loadConfig } from '../../src/config.ts';
import { dayMs } from '../../src/core/time.ts';
import { type RunningDemo, startDemo } from '../../src/demo.ts';
import { atEndOfFile } from '../support/cleanup.ts';
import { freePort } from '../support/cli.ts';
import {
  expectAnswers,
  expectFigures,
  expectRowsToAddUp,
  expectShares,
  groupings,
  oracleOf,
  type Period,
  type Report,
  reportPath,
} from './figures.ts';
import type { GroupBy, Oracle } from './oracle/report.ts';
import { temporaryFolder } from './server.ts';

/** The 90 days pass in 90 s on a machine that keeps up, and more slowly on one that is busy. */
const longestMs = 400_000;
const settleMs = 240_000;

let demo: RunningDemo;
let oracle: Oracle;
let get: <Answer>(path: string) => Promise<Answer>;
const complaints: string[] = [];
let whole: Period;

const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 10);
/** The instant so many days after the plan's start. */
const planned = (days: number): number => demo.sandbox.scenario.startsAtMs + days * dayMs;
const tomorrow = (): string => dayOf(Date.now() + dayMs);
const periods: readonly (readonly [name: string, () => Period])[] = [
  ['everything', () => whole],
  ['a month', () => ({ from: dayOf(planned(30)), to: dayOf(planned(59)) })],
  ['a day', () => ({ from: dayOf(planned(45)), to: dayOf(planned(45)) })],
  ['the last days', () => ({ from: dayOf(planned(88)), to: tomorrow() })],
];
const reportOf = (period: Period, groupBy: GroupBy): Promise<Report> => get(reportPath(period, groupBy));

/** Walks each feed as `deskledger reconcile` does, looks at each ticket whose work waits for its 6 h, and waits until all is read. */
const settle = async ({ running: { product }, sandbox }: RunningDemo): Promise<void> => {
  await sandbox.zendesk.idle();
  for (const connection of await product.directory.connections.list()) await product.walk(connection);
  await vi.waitUntil(
    async () => {
      const waiting = await product.db.query<{ id: bigint }>('select id from ticket where deep_due_at is not null');
      for (const { id } of waiting) await get(`/api/v1/tickets/${id}`);
      const [due] = await product.db.query<{ left: bigint }>(
        'select count(*) as left from ticket where due_at is not null or deep_due_at is not null or stale_since is not null',
      );
      const { pending } = await get<{ pending: number }>('/api/v1/status');
      return due?.left === 0n && pending === 0 && sandbox.zendesk.delivery.pending === 0;
    },
    { timeout: settleMs, interval: 1_000 },
  );
};

beforeAll(async () => {
  const config = loadConfig({ DATA_DIR: await temporaryFolder(), PORT: String(await freePort()) });
  demo = await startDemo(config, {
    log: pino({ level: 'error', base: null }, { write: (line) => void complaints.push(line) }),
  });
  atEndOfFile(() => demo.stop());
  const { product, url } = demo.running;
  const { token } = await product.access.createToken({ name: 'reader', scopes: 'read,rates' });
  get = async <Answer>(path: string) => {
    const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });
    if (!answer.ok) throw new Error(`GET ${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as Answer;
  };
  await new Promise<void>((resolve) => demo.play(({ live }) => live && resolve()));
  await demo.calm();
  await settle(demo);
  const { reportingCurrency: currency, reportingTimezone: timeZone } = config;
  oracle = await oracleOf({ sandbox: demo.sandbox, product }, { currency, timeZone });
  whole = { from: dayOf(planned(-10)), to: tomorrow() };
}, longestMs + settleMs);

const partnerCodes = ['alpenhaus', 'brightnest', 'direct', 'lumiere', 'nordhem', 'oasis', 'sudcasa'];

test('the demo plays its whole story: six partners and direct sales, eight countries, twelve agents, one dear Swedish partner', async () => {
  const { sandbox, running } = demo;
  const { rows, total } = await reportOf(whole, ['partner']);
  expect(rows.flatMap(({ partner }) => partner ?? []).toSorted()).toEqual(partnerCodes);
  const countries = await running.product.db.query<{ country: string }>(
    'select distinct country from "order" where country is not null order by 1',
  );
  expect(countries.map(({ country }) => country)).toEqual(['AE', 'AT', 'DE', 'ES', 'FR', 'GB', 'SE', 'US']);
  const [agents] = await running.product.db.query<{ priced: number }>(
    `select count(distinct e.agent_id)::int as priced from work_entry e join posting p on p.work_entry_id = e.id`,
  );
  expect(agents?.priced).toBe(12);
  expect(sandbox.history.orders().length).toBeGreaterThan(5_500);
  expect(sandbox.history.orders().length).toBeLessThan(6_500);
  expect(sandbox.history.tickets().length).toBeGreaterThan(1_350);
  expect(sandbox.history.tickets().length).toBeLessThan(1_650);
  expect(total.returns).toBeGreaterThan(300);
  const dear = rows.filter(({ costMultiple }) => (costMultiple ?? 0) > 2);
  expect(dear.map(({ partner }) => partner)).toEqual(['nordhem']);
  const cells = (await reportOf(whole, ['partner', 'region'])).rows.map(({ csat }) => csat.n);
  expect(cells.filter((n) => n >= 30).length).toBeGreaterThan(2);
  expect(cells.filter((n) => n > 0 && n < 30).length).toBeGreaterThan(2);
});

test('every ticket is borne by whom plain code says', async () => {
  const { sandbox, running } = demo;
  await expectShares({ sandbox, product: running.product, oracle });
});

describe.each(groupings)('grouped by %s', (...groupBy) => {
  test.each(periods)('%s: every figure is the one that plain code finds', async (_, period) => {
    expectFigures(await reportOf(period(), groupBy), oracle.facts(period(), groupBy));
  });

  test('the rows add up to the total', async () => {
    expectRowsToAddUp(await reportOf(whole, groupBy));
  });
});

test('every answer counts, for the cell that was frozen when the question went out', async () => {
  expect(demo.sandbox.history.answers().length).toBeGreaterThan(150);
  const { sandbox, running } = demo;
  await expectAnswers(await reportOf(whole, ['partner', 'region']), { sandbox, product: running.product, oracle });
});

test('no row was seeded past the webhooks and the walks: what is stored was told or found', async () => {
  const { sandbox, running } = demo;
  const { delivered, lost } = sandbox.zendesk.delivery;
  const [counted] = await running.product.db.query<{ deliveries: number; tickets: number; untold: number }>(
    `select (select count(*)::int from delivery) as deliveries, count(*)::int as tickets,
            count(*) filter (where not exists (
              select 1 from delivery d where d.connection_id = t.connection_id and d.ticket_external_id = t.external_id))::int as untold
       from ticket t`,
  );
  const { deliveries, tickets, untold } = counted ?? { deliveries: 0, tickets: 0, untold: 0 };
  expect(tickets).toBe(sandbox.history.tickets().length);
  // One row for each webhook that was taken; one whose answer came too late may be stored and count as lost.
  expect(deliveries).toBeGreaterThanOrEqual(delivered);
  expect(deliveries).toBeLessThanOrEqual(delivered + lost);
  // Only a ticket whose webhooks were all lost is known by the walk alone.
  expect(untold).toBeLessThanOrEqual(lost);
  const orders = await running.product.db.query<{ external_id: string }>('select external_id from "order"');
  const placed = new Set(sandbox.history.orders().map(({ id }) => String(id)));
  expect(orders.filter(({ external_id }) => !placed.has(external_id))).toEqual([]);
});

/** A disk that stalls for seconds has a delivery answered 503: it is sent again, and no figure above lacks it. */
const isStall = (complaint: string): boolean => {
  const { step, msg } = JSON.parse(complaint) as { readonly step?: string; readonly msg?: string };
  return step === 'receive' && msg === 'delivery not stored';
};

test('nothing failed on the way: no complaint, nothing quarantined, refused or in doubt', async () => {
  expect(complaints.filter((complaint) => !isStall(complaint))).toEqual([]);
  const { connections } = await get<{ connections: { quarantined: number; failed: number; doubt: number }[] }>(
    '/api/v1/status',
  );
  expect(connections).toHaveLength(2);
  for (const { quarantined, failed, doubt } of connections)
    expect({ quarantined, failed, doubt }).toEqual({ quarantined: 0, failed: 0, doubt: 0 });
});
