import { expect, vi } from 'vitest';
import { addUpMarked } from '../../../src/features/reports/index.ts';
import { totalDifferences } from '../../../src/features/reports/totals/proof.ts';
import { groupings, reportPath } from '../figures.ts';
import type { Period } from '../oracle/periods.ts';
import type { Account } from './account.ts';

type Answer = Readonly<Partial<Record<'rows' | 'total' | 'points', unknown>>>;

/** What is told by totals: by partner, region, both, none and time. */
const pathsOf = (period: Period): string[] => {
  const days = `from=${period.from}&to=${period.to}`;
  return [
    ...groupings.map((groupBy) => reportPath(period, groupBy)),
    ...['partner', 'region,month'].map((by) => `/api/v1/reports/figures?${days}&groupBy=${by}&limit=500`),
    `/api/v1/reports/series?${days}&step=week`,
  ];
};

/** At true and at pooled cost. */
const answersOf = async ({ get }: Account, periods: readonly Period[]): Promise<ReadonlyMap<string, Answer>> => {
  const answers = new Map<string, Answer>();
  for (const path of periods.flatMap(pathsOf))
    for (const scopes of ['read', 'read,rates'] as const) {
      const { rows, total, points } = await get<Answer>(path, scopes);
      answers.set(`${path} ${scopes}`, { rows, total, points });
    }
  return answers;
};

const countOf = async ({ product: { db } }: Account, table: 'rollup_mark' | 'rollup_written'): Promise<number> => {
  const [row] = await db.query<{ n: bigint }>(`select count(*) as n from ${table}`);
  return Number(row?.n);
};

/** So that all of it is read from the ledger. */
const markAll = ({ product: { db } }: Account, { from, to }: Period) =>
  db.query(
    `insert into rollup_mark (book, day)
     select 'facts', d::date from generate_series($1::date, $2::date, interval '1 day') d
      union all select distinct 'pooled', date_trunc('month', d)::date from generate_series($1::date, $2::date, interval '1 day') d`,
    [from, to],
  );

/** One day of three on which there is something, at most as many as are read one by one, and a month. */
const markSome = ({ product: { db } }: Account, seed: number) =>
  db.query(
    `insert into rollup_mark (book, day)
     (select 'facts', starts_on from rollup_total where span = 1 and (starts_on - date '2000-01-01' + $1::int) % 3 = 0 group by 2 order by 2 desc limit 6)
      union all (select 'pooled', date_trunc('month', starts_on)::date from rollup_pooled where span = 1 order by starts_on desc limit 1)`,
    [seed % 3],
  );

const addUp = async (account: Account): Promise<void> => {
  const { product, basis } = account;
  await vi.waitUntil(
    async () => {
      await addUpMarked(product.db, { timeZone: basis.timeZone, patient: false });
      return (await countOf(account, 'rollup_mark')) === 0;
    },
    { timeout: 60_000, interval: 15 },
  );
};

/**
 * Reports of kept totals are those of the ledger, once they are added up and where some days are marked again; `alsoRight`
 * is asked in both states.
 */
export const expectKept = async (
  account: Account,
  {
    periods,
    seed,
    alsoRight,
  }: {
    readonly periods: readonly [Period, ...Period[]];
    readonly seed: number;
    readonly alsoRight: () => Promise<void>;
  },
): Promise<void> => {
  await markAll(account, periods[0]);
  const ledger = await answersOf(account, periods);
  await addUp(account);
  expect(await countOf(account, 'rollup_written')).toBeGreaterThan(0);
  expect(await totalDifferences(account.product.db, { days: null, timeZone: account.basis.timeZone })).toEqual([]);
  expect(await answersOf(account, periods)).toEqual(ledger);
  await alsoRight();
  await markSome(account, seed);
  expect(await answersOf(account, periods)).toEqual(ledger);
  await alsoRight();
};
