import { afterEach, beforeEach, expect, test } from 'vitest';
import { secondMs } from '../../../src/core/time.ts';
import { rfc, shopOrder } from '../../stores/bigcommerce/shop.ts';
import { type World, world } from './world.ts';

let w: World;
let bags: World['shopConnection'];
beforeEach(async () => {
  w = await world();
  const { connections } = w.directory;
  await connections.changeSettings(w.shopConnection.id, { orderNumberPatterns: { '*': 'A-(\\d+)' } });
  const made = await connections.create({ kind: 'shop', settings: { name: 'bags' } });
  bags = await connections.changeSettings(made.id, { orderNumberPatterns: { '*': 'B-(\\d+)' } });
});
afterEach(() => w.close());

/** The stores take turns to answer: what the shop holds now is one store's. */
const hold = async (store: World['shopConnection'], number: number, channel: number) => {
  w.shop.orders = [shopOrder(number, { channel_id: channel, date_modified: rfc(w.clock.now().toISOString()) })];
  await w.orders.syncStore(store);
  w.shop.orders = [];
};

const write = async (subject: string) => {
  w.put('1', { subject, requester: { id: 'u', email: 'nobody@example.com', locale: null } });
  await w.deliver('1');
  w.clock.advance(3 * secondMs);
  await w.drain();
};

test('bug: a number found by the pattern of one store was that of another store’s order', async () => {
  await hold(w.shopConnection, 1001, 7);
  await write('Where is B-1001?');
  expect(await w.decision('1')).toMatchObject({ method: 'unattributed' });
  await hold(bags, 1001, 8);
  await w.drain();
  expect(await w.decision('1')).toMatchObject({ method: 'text', partner: 'sud' });
});

test('bug: a late order of another store was taken for the one that a ticket waits for', async () => {
  await write('Where is B-1001?');
  await hold(w.shopConnection, 1001, 7);
  expect((await w.row('1')).stale_since).toBeNull();
  await hold(bags, 1001, 8);
  expect((await w.row('1')).stale_since).not.toBeNull();
  await w.drain();
  expect(await w.decision('1')).toMatchObject({ method: 'text', partner: 'sud' });
});

test('the store of a pattern alone is asked for a number that nobody holds', async () => {
  const asked = () => w.shop.calls.filter(({ query }) => query.external_order_id === '1001').length;
  await write('Where is B-1001?');
  const once = asked();
  await write('Where is order 1001, B-1001 or A-1001?');
  expect([once, asked()]).toEqual([1, 2]);
});

test('a number in the usual way is of any store, whatever a pattern says of it', async () => {
  await hold(w.shopConnection, 1001, 7);
  await write('Order 1001, or is it B-1001?');
  expect(await w.decision('1')).toMatchObject({ method: 'text', partner: 'nord' });
});

test('numbers kept before stores had a say are of any store', async () => {
  await write('Where is B-1001?');
  await w.db.query("update ticket set named_numbers = '{1001}'");
  await hold(w.shopConnection, 1001, 7);
  await w.drain();
  expect(await w.decision('1')).toMatchObject({ method: 'text', partner: 'nord' });
});
