import { addDays } from '../../../src/core/time.ts';
import {
  importFx,
  importRates,
  type Share,
  settleWork,
  type TicketToSettle,
  ticketsToReprice,
} from '../../../src/features/costing/index.ts';
import type { Touch, WorkReading } from '../../../src/helpdesks/port.ts';
import type { Sql } from '../../../src/platform/database/database.ts';
import type { Database } from '../../../src/platform/database/open.ts';

export const now = new Date('2026-05-20T12:00:00Z');

export const wholly = (partner: string | null, region: string | null = 'dach'): Share[] => [
  { partner, region, country: 'DE', ppm: 1_000_000 },
];

let lastAudit = 1000;

/** A reading of one update, a minute after the one before. */
export const reading = (part: Partial<WorkReading> = {}): WorkReading => {
  lastAudit += 1;
  return {
    sourceKey: `audit:${lastAudit}`,
    agentId: 'ada',
    actor: 'agent',
    clock: 'time tracking',
    rawSeconds: 600,
    value: null,
    workedAt: new Date(Date.UTC(2026, 4, 4, 9, lastAudit - 1000)),
    channel: 'email',
    ...part,
  };
};

export const reply = (part: Partial<Touch> = {}): Touch => {
  lastAudit += 1;
  return {
    sourceKey: `audit:${lastAudit}`,
    agentId: 'ada',
    kind: 'public_reply',
    at: new Date('2026-05-04T10:00:00Z'),
    channel: 'email',
    ...part,
  };
};

/** A connection of its own in a migrated database, with what the tests ask of a ledger. */
export const openLedger = async (db: Database) => {
  const [connection] = await db.query<{ id: number; name: string }>(
    `insert into connection (kind, name, settings, secrets, webhook_key, created_at)
     select 'zendesk', 'desk ' || k, '{}', '', k, $1 from cast(gen_random_uuid() as text) as k returning id, name`,
    [now],
  );
  if (!connection) throw new Error('no connection was made');

  const made = new Set<bigint>();
  const ticket = async (): Promise<bigint> => {
    const [row] = await db.query<{ id: bigint }>(
      `insert into ticket (connection_id, external_id, first_seen_at, tags, named_numbers, named_lines)
       select $1, gen_random_uuid()::text, $2, '{}', '{}', '{}' returning id`,
      [connection.id, now],
    );
    if (!row) throw new Error('no ticket was made');
    made.add(row.id);
    return row.id;
  };

  const settle = (tickets: readonly (Partial<TicketToSettle> & { readonly ticketId: bigint })[]) =>
    db.transaction((tx) =>
      settleWork(tx, {
        tickets: tickets.map((one) => ({
          connectionId: connection.id,
          channel: 'email',
          shares: wholly('nord'),
          attributionVersion: 1,
          reprice: false,
          ...one,
        })),
        reportingCurrency: 'USD',
        reportingTimezone: 'UTC',
        now,
      }),
    );

  return {
    connection,
    ticket,
    settle,
    /** What a ticket costs after settling it alone, as [cost, handled seconds, unpriced entries]. */
    async cost(ticketId: bigint, part: Partial<TicketToSettle> = {}) {
      const cost = (await settle([{ ticketId, ...part }])).tickets.get(ticketId);
      return cost && [cost.costMicros, cost.handledSeconds, cost.unpriced];
    },
    /** `factor` names one more column, of wages. */
    rates: (rows: string, factor?: 'burden') =>
      importRates(db, `scope,key,hourly,currency,valid_from${factor ? `,${factor}` : ''}\n${rows}`, {
        dryRun: false,
        now,
      }),
    fx: (rows: string) => importFx(db, `date,base,quote,rate\n${rows}`, { dryRun: false, now }),
    /** EUR to USD on each day from the first to the last. */
    async euro(rate: string, first: string, last: string) {
      const days: string[] = [];
      for (let day = first; day <= last; day = addDays(day, 1)) days.push(day);
      await importFx(db, `date,base,quote,rate\n${days.map((day) => `${day},EUR,USD,${rate}`).join('\n')}`, {
        dryRun: false,
        now,
      });
    },
    /** Of the tickets of this ledger. */
    toReprice: async (from: string, to: string | null = null) =>
      (await ticketsToReprice(db, { from, to, reportingCurrency: 'USD' })).filter((id) => made.has(id)),
    postings: (ticketId: bigint) =>
      db.query<{
        partner: string | null;
        cost: bigint;
        cause: string;
        reverses: boolean;
        revision: number;
        day: string;
        sourceKey: string;
      }>(
        `select p.partner, p.cost_micros as cost, p.cause, p.reverses_id is not null as reverses, p.revision,
                p.worked_day::text as day, e.source_key as "sourceKey"
           from posting p join work_entry e on e.id = p.work_entry_id where p.ticket_id = $1 order by p.id`,
        [ticketId],
      ),
    entries: (ticketId: bigint) =>
      db.query<{
        id: bigint;
        sourceKey: string;
        state: string;
        costed: number;
        capped: bigint;
        unpriced: string | null;
      }>(
        `select id, source_key as "sourceKey", state, costed_seconds as costed, capped_seconds as capped, unpriced
           from work_entry where ticket_id = $1 order by worked_at, id`,
        [ticketId],
      ),
  };
};

/** Every table of the ledger, to see that nothing moved. */
export const everything = async (sql: Sql) =>
  Promise.all(
    ['work_entry', 'posting', 'rollup_delta'].map((table) =>
      sql.query(`select count(*), md5(string_agg(t::text, '|' order by id)) as state from ${table} t`),
    ),
  );

export type Ledger = Awaited<ReturnType<typeof openLedger>>;
