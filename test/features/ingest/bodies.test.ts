import { afterEach, beforeEach, expect, test } from 'vitest';
import { dayMs, hourMs, secondMs } from '../../../src/core/time.ts';
import { dropOldBodies } from '../../../src/features/ingest/index.ts';
import { type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

const drop = () => dropOldBodies(w.db, { now: w.clock.now(), keepMs: 7 * dayMs });
const held = async () => {
  const rows = await w.db.query<{ delivery_key: string }>(
    'select delivery_key from delivery where body is not null order by id',
  );
  return rows.map(({ delivery_key }) => delivery_key);
};

test('bodies go 7 days after they were settled; dirty and quarantined ones and all keys stay', async () => {
  w.put('1');
  await w.deliver('1', { key: 'settled' });
  w.clock.advance(3 * secondMs);
  await w.drain();
  await w.deliver('2', { key: 'dirty' });
  await w.receiver.receive({
    connectionId: w.connection.id,
    deliveryKey: 'odd',
    headers: {},
    body: Buffer.from('?'),
    eventType: null,
    ticketExternalId: null,
    urgency: 'ignore',
    unreadable: 'odd',
    receivedAt: w.clock.now(),
  });
  expect(await drop()).toBe(0);
  w.clock.advance(7 * dayMs);
  expect(await drop()).toBe(0);
  w.clock.advance(hourMs);
  expect(await drop()).toBe(1);
  expect(await held()).toEqual(['dirty', 'odd']);
  expect(await w.db.query('select 1 from delivery')).toHaveLength(3);
});

test('a body whose ticket was settled late is kept 7 days from then, not from its arrival', async () => {
  w.put('1');
  await w.deliver('1', { key: 'late' });
  w.clock.advance(8 * dayMs);
  await drop();
  await w.drain();
  await drop();
  expect(await held()).toEqual(['late']);
  w.clock.advance(7 * dayMs + hourMs);
  // A ticket that is busy again keeps no body longer.
  await w.deliver('1', { key: 'new' });
  await drop();
  expect(await held()).toEqual(['new']);
});

test('a stop ends it before its next page', async () => {
  w.put('1');
  await w.deliver('1', { key: 'settled' });
  w.clock.advance(3 * secondMs);
  await w.drain();
  const stop = AbortSignal.abort();
  await dropOldBodies(w.db, { now: w.clock.now(), keepMs: 0, stop });
  w.clock.advance(hourMs);
  expect(await dropOldBodies(w.db, { now: w.clock.now(), keepMs: 0, stop })).toBe(0);
  expect(await held()).toEqual(['settled']);
});
