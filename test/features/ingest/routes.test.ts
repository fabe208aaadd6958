import { createHmac } from 'node:crypto';
import { tmpdir } from 'node:os';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { buildApp } from '../../../src/app.ts';
import { minuteMs } from '../../../src/core/time.ts';
import { type Connection, createDirectory } from '../../../src/features/directory/index.ts';
import {
  connectionStatuses,
  createReceiver,
  createTroubles,
  webhookRoutes,
} from '../../../src/features/ingest/index.ts';
import { largestBodyBytes } from '../../../src/features/ingest/routes.ts';
import { zendesk } from '../../../src/helpdesks/zendesk/index.ts';
import { createVault } from '../../../src/platform/crypto.ts';
import type { Sql } from '../../../src/platform/database/database.ts';
import { type Database, openDatabase } from '../../../src/platform/database/open.ts';
import { createLog } from '../../../src/platform/log.ts';
import { testDatabase } from '../../support/database.ts';
import { standingClock } from '../../support/standing-clock.ts';

const db = await testDatabase();
const clock = standingClock();
const vault = createVault('k'.repeat(32));
const helpdesks = new Map([['zendesk', zendesk]]);

let app: FastifyInstance;
let connection: Connection;
let counted: string[];
let acks: number;
/** Stands before the pool; a test takes the database away. */
let gone: boolean;
/** As if a table were locked for good. */
let hangs: boolean;
let serial = 0;
const troubles = createTroubles({ sql: db, clock });
/** The notes of refused deliveries; the answer does not wait for them. */
let noted: Promise<void>[];

const sql: Sql = {
  query: (text, parameters) => {
    if (hangs) return new Promise(() => undefined);
    return gone
      ? Promise.reject(Object.assign(new Error('gone'), { code: 'ECONNREFUSED' }))
      : db.query(text, parameters);
  },
};

const build = async (database: Database = { ...db, query: sql.query, hasty: sql }, receiving: Sql = sql) => {
  const directory = createDirectory({
    db: database,
    vault,
    clock,
    helpdesks,
    stores: new Map(),
  });
  const log = createLog({ level: 'silent' });
  const built = await buildApp({
    log,
    version: '0',
    publicUrl: 'http://127.0.0.1',
    parts: [
      webhookRoutes({
        directory,
        adapters: { helpdesks, stores: new Map() },
        receiver: createReceiver({ sql: receiving }),
        clock,
        log,
        count: (_, outcome) => counted.push(outcome),
        refused: (connectionId, refusal) => {
          noted.push(troubles.refused(connectionId, refusal));
        },
        observeAck: () => {
          acks += 1;
        },
      }),
    ],
  });
  return { directory, built };
};

beforeEach(async () => {
  serial += 1;
  gone = false;
  hangs = false;
  counted = [];
  acks = 0;
  noted = [];
  const { directory, built } = await build();
  app = built;
  const made = await directory.connections.create({
    kind: 'zendesk',
    settings: {
      name: `desk ${serial}`,
      subdomain: 'acme',
      email: 'bot@example.com',
      apiToken: 't',
      webhookSecrets: ['second', 'first'],
    },
  });
  connection = await directory.connections.setApiUser(made.id, '42');
});
afterEach(() => app.close());

const event = (type: string, parts: object = {}): string =>
  JSON.stringify({
    id: `event-${serial}-${type}`,
    type: `zen:event-type:${type}`,
    subject: 'zen:ticket:7',
    detail: { id: '7', actor_id: '9', status: 'OPEN' },
    event: {},
    ...parts,
  });

const send = (
  body: string | Buffer,
  {
    secret = 'first',
    headers = {},
    key = connection.webhookKey,
  }: { secret?: string | null; headers?: Record<string, string>; key?: string } = {},
) => {
  const timestamp = clock.now().toISOString();
  const signature = secret !== null && {
    'x-zendesk-webhook-signature': createHmac('sha256', secret).update(timestamp).update(body).digest('base64'),
    'x-zendesk-webhook-signature-timestamp': timestamp,
  };
  return app.inject({
    method: 'POST',
    url: `/webhooks/${key}`,
    headers: { 'content-type': 'application/json', ...signature, ...headers },
    body,
  });
};

