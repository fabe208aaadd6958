import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LimitReached, UpstreamError } from '../../../src/core/errors.ts';
import { minuteMs, secondMs } from '../../../src/core/time.ts';
import { connectionStatuses, markStale } from '../../../src/features/ingest/index.ts';
import { emptyHistory, reply } from './fake-desk.ts';
import { type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

const status = async () => (await connectionStatuses(w.db, w.clock.now())).find(({ id }) => id === w.connection.id);

describe('pending', () => {
  test('counts a ticket from its webhook on, and nothing once all is done', async () => {
    w.put('1');
    await w.deliver('1');
    expect(await status()).toMatchObject({ pending: 1, lagSeconds: 0, tickets: 1, quarantined: 0 });
    w.clock.advance(10 * secondMs);
    expect(await status()).toMatchObject({ pending: 1, lagSeconds: 7 });
    await w.drain();
    expect(await status()).toMatchObject({ pending: 0, lagSeconds: 0, lastDeliveryAt: '2026-03-02T10:00:00.000Z' });
  });

  test('counts what waits for another try, however long', async () => {
    await w.order(1);
    w.put('1');
    w.desk.onPull = () => {
      throw new LimitReached('used up', 10 * minuteMs);
    };
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    await w.drain();
    expect(await status()).toMatchObject({ pending: 1 });
    w.desk.onPull = () => undefined;
    w.desk.onWrite = () => {
      throw new UpstreamError('away', { retryable: true });
    };
    w.clock.advance(10 * minuteMs);
    await w.drain();
    expect(await status()).toMatchObject({ pending: 2 });
    w.desk.onWrite = () => undefined;
    w.clock.advance(10 * minuteMs);
    await w.drain();
    expect(await status()).toMatchObject({ pending: 0 });
  });

  test('counts tickets to be decided again, and each once', async () => {
    w.put('1');
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    await w.drain();
    await markStale(w.db, [await w.idOf('1')], { now: w.clock.now() });
    expect(await status()).toMatchObject({ pending: 1 });
    await w.deliver('1');
    expect(await status()).toMatchObject({ pending: 1 });
  });

  test('counts a mail that is due', async () => {
    w.clock.advance(secondMs);
    w.put('1', {
      status: 'solved',
      history: { ...emptyHistory, touches: [reply('audit:1')], solvedAt: w.clock.now() },
    });
    await w.deliver('1', { urgency: 'now with audits' });
    w.clock.advance(3 * secondMs);
    await w.drain();
    expect(await status()).toMatchObject({ pending: 1 });
    await w.db.query("update invitation set state = 'delivered', due_at = null");
    expect(await status()).toMatchObject({ pending: 0 });
  });

  test('leaves out what lies in quarantine, which is told apart', async () => {
    await w.deliver('1');
    await w.db.query('update ticket set quarantined_at = now()');
    expect(await status()).toMatchObject({ pending: 0, quarantined: 1, lagSeconds: 0 });
  });
});

test('a connection that is disabled is not told of', async () => {
  await w.db.query('update connection set disabled_at = now()');
  expect(await connectionStatuses(w.db, w.clock.now())).toEqual([]);
});

test('an error of any walk is shown, also of one beside the usual', async () => {
  const fail = (stream: string, error: string | null) =>
    w.db.query(
      `insert into sync_cursor (connection_id, stream, cursor, last_run_at, last_error) values ($1, $2, '{"walked": 4, "raised": 1}', $3, $4)`,
      [w.connection.id, stream, w.clock.now(), error],
    );
  await fail('backfill', 'the account is away');
  expect(await status()).toMatchObject({ lastError: 'backfill: the account is away', toldShare: null, feed: null });
  await fail('tickets', null);
  expect(await status()).toMatchObject({
    lastError: 'backfill: the account is away',
    toldShare: 0.75,
    feed: 'tickets',
  });
  await w.db.query("update sync_cursor set last_error = 'no such cursor' where stream = 'tickets'");
  expect(await status()).toMatchObject({ lastError: 'backfill: the account is away; no such cursor' });
});
