import { beforeEach, expect, test } from 'vitest';
import { repriceAll, type Seal, sealPeriod } from '../../../src/features/books/index.ts';
import { parseMonth } from '../../../src/features/books/period.ts';
import { listSeals } from '../../../src/features/books/store.ts';
import { createTouchedOf } from '../../../src/features/books/touched.ts';
import { importFx } from '../../../src/features/costing/index.ts';
import { partnerBook, regionBook } from '../../../src/features/directory/index.ts';
import { importBenefits, importOtherCosts } from '../../../src/features/partnerships/index.ts';
import { addUpMarked, differencesSince, restatementOf } from '../../../src/features/reports/index.ts';
import type { Sql } from '../../../src/platform/database/database.ts';
import { createWorld, sud, type World } from '../reports/world.ts';
import { basis, readToEnd, sealIn } from './sealing.ts';

let world: World;
let april: Seal;
let may: Seal;
let touchedOf: ReturnType<typeof createTouchedOf>;

beforeEach(async () => {
  world = await createWorld();
  await world.rate('36.00');
  await readToEnd(world);
  await world.ticket({ created: '2026-04-04', work: [['ada', 600, '2026-04-04']] });
  await world.ticket({ created: '2026-05-04', work: [['ada', 600, '2026-05-04']] });
  april = (await sealIn(world, parseMonth('2026-04'))).seal;
  may = (await sealIn(world, parseMonth('2026-05'))).seal;
  touchedOf = createTouchedOf(basis);
});

/** Which seals are touched, how many were held against their days for it, and that these are those that differ. */
const look = async () => {
  let held = 0;
  const counting = (sql: Sql): Sql => ({
    query: async (text, ...rest) => {
      if (text.includes('totals, partnerships')) held += 1;
      return sql.query(text, ...rest);
    },
  });
  return world.db.transaction(
    async (tx) => {
      const seals = await listSeals(tx, { limit: 10 });
      const touched = await touchedOf(counting(tx), seals);
      for (const seal of seals) {
        const { id } = seal;
        const restated = await restatementOf(tx, seal, { currency: basis.currency, costBasis: 'true' });
        const { open } = await differencesSince(tx, id, { ...basis, groupBy: ['partner'], costBasis: 'true' });
        expect(touched.has(id)).toBe(restated.open || open);
      }
      return { touched: [...touched].toSorted((a, b) => a - b), held };
    },
    { readOnly: true, isolation: 'repeatable read' },
  );
};
const addUp = async () => {
  while ((await addUpMarked(world.db, { timeZone: 'UTC', patient: false })) > 0);
};

test('bug: every look at the list of seals made a report of each; one is made of those days alone on which something was marked', async () => {
  expect(await look()).toEqual({ touched: [], held: 2 });
  expect(await look()).toEqual({ touched: [], held: 0 });
  const order = await world.order({ placed: '2026-05-03', shares: [sud] });
  expect(await look()).toEqual({ touched: [may.id], held: 1 });
  expect(await look()).toEqual({ touched: [may.id], held: 0 });
  await world.db.query('delete from "order" where id = $1', [order]);
  expect(await look()).toEqual({ touched: [], held: 1 });
  await addUp();
  expect(await look()).toEqual({ touched: [], held: 0 });
  await world.order({ placed: '2026-06-01' });
  expect(await look()).toEqual({ touched: [], held: 0 });
  await world.order({ placed: '2026-05-03' });
  await addUp();
  expect(await look()).toEqual({ touched: [may.id], held: 1 });
  await addUp();
  expect(await look()).toEqual({ touched: [may.id], held: 0 });
});

test('what was posted into one since touches it without a report', async () => {
  await look();
  await world.ticket({ created: '2026-04-20', work: [['ada', 60, '2026-04-20']] });
  expect(await look()).toEqual({ touched: [april.id], held: 0 });
});

test('bug: a rate that was imported and removed left a seal touched with nothing to revise', async () => {
  const tickets = [await world.ticket({ created: '2026-05-20', work: [['ada', 60, '2026-05-20']] })];
  const reprice = () => world.db.transaction((tx) => repriceAll(tx, tickets, { basis, now: world.clock.now() }));
  await revised();
  await world.rate('72.00', '2026-05-01');
  await reprice();
  expect(await look()).toEqual({ touched: [may.id], held: 0 });
  await world.db.query("delete from rate where valid_from = '2026-05-01'");
  await reprice();
  const posted = await world.db.query('select from posting where id > $1', [may.lastPostingId]);
  expect(posted.length).toBeGreaterThan(1);
  expect((await look()).touched).toEqual([]);
  expect(await look()).toEqual({ touched: [], held: 0 });
});

