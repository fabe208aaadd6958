import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Arrival, createReceiver } from '../../../src/features/ingest/receive.ts';
import type { Sql } from '../../../src/platform/database/database.ts';
import { type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

const arrival = (deliveryKey: string, parts: Partial<Arrival> = {}): Arrival => ({
  connectionId: w.connection.id,
  deliveryKey,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(deliveryKey),
  eventType: 'changed',
  ticketExternalId: '1',
  urgency: 'now',
  unreadable: null,
  receivedAt: w.clock.now(),
  ...parts,
});

/** The pool, watched: how many statements ran, and at what they fail. */
const watched = (fail: (parameters: readonly unknown[], call: number) => Error | null = () => null) => {
  const calls: number[] = [];
  const sql: Sql = {
    async query(text, parameters = []) {
      calls.push((parameters[1] as unknown[]).length);
      const error = fail(parameters, calls.length);
      if (error) throw error;
      return w.db.query(text, parameters);
    },
  };
  return { sql, calls };
};

const keys = async () =>
  (await w.db.query<{ delivery_key: string }>('select delivery_key from delivery order by delivery_key')).map(
    (row) => row.delivery_key,
  );

describe('receive', () => {
  test('stores what arrives together in one statement', async () => {
    const { sql, calls } = watched();
    const receiver = createReceiver({ sql });
    const receipts = await Promise.all(['a', 'b', 'c', 'd'].map((key) => receiver.receive(arrival(key))));
    expect(receipts).toEqual(['new', 'new', 'new', 'new']);
    expect(calls).toEqual([4]);
    expect(await w.row('1')).toMatchObject({ dirty_seq: 4n, settled_seq: 0n });
  });

  test('gathers the next batch while writers are busy', async () => {
    const { sql, calls } = watched();
    const receiver = createReceiver({ sql });
    const waves = await Promise.all(
      Array.from({ length: 1200 }, (_, index) => receiver.receive(arrival(`k${String(index).padStart(4, '0')}`))),
    );
    expect(new Set(waves)).toEqual(new Set(['new']));
    expect(calls).toEqual([500, 500, 200]);
    expect(await w.row('1')).toMatchObject({ dirty_seq: 1200n });
  });

  test('tells the first of a key from its duplicates, within a batch and later', async () => {
    const together = await Promise.all(['a', 'a', 'b', 'a'].map((key) => w.receiver.receive(arrival(key))));
    expect(together).toEqual(['new', 'duplicate', 'new', 'duplicate']);
    expect(await w.receiver.receive(arrival('b'))).toBe('duplicate');
    expect(await w.row('1')).toMatchObject({ dirty_seq: 2n });
  });

  test('keys of two connections are two deliveries', async () => {
    const other = await w.directory.connections.create({ kind: 'desk', settings: { name: 'other' } });
    const receipts = await Promise.all([
      w.receiver.receive(arrival('a')),
      w.receiver.receive(arrival('a', { connectionId: other.id })),
    ]);
    expect(receipts).toEqual(['new', 'new']);
  });

  test('one poison row costs nobody else the acknowledgement', async () => {
    const results = await Promise.allSettled(
      ['a', 'b']
        .map((key) => w.receiver.receive(arrival(key)))
        .concat(w.receiver.receive(arrival('c', { eventType: 'nul\0' }))),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(await keys()).toEqual(['a', 'b']);
  });

  test('a batch that met a deadlock is stored all the same', async () => {
    const { sql, calls } = watched((_, call) =>
      call === 1 ? Object.assign(new Error('deadlock'), { code: '40P01' }) : null,
    );
    const receiver = createReceiver({ sql });
    expect(await Promise.all(['a', 'b'].map((key) => receiver.receive(arrival(key))))).toEqual(['new', 'new']);
    expect(calls).toEqual([2, 1, 1]);
  });

  test('a server that is gone fails the whole batch at once', async () => {
    const { sql, calls } = watched(() => Object.assign(new Error('gone'), { code: 'ECONNREFUSED' }));
    const receiver = createReceiver({ sql });
    const results = await Promise.allSettled(['a', 'b', 'c'].map((key) => receiver.receive(arrival(key))));
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(calls).toEqual([3]);
    expect(await w.receiver.receive(arrival('a'))).toBe('new');
  });

  test('a locked table is an error in time, and what it let through later is stored once', async () => {
    const receiver = createReceiver({
      sql: w.db,
      limits: { storedWithinMs: 100, mostHeld: 10, mostHeldBytes: 1000 },
    });
    await w.db.transaction(async (tx) => {
      await tx.query('lock table delivery in access exclusive mode');
      const results = await Promise.allSettled(['a', 'b'].map((key) => receiver.receive(arrival(key))));
      expect(results).toMatchObject([
        { status: 'rejected', reason: { code: 'unavailable' } },
        { status: 'rejected', reason: { code: 'unavailable' } },
      ]);
    });
    // The statement that waited for the lock and the sender's retry race; whichever wins, each delivery is stored once.
    await Promise.all(['a', 'b'].map((key) => receiver.receive(arrival(key))));
    const again = await Promise.all(['a', 'b'].map((key) => receiver.receive(arrival(key))));
    expect(again).toEqual(['duplicate', 'duplicate']);
    const stored = await w.db.query('select delivery_key from delivery order by delivery_key');
    expect(stored).toEqual([{ delivery_key: 'a' }, { delivery_key: 'b' }]);
  });

  test.each<[string, { mostHeld: number; mostHeldBytes: number }]>([
    ['many', { mostHeld: 3, mostHeldBytes: 1_000_000 }],
    ['large', { mostHeld: 100, mostHeldBytes: 30 }],
  ])('behind a server that hangs, too %s arrivals are refused at once until some are stored', async (_, most) => {
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const sql: Sql = { query: (text, parameters) => answered.then(() => w.db.query(text, parameters)) };
    const receiver = createReceiver({ sql, limits: { storedWithinMs: 60_000, ...most } });
    const body = Buffer.alloc(10);
    const held = ['a', 'b', 'c'].map((key) => receiver.receive(arrival(key, { body })));
    await expect(receiver.receive(arrival('d', { body }))).rejects.toMatchObject({ code: 'unavailable' });
    answer();
    expect(await Promise.all(held)).toEqual(['new', 'new', 'new']);
    expect(await receiver.receive(arrival('d', { body }))).toBe('new');
  });

  test('batches that name the same tickets in every order never lock one another up', async () => {
    const tickets = Array.from({ length: 40 }, (_, index) => String(index));
    const receivers = Array.from({ length: 4 }, () => createReceiver({ sql: w.db }));
    const receipts = await Promise.all(
      receivers.flatMap((receiver, which) =>
        (which % 2 ? tickets.toReversed() : tickets).map((ticketExternalId) =>
          receiver.receive(arrival(`${which % 2 ? 'even' : 'odd'} ${ticketExternalId}`, { ticketExternalId })),
        ),
      ),
    );
    expect(receipts.filter((receipt) => receipt === 'new')).toHaveLength(80);
    const [sum] = await w.db.query<{ sum: string }>('select sum(dirty_seq)::text as sum from ticket');
    expect(sum).toEqual({ sum: '80' });
  });

  test('what concerns no ticket or is an echo is kept and raises nothing', async () => {
    await w.receiver.receive(arrival('none', { ticketExternalId: null, urgency: 'ignore' }));
    await w.receiver.receive(arrival('echo', { urgency: 'ignore' }));
    await w.receiver.receive(arrival('odd', { ticketExternalId: null, urgency: 'ignore', unreadable: 'no JSON' }));
    expect(await w.db.query('select delivery_key, state, error from delivery order by id')).toEqual([
      { delivery_key: 'none', state: 'ignored', error: null },
      { delivery_key: 'echo', state: 'ignored', error: null },
      { delivery_key: 'odd', state: 'quarantined', error: 'no JSON' },
    ]);
    expect(await w.db.query('select id from ticket')).toEqual([]);
  });

  test('bug: a ticket that another program made with our user was an echo of ours, and waited for the walk', async () => {
    await w.receiver.receive(arrival('made', { ticketExternalId: '1', urgency: 'if unknown' }));
    await w.receiver.receive(arrival('tagged', { ticketExternalId: '1', urgency: 'if unknown' }));
    expect(await w.db.query('select delivery_key, state from delivery order by id')).toEqual([
      { delivery_key: 'made', state: 'stored' },
      { delivery_key: 'tagged', state: 'ignored' },
    ]);
    expect(await w.db.query('select external_id, dirty_seq, due_at is not null as due from ticket')).toEqual([
      { external_id: '1', dirty_seq: 1n, due: true },
    ]);
  });
});
