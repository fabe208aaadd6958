import type { Sql } from '../../platform/database/database.ts';
import type { ConnectionKind } from '../directory/index.ts';
import { ofChanges } from './arrivals.ts';
import { loadBackfill } from './backfill.ts';
import { type BackfillProgress, readProgress } from './backfill-progress.ts';
import { byGravity, type ConnectionState } from './trouble.ts';

/** How one connection is doing. Times in seconds, counts of tickets, deliveries and outbox rows. */
export interface ConnectionStatus {
  readonly id: number;
  readonly name: string;
  readonly kind: ConnectionKind;
  readonly mode: string;
  /** How long the oldest ticket that is due, or order that a store told of, has been waiting. */
  readonly lagSeconds: number;
  /** Tickets to be gathered or decided again, orders to be read again and outbox rows to be sent, those that wait for another try included; 0 means quiet. Work that waits for its 6 h does not count. */
  readonly pending: number;
  readonly quarantined: number;
  /** Tags and survey mails given up after their tries: `deskledger replay` writes the tags again. */
  readonly failed: number;
  /** Tags that the helpdesk refused for good, e.g. because the ticket was closed meanwhile. */
  readonly refused: number;
  /** Tags and survey mails that were sent without an answer, so that nobody knows whether they arrived. */
  readonly doubt: number;
  /** Tickets (of a store: orders) that we hold per one that the vendor has, as of its latest count; null where it was not counted. */
  readonly completeness: number | null;
  /** Of the tickets or orders that the last walk found changed, the share that webhooks had told of; null before the first. Says nothing of what we hold. */
  readonly toldShare: number | null;
  readonly tickets: number;
  readonly orders: number;
  /** When a delivery last told of a ticket or an order; tests of the address do not count. */
  readonly lastDeliveryAt: string | null;
  readonly lastReconcileAt: string | null;
  /** What the last walk met, and the last of other streams under their names, e.g. "backfill: ...". */
  readonly lastError: string | null;
  /** How we get on with the vendor; what is wrong and what to do about it, where it is not `ok`. */
  readonly state: ConnectionState;
  readonly stateText: string | null;
  readonly stateNext: string | null;
  readonly stateSince: string | null;
  /** What the change feed tells of: a helpdesk's tickets or a store's orders; null before it was first read. */
  readonly feed: 'tickets' | 'orders' | null;
  /** Since when the change feed was last read to its end; null before the first time. */
  readonly feedLagSeconds: number | null;
  /** The latest daily count of tickets or orders created since a day, there and here; null where the vendor tells no number. */
  readonly counted: {
    readonly at: string;
    readonly since: string;
    readonly there: number;
    readonly here: number;
    /** Counts in a row that found fewer here than there. */
    readonly shortCounts: number;
  } | null;
  /** Our webhook at the helpdesk as last looked at; null where nobody looked yet or the helpdesk does not tell. */
  readonly webhook: { readonly state: string; readonly text: string | null; readonly checkedAt: string } | null;
  /** Since when no delivery came although the feed tells of changes; null: nothing unusual. */
  readonly silentSince: string | null;
  /** The latest backfill; null where there never was one. */
  readonly backfill: BackfillProgress | null;
}

/** To six decimals, rounded down: 1 is said of all alone. */
const heldShare = (part: number, whole: number): number => Number((BigInt(part) * 1_000_000n) / BigInt(whole)) / 1e6;

/** What is held per one that the vendor has, 0 to 1; more here than there is no gap, for some were deleted there since. */
export const completenessOf = ({ counted }: Pick<ConnectionStatus, 'counted'>): number | null =>
  counted && (counted.there === 0 ? 1 : Math.min(1, heldShare(counted.here, counted.there)));

interface StatusRow {
  id: number;
  name: string;
  kind: ConnectionKind;
  mode: string;
  tickets: bigint;
  orders: bigint;
  store_changes: bigint;
  oldest_change: Date | null;
  quarantined_changes: bigint;
  dirty: bigint;
  stale: bigint;
  oldest: Date | null;
  tags: bigint;
  mails: bigint;
  quarantined_tickets: bigint;
  quarantined_deliveries: bigint;
  failed: bigint;
  refused: bigint;
  doubt: bigint;
  last_delivery: Date | null;
  last_run: Date | null;
  last_error: string | null;
  walked: number | null;
  raised: number | null;
  feed: 'tickets' | 'orders' | null;
  feed_read_at: Date | null;
  webhook_state: string | null;
  webhook_text: string | null;
  webhook_checked_at: Date | null;
  silent_since: Date | null;
  counted_at: Date | null;
  counted_from: Date | null;
  counted_there: number | null;
  counted_here: number | null;
  short_counts: number | null;
  troubles: { state: ConnectionState; text: string; next: string; since: string }[] | null;
}

