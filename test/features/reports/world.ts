import { pino } from 'pino';
import { buildApp } from '../../../src/app.ts';
import { dayIn } from '../../../src/core/time.ts';
import { createAccess } from '../../../src/features/access/index.ts';
import { append, type Decision } from '../../../src/features/attribution/index.ts';
import { settleWork } from '../../../src/features/costing/index.ts';
import { reportRoutes } from '../../../src/features/reports/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { holdToDescription } from '../../support/described-answers.ts';
import { standingClock } from '../../support/standing-clock.ts';

interface Share {
  readonly partner: string | null;
  readonly region: string | null;
  readonly country?: string | null;
  readonly ppm?: number;
}

export const nord = { partner: 'nord', region: 'nordics' };
export const sud = { partner: 'sud', region: 'iberia' };
export const nobody = { partner: null, region: null };

const whole = 1_000_000;
const at = (day: string): Date => new Date(day.includes('T') ? day : `${day}T10:00:00Z`);

/** A database with rows made one by one through the features that write them; dollars, and the days of a time zone. */
export const createWorld = async ({ timeZone = 'UTC' } = {}) => {
  const db = await testDatabase();
  const clock = standingClock('2026-06-01T00:00:00Z');
  const [connection] = await db.query<{ id: number }>(
    "insert into connection (kind, name, settings, secrets, webhook_key, created_at) values ('zendesk', 'desk', '{}', '', 'key', now()) returning id",
  );
  const connectionId = connection?.id ?? 0;
  let last = 0;

  const rate = (hourly: string, validFrom = '2026-01-01', key = '') =>
    db.query(
      `insert into rate (scope, key, hourly_micros, currency, valid_from, recorded_at) values ($1, $2, ($3::numeric * 1000000)::bigint, 'USD', $4, now())`,
      [key === '' ? 'default' : 'agent', key === '' ? '' : `${connectionId}:${key}`, hourly, validFrom],
    );

  /** Work is [agent, seconds, day]; a reading costs what the rates say. */
  const settle = (
    ticketId: bigint,
    decision: Pick<Decision, 'shares'>,
    work: readonly (readonly [string, number, string])[],
    { version = 1, estimated = false } = {},
  ) =>
    db.transaction((tx) =>
      settleWork(tx, {
        tickets: [
          {
            ticketId,
            connectionId,
            channel: 'email',
            readings: estimated
              ? []
              : work.map(([agentId, rawSeconds, day]) => ({
                  sourceKey: `audit:${++last}`,
                  agentId,
                  actor: 'agent' as const,
                  clock: 'time tracking',
                  rawSeconds,
                  value: null,
                  workedAt: at(day),
                  channel: null,
                })),
            touches: estimated
              ? work.map(([agentId, , day]) => ({
                  sourceKey: `audit:${++last}`,
                  agentId,
                  kind: 'public_reply' as const,
                  at: at(day),
                  channel: null,
                }))
              : [],
            shares: decision.shares,
            attributionVersion: version,
            reprice: false,
          },
        ],
        reportingCurrency: 'USD',
        reportingTimezone: timeZone,
        now: clock.now(),
      }),
    );

  const decisionOf = (shares: readonly Share[], orders: readonly bigint[] = []): Decision => ({
    method: 'field',
    confidence: 'high',
    evidence: orders.length === 0 ? {} : { orderIds: orders.map(String) },
    shares: shares.map(({ partner, region, country = null, ppm = whole }) => ({ partner, region, country, ppm })),
  });

  return {
    db,
    clock,
    connectionId,
    rate,
    /** As people set it for the account. */
    setting: (name: 'agentFigures' | 'highValueOrder', value: boolean | string | null) =>
      db.query(
        `insert into setting (key, value, updated_at) values ($1, $2::jsonb, now())
         on conflict (key) do update set value = excluded.value`,
        [name, JSON.stringify(value)],
      ),
    /** An agent of a role: the pools of those who may not see wages are made of roles. */
    agent: (externalId: string, role: string | null) =>
      db.query('insert into agent (connection_id, external_id, name, role) values ($1, $2, $2, $3)', [
        connectionId,
        externalId,
        role,
      ]),
    /** Another role from a day on. */
    becomes: (externalId: string, role: string, from: string) =>
      db.query('insert into agent_role (connection_id, external_id, role, valid_from) values ($1, $2, $3, $4)', [
        connectionId,
        externalId,
        role,
        from,
      ]),
    async ticket(options: {
      readonly created: string;
      readonly shares?: readonly Share[];
      readonly work?: readonly (readonly [string, number, string])[];
      readonly estimated?: boolean;
      readonly status?: string;
      readonly channel?: string;
      readonly language?: string;
      readonly reason?: string;
      /** Those that the attribution rests on. */
      readonly orders?: readonly bigint[];
    }): Promise<bigint> {
      const created = at(options.created);
      const [row] = await db.query<{ id: bigint }>(
        `insert into ticket (connection_id, external_id, first_seen_at, created_at, created_day, snapshot_at, status, channel, language, reason, tags)
         values ($1, $2, $3, $3, $4, $3, $5, $6, $7, $8, '{}') returning id`,
        [
          connectionId,
          `T${++last}`,
          created,
          dayIn(timeZone, created),
          options.status ?? 'solved',
          options.channel ?? 'email',
          options.language ?? null,
          options.reason ?? null,
        ],
      );
      const id = row?.id ?? 0n;
      const decision = decisionOf(options.shares ?? [nord], options.orders);
      await db.transaction((tx) => append(tx, [{ ticketId: id, decision, decidedAt: created }]));
      await settle(id, decision, options.work ?? [], { estimated: options.estimated ?? false });
      return id;
    },
    async reattribute(ticketId: bigint, shares: readonly Share[]): Promise<void> {
      const decision = decisionOf(shares);
      const held = await db.transaction((tx) => append(tx, [{ ticketId, decision, decidedAt: clock.now() }]));
      await settle(ticketId, decision, [], { version: held.get(ticketId)?.version ?? 0 });
    },
    async order(options: {
      readonly placed: string;
      readonly shares?: readonly Share[];
      readonly region?: string;
      /** Dollars; null: no exchange rate yet. */
      readonly revenue?: number | null;
      /** Dollars off, on top of the revenue. */
      readonly discount?: number;
      readonly coupons?: number;
      readonly country?: string;
      readonly customerId?: string;
      /** Addresses on it, as their hashes. */
      readonly addresses?: readonly string[];
      readonly statusId?: number;
      readonly refunds?: readonly { readonly made: string; readonly dollars: number }[];
    }): Promise<bigint> {
      const placed = at(options.placed);
      const shares: readonly Share[] = options.shares ?? [nord];
      const micros = options.revenue === null ? null : BigInt((options.revenue ?? 100) * 1e6);
      const partOf = (amount: bigint | null, ppm = whole): bigint | null =>
        amount === null ? null : (amount * BigInt(ppm)) / 1_000_000n;
      return db.transaction(async (tx) => {
        const [row] = await tx.query<{ id: bigint }>(
          `insert into "order" (connection_id, external_id, number, placed_at, placed_day, modified_at, status_id, counted, region, currency,
                  revenue_micros, reporting_micros, gross_micros, discount_micros, fx_numerator, fx_denominator, coupons, country, customer_id, places, first_seen_at)
           values ($1, $2, $2, $3, $4, $3, $5, $6, $7, 'USD', coalesce($8, 0), $8, coalesce($8, 0) + $9, $9, case when $8::bigint is not null then 1 end,
                   case when $8::bigint is not null then 1 end, $10, $11, $12, '{}', $3) returning id`,
          [
            connectionId,
            String(++last),
            placed,
            dayIn(timeZone, placed),
            options.statusId ?? 11,
            ![0, 5, 6].includes(options.statusId ?? 11),
            options.region ?? shares[0]?.region,
            micros,
            BigInt((options.discount ?? 0) * 1e6),
            options.coupons ?? 0,
            options.country ?? null,
            options.customerId ?? null,
          ],
        );
        const id = row?.id ?? 0n;
        for (const address of options.addresses ?? [])
          await tx.query('insert into order_address (order_id, email_hash) values ($1, $2)', [
            id,
            Buffer.from(address),
          ]);
        for (const [shareNo, { partner, ppm }] of shares.entries())
          await tx.query(
            'insert into order_share (order_id, share_no, partner, ppm, reporting_micros) values ($1, $2, $3, $4, $5)',
            [id, shareNo, partner, ppm ?? whole, partOf(micros, ppm)],
          );
        for (const { made, dollars } of options.refunds ?? []) {
          const back = BigInt(dollars * 1e6);
          const [refund] = await tx.query<{ id: bigint }>(
            `insert into refund (order_id, external_id, made_at, made_day, total_micros, tax_micros, paid_micros, net_micros, reporting_micros)
             values ($1, $2, $3, $4, $5, 0, $5, $5, $5) returning id`,
            [id, String(++last), at(made), dayIn(timeZone, at(made)), back],
          );
          for (const [shareNo, { partner, ppm }] of shares.entries())
            await tx.query(
              'insert into refund_share (refund_id, share_no, partner, ppm, reporting_micros) values ($1, $2, $3, $4, $5)',
              [refund?.id, shareNo, partner, ppm ?? whole, partOf(back, ppm)],
            );
        }
        return id;
      });
    },
    /** A question that was sent, and its answer where there is one: [score, when]. */
    async invitation(options: {
      readonly sent: string;
      readonly state?: string;
      readonly shares?: readonly Share[];
      readonly answer?: readonly [number, string];
    }): Promise<void> {
      const sent = at(options.sent);
      const shares = (options.shares ?? [nord]).map((share) => ({ ppm: whole, ...share }));
      const [ticket] = await db.query<{ id: bigint }>(
        'insert into ticket (connection_id, external_id, first_seen_at) values ($1, $2, $3) returning id',
        [connectionId, `S${++last}`, sent],
      );
      const [row] = await db.query<{ id: bigint }>(
        `insert into invitation (ticket_id, person_hash, token_hash, language, language_reason, shares, invited_at, state, sent_at, expires_at)
         values ($1, $2, $2, 'en', 'default', $3, $4, $5, $4, $4) returning id`,
        [ticket?.id, Buffer.from(`person ${last}`), JSON.stringify(shares), sent, options.state ?? 'delivered'],
      );
      if (!options.answer) return;
      const [score, given] = options.answer;
      await db.query('insert into response (invitation_id, score, given_at, given_day) values ($1, $2, $3, $4)', [
        row?.id,
        score,
        at(given),
        dayIn(timeZone, at(given)),
      ]);
    },
    /** The routes, asked with a token of these scopes. */
    /** `source`: what the routes ask instead. */
    async api(looked: (ticketId: bigint) => void = () => undefined, source: Database = db) {
      const access = createAccess({ db, clock, random: (bytes) => Buffer.from(`${++last}`.padStart(bytes, 'r')) });
      const app = holdToDescription(
        await buildApp({
          log: pino({ level: 'silent' }),
          version: 'test',
          publicUrl: 'http://localhost',
          parts: [
            reportRoutes({
              db: source,
              access,
              clock,
              basis: { currency: 'USD', timeZone },
              onLook: async (id) => looked(id),
            }),
          ],
        }),
      );
      return async (path: string, scopes = 'read,rates') => {
        const { token } = await access.createToken({ name: `token ${++last}`, scopes });
        const reply = await app.inject({ url: path, headers: { authorization: `Bearer ${token}` } });
        return { status: reply.statusCode, text: reply.body, headers: reply.headers, json: () => reply.json() };
      };
    },
  };
};

export type World = Awaited<ReturnType<typeof createWorld>>;
