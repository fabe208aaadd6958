import { expect } from 'vitest';
import { type Money, micros, ppm, type Report, reportPath } from '../figures.ts';
import type { Counts } from '../oracle/counts.ts';
import { keyOf } from '../oracle/figures.ts';
import type { Period } from '../oracle/periods.ts';
import type { Oracle } from '../oracle/report.ts';
import type { Account } from './account.ts';

const steps = ['day', 'week', 'month'] as const;

interface Point {
  readonly day: string;
  readonly supportCost: Money;
  readonly handledSeconds: number;
  readonly tickets: number;
  readonly orders: number;
}

/** Each point of a series is what plain code counts on the days of its step, and nothing lies between them. */
export const expectSeries = async (
  { get }: Account,
  oracle: Oracle,
  { period: { from, to }, seed }: { readonly period: Period; readonly seed: number },
): Promise<void> => {
  const step = steps[seed % steps.length] ?? 'day';
  const { points } = await get<{ readonly points: readonly Point[] }>(
    `/api/v1/reports/series?from=${from}&to=${to}&step=${step}`,
  );
  const { sides } = oracle.figures({ from, to }, [step]);
  const told = points.map(({ day, supportCost, handledSeconds, tickets, orders }) => [
    day,
    micros(supportCost),
    ppm(handledSeconds),
    ppm(tickets),
    ppm(orders),
  ]);
  const right = points.map(({ day }) => {
    const key = keyOf({ [step]: day }, [step]);
    const of = (side: keyof typeof sides, count: keyof Counts): bigint => sides[side].get(key)?.[count] ?? 0n;
    return [day, of('work', 'cost'), of('work', 'microseconds'), of('tickets', 'tickets'), of('orders', 'orders')];
  });
  expect(told).toEqual(right);
  const known = new Set(points.map(({ day }) => keyOf({ [step]: day }, [step])));
  for (const side of ['work', 'tickets', 'orders'] as const)
    expect([...sides[side].keys()].filter((key) => !known.has(key))).toEqual([]);
};

interface Page {
  readonly items: readonly { readonly supportCost: Money; readonly handledSeconds: number }[];
  readonly next: string | null;
}

/** The headline is the sum of its drill-down: tickets behind each row add up to its cost and its seconds, in list and export. */
export const expectDrillDown = async ({ get }: Account, period: Period, limit: number): Promise<void> => {
  const { rows, total } = await get<Report>(reportPath(period, ['partner']));
  for (const [partner, row] of [...rows.map((one) => [one.partner ?? 'none', one] as const), [null, total] as const])
    for (const list of ['tickets', 'exports/tickets']) {
      const query = `from=${period.from}&to=${period.to}${partner === null ? '' : `&partner=${partner}`}&limit=${limit}`;
      let sum = { cost: 0n, microseconds: 0n };
      for (let after: string | null = ''; after !== null; ) {
        const page: Page = await get<Page>(`/api/v1/${list}?${query}${after === '' ? '' : `&after=${after}`}`);
        sum = page.items.reduce(
          ({ cost, microseconds }, item) => ({
            cost: cost + micros(item.supportCost),
            microseconds: microseconds + ppm(item.handledSeconds),
          }),
          sum,
        );
        after = page.next;
      }
      expect(sum, `${list} of ${partner}`).toEqual({
        cost: micros(row.supportCost),
        microseconds: ppm(row.handledSeconds),
      });
    }
};
