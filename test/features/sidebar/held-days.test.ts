import { expect, test } from 'vitest';
import { createWorld, nord } from '../reports/world.ts';
import { settle, share } from './ticket-world.ts';

test.each([
  ['read from the middle of them on', '2026-04-20', ['orders', 'tickets', 'work']],
  ['read long before them', '2025-01-01', []],
])('bug: a contact rate of 90 days did not say what is not held of them: %s', async (_, since, notHeld) => {
  const world = await createWorld();
  const desk = await settle(world);
  await world.rate('36.00');
  const id = await world.ticket({ created: '2026-05-12', work: [['ada', 600, '2026-05-12']] });
  await world.order({ placed: '2026-05-10' });
  await world.db.query('update "order" set connection_id = $1', [desk.shop.id]);
  await world.db.query('update connection set created_at = $1', [since]);
  const until = world.clock.now().toISOString();
  for (const [connection, stream] of [
    [world.connectionId, 'tickets'],
    [desk.shop.id, 'orders'],
    [desk.shop.id, 'refunds'],
  ] as const)
    await world.db.query(
      'insert into sync_cursor (connection_id, stream, cursor, seen_until) values ($1, $2, $3::jsonb, $4)',
      [connection, stream, JSON.stringify({ since: `${since}T00:00:00.000Z`, position: until, endedAt: until }), until],
    );
  await desk.named(id, '101');
  await desk.decide('101', { shares: [share(nord)] });
  const [figures] = (await desk.counted('101')).partners;
  expect(figures?.contactRate).toBe(100);
  expect(figures?.notHeld).toEqual(notHeld);
  // As reports say it of the same days.
  const ask = await world.api();
  const { total } = (await ask('/api/v1/reports/figures?from=2026-03-04&to=2026-06-01', 'read')).json();
  expect(total.notHeld).toEqual(notHeld);
});