const stored = () =>
  db.query<{ state: string; event_type: string | null; ticket_external_id: string | null; error: string | null }>(
    'select state, event_type, ticket_external_id, error from delivery where connection_id = $1 order by id',
    [connection.id],
  );

describe('a delivery', () => {
  test('is stored with its bytes and without its signature, answered 202, and 200 when it comes again', async () => {
    const body = event('ticket.created');
    expect((await send(body)).statusCode).toBe(202);
    expect((await send(body)).statusCode).toBe(200);
    expect(counted).toEqual(['new', 'duplicate']);
    expect(acks).toBe(2);
    const [row] = await db.query<{ headers: object; body: Buffer; state: string }>(
      'select headers, body, state from delivery where connection_id = $1',
      [connection.id],
    );
    expect(row?.body.toString()).toBe(body);
    expect(Object.keys(row?.headers ?? {}).toSorted()).toEqual([
      'content-type',
      'user-agent',
      'x-zendesk-webhook-signature-timestamp',
    ]);
  });

  test('is taken under either secret during a rotation', async () => {
    expect((await send(event('ticket.created'), { secret: 'second' })).statusCode).toBe(202);
    expect((await send(event('ticket.undeleted'), { secret: 'first' })).statusCode).toBe(202);
  });

  test('is taken whatever its content type', async () => {
    expect((await send(event('ticket.created'), { headers: { 'content-type': 'text/odd' } })).statusCode).toBe(202);
  });

  test('of an unknown type is stored and ignored', async () => {
    expect((await send(event('ticket.invented'))).statusCode).toBe(202);
    expect(await stored()).toEqual([
      { state: 'ignored', event_type: 'zen:event-type:ticket.invented', ticket_external_id: null, error: null },
    ]);
    expect(counted).toEqual(['ignored']);
  });

  test('that echoes our own tag raises no ticket', async () => {
    const echo = event('ticket.tags_changed', { detail: { id: '7', actor_id: '42', status: 'OPEN' } });
    expect((await send(echo)).statusCode).toBe(202);
    expect(await stored()).toMatchObject([{ state: 'ignored', ticket_external_id: '7' }]);
    expect(await db.query('select id from ticket where connection_id = $1', [connection.id])).toEqual([]);
  });

  test('that is signed and cannot be read is stored, acknowledged and quarantined', async () => {
    for (const body of ['no json', '{"no":"ticket"}', event('ticket.created', { subject: 'zen:user:1', detail: {} })])
      expect((await send(body)).statusCode).toBe(202);
    const rows = await stored();
    expect(rows.map(({ state }) => state)).toEqual(['quarantined', 'quarantined', 'quarantined']);
    expect(rows.every(({ error }) => error !== null)).toBe(true);
    expect(counted).toEqual(['quarantined', 'quarantined', 'quarantined']);
  });
});

