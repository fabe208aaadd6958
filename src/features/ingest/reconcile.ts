import { UpstreamError } from '../../core/errors.ts';
import { minuteMs } from '../../core/time.ts';
import type { HelpdeskClient, TicketChange } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { RunStep } from '../../platform/log.ts';
import { type Connection, loadCursor, saveCursor } from '../directory/index.ts';
import { describe } from './isolate.ts';
import { raiseChanged } from './raise.ts';
import type { Troubles } from './trouble.ts';

/** A walk reads again what changed this shortly before the last one ended: helpdesks show changes late and out of order. */
export const overlapMs = 10 * minuteMs;

export interface WalkResult {
  readonly connection: number;
  /** Tickets the helpdesk named as changed, and those of them that no webhook had told of. */
  readonly walked: number;
  readonly raised: number;
}

/** A cursor that the helpdesk takes no more would fail for ever: such a walk starts again. Lacking rights say nothing of it. */
export const takesNoMore = (error: unknown): boolean =>
  error instanceof UpstreamError && !error.retryable && ![401, 402, 403].includes(error.status ?? 0);

interface Cursor {
  /** Where an unfinished walk goes on; null: the last one reached the end. */
  readonly cursor: string | null;
  /** Start of the walk, ISO 8601: from another start it is another walk. */
  readonly from: string;
  readonly walked: number;
  readonly raised: number;
  /** The latest change that it named, ISO 8601. By the helpdesk's clock, for ours may be off by a day. */
  readonly latest?: string | undefined;
  /** When a walk last reached the end of the feed, ISO 8601. */
  readonly endedAt?: string | undefined;
  /** When a walk last found a change that no webhook had told of, ISO 8601. */
  readonly untoldAt?: string | undefined;
}

const laterOf = (held: string | undefined, changed: readonly TicketChange[]): string | undefined =>
  changed
    .map(({ updatedAt }) => updatedAt.toISOString())
    .reduce<string | undefined>((latest, at) => (latest === undefined || at > latest ? at : latest), held);

/**
 * Walks a helpdesk's change feed to its end and raises every ticket that is newer there than here. The cursor is stored
 * after the tickets of its page: a walk that was cut off, or ended by `stop`, goes on there, repeats a page and loses none.
 */
export const reconcile = (
  deps: {
    readonly sql: Sql;
    readonly clock: Clock;
    readonly runStep: RunStep;
    readonly client: HelpdeskClient;
    readonly troubles: Troubles;
    readonly onPage?: (walked: number) => void;
    /** How far our clock, by which the connection began, is ahead of the helpdesk's; asked for until a change was seen. */
    readonly aheadMs?: () => Promise<number>;
  },
  connection: Connection,
  { stop }: { readonly stop?: AbortSignal } = {},
): Promise<WalkResult> =>
  deps.runStep('reconcile', async (line) => {
    const { sql, clock, client } = deps;
    const stream = 'tickets';
    const startedAt = clock.now();
    const held = await loadCursor<Cursor>(sql, connection.id, stream);
    const beginMs = async (): Promise<number> =>
      Math.min(connection.createdAt.getTime(), startedAt.getTime()) - ((await deps.aheadMs?.()) ?? 0);
    const from = new Date((held?.seenUntil?.getTime() ?? (await beginMs())) - overlapMs);
    const cutOff = held?.state.cursor != null && held.state.from === from.toISOString() ? held.state : null;
    let at: Cursor = cutOff ?? {
      cursor: null,
      from: from.toISOString(),
      walked: 0,
      raised: 0,
      endedAt: held?.state.endedAt,
      untoldAt: held?.state.untoldAt,
    };
    const save = (state: Cursor, { seenUntil, error }: { readonly seenUntil?: Date; readonly error?: string } = {}) =>
      saveCursor(sql, connection.id, stream, {
        state,
        seenUntil: seenUntil ?? null,
        now: clock.now(),
        error: error ?? null,
      });
    const outcome = (): WalkResult => {
      const { walked, raised } = at;
      Object.assign(line, { connection: connection.id, stream, walked, raised });
      return { connection: connection.id, walked, raised };
    };
    try {
      for await (const page of client.walkChanges({ cursor: at.cursor, since: from })) {
        const raised =
          page.changed.length === 0
            ? 0
            : await raiseChanged(sql, connection.id, page.changed, {
                now: clock.now(),
                fromBackfill: false,
              });
        at = {
          cursor: page.cursor,
          from: at.from,
          walked: at.walked + page.changed.length,
          raised: at.raised + raised,
          latest: laterOf(at.latest, page.changed),
          endedAt: at.endedAt,
          untoldAt: raised > 0 ? clock.now().toISOString() : at.untoldAt,
        };
        deps.onPage?.(at.walked);
        await save(at);
        await deps.troubles.well(connection.id, 'feed');
        if (stop?.aborted) return outcome();
      }
    } catch (error) {
      await deps.troubles.met(connection.id, 'feed', error);
      await save(takesNoMore(error) ? { ...at, cursor: null } : at, { error: describe(error) });
      throw error;
    }
    // Where nothing changed nothing is lost by reading from there again.
    const ended = { ...at, cursor: null, endedAt: clock.now().toISOString() };
    const latest = at.latest === undefined ? null : new Date(at.latest);
    await save(ended, latest === null ? {} : { seenUntil: latest < startedAt ? latest : startedAt });
    return outcome();
  });
