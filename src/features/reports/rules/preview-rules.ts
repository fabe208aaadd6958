import { isDeepStrictEqual } from 'node:util';
import { wholePpm } from '../../../core/money.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Sql } from '../../../platform/database/database.ts';
import type { Database } from '../../../platform/database/open.ts';
import { currentRules, parseTicketRules, type TicketRule } from '../../attribution/index.ts';
import { type Connection, type Directory, partnersAfter, regionsAfter } from '../../directory/index.ts';
import { type PreviewedTicket, previewDecisions } from '../../ingest/index.ts';
import {
  countOrders,
  nextOrdersUnder,
  type Orders,
  ordersUnder,
  placesWantedBy,
  type RuleBasis,
  rulesHeld,
  type TicketOrders,
  ticketsTouchedBy,
} from '../../orders/index.ts';
import { pooledSql } from '../facts/pooled-cost.ts';
import { createMoves, type MovesTold } from './moves.ts';

/** What says whose an order or a ticket is, and can be tried out before it is imported. */
export const previewable = ['mapping-rules', 'ticket-rules', 'partners', 'regions'] as const;
export type Previewable = (typeof previewable)[number];

/** At most 200 moves, the largest first. */
export interface RulePreview extends MovesTold {
  readonly what: Previewable;
  readonly ordersLookedAt: number;
  readonly ordersChanged: number;
  readonly ticketsLookedAt: number;
  readonly ticketsChanged: number;
  /** Places that the rules would read and that are not held of past orders yet: of these the preview knows nothing. */
  readonly notHeld: readonly string[];
}

const mostMoves = 200;
const ordersAtOnce = 500;
const ticketsAtOnce = 200;
/** A follow-up of a follow-up of a merged ticket, and so on. */
const mostGenerations = 20;

interface Deps {
  readonly db: Database;
  readonly clock: Clock;
  readonly directory: Directory;
  readonly orders: Pick<Orders, 'candidates' | 'readMappingRules'>;
  readonly basis: { readonly currency: string; readonly timeZone: string };
}

/** Everything that decides, with what the text would change of it. */
const basisAfter = async (
  { db, directory, orders }: Deps,
  what: Previewable,
  text: string,
): Promise<RuleBasis & { readonly ticketRules: readonly TicketRule[]; readonly notHeld: readonly string[] }> => {
  const held = await rulesHeld(db);
  const now = {
    ...held,
    partners: await directory.partners(),
    regions: await directory.regions(),
    ticketRules: await currentRules(db),
    notHeld: [],
  };
  switch (what) {
    case 'mapping-rules': {
      const given = await orders.readMappingRules(db, text);
      return { ...now, rules: given, notHeld: placesNotHeld(placesWantedBy(held.rules), placesWantedBy(given)) };
    }
    case 'ticket-rules':
      return { ...now, ticketRules: parseTicketRules(text, now).map((rule, index) => ({ ...rule, id: index + 1 })) };
    case 'partners':
      return { ...now, partners: await partnersAfter(db, text) };
    case 'regions':
      return { ...now, regions: regionsAfter(text) };
  }
};

const placeNames = (wanted: ReturnType<typeof placesWantedBy>): string[] =>
  Object.entries({
    ...wanted,
    metafields: wanted.metafields.map(({ namespace, key }) => `${namespace}.${key}`),
  }).flatMap(([place, names]) => (Array.isArray(names) ? names.map((name) => `${place} ${name}`) : [place]));
const placesNotHeld = (...[held, wanted]: [ReturnType<typeof placesWantedBy>, ReturnType<typeof placesWantedBy>]) => {
  const known = new Set(placeNames(held));
  return placeNames(wanted).filter((name) => !known.has(name));
};

