import { expect, test } from 'vitest';
import type { FigureDimension } from '../../../../src/features/reports/facts/fact-statements.ts';
import { addFacts, type Cell, cellId, loadSides } from '../../../../src/features/reports/facts/facts.ts';
import { series } from '../../../../src/features/reports/series.ts';
import { addUpMarked } from '../../../../src/features/reports/totals/fold.ts';
import type { Only } from '../../../../src/features/reports/totals/only.ts';
import { totalFacts } from '../../../../src/features/reports/totals/read.ts';
import { figureSides } from '../../../../src/features/reports/totals/sides.ts';
import type { Sql } from '../../../../src/platform/database/database.ts';
import type { Database } from '../../../../src/platform/database/open.ts';
import { asking } from '../asking.ts';
import { randomWorld } from '../random-world.ts';
import type { World } from '../world.ts';

const timeZone = 'UTC';
const addUp = async ({ db }: World): Promise<void> => {
  while ((await addUpMarked(db, { timeZone, patient: false })) > 0);
};
/** So that all of it is read from the ledger. */
const markAll = ({ db }: World) =>
  db.query(
    `insert into rollup_mark (book, day) select 'facts', d::date from generate_series(date '2025-12-01', date '2026-07-31', interval '1 day') d
      union all select 'pooled', d::date from generate_series(date '2025-12-01', date '2026-07-01', interval '1 month') d`,
  );

const markSome = ({ db }: World) =>
  db.query(
    "insert into rollup_mark (book, day) values ('facts', '2026-02-11'), ('facts', '2026-04-01'), ('facts', '2026-04-02'), ('pooled', '2026-04-01')",
  );

const periods = ['from=2026-02-01&to=2026-02-28', 'from=2026-03-04&to=2026-05-19'];
const questions = [
  ...[
    'partner',
    'region',
    'partner,region',
    'day',
    'week',
    'month',
    'partner,week',
    'region,month,partner',
    'month&compare=previous',
    'partner&baselineFrom=2026-01-15&baselineTo=2026-02-14',
    'partner&partner=sud',
    'week&region=none',
    'country',
    'day,month',
  ].map((by) => `figures?groupBy=${by}&limit=500`),
  ...[
    'day',
    'week',
    'month',
    'week&partner=nord',
    'day&partner=none',
    'month&partner=sud&region=iberia',
    'day&region=iberia',
    'month&region=none',
    'week&partner=none&region=none',
  ].map((step) => `series?step=${step}`),
  'why-dear?',
  'why-dear?partner=nord',
  'roi?groupBy=partner',
  'roi?groupBy=region',
  'roi?groupBy=partner,region',
].map((question, index) => `${question}&${periods[index % periods.length]}`);

const answersOf = async (world: World, scopes: string): Promise<Map<string, unknown>> => {
  const { get } = await asking(world, scopes);
  const answers = new Map<string, unknown>();
  for (const question of questions) answers.set(question, await get(`/api/v1/reports/${question}`));
  return answers;
};

/** Each of these asks for everything several times. */
const timeoutMs = 180_000;

test.each([
  [7, 'read,rates'],
  [1234, 'read'],
])(
  'of the random world of seed %i, with %s, figures, series, why-dear and roi are the same from totals, from the ledger and from both',
  async (seed, scopes) => {
    const world = await randomWorld(seed);
    await markAll(world);
    const ledger = await answersOf(world, scopes);
    await addUp(world);
    expect(await answersOf(world, scopes)).toEqual(ledger);
    await markSome(world);
    expect(await answersOf(world, scopes)).toEqual(ledger);
  },
  timeoutMs,
);

test(
  'each side of figures has the same facts, fact by fact',
  async () => {
    const world = await randomWorld(99);
    await addUp(world);
    const factsOf = (cells: readonly Cell[], by: readonly FigureDimension[]) =>
      [...Map.groupBy(cells, ({ key }) => cellId(key, by))]
        .map(([id, own]) => [id, addFacts(own.map(({ facts }) => facts))] as const)
        .filter(([, facts]) => Object.values(facts).some((fact) => fact !== 0n))
        .toSorted(([a], [b]) => (a < b ? -1 : 1));
    const bys: readonly (readonly FigureDimension[])[] = [
      ['partner'],
      ['region', 'partner'],
      ['day'],
      ['week', 'region'],
      ['partner', 'region', 'month'],
    ];
    for (const by of bys)
      for (const costBasis of ['true', 'pooled'] as const) {
        const asked = { timeZone, costBasis, highValueMicros: 200_000_000n };
        const period = { from: '2026-02-20', to: '2026-05-10' };
        const kept = await figureSides(world.db, period, by, asked);
        const ledger = await loadSides(world.db, period, by, asked);
        for (const side of ['orders', 'tickets', 'work'] as const) {
          expect(kept[side].dimensions).toEqual(ledger[side].dimensions);
          expect(factsOf(kept[side].cells, by), `${side} by ${by} ${costBasis}`).toEqual(
            factsOf(ledger[side].cells, by),
          );
        }
      }
  },
  timeoutMs,
);

