import { beforeEach, expect, test } from 'vitest';
import { type Seal, sealPeriod } from '../../../src/features/books/index.ts';
import { parseMonth } from '../../../src/features/books/period.ts';
import { listSeals } from '../../../src/features/books/store.ts';
import { createTouchedOf } from '../../../src/features/books/touched.ts';
import { partnerBook, regionBook } from '../../../src/features/directory/index.ts';
import { importOtherCosts } from '../../../src/features/partnerships/index.ts';
import { addUpMarked, isDifferent } from '../../../src/features/reports/index.ts';
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
      for (const { id, posted } of seals) expect(touched.has(id)).toBe(posted || (await isDifferent(tx, id, basis)));
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

test('costs that were told since are counted at every look, for exchange rates of today say what they are', async () => {
  await look();
  const known = {
    partners: partnerBook([{ code: 'nord', name: 'Nord', aliases: [] }]),
    regions: regionBook([]),
    stores: [],
  };
  const told = (amount: string, from: string) =>
    importOtherCosts(
      world.db,
      `reference,partner,kind,amount,currency,every,from\nfee ${from},nord,fee,${amount},USD,,${from}\n`,
      { dryRun: false, now: world.clock.now(), known },
    );
  await told('100', '2026-06-02');
  expect(await look()).toEqual({ touched: [], held: 0 });
  await told('100', '2026-05-10');
  expect(await look()).toEqual({ touched: [may.id], held: 1 });
  expect(await look()).toEqual({ touched: [may.id], held: 1 });
  await told('0', '2026-05-10');
  expect((await look()).held).toBe(1);
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
