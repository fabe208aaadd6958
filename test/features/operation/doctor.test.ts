import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError, LimitReached, Refused, UpstreamError } from '../../../src/core/errors.ts';
import { createDirectory, type Directory } from '../../../src/features/directory/index.ts';
import { signInCheck, webhookCheck } from '../../../src/features/operation/connection-checks.ts';
import { type Check, examine } from '../../../src/features/operation/index.ts';
import type { HelpdeskAdapter } from '../../../src/helpdesks/port.ts';
import { createVault } from '../../../src/platform/crypto.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { standingClock } from '../../support/standing-clock.ts';

const clock = standingClock();
const desk = {
  kind: 'desk',
  settings: z.object({ name: z.string(), webhookSecrets: z.array(z.string()).default([]) }),
  secretKeys: ['webhookSecrets'],
} as unknown as HelpdeskAdapter;

let db: Database;

const directoryWith = (key: string): Directory =>
  createDirectory({ db, vault: createVault(key), clock, helpdesks: new Map([['desk', desk]]), stores: new Map() });

/** What the doctor says of a healthy product, with one thing changed. */
const checkup = async (part: Partial<Parameters<typeof examine>[0]> = {}) => {
  const report = await examine({
    db,
    clock,
    directory: directoryWith('k'.repeat(32)),
    mailer: { send: async () => undefined, check: async () => undefined },
    mailsStay: false,
    publicUrl: 'https://desk.example.com',
    reportingCurrency: 'USD',
    queueKind: 'PostgreSQL',
    pingQueue: async () => undefined,
    signIn: async () => 'Acme',
    hasWebhooks: () => true,
    ...part,
  });
  return { ...report, of: (what: string): Check | undefined => report.checks.find((check) => check.what === what) };
};

const connectDesk = async (webhookSecrets = ['secret']): Promise<number> =>
  (await directoryWith('k'.repeat(32)).connections.create({ kind: 'desk', settings: { name: 'main', webhookSecrets } }))
    .id;

const ago = (seconds: number): Date => new Date(clock.now().getTime() - seconds * 1000);

beforeEach(async () => {
  db ??= await testDatabase();
  for (const table of ['connection', 'rate', 'fx_rate', 'rollup_delta']) await db.query(`delete from ${table}`);
});

