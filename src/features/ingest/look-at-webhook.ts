import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Log } from '../../platform/log.ts';
import type { RemoteOf, RemoteState } from '../../platform/vendor.ts';
import { type Connection, type Directory, recordAudit } from '../directory/index.ts';

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

/** What the look found, for `doctor` and the status. */
export const keepWebhook = async (
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

/** What a connection wants to find at its vendor. */
export interface WatchWish {
  readonly webhookUrl: string;
  readonly sidebarUrl?: string;
}

export interface WebhookLookDeps {
  readonly db: Sql;
  readonly clock: Clock;
  readonly log: Log;
  readonly directory: Directory;
  readonly clientOf: (connection: Connection) => { readonly remote?: RemoteOf<WatchWish> | undefined };
  readonly webhookUrlOf: (connection: Connection) => string;
  /** Where the helpdesk's own sidebar asks us. */
  readonly sidebarUrlOf?: (connection: Connection) => string;
  /** Whether a vendor may well have no webhook of ours: it is looked after only where we made one. Absent: none may. */
  readonly isOptional?: (connection: Connection) => boolean;
  /** Whether the vendor can reach the address of this process; from elsewhere nothing is made anew. */
  readonly isReachable: (connection: Connection) => boolean;
  /** Walks the changes at once: what the webhook did not tell while it was gone. */
  readonly catchUp: (connection: Connection, stop: AbortSignal) => Promise<void>;
}

/** Sees whether a connection's webhook stands at its vendor, makes it anew where it does not, and says how it was found. */
export const createWebhookLook = (deps: WebhookLookDeps) => {
  const { db, clock, log, directory, clientOf } = deps;

  /** The sidebar is looked after where we made one. */
  const wishOf = async (connection: Connection): Promise<WatchWish> => {
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
    const remote = clientOf(connection).remote;
    if (!remote) return;
    const made = await remote.make(await wishOf(connection));
    const kept = await directory.connections.keepMade(connection.id, made, 'watch');
    await recordAudit(db, {
      at: clock.now(),
      actor: 'watch',
      action: 'remake webhook',
      detail: { connection: connection.id, found: found.state },
    });
    await keepWebhook(db, connection.id, { state: 'remade', text: found.reason, remade: true }, clock.now());
    log.warn(
      { step: 'watch', connection: connection.id, found: found.state },
      `The webhook was ${found.state} at the vendor; it is made anew, and what it missed is read.`,
    );
    await deps.catchUp(kept, stop);
  };

  const check = async (connection: Connection): Promise<RemoteState | null> =>
    (await clientOf(connection).remote?.check(await wishOf(connection))) ?? null;

  const isOurs = async ({ id }: Connection): Promise<boolean> =>
    (await directory.connections.remoteObjects(id)).some(({ what }) => what === 'webhook' || what === 'integration');

  return async (given: Connection, stop: AbortSignal): Promise<string> => {
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
      await keepWebhook(db, connection.id, { state, text, remade: false }, clock.now());
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
};
