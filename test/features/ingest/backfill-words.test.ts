import { expect, test } from 'vitest';
import { backfillWords, verdictOf } from '../../../src/features/ingest/index.ts';

const progress = { since: '2026-01-01T00:00:00Z', found: 12_000, raised: 11_000, done: 4000 };

test('what was not measured is not told', () => {
  expect(backfillWords({ ...progress, perMinute: null, remainingSeconds: null, state: 'walking' })).toBe(
    '12,000 tickets found so far, 11,000 to be read, 4,000 pulled and posted, rate not measured yet, time left unknown',
  );
  expect(backfillWords({ ...progress, perMinute: 96.4, remainingSeconds: 4980, state: 'gathering' })).toContain(
    '96 a minute, time left about 83 min',
  );
});

test('an end says complete only where nothing is missing, else how many and what to do', () => {
  const all = {
    found: 5,
    held: 5,
    quarantined: 0,
    missing: 0,
    givenUp: 0,
    countedThere: 5,
    countedHere: 5,
    complete: true,
  };
  expect(verdictOf(all, 1)).toBe('complete: 5 of 5 tickets found are held; the helpdesk counts 5, we 5');
  expect(verdictOf({ ...all, givenUp: 1 }, 1)).toContain(
    '5 of 5 tickets found are held, 1 of them given up and not read;',
  );
  const less = { ...all, held: 3, quarantined: 1, missing: 1, countedThere: 9, complete: false };
  expect(verdictOf(less, 1)).toMatch(/^not complete: 1 are set aside.*; 1 were found and not pulled.*; .* 4 less: /);
  expect(verdictOf({ ...all, complete: false }, 1)).toMatch(/^not complete: \w+.*call "deskledger backfill" again/);
});
