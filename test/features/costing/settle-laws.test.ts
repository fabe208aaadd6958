import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import type { WorkReading } from '../../../src/helpdesks/port.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { everything, type Ledger, openLedger, reading, reply, wholly } from './ledger.ts';

let db: Database;
let ledger: Ledger;

beforeAll(async () => {
  db = await testDatabase();
  ledger = await openLedger(db);
  await ledger.rates('default,,30,USD,2026-01-01');
});

const rollups = () =>
  db.query(
    `select day::text, partner, region, measured, sum(microseconds)::text as microseconds, sum(cost_micros)::text as cost
       from rollup_delta group by 1, 2, 3, 4
     having sum(microseconds) <> 0 or sum(cost_micros) <> 0 order by 1, 2, 3, 4`,
  );
const postedByDay = () =>
  db.query(
    `select worked_day::text as day, partner, region, measured, sum(microseconds)::text as microseconds,
            sum(cost_micros)::text as cost
       from posting group by 1, 2, 3, 4 having sum(microseconds) <> 0 or sum(cost_micros) <> 0 order by 1, 2, 3, 4`,
  );

const anyReading = fc.record({
  rawSeconds: fc.integer({ min: -900, max: 1_500 }).filter((seconds) => seconds !== 0),
  agentId: fc.constantFrom('ada', 'ben'),
  actor: fc.constantFrom('agent' as const, 'agent' as const, 'rule' as const),
  minute: fc.integer({ min: 0, max: 5 }),
});
const histories = fc.array(anyReading, { minLength: 1, maxLength: 7 });
let lastKey = 1_000_000;
const readingsOf = (
  parts: readonly { minute: number; rawSeconds: number; agentId: string; actor: 'agent' | 'rule' }[],
): WorkReading[] =>
  parts.map(({ minute, ...part }) => {
    lastKey += 1;
    return reading({ ...part, sourceKey: `audit:${lastKey}`, workedAt: new Date(Date.UTC(2026, 4, 4, 9, minute)) });
  });

test('a replay changes nothing; parts in any order cost what the whole costs; rollups equal postings', async () => {
  await ledger.rates(`agent,${ledger.connection.name}:ben,77.77,EUR,2026-01-01`);
  await ledger.euro('1.0937', '2026-05-03', '2026-05-03');
  await fc.assert(
    fc.asyncProperty(histories, fc.integer({ min: 0, max: 6 }), fc.boolean(), async (parts, cut, replyFirst) => {
      const [whole, pieces] = [await ledger.ticket(), await ledger.ticket()];
      const touches = [reply()];
      const atOnce = await ledger.cost(whole, { readings: readingsOf(parts), touches });
      const before = await everything(db);
      expect(await ledger.cost(whole)).toEqual(atOnce);
      expect(await everything(db)).toEqual(before);

      const readings = readingsOf(parts);
      const again = [reply()];
      await ledger.cost(pieces, {
        readings: readings.slice(cut),
        touches: replyFirst ? again : [],
        shares: wholly('sud'),
      });
      await ledger.cost(pieces, { readings: readings.toReversed(), touches: again });
      const inPieces = await ledger.cost(pieces, { readings, touches: again });
      expect(inPieces).toEqual(atOnce);
      expect(atOnce?.[0]).toBeGreaterThanOrEqual(0n);
      const live = (await ledger.postings(pieces)).reduce((sum, { cost }) => sum + cost, 0n);
      expect(live).toBe(inPieces?.[0]);
    }),
    { numRuns: 25 },
  );
  expect(await rollups()).toEqual(await postedByDay());
  expect((await rollups()).length).toBeGreaterThan(0);
});
