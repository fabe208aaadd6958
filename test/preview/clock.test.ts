import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { dayMs, hourMs, minuteMs } from '../../src/core/time.ts';
import { leapingClock } from '../../src/preview/clock.ts';

const wallMs = Date.parse('2026-03-02T10:00:00Z');

beforeEach(() => {
  vi.useFakeTimers({ now: wallMs });
});
afterEach(() => {
  vi.useRealTimers();
});

const isDone = async (promise: Promise<unknown>): Promise<boolean> => {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await vi.advanceTimersByTimeAsync(0);
  return done;
};

test('it is behind the present, goes at its pace, leaps, and never passes it', async () => {
  const clock = leapingClock(2 * dayMs);
  const behindMs = () => Date.now() - clock.now().getTime();
  expect(clock.behindMs()).toBe(2 * dayMs);
  expect(behindMs()).toBe(2 * dayMs);
  await vi.advanceTimersByTimeAsync(hourMs);
  expect(behindMs()).toBe(2 * dayMs);
  clock.leap(dayMs);
  expect(behindMs()).toBe(dayMs);
  clock.leap(9 * dayMs);
  expect(behindMs()).toBe(0);
  expect(clock.behindMs()).toBe(0);
  const other = leapingClock(dayMs);
  other.catchUp();
  expect(other.now().getTime()).toBe(Date.now());
});

test('the present may be another than the wall’s', async () => {
  const clock = leapingClock(dayMs, () => Date.now() - 100 * dayMs);
  const asleep = clock.sleep(dayMs + minuteMs);
  clock.catchUp();
  expect(Date.now() - clock.now().getTime()).toBe(100 * dayMs);
  expect(await isDone(asleep)).toBe(false);
  await vi.advanceTimersByTimeAsync(minuteMs);
  expect(await isDone(asleep)).toBe(true);
});

test('who sleeps wakes when the time is there, by a leap or by the wall, or when nobody wants it any more', async () => {
  const clock = leapingClock(dayMs);
  const [soon, later, never] = [clock.sleep(minuteMs), clock.sleep(3 * hourMs), new AbortController()];
  const cut = clock.sleep(dayMs, never.signal);
  await vi.advanceTimersByTimeAsync(minuteMs);
  expect([await isDone(soon), await isDone(later)]).toEqual([true, false]);
  clock.leap(2 * hourMs);
  expect(await isDone(later)).toBe(false);
  clock.leap(hourMs);
  expect([await isDone(later), await isDone(cut)]).toEqual([true, false]);
  never.abort();
  expect(await isDone(cut)).toBe(true);
});

test('sweeps follow a leap; frequent ones hurry while it is behind, and keep their pace at the wall', async () => {
  const clock = leapingClock(dayMs);
  let [often, seldom] = [0, 0];
  const sweeps = [
    clock.every(5_000, async () => {
      often += 1;
    }),
    clock.every(hourMs, async () => {
      seldom += 1;
    }),
  ];
  await vi.advanceTimersByTimeAsync(1000);
  expect(often).toBeGreaterThan(5);
  expect(seldom).toBe(1);
  clock.leap(2 * hourMs);
  await vi.advanceTimersByTimeAsync(0);
  expect(seldom).toBe(2);
  clock.catchUp();
  await vi.advanceTimersByTimeAsync(200);
  const before = often;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(often - before).toBe(2);
  await Promise.all(sweeps.map((sweep) => sweep.stop()));
  const ended = often;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(often).toBe(ended);
});
