import { expect, test } from 'vitest';
import type { FigureDimension } from '../../../../src/features/reports/facts/fact-statements.ts';
import { type Cell, cellId, loadFacts } from '../../../../src/features/reports/facts/facts.ts';
import { addUpMarked } from '../../../../src/features/reports/totals/fold.ts';
import { totalDifferences } from '../../../../src/features/reports/totals/proof.ts';
import { totalFacts } from '../../../../src/features/reports/totals/read.ts';
import { randomWorld } from '../random-world.ts';
import { nobody, nord, sud } from '../world.ts';

const timeZone = 'UTC';
const looks = 40;
const period = { from: '2026-03-01', to: '2026-06-10' };
const by: readonly FigureDimension[] = ['partner', 'region'];

const factsOf = (cells: readonly Cell[]) =>
  new Map(
    cells
      .filter(({ facts }) => Object.values(facts).some((fact) => fact !== 0n))
      .map(({ key, facts }) => [cellId(key, by), facts]),
  );

test('while tickets move and days are added up, every look sees of totals what the ledger says at that moment', {
  timeout: 120_000,
}, async () => {
  const world = await randomWorld(11);
  const { db } = world;
  const addUp = async (): Promise<void> => {
    while ((await addUpMarked(db, { timeZone, patient: false })) > 0);
  };
  await addUp();
  // Few, so that few days are marked at a time.
  const tickets = (await db.query<{ id: bigint }>('select id from ticket order by id limit 3')).map(({ id }) => id);
  let looked = 0;
  const moving = async (): Promise<void> => {
    for (let no = 0; looked < looks; no += 1)
      await world.reattribute(tickets[no % tickets.length] ?? 1n, [[nord], [sud], [nobody]][(no >> 1) % 3] ?? [nord]);
  };
  const adding = async (): Promise<void> => {
    while (looked < looks) await addUpMarked(db, { timeZone, patient: false });
  };
  let fromTotals = 0;
  const looking = async (): Promise<void> => {
    for (; looked < looks; looked += 1)
      for (const costBasis of ['true', 'pooled'] as const)
        await db.transaction(
          async (tx) => {
            const kept = await totalFacts(tx, period, by, { timeZone, costBasis });
            if (kept === null) return;
            fromTotals += 1;
            expect(factsOf(kept)).toEqual(
              factsOf(await loadFacts(tx, period, ['partner', 'region'], timeZone, costBasis)),
            );
          },
          { isolation: 'repeatable read' },
        );
  };
  await Promise.all([moving(), adding(), looking().finally(() => (looked = looks))]);
  expect(fromTotals).toBeGreaterThan(looks / 4);
  await addUp();
  expect(await totalDifferences(db, { days: null, timeZone })).toEqual([]);
});
