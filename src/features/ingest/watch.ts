import { dayMs, minuteMs } from '../../core/time.ts';
import type { TicketField } from '../../helpdesks/port.ts';
import { unlessStopped } from '../../platform/deadline.ts';
import { inBackground } from '../../platform/http/budget.ts';
import type { RunStep } from '../../platform/log.ts';
import type { RemoteOf } from '../../platform/vendor.ts';
import type { Connection } from '../directory/index.ts';
import { loadBackfill } from './backfill.ts';
import { completeBackfill, countArrived, countHere, noteCount } from './compare.ts';
import { describe } from './isolate.ts';
import { createFieldLook } from './look-at-fields.ts';
import { createWebhookLook, keepWebhook, type WatchWish, type WebhookLookDeps } from './look-at-webhook.ts';
import { silence } from './silence.ts';
import type { Troubles } from './trouble.ts';

/** A vendor's own number of its tickets or orders is asked for this often ... */
const countEveryMs = dayMs;
/** ... and sooner while we hold fewer: after this, then twice as long each time. A count may read every page there is. */
const firstRecountMs = 15 * minuteMs;
const recountMs = (shortCounts: number): number =>
  shortCounts === 0 ? countEveryMs : Math.min(firstRecountMs * 2 ** (shortCounts - 1), countEveryMs);

/** Settings that the account did not tell are looked for this often. */
const discoverEveryMs = dayMs;

/** What is looked after at a vendor, helpdesk or store. */
export interface Watched {
  readonly remote?: RemoteOf<WatchWish> | undefined;
  count?(since: Date, stop?: AbortSignal): Promise<number | null>;
  /** Settings that nobody gave and the account tells, perhaps only after a while. */
  discover?(): Promise<{ readonly settings: Readonly<Record<string, unknown>> }>;
  fields?(): Promise<readonly TicketField[] | null>;
}

/** Of what a count is taken, from when on we hold all of it, and how many we hold. */
export interface Countable {
  readonly since: Date;
  held(): Promise<number>;
}

interface Watcher {
  /**
   * Looks after one connection: its webhook, the silence, its mapped fields, a backfill that waited for tickets set aside, and
   * once a day its count. A stop ends its waits, and what was not begun is left to the next look.
   */
  look(connection: Connection, stop?: AbortSignal): Promise<void>;
  /** Counts now: after a backfill, what was lacking is there. A stop ends its waits, and nothing is noted then. */
  recount(connection: Connection, stop?: AbortSignal): Promise<void>;
}

interface CountOptions {
  readonly stop: AbortSignal;
  readonly anyway?: boolean;
}

interface WatcherDeps extends WebhookLookDeps {
  readonly runStep: RunStep;
  readonly troubles: Troubles;
  readonly clientOf: (connection: Connection) => Watched;
  /** What a store's count is compared with, null while nothing can be; a helpdesk's tickets where absent. */
  readonly countableOf?: (connection: Connection) => Promise<Countable | null> | undefined;
  /** False where the clock runs faster than deliveries do, as in a demo: of silence nothing follows then. */
  readonly listens?: boolean;
}

