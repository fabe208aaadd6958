import { describe, expect, test, vi } from 'vitest';
import { catchingUpClock, wallClock } from '../../src/platform/clock.ts';

/** Far enough behind the wall to hurry through the whole test. */
const hurrying = (speed: number) => catchingUpClock({ startMs: Date.now() - 1e12, speed });

test('an abort ends a wait without an error', async () => {
  const stop = new AbortController();
  const waiting = wallClock.sleep(60_000, stop.signal);
  stop.abort();
  await waiting;
  await wallClock.sleep(60_000, stop.signal);
});

test('runs never overlap, and stopping waits for the one under way', async () => {
  let running = 0;
  let runs = 0;
  let most = 0;
  const third = Promise.withResolvers<void>();
  const loop = hurrying(1_000_000).every(1000, async () => {
    running += 1;
    runs += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    if (runs === 3) third.resolve();
  });
  await third.promise;
  await loop.stop();
  const atStop = runs;
  expect([most, running]).toEqual([1, 0]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(runs).toBe(atStop);
});

test('a sweep that has run for long leaves no listeners behind', async () => {
  const added = vi.spyOn(AbortSignal.prototype, 'addEventListener');
  const removed = vi.spyOn(AbortSignal.prototype, 'removeEventListener');
  try {
    let runs = 0;
    const fifth = Promise.withResolvers<void>();
    const loop = hurrying(1_000_000).every(1000, async () => {
      runs += 1;
      if (runs === 5) fifth.resolve();
    });
    await fifth.promise;
    await loop.stop();
    expect(added.mock.calls.length).toBeGreaterThanOrEqual(4);
    expect(removed.mock.calls.length).toBe(added.mock.calls.length);
  } finally {
    added.mockRestore();
    removed.mockRestore();
  }
});

describe('a clock that catches up', () => {
  test('hurries until it meets the wall, and goes with it from then on', async () => {
    const clock = catchingUpClock({ startMs: Date.now() - 60_000, speed: 1_000 });
    expect(Date.now() - clock.now().getTime()).toBeGreaterThan(10_000);
    await clock.sleep(60_200);
    expect(Math.abs(Date.now() - clock.now().getTime())).toBeLessThanOrEqual(2);
    clock.setSpeed(1_000);
    const wallBefore = Date.now();
    await clock.sleep(30);
    expect(Date.now() - wallBefore).toBeGreaterThanOrEqual(29);
    expect(clock.now().getTime()).toBeLessThanOrEqual(Date.now());
  });

  test('goes on from where it is at another speed, and who sleeps goes by that', async () => {
    const startMs = Date.parse('2026-01-01T00:00:00Z');
    const clock = catchingUpClock({ startMs, speed: 1_000 });
    const wallBefore = Date.now();
    const sleeping = clock.sleep(100_000);
    const before = clock.now().getTime();
    clock.setSpeed(500);
    expect(clock.now().getTime() - before).toBeLessThan(50_000);
    await sleeping;
    expect(Date.now() - wallBefore).toBeGreaterThanOrEqual(150);
    expect(clock.now().getTime() - startMs).toBeGreaterThanOrEqual(100_000);
  });

  test('bug: what runs again and again went on by the speed at which its pause began', async () => {
    const clock = catchingUpClock({ startMs: Date.parse('2026-01-01T00:00:00Z'), speed: 1 });
    let runs = 0;
    const second = Promise.withResolvers<void>();
    const loop = clock.every(3_600_000, async () => {
      if (++runs === 2) second.resolve();
    });
    clock.setSpeed(1_000_000_000);
    await second.promise;
    await loop.stop();
    expect(runs).toBe(2);
  });

  test('wakes a sleeper who is not to sleep on', async () => {
    const stop = new AbortController();
    const sleeping = catchingUpClock({ startMs: 0, speed: 2 }).sleep(1e9, stop.signal);
    stop.abort();
    await sleeping;
  });
});

test('a clock that catches up hurries until it has met the wall', () => {
  expect(hurrying(2).hurries?.()).toBe(true);
  expect(catchingUpClock({ startMs: Date.now() + 60_000, speed: 2 }).hurries?.()).toBe(false);
  expect(wallClock.hurries?.()).toBeUndefined();
});
