import { LimitReached, Refused, UpstreamError } from '../../core/errors.ts';
import type { Connection } from '../directory/index.ts';
import { type ConnectionStatus, completenessOf } from '../ingest/index.ts';
import { type Check, reasonOf } from './check.ts';

/** What waits longer than this waits for a worker, not for its turn. */
const longLagSeconds = 300;
/** Tickets that came in while the vendor counted are held a moment later: less than this is missing. */
const nearlyAll = 0.99;
/** Less than this many counts in a row, some 45 minutes, and what is missing may still be on its way. */
const lastingShort = 3;

/** Signs in; an account that is away is told from one that refuses us, for the next step differs. */
export const signInCheck = async (
  what: string,
  { id, mode, settings }: Connection,
  signIn: () => Promise<string>,
): Promise<Check> => {
  try {
    return { what, state: 'ok', found: `signed in to ${await signIn()}, mode ${mode}` };
  } catch (error) {
    if (error instanceof LimitReached)
      return { what, state: 'warning', found: reasonOf(error), next: 'Nothing to do: what waits goes on by itself.' };
    const away = error instanceof UpstreamError && error.retryable;
    const elsewhere =
      error instanceof Refused && settings.baseUrl !== undefined
        ? '; its baseUrl needs ALLOW_PRIVATE_UPSTREAMS=true, for this command as for the server'
        : '';
    return {
      what,
      state: 'fault',
      found: reasonOf(error),
      next: away
        ? 'See that the vendor is up and that this machine can reach it; what waits goes on by itself then.'
        : `Correct the settings: deskledger connection ${id} --settings FILE.json${elsewhere}`,
    };
  }
};

/** What the settings of any kind call what its webhooks are proven with, where nothing else proves them. */
const signingSetting = /^webhook(Secrets?|Token)$/;

/** A helpdesk that signs with secrets and was given none accepts no webhook. */
export const webhookCheck = (
  what: string,
  { id, settings }: Connection,
  status: ConnectionStatus | undefined,
): Check => {
  const name = `${what}, webhooks`;
  const lacking = Object.entries(settings).find(
    ([key, value]) => signingSetting.test(key) && (value === '' || (Array.isArray(value) && value.length === 0)),
  );
  if (lacking)
    return {
      what: name,
      state: 'fault',
      found: `no ${lacking[0]}, so that every webhook is refused`,
      next: `deskledger connection ${id} --remote-setup makes the webhook; or give the secret of one made by hand: --settings FILE.json with {"${lacking[0]}": ["..."]}.`,
    };
  if (status && status.lastDeliveryAt === null && status.tickets + status.orders > 0)
    return {
      what: name,
      state: 'warning',
      found: `none ever came; ${recordsOf(status)} come by the change feed alone, minutes late`,
      next: 'See at the vendor whether the webhook leads to PUBLIC_URL and what its calls are answered.',
    };
  return {
    what: name,
    state: 'ok',
    found: status?.lastDeliveryAt ? `the last came ${status.lastDeliveryAt}` : 'none yet',
  };
};

const percent = (ratio: number): string => `${(Math.floor(ratio * 1000) / 10).toFixed(1)} %`;

const recordsOf = ({ feed }: Pick<ConnectionStatus, 'feed'>): string => feed ?? 'tickets';

const stateWords: Readonly<Record<ConnectionStatus['state'], string>> = {
  ok: 'ok',
  credentials: 'the credentials are refused',
  forbidden: 'a right is lacking',
  unreachable: 'the vendor is not reached',
  limited: 'its limit is used up',
  'odd answers': 'the answers cannot be read',
  clock: 'the clocks differ',
  'lost fields': 'a mapped ticket field is gone',
  'unread work': 'a stream of work is not read',
  'foreign deliveries': 'somebody else sends to our address',
};

