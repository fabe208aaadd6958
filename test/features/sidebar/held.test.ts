import { expect, test } from 'vitest';
import { hold } from '../../../src/features/sidebar/held.ts';
import { standingClock } from '../../support/standing-clock.ts';

/** Loads that end when they are told to. */
const world = (oldestMs?: number) => {
  const wall = standingClock();
  const loads: PromiseWithResolvers<string>[] = [];
  const failures: unknown[] = [];
  const load = () => {
    const one = Promise.withResolvers<string>();
    loads.push(one);
    return one.promise;
  };
  const held = hold(load, {
    wall,
    forMs: 1000,
    ...(oldestMs !== undefined && { oldestMs }),
    failed: (error) => void failures.push(error),
  });
  return { wall, loads, failures, held };
};

test('who comes while something is loaded waits for the same load, and nobody after them while it holds', async () => {
  const { wall, loads, held } = world();
  const asked = [held.fresh(), held.atOnce(), held.fresh()];
  loads[0]?.resolve('first');
  expect(await Promise.all(asked)).toEqual(['first', 'first', 'first']);
  wall.advance(999);
  expect([await held.fresh(), await held.atOnce(), loads.length]).toEqual(['first', 'first', 1]);
});

test('what is too old is told at once while the next is loaded behind it, or waited for by who wants it fresh', async () => {
  const { wall, loads, held } = world();
  const first = held.fresh();
  loads[0]?.resolve('first');
  await first;
  wall.advance(1000);
  expect([await held.atOnce(), await held.atOnce(), loads.length]).toEqual(['first', 'first', 2]);
  const fresh = held.fresh();
  loads[1]?.resolve('second');
  expect([await fresh, await held.atOnce(), loads.length]).toEqual(['second', 'second', 2]);
});

test('bug: figures of the day before were told as today’s: what is older than it may be is waited for', async () => {
  const { wall, loads, held } = world(5000);
  const first = held.fresh();
  loads[0]?.resolve('first');
  await first;
  wall.advance(5000);
  expect(await held.atOnce()).toBe('first');
  wall.advance(1);
  const asked = held.atOnce();
  loads[1]?.resolve('second');
  expect([await asked, await held.atOnce(), loads.length]).toEqual(['second', 'second', 2]);
});

test('bug: an older load that ended after a newer one stood in its place', async () => {
  const { wall, loads, held } = world();
  const older = held.fresh();
  wall.advance(1000);
  const newer = held.fresh();
  loads[1]?.resolve('newer');
  await newer;
  loads[0]?.resolve('older');
  expect([await older, await held.atOnce()]).toEqual(['older', 'newer']);
  wall.advance(1000);
  expect(await held.atOnce()).toBe('newer');
});

test('a load that fails is told to those who waited for it; what there was before stays', async () => {
  const { wall, loads, failures, held } = world();
  const refused = held.atOnce();
  loads[0]?.reject(new Error('no database'));
  await expect(refused).rejects.toThrow('no database');
  const first = held.atOnce();
  loads[1]?.resolve('first');
  expect(await first).toBe('first');
  wall.advance(1000);
  expect(await held.atOnce()).toBe('first');
  loads[2]?.reject(new Error('gone again'));
  await expect.poll(() => failures.length).toBe(1);
  expect(await held.atOnce()).toBe('first');
  expect(loads).toHaveLength(4);
});