describe('the machinery', () => {
  it('is well, and says which', async () => {
    const { ok, checks, of } = await checkup();
    expect(ok).toBe(true);
    expect(of('database')).toMatchObject({ state: 'ok', found: expect.stringContaining('PostgreSQL') });
    expect(of('queue')).toEqual({ what: 'queue', state: 'ok', found: 'PostgreSQL' });
    expect(of('totals')).toMatchObject({ state: 'ok' });
    expect(checks.filter(({ state }) => state === 'warning').map(({ what }) => what)).toEqual([
      'partners',
      'rates',
      'connections',
    ]);
  });

  it('has a next step for every warning and fault', async () => {
    await connectDesk([]);
    const { checks } = await checkup({
      pingQueue: () => Promise.reject(new AppError('unavailable', 'Redis cannot be reached')),
      mailer: {
        send: async () => undefined,
        check: () => Promise.reject(new UpstreamError('no', { retryable: true })),
      },
      publicUrl: 'http://desk.example.com',
      signIn: () => Promise.reject(new Refused('no')),
    });
    const unwell = checks.filter((check) => check.state !== 'ok');
    expect(unwell.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['queue', 'mail', 'public address', 'desk "main"', 'desk "main", webhooks']),
    );
    for (const check of unwell) expect(check.next.length).toBeGreaterThan(10);
  });

  it('is a fault where the queue or the mail server does not answer', async () => {
    const { ok, of } = await checkup({
      pingQueue: () => Promise.reject(new AppError('unavailable', 'Redis cannot be reached')),
      mailer: {
        send: async () => undefined,
        check: () => Promise.reject(Object.assign(new Error('user:pass@host'), { code: 'EOH' })),
      },
    });
    expect(ok).toBe(false);
    expect(of('queue')).toMatchObject({
      state: 'fault',
      found: 'Redis cannot be reached',
      next: expect.stringContaining('REDIS_URL'),
    });
    // The words of an error that is not ours may hold anything.
    expect(of('mail')).toMatchObject({ state: 'fault', found: 'Error EOH', next: expect.stringContaining('SMTP_URL') });
  });

  it('warns where mails stay files, and says what sends them; a folder that cannot be written is a fault still', async () => {
    const { ok, of } = await checkup({ mailsStay: true });
    expect(of('mail')).toMatchObject({
      state: 'warning',
      found: expect.stringContaining('DATA_DIR/outbox'),
      next: expect.stringContaining('SMTP_URL'),
    });
    expect(ok).toBe(true);
    expect((await checkup()).of('mail')).toMatchObject({ state: 'ok' });
    const mailer = { send: async () => undefined, check: () => Promise.reject(new AppError('unavailable', 'no room')) };
    expect((await checkup({ mailsStay: true, mailer })).of('mail')).toMatchObject({ state: 'fault', found: 'no room' });
  });

  it.each([
    ['http://127.0.0.1:3900', 'warning'],
    ['http://localhost', 'warning'],
    ['http://[::1]:3900', 'warning'],
    ['http://desk.example.com', 'warning'],
    ['https://desk.example.com', 'ok'],
  ])('public address %s: %s', async (publicUrl, state) => {
    expect((await checkup({ publicUrl })).of('public address')).toMatchObject({ state });
  });

  it('is a fault where daily totals differ from the ledger', async () => {
    await db.query(
      "insert into rollup_delta (day, partner, region, measured, microseconds, cost_micros) values ('2026-03-01', 'nord', null, true, 5, 5)",
    );
    const { ok, of } = await checkup();
    expect({ ok, check: of('totals') }).toMatchObject({
      ok: false,
      check: { state: 'fault', found: expect.stringContaining('1 daily totals') },
    });
  });
});

describe('inputs', () => {
  it('asks for exchange rates only where there is foreign money, and for fresh ones', async () => {
    const rate = (currency: string) =>
      db.query(
        `insert into rate (scope, key, hourly_micros, currency, valid_from, recorded_at) values ('default', '', 1, $1, '2026-01-01', now())
                on conflict (scope, key, valid_from) do update set currency = excluded.currency`,
        [currency],
      );
    const fx = (date: string) =>
      db.query(
        "insert into fx_rate (date, base, quote, rate, source, recorded_at) values ($1, 'EUR', 'USD', 1.1, 'test', now())",
        [date],
      );
    await rate('USD');
    expect((await checkup()).of('exchange rates')).toMatchObject({ state: 'ok', found: 'none' });
    await rate('EUR');
    expect((await checkup()).of('exchange rates')).toMatchObject({ state: 'warning', found: 'none' });
    await fx('2026-02-20');
    expect((await checkup()).of('exchange rates')).toMatchObject({
      state: 'warning',
      found: expect.stringContaining('2026-02-20'),
    });
    await fx('2026-02-27');
    expect((await checkup()).of('exchange rates')).toMatchObject({ state: 'ok' });
    // What is of the future prices nothing of today.
    await fx('2026-09-01');
    expect((await checkup()).of('exchange rates')).toMatchObject({ found: 'the newest are of 2026-02-27' });
  });

  it('bug: a handful of thousands of orders without a partner was a warning', async () => {
    const id = await connectDesk();
    const orders = (count: number, unmapped: string | null) =>
      db.query(
        `insert into "order" (connection_id, external_id, number, placed_at, placed_day, modified_at, status_id, counted, currency, revenue_micros, places, unmapped, first_seen_at)
         select $1, coalesce($3, '') || n, n::text, $4::timestamptz, $4, $4, 11, true, 'USD', 1, '{}', $3::jsonb, $4 from generate_series(1, $2::int) n`,
        [id, count, unmapped, clock.now()],
      );
    await orders(199, null);
    await orders(1, '{"place": "channel", "value": "7"}');
    expect((await checkup()).of('unmapped orders')).toMatchObject({
      state: 'ok',
      found: expect.stringMatching(/^1 of 200/),
    });
    await db.query(
      'delete from "order" where unmapped is null and id in (select id from "order" where unmapped is null limit 150)',
    );
    expect((await checkup()).of('unmapped orders')).toMatchObject({ state: 'warning' });
  });
});