/** How we get on with the vendor, our webhook there, silence, and whether we hold what it has. */
const healthChecks = (status: ConnectionStatus): Check[] => {
  const { state, stateText, stateNext, stateSince, webhook, silentSince, backfill } = status;
  const checks: Check[] = [];
  const next = stateNext ?? 'See the log.';
  if (state === 'ok') checks.push({ what: 'state', state: 'ok', found: 'ok' });
  else
    checks.push({
      what: 'state',
      state: state === 'limited' || state === 'foreign deliveries' ? 'warning' : 'fault',
      found: `${stateWords[state]} since ${stateSince}: ${stateText}`,
      next,
    });
  if (webhook && !['fine', 'remade'].includes(webhook.state))
    checks.push({
      what: 'webhook',
      state: 'warning',
      found: `${webhook.state}: ${webhook.text ?? 'no reason told'}`,
      next:
        webhook.state === 'elsewhere'
          ? 'Give all processes the same PUBLIC_URL; on a copy of the database disable the connection.'
          : `deskledger connection ${status.id} --remote-setup makes it; until then changes come by the feed, minutes late.`,
    });
  if (silentSince)
    checks.push({
      what: 'silence',
      state: 'warning',
      found: `no webhook since ${silentSince}, although there are changes`,
      next: 'See at the vendor what its calls to PUBLIC_URL are answered; the feed brings the changes meanwhile.',
    });
  const ratio = completenessOf(status);
  if (status.counted && ratio !== null)
    checks.push(
      ratio === 1
        ? { what: 'completeness', state: 'ok', found: `all ${status.counted.there} ${recordsOf(status)} are held` }
        : ratio >= nearlyAll && status.counted.shortCounts < lastingShort
          ? {
              what: 'completeness',
              state: 'ok',
              found: `${percent(ratio)}: ${status.counted.here} of ${status.counted.there} as of ${status.counted.at}; it is counted again at the next look`,
            }
          : {
              what: 'completeness',
              state: 'warning',
              found: `${percent(ratio)} of ${status.counted.there} ${recordsOf(status)} created since ${status.counted.since} are held`,
              next: `deskledger backfill --since ${status.counted.since.slice(0, 10)} --connection ${status.id}`,
            },
    );
  const again = backfill && `deskledger backfill --since ${backfill.since.slice(0, 10)} --connection ${status.id}`;
  const holdsAllFound = backfill?.state === 'incomplete' && backfill.done >= backfill.found;
  if (backfill?.counted && holdsAllFound) {
    // A later count that finds nothing lacking has overtaken the one at its end.
    if (ratio !== 1)
      checks.push({
        what: 'backfill',
        state: 'warning',
        found: `incomplete: all ${backfill.found} ${recordsOf(status)} found are held, but the vendor counted ${backfill.counted.there} created since and we ${backfill.counted.here}`,
        next: `See that our user may see all ${recordsOf(status)}; ${again} looks again.`,
      });
  } else if (backfill && ['interrupted', 'incomplete'].includes(backfill.state))
    checks.push({
      what: 'backfill',
      state: 'warning',
      found: `${backfill.state}: ${backfill.done} of ${backfill.found} ${recordsOf(status)} found are held`,
      next:
        backfill.state === 'incomplete' && status.quarantined > 0
          ? 'It completes by itself when what is set aside was read (deskledger replay) or given up (deskledger replay --dismiss --ticket ID); until then older days count as not held.'
          : `${again} goes on.`,
    });
  if (backfill?.state === 'complete' && backfill.givenUp > 0)
    checks.push({
      what: 'backfill',
      state: 'ok',
      found: `complete but for ${backfill.givenUp} of ${backfill.found} ${recordsOf(status)} that were given up: what was not read of them is in no figure`,
    });
  return checks;
};

/** What the status of a connection tells, each check by its topic. */
const checksOf = (status: ConnectionStatus): Check[] => [
  ...healthChecks(status),
  status.quarantined > 0
    ? {
        what: 'quarantine',
        state: 'fault',
        found: `${status.quarantined} set aside`,
        next: 'GET /api/v1/quarantine says why; deskledger replay tries them again; deskledger replay --dismiss gives up deliveries that cannot be read, with --ticket ID that ticket.',
      }
    : { what: 'quarantine', state: 'ok', found: 'empty' },
  status.failed + status.doubt > 0
    ? {
        what: 'tags and mails',
        state: 'warning',
        found: `${status.failed} failed, ${status.doubt} in doubt`,
        next: 'See that our user may edit tickets and that mail goes out; deskledger replay writes failed tags again.',
      }
    : { what: 'tags and mails', state: 'ok', found: 'none failed, none in doubt' },
  status.lagSeconds > longLagSeconds
    ? {
        what: 'lag',
        state: 'fault',
        found: `${status.pending} pending, the oldest for ${status.lagSeconds} s`,
        next: 'Is a worker running? `deskledger worker`, or `npm start` for both roles.',
      }
    : { what: 'lag', state: 'ok', found: `${status.pending} pending` },
  status.lastError === null
    ? { what: 'last walk', state: 'ok', found: status.lastReconcileAt ?? 'none yet' }
    : {
        what: 'last walk',
        state: 'warning',
        found: status.lastError,
        next: `It is tried again by itself; deskledger reconcile --connection ${status.id} tries now.`,
      },
];

/** What is on its way while the days of a demo pass lags by days, and says nothing of a worker. */
const inHurry = (check: Check, { pending }: ConnectionStatus): Check =>
  check.what === 'lag'
    ? { what: 'lag', state: 'ok', found: `${pending} pending, while the days of a demo pass` }
    : check;

/** How we get on with the vendor, its webhook, quarantine, what was not written, lag and the last walk. */
export const statusChecks = (what: string, status: ConnectionStatus, { hurries = false } = {}): Check[] =>
  checksOf(status)
    .map((check) => (hurries ? inHurry(check, status) : check))
    .map((check) => ({ ...check, what: `${what}, ${check.what}` }));

/** Something wrong with a connection, in the words of `doctor`. */
export interface Attention {
  readonly topic: string;
  readonly level: 'fault' | 'warning';
  readonly found: string;
  readonly next: string;
}

/** Why a check that is not ok needs nobody at a page: it follows from another, or mends itself. */
const needsNobody = (what: string, status: ConnectionStatus): boolean => {
  if (what === 'lag' || what === 'last walk') return status.state !== 'ok';
  return what === 'state' && status.state === 'limited';
};

/** What a person should see to, faults first; empty where all is well. */
export const attentionOf = (status: ConnectionStatus): Attention[] =>
  checksOf(status)
    .flatMap(({ what, ...check }): Attention[] => {
      if (check.state === 'ok' || needsNobody(what, status)) return [];
      return [{ topic: what, level: check.state, found: check.found, next: check.next }];
    })
    .toSorted((a, b) => Number(a.level === 'warning') - Number(b.level === 'warning'));
