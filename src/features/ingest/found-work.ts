import { UpstreamError } from '../../core/errors.ts';
import { dayMs, hourMs, minuteMs } from '../../core/time.ts';
import type { HelpdeskClient, WorkFeed, WorkReading } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import { inBackground } from '../../platform/http/budget.ts';
import type { RunStep } from '../../platform/log.ts';
import { type Connection, loadCursor, markAbsent, type StoredCursor, saveCursor } from '../directory/index.ts';
import { loadBackfill } from './backfill.ts';
import { describe, forbiddenRetryMs } from './isolate.ts';
import { raiseChanged } from './raise.ts';
import { markStale } from './store.ts';
import type { Troubles } from './trouble.ts';

/** In JSON an instant is a text. */
type StoredReading = Omit<WorkReading, 'workedAt' | 'sourceKey'> & { readonly workedAt: string };

type Transacting = Sql & Pick<Database, 'transaction'>;

type Found = { readonly externalId: string; readonly reading: WorkReading };

/** Keeps readings by their keys, so that one that comes again changes nothing. Returns those that are new. */
const keepFound = async (sql: Sql, connectionId: number, found: readonly Found[], now: Date): Promise<Found[]> => {
  const byKey = new Map(found.map((one) => [one.reading.sourceKey, one]));
  const rows = await sql.query<{ source_key: string }>(
    `insert into found_work (connection_id, source_key, ticket_external_id, reading, found_at)
     select $1, key, ticket, reading, $5 from unnest($2::text[], $3::text[], $4::jsonb[]) as u(key, ticket, reading)
     on conflict (connection_id, source_key) do nothing returning source_key`,
    [
      connectionId,
      [...byKey.keys()],
      [...byKey.values()].map(({ externalId }) => externalId),
      [...byKey.values()].map(({ reading: { sourceKey: _, ...reading } }) => JSON.stringify(reading)),
      now,
    ],
  );
  return rows.flatMap(({ source_key }) => byKey.get(source_key) ?? []);
};

const heldAmong = (sql: Sql, connectionId: number, externalIds: readonly string[]) =>
  sql.query<{ id: bigint; external_id: string }>(
    'select id, external_id from ticket where connection_id = $1 and external_id = any($2)',
    [connectionId, externalIds],
  );

/** Has the tickets pulled that we do not know. */
const raiseUnknown = async (sql: Sql, connection: Connection, found: readonly Found[], now: Date): Promise<void> => {
  const latest = new Map<string, Date>();
  for (const { externalId, reading } of found) {
    const known = latest.get(externalId);
    if (!known || known < reading.workedAt) latest.set(externalId, reading.workedAt);
  }
  for (const { external_id } of await heldAmong(sql, connection.id, [...latest.keys()])) latest.delete(external_id);
  const unknown = [...latest].map(([externalId, updatedAt]) => ({ externalId, updatedAt, status: 'open' as const }));
  for (const fromBackfill of [false, true]) {
    const those = unknown.filter(({ updatedAt }) => updatedAt < connection.createdAt === fromBackfill);
    if (those.length > 0) await raiseChanged(sql, connection.id, those, { now, fromBackfill });
  }
};

/**
 * Keeps what is new and has its tickets decided again, in one transaction: what is kept is never told twice. The marks wait
 * for decisions that are under way and did not see it; a ticket that is still to be pulled loses its mark then.
 */
const keepAndTell = async (
  db: Transacting,
  connection: Connection,
  found: readonly Found[],
  now: Date,
): Promise<number> => {
  if (found.length === 0) return 0;
  await raiseUnknown(db, connection, found, now);
  return db.transaction(async (tx) => {
    const fresh = await keepFound(tx, connection.id, found, now);
    const held = await heldAmong(tx, connection.id, [...new Set(fresh.map(({ externalId }) => externalId))]);
    await markStale(
      tx,
      held.map(({ id }) => id),
      { now },
    );
    return fresh.length;
  });
};

