import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { minuteMs, secondMs } from '../../../src/core/time.ts';
import { connectionStatuses, dismissUnreadable, listQuarantined, replay } from '../../../src/features/ingest/index.ts';
import { type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

const quarantine = (externalId: string) =>
  w.db.query("update ticket set quarantined_at = $2, attempts = 5, last_error = 'bad' where external_id = $1", [
    externalId,
    w.clock.now(),
  ]);
const unreadable = (body: string, connectionId = w.connection.id) =>
  w.receiver.receive({
    connectionId,
    deliveryKey: `odd ${body}`,
    headers: {},
    body: Buffer.from(body),
    eventType: null,
    ticketExternalId: null,
    urgency: 'ignore',
    unreadable: 'no JSON',
    receivedAt: w.clock.now(),
  });

describe('quarantine', () => {
  test('lists tickets and deliveries with why, the oldest first', async () => {
    await w.deliver('1');
    await quarantine('1');
    w.clock.advance(secondMs);
    await unreadable('?');
    expect(await listQuarantined(w.db)).toMatchObject([
      { what: 'ticket', externalId: '1', connection: 'desk', error: 'bad', since: '2026-03-02T10:00:00.000Z' },
      { what: 'delivery', externalId: null, connection: 'desk', error: 'no JSON' },
    ]);
  });
});

describe('replay', () => {
  test('puts quarantined tickets back in line, with their audits', async () => {
    w.put('1');
    w.put('2');
    await w.deliver('1');
    await w.deliver('2');
    w.clock.advance(3 * secondMs);
    await w.drain();
    await quarantine('1');
    expect(await replay(deps(), {})).toEqual({ tickets: 1, orders: 0, tags: 0, deliveries: 0, stillUnreadable: 0 });
    expect(await w.row('1')).toMatchObject({ quarantined_at: null, attempts: 0, last_error: null });
    await w.drain();
    expect(w.desk.pulls.at(-1)).toMatchObject([{ externalId: '1', withHistory: 'yes' }]);
    expect(await listQuarantined(w.db)).toEqual([]);
  });

  test('pulls a named ticket anew, and changes nothing where nothing changed', async () => {
    await w.order(1);
    w.put('1');
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    await w.drain();
    const before = await w.growth('1');
    expect(await replay(deps(), { ticketExternalId: '1', connection: w.connection })).toMatchObject({ tickets: 1 });
    await w.drain();
    expect(w.desk.pulls).toHaveLength(2);
    expect(await w.growth('1')).toEqual(before);
  });

  test('says of a named ticket that the ledger does not hold what to do, and of one of another connection too', async () => {
    const other = await w.directory.connections.create({ kind: 'desk', settings: { name: 'other' } });
    w.put('1');
    await w.deliver('1');
    await expect(replay(deps(), { ticketExternalId: 'none' })).rejects.toThrow(/no ticket "none"\. .*reconcile/);
    await expect(replay(deps(), { ticketExternalId: '1', connection: other })).rejects.toThrow(
      /no ticket "1" of connection "other"\. .*backfill/,
    );
  });

  test('bug: what nobody can read stayed in quarantine for ever', async () => {
    const other = await w.directory.connections.create({ kind: 'desk', settings: { name: 'other' } });
    await unreadable('odd');
    await unreadable('odder');
    await unreadable('odd there', other.id);
    const asked = { connection: w.connection, actor: 'test' };
    expect(await dismissUnreadable(w, asked)).toBe(2);
    expect(await dismissUnreadable(w, asked)).toBe(0);
    expect(await listQuarantined(w.db)).toMatchObject([{ what: 'delivery', connection: 'other' }]);
    const statuses = await connectionStatuses(w.db, w.clock.now());
    expect(statuses.flatMap(({ name, quarantined }) => (quarantined > 0 ? [name] : []))).toEqual(['other']);
    expect(await replay(deps(), {})).toMatchObject({ deliveries: 0, stillUnreadable: 1 });
    expect(await w.db.query("select actor, detail from audit_log where action = 'dismiss deliveries'")).toMatchObject([
      { actor: 'test', detail: { connection: w.connection.id, count: 2 } },
    ]);
  });

  test('reads deliveries again that an update has come to understand, without their signature', async () => {
    await unreadable('readable');
    await unreadable('odd still');
    expect(await replay(deps(), {})).toEqual({ tickets: 0, orders: 0, tags: 0, deliveries: 1, stillUnreadable: 1 });
    expect(await w.db.query('select state, event_type, ticket_external_id, error from delivery order by id')).toEqual([
      { state: 'replayed', event_type: 'changed', ticket_external_id: '77', error: null },
      { state: 'quarantined', event_type: null, ticket_external_id: null, error: 'no JSON' },
    ]);
    w.put('77');
    await w.drain();
    expect(await w.row('77')).toMatchObject({ dirty_seq: 1n, settled_seq: 1n, status: 'open' });
    expect(await replay(deps(), {})).toMatchObject({ deliveries: 0, stillUnreadable: 1 });
  });

  test('bug: a ticket that a delivery read again told of stayed history', async () => {
    await w.deliver('77');
    await w.db.query('update ticket set from_backfill = true, due_at = null, deep_due_at = null, wants_deep = false');
    await unreadable('readable');
    expect(await replay(deps(), {})).toMatchObject({ tickets: 0, deliveries: 1 });
    const now = w.clock.now();
    expect(await w.row('77')).toMatchObject({ from_backfill: false, due_at: now, deep_due_at: now, wants_deep: true });
  });

  test('bug: a delivery read again left its ticket in quarantine', async () => {
    await w.deliver('77');
    await unreadable('readable');
    // It is set aside after the tickets were put back in line, before its delivery is read.
    const connections = {
      ...w.directory.connections,
      get: async (id: string) => {
        await quarantine('77');
        return w.directory.connections.get(id);
      },
    };
    await replay({ ...deps(), directory: { ...w.directory, connections } }, {});
    expect(await w.row('77')).toMatchObject({ quarantined_at: null, attempts: 4 });
  });

  test('has tags written that were given up, which the status counts', async () => {
    await w.order(1);
    w.put('1');
    w.desk.onWrite = () => {
      throw new UpstreamError('closed to us', { status: 403, retryable: false });
    };
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    for (let tries = 0; tries < 5; tries += 1) {
      await w.drain();
      w.clock.advance(15 * minuteMs);
    }
    const status = async () => (await connectionStatuses(w.db, w.clock.now()))[0];
    expect(await status()).toMatchObject({ failed: 2, refused: 0, doubt: 0, pending: 0 });
    w.desk.onWrite = () => undefined;
    expect(await replay(deps(), {})).toMatchObject({ tickets: 0, tags: 2 });
    await w.drain();
    expect(w.desk.tickets.get('1')?.tags).toEqual(['partner_nord', 'region_nordics']);
    expect(await status()).toMatchObject({ failed: 0, pending: 0 });
  });

  test('goes page by page past deliveries that fail, and says of each why', async () => {
    for (let index = 0; index < 101; index += 1) await unreadable(`odd ${index}`);
    await unreadable('readable');
    const { readDelivery } = w.desk.adapter;
    Object.assign(w.desk.adapter, {
      readDelivery: (input: Parameters<typeof readDelivery>[0]) => {
        if (input.body.toString() === 'odd 0') throw new TypeError('not a ticket');
        return readDelivery(input);
      },
    });
    expect(await replay(deps(), {})).toMatchObject({ deliveries: 1, stillUnreadable: 101 });
    expect(await w.db.query("select error from delivery where delivery_key = 'odd odd 0'")).toEqual([
      { error: 'TypeError: not a ticket' },
    ]);
  });

  test('keeps to the connection it is asked about', async () => {
    const other = await w.directory.connections.create({ kind: 'desk', settings: { name: 'other' } });
    await unreadable('readable', other.id);
    expect(await replay(deps(), { connection: w.connection })).toMatchObject({ deliveries: 0, stillUnreadable: 0 });
  });
});

const deps = () => ({
  sql: w.db,
  clock: w.clock,
  directory: w.directory,
  adapters: { helpdesks: w.helpdesks, stores: new Map() },
});
