import { addDays, type Day, dayIn, firstWholeDay, hourMs } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';

/** Days of which everything is held, both inclusive: none where `since` is null, and to no end where `until` is. */
interface HeldDays {
  readonly since: Day | null;
  readonly until: Day | null;
}

/** What is held of all connections of a kind, and of each that has a say in it. */
export interface KnownDays extends HeldDays {
  readonly sources: readonly (HeldDays & { readonly name: string })[];
}

/** A connection that is read by walks. */
export interface Source {
  readonly id: number;
  readonly name: string;
  /** Not disconnected. */
  readonly isLive: boolean;
  /** Of the ledger's days. */
  readonly timeZone: string;
  /** From and until when everything of it is held; null before a walk first reached its end. */
  readonly held: { readonly since: Date; readonly until: Date | null } | null;
}

type SinceDays = readonly { readonly id: number; readonly since: Day }[];

/** Of each connection the last day, before that one, of which anything is held; absent where there is none. */
type LastBefore = (connections: SinceDays) => Promise<ReadonlyMap<number, Day>>;

/** As `latest`, SQL, tells it: the latest day of connection `c.id` before `c.since`, as `day`. */
export const lastDayBefore =
  (sql: Sql, latest: string): LastBefore =>
  async (connections) => {
    const rows = await sql.query<{ id: number; day: Day }>(
      `select c.id, r.day::text from unnest($1::int[], $2::date[]) as c(id, since)
         join lateral (${latest}) r on true`,
      [connections.map(({ id }) => id), connections.map(({ since }) => since)],
    );
    return new Map(rows.map((row) => [row.id, row.day]));
  };

/** A walk of an hour ago speaks for now: between two of them midnight may pass. */
const walkSpeaksForMs = hourMs;

const latest = (days: readonly Day[]): Day | null => days.toSorted().at(-1) ?? null;

/**
 * The days, in the reporting time zone, of which everything of all sources is held: from the latest of their starts, before
 * which one of them is missing, until the day on which the first of them was last read. What is held of other days, looked up
 * one by one or named by something later, says nothing of them. Beside live ones, one that was given up is missed on those days
 * alone of which something of it is held without all the rest.
 */
export const knownDays = async (sources: readonly Source[], lastBefore: LastBefore): Promise<KnownDays> => {
  const all = sources
    .filter(({ isLive, held }) => isLive || held !== null)
    .map(({ id, name, isLive, timeZone, held }) => ({
      id,
      name,
      isLive,
      since: held && firstWholeDay(timeZone, held.since),
      until: held?.until ? dayIn(timeZone, new Date(held.until.getTime() + walkSpeaksForMs)) : null,
    }));
  const live = all.filter(({ isLive }) => isLive);
  const gone = all.flatMap(({ id, isLive, since }) => (isLive || since === null ? [] : [{ id, since }]));
  const strays = live.length === 0 || gone.length === 0 ? new Map<number, Day>() : await lastBefore(gone);
  const counted = (live.length === 0 ? all : all.filter(({ id, isLive }) => isLive || strays.has(id))).map(
    ({ id, name, since, until }) => {
      const stray = strays.get(id);
      return stray === undefined ? { name, since, until } : { name, since: addDays(stray, 1), until: null };
    },
  );
  const [starts, ends] = [counted.flatMap(({ since }) => since ?? []), counted.flatMap(({ until }) => until ?? [])];
  return {
    since: starts.length < counted.length ? null : latest(starts),
    until: ends.toSorted()[0] ?? null,
    sources: counted,
  };
};

interface Days {
  readonly from: Day;
  readonly to: Day;
}

/** Whether everything is held of every one of these days. */
export const isHeld = ({ since, until }: HeldDays, { from, to }: Days): boolean =>
  since !== null && since <= from && (until === null || to <= until);

/** Whether everything is held of none of them. */
export const isUnheld = ({ since, until }: HeldDays, { from, to }: Days): boolean =>
  since === null || to < since || (until !== null && until < from);

/** The connections that keep these days from being held. */
export const heldUpBy = ({ sources }: KnownDays, days: Days): string[] =>
  sources.filter((source) => !isHeld(source, days)).map(({ name }) => name);

/** Whether a first walk is under way, so that nothing can be said of any day yet. */
export const isAwaited = ({ sources }: KnownDays): boolean => sources.some(({ since }) => since === null);
