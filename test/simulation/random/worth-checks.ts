import { expect } from 'vitest';
import { groupings, type Money, micros } from '../figures.ts';
import { sum } from '../oracle/numbers.ts';
import type { Period } from '../oracle/periods.ts';
import type { GroupBy, Oracle } from '../oracle/report.ts';
import { whyDear } from '../oracle/why-dear.ts';
import {
  isGivenFor,
  isSaid,
  roiOf,
  type Support,
  unpricedOf,
  type Worth,
  worthOf,
  worthTogether,
} from '../oracle/worth.ts';
import type { Account } from './account.ts';

type Get = Account['get'];
type Kinds = readonly { readonly kind: string; readonly amount: Money }[];
type Code = string | null;

interface RoiRow {
  readonly partner: Code;
  readonly region: Code;
  readonly benefits: Money | null;
  readonly benefitsByKind: Kinds;
  readonly supportCost: Money | null;
  readonly otherCosts: Money | null;
  readonly otherCostsByKind: Kinds;
  readonly costs: Money | null;
  readonly netGain: Money | null;
  readonly roi: number | null;
  readonly arithmetic: string | null;
  readonly missing: string | null;
  readonly unpricedAmounts: number;
  readonly unpricedOrders: number;
  readonly unknownMargins: number;
  readonly unpricedEntries: number;
  readonly coverage: object;
}

interface Roi {
  readonly rows: readonly RoiRow[];
  readonly total: RoiRow;
  readonly unpriced: readonly {
    readonly side: string;
    readonly kind: string;
    readonly partner: Code;
    readonly region: Code;
    readonly day: string;
    readonly amount: Money;
  }[];
  readonly ordersWithoutCost: number;
}

/** Money as amounts: the currency is that of the whole report. */
const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  if ('amount' in value && 'currency' in value) return value.amount;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
};

const kindsOf = (kinds: Kinds): string[] => kinds.map(({ kind, amount: { amount } }) => `${kind} ${amount}`);

const told = ({ partner: _, region: __, benefitsByKind, otherCostsByKind, ...row }: RoiRow) => ({
  ...(plain(row) as object),
  benefitsByKind: kindsOf(benefitsByKind),
  otherCostsByKind: kindsOf(otherCostsByKind),
});

const noSupport: Support = { cost: 0n, measuredCost: 0n, microseconds: 0n, unpricedEntries: 0n };

const sorted = (lines: readonly object[]): string[] => lines.map((line) => JSON.stringify(line)).sort();

/** What partnerships bring for what they cost, by any grouping: every amount exactly, with the arithmetic, and what lies in no row. */
const expectRoi = async (get: Get, oracle: Oracle, { period, groupBy }: { period: Period; groupBy: GroupBy }) => {
  const { from, to } = period;
  const name = `roi of ${from} to ${to} by ${groupBy}`;
  const report = await get<Roi>(`/api/v1/reports/roi?from=${from}&to=${to}&groupBy=${groupBy.join(',')}`);
  const facts = oracle.facts(period, groupBy);
  const { partnerships } = oracle;
  const { money, unpriced, unpricedOrders, unknownMargins } = partnerships.moneyIn(period);
  const cellOf = (of: { partner: Code; region: Code }) =>
    Object.fromEntries(groupBy.map((dimension) => [dimension, of[dimension]]));
  const keyOf = (of: { partner: Code; region: Code }): string =>
    JSON.stringify(groupBy.map((dimension) => of[dimension]));
  const found = new Map(report.rows.map((row) => [keyOf(row), row]));
  const supports = new Map<string, Support>(
    [...facts].map(([key, support]) => {
      const [partner = null, region = null] = JSON.parse(key) as Code[];
      return [keyOf({ partner, region }), support];
    }),
  );
  const needed = [
    ...[...supports].flatMap(([key, { cost, unpricedEntries }]) =>
      cost === 0n && unpricedEntries === 0n ? [] : [key],
    ),
    ...[...money.filter(isSaid), ...unpriced, ...unpricedOrders, ...unknownMargins].map(keyOf),
  ];
  expect([...found.keys()], name).toEqual(expect.arrayContaining([...new Set(needed)]));
  const costs = [
    ...[...oracle.facts(period, ['partner', 'region'])].map(([key, { cost }]) => {
      const [partner = null, region = null] = JSON.parse(key) as Code[];
      return { partner, region, micros: cost };
    }),
    ...money.filter(({ side }) => side === 'other cost'),
  ];
  /** Costs of partners of whom somebody said what they bring: in rows by region, in that region. */
  const covered = costs.filter(({ partner, region }) =>
    isGivenFor(groupBy.includes('region') ? { partner, region } : { partner }, { partnerships, period }),
  );
  const coveredInAll = costs.filter(({ partner }) => isGivenFor({ partner }, { partnerships, period }));
  const worths: Worth[] = [];
  for (const [key, row] of found) {
    const worth = worthOf(cellOf(row), supports.get(key) ?? noSupport, { partnerships, period });
    expect(told(row), `${name}, ${key}`).toEqual(
      roiOf(worth, sum(covered.filter((one) => keyOf(one) === key).map(({ micros }) => micros))),
    );
    worths.push(worth);
  }
  expect(told(report.total), `${name}, total`).toEqual(
    roiOf(worthTogether(worths, { partnerships, period }), sum(coveredInAll.map(({ micros }) => micros))),
  );
  expect(sorted(report.unpriced.map(({ amount, ...one }) => ({ ...one, ...amount }))), name).toEqual(
    sorted(unpricedOf(unpriced).map(({ amount, currency, ...one }) => ({ ...one, amount, currency }))),
  );
  expect(report.ordersWithoutCost, name).toBe(partnerships.ordersWithoutCost(period));
};

