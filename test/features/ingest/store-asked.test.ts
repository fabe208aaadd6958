import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { dayMs, minuteMs, secondMs } from '../../../src/core/time.ts';
import { rfc, shopOrder } from '../../stores/bigcommerce/shop.ts';
import { type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
  await w.order(1001);
});
afterEach(() => w.close());

/** A ticket of this address that names order 1001 of somebody else. */
const write = async (email: string) => {
  w.put('1', { subject: 'Order #1001', requester: { id: 'u', email, locale: null }, updatedAt: w.clock.now() });
  await w.deliver('1');
  w.clock.advance(3 * secondMs);
  await w.drain();
};
const decided = async () => (await w.decision('1'))?.method;
const addressCalls = () => w.shop.calls.filter(({ query }) => query.email !== undefined && query.limit === 1).length;

test('a number alone decides where the store does not know the requester', async () => {
  await write('nobody@example.com');
  expect(await decided()).toBe('text');
  expect(addressCalls()).toBe(1);
  await write('nobody@example.com');
  expect(addressCalls()).toBe(1);
});

test('bug: a customer whose last order is 400 days old was given a stranger’s order', async () => {
  w.shop.orders.push(
    shopOrder(7, {
      billing_address: { country_iso2: 'SE', email: 'eva@example.com' },
      date_created: rfc(new Date(w.clock.now().getTime() - 400 * dayMs).toISOString()),
      date_modified: rfc(new Date(w.clock.now().getTime() - 400 * dayMs).toISOString()),
    }),
  );
  await write('eva@example.com');
  expect(await decided()).toBe('unattributed');
});

test('bug: a registered customer without orders was given a stranger’s order', async () => {
  w.shop.customers.push({ id: 12, email: 'eva@example.com' });
  await write('eva@example.com');
  expect(await decided()).toBe('unattributed');
});

test('a store that does not answer leaves it open, until it does', async () => {
  w.shop.faults.set('/v3/customers', new UpstreamError('down', { status: 503, retryable: true }));
  await write('nobody@example.com');
  expect(await decided()).toBe('unattributed');
  w.shop.faults.clear();
  // The text need not come again with the next pull.
  w.put('1', { subject: null });
  w.clock.advance(5 * minuteMs);
  await w.drain();
  expect(await decided()).toBe('text');
});

test('nobody asks for an address whose orders we hold, or that named its own', async () => {
  await w.order(1002, { email: 'eva@example.com' });
  await write('eva@example.com');
  await write('buyer1001@example.com');
  expect(await decided()).toBe('text');
  expect(addressCalls()).toBe(0);
});

test('a late order that a text names has the store asked', async () => {
  w.put('1', { subject: 'Order #2002', requester: { id: 'u', email: 'nobody@example.com', locale: null } });
  await w.deliver('1');
  w.clock.advance(3 * secondMs);
  await w.drain();
  expect(await decided()).toBe('unattributed');
  await w.order(2002);
  await w.drain();
  expect(await decided()).toBe('text');
});

test('bug: a number in another case was not found when its order came late', async () => {
  w.put('1', { orderNumber: 'AMZ-77' });
  await w.deliver('1');
  w.clock.advance(3 * secondMs);
  await w.drain();
  expect(await w.db.query('select order_numbers from ticket')).toEqual([{ order_numbers: ['amz-77'] }]);
  await w.order(2002, { external_order_id: 'Amz-77' });
  await w.drain();
  expect(await w.decision('1')).toMatchObject({ method: 'field', partner: 'nord' });
});

test('bug: of an order that came while its ticket was pulled the store was never asked', async () => {
  w.put('1', { subject: 'Order #2002', requester: { id: 'u', email: 'nobody@example.com', locale: null } });
  await w.deliver('1');
  w.clock.advance(3 * secondMs);
  const { askAddresses } = w.orders;
  vi.spyOn(w.orders, 'askAddresses').mockImplementationOnce(async (wants) => {
    const unanswered = await askAddresses(wants);
    await w.order(2002);
    return unanswered;
  });
  await w.drain();
  expect(await decided()).toBe('text');
});