describe('deliveries of another account', () => {
  const state = async () =>
    (await connectionStatuses(db, clock.now())).find(({ id }) => id === connection.id) ?? { state: 'gone' };

  test('bug: they were refused and counted, and nobody was told', async () => {
    await send(event('ticket.created'), { headers: { 'x-zendesk-account-id': '11' } });
    const foreign = { secret: 'of the sandbox', headers: { 'x-zendesk-account-id': '4711' } };
    expect((await send(event('ticket.created'), foreign)).statusCode).toBe(401);
    await Promise.all(noted);
    expect(await state()).toMatchObject({
      state: 'foreign deliveries',
      stateText: expect.stringMatching(/another account \(4711\) than the connection's \(11\)/),
      stateNext: expect.stringMatching(/Delete the webhook.*--remote-setup/),
    });
    // An hour without another one ends it.
    clock.advance(59 * minuteMs);
    await troubles.forgetRefused(connection.id);
    expect(await state()).toMatchObject({ state: 'foreign deliveries' });
    clock.advance(2 * minuteMs);
    await troubles.forgetRefused(connection.id);
    expect(await state()).toMatchObject({ state: 'ok' });
  });

  test('are written down once a minute, and keep nothing from being read', async () => {
    for (let time = 0; time < 5; time += 1) await send(event('ticket.created'), { secret: 'wrong' });
    await Promise.all(noted);
    expect(await state()).toMatchObject({ stateText: expect.stringContaining('The signature is wrong') });
    const [row] = await db.query<{ failures: number }>(
      'select failures from connection_trouble where connection_id = $1',
      [connection.id],
    );
    expect(row).toEqual({ failures: 1 });
    expect(await troubles.heldUntil(connection.id, 'tickets')).toBeNull();
  });

  test('what is no delivery of the vendor at all says nothing of the connection', async () => {
    await send(event('ticket.created'), { secret: null });
    expect(noted).toEqual([]);
    expect(await state()).toMatchObject({ state: 'ok' });
  });
});

describe('what is refused is not stored', () => {
  test.each<[string, () => ReturnType<typeof send>, number]>([
    ['a wrong signature', () => send(event('ticket.created'), { secret: 'wrong' }), 401],
    ['no signature', () => send(event('ticket.created'), { secret: null }), 401],
    [
      'a signature of another body',
      () => send(event('ticket.created'), { headers: { 'x-zendesk-webhook-signature': 'AAAA' } }),
      401,
    ],
    [
      'a timestamp more than a day old',
      () => {
        const body = event('ticket.created');
        const timestamp = '2026-03-01T09:00:00Z';
        return send(body, {
          headers: {
            'x-zendesk-webhook-signature': createHmac('sha256', 'first')
              .update(timestamp)
              .update(body)
              .digest('base64'),
            'x-zendesk-webhook-signature-timestamp': timestamp,
          },
        });
      },
      401,
    ],
    ['unsigned garbage', () => send('%%%', { secret: null }), 400],
    ['no body at all', () => send('', { secret: null }), 400],
    ['a wrong path', () => send(event('ticket.created'), { key: 'x'.repeat(43) }), 404],
    ['a path that could be no key', () => send(event('ticket.created'), { key: '%2e%2e' }), 404],
    ['a body too large', () => send(Buffer.alloc(largestBodyBytes + 1, 'x')), 413],
  ])('%s', async (_, request, status) => {
    const answer = await request();
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ status, detail: expect.stringMatching(/\w/) });
    expect(await stored()).toEqual([]);
  });

  test('a refusal names the field', async () => {
    expect((await send('%%%', { secret: null })).json().errors).toMatchObject([{ field: 'body' }]);
  });
});

test('bug: a delivery waited for the transactions of workers, to be told whose it is', async () => {
  const busy = await openDatabase({ url: db.url, dataDir: tmpdir(), connections: 1 });
  const { built } = await build(busy, busy.hasty);
  await app.close();
  app = built;
  try {
    await busy.transaction(async () => {
      expect((await send(event('ticket.created'))).statusCode).toBe(202);
    });
    expect(await stored()).toHaveLength(1);
  } finally {
    await busy.close();
  }
});

describe('while the database is gone', () => {
  test('a delivery is answered 503 with Retry-After, and is taken when it comes again', async () => {
    await send(event('ticket.undeleted'));
    gone = true;
    const answer = await send(event('ticket.created'));
    expect(answer.statusCode).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(counted).toEqual(['new', 'unavailable']);
    gone = false;
    expect((await send(event('ticket.created'))).statusCode).toBe(202);
    expect(await stored()).toHaveLength(2);
  });

  test('a connection that nobody asked for yet is answered 503 too, never 404', async () => {
    await app.close();
    app = (await build()).built;
    gone = true;
    expect((await send(event('ticket.created'))).statusCode).toBe(503);
  });

  test('a database that hangs is answered 503 with Retry-After within 6 s', async () => {
    await send(event('ticket.undeleted'));
    hangs = true;
    const startedMs = performance.now();
    const answer = await send(event('ticket.created'));
    expect(performance.now() - startedMs).toBeLessThan(8000);
    expect(answer.statusCode).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(counted).toEqual(['new', 'unavailable']);
  });

  test('a database that hangs before it tells the connection is answered 503 as well', async () => {
    await app.close();
    app = (await build()).built;
    hangs = true;
    expect((await send(event('ticket.created'))).statusCode).toBe(503);
  });
});
