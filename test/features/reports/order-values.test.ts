import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { multiply, rational, roundHalfEven, split } from '../../../src/core/money.ts';
import { cellId, loadSides } from '../../../src/features/reports/facts/facts.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { createWorld } from './world.ts';

let db: Database;
let connectionId: number;
beforeAll(async () => {
  ({ db, connectionId } = await createWorld());
});

const codes = ['nord', 'sud', 'Öst', 'a', null] as const;
const order = fc
  .record({
    gross: fc.bigInt({ min: 0n, max: 10n ** 11n }),
    discount: fc.bigInt({ min: 0n, max: 10n ** 10n }),
    fx: fc.tuple(fc.bigInt({ min: 1n, max: 10n ** 6n }), fc.bigInt({ min: 1n, max: 10n ** 6n })),
    partners: fc.uniqueArray(fc.constantFrom(...codes), { minLength: 1, maxLength: 4 }),
    cuts: fc.array(fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 4_000_000 })), { minLength: 4, maxLength: 4 }),
  })
  .map(({ gross, discount, partners, cuts, ...rest }) => {
    const weights = partners.map((partner, index) => ({ weight: BigInt(cuts[index] ?? 1), key: partner ?? '~' }));
    const ppm = split(1_000_000n, weights).map(Number);
    return {
      ...rest,
      gross,
      discount: discount > gross ? gross : discount,
      shares: partners.map((partner, index) => ({ partner, ppm: ppm[index] ?? 0 })),
    };
  });

/** As orders are written: rounded once, then split by the shares. */
const partsOf = (
  micros: bigint,
  [numerator, denominator]: readonly [bigint, bigint],
  shares: readonly { partner: string | null; ppm: number }[],
) =>
  split(
    roundHalfEven(multiply(rational(micros), rational(numerator, denominator))),
    shares.map(({ partner, ppm }) => ({ weight: BigInt(ppm), key: partner ?? '\u{10FFFF}' })),
  );

test('gross revenue by SQL is what core/money makes of it, to the micro', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(order, { minLength: 1, maxLength: 6 }), async (orders) => {
      await db.query('delete from "order"');
      const expected = new Map<string | null, { gross: bigint; discount: bigint }>();
      for (const [index, { gross, discount, fx, shares }] of orders.entries()) {
        const revenue = partsOf(gross - discount, fx, shares);
        await db.query(
          `with o as (
             insert into "order" (connection_id, external_id, number, placed_at, placed_day, modified_at, status_id, counted, currency, revenue_micros, gross_micros,
                                  discount_micros, reporting_micros, fx_numerator, fx_denominator, places, first_seen_at)
             values ($1, $2, $2, '2026-05-05', '2026-05-05', '2026-05-05', 11, true, 'EUR', $3::bigint - $4::bigint, $3, $4, $5, $6::numeric, $7::numeric, '{}', now()) returning id)
           insert into order_share (order_id, share_no, partner, ppm, reporting_micros)
           select o.id, s.no - 1, s.partner, s.ppm, s.micros from o, unnest($8::text[], $9::int[], $10::int8[]) with ordinality as s(partner, ppm, micros, no)`,
          [
            connectionId,
            String(index),
            gross,
            discount,
            revenue.reduce((sum, part) => sum + part, 0n),
            ...fx.map(String),
            shares.map(({ partner }) => partner),
            shares.map(({ ppm }) => ppm),
            revenue,
          ],
        );
        for (const [at, part] of partsOf(gross, fx, shares).entries()) {
          const partner = shares[at]?.partner ?? null;
          const sum = expected.get(partner) ?? { gross: 0n, discount: 0n };
          expected.set(partner, { gross: sum.gross + part, discount: sum.discount + part - (revenue[at] ?? 0n) });
        }
      }
      const { orders: told } = await loadSides(db, { from: '2026-05-05', to: '2026-05-05' }, ['partner'], {
        timeZone: 'UTC',
        costBasis: 'true',
      });
      const byPartner = new Map(told.cells.map(({ key, facts }) => [cellId(key, ['partner']), facts]));
      for (const [partner, { gross, discount }] of expected)
        expect(byPartner.get(cellId({ partner, region: null }, ['partner']))).toMatchObject({
          grossMicros: gross,
          discountMicros: discount,
        });
    }),
    { numRuns: 60 },
  );
});