interface MixLine {
  readonly code: Code;
}
interface DearRow {
  readonly partner: Code;
  readonly excess: Money;
  readonly parts: Readonly<Record<string, Money | null>>;
  readonly reasons?: readonly MixLine[];
  readonly languages?: readonly MixLine[];
}

/** Why everybody is dear, and by which reasons and languages one partner is: to the micro, and adding up. */
const expectWhyDear = async (get: Get, oracle: Oracle, { period, partner }: { period: Period; partner: string }) => {
  const { from, to } = period;
  const ask = async (query: string): Promise<readonly DearRow[]> =>
    (await get<{ rows: readonly DearRow[] }>(`/api/v1/reports/why-dear?from=${from}&to=${to}${query}`)).rows;
  const counted = oracle.figures(period, ['partner', 'reason', 'language']);
  const right = whyDear(counted);
  const rows = await ask('');
  const needed = [...counted.sides.work, ...counted.sides.orders]
    .filter(([, { orders, ticketsWorked, cost }]) => orders !== 0n || ticketsWorked !== 0n || cost !== 0n)
    .map(([key]) => (JSON.parse(key) as Code[])[0]);
  expect(
    rows.map((row) => row.partner),
    `why dear in ${from} to ${to}`,
  ).toEqual(expect.arrayContaining([...new Set(needed)]));
  for (const { partner: of, ...row } of rows) {
    expect(plain(row), `why ${of} is dear in ${from} to ${to}`).toEqual(right(of).row);
    expect(Object.values(row.parts).reduce((sum, one) => sum + (one ? micros(one) : 0n), 0n)).toBe(micros(row.excess));
  }
  const excesses = rows.map(({ excess }) => micros(excess));
  expect(excesses).toEqual(excesses.toSorted((a, b) => (a > b ? -1 : a < b ? 1 : 0)));

  const [one] = await ask(`&partner=${partner}`);
  for (const what of ['reasons', 'languages'] as const) {
    const lines = new Map((one?.[what] ?? []).map(({ code, ...line }) => [code, plain(line)]));
    for (const [code, line] of right(partner)[what]())
      expect(lines.get(code), `${what} of ${partner} in ${from} to ${to}: ${code}`).toEqual(line);
  }
};

/** Whether partnerships are worth it and why they are dear, over each period. */
export const expectWorth = async (
  { get }: Account,
  oracle: Oracle,
  periods: readonly [whole: Period, ...others: Period[]],
): Promise<void> => {
  const [whole, ...others] = periods;
  for (const groupBy of groupings) await expectRoi(get, oracle, { period: whole, groupBy });
  for (const period of others) await expectRoi(get, oracle, { period, groupBy: ['partner', 'region'] });
  await expectWhyDear(get, oracle, { period: whole, partner: 'nord' });
  for (const period of others.slice(1, 2)) await expectWhyDear(get, oracle, { period, partner: 'sud' });
};
