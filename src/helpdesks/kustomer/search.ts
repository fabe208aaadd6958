import { z } from 'zod';
import { InvalidInput, UpstreamError } from '../../core/errors.ts';
import { dayMs, minuteMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Http } from '../../platform/http/client.ts';
import type { HelpdeskClient, TicketChange } from '../port.ts';
import { type Change, changeSchema, idSchema, pageOf } from './schema.ts';
import { conversationStatus } from './ticket.ts';

/** The most that a search gives per page, and the last page it gives. */
const pageSize = 500;
const lastPage = 100;
/** 50 million conversations, more than any account has. */
const mostSearches = 100_000;
/** Searches leave out what is older than two years; a day before that, both are asked. */
const archiveAgeMs = 729 * dayMs;
/** What changed within the last minute may not be found yet, so the cursor stays behind it. */
const indexLagMs = minuteMs;

const places = { live: '/v1/customers/search', archive: '/v1/customers/archive/search' } as const;
type Place = keyof typeof places;
type By = 'updated' | 'created';

/** Where a walk stands: everything at `place` that was changed (or, in some archives, created) before `from` is told. */
interface Position {
  readonly place: Place;
  readonly by: By;
  readonly from: Date;
}

/** An account may have no archive, or none for us; a 404 that may be tried again came from something between. */
const isNoArchive = (error: unknown): boolean =>
  error instanceof UpstreamError && !error.retryable && [403, 404].includes(error.status ?? 0);

const cursorOf = ({ place, by, from }: Position): string => `${place}/${by}/${from.toISOString()}`;

const positionOf = (cursor: string): Position => {
  const [place, by, at] = cursor.split('/');
  const from = new Date(at ?? '');
  if (
    (place !== 'live' && place !== 'archive') ||
    (by !== 'updated' && by !== 'created') ||
    Number.isNaN(from.getTime())
  )
    throw new InvalidInput('The stored cursor is none of a walk through Kustomer; start the backfill again.');
  return { place, by, from };
};