const onlys: readonly Only[] = [
  { partner: 'nord' },
  { partner: null },
  { region: 'iberia' },
  { region: null },
  { partner: 'sud', region: 'iberia' },
  { partner: null, region: null },
];

test(
  'of one partner or region alone totals tell what they tell of it among all, but for what is kept of all together, also where some days are marked',
  async () => {
    const world = await randomWorld(5);
    await addUp(world);
    const period = { from: '2026-03-20', to: '2026-05-10' };
    const textOf = (cells: readonly Cell[] | null, by: readonly FigureDimension[]) =>
      cells
        ?.map(({ key, facts }) => ({ key, facts: { ...facts, ticketsWorkedPpm: 0n, returnsPpm: 0n } }))
        .filter(({ facts }) => Object.values(facts).some((fact) => fact !== 0n))
        .map(({ key, facts }) => [cellId(key, by), facts] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (const marked of [false, true]) {
      if (marked) await markSome(world);
      for (const only of onlys)
        for (const by of [[], ['region'], ['week'], ['month', 'partner']] as const)
          for (const costBasis of ['true', 'pooled'] as const) {
            const names = Object.keys(only) as (keyof Only)[];
            const all: FigureDimension[] = [...new Set([...names, ...by])];
            const among = await totalFacts(world.db, period, all, { timeZone, costBasis });
            const own = among?.filter(({ key }) => names.every((name) => key[name] === only[name]));
            const alone = await totalFacts(world.db, period, by, { timeZone, costBasis, only });
            expect(textOf(alone, all), JSON.stringify({ only, by, costBasis, marked })).toEqual(
              textOf(own ?? null, all),
            );
          }
    }
  },
  timeoutMs,
);

/** Of a cell as it is written, with none for what it is not by. */
const keyOf = (line: string): { partner: unknown; region: unknown } => {
  const [partner, region] = JSON.parse(line.slice(0, line.indexOf('\t'))) as unknown[];
  return { partner, region };
};

test(
  'bug: a series of one partner or region read the totals of all',
  async () => {
    const world = await randomWorld(5);
    await addUp(world);
    await markSome(world);
    const asked = { from: '2026-03-20', to: '2026-05-10', step: 'week', currency: 'USD', timeZone } as const;
    for (const only of onlys)
      for (const costBasis of ['true', 'pooled'] as const) {
        const rows: Partial<Record<string, unknown>>[] = [];
        const noting = (sql: Sql): Sql => ({
          query: async <Row extends object>(...of: Parameters<Sql['query']>) => {
            const found = await sql.query<Row>(...of);
            rows.push(...found);
            return found;
          },
        });
        const db: Database = {
          ...world.db,
          transaction: (work, options) => world.db.transaction((tx) => work(noting(tx)), options),
        };
        const named = Object.entries(only).map(([name, code]) => [name, code ?? 'none']);
        await series(db, { ...asked, ...Object.fromEntries(named), costBasis });
        const written = rows.flatMap(({ cells }) => (typeof cells === 'string' ? cells.split('\n') : []));
        const read: Partial<Record<string, unknown>>[] = [...rows, ...written.map((line) => keyOf(line))].filter(
          (row) => 'partner' in row,
        );
        expect(written).not.toEqual([]);
        const others = read.filter((row) => Object.entries(only).some(([name, code]) => row[name] !== code));
        expect(others).toEqual([]);
      }
  },
  timeoutMs,
);

test('they are read from totals: what is wrong there is wrong in each, until its days are marked', {
  timeout: timeoutMs,
}, async () => {
  const world = await randomWorld(42);
  await addUp(world);
  const right = await answersOf(world, 'read,rates');
  await world.db.query(
    'update rollup_total set cost_micros = cost_micros + 1000000, orders_ppm = orders_ppm + 1000000, microseconds = microseconds + 1000000',
  );
  const wrong = await answersOf(world, 'read,rates');
  const isTheSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
  const named = (all: readonly string[]) => new Set(all.map((question) => question.replace(/&limit.*|&from.*/, '')));
  const fromLedger = questions.filter((question) => isTheSame(wrong.get(question), right.get(question)));
  expect(named(fromLedger)).toEqual(new Set(['figures?groupBy=day,month']));
  // By country the rows are from the ledger, and of all whose costs are covered is asked of totals: that alone may be wrong.
  const allButCovered = (answer: unknown) => {
    const { total, ...rest } = answer as { readonly total?: { readonly coverage?: object } };
    return { ...rest, total: { ...total, coverage: { ...total?.coverage, benefitsKnownShare: null } } };
  };
  const allButThat = questions.filter((question) =>
    isTheSame(allButCovered(wrong.get(question)), allButCovered(right.get(question))),
  );
  expect(named(allButThat)).toEqual(new Set(['figures?groupBy=country', 'figures?groupBy=day,month']));
  await markAll(world);
  expect(await answersOf(world, 'read,rates')).toEqual(right);
});
