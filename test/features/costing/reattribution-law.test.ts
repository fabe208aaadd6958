import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import type { Share } from '../../../src/features/costing/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { type Ledger, openLedger, reading, wholly } from './ledger.ts';

let db: Database;
let ledger: Ledger;

beforeAll(async () => {
  db = await testDatabase();
  ledger = await openLedger(db);
  await ledger.rates('default,,31.07,USD,2026-01-01');
});

/** One to three bearers with any parts of a million. */
const shares: fc.Arbitrary<Share[]> = fc
  .uniqueArray(fc.constantFrom('nord', 'sud', 'west', null), { minLength: 1, maxLength: 3 })
  .chain((partners) =>
    fc
      .uniqueArray(fc.integer({ min: 1, max: 999_999 }), {
        minLength: partners.length - 1,
        maxLength: partners.length - 1,
      })
      .map((cuts) => {
        const bounds = [0, ...cuts.toSorted((a, b) => a - b), 1_000_000];
        return partners.map((partner, no) => ({
          partner,
          region: 'dach',
          country: 'DE',
          ppm: (bounds[no + 1] ?? 0) - (bounds[no] ?? 0),
        }));
      }),
  );

const byBearer = (ticketId: bigint) =>
  db.query<{ partner: string | null; micros: string; microseconds: string }>(
    `select partner, sum(cost_micros)::text as micros, sum(microseconds)::text as microseconds from posting where ticket_id = $1
      group by 1 having sum(microseconds) <> 0 order by 1`,
    [ticketId],
  );

test('law: whoever a ticket is moved to, its total stays the same at every moment, and what all bear adds up to it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1, maxLength: 3 }),
      fc.array(shares, { minLength: 1, maxLength: 4 }),
      async (seconds, moves) => {
        const ticketId = await ledger.ticket();
        const readings = seconds.map((rawSeconds) => reading({ rawSeconds }));
        const [total, handled] = (await ledger.cost(ticketId, { readings, shares: wholly('nord') })) ?? [];
        for (const [no, moved] of moves.entries()) {
          expect((await ledger.cost(ticketId, { shares: moved, attributionVersion: no + 2 }))?.slice(0, 2)).toEqual([
            total,
            handled,
          ]);
          const borne = await byBearer(ticketId);
          expect(borne.reduce((sum, { micros }) => sum + BigInt(micros), 0n)).toBe(total);
          expect(borne.map(({ partner, microseconds }) => [partner, microseconds]).toSorted()).toEqual(
            moved.map(({ partner, ppm }) => [partner, String(BigInt(handled ?? 0) * BigInt(ppm))]).toSorted(),
          );
        }
      },
    ),
    { seed: 20_260_520, numRuns: 20 },
  );
});
