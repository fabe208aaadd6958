import { describe, expect, it } from 'vitest';
import { LimitReached } from '../../../src/core/errors.ts';
import { createBudget } from '../../../src/platform/http/budget.ts';
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
});
