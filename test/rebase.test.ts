import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { compose } from '../src/compose.ts';
import { loadConfig } from '../src/config.ts';
import { append } from '../src/features/attribution/index.ts';
import { settleWork } from '../src/features/costing/index.ts';
import { examine } from '../src/features/operation/index.ts';
import { partnerReport, rollupDifferences } from '../src/features/reports/index.ts';
import { importText } from '../src/import.ts';
import type { Database } from '../src/platform/database/open.ts';
import { createLog } from '../src/platform/log.ts';
import { rebase } from '../src/rebase.ts';
import { atEndOfFile } from './support/cleanup.ts';
import { testDatabase } from './support/database.ts';
import { standingClock } from './support/standing-clock.ts';

/** Half past midnight of the next day in Berlin. */
const late = new Date('2026-05-04T22:30:00Z');
const clock = standingClock('2026-05-20T12:00:00Z');
const log = createLog({ level: 'silent' });

let db: Database;
let dataDir: string;

const configOf = (currency: string, timeZone: string) =>
  loadConfig({
    DATABASE_URL: db.url,
    SECRET_KEY: 'k'.repeat(32),
    DATA_DIR: dataDir,
    FX_URL: 'off',
    REPORTING_CURRENCY: currency,
    REPORTING_TIMEZONE: timeZone,
  });
const productIn = (currency: string, timeZone: string) => compose(configOf(currency, timeZone), { clock, log });
const rebaseTo = (currency: string, timeZone: string) => rebase(configOf(currency, timeZone), { actor: 'test', clock });

const reportOn = async (day: string, currency: string, timeZone: string) => {
  const { rows, total } = await partnerReport(db, {
    from: day,
    to: day,
    groupBy: ['partner'],
    currency,
    timeZone,
    costBasis: 'true',
  });
  const row = (partner: string) => rows.find((one) => one.partner === partner);
  return {
    nord: row('nord')?.supportCost?.amount ?? null,
    sud: row('sud')?.supportCost?.amount ?? null,
    cost: total.supportCost?.amount,
    revenue: total.netRevenue?.amount,
    tickets: total.tickets,
    orders: total.orders,
    responses: total.csat.n,
  };
};

const sums = async () =>
  Object.fromEntries(
    (
      await db.query<{ currency: string; micros: string }>(
        'select currency, sum(cost_micros)::text as micros from posting group by 1',
      )
    ).map(({ currency, micros }) => [currency, micros]),
  );

const doctorOnCurrencies = async (reportingCurrency: string) => {
  const product = await productIn('EUR', 'Europe/Berlin');
  try {
    const { checks } = await examine({
      ...product,
      publicUrl: 'https://desk.example.com',
      reportingCurrency,
      queueKind: 'PostgreSQL',
      pingQueue: product.queues.ping,
      signIn: async () => 'nobody',
      mailsStay: false,
      hasWebhooks: () => false,
    });
    return checks.find(({ what }) => what === 'currencies');
  } finally {
    await product.close();
  }
};

/** A ticket of Nord (70 %) and Sud with ten minutes of work, decided and settled. */
const addTicket = async (externalId: string, at: Date) => {
  const [connection] = await db.query<{ id: number; name: string }>(
    `insert into connection (kind, name, settings, secrets, webhook_key, created_at) values ('zendesk', 'main', '{}', '', 'key', $1)
     on conflict (name) do update set kind = excluded.kind returning id, name`,
    [at],
  );
  const [ticket] = await db.query<{ id: bigint }>(
    `insert into ticket (connection_id, external_id, first_seen_at, created_at, created_day, snapshot_at, status, channel)
     values ($1, $2, $3, $3, ($3::timestamptz at time zone 'UTC')::date, $3, 'solved', 'email') returning id`,
    [connection?.id, externalId, at],
  );
  if (!connection || !ticket) throw new Error('no ticket was made');
  const shares = [
    { partner: 'nord', region: 'SE', country: 'SE', ppm: 700_000 },
    { partner: 'sud', region: 'SE', country: 'SE', ppm: 300_000 },
  ];
  await db.transaction(async (tx) => {
    await append(tx, [
      {
        ticketId: ticket.id,
        decision: { method: 'field', confidence: 'high', evidence: {}, shares },
        decidedAt: clock.now(),
      },
    ]);
    await settleWork(tx, {
      tickets: [
        {
          ticketId: ticket.id,
          connectionId: connection.id,
          channel: 'email',
          readings: [
            {
              sourceKey: `audit:${externalId}`,
              agentId: 'ada',
              actor: 'agent',
              clock: 'time tracking',
              rawSeconds: 600,
              value: null,
              workedAt: at,
              channel: 'email',
            },
          ],
          shares,
          attributionVersion: 1,
          reprice: false,
        },
      ],
      reportingCurrency: 'USD',
      reportingTimezone: 'UTC',
      now: clock.now(),
    });
  });
  return { connectionId: connection.id, ticketId: ticket.id };
};

