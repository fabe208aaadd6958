import { describe, expect, it } from 'vitest';
import { LimitReached } from '../../../src/core/errors.ts';
import { createBudget, inBackground } from '../../../src/platform/http/budget.ts';
import { localCallCount } from '../../../src/platform/http/call-count.ts';
import { standingClock } from '../../support/standing-clock.ts';

const call = async () => 'done';

describe('budget', () => {
  it('holds nothing back before the vendor told its limit', async () => {
    const clock = standingClock();
    const budget = createBudget({ clock });
    for (let n = 0; n < 500; n++) await budget.run(call);
    expect(clock.slept).toEqual([]);
  });

  it('uses half of the limit in a window and waits for the next', async () => {
    const clock = standingClock();
    const budget = createBudget({ clock });
    let remaining = 100;
    let calls = 0;
    const answered = async () => {
      calls++;
      remaining--;
      budget.learn({ limit: 100, remaining, resetMs: 30_000 - (clock.now().getTime() % 30_000) });
    };
    for (let n = 0; n < 50; n++) await budget.run(answered);
    expect(clock.slept).toEqual([]);
    await budget.run(answered);
    expect(calls).toBe(51);
    expect(clock.slept).toEqual([30_000]);
  });

  it('uses the share it was given', async () => {
    const clock = standingClock();
    const budget = createBudget({ clock, share: 0.2 });
    await budget.run(call);
    budget.learn({ limit: 50, remaining: 49, resetMs: 60_000 });
    for (let n = 1; n < 10; n++) await budget.run(call);
    expect(clock.slept).toEqual([]);
    await budget.run(call);
    expect(clock.slept).toEqual([60_000]);
  });

  it('leaves the last tenth to the agents, whoever used the rest', async () => {
    const clock = standingClock();
    const budget = createBudget({ clock });
    await budget.run(call);
    budget.learn({ limit: 100, remaining: 12, resetMs: 20_000 });
    await budget.run(call);
    await budget.run(call);
    expect(clock.slept).toEqual([]);
    await budget.run(call);
    expect(clock.slept).toEqual([20_000]);
  });

  it('starts no call while the vendor wants silence', async () => {
    const clock = standingClock();
    const budget = createBudget({ clock });
    budget.pause(5000);
    await budget.run(call);
    expect(clock.slept).toEqual([5000]);
  });

  it('throws instead of waiting too long', async () => {
    const budget = createBudget({ clock: standingClock(), longestWaitMs: 1000 });
    budget.pause(5000);
    const run = budget.run(call);
    await expect(run).rejects.toThrow(LimitReached);
    await expect(run).rejects.toMatchObject({ retryAfterMs: 5000 });
  });

  it('bounds the calls under way', async () => {
    const budget = createBudget({ clock: standingClock(), concurrency: 2 });
    let running = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 10 }, () =>
        budget.run(async () => {
          running++;
          most = Math.max(most, running);
          await Promise.resolve();
          running--;
        }),
      ),
    );
    expect(most).toBe(2);
  });

  it('starts what came last first where that is urgent and the rest is history', async () => {
    const budget = createBudget({ clock: standingClock(), concurrency: 1 });
    const order: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = budget.run(() => gate.promise);
    const rest = [
      inBackground(() => budget.run(async () => void order.push('history'))),
      budget.run(async () => void order.push('today')),
    ];
    gate.resolve();
    await Promise.all([first, ...rest]);
    expect(order).toEqual(['today', 'history']);
  });

  it('spreads history over the window, and leaves a little of it to the rest', async () => {
    const clock = standingClock();
    const budget = createBudget({ clock });
    budget.learn({ limit: 200, remaining: 200, resetMs: 600_000 });
    const begunMs = clock.now().getTime();
    for (let n = 0; n < 50; n++) await inBackground(() => budget.run(call));
    expect(clock.now().getTime() - begunMs).toBeGreaterThan(28_000);
    expect(clock.now().getTime() - begunMs).toBeLessThan(31_000);
  });

  it('lets history wait as long as it takes', async () => {
    const clock = standingClock();
    const budget = createBudget({ clock, longestWaitMs: 1000 });
    budget.pause(600_000);
    await inBackground(() => budget.run(call));
    expect(clock.slept).toEqual([600_000]);
  });

  it('in each of three processes starts no more than the share together in any minute, and at least 95 % of it', async () => {
    const sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];
    let nowMs = 0;
    const clock = {
      now: () => new Date(nowMs),
      sleep: (ms: number, signal?: AbortSignal) =>
        new Promise<void>((wake) => {
          sleepers.push({ atMs: nowMs + ms, wake });
          signal?.addEventListener('abort', () => wake());
        }),
      every: () => ({ stop: async () => undefined }),
    };
    const shared = { ...localCallCount(clock, 60_000), shared: true };
    const starts: number[] = [];
    const endMs = 10 * 60_000;
    const work = async (kind: typeof inBackground, count = shared) => {
      const budget = createBudget({ clock, share: 0.5, concurrency: 8, count });
      const caller = async () => {
        while (nowMs < endMs)
          await kind(() =>
            budget.run(async () => {
              starts.push(nowMs);
              await clock.sleep(50);
              budget.learn({ limit: 400, remaining: 300 });
            }),
          );
      };
      await Promise.all(Array.from({ length: 20 }, caller));
    };
    const all = Promise.all([work(inBackground), work(inBackground), work(inBackground)]);
    const tick = () => new Promise((resolve) => setImmediate(resolve));
    for (let done = false; !done; await tick()) {
      all.then(() => {
        done = true;
      });
      await tick();
      sleepers.sort((one, other) => one.atMs - other.atMs);
      const next = sleepers.shift();
      nowMs = Math.max(nowMs, next?.atMs ?? nowMs);
      next?.wake();
    }
    const inMinute = starts.map((at) => starts.filter((other) => other > at - 60_000 && other <= at).length);
    expect(Math.max(...inMinute)).toBeLessThanOrEqual(200);
    expect(starts.filter((at) => at < endMs).length).toBeGreaterThanOrEqual(0.95 * 10 * 200);
  });

  it('bug: calls that nobody came for in their part of a window were given back long after it, out of a later part', async () => {
    const clock = standingClock();
    const given: number[] = [];
    const count = {
      shared: true,
      take: async ({ wanted }: { readonly wanted: number }) => ({ granted: wanted, againMs: 1 }),
      giveBack: (calls: number) => void given.push(calls),
    };
    const budget = createBudget({ clock, count });
    const ahead = async () => {
      for (let n = 0; n < 2; n += 1) await budget.run(call);
    };
    await ahead();
    clock.advance(300);
    await ahead();
    expect(given).toEqual([1]);
    clock.advance(60_000);
    await ahead();
    expect(given).toEqual([1]);
  });
});
