import { describe, expect, it } from 'vitest';
import { LimitReached } from '../../../src/core/errors.ts';
import { createBucket, readingOf } from '../../../src/helpdesks/gorgias/bucket.ts';
import { clockAt } from './support.ts';

const headers = (value: string) => new Headers({ 'X-Gorgias-Account-Api-Call-Limit': value });

describe('the bucket', () => {
  it.each([
    ['8/80', { limit: 80, remaining: 72 }],
    [' 40 / 40 ', { limit: 40, remaining: 0 }],
    ['45/40', { limit: 40, remaining: 0 }],
    ['0/0', null],
    ['many', null],
    ['', null],
  ])('reads "%s"', (value, reading) => {
    expect(readingOf(headers(value))).toEqual(reading);
  });

  it.each([
    [0.5, 20],
    [0.25, 10],
  ])('never holds more than our share %d of the limit in any 20 s, and nearly all of it', async (share, ours) => {
    const { clock } = clockAt();
    const bucket = createBucket({ clock, share, longestWaitMs: 1e9 });
    const startedMs: number[] = [];
    for (let call = 0; call < 200; call++)
      await bucket.run(async () => {
        startedMs.push(clock.now().getTime());
        bucket.learn({ limit: 40, remaining: 39 });
      });
    for (const [index, ms] of startedMs.entries())
      expect(startedMs.slice(index).filter((other) => other - ms < 20_000).length).toBeLessThanOrEqual(ours);
    const windows = ((startedMs.at(-1) ?? 0) - (startedMs[0] ?? 0)) / 20_000;
    expect(200 / (windows + 1)).toBeGreaterThanOrEqual(ours * 0.95);
  });

  it('holds nothing back where answers tell of no limit, until one does', async () => {
    const { clock, slept } = clockAt();
    const bucket = createBucket({ clock, share: 0.5 });
    for (let call = 0; call < 500; call++) await bucket.run(async () => bucket.untold());
    expect(slept).toEqual([]);
    bucket.learn({ limit: 40, remaining: 39 });
    bucket.untold();
    for (let call = 0; call < 50; call++) await bucket.run(async () => {});
    expect(slept).not.toEqual([]);
  });

  it('has twice as much where the account has', async () => {
    const { clock, slept } = clockAt();
    const bucket = createBucket({ clock, share: 0.5 });
    for (let call = 0; call < 40; call++) await bucket.run(async () => bucket.learn({ limit: 80, remaining: 79 }));
    expect(slept).toEqual([]);
  });

  it('waits while others fill the bucket, until it has leaked below the reserve', async () => {
    const { clock, slept } = clockAt();
    const bucket = createBucket({ clock, share: 0.5 });
    await bucket.run(async () => bucket.learn({ limit: 40, remaining: 0 }));
    await bucket.run(async () => {});
    // Two leak each second; the last four stay untouched.
    expect(slept.reduce((sum, ms) => sum + ms, 0)).toBe(2500);
  });

  it('lets a call through now and then however full others keep it', async () => {
    const { clock } = clockAt();
    const bucket = createBucket({ clock, share: 0.5, longestWaitMs: 100 });
    bucket.learn({ limit: 40, remaining: 0 });
    await bucket.run(async () => bucket.learn({ limit: 40, remaining: 0 }));
    await expect(bucket.run(async () => {})).rejects.toBeInstanceOf(LimitReached);
    clock.advance(20_000);
    bucket.learn({ limit: 40, remaining: 0 });
    expect(await bucket.run(async () => 'heard')).toBe('heard');
  });

  it('keeps silent as long as it was told to', async () => {
    const { clock, slept } = clockAt();
    const bucket = createBucket({ clock, share: 0.5 });
    bucket.pause(5000);
    await bucket.run(async () => {});
    expect(slept).toEqual([5000]);
  });
});
