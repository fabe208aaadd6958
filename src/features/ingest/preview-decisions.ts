import type { Sql } from '../../platform/database/database.ts';
import { type AttributionInput, type Decision, loadCurrent } from '../attribution/index.ts';
import type { Connection } from '../directory/index.ts';
import type { Orders, TicketOrders } from '../orders/index.ts';
import { decideLot } from './family.ts';
import { dependantsOf, familyOf } from './family-locks.ts';
import { asStored } from './merge.ts';

/** A ticket that was decided, as it is now and as it would be. */
export interface PreviewedTicket {
  readonly ticketId: bigint;
  readonly before: Decision;
  readonly after: Decision;
  readonly changes: boolean;
  /** Tickets that take their attribution from this one. */
  readonly dependants: readonly bigint[];
}

const bearers = ({ shares }: Decision): string =>
  JSON.stringify(shares.map(({ partner, region, ppm }) => [partner, region, ppm]));

/**
 * Decides tickets of one connection by other rules or other bearers of orders, and writes nothing. Tickets that may not be
 * decided again keep what they have.
 */
export const previewDecisions = async (
  sql: Sql,
  connection: Pick<Connection, 'id' | 'settings'>,
  ticketIds: readonly bigint[],
  changed: Pick<AttributionInput, 'rules' | 'partners' | 'regions'> & {
    readonly orders: Pick<Orders, 'candidates'>;
    /** The orders behind the tickets as they would be borne. */
    readonly bearing: (found: Map<bigint, TicketOrders>) => Promise<Map<bigint, TicketOrders>>;
    /** What relatives would be, as far as it is known. */
    readonly previewed: ReadonlyMap<bigint, { readonly after: Decision }>;
    readonly timeZone: string;
    readonly now: Date;
  },
): Promise<PreviewedTicket[]> => {
  const { orders, bearing, previewed, rules, partners, regions, timeZone, now } = changed;
  const rows = await familyOf(sql, connection.id, ticketIds);
  const wanted = new Set(ticketIds);
  const tickets = rows
    .filter(({ id, createdAt, snapshotAt }) => wanted.has(id) && createdAt !== null && snapshotAt !== null)
    .map((row) => asStored(row, timeZone));
  const current = await loadCurrent(
    sql,
    rows.map(({ id }) => id),
  );
  const known = new Map(
    [...current].map(([id, stored]) => {
      const after = wanted.has(id) ? undefined : previewed.get(id)?.after;
      return [id, after ? { ...stored, decision: after } : stored];
    }),
  );
  const found = await orders.candidates(
    sql,
    tickets.map((ticket) => ({
      ticketId: ticket.id,
      numbers: [...new Set([...ticket.namedNumbers, ...ticket.orderNumbers])],
      emailHash: ticket.requesterHash,
      createdAt: ticket.createdAt ?? now,
    })),
  );
  const { tagPrefix } = connection.settings;
  const decisions = decideLot(tickets, {
    rows,
    current: known,
    orders: await bearing(found),
    rules,
    partners,
    regions,
    tagPrefix: typeof tagPrefix === 'string' ? tagPrefix : '',
    now,
  });
  return [...decisions].flatMap(([ticketId, after]) => {
    const before = current.get(ticketId)?.decision;
    if (!before) return [];
    const changes = bearers(before) !== bearers(after);
    return [{ ticketId, before, after, changes, dependants: dependantsOf(rows, [ticketId]) }];
  });
};
