import { AppError, LimitReached } from '../../core/errors.ts';
import { minuteMs, secondMs } from '../../core/time.ts';
import type { HelpdeskAdapter } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/open.ts';
import type { Log } from '../../platform/log.ts';
import type { Connection, Directory } from '../directory/index.ts';
import { createAllowance } from './allowance.ts';
import { hold } from './held.ts';
import { importKey, type Refusal, type SidebarKey, verifyToken } from './tokens.ts';
import { createUsedTokens } from './used-tokens.ts';

/** A connection that another process disabled, or a secret that it took away, is believed this much longer. */
const keysHeldMs = 3 * secondMs;

/** Of one connection and process: some hundred agents who click at once stay below it. */
const perSecond = 300;
const burst = 600;

/** Refusals that are logged one by one; a flood of them is counted. */
const loggedPerMinute = 20;

/** The same words whatever was wrong with a token: who tries tokens learns nothing. */
const refusedText =
  'This request is not signed as this server expects. For an admin: run `deskledger connection <id> --sidebar` and enter the address ' +
  "and the secret that it prints in the app's settings at the helpdesk; if they are right already, see that this machine's clock is.";

export interface GateDeps {
  readonly db: Database;
  readonly directory: Directory;
  readonly helpdesks: ReadonlyMap<string, HelpdeskAdapter>;
  readonly log: Log;
  /** Tokens live as long as the vendor's clock counts, however fast a demo's days pass. */
  readonly wall: Clock;
}

/** Lets in requests that the helpdesk's proxy signed with a secret of an enabled connection, each token once. */
export const createGate = ({ db, directory, helpdesks, log, wall }: GateDeps) => {
  const failed = (error: unknown) => log.warn({ step: 'sidebar', err: error }, 'what the gate does meanwhile failed');
  const keys = hold<readonly SidebarKey[]>(
    async () => {
      const connections = await directory.connections.list();
      const held = connections.flatMap((connection) =>
        (helpdesks.get(connection.kind)?.sidebarApp?.secrets(connection.settings) ?? []).map((secret) => ({
          connection,
          secret,
        })),
      );
      return Promise.all(held.map(async ({ connection, secret }) => ({ connection, key: await importKey(secret) })));
    },
    { wall, forMs: keysHeldMs, failed },
  );
  const used = createUsedTokens({ sql: db, wall, failed });
  const allow = createAllowance({ wall, perSecond, burst });
  const mayLog = createAllowance({ wall, perSecond: (loggedPerMinute * secondMs) / minuteMs, burst: loggedPerMinute });
  let unlogged = 0;

  const refuse = (why: Refusal): never => {
    if (mayLog(0) === 0) {
      log.warn({ step: 'sidebar', outcome: 'refused', why, unlogged }, 'a request of the sidebar app was refused');
      unlogged = 0;
    } else unlogged += 1;
    throw new AppError('unauthorized', refusedText);
  };

  return async (authorization: string | undefined): Promise<Connection> => {
    const token = await verifyToken(authorization, await keys.fresh(), wall.now());
    if (typeof token === 'string') return refuse(token);
    // Before the allowance: whoever brings one token again and again, or forges them, takes nothing from the connection.
    if (used.isSeen(token)) return refuse('used before');
    const waitMs = allow(token.connection.id);
    if (waitMs > 0) throw new LimitReached('The sidebar of this connection asks too often; try again later.', waitMs);
    return (await used.take(token)) ? token.connection : refuse('used before');
  };
};
