import { createHash } from 'node:crypto';
import { z } from 'zod';
import { UpstreamError } from '../../core/errors.ts';
import { secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { HelpdeskClient, TicketChange } from '../port.ts';
import type { GorgiasClient } from './client.ts';
import type { CompactTicket } from './schema.ts';
import { ticketStatus } from './ticket.ts';

/** A pass goes down to this much before the last one's start: our instants are rounded to milliseconds. */
const roundingMs = secondMs;
/** A pass takes less time than the one before; after so many the account changes faster than it can be read. */
const mostPasses = 50;

/** Where a walk stands; the port's cursor is this as JSON. */
const placeSchema = z.object({
  /** How far down this pass goes, epoch ms. */
  floorMs: z.number(),
  /** The latest change on this pass's first page, and what tells that page from any other; null: it has not begun. */
  top: z.object({ ms: z.number(), mark: z.string() }).nullable(),
  /** The mark of the first page of the pass before. */
  before: z.string().nullable(),
  page: z.string().nullable(),
  pass: z.int(),
});
type Place = z.output<typeof placeSchema>;

const placeIn = (cursor: string): Place => {
  try {
    const place = placeSchema.safeParse(JSON.parse(cursor));
    if (place.success) return place.data;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  // Not retryable: whoever stored it starts the walk again.
  throw new UpstreamError('The stored place in the list of Gorgias tickets cannot be read; the walk starts again.', {
    retryable: false,
  });
};

const updatedMs = (ticket: CompactTicket): number => (ticket.updated_datetime ?? ticket.created_datetime).getTime();

const markOf = (tickets: readonly CompactTicket[]): string =>
  createHash('sha256')
    .update(tickets.map((ticket) => `${ticket.id}@${updatedMs(ticket)}`).join())
    .digest('base64url')
    .slice(0, 22);

/**
 * Tickets changed since, latest first. Gorgias has no filter by date, so a walk from the oldest would read the account's whole
 * past. Read downwards, a ticket that changes meanwhile jumps to the top, past us. So each pass is followed by another, down
 * to where it began, until one is a single page (one moment, in which nothing moves) or finds the first page as it was when
 * the pass before began (nothing moved while that one ran). With `until` one pass is enough: what leaves the stretch changed
 * later than it.
 */
export const createWalk = (tickets: GorgiasClient['tickets'], clock: Clock): HelpdeskClient['walkChanges'] => {
  /** How far down a walk came, so that one through an older stretch need not page through all newer ones again. */
  let reached: { readonly ms: number; readonly page: string } | undefined;

  return async function* ({ cursor, since, until }) {
    const sinceMs = since.getTime();
    const untilMs = until?.getTime() ?? Number.POSITIVE_INFINITY;
    let place: Place =
      cursor === null ? { floorMs: sinceMs, top: null, before: null, page: null, pass: 1 } : placeIn(cursor);
    if (cursor === null && until && reached && reached.ms > untilMs) place = { ...place, page: reached.page };

    while (place.pass <= mostPasses) {
      const { floorMs, before, pass } = place;
      const fromTop = place.page === null;
      for await (const { data, next } of tickets({
        orderBy: 'updated_datetime:desc',
        trashed: true,
        cursor: place.page,
      })) {
        const times = data.map(updatedMs);
        const lowest = Math.min(Number.POSITIVE_INFINITY, ...times);
        const first = fromTop && place.top === null;
        const top = place.top ?? { ms: Math.max(floorMs, ...times), mark: markOf(data) };
        const ends = next === null || lowest < floorMs;
        const settled = first && (ends || top.mark === before);
        if (next !== null && pass === 1 && lowest > sinceMs) reached = { ms: lowest, page: next };
        const passEnds = ends || settled;
        place = passEnds
          ? { floorMs: Math.max(sinceMs, top.ms - roundingMs), top: null, before: top.mark, page: null, pass: pass + 1 }
          : { floorMs, top, before, page: next, pass };
        const changed = data.flatMap((ticket): TicketChange[] => {
          const ms = updatedMs(ticket);
          return ms < floorMs || ms > untilMs
            ? []
            : [{ externalId: ticket.id, updatedAt: new Date(ms), status: ticketStatus(ticket, clock.now()) }];
        });
        yield { changed, cursor: JSON.stringify(place) };
        if (passEnds && (settled || until)) return;
        if (passEnds) break;
      }
    }
    throw new UpstreamError(
      'Tickets of Gorgias change faster than they can be listed within our share of its quota; raise limitShare.',
      { retryable: true },
    );
  };
};