/** What tickets cost by now, at true and at pooled rates; a ticket without postings is absent. */
const costsOf = async (sql: Sql, ticketIds: readonly bigint[]) => {
  const rows = await sql.query<{ ticket_id: bigint; cost: string; pooled: string; unpooled: boolean }>(
    `with ${pooledSql('posting s where s.ticket_id = any($1::int8[])')}
     select ticket_id, sum(true_micros) as cost, coalesce(sum(cost_micros), 0) as pooled, bool_or(cost_micros is null) as unpooled from pooled group by 1`,
    [ticketIds],
  );
  return new Map(rows.map((row) => [row.ticket_id, row]));
};

interface TicketAt {
  readonly id: bigint;
  readonly connection_id: number;
}

const ticketsOf = (sql: Sql, ids: readonly bigint[]): Promise<TicketAt[]> =>
  sql.query<TicketAt>('select id, connection_id from ticket where id = any($1::int8[]) and snapshot_at is not null', [
    ids,
  ]);
const nextTickets = (sql: Sql, last: bigint, limit: number): Promise<TicketAt[]> =>
  sql.query<TicketAt>(
    'select id, connection_id from ticket where id > $1 and snapshot_at is not null order by id limit $2',
    [last, limit],
  );
const countTickets = async (sql: Sql): Promise<number> => {
  const [row] = await sql.query<{ n: bigint }>('select count(*) as n from ticket where snapshot_at is not null');
  return Number(row?.n ?? 0n);
};

/**
 * Tickets and money that a change of rules would move, from whom to whom: the same decisions as the change itself would make,
 * in transactions that may not write. Throws InvalidInput as the import would.
 */