/** What feeds told of these tickets, whether or not they were pulled again since; by the helpdesk's id. */
export const foundWorkOf = async (
  sql: Sql,
  connectionId: number,
  externalIds: readonly string[],
): Promise<Map<string, WorkReading[]>> => {
  const rows = await sql.query<{ ticket_external_id: string; source_key: string; reading: StoredReading }>(
    'select ticket_external_id, source_key, reading from found_work where connection_id = $1 and ticket_external_id = any($2) order by source_key',
    [connectionId, externalIds],
  );
  const found = new Map<string, WorkReading[]>();
  for (const { ticket_external_id: id, source_key: sourceKey, reading } of rows)
    found.set(id, [...(found.get(id) ?? []), { ...reading, sourceKey, workedAt: new Date(reading.workedAt) }]);
  return found;
};

/** Where the walk over a feed of work stands. */
export interface WorkCursor {
  readonly cursor: string | null;
  /** From when on the feed was read; absent in what was stored before this was noted: from the connection on. */
  readonly since?: string;
  /** The same of the last walk that ended; absent of those that ended before this was noted. */
  readonly wholeSince?: string | undefined;
  /** When a page last came, and when a walk last reached the end, ISO 8601; absent: never. */
  readonly readAt?: string | undefined;
  readonly endedAt?: string | undefined;
  /** There is nothing to read: the account has no such stream, or a setting switched it off. */
  readonly absent?: true;
  /** It was refused, and is not asked again before, ISO 8601. */
  readonly pausedUntil?: string | undefined;
}

/** From when on all of a feed is held, whatever a walk that is under way reaches back to; null before one ended. */
export const workWholeSince = (
  { state: { wholeSince, since, endedAt } }: StoredCursor<WorkCursor>,
  connectedAt: Date,
): Date | null => {
  if (wholeSince !== undefined) return new Date(wholeSince);
  return endedAt === undefined ? null : new Date(since ?? connectedAt);
};

/** Feeds show late what happened; what comes twice is nothing new. */
const overlapMs = 10 * minuteMs;
/** What a vendor does not take, or something before it answers in its place, somebody has to mend: asked this often meanwhile. */
const refusedPauseMs = hourMs;

/** An account without such a stream is asked for one this often. */
const absentPauseMs = dayMs;

/** The vendor's own word that there is no such stream, or none for us. */
const saysNone = (error: unknown): boolean =>
  error instanceof UpstreamError && !error.retryable && (error.status === 403 || error.status === 404);

/** How long a feed that failed so is left alone; 0: until the next round, as the connection's trouble has it. */
const pauseMsOf = (error: unknown): number => {
  if (!(error instanceof UpstreamError)) return 0;
  const { status, retryable } = error;
  if (status === 402 || status === 403) return forbiddenRetryMs;
  return (!retryable && status !== 401) || status === 404 || status === 410 ? refusedPauseMs : 0;
};

/** New readings of a walk, and whether the vendor answered it. */
interface Walked {
  readonly found: number;
  readonly isAnswered: boolean;
}

/**
 * Walks one feed of work to its end; the cursor is stored after the readings of its page, and goes on there next time. It is
 * a place of our own, not the vendor's: a refusal says nothing against it.
 */
