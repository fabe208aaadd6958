import { expect, test } from 'vitest';
import { loadFigures } from '../../../../src/features/reports/figures/figures.ts';
import { addUpMarked } from '../../../../src/features/reports/totals/fold.ts';
import type { Sql } from '../../../../src/platform/database/database.ts';
import type { Database } from '../../../../src/platform/database/open.ts';
import { giveBenefits } from '../partnership-items.ts';
import { createWorld, sud } from '../world.ts';

const asked = {
  from: '2026-05-01',
  to: '2026-05-31',
  currency: 'USD',
  timeZone: 'UTC',
  highValueMicros: null,
  previous: false,
  baseline: null,
} as const;
const bys = [['day'], ['day', 'region'], ['month'], ['day', 'month'], ['reason']] as const;

test('bug: a report read the costs of each partner for each row, of whom nobody said what they bring', async () => {
  const world = await createWorld();
  await world.rate('36.00');
  await world.ticket({ created: '2026-05-05', work: [['ada', 3600, '2026-05-05']] });
  await world.ticket({ created: '2026-05-06', shares: [sud], work: [['ada', 3600, '2026-05-06']] });
  await world.ticket({ created: '2026-05-07', shares: [{ partner: null, region: null }] });
  const read: { partner?: string | null; costMicros?: unknown }[] = [];
  const noting = (sql: Sql): Sql => ({
    query: async <Row extends object>(...of: Parameters<Sql['query']>) => {
      const rows = await sql.query<Row>(...of);
      read.push(...rows);
      return rows;
    },
  });
  const db: Database = {
    ...world.db,
    transaction: (work, options) => world.db.transaction((tx) => work(noting(tx)), options),
  };
  /** Of whom costs are read by partner, though no row is by it; and what is told of all. */
  const partnersRead = async () => {
    const partners = new Set<string | null>();
    const shares = new Set<bigint | undefined>();
    for (const by of bys)
      for (const costBasis of ['true', 'pooled'] as const) {
        read.length = 0;
        const { total } = await loadFigures(db, { ...asked, by, costBasis });
        for (const { partner, costMicros } of read)
          if (partner !== undefined && costMicros !== undefined) partners.add(partner);
        if (costBasis === 'true') shares.add(total.counted.coveredMicros);
      }
    return { partners: [...partners], covered: [...shares] };
  };
  const readOf = (partners: readonly string[], covered: bigint) => ({ partners, covered: [covered] });
  expect(await partnersRead()).toEqual(readOf([], 0n));
  await giveBenefits(
    world,
    'reference,partner,region,store,kind,amount,currency,every,percent,from,to',
    'saved,nord,,,savings,90,USD,,,2026-05-01,2026-05-31',
  );
  expect(await partnersRead()).toEqual(readOf(['nord'], 36_000_000n));
  while ((await addUpMarked(world.db, { timeZone: 'UTC', patient: false })) > 0);
  expect(await partnersRead()).toEqual(readOf(['nord'], 36_000_000n));
});
