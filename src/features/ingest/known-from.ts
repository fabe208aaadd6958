import type { Sql } from '../../platform/database/database.ts';
import {
  type KnownDays,
  knownDays,
  lastDayBefore,
  loadWalks,
  type Source,
  type WalkedConnection,
} from '../directory/index.ts';
import { type BackfillRun, wholeSince } from './backfill.ts';
import { streamPrefix, type WorkCursor, workWholeSince } from './found-work.ts';

const lastTicket = `select created_day as day from ticket where connection_id = c.id and created_day < c.since
                     order by created_day desc limit 1`;

const dateOf = (instant: string | undefined): Date | null => (instant === undefined ? null : new Date(instant));

/** The usual walk reads everything since the connection was made, a backfill what is older; before either ended nothing is whole. */
const ticketsHeld = ({ walks, connectedAt }: WalkedConnection): Source['held'] => {
  const stateOf = (name: string) => walks.find(({ stream }) => stream === name)?.state;
  const until = dateOf((stateOf('tickets') as { endedAt?: string } | undefined)?.endedAt);
  const backfill = stateOf('backfill') as BackfillRun | undefined;
  const read = backfill?.stretches ? wholeSince(backfill) : null;
  const startsMs = [...(until ? [connectedAt.getTime()] : []), ...(read === null ? [] : [Date.parse(read)])];
  return startsMs.length === 0 ? null : { since: new Date(Math.min(...startsMs)), until };
};

/** What is told of tickets is held with them; a stream of its own may reach less far. */
const workHeld = ({ walks, connectedAt }: WalkedConnection, tickets: Source['held']): Source['held'] => {
  const feeds = walks
    .filter(({ stream }) => stream.startsWith(streamPrefix))
    .map((walk) => ({ ...walk, state: walk.state as WorkCursor }))
    .filter(({ state }) => !state.absent)
    .map((feed) => ({ since: workWholeSince(feed, connectedAt), until: dateOf(feed.state.endedAt) }));
  const all = [{ since: tickets?.since ?? null, until: tickets?.until ?? null }, ...feeds];
  const [starts, ends] = [all.flatMap(({ since }) => since ?? []), all.flatMap(({ until }) => until ?? [])];
  if (starts.length < all.length) return null;
  return {
    since: new Date(Math.max(...starts.map((at) => at.getTime()))),
    until: ends.length === 0 ? null : new Date(Math.min(...ends.map((at) => at.getTime()))),
  };
};

/**
 * Of what days the tickets of all helpdesks, and the work on them, are held; null where no helpdesk was ever walked. A ticket
 * or an entry of long ago that came with something later makes no day known.
 */
export const ticketsKnown = async (
  sql: Sql,
): Promise<{ readonly tickets: KnownDays; readonly work: KnownDays } | null> => {
  const connections = await loadWalks(sql, ['orders', 'tickets', 'backfill', `${streamPrefix}%`]);
  const isWalked = ({ walks }: WalkedConnection): boolean =>
    walks.some(({ stream }) => stream === 'tickets' || stream === 'backfill');
  const helpdesks = connections.filter(({ isStore }) => !isStore);
  if (!helpdesks.some(isWalked)) return null;
  const held = helpdesks.map((helpdesk) => ({ helpdesk, tickets: ticketsHeld(helpdesk) }));
  const lastBefore = lastDayBefore(sql, lastTicket);
  return {
    tickets: await knownDays(
      held.map(({ helpdesk, tickets }) => ({ ...helpdesk, held: tickets })),
      lastBefore,
    ),
    work: await knownDays(
      held.map(({ helpdesk, tickets }) => ({ ...helpdesk, held: workHeld(helpdesk, tickets) })),
      lastBefore,
    ),
  };
};
