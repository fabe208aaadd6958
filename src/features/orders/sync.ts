import { dayMs, minuteMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import type { PlacesWanted, StoreClient, StoreMetafield, StoreOrder, StoreRefund } from '../../stores/port.ts';
import { loadCursor, noteRun, saveCursor } from '../directory/index.ts';
import type { OrderChanges, TellChanges } from './bearing.ts';
import type { DecisionBasis } from './decide.ts';
import { takeMetafields } from './held-orders.ts';
import { loadMetafields, type Metafields, ordersUnseen, replaceMetafields, saveMetafields } from './metafields.ts';
import { saveRefunds } from './refunds.ts';
import { type SaveDeps, saveOrders } from './save.ts';
import { loadHeld } from './store.ts';
import { type OrdersCursor, walkStart, wholeSince } from './walk-start.ts';

/** A walk reads again what changed this shortly before the last change seen: stores show changes late and out of order. */
const overlapMs = 10 * minuteMs;
/** Whether money moved is known later than the refund, and no webhook tells it: a day's refunds are read again, and once a day those of a fortnight, for a bank transfer fails after days. */
const refundOverlapMs = dayMs;
const lateRefundsMs = 14 * dayMs;
/** An order placed this shortly before the metafields were walked may have got its own afterwards. */
const metafieldLagMs = 2 * minuteMs;
/** A webhook takes a minute at times: what changed this shortly before the walk may be on its way. */
const onItsWayMs = minuteMs;
/** Orders whose metafields a walk over all did not show, and which are asked for one by one in a run. */
const mostUnseen = 1000;

/** Where the walk over refunds stands, once one has ended. Instants are ISO 8601. */
export interface RefundsCursor {
  readonly since: string;
  readonly position: string;
  /** When those of a fortnight were last read again. */
  readonly rereadAt?: string;
}

/** From when on our copy of a store holds every order, and until which moment; null before the first walk ended. */
export interface Coverage {
  readonly since: Date;
  readonly until: Date;
}

export interface SyncDeps extends SaveDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly basis: (tx: Sql) => Promise<DecisionBasis>;
  readonly placesWanted: () => Promise<PlacesWanted>;
  readonly tellChanges: TellChanges;
}

export interface SyncOutcome {
  /** Orders and refunds the store named as changed. */
  readonly orders: number;
  readonly refunds: number;
  /** Ids of the orders in which anything changed for us. */
  readonly changed: readonly bigint[];
  /** Orders the store sent in a shape we cannot read. */
  readonly unreadable: readonly string[];
}

const before = (instant: string, ms: number): Date => new Date(Date.parse(instant) - ms);

const latestOf = (position: string, instants: readonly Date[]): string =>
  new Date(Math.max(Date.parse(position), ...instants.map((at) => at.getTime()))).toISOString();