export const connectionStatuses = async (sql: Sql, now: Date): Promise<ConnectionStatus[]> => {
  const rows = await sql.query<StatusRow>(
    `select c.id, c.name, c.kind, c.mode, n.tickets, o.orders, g.store_changes, g.oldest_change, g.quarantined_changes, t.dirty, t.stale, t.oldest, q.quarantined_tickets, w.tags, m.mails, u.failed, u.refused, u.doubt, d.quarantined_deliveries, l.last_delivery,
            s.stream as feed, s.last_run_at as last_run, e.last_error, (s.cursor->>'endedAt')::timestamptz as feed_read_at, x.troubles,
            v.webhook_state, v.webhook_text, v.webhook_checked_at, v.silent_since, v.counted_at, v.counted_from, v.counted_there, v.counted_here, v.short_counts, (s.cursor->>'walked')::int as walked, (s.cursor->>'raised')::int as raised
       from connection c
       left join lateral (select count(*) as tickets from ticket where connection_id = c.id) n on true
       left join lateral (select count(*) as orders from "order" where connection_id = c.id) o on true
       left join lateral (
         select count(*) filter (where quarantined_at is null) as store_changes, min(first_at) filter (where quarantined_at is null) as oldest_change,
                count(*) filter (where quarantined_at is not null) as quarantined_changes
           from store_change where connection_id = c.id) g on true
       left join lateral (
         select count(*) filter (where due_at is not null or deep_due_at <= $1) as dirty,
                count(*) filter (where stale_since is not null and snapshot_at is not null and due_at is null) as stale,
                min(least(due_at, stale_since, deep_due_at)) filter (where not from_backfill) as oldest
           from ticket where connection_id = c.id and quarantined_at is null and (due_at is not null or deep_due_at <= $1 or stale_since is not null)) t on true
       left join lateral (
         select count(*) as quarantined_tickets from ticket where connection_id = c.id and quarantined_at is not null) q on true
       left join lateral (
         select count(*) as tags from wanted_tag join ticket on ticket.id = wanted_tag.ticket_id
          where ticket.connection_id = c.id and c.mode = 'act' and wanted_tag.state = 'pending' and wanted_tag.due_at is not null) w on true
       left join lateral (
         select count(*) as mails from invitation join ticket on ticket.id = invitation.ticket_id
          where ticket.connection_id = c.id and invitation.state in ('pending', 'sending')
            and (invitation.due_at <= $1 or invitation.due_at is not null and invitation.attempts > 0)) m on true
       left join lateral (
         select count(*) filter (where state = 'failed') as failed, count(*) filter (where state = 'refused') as refused,
                count(*) filter (where state = 'doubt') as doubt
           from (select ticket_id, state from wanted_tag where state in ('failed', 'doubt') or state = 'refused' and attempts > 0
                 union all select ticket_id, state from invitation where state in ('failed', 'doubt')) o
           join ticket on ticket.id = o.ticket_id where ticket.connection_id = c.id) u on true
       left join lateral (
         select count(*) as quarantined_deliveries from delivery where connection_id = c.id and state = 'quarantined') d on true
       left join lateral (
         select received_at as last_delivery from delivery where connection_id = c.id and ${ofChanges} order by received_at desc limit 1) l on true
       left join sync_cursor s on s.connection_id = c.id and s.stream in ('tickets', 'orders')
       left join lateral (
         select string_agg(case when stream in ('tickets', 'orders') then last_error else stream || ': ' || last_error end, '; ' order by stream) as last_error
           from sync_cursor where connection_id = c.id) e on true
       left join connection_watch v on v.connection_id = c.id
       left join lateral (
         select jsonb_agg(jsonb_build_object('state', state, 'text', text, 'next', next_step, 'since', since)) as troubles
           from connection_trouble where connection_id = c.id) x on true
      where c.disabled_at is null
      order by c.id`,
    [now],
  );
  return Promise.all(rows.map((row) => statusOf(sql, row, now)));
};

const earliest = (a: Date | null, b: Date | null): Date | null => (a && b ? (a < b ? a : b) : (a ?? b));

const statusOf = async (sql: Sql, row: StatusRow, now: Date): Promise<ConnectionStatus> => {
  const worst = (row.troubles ?? []).toSorted((a, b) => byGravity.indexOf(a.state) - byGravity.indexOf(b.state))[0];
  const run = await loadBackfill(sql, row.id);
  const oldest = earliest(row.oldest, row.oldest_change);
  const counted =
    row.counted_at === null || row.counted_from === null || row.counted_there === null || row.counted_here === null
      ? null
      : {
          at: row.counted_at.toISOString(),
          since: row.counted_from.toISOString(),
          there: row.counted_there,
          here: row.counted_here,
          shortCounts: row.short_counts ?? 0,
        };
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    mode: row.mode,
    lagSeconds: oldest && oldest < now ? Math.round((now.getTime() - oldest.getTime()) / 1000) : 0,
    pending: Number(row.dirty + row.stale + row.store_changes + row.tags + row.mails),
    quarantined: Number(row.quarantined_tickets + row.quarantined_changes + row.quarantined_deliveries),
    failed: Number(row.failed),
    refused: Number(row.refused),
    doubt: Number(row.doubt),
    completeness: completenessOf({ counted }),
    toldShare:
      row.walked === null || row.raised === null
        ? null
        : row.walked === 0
          ? 1
          : heldShare(row.walked - row.raised, row.walked),
    tickets: Number(row.tickets),
    orders: Number(row.orders),
    lastDeliveryAt: row.last_delivery?.toISOString() ?? null,
    lastReconcileAt: row.last_run?.toISOString() ?? null,
    lastError: row.last_error,
    state: worst?.state ?? 'ok',
    stateText: worst?.text ?? null,
    stateNext: worst?.next ?? null,
    stateSince: worst ? new Date(worst.since).toISOString() : null,
    feed: row.feed,
    feedLagSeconds: row.feed_read_at && Math.max(0, Math.round((now.getTime() - row.feed_read_at.getTime()) / 1000)),
    counted,
    webhook:
      row.webhook_state === null || row.webhook_checked_at === null
        ? null
        : { state: row.webhook_state, text: row.webhook_text, checkedAt: row.webhook_checked_at.toISOString() },
    silentSince: row.silent_since?.toISOString() ?? null,
    backfill: run && (await readProgress(sql, row.id, run, now)),
  };
};