const known = {
  partners: partnerBook([{ code: 'nord', name: 'Nord', aliases: [] }]),
  regions: regionBook([]),
  stores: [],
};
const options = () => ({ dryRun: false, now: world.clock.now(), known });
const told = (amount: string, from: string, currency = 'USD') =>
  importOtherCosts(
    world.db,
    `reference,partner,kind,amount,currency,every,from\nfee ${from},nord,fee,${amount},${currency},,${from}\n`,
    options(),
  );
const benefit = (row: string) =>
  importBenefits(
    world.db,
    `reference,partner,region,store,kind,amount,currency,every,percent,from,to\n${row}\n`,
    options(),
  );
/** May with what was told of it. */
const revised = async () => {
  may = (
    await sealPeriod(
      { ...world, basis },
      { period: parseMonth('2026-05'), revise: true, actor: 'mia', asOf: world.clock.now() },
    )
  ).seal;
  expect((await look()).touched).toEqual([]);
};

test('bug: a late exchange rate of a fee opened a seal that the list called untouched', async () => {
  await told('100', '2026-05-10', 'EUR');
  await revised();
  expect(await look()).toEqual({ touched: [], held: 0 });
  await importFx(world.db, 'date,base,quote,rate\n2026-05-08,EUR,USD,1.1\n', options());
  expect(await look()).toEqual({ touched: [may.id], held: 1 });
  expect(await look()).toEqual({ touched: [may.id], held: 0 });
});

test('bug: older orders that were imported opened a seal that the list called untouched', async () => {
  await world.order({ placed: '2026-05-20', shares: [sud] });
  await benefit('cut,nord,,,commission,,,,10,2026-01-01,');
  await revised();
  await world.order({ placed: '2026-01-02' });
  expect((await look()).touched).toEqual([april.id, may.id]);
});

test('bug: what a line cost, told later, opened a seal that the list called untouched', async () => {
  const order = await world.order({ placed: '2026-05-20' });
  await benefit('own,nord,,,margin,,,,line cost,2026-01-01,');
  await world.db.query(
    "insert into order_line (order_id, external_id, revenue_micros, cost_micros) values ($1, '1', 100000000, 40000000)",
    [order],
  );
  await revised();
  await world.db.query('update order_line set cost_micros = 30000000');
  expect((await look()).touched).toEqual([may.id]);
});

test('bug: after a restore in place the list went on with what it had found before it', async () => {
  const [before] = await world.db.query<{ last: bigint }>('select max(id) as last from rollup_mark');
  const order = await world.order({ placed: '2026-05-03' });
  expect((await look()).touched).toEqual([may.id]);
  // The ledger as it was, then as much of something else.
  await world.db.query('delete from "order" where id = $1', [order]);
  await world.db.query('delete from rollup_mark where id > $1', [before?.last]);
  await world.order({ placed: '2026-05-03', statusId: 5, revenue: 0 });
  const [marks] = await world.db.query<{ n: bigint }>('select count(*) as n from rollup_mark where id > $1', [
    before?.last,
  ]);
  expect(marks?.n).toBeGreaterThan(0n);
  await world.db.query('vacuum full seal');
  expect((await look()).touched).toEqual([]);
});

test('costs that were told since are counted once, and again where they or their exchange rates are others', async () => {
  await look();
  await told('100', '2026-06-02');
  expect((await look()).touched).toEqual([]);
  await told('100', '2026-05-10');
  expect((await look()).touched).toEqual([may.id]);
  expect(await look()).toEqual({ touched: [may.id], held: 0 });
  await told('0', '2026-05-10');
  expect((await look()).touched).toEqual([]);
  expect(await look()).toEqual({ touched: [], held: 0 });
});

test('bug: what was told of other months had every seal held against its days again', async () => {
  await benefit('cut,nord,,,commission,,,,10,2026-04-01,2026-04-30');
  await look();
  expect(await look()).toMatchObject({ held: 0 });
  await told('100', '2026-06-02');
  expect(await look()).toMatchObject({ held: 0 });
  // The same again says something else of May alone, though it takes nothing away.
  await told('0', '2026-05-10');
  expect(await look()).toMatchObject({ held: 1 });
});

test('bug: a margin by line cost of later days kept every seal from being kept', async () => {
  await benefit('own,nord,,,margin,,,,line cost,2026-06-01,');
  await look();
  expect(await look()).toEqual({ touched: [], held: 0 });
  await benefit('own,nord,,,margin,,,,line cost,2026-05-01,');
  await look();
  // Of May; April is before it.
  expect(await look()).toMatchObject({ held: 1 });
});

test('a further revision is looked at by itself', async () => {
  await world.order({ placed: '2026-05-03' });
  expect((await look()).touched).toEqual([may.id]);
  const { seal } = await sealPeriod(
    { ...world, basis },
    { period: parseMonth('2026-05'), revise: true, actor: 'mia', asOf: world.clock.now() },
  );
  expect(seal.revision).toBe(2);
  expect(await look()).toEqual({ touched: [], held: 1 });
});
