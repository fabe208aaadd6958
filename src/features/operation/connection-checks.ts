import { LimitReached, UpstreamError } from '../../core/errors.ts';
import type { Connection } from '../directory/index.ts';
import type { ConnectionStatus } from '../ingest/index.ts';
import { type Check, reasonOf } from './check.ts';

/** What waits longer than this waits for a worker, not for its turn. */
const longLagSeconds = 300;

/** Signs in; an account that is away is told from one that refuses us, for the next step differs. */
export const signInCheck = async (
  what: string,
  { id, mode }: Connection,
  signIn: () => Promise<string>,
): Promise<Check> => {
  try {
    return { what, state: 'ok', found: `signed in to ${await signIn()}, mode ${mode}` };
  } catch (error) {
    if (error instanceof LimitReached)
      return { what, state: 'warning', found: reasonOf(error), next: 'Nothing to do: what waits goes on by itself.' };
    const away = error instanceof UpstreamError && error.retryable;
    return {
      what,
      state: 'fault',
      found: reasonOf(error),
      next: away
        ? 'See that the vendor is up and that this machine can reach it; what waits goes on by itself then.'
        : `Correct the settings: deskledger connection ${id} --settings FILE.json`,
    };
  }
};

/** A helpdesk that signs with secrets and was given none accepts no webhook. */
export const webhookCheck = (
  what: string,
  { id, settings }: Connection,
  status: ConnectionStatus | undefined,
): Check => {
  const name = `${what}, webhooks`;
  if (Array.isArray(settings.webhookSecrets) && settings.webhookSecrets.length === 0)
    return {
      what: name,
      state: 'fault',
      found: 'no signing secret, so that every webhook is refused',
      next: `deskledger connection ${id} --remote-setup makes the webhook; or give the secret of one made by hand: --settings FILE.json with {"webhookSecrets": ["..."]}.`,
    };
  if (status && status.lastDeliveryAt === null && status.tickets > 0)
    return {
      what: name,
      state: 'warning',
      found: 'none ever came; tickets come by the change feed alone, minutes late',
      next: 'See at the helpdesk whether the webhook leads to PUBLIC_URL and what its calls are answered.',
    };
  return {
    what: name,
    state: 'ok',
    found: status?.lastDeliveryAt ? `the last came ${status.lastDeliveryAt}` : 'none yet',
  };
};

/** Quarantine, what was not written, lag and the last walk. */
export const statusChecks = (what: string, status: ConnectionStatus): Check[] => [
  status.quarantined > 0
    ? {
        what: `${what}, quarantine`,
        state: 'fault',
        found: `${status.quarantined} set aside`,
        next: 'GET /api/v1/quarantine says why; deskledger replay tries them again.',
      }
    : { what: `${what}, quarantine`, state: 'ok', found: 'empty' },
  status.failed + status.doubt > 0
    ? {
        what: `${what}, tags and mails`,
        state: 'warning',
        found: `${status.failed} failed, ${status.doubt} in doubt`,
        next: 'See that our user may edit tickets and that mail goes out; deskledger replay writes failed tags again.',
      }
    : { what: `${what}, tags and mails`, state: 'ok', found: 'none failed, none in doubt' },
  status.lagSeconds > longLagSeconds
    ? {
        what: `${what}, lag`,
        state: 'fault',
        found: `${status.pending} pending, the oldest for ${status.lagSeconds} s`,
        next: 'Is a worker running? `deskledger worker`, or `npm start` for both roles.',
      }
    : { what: `${what}, lag`, state: 'ok', found: `${status.pending} pending` },
  status.lastError === null
    ? { what: `${what}, last walk`, state: 'ok', found: status.lastReconcileAt ?? 'none yet' }
    : {
        what: `${what}, last walk`,
        state: 'warning',
        found: status.lastError,
        next: `It is tried again by itself; deskledger reconcile --connection ${status.id} tries now.`,
      },
];
