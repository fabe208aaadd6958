import { beforeEach, expect, test, vi } from 'vitest';
import { lockTickets } from '../../../src/features/ingest/family-locks.ts';
import type { Sql } from '../../../src/platform/database/database.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';

let db: Database;
let connectionId: number;
let ids: ReadonlyMap<string, bigint>;

beforeEach(async () => {
  db = await testDatabase();
  const [connection] = await db.query<{ id: number }>(
    "insert into connection (kind, name, settings, secrets, webhook_key, created_at) values ('zendesk', 'desk', '{}', '', 'a', now()) returning id",
  );
  connectionId = connection?.id ?? 0;
  const rows = await db.query<{ id: bigint; external_id: string }>(
    `insert into ticket (connection_id, external_id, first_seen_at) select c.id, e, now() from connection c, unnest('{parent,child}'::text[]) as e
     returning id, external_id`,
  );
  ids = new Map(rows.map(({ id, external_id }) => [external_id, id]));
});

const namesOf = (tickets: readonly { readonly externalId: string }[]): string[] =>
  tickets.map(({ externalId }) => externalId).toSorted();
const lock = (tx: Sql, name: string) => tx.query('select id from ticket where external_id = $1 for update', [name]);
/** The same transaction, with something done after each statement that it runs. */
const after = (tx: Sql, then: (text: string, parameters: readonly unknown[]) => Promise<void>): Sql => ({
  async query<Row extends object>(text: string, parameters: readonly unknown[] = []) {
    const rows = await tx.query<Row>(text, parameters);
    await then(text, parameters);
    return rows;
  },
});
const idOf = (name: string): bigint => ids.get(name) ?? 0n;

test('bug: a follow-up that was decided while its parent waited for it was missed by its parent', async () => {
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
  expect(namesOf(await parent)).toEqual(['child', 'parent']);
});

test('bug: a parent that locked a follow-up after itself and a receiver that locked them in order waited for each other', async () => {
  const { promise: isHeld, resolve: hold } = Promise.withResolvers<void>();
  let joined = false;
  // The follow-up joins after the parent's family was first looked for, and the receiver takes it once the parent is locked.
  const joins = async () => {
    if (joined) return;
    joined = true;
    await db.query("update ticket set parent_external_id = 'parent' where id = $1", [idOf('child')]);
  };
  let receiver: Promise<void> | undefined;
  const receive = async () => {
    receiver ??= db.transaction(async (tx) => {
      await lock(tx, 'child');
      hold();
      await lock(tx, 'parent');
    });
    await isHeld;
  };
  const parent = db.transaction((tx) =>
    lockTickets(
      after(tx, async (text) => {
        await joins();
        if (text.includes('for update')) await receive();
      }),
      connectionId,
      [idOf('parent')],
      [],
    ),
  );
  expect(namesOf(await parent)).toEqual(['child', 'parent']);
  await receiver;
});

test('a family that others join and hold each time is left, as a deadlock is, to be tried anew', async () => {
  let letGo = async () => undefined as unknown;
  let count = 0;
  /** Somebody holds one more follow-up. */
  const joinAndHold = async () => {
    count += 1;
    const name = `child ${count}`;
    await db.query(
      "insert into ticket (connection_id, external_id, first_seen_at, parent_external_id) values ($1, $2, now(), 'parent')",
      [connectionId, name],
    );
    const [held, free] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const holder = db.transaction(async (tx) => {
      await lock(tx, name);
      held.resolve();
      await free.promise;
    });
    await held.promise;
    letGo = async () => {
      free.resolve();
      await holder;
    };
  };
  const parent = db.transaction((tx) =>
    lockTickets(
      after(tx, async (text, parameters) => {
        if (text.startsWith('rollback')) await letGo();
        if (text.includes('for update') && !text.includes('skip locked') && parameters.length > 0) await joinAndHold();
      }),
      connectionId,
      [idOf('parent')],
      [],
    ),
  );
  await expect(parent).rejects.toMatchObject({ code: '40001' });
  await letGo();
  expect(count).toBe(3);
});

test('of a lot that has no relatives the family is looked for once', async () => {
  const statements: string[] = [];
  await db.transaction((tx) =>
    lockTickets(
      after(tx, async (text) => {
        statements.push(text);
      }),
      connectionId,
      [idOf('parent'), idOf('child')],
      [],
    ),
  );
  expect(statements.filter((text) => !text.startsWith('savepoint'))).toHaveLength(2);
});
