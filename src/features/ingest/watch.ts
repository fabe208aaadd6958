import { dayMs, minuteMs } from '../../core/time.ts';
import type { TicketField } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import { inBackground } from '../../platform/http/budget.ts';
import type { Log, RunStep } from '../../platform/log.ts';
import type { RemoteOf, RemoteState } from '../../platform/vendor.ts';
import { type Connection, type Directory, recordAudit } from '../directory/index.ts';
import { loadBackfill } from './backfill.ts';
import { completeBackfill, countArrived, countHere, noteCount } from './compare.ts';
import { describe } from './isolate.ts';
import { createFieldLook } from './look-at-fields.ts';
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

/** Where we are looked for, so that the watch never leads a webhook away from an address that a person chose. */
export const noteWebhook = async (sql: Sql, connectionId: number, url: string): Promise<void> => {
  await sql.query(
    `insert into connection_watch (connection_id, webhook_url) values ($1, $2)
     on conflict (connection_id) do update set webhook_url = excluded.webhook_url`,
    [connectionId, url],
  );
};

const notedWebhook = async (sql: Sql, connectionId: number): Promise<string | null> => {
  const [row] = await sql.query<{ webhook_url: string | null }>(
    'select webhook_url from connection_watch where connection_id = $1',
    [connectionId],
  );
  return row?.webhook_url ?? null;
};

const originOf = (url: string): string => URL.parse(url)?.origin ?? url;

const keep = async (
  sql: Sql,
  connectionId: number,
  webhook: { readonly state: string; readonly text: string | null; readonly remade: boolean },
  now: Date,
): Promise<void> => {
  await sql.query(
    `insert into connection_watch as w (connection_id, webhook_state, webhook_text, webhook_checked_at, webhook_remade_at)
     values ($1, $2, $3, $4, case when $5 then $4::timestamptz end)
     on conflict (connection_id) do update set webhook_state = excluded.webhook_state, webhook_text = excluded.webhook_text,
       webhook_checked_at = excluded.webhook_checked_at, webhook_remade_at = coalesce(excluded.webhook_remade_at, w.webhook_remade_at)`,
    [connectionId, webhook.state, webhook.text, now, webhook.remade],
  );
};

interface Wish {
  readonly webhookUrl: string;
  readonly sidebarUrl?: string;
}

/** What is looked after at a vendor, helpdesk or store. */
export interface Watched {
  readonly remote?: RemoteOf<Wish> | undefined;
  count?(since: Date): Promise<number | null>;
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
  /** Counts now: after a backfill, what was lacking is there. A stop ends its wait for what is on its way, and nothing is noted then. */
  recount(connection: Connection, stop?: AbortSignal): Promise<void>;
}

interface CountOptions {
  readonly stop: AbortSignal;
  readonly anyway?: boolean;
}