export const previewRules = async (
  deps: Deps,
  { what, text }: { readonly what: Previewable; readonly text: string },
  onProgress: (progress: { readonly done: number; readonly total: number }) => Promise<void> | void = () => undefined,
): Promise<RulePreview> => {
  const { db, clock, directory, basis } = deps;
  const after = await basisAfter(deps, what, text);
  const moves = createMoves(basis.currency);
  const reading = <Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> =>
    db.transaction(work, { readOnly: true, isolation: 'repeatable read' });

  const touched = new Set<bigint>();
  const everyTicket = what !== 'mapping-rules';
  let [total, done, ordersChanged] = [await countOrders(db), 0, 0];
  const tell = async (more: number): Promise<void> => {
    done += more;
    await onProgress({ done, total: Math.max(done, total) });
  };

  const lookAtOrders = async (): Promise<void> => {
    for (let last = 0n; ; ) {
      const lot = await reading((sql) => nextOrdersUnder(sql, after, { after: last, limit: ordersAtOnce }));
      const end = lot.at(-1)?.id;
      if (end === undefined) return;
      last = end;
      const changed = lot.filter(({ changes }) => changes);
      ordersChanged += changed.length;
      const ids = changed.map(({ id }) => id);
      if (!everyTicket) for (const id of await reading((sql) => ticketsTouchedBy(sql, ids))) touched.add(id);
      for (const order of changed.filter(({ counted }) => counted)) {
        const sharesOf = ({ shares, region }: typeof order.before) => shares.map((share) => ({ ...share, region }));
        const shares = { before: sharesOf(order.before), after: sharesOf(order.after) };
        moves.add('orders', BigInt(wholePpm), shares);
        if (order.reportingMicros !== null) moves.add('revenue', order.reportingMicros, shares);
        for (const refunded of order.refundsMicros) moves.add('refunds', refunded, shares);
      }
      await tell(lot.length);
    }
  };

  /** The orders behind tickets as they would be borne. */
  const bearingIn = (sql: Sql) => async (found: Map<bigint, TicketOrders>) => {
    const all = [...found.values()].flatMap(({ byNumber, ofRequester }) => [...byNumber, ...ofRequester]);
    const under = await ordersUnder(sql, after, [...new Set(all.map(({ id }) => id))]);
    const borne = (facts: TicketOrders['byNumber']) =>
      facts.map((fact) => {
        const next = under.get(fact.id)?.after;
        if (!next) return fact;
        const lines = fact.lines.map((line) => ({ ...line, partner: next.linePartners.get(line.id) ?? null }));
        return { ...fact, shares: next.shares, country: next.country, region: next.region, lines };
      });
    return new Map(
      [...found].map(([id, one]) => [
        id,
        { ...one, byNumber: borne(one.byNumber), ofRequester: borne(one.ofRequester) },
      ]),
    );
  };

  const changed = new Map<bigint, PreviewedTicket>();
  const lookAtTickets = async (connection: Connection, ids: readonly bigint[]): Promise<bigint[]> => {
    const decided = await reading((sql) =>
      previewDecisions(sql, connection, ids, {
        orders: deps.orders,
        bearing: bearingIn(sql),
        previewed: changed,
        rules: after.ticketRules,
        partners: after.partners,
        regions: after.regions,
        timeZone: basis.timeZone,
        now: clock.now(),
      }),
    );
    return decided.flatMap((ticket) => {
      const { ticketId, before, changes } = ticket;
      const known = changed.get(ticketId)?.after ?? before;
      if (changes) changed.set(ticketId, ticket);
      else changed.delete(ticketId);
      // Whoever takes theirs from a ticket that came out otherwise is to be decided after it.
      return isDeepStrictEqual(known.shares, ticket.after.shares) ? [] : ticket.dependants;
    });
  };

  const connections = new Map((await directory.connections.list()).map((connection) => [connection.id, connection]));
  const lookAtLot = async (rows: readonly TicketAt[]): Promise<bigint[]> => {
    const dependants: bigint[] = [];
    for (const [connectionId, own] of Map.groupBy(rows, ({ connection_id }) => connection_id)) {
      const connection = connections.get(connectionId);
      if (connection)
        dependants.push(
          ...(await lookAtTickets(
            connection,
            own.map(({ id }) => id),
          )),
        );
    }
    return dependants;
  };
  const lookAtSome = async (ids: ReadonlySet<bigint>): Promise<Set<bigint>> => {
    const dependants = new Set<bigint>();
    const list = [...ids];
    for (let start = 0; start < list.length; start += ticketsAtOnce) {
      const lot = await ticketsOf(db, list.slice(start, start + ticketsAtOnce));
      for (const id of await lookAtLot(lot)) dependants.add(id);
      await tell(lot.length);
    }
    return dependants;
  };
  const lookAtAll = async (): Promise<Set<bigint>> => {
    const dependants = new Set<bigint>();
    for (let last = 0n; ; ) {
      const lot = await nextTickets(db, last, ticketsAtOnce);
      const end = lot.at(-1)?.id;
      if (end === undefined) return dependants;
      last = end;
      for (const id of await lookAtLot(lot)) dependants.add(id);
      await tell(lot.length);
    }
  };

  await lookAtOrders();
  const ordersLookedAt = done;
  total = done + (everyTicket ? await countTickets(db) : touched.size);
  let again = everyTicket ? await lookAtAll() : await lookAtSome(touched);
  const ticketsLookedAt = done - ordersLookedAt;
  for (let round = 0; again.size > 0 && round < mostGenerations; round += 1) again = await lookAtSome(again);

  const list = [...changed.values()];
  for (let start = 0; start < list.length; start += ticketsAtOnce) {
    const lot = list.slice(start, start + ticketsAtOnce);
    const costs = await reading((sql) =>
      costsOf(
        sql,
        lot.map(({ ticketId }) => ticketId),
      ),
    );
    for (const { ticketId, before, after: next } of lot) {
      const shares = { before: before.shares, after: next.shares };
      moves.add('tickets', BigInt(wholePpm), shares);
      const cost = costs.get(ticketId);
      if (cost) moves.add('cost', BigInt(cost.cost), shares, cost.unpooled);
      if (cost) moves.add('pooled', BigInt(cost.pooled), shares);
    }
  }
  return {
    what,
    ordersLookedAt,
    ordersChanged,
    ticketsLookedAt,
    ticketsChanged: changed.size,
    ...moves.told(mostMoves),
    notHeld: after.notHeld,
  };
};