/** Searches of conversations (https://developer.kustomer.com/docs/concepts/search). */
export const createSearches = (http: Http, clock: Clock) => {
  const search = async <Schema extends z.ZodType>(
    place: Place,
    of: Schema,
    query: Readonly<Record<string, string | number | boolean>>,
    body: object,
  ) => {
    // A search changes nothing, so it may be tried again.
    const call = { method: 'POST', path: places[place], query, body, idempotent: true } as const;
    const answer = await http.read(call, pageOf(of));
    if (answer.meta?.timed_out)
      throw new UpstreamError('A search of Kustomer ended before it was complete; it is tried again.', {
        status: 200,
        retryable: true,
      });
    return answer;
  };

  const readPage = ({ place, by, from }: Position, page: number, until: Date | undefined) => {
    const attribute = `conversation_${by}_at`;
    // A criterion takes one operator alone.
    const and = [
      { [attribute]: { gte: from.toISOString() } },
      ...(until && by === 'updated' ? [{ [attribute]: { lte: until.toISOString() } }] : []),
    ];
    return search(
      place,
      changeSchema,
      { page, pageSize },
      {
        queryContext: 'conversation',
        and,
        sort: [{ [attribute]: 'asc' }],
        includeDeleted: true,
      },
    );
  };

  /**
   * Always asks for the first page from the last moment seen, for pages move while records change: whoever turned pages
   * would miss what slid onto the page before. Only where one moment fills a page are further pages asked for.
   */
  const walk = async function* (start: Position, until: Date | undefined): AsyncGenerator<[Change[], Position]> {
    let position = start;
    let page = 1;
    /** What was told of the moment that the next search starts with. */
    let told = new Set<string>();
    const momentOf = ({ attributes }: Change) =>
      position.by === 'updated' ? attributes.updatedAt : attributes.createdAt;
    const versionOf = ({ id, attributes }: Change) => `${id} ${attributes.rev ?? attributes.updatedAt.toISOString()}`;
    for (let searches = 0; searches < mostSearches; searches++) {
      const { data, meta } = await readPage(position, page, until);
      const fresh = data.filter((change) => !told.has(versionOf(change)));
      const latest = data.reduce((at, change) => (momentOf(change) > at ? momentOf(change) : at), position.from);
      const total = meta?.total ?? Number.POSITIVE_INFINITY;
      const atEnd = data.length === 0 || (page - 1) * (meta?.pageSize ?? pageSize) + data.length >= total;
      if (latest > position.from) {
        position = { ...position, from: latest };
        page = 1;
        told = new Set(data.filter((change) => momentOf(change).getTime() === latest.getTime()).map(versionOf));
      } else {
        for (const change of fresh) told.add(versionOf(change));
        page++;
      }
      if (fresh.length > 0) yield [fresh, position];
      if (atEnd) return;
      if (page > lastPage)
        throw new UpstreamError(
          `More than ${lastPage * pageSize} conversations of Kustomer share the moment ${position.from.toISOString()}, beyond what a search shows.`,
          { retryable: false },
        );
    }
  };

  /** The archive from `since` on; it knows fewer attributes than the live search, and an account may have none. */
  const walkArchive = async function* (start: Position, until: Date | undefined): AsyncGenerator<[Change[], Position]> {
    try {
      yield* walk(start, until);
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      if (isNoArchive(error)) return;
      if (![400, 422].includes(error.status ?? 0) || start.by === 'created') throw error;
      yield* walkArchive({ ...start, by: 'created' }, until);
    }
  };

  const changesIn = (found: readonly Change[], since: Date, until: Date | undefined): TicketChange[] => {
    const changed = new Map<string, TicketChange>();
    for (const { id, attributes } of found) {
      const { updatedAt } = attributes;
      if (updatedAt < since || (until && updatedAt > until)) continue;
      const seen = changed.get(id);
      if (!seen || seen.updatedAt < updatedAt)
        changed.set(id, { externalId: id, updatedAt, status: conversationStatus(attributes) });
    }
    return [...changed.values()];
  };

  const walkChanges: HelpdeskClient['walkChanges'] = async function* ({ cursor, since, until }) {
    const now = clock.now();
    const archiveEnd = new Date(now.getTime() - archiveAgeMs);
    let position: Position =
      cursor === null
        ? { place: since < archiveEnd ? 'archive' : 'live', by: 'updated', from: since }
        : positionOf(cursor);
    if (position.place === 'archive') {
      for await (const [found, at] of walkArchive(position, until))
        yield { changed: changesIn(found, since, until), cursor: cursorOf(at) };
      // What a search finds is younger than two years, whatever it is asked for: where exactly that ends it decides itself.
      position = { place: 'live', by: 'updated', from: since };
      yield { changed: [], cursor: cursorOf(position) };
    }
    const settledMs = now.getTime() - indexLagMs;
    for await (const [found, at] of walk(position, until)) {
      const from = at.from.getTime() > settledMs ? new Date(Math.max(settledMs, position.from.getTime())) : at.from;
      yield { changed: changesIn(found, new Date(0), until), cursor: cursorOf({ ...at, from }) };
    }
  };

  /** Null where a search does not tell its total. */
  const total = async (place: Place, body: object): Promise<number | null> => {
    const { meta } = await search(place, z.object({ id: idSchema }), { page: 1, pageSize: 1 }, body);
    return meta?.total ?? null;
  };

  const countAt = async (place: Place, bounds: readonly object[]): Promise<number | null> => {
    const and = bounds.map((bound) => ({ conversation_created_at: bound }));
    const body = { queryContext: 'conversation', and };
    try {
      // Spam counts as deleted with us.
      return await total(place, { ...body, not: [{ conversation_spam: { equals: true } }] });
    } catch (error) {
      if (!(error instanceof UpstreamError) || ![400, 422].includes(error.status ?? 0)) throw error;
      return total(place, body);
    }
  };

  return {
    walkChanges,
    async count(since: Date, stop?: AbortSignal): Promise<number | null> {
      const archiveEnd = new Date(clock.now().getTime() - archiveAgeMs);
      // Old conversations that changed lately are in the live search, whenever they were created.
      const live = await countAt('live', [{ gte: since.toISOString() }]);
      if (since >= archiveEnd) return live;
      if (stop?.aborted) return null;
      const bounds = [{ gte: since.toISOString() }, { lt: archiveEnd.toISOString() }];
      const archived = await countAt('archive', bounds).catch((error: unknown) => {
        if (isNoArchive(error)) return 0;
        throw error;
      });
      return live === null || archived === null ? null : live + archived;
    },
    /** Conversations that were done lately, the latest first. */
    async latestDone(most: number): Promise<readonly string[]> {
      const body = {
        queryContext: 'conversation',
        and: [{ conversation_status: { equals: 'done' } }],
        sort: [{ conversation_updated_at: 'desc' }],
      };
      const { data } = await search('live', z.object({ id: idSchema }), { page: 1, pageSize: most }, body);
      return data.map(({ id }) => id);
    },
  };
};

export type Searches = ReturnType<typeof createSearches>;
