import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimStale } from '../../../src/features/ingest/index.ts';
import { rowsRead } from '../reports/rows-read.ts';
import { type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

const marked = 5000;

test('bug: to claim a few of many marked tickets, each sweep read all of them', async () => {
  await w.db.query(
    `insert into ticket (connection_id, external_id, first_seen_at, snapshot_at)
     select $1, 'waits ' || n, $3::timestamptz, $3 from generate_series(1, $2::int) n`,
    [w.connection.id, marked, w.clock.now()],
  );
  // Statistics of a day on which nothing waits.
  await w.db.query('analyze ticket');
  await w.db.query('update ticket set stale_since = $1', [w.clock.now()]);
  expect((await claimStale(w.db, w.clock.now(), { most: 100 })).flatMap(({ ticketIds }) => ticketIds)).toHaveLength(
    100,
  );
  const { rows } = await rowsRead(w.db, 'ticket', (sql) => claimStale(sql, w.clock.now(), { most: 200 }));
  expect(rows).toBeLessThan(1500);
});