describe('a connection', () => {
  it('is well', async () => {
    await connectDesk();
    const { ok, of } = await checkup();
    expect(ok).toBe(true);
    expect(of('desk "main"')).toMatchObject({ state: 'ok', found: 'signed in to Acme, mode observe' });
    expect(of('desk "main", quarantine')).toMatchObject({ state: 'ok' });
    expect(of('desk "main", lag')).toMatchObject({ state: 'ok' });
  });

  it.each([
    [new Refused('Zendesk refuses email and API token'), 'fault', 'deskledger connection'],
    [new UpstreamError('GET acme answered 404', { status: 404, retryable: false }), 'fault', 'deskledger connection'],
    [new UpstreamError('GET acme could not be reached', { retryable: true }), 'fault', 'the vendor is up'],
    [new LimitReached('the quota is used up', 1000), 'warning', 'goes on by itself'],
  ])('that fails with %s is a %s, with what to do', async (error, state, next) => {
    await connectDesk();
    const { of } = await checkup({ signIn: () => Promise.reject(error) });
    expect(of('desk "main"')).toMatchObject({ state, found: error.message, next: expect.stringContaining(next) });
  });

  it('bug: advice on an address that is refused did not name what allows it', async () => {
    await connectDesk();
    const [connection] = await directoryWith('k'.repeat(32)).connections.list();
    if (!connection) throw new Error('nothing is connected');
    const elsewhere = { ...connection, settings: { ...connection.settings, baseUrl: 'http://127.0.0.1:1' } };
    const check = await signInCheck('desk', elsewhere, () => Promise.reject(new Refused('a private address')));
    expect(check).toMatchObject({ next: expect.stringContaining('ALLOW_PRIVATE_UPSTREAMS=true') });
  });

  it('bug: a state that was well stood beside a sign-in that failed', async () => {
    await connectDesk();
    expect((await checkup()).of('desk "main", state')).toMatchObject({ state: 'ok' });
    const away = new UpstreamError('GET acme could not be reached', { retryable: true });
    expect((await checkup({ signIn: () => Promise.reject(away) })).of('desk "main", state')).toBeUndefined();
  });

  it.each([{ webhookToken: [] }, { webhookSecret: '' }, { webhookSecrets: [] }])(
    'bug: a connection that can prove no webhook was well: %j',
    async (settings) => {
      await connectDesk();
      const [connection] = await directoryWith('k'.repeat(32)).connections.list();
      if (!connection) throw new Error('nothing is connected');
      const [name] = Object.keys(settings);
      expect(webhookCheck('desk', { ...connection, settings }, undefined)).toMatchObject({
        state: 'fault',
        found: `no ${name}, so that every webhook is refused`,
        next: expect.stringContaining(`{"${name}": ["..."]}`),
      });
    },
  );

  it('without a signing secret accepts no webhook', async () => {
    const id = await connectDesk([]);
    const { of } = await checkup();
    expect(of('desk "main", webhooks')).toMatchObject({
      state: 'fault',
      next: expect.stringContaining(`deskledger connection ${id} --remote-setup`),
    });
    expect((await checkup({ hasWebhooks: () => false })).of('desk "main", webhooks')).toBeUndefined();
  });

  it('to which no webhook ever came, though there are tickets, is worth a look', async () => {
    const id = await connectDesk();
    await db.query("insert into ticket (connection_id, external_id, first_seen_at) values ($1, '1', $2)", [
      id,
      ago(60),
    ]);
    expect((await checkup()).of('desk "main", webhooks')).toMatchObject({
      state: 'warning',
      next: expect.stringContaining('PUBLIC_URL'),
    });
  });

  it('warns of tags and mails that failed or are in doubt', async () => {
    const id = await connectDesk();
    await db.query(
      `with t as (insert into ticket (connection_id, external_id, first_seen_at) values ($1, '1', $2) returning id)
       insert into wanted_tag (ticket_id, connection_id, tag, wanted, state, attempts)
       select id, $1, 'partner_nord', true, 'failed', 5 from t union all select id, $1, 'region_nordics', true, 'refused', 1 from t`,
      [id, ago(400)],
    );
    const { of } = await checkup();
    expect(of('desk "main", tags and mails')).toMatchObject({
      state: 'warning',
      found: '1 failed, 0 in doubt',
      next: expect.stringContaining('deskledger replay'),
    });
  });

  it('shows its quarantine, its lag and what its last walk met', async () => {
    const id = await connectDesk();
    await db.query(
      `insert into ticket (connection_id, external_id, first_seen_at, dirty_seq, due_at, quarantined_at)
       values ($1, '1', $2, 1, null, $2), ($1, '2', $2, 1, $2, null)`,
      [id, ago(400)],
    );
    await db.query(
      "insert into sync_cursor (connection_id, stream, cursor, last_run_at, last_error) values ($1, 'tickets', '{}', $2, 'the helpdesk answered 500')",
      [id, ago(60)],
    );
    const { of } = await checkup();
    expect(of('desk "main", quarantine')).toMatchObject({
      state: 'fault',
      found: '1 set aside',
      next: expect.stringContaining('deskledger replay'),
    });
    expect(of('desk "main", lag')).toMatchObject({
      state: 'fault',
      found: '1 pending, the oldest for 400 s',
      next: expect.stringContaining('worker'),
    });
    expect(of('desk "main", last walk')).toMatchObject({ state: 'warning', found: 'the helpdesk answered 500' });
  });

  it('whose secrets another SECRET_KEY sealed is a fault that says so, and the rest is still looked at', async () => {
    await connectDesk();
    const { ok, of } = await checkup({ directory: directoryWith('x'.repeat(32)) });
    expect(ok).toBe(false);
    expect(of('connections')).toMatchObject({ state: 'fault', found: expect.stringContaining('SECRET_KEY') });
    expect(of('totals')).toMatchObject({ state: 'ok' });
  });
});

