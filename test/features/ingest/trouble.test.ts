import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LimitReached, Refused, UpstreamError } from '../../../src/core/errors.ts';
import { dayMs, minuteMs, secondMs } from '../../../src/core/time.ts';
import { claimDue, connectionStatuses } from '../../../src/features/ingest/index.ts';
import { type Area, createTroubles, troubleOf } from '../../../src/features/ingest/trouble.ts';
import { type World, world } from './world.ts';

const answer = (status: number | undefined, retryable = false) =>
  new UpstreamError('it says no', { status, retryable });

test.each([
  ['a revoked key', answer(401), 'account', 'credentials'],
  ['an address that we do not call', new Refused('private'), 'account', 'credentials'],
  ['a downgraded plan', answer(402), 'feed', 'forbidden'],
  ['a right that is lacking', answer(403), 'feed', 'forbidden'],
  ['HTML in the place of JSON', answer(200, true), 'account', 'odd answers'],
  ['JSON of another shape', answer(200), 'account', 'odd answers'],
  ['a redirect to a login page', answer(302), 'account', 'odd answers'],
  ["a 404 that is not the vendor's", answer(404, true), 'account', 'odd answers'],
  ['an account that answers 500', answer(500, true), 'account', 'unreachable'],
  ['no answer at all', answer(undefined, true), 'account', 'unreachable'],
  ['a quota that is used up', new LimitReached('used up', 1000), 'feed', 'limited'],
])('%s is one state with a next step', (_, error, area, state) => {
  expect(troubleOf(error, 'feed', 7)).toEqual({
    area,
    state,
    next: expect.stringMatching(/^\w.{20,}/),
  });
});

test.each([
  ['a ticket that is not there', answer(404)],
  ['an error of ours', new TypeError('x')],
  ['the database', Object.assign(new Error('x'), { code: '57P01' })],
])('%s is no trouble of the connection', (_, error) => {
  expect(troubleOf(error, 'tickets', 7)).toBeNull();
});

describe('a connection in trouble', () => {
  let w: World;
  beforeEach(async () => {
    w = await world();
  });
  afterEach(() => w.close());
  const status = async () => (await connectionStatuses(w.db, w.clock.now())).find(({ id }) => id === w.connection.id);
  const met = (error: unknown, area: Area = 'tickets') => w.first.troubles.met(w.connection.id, area, error);

  test('holds nothing back after one failure, then ever longer, at most 5 min, and is cleared by a success', async () => {
    const holds: number[] = [];
    for (let failure = 0; failure < 12; failure += 1) {
      await met(answer(500, true));
      const until = await w.first.troubles.heldUntil(w.connection.id, 'tags');
      holds.push(until === null ? 0 : until.getTime() - w.clock.now().getTime());
      w.clock.advance(holds.at(-1) ?? 0);
    }
    expect(holds.slice(0, 5)).toEqual([0, 5000, 10_000, 20_000, 40_000]);
    expect(Math.max(...holds)).toBe(5 * minuteMs);
    expect(await status()).toMatchObject({ state: 'unreachable', stateText: 'it says no' });
    await w.first.troubles.well(w.connection.id, 'feed');
    expect(await status()).toMatchObject({ state: 'ok', stateText: null, stateNext: null });
  });

  test('of which the lots of one moment tell together waits no longer for it', async () => {
    for (let lot = 0; lot < 20; lot += 1) await met(answer(500, true));
    const until = await w.first.troubles.heldUntil(w.connection.id, 'tickets');
    expect((until?.getTime() ?? 0) - w.clock.now().getTime()).toBeLessThanOrEqual(5 * secondMs);
  });

  test('has no ticket claimed until the next try', async () => {
    w.put('1');
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    await met(answer(401));
    await met(answer(401));
    expect(await claimDue(w.db, w.clock.now())).toEqual([]);
    w.clock.advance(5 * secondMs);
    expect(await claimDue(w.db, w.clock.now())).toHaveLength(1);
  });

  test('that answers HTML for an hour costs few calls, no ticket, and goes on by itself', async () => {
    for (const id of ['1', '2', '3']) {
      w.put(id);
      await w.deliver(id);
    }
    w.desk.onPull = () => {
      throw answer(200, true);
    };
    for (let second = 0; second < 3600; second += 15) {
      w.clock.advance(15 * secondMs);
      await w.drain();
    }
    expect(w.desk.pulls.length).toBeLessThan(60);
    expect(await status()).toMatchObject({ state: 'odd answers', quarantined: 0, pending: 3 });
    w.desk.onPull = () => undefined;
    w.clock.advance(5 * minuteMs);
    await w.drain();
    expect(await status()).toMatchObject({ state: 'ok', pending: 0 });
  });

  test('that answers JSON of another shape for an hour loses no ticket either', async () => {
    for (const id of ['1', '2', '3', '4']) {
      w.put(id);
      await w.deliver(id);
    }
    w.desk.onPull = () => {
      throw answer(200);
    };
    for (let second = 0; second < 3600; second += 15) {
      w.clock.advance(15 * secondMs);
      await w.drain();
    }
    expect(await status()).toMatchObject({ state: 'odd answers', quarantined: 0 });
    w.desk.onPull = () => undefined;
    w.clock.advance(15 * minuteMs);
    await w.drain();
    expect(await status()).toMatchObject({ state: 'ok', pending: 0 });
  });

  test('of a right that is lacking for the feed gathers all the same', async () => {
    await met(answer(403), 'feed');
    await met(answer(403), 'feed');
    w.put('1');
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    await w.drain();
    expect(await status()).toMatchObject({ state: 'forbidden', pending: 0 });
  });

  test.each([
    ['ahead', dayMs, /1440 min ahead/],
    ['behind', -5 * minuteMs, /5 min behind/],
  ])('whose clock and ours differ is told of it: ours is %s', async (_, skewMs, text) => {
    await w.first.troubles.sawSkew(w.connection.id, minuteMs);
    expect(await status()).toMatchObject({ state: 'ok' });
    await w.first.troubles.sawSkew(w.connection.id, skewMs);
    expect(await status()).toMatchObject({ state: 'clock', stateText: expect.stringMatching(text) });
    await w.first.troubles.well(w.connection.id, 'feed');
    expect(await status()).toMatchObject({ state: 'clock' });
    await w.first.troubles.sawSkew(w.connection.id, 0);
    expect(await status()).toMatchObject({ state: 'ok' });
  });

  test('bug: a clock that was set right before a restart was called wrong for ever', async () => {
    await w.first.troubles.sawSkew(w.connection.id, dayMs);
    const restarted = createTroubles({ sql: w.db, clock: w.clock });
    await restarted.sawSkew(w.connection.id, dayMs);
    expect(await status()).toMatchObject({ state: 'clock' });
    await createTroubles({ sql: w.db, clock: w.clock }).sawSkew(w.connection.id, 0);
    expect(await status()).toMatchObject({ state: 'ok' });
    w.clock.advance(15 * minuteMs);
    await restarted.sawSkew(w.connection.id, dayMs);
    expect(await status()).toMatchObject({ state: 'clock' });
  });
});
