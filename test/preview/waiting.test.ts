import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { hourMs, minuteMs, secondMs } from '../../src/core/time.ts';
import { leapingClock } from '../../src/preview/clock.ts';
import { waitUntil } from '../../src/preview/waiting.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-03-02T10:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

test('it moves the clock on with each look, and no wait is so long that it uses up what is kept for later', async () => {
  const clock = leapingClock(6 * hourMs + 40 * minuteMs);
  let looks = 0;
  const seen: number[] = [];
  const waited = waitUntil(
    'nothing happened',
    async () => {
      seen.push(clock.behindMs());
      looks += 1;
      return looks > 900;
    },
    { clock, keptMs: 6 * hourMs },
  );
  await vi.advanceTimersByTimeAsync(80 * secondMs);
  await waited;
  expect((seen[0] ?? 0) - (seen[1] ?? 0)).toBe(5 * secondMs);
  expect(seen.at(-1)).toBe(6 * hourMs + 5 * secondMs);
});

test('what does not come is given up, and said', async () => {
  const waited = waitUntil('no answer', async () => false, { clock: leapingClock(0), keptMs: 0 });
  const told = expect(waited).rejects.toThrow('The preview waited in vain: no answer.');
  await vi.advanceTimersByTimeAsync(100 * secondMs);
  await told;
});
