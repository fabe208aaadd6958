import type { Day } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { type CursorOf, knownFrom, loadCursors } from '../directory/index.ts';
import { type BackfillRun, wholeSince } from './backfill.ts';
import { streamPrefix, type WorkCursor, workWholeSince } from './found-work.ts';

/** Of these connections those that hold a ticket: the others have no part in any figure. */
const holdingAny = async (sql: Sql, connectionIds: readonly number[]): Promise<Set<number>> => {
  const rows = await sql.query<{ id: number }>(
    'select c.id from unnest($1::int[]) as c(id) where exists (select from ticket t where t.connection_id = c.id)',
    [connectionIds],
  );
  return new Set(rows.map(({ id }) => id));
};

/** The usual walk reads everything since the connection was made, a backfill what is older; before either ended nothing is whole. */
const ticketsSince = (cursors: readonly CursorOf<unknown>[]): Date | null => {
  const walk = cursors.find(({ stream }) => stream === 'tickets') as CursorOf<{ endedAt?: string }> | undefined;
  const backfill = cursors.find(({ stream }) => stream === 'backfill') as CursorOf<BackfillRun> | undefined;
  const read = backfill?.state.stretches ? wholeSince(backfill.state) : null;
  const startsMs = [
    ...(walk?.state.endedAt === undefined ? [] : [walk.connectedAt.getTime()]),
    ...(read === null ? [] : [Date.parse(read)]),
  ];
  return startsMs.length === 0 ? null : new Date(Math.min(...startsMs));
};

/** What is told of tickets is held with them; a stream of its own may reach less far back. */
const workSince = (cursors: readonly CursorOf<unknown>[], tickets: Date | null): Date | null => {
  const feeds = cursors.filter(({ stream }) => stream.startsWith(streamPrefix)) as CursorOf<WorkCursor>[];
  const startsMs = [
    tickets,
    ...feeds.filter(({ state }) => !state.absent).map((feed) => workWholeSince(feed, feed.connectedAt)),
  ].map((since) => since?.getTime());
  return startsMs.includes(undefined) ? null : new Date(Math.max(...startsMs.map(Number)));
};

/**
 * From what days on the tickets of all helpdesks, and the work on them, are held; null where no helpdesk was ever walked. A
 * ticket or an entry of long ago that came with something later makes no day known.
 */
export const ticketsKnownFrom = async (
  sql: Sql,
): Promise<{ readonly tickets: Day | null; readonly work: Day | null } | null> => {
  const cursors = await loadCursors(sql, ['orders', 'tickets', 'backfill', `${streamPrefix}%`]);
  // A store is backfilled too, and its walk is that of orders.
  const helpdesks = [...Map.groupBy(cursors, ({ connectionId }) => connectionId)].filter(
    ([, own]) =>
      own.every(({ stream }) => stream !== 'orders') &&
      own.some(({ stream }) => stream === 'tickets' || stream === 'backfill'),
  );
  if (helpdesks.length === 0) return null;
  const isLive = (own: readonly CursorOf<unknown>[]): boolean => own.some((cursor) => cursor.isLive);
  const gone = helpdesks.filter(([, own]) => !isLive(own)).map(([id]) => id);
  const holding = gone.length === 0 ? null : await holdingAny(sql, gone);
  const sources = helpdesks
    .filter(([id, own]) => isLive(own) || holding?.has(id))
    .map(([, own]) => ({ isLive: isLive(own), since: ticketsSince(own), own }));
  return {
    tickets: await knownFrom(sql, sources),
    work: await knownFrom(
      sql,
      sources.map((source) => ({ ...source, since: workSince(source.own, source.since) })),
    ),
  };
};
