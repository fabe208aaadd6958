import { expect, test, vi } from 'vitest';
import { pacedClock, wallClock } from '../../src/platform/clock.ts';

const paced = (speed: number, forMs: number) => {
  const startMs = Date.parse('2026-05-01T00:00:00Z');
  return pacedClock({ wallStartMs: Date.now(), startMs, endMs: startMs + forMs, speed });
};

test('a paced clock reads its own time and waits in it', async () => {
  const clock = paced(100_000, 10 * 24 * 3_600_000);
  const before = clock.now().getTime();
  await clock.sleep(3_600_000);
  const passed = clock.now().getTime() - before;
  expect(passed).toBeGreaterThanOrEqual(3_500_000);
  expect(passed).toBeLessThan(24 * 3_600_000);
});

test('a wait that outlasts the fast stretch goes on at the pace of the wall', async () => {
  const clock = paced(1_000, 20_000);
  const wallBefore = Date.now();
  await clock.sleep(20_050);
  expect(Date.now() - wallBefore).toBeGreaterThanOrEqual(60);
  expect(clock.now().getTime() - Date.parse('2026-05-01T00:00:00Z')).toBeGreaterThanOrEqual(20_040);
});

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
  const loop = paced(1_000_000, 1e12).every(1000, async () => {
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
    const loop = paced(1_000_000, 1e12).every(1000, async () => {
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
