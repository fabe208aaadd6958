import { UpstreamError } from '../../core/errors.ts';
import { dayMs, hourMs, secondMs } from '../../core/time.ts';
import { BoundedMap } from '../../platform/bounded-map.ts';
import type { Clock } from '../../platform/clock.ts';
import type { StatsQuery } from './client.ts';

/** Gorgias' "handle time": what any agent spent on a ticket that is closed. */
export const handleTimeClock = 'gorgias handle time';

/** Rows read this shortly before serve a ticket that closed before them ... */
const freshMs = 30 * secondMs;
/** ... and of days long past, whose numbers have settled, rows this old. */
const settledFreshMs = hourMs;
const settlesMs = 25 * hourMs;
/** Days held in memory; a company closes some thousand tickets a day. */
const mostDays = 40;
/** How long "this account does not tell it" holds; for a disturbance that may be one of the account's plan, or pass. */
const refusedMs = dayMs;
const disturbedMs = hourMs;

interface Row {
  readonly seconds: number;
  /** The assignee, who need not have worked. */
  readonly agentId: string | null;
}

export type HandleTime =
  /** Null: the account tells handle times, and none of this ticket yet. */
  | { readonly state: 'told'; readonly row: Row | null }
  /** Not told to us, for good or because the statistics are disturbed. */
  | { readonly state: 'unsupported'; readonly disturbed: boolean };

const numberIn = (value: unknown): number | undefined => {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : undefined;
};
const idIn = (value: unknown): string | null =>
  (typeof value === 'number' || typeof value === 'string') && /^[1-9]\d*$/.test(String(value)) ? String(value) : null;

/** Days since 1970, UTC. */
const dayOf = (at: Date): number => Math.floor(at.getTime() / dayMs);

/** An answer that says no to the question itself, not to the moment it was asked in. */
const isNo = (error: unknown): boolean =>
  error instanceof UpstreamError && !error.retryable && [400, 402, 403, 404, 405, 422].includes(error.status ?? 0);

/**
 * Handle times of tickets from the scope `ticket-handle-time`. The scope has no filter by ticket, so a day is read at once and
 * kept for the other tickets of that day. Whether the period means closing or creation is not documented: the closing day is
 * asked first, and what is found where is remembered. Whether the account tells tickets' times at all is found out by the
 * first question and remembered too.
 */
export const createHandleTimes = (
  stats: (query: StatsQuery) => AsyncIterable<readonly Readonly<Record<string, unknown>>[]>,
  clock: Clock,
) => {
  const days = new BoundedMap<number, { readonly atMs: number; readonly rows: Promise<ReadonlyMap<string, Row>> }>(
    mostDays,
  );
  let works = false;
  let unsupported: { readonly untilMs: number; readonly disturbed: boolean } | undefined;
  let periodMeans: 'closed' | 'created' | undefined;

  const readDay = async (day: number): Promise<ReadonlyMap<string, Row>> => {
    const rows = new Map<string, Row>();
    const query = {
      scope: 'ticket-handle-time',
      measures: ['handleTime'],
      dimensions: ['ticketId', 'agentId'],
      from: new Date(day * dayMs),
      to: new Date((day + 1) * dayMs),
    };
    for await (const page of stats(query))
      for (const row of page) {
        const ticketId = idIn(row.ticketId);
        const seconds = numberIn(row.handleTime);
        if (ticketId === null)
          throw new UpstreamError('Gorgias tells handle times, but not of which tickets.', {
            status: 422,
            retryable: false,
          });
        if (seconds === undefined) continue;
        const before = rows.get(ticketId);
        rows.set(ticketId, {
          seconds: (before?.seconds ?? 0) + Math.round(seconds),
          agentId: before?.agentId ?? idIn(row.agentId),
        });
      }
    return rows;
  };

  /** Rows of a day, read no earlier than `notBeforeMs`. */
  const rowsOf = (day: number, notBeforeMs: number): Promise<ReadonlyMap<string, Row>> => {
    const held = days.get(day);
    if (held && held.atMs >= notBeforeMs) return held.rows;
    const rows = readDay(day);
    days.set(day, { atMs: clock.now().getTime(), rows });
    // A failure is not kept; whoever waits for it is told.
    rows.catch(() => {
      if (days.get(day)?.rows === rows) days.delete(day);
    });
    return rows;
  };

  const find = async (ticketId: string, closedAt: Date, createdAt: Date): Promise<Row | null> => {
    const nowMs = clock.now().getTime();
    const settled = nowMs - closedAt.getTime() > settlesMs;
    const notBeforeMs = settled
      ? Math.max(closedAt.getTime() + settlesMs, nowMs - settledFreshMs)
      : Math.max(closedAt.getTime(), nowMs - freshMs);
    const ways = periodMeans === undefined ? (['closed', 'created'] as const) : [periodMeans];
    for (const way of ways) {
      const row = (await rowsOf(dayOf(way === 'closed' ? closedAt : createdAt), notBeforeMs)).get(ticketId);
      if (!row) continue;
      if (dayOf(closedAt) !== dayOf(createdAt)) periodMeans = way;
      return row;
    }
    return null;
  };

  return {
    /** Throws where an account that tells handle times is disturbed: the ticket is then pulled again. */
    async of(ticketId: string, closedAt: Date, createdAt: Date): Promise<HandleTime> {
      const nowMs = clock.now().getTime();
      if (unsupported && nowMs < unsupported.untilMs) return { state: 'unsupported', disturbed: unsupported.disturbed };
      try {
        const row = await find(ticketId, closedAt, createdAt);
        works = true;
        return { state: 'told', row };
      } catch (error) {
        // Some scopes answer 500 for ever (facts of Apr 2026): an account that never told is not waited for.
        const disturbed =
          !works &&
          error instanceof UpstreamError &&
          error.retryable &&
          error.status !== undefined &&
          error.status >= 500;
        if (!isNo(error) && !disturbed) throw error;
        unsupported = { untilMs: nowMs + (disturbed ? disturbedMs : refusedMs), disturbed };
        return { state: 'unsupported', disturbed };
      }
    },
  };
};

/** The number settles late: it is read again an hour and a day after the closing. */
export const nextReading = (closedAt: Date, now: Date): Date | null => {
  const dueAt = [hourMs, dayMs].map((ms) => new Date(closedAt.getTime() + ms));
  return dueAt.find((at) => at > now) ?? null;
};