const walkFeed = async (
  deps: { readonly sql: Transacting; readonly clock: Clock },
  connection: Connection,
  feed: WorkFeed,
  { stop, held }: { readonly stop?: AbortSignal | undefined; readonly held: StoredCursor<WorkCursor> | null },
): Promise<Walked> => {
  const { sql, clock } = deps;
  const backfill = await loadBackfill(sql, connection.id);
  const startedAt = clock.now();
  const first = Math.min(
    connection.createdAt.getTime(),
    backfill ? Date.parse(backfill.since) : Number.POSITIVE_INFINITY,
  );
  // A backfill goes back further than the walks before it did: all is read again from its day on.
  const goesBack = held !== null && first < Date.parse(held.state.since ?? connection.createdAt.toISOString());
  const since = new Date(goesBack ? first : Date.parse(held?.state.since ?? new Date(first).toISOString()));
  let cursor = goesBack ? null : (held?.state.cursor ?? null);
  let seenUntil = goesBack ? null : (held?.seenUntil ?? null);
  let found = 0;
  let isAnswered = false;
  let { readAt, endedAt } = held?.state ?? {};
  let whole = held ? workWholeSince(held, connection.createdAt)?.toISOString() : undefined;
  const save = ({ error = null, absent = false }: { readonly error?: unknown; readonly absent?: boolean } = {}) => {
    const now = clock.now();
    const pauseMs = absent ? absentPauseMs : pauseMsOf(error);
    const state: WorkCursor = {
      cursor,
      since: since.toISOString(),
      wholeSince: whole,
      readAt,
      endedAt,
      ...(absent && { absent }),
      ...(pauseMs > 0 && { pausedUntil: new Date(now.getTime() + pauseMs).toISOString() }),
    };
    const said = error === null ? null : describe(error);
    return saveCursor(sql, connection.id, streamOf(feed), { state, seenUntil, now, error: said });
  };
  try {
    for await (const page of feed.walk({ cursor, since: new Date((seenUntil ?? since).getTime() - overlapMs) })) {
      isAnswered = true;
      found += await keepAndTell(sql, connection, page.work, clock.now());
      cursor = page.cursor;
      readAt = clock.now().toISOString();
      await save();
      if (stop?.aborted) return { found, isAnswered };
    }
  } catch (error) {
    if (feed.isOptional && readAt === undefined && saysNone(error)) {
      await save({ absent: true });
      return { found, isAnswered };
    }
    await save({ error });
    throw error;
  }
  // A cursor knows where it is; the time only serves where it is lost, and then a day too much costs little.
  seenUntil = new Date(startedAt.getTime() - dayMs);
  endedAt = clock.now().toISOString();
  whole = since.toISOString();
  await save();
  return { found, isAnswered };
};

export const streamPrefix = 'work ';
const streamOf = ({ name }: WorkFeed): string => `${streamPrefix}${name}`;

/**
 * Walks all feeds of work that a helpdesk has beside its tickets; one that fails keeps no other from its turn. One that was
 * refused is left alone for a while, unless it is wanted `now`. Its calls wait for those of today's tickets. Returns how much
 * was new.
 */
export const walkWorkFeeds = async (
  deps: {
    readonly sql: Transacting;
    readonly clock: Clock;
    readonly runStep: RunStep;
    readonly client: HelpdeskClient;
    readonly troubles: Troubles;
  },
  connection: Connection,
  { stop, now = false }: { readonly stop?: AbortSignal | undefined; readonly now?: boolean } = {},
): Promise<number> => {
  const { sql, clock, troubles } = deps;
  const feeds = deps.client.workFeeds ?? [];
  // A stream that a setting switched off; switched on again, it goes on where it was.
  await markAbsent(sql, connection.id, { prefix: streamPrefix, kept: feeds.map(streamOf) });
  let found = 0;
  let isAnswered = false;
  let isWell = true;
  let failure: unknown = null;
  for (const feed of feeds) {
    if (stop?.aborted) break;
    const held = await loadCursor<WorkCursor>(sql, connection.id, streamOf(feed));
    const pausedUntil = Date.parse(held?.state.pausedUntil ?? '');
    if (!now && clock.now().getTime() < pausedUntil) {
      isWell &&= held?.state.absent === true;
      continue;
    }
    try {
      const walked = await deps.runStep('work feed', async (line) => {
        Object.assign(line, { connection: connection.id, feed: feed.name });
        const one = await inBackground(() => walkFeed(deps, connection, feed, { stop, held }));
        line.found = one.found;
        return one;
      });
      found += walked.found;
      isAnswered ||= walked.isAnswered;
    } catch (error) {
      await troubles.met(connection.id, 'work', error);
      isWell = false;
      failure = error;
    }
  }
  if (failure !== null) throw failure;
  // A feed may find nothing to ask for yet: that tells nothing of the account.
  if (isWell) await (isAnswered ? troubles.well(connection.id, 'work') : troubles.over(connection.id, 'work'));
  return found;
};
