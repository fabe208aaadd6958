import { beforeEach, expect, test, vi } from 'vitest';
import { lockTickets } from '../../../src/features/ingest/tickets.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';

let db: Database;
let ids: ReadonlyMap<string, bigint>;

beforeEach(async () => {
  db = await testDatabase();
  await db.query(
    "insert into connection (kind, name, settings, secrets, webhook_key, created_at) values ('zendesk', 'desk', '{}', '', 'a', now())",
  );
  const rows = await db.query<{ id: bigint; external_id: string }>(
    `insert into ticket (connection_id, external_id, first_seen_at) select c.id, e, now() from connection c, unnest('{parent,child}'::text[]) as e
     returning id, external_id`,
  );
  ids = new Map(rows.map(({ id, external_id }) => [external_id, id]));
});

const idOf = (name: string): bigint => ids.get(name) ?? 0n;

test('bug: a follow-up that was decided while its parent waited for it was missed by its parent', async () => {
  const [connection] = await db.query<{ id: number }>('select id from connection');
  const connectionId = connection?.id ?? 0;
  const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
  const { promise: isHeld, resolve: hold } = Promise.withResolvers<void>();
  const child = db.transaction(async (tx) => {
    await lockTickets(tx, connectionId, [idOf('child')], ['parent']);
    hold();
    await mayEnd;
    await tx.query("update ticket set parent_external_id = 'parent' where id = $1", [idOf('child')]);
  });
  await isHeld;
  const parent = db.transaction((tx) => lockTickets(tx, connectionId, [idOf('parent')], []));
  await vi.waitUntil(async () => {
    const waiting = await db.query(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    return waiting.length > 0;
  });
  end();
  await child;
  expect((await parent).map(({ externalId }) => externalId)).toEqual(['child', 'parent']);
});