/** Both walks over one store; where `stop` ends them they resolve with what came until then, and the next run goes on there. */
export const syncStore = async (
  deps: SyncDeps,
  {
    connectionId,
    client,
    since,
    again,
    stop,
    onPage,
  }: {
    readonly connectionId: number;
    readonly client: StoreClient;
    readonly since?: Date | undefined;
    /** Reads what was walked before once more, from `since` on. */
    readonly again?: boolean | undefined;
    readonly stop?: AbortSignal | undefined;
    /** Told how many orders each page had that is stored. */
    readonly onPage?: ((orders: number) => Promise<void>) | undefined;
  },
): Promise<SyncOutcome> => {
  const { db, clock } = deps;
  const changed = new Set<bigint>();
  const unreadable: string[] = [];
  const walked = { orders: 0, refunds: 0 };

  const note = async (tx: Sql, changes: OrderChanges): Promise<void> => {
    for (const id of changes.changed) changed.add(id);
    await deps.tellChanges(tx, changes);
  };
  const noteRefunded = async (tx: Sql, refunds: readonly StoreRefund[]): Promise<void> => {
    for (const id of await saveRefunds(tx, connectionId, refunds, deps)) changed.add(id);
  };

  /** All that the store has of these orders now. */
  const askMetafields = async (orderIds: readonly string[], wanted: PlacesWanted): Promise<Map<string, Metafields>> => {
    const found = await Promise.all(
      orderIds.map(async (id): Promise<[string, Metafields]> => {
        const fields = await client.metafieldsOf(id, wanted);
        return [id, Object.fromEntries(fields.map(({ name, value }) => [name, value]))];
      }),
    );
    return new Map(found);
  };

  const takeWalked = async (fields: readonly StoreMetafield[], seenAt: Date): Promise<void> => {
    await db.transaction(async (tx) => {
      const basis = await deps.basis(tx);
      const externalIds = await saveMetafields(tx, connectionId, { fields, now: seenAt });
      await note(tx, await takeMetafields(tx, basis, { connectionId, externalIds }));
    });
  };

  /** Walks what changed and, where that is all there is, asks for what the store did not show: it may have been taken away. */
  const syncMetafields = async (start: OrdersCursor, wanted: PlacesWanted, walkedAt: Date): Promise<OrdersCursor> => {
    for await (const page of client.walkMetafields(before(start.metafieldsFrom, overlapMs), wanted)) {
      await takeWalked(page, walkedAt);
      stop?.throwIfAborted();
    }
    const state = { ...start, metafieldsFrom: walkedAt.toISOString() };
    if (start.metafieldsFrom !== start.since) return state;
    const since = new Date(start.since);
    const externalIds = await ordersUnseen(db, connectionId, { since, walkedAt, most: mostUnseen });
    const byOrder = await askMetafields(externalIds, wanted);
    await db.transaction(async (tx) => {
      const basis = await deps.basis(tx);
      await replaceMetafields(tx, connectionId, { byOrder, now: walkedAt });
      await note(tx, await takeMetafields(tx, basis, { connectionId, externalIds }));
    });
    return { ...state, metafieldsWholeAt: walkedAt.toISOString() };
  };

  const syncOrders = async (): Promise<{ readonly since: string }> => {
    const startedAt = clock.now();
    const wanted = await deps.placesWanted();
    const stored = await loadCursor<OrdersCursor>(db, connectionId, 'orders');
    const start = walkStart(stored?.state, wanted, { since, again }, startedAt);
    // Nobody was to tell of what a first walk finds, or one that goes back.
    const isTold = stored?.seenUntil != null && start.position === stored.state.position;
    const toldUntil = new Date(startedAt.getTime() - onItsWayMs);
    // Refunds are walked from where they stand: those of an order that we lost are asked for.
    const isOnceMore = stored != null && start.since === stored.state.since && start.position < stored.state.position;
    let raised = 0;
    await saveCursor(db, connectionId, 'orders', { state: start, seenUntil: null, now: startedAt });

    // Metafields first: an order that is stored without its own would be taken for a direct sale.
    let cursor = await syncMetafields(start, wanted, startedAt);
    await saveCursor(db, connectionId, 'orders', { state: cursor, seenUntil: null, now: clock.now() });

    const walkedUntil = new Date(startedAt.getTime() - metafieldLagMs);
    for await (const page of client.walkOrders(before(start.position, overlapMs), wanted)) {
      walked.orders += page.orders.length;
      unreadable.push(...page.unreadable);
      const externalIds = page.orders.map(({ externalId }) => externalId);
      const held = await loadHeld(db, connectionId, externalIds);
      const shown = await loadMetafields(db, connectionId, externalIds);
      // The walk tells of new metafields. It tells nothing of an order older than the import, of one whose own may have come
      // after it, nor of what an order that changed has lost.
      const toAsk = page.orders.filter(({ externalId, placedAt, modifiedAt }) => {
        const known = held.get(externalId);
        if (known) return known.modifiedAt < modifiedAt && shown.has(externalId);
        return placedAt < new Date(start.since) || (placedAt >= walkedUntil && !shown.has(externalId));
      });
      const asked = await askMetafields(
        wanted.metafields.length > 0 ? toAsk.map(({ externalId }) => externalId) : [],
        wanted,
      );
      // New orders placed since the import's start need no call: the walk over refunds finds theirs.
      const stirred = page.orders.filter(({ externalId, placedAt, modifiedAt }) => {
        const known = held.get(externalId);
        return known ? known.modifiedAt < modifiedAt : isOnceMore || placedAt < new Date(start.since);
      });
      raised += page.orders.filter(({ externalId, modifiedAt }) => {
        const known = held.get(externalId);
        return modifiedAt < toldUntil && (!known || known.modifiedAt < modifiedAt);
      }).length;
      const refunds = await client.refundsOf(stirred.map(({ externalId }) => externalId));
      const position = latestOf(
        cursor.position,
        page.orders.map(({ modifiedAt }) => modifiedAt),
      );
      cursor = { ...cursor, position };
      await db.transaction(async (tx) => {
        const basis = await deps.basis(tx);
        await replaceMetafields(tx, connectionId, { byOrder: asked, now: clock.now() });
        const options = { ...deps, basis, now: clock.now(), metafields: 'as stored' } as const;
        const saved = await saveOrders(tx, connectionId, page.orders, options);
        await noteRefunded(tx, refunds);
        await note(tx, saved);
        await saveCursor(tx, connectionId, 'orders', { state: cursor, seenUntil: null, now: clock.now() });
      });
      await onPage?.(page.orders.length + page.unreadable.length);
      stop?.throwIfAborted();
    }
    const endedAt = clock.now().toISOString();
    const ended = {
      endedAt,
      wholeSince: start.since,
      ...(isTold && { walked: walked.orders, raised }),
      ...(isTold && raised > 0 && { untoldAt: endedAt }),
    };
    const state: OrdersCursor = { ...cursor, ...ended };
    await saveCursor(db, connectionId, 'orders', { state, seenUntil: startedAt, now: clock.now() });
    return { since: start.since };
  };

  /** Orders that refunds speak of and we lack: placed before the import's start. */
  const fetchUnknown = async (refunds: readonly StoreRefund[]): Promise<StoreOrder[]> => {
    const ids = [...new Set(refunds.map(({ orderExternalId }) => orderExternalId))];
    const held = await loadHeld(db, connectionId, ids);
    const wanted = await deps.placesWanted();
    const fetched = await Promise.all(ids.filter((id) => !held.has(id)).map((id) => client.ordersByNumber(id, wanted)));
    return fetched.flat();
  };

  const syncRefunds = async (ordersSince: string): Promise<void> => {
    const startedAt = clock.now();
    const stored = (await loadCursor<RefundsCursor>(db, connectionId, 'refunds'))?.state;
    let cursor: RefundsCursor =
      stored && stored.since <= ordersSince
        ? stored
        : { since: ordersSince, position: ordersSince, rereadAt: startedAt.toISOString() };
    const isRereadDue = cursor.rereadAt === undefined || startedAt.getTime() - Date.parse(cursor.rereadAt) >= dayMs;
    for await (const refunds of client.walkRefunds(
      before(cursor.position, isRereadDue ? lateRefundsMs : refundOverlapMs),
    )) {
      walked.refunds += refunds.length;
      const fetched = await fetchUnknown(refunds);
      const position = latestOf(
        cursor.position,
        refunds.map(({ madeAt }) => madeAt),
      );
      // The list is in the order of refund ids, which a shop that imports its history need not give by date.
      await db.transaction(async (tx) => {
        const saved = await saveOrders(tx, connectionId, fetched, {
          ...deps,
          basis: await deps.basis(tx),
          now: clock.now(),
          metafields: 'brought along',
        });
        await noteRefunded(tx, refunds);
        await note(tx, saved);
      });
      cursor = { ...cursor, position };
      stop?.throwIfAborted();
    }
    if (isRereadDue) cursor = { ...cursor, rereadAt: startedAt.toISOString() };
    await saveCursor(db, connectionId, 'refunds', { state: cursor, seenUntil: startedAt, now: clock.now() });
  };

  const outcome = (): SyncOutcome => ({ ...walked, changed: [...changed], unreadable });
  try {
    const { since: ordersSince } = await syncOrders();
    await syncRefunds(ordersSince);
    const error =
      unreadable.length > 0
        ? `${unreadable.length} orders cannot be read: ${unreadable.slice(0, 3).join(' | ')}`
        : null;
    await noteRun(db, connectionId, 'orders', { error, now: clock.now() });
    return outcome();
  } catch (error) {
    if (stop?.aborted) return outcome();
    await noteRun(db, connectionId, 'orders', {
      error: error instanceof Error ? error.message : 'failed',
      now: clock.now(),
    });
    throw error;
  }
};

/** What our own copy of a store holds whole; null before the first walk over its orders ended. */
export const coverageOf = async (sql: Sql, connectionId: number): Promise<Coverage | null> => {
  const cursor = await loadCursor<OrdersCursor>(sql, connectionId, 'orders');
  const since = cursor && wholeSince(cursor);
  return cursor?.seenUntil && since ? { since, until: cursor.seenUntil } : null;
};