export const createWatcher = (deps: {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly runStep: RunStep;
  readonly directory: Directory;
  readonly troubles: Troubles;
  readonly clientOf: (connection: Connection) => Watched;
  /** What a store's count is compared with, null while nothing can be; a helpdesk's tickets where absent. */
  readonly countableOf?: (connection: Connection) => Promise<Countable | null> | undefined;
  readonly webhookUrlOf: (connection: Connection) => string;
  /** Where the helpdesk's own sidebar asks us. */
  readonly sidebarUrlOf?: (connection: Connection) => string;
  /** Whether a vendor may well have no webhook of ours: it is looked after only where we made one. Absent: none may. */
  readonly isOptional?: (connection: Connection) => boolean;
  /** Whether the vendor can reach the address of this process; from elsewhere nothing is made anew. */
  readonly isReachable: (connection: Connection) => boolean;
  /** Walks the changes at once: what the webhook did not tell while it was gone. */
  readonly catchUp: (connection: Connection, stop: AbortSignal) => Promise<void>;
  /** False where the clock runs faster than deliveries do, as in a demo: of silence nothing follows then. */
  readonly listens?: boolean;
}): Watcher => {
  const { db, clock, log, runStep, directory, troubles } = deps;
  const lookAtFields = createFieldLook(deps);

  /** The sidebar is looked after where we made one. */
  const wishOf = async (connection: Connection): Promise<Wish> => {
    const webhookUrl = deps.webhookUrlOf(connection);
    const sidebarUrl = deps.sidebarUrlOf?.(connection);
    if (sidebarUrl === undefined) return { webhookUrl };
    const objects = await directory.connections.remoteObjects(connection.id);
    return objects.some(({ what }) => what === 'widget') ? { webhookUrl, sidebarUrl } : { webhookUrl };
  };

  /** Makes the webhook anew, takes over its new secrets, and reads what it missed. */
  const remake = async (
    connection: Connection,
    found: Exclude<RemoteState, { state: 'fine' }>,
    stop: AbortSignal,
  ): Promise<void> => {
    const remote = deps.clientOf(connection).remote;
    if (!remote) return;
    const made = await remote.make(await wishOf(connection));
    const kept = await directory.connections.keepMade(connection.id, made, 'watch');
    await recordAudit(db, {
      at: clock.now(),
      actor: 'watch',
      action: 'remake webhook',
      detail: { connection: connection.id, found: found.state },
    });
    await keep(db, connection.id, { state: 'remade', text: found.reason, remade: true }, clock.now());
    log.warn(
      { step: 'watch', connection: connection.id, found: found.state },
      `The webhook was ${found.state} at the vendor; it is made anew, and what it missed is read.`,
    );
    await deps.catchUp(kept, stop);
  };

  const check = async (connection: Connection): Promise<RemoteState | null> =>
    (await deps.clientOf(connection).remote?.check(await wishOf(connection))) ?? null;

  const isOurs = async ({ id }: Connection): Promise<boolean> =>
    (await directory.connections.remoteObjects(id)).some(({ what }) => what === 'webhook' || what === 'integration');

  const lookAtWebhook = async (given: Connection, stop: AbortSignal): Promise<string> => {
    if (deps.isOptional?.(given) && !(await isOurs(given))) return 'not wanted';
    let connection = given;
    let found = await check(connection);
    if (found !== null && found.state !== 'fine') {
      // Somebody may have made it just now, and kept a secret that this connection was read without.
      connection = await directory.connections.get(String(given.id));
      found = await check(connection);
    }
    if (found === null) return 'not told';
    const told = async (state: string, text: string | null): Promise<string> => {
      await keep(db, connection.id, { state, text, remade: false }, clock.now());
      return state;
    };
    const url = deps.webhookUrlOf(connection);
    if (found.state === 'fine') {
      await noteWebhook(db, connection.id, url);
      return told('fine', null);
    }
    // Who made the webhook by hand, or wants none, is told and not overruled.
    if (!(await isOurs(connection))) return told(found.state, found.reason);
    // A second worker, or a copy of the database, without the PUBLIC_URL of all others would take their webhook away.
    const noted = await notedWebhook(db, connection.id);
    if (noted !== null && noted !== url)
      return told(
        'elsewhere',
        `The webhook was made for ${originOf(noted)}, and PUBLIC_URL of this process is ${originOf(url)}. ` +
          `Where that is wrong, or this is a copy, correct PUBLIC_URL; where we moved: deskledger connection ${connection.id} --remote-setup`,
      );
    if (!deps.isReachable(connection))
      return told(
        found.state,
        `${found.reason} It is not made anew from here: nobody outside reaches ${originOf(url)}; set PUBLIC_URL as the other processes have it.`,
      );
    await remake(connection, found, stop);
    return found.state;
  };

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

  /** False where it was not asked for; `anyway`: whenever it last was. What is on its way is waited for, until the stop. */
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
    const there = (await inBackground(async () => client.count?.(since))) ?? null;
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
          await keep(db, id, { state: 'unknown', text: describe(error), remade: false }, clock.now());
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