const addOrder = async (connectionId: number) => {
  await db.query(
    `with made as (
       insert into "order" (connection_id, external_id, number, placed_at, placed_day, modified_at, status_id, counted, region, country, currency,
                            revenue_micros, reporting_micros, fx_numerator, fx_denominator, fx_date, places, first_seen_at)
       values ($1, '1', '1', $2, '2026-05-04', $2, 2, true, 'SE', 'SE', 'EUR', 100000000, 110000000, 11, 10, '2026-05-03',
               '{"channel": null, "externalSource": null, "metafields": {}, "formFields": {}, "addressCountry": "SE"}', $2) returning id
     ), shared as (
       insert into order_share (order_id, share_no, partner, ppm, reporting_micros) select id, 0, 'direct', 1000000, 110000000 from made
     ), back as (
       insert into refund (order_id, external_id, made_at, made_day, total_micros, tax_micros, paid_micros, net_micros, reporting_micros)
       select id, '1', $2, '2026-05-04', 50000000, 0, 50000000, 50000000, 55000000 from made returning id
     )
     insert into refund_share (refund_id, share_no, partner, ppm, reporting_micros) select id, 0, 'direct', 1000000, 55000000 from back`,
    [connectionId, late],
  );
};

const addResponse = (ticketId: bigint) =>
  db.query(
    `with asked as (
       insert into invitation (ticket_id, person_hash, token_hash, language, language_reason, shares, invited_at, state, sent_at, expires_at)
       values ($1, '\\x01', '\\x02', 'en', 'default', '[{"partner": "nord", "region": "SE", "ppm": 1000000}]', $2, 'delivered', $2, $2) returning id
     )
     insert into response (invitation_id, score, given_at, given_day) select id, 5, $2, '2026-05-04' from asked`,
    [ticketId, late],
  );

beforeAll(async () => {
  db = await testDatabase();
  dataDir = await mkdtemp(join(tmpdir(), 'deskledger-rebase-'));
  atEndOfFile(() => rm(dataDir, { recursive: true }));
  const product = await productIn('USD', 'UTC');
  const bring = (what: string, text: string) => importText(product, what, text, { dryRun: false, actor: 'test' });
  await bring('partners', 'code,name,aliases\nnord,Nord,\nsud,Sud,\n');
  await bring('rates', 'scope,key,hourly,currency,valid_from\ndefault,,36.00,USD,2026-01-01\n');
  await bring('fx', 'date,base,quote,rate\n2026-05-03,EUR,USD,1.10\n2026-05-04,EUR,USD,1.20\n');
  await product.close();
  const { connectionId, ticketId } = await addTicket('1', late);
  await addTicket('old', new Date('2026-02-02T10:00:00Z'));
  await addOrder(connectionId);
  await addResponse(ticketId);
});