export const createWatcher = (deps: WatcherDeps): Watcher => {
  const { db, clock, log, runStep, directory, troubles } = deps;
  const lookAtFields = createFieldLook(deps);
  const lookAtWebhook = createWebhookLook(deps);

  const listen = async (connection: Connection): Promise<void> => {
    const now = clock.now();
    const since = await silence(db, connection, now);
    const [row] = await db.query<{ before: Date | null }>(
      `with held as (select silent_since from connection_watch where connection_id = $1)
       insert into connection_watch as w (connection_id, silent_since) values ($1, $2)
       on conflict (connection_id) do update set silent_since = excluded.silent_since
       returning (select silent_since from held) as before`,
      [connection.id, since],
    );
    if (since !== null && !row?.before)
      log.warn(
        { step: 'watch', connection: connection.id, silentSince: since.toISOString() },
        'No webhook came for unusually long, although the vendor has changes: see there what its calls to PUBLIC_URL are answered.',
      );
  };

  const ticketsOf = async (connection: Connection): Promise<Countable> => {
    const backfill = await loadBackfill(db, connection.id);
    // While history is still read, only what came since is to be complete.
    const since = backfill?.comparedAt ? new Date(backfill.since) : connection.createdAt;
    return { since, held: () => countHere(db, connection.id, since) };
  };

  const discoveredAtMs = new Map<number, number>();
  /** Once a day, for what a new account could not tell yet: which timer runs, which field holds its total. */
  const discover = async (connection: Connection): Promise<void> => {
    const nowMs = clock.now().getTime();
    if (nowMs - (discoveredAtMs.get(connection.id) ?? Number.NEGATIVE_INFINITY) < discoverEveryMs) return;
    discoveredAtMs.set(connection.id, nowMs);
    const { settings = {} } = (await inBackground(async () => deps.clientOf(connection).discover?.())) ?? {};
    if (Object.keys(settings).length > 0)
      await directory.connections.keepMade(connection.id, { objects: [], settings }, 'watch');
  };

  /** False where it was not asked for; `anyway`: whenever it last was. The vendor, and what is on its way, are waited for until the stop. */
  const count = async (connection: Connection, { stop, anyway }: CountOptions): Promise<boolean> => {
    const client = deps.clientOf(connection);
    // Of a day that lasts a second much is on its way.
    if (!client.count || clock.hurries?.()) return false;
    const now = clock.now();
    const [held] = await db.query<{ counted_at: Date | null; short_counts: number }>(
      'select counted_at, short_counts from connection_watch where connection_id = $1',
      [connection.id],
    );
    if (!anyway && held?.counted_at && now.getTime() - held.counted_at.getTime() < recountMs(held.short_counts))
      return false;
    const countable = await (deps.countableOf?.(connection) ?? ticketsOf(connection));
    if (countable === null) return false;
    const { since } = countable;
    // No customer of today waits for it.
    const there = await unlessStopped(
      inBackground(async () => client.count?.(since, stop) ?? null),
      stop,
    );
    if (there === null) return false;
    const here = await countArrived(countable.held, { there, clock, stop });
    if (stop.aborted) return false;
    await noteCount(db, connection.id, { at: now, since, there, here });
    return true;
  };

  const countWith = async (connection: Connection, options: CountOptions): Promise<void> => {
    try {
      if (await count(connection, options)) await troubles.well(connection.id, 'count');
    } catch (error) {
      await troubles.met(connection.id, 'count', error);
      throw error;
    }
  };

  const complete = async (connection: Connection, stop: AbortSignal): Promise<void> => {
    const client = deps.clientOf(connection);
    await inBackground(() => completeBackfill({ sql: db, clock, client, stop }, connection.id));
  };

  return {
    recount: (connection, stop = new AbortController().signal) => countWith(connection, { stop, anyway: true }),
    look: (connection, stop = new AbortController().signal) =>
      runStep('watch', async (line) => {
        const { id } = connection;
        line.connection = id;
        // A right that is lacking for one of them keeps nobody from the others, nor from reading the changes.
        const failures: unknown[] = [];
        try {
          line.webhook = await lookAtWebhook(connection, stop);
          await troubles.well(id, 'webhook');
        } catch (error) {
          failures.push(error);
          await troubles.met(id, 'webhook', error);
          await keepWebhook(db, id, { state: 'unknown', text: describe(error), remade: false }, clock.now());
        }
        await troubles.forgetRefused(id);
        if (deps.listens ?? true) await listen(connection);
        // Nothing waits for the others: a right that is lacking is told where the setting is needed.
        const extras = [
          () => complete(connection, stop),
          () => countWith(connection, { stop }),
          () => lookAtFields(connection),
          () => discover(connection),
        ];
        for (const extra of extras) {
          if (stop.aborted) break;
          try {
            await extra();
          } catch (error) {
            failures.push(error);
          }
        }
        if (failures.length > 0) throw failures[0];
      }),
  };
};

/** Seconds between two looks, for whoever schedules them. */
export const lookEveryMs = 15 * minuteMs;