describe('the books', () => {
  const night = async (endedAt: string, balance: object[]) => {
    await db.query('delete from reconciliation');
    await db.query(
      `insert into reconciliation (night, started_at, ended_at, last_posting_id, balanced, completeness, timeliness, balance)
       values ($1::timestamptz::date, $1, $1, 0, $2, '[]', '{"p95LagSeconds": 5400}', $3)`,
      [endedAt, balance.length === 0, JSON.stringify(balance)],
    );
    return (await checkup()).of('books');
  };

  it('are well, or wrong with the next step, or not looked at for long', async () => {
    expect((await checkup()).of('books')).toMatchObject({ state: 'ok' });
    expect(await night('2026-03-02T02:05:00Z', [])).toEqual({
      what: 'books',
      state: 'ok',
      found: 'in balance as of 2026-03-02; 95 % of new work was posted within 5400 s',
    });
    const wrong = {
      check: 'entries',
      count: 2,
      examples: ['7', '9'],
      found: 'entries that are off',
      next: 'Report it.',
    };
    expect(await night('2026-03-02T02:05:00Z', [wrong])).toEqual({
      what: 'books',
      state: 'fault',
      found: 'as of 2026-03-02: 2 entries that are off (7, 9)',
      next: 'Report it.',
    });
    expect(await night('2026-02-28T02:05:00Z', [])).toMatchObject({
      state: 'warning',
      next: expect.stringContaining('worker'),
    });
  });
});