describe('migrate --rebase', () => {
  it('is what a start in another basis asks for', async () => {
    await expect(productIn('EUR', 'UTC')).rejects.toThrow('deskledger migrate --rebase');
    await expect(productIn('USD', 'Europe/Berlin')).rejects.toThrow('deskledger migrate --rebase');
  });

  it('refuses while another process works with the ledger, and changes nothing then', async () => {
    const product = await productIn('USD', 'UTC');
    try {
      await expect(rebaseTo('EUR', 'Europe/Berlin')).rejects.toThrow('stop the server');
    } finally {
      await product.close();
    }
    expect(await reportOn('2026-05-04', 'USD', 'UTC')).toEqual({
      nord: '4.200000',
      sud: '1.800000',
      cost: '6.000000',
      revenue: '55.000000',
      tickets: 1,
      orders: 1,
      responses: 1,
    });
  });

  it('states days and money anew, and leaves no amount in the old currency', async () => {
    expect(await rebaseTo('EUR', 'Europe/Berlin')).toEqual({
      changed: true,
      currency: 'EUR',
      timeZone: 'Europe/Berlin',
      orders: 1,
      unpricedOrders: 0,
      tickets: 2,
      unpricedEntries: 1,
    });
    expect(await reportOn('2026-05-04', 'EUR', 'Europe/Berlin')).toMatchObject({
      cost: '0.000000',
      revenue: '0.000000',
      tickets: 0,
      orders: 0,
      responses: 0,
    });
    // The rate dated before 5 May: 6.00 USD at 1.20.
    expect(await reportOn('2026-05-05', 'EUR', 'Europe/Berlin')).toEqual({
      nord: '3.500000',
      sud: '1.500000',
      cost: '5.000000',
      revenue: '50.000000',
      tickets: 1,
      orders: 1,
      responses: 1,
    });
    expect(await sums()).toEqual({ USD: '0', EUR: '5000000' });
    expect(await rollupDifferences(db)).toEqual([]);
    expect(await doctorOnCurrencies('EUR')).toMatchObject({ state: 'ok' });
    expect(await doctorOnCurrencies('USD')).toMatchObject({ state: 'fault', found: expect.stringContaining('EUR') });
    const causes = await db.query<{ cause: string }>(
      'select distinct cause from posting where reverses_id is not null or currency = $1',
      ['EUR'],
    );
    expect(causes).toEqual([{ cause: 'rebase' }]);
  });

  it('lets the server start in the new basis, and only in it', async () => {
    await expect(productIn('USD', 'UTC')).rejects.toThrow('kept in EUR and Europe/Berlin');
    const product = await productIn('EUR', 'Europe/Berlin');
    await product.close();
  });

  it('leaves work without a rate to the new currency unpriced until one comes', async () => {
    const unpriced = () => db.query('select unpriced from work_entry where unpriced is not null');
    expect(await unpriced()).toEqual([{ unpriced: 'no fx' }]);
    expect((await reportOn('2026-02-02', 'EUR', 'Europe/Berlin')).cost).toBe('0.000000');
    const product = await productIn('EUR', 'Europe/Berlin');
    await importText(product, 'fx', 'date,base,quote,rate\n2026-02-01,EUR,USD,1.50\n', {
      dryRun: false,
      actor: 'test',
    });
    await product.close();
    expect(await db.query('select external_id, reprice from ticket where stale_since is not null')).toEqual([
      { external_id: 'old', reprice: true },
    ]);
  });

  it('does nothing where the basis is the same', async () => {
    const before = await db.query('select count(*) from posting');
    expect(await rebaseTo('EUR', 'Europe/Berlin')).toMatchObject({ changed: false, tickets: 0 });
    expect(await db.query('select count(*) from posting')).toEqual(before);
  });

  it('goes back to the micro', async () => {
    expect(await rebaseTo('USD', 'UTC')).toMatchObject({ changed: true, unpricedEntries: 0, unpricedOrders: 0 });
    expect(await reportOn('2026-05-04', 'USD', 'UTC')).toEqual({
      nord: '4.200000',
      sud: '1.800000',
      cost: '6.000000',
      revenue: '55.000000',
      tickets: 1,
      orders: 1,
      responses: 1,
    });
    expect((await reportOn('2026-02-02', 'USD', 'UTC')).cost).toBe('6.000000');
    expect(await sums()).toEqual({ USD: '12000000', EUR: '0' });
    expect(await rollupDifferences(db)).toEqual([]);
  });

  it('keeps who did it, from what to what', async () => {
    const rows = await db.query("select actor, detail from audit_log where action = 'rebase' order by id");
    const [usd, eur] = [
      { currency: 'USD', timeZone: 'UTC' },
      { currency: 'EUR', timeZone: 'Europe/Berlin' },
    ];
    expect(rows).toEqual([
      { actor: 'test', detail: { from: usd, to: eur } },
      { actor: 'test', detail: { from: eur, to: usd } },
    ]);
  });
});
