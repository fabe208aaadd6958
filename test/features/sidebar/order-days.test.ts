import { expect, test } from 'vitest';
import { createWorld } from '../reports/world.ts';
import { settle } from './ticket-world.ts';

const world = await createWorld({ timeZone: 'America/Los_Angeles' });
const desk = await settle(world);

test('bug: orders and refunds bore their UTC day beside reports that count by another time zone', async () => {
  const id = await world.order({
    placed: '2026-05-25T03:00:00Z',
    addresses: ['mia'],
    refunds: [{ made: '2026-05-28T06:59:00Z', dollars: 40 }],
  });
  await world.db.query('update "order" set connection_id = $1 where id = $2', [desk.shop.id, id]);
  await desk.decide('101', {});
  await world.db.query("update ticket set requester_hash = $1 where external_id = '101'", [Buffer.from('mia')]);
  const { customer } = await desk.ticket('101');
  expect(customer.orders).toMatchObject([{ placedOn: '2026-05-24', refunds: [{ madeOn: '2026-05-27' }] }]);
});
