import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rational, roundHalfEven } from '../../../src/core/money.ts';
import { fractionHalfEven, halfEven } from '../../../src/platform/database/half-even.ts';
import { testDatabase } from '../../support/database.ts';

const whole = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n });
const ties = fc
  .tuple(fc.bigInt({ min: -9n, max: 9n }), fc.bigInt({ min: 1n, max: 10n ** 9n }))
  .map(([n, half]): [bigint, bigint] => [(2n * n + 1n) * half, 2n * half]);
const fractions = fc.oneof(ties, fc.tuple(whole, fc.bigInt({ min: 1n, max: 10n ** 9n })));

test('rounds in SQL as roundHalfEven does, numerics as whole numbers, ties and negative amounts too', async () => {
  const db = await testDatabase();
  await fc.assert(
    fc.asyncProperty(fc.array(fractions, { minLength: 1, maxLength: 60 }), async (given) => {
      const rows = await db.query<{ numerics: string; bigints: string; n: bigint; d: bigint }>(
        `select n, d, (${fractionHalfEven('n::numeric', 'd::numeric')})::text as numerics,
                (${halfEven({ whole: '(n / d)', rest: '(n % d)', of: 'd' })})::text as bigints
           from unnest($1::bigint[], $2::bigint[]) as g(n, d)`,
        [given.map(([n]) => n), given.map(([, d]) => d)],
      );
      for (const { n, d, numerics, bigints } of rows)
        expect([numerics, bigints]).toEqual(Array(2).fill(roundHalfEven(rational(n, d)).toString()));
    }),
    { numRuns: 20, seed: 20261122 },
  );
  const [empty] = await db.query<{ none: unknown }>(`select ${fractionHalfEven('null::numeric', '2')} as none`);
  expect(empty).toEqual({ none: null });
});
