import { hourMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import { isPrivateUrl } from '../../platform/http/address.ts';
import type { Mailer } from '../../platform/mail.ts';
import { reconciliations } from '../books/index.ts';
import type { Connection, Directory } from '../directory/index.ts';
import { connectionStatuses } from '../ingest/index.ts';
import { rollupDifferences } from '../reports/index.ts';
import { type AccountLook, accountChecks, measuredCheck } from './account-checks.ts';
import { attempt, type Check, reasonOf } from './check.ts';
import { signInCheck, statusChecks, webhookCheck } from './connection-checks.ts';
import { inputChecks } from './inputs.ts';

export interface DoctorReport {
  /** False where anything is a fault. */
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

interface Patient {
  readonly db: Database;
  readonly clock: Clock;
  readonly directory: Directory;
  readonly mailer: Mailer;
  /** Mails are files that nobody sends on. */
  readonly mailsStay: boolean;
  readonly publicUrl: string;
  /** The vendors are simulators on this machine, as in a demo: any address reaches us. */
  readonly vendorsAreHere?: boolean;
  readonly reportingCurrency: string;
  readonly queueKind: 'Redis' | 'PostgreSQL';
  readonly pingQueue: () => Promise<void>;
  /** Proves a connection's credentials and says which account they lead to; throws where they do not. */
  readonly signIn: (connection: Connection) => Promise<string>;
  readonly hasWebhooks: (connection: Connection) => boolean | Promise<boolean>;
  /** Absent: what has webhooks has tickets. */
  readonly hasTickets?: (connection: Connection) => boolean;
  /** The helpdesk measures no work; absent: each does. */
  readonly isUnclocked?: (connection: Connection) => boolean;
  /** Looks at the account of a connection that can be signed in to; reads only. */
  readonly look?: (connection: Connection) => Promise<AccountLook>;
  /** Why nothing of ours answers at PUBLIC_URL, as seen from here; null: it answers. */
  readonly reach?: () => Promise<string | null>;
  /** Writes a test tag to a ticket and takes it away again; absent: nothing is written. */
  readonly tryTag?: (what: string, connection: Connection) => Promise<Check>;
}

/** How far PUBLIC_URL can be reached: what is configured, and whether it leads here from this machine. */
const publicAddress = async ({ publicUrl, vendorsAreHere, reach }: Patient): Promise<Check> => {
  const what = 'public address';
  if (vendorsAreHere) return { what, state: 'ok', found: `${publicUrl}, and the demo's vendors are on this machine` };
  if (isPrivateUrl(publicUrl))
    return {
      what,
      state: 'warning',
      found: `${publicUrl} is reached from this machine or network alone; helpdesks cannot reach it`,
      next: 'Set PUBLIC_URL to the https address at which helpdesks and customers reach this server, then run "deskledger connection NAME --remote-setup".',
    };
  if (!publicUrl.startsWith('https:'))
    return {
      what,
      state: 'warning',
      found: `${publicUrl} is not https`,
      next: 'Put a proxy with TLS before the server and set PUBLIC_URL to it.',
    };
  const fault = (await reach?.()) ?? null;
  return fault === null
    ? { what, state: 'ok', found: reach ? `${publicUrl} answers` : publicUrl }
    : {
        what,
        state: 'warning',
        found: `${publicUrl} does not answer as seen from this machine: ${fault}`,
        next: 'Is the server running, and does PUBLIC_URL lead to it? Behind a router that hides it from itself, look from outside.',
      };
};

/** Mails that cannot be handed over are a fault; files are as good as sent where somebody takes them away. */
const mail = async ({ mailer, mailsStay }: Patient): Promise<Check> => {
  const what = 'mail';
  const check = await attempt(what, 'Correct SMTP_URL; without it mails are files in DATA_DIR/outbox.', async () => {
    await mailer.check();
    return 'mails can be handed over';
  });
  return mailsStay && check.state === 'ok'
    ? {
        what,
        state: 'warning',
        found: 'no mail is sent: mails lie as files in DATA_DIR/outbox',
        next: 'Set SMTP_URL to send them, and MAIL_FROM to the address they come from.',
      }
    : check;
};

const machinery = (patient: Patient): Promise<Check[]> => {
  const { db, queueKind, pingQueue } = patient;
  return Promise.all([
    attempt('database', 'Start PostgreSQL, or correct DATABASE_URL.', async () => {
      const [row] = await db.query<{ version: string }>("select current_setting('server_version') as version");
      return `PostgreSQL ${row?.version ?? 'unknown'}`;
    }),
    attempt('queue', 'Start Redis, or correct REDIS_URL; without it the queue lies on PostgreSQL.', async () => {
      await pingQueue();
      return queueKind;
    }),
    mail(patient),
  ]);
};

const connections = async (patient: Patient): Promise<Check[]> => {
  const { db, clock, directory } = patient;
  const known = await directory.connections.list();
  if (known.length === 0)
    return [
      {
        what: 'connections',
        state: 'warning',
        found: 'none',
        next: 'deskledger connect zendesk, then deskledger connect bigcommerce',
      },
    ];
  const statuses = new Map((await connectionStatuses(db, clock.now())).map((status) => [status.id, status]));
  const checked = known.map(async (connection): Promise<Check[]> => {
    const what = `${connection.kind} "${connection.name}"`;
    const status = statuses.get(connection.id);
    const signedIn = await signInCheck(what, connection, () => patient.signIn(connection));
    // What was well at the last walk is no news beside a sign-in that failed just now.
    const isOutdated = (check: Check) =>
      signedIn.state !== 'ok' && check.state === 'ok' && check.what === `${what}, state`;
    const hasWebhooks = await patient.hasWebhooks(connection);
    const isHelpdesk = patient.hasTickets?.(connection) ?? hasWebhooks;
    const look = hasWebhooks && signedIn.state === 'ok' ? await patient.look?.(connection) : undefined;
    const unclocked = patient.isUnclocked?.(connection) ?? false;
    const measured = isHelpdesk
      ? await measuredCheck(db, what, { id: connection.id, now: clock.now(), unclocked })
      : null;
    return [
      signedIn,
      ...(look ? accountChecks(what, connection, look) : []),
      ...(hasWebhooks ? [webhookCheck(what, connection, status)] : []),
      ...(look && isHelpdesk && patient.tryTag ? [await patient.tryTag(what, connection)] : []),
      ...(measured ? [measured] : []),
      ...(status
        ? statusChecks(what, status, { hurries: clock.hurries?.() ?? false }).filter((check) => !isOutdated(check))
        : []),
    ];
  });
  return (await Promise.all(checked)).flat();
};

const totals = async (db: Database, reportingCurrency: string): Promise<Check[]> => {
  const differences = await rollupDifferences(db);
  // What a re-base reversed adds up to nothing.
  const foreign = await db.query<{ currency: string }>(
    'select currency from posting where currency <> $1 group by 1 having sum(cost_micros) <> 0 or sum(microseconds) <> 0',
    [reportingCurrency],
  );
  return [
    foreign.length === 0
      ? { what: 'currencies', state: 'ok', found: `every cost is in ${reportingCurrency}` }
      : {
          what: 'currencies',
          state: 'fault',
          found: `costs in ${foreign.map(({ currency }) => currency).join(', ')} are added to ${reportingCurrency}`,
          next: 'Report this, and restore the database from before the last change of REPORTING_CURRENCY.',
        },
    differences.length === 0
      ? { what: 'totals', state: 'ok', found: 'daily totals equal the ledger' }
      : {
          what: 'totals',
          state: 'fault',
          found: `${differences.length} daily totals differ from the ledger`,
          next: 'Report this: the totals are wrong, the ledger holds.',
        },
  ];
};

/** A night is looked at late where its worker was busy; after a day and a half nobody looked. */
const longNightMs = 36 * hourMs;

/** What the last nightly check found; what it does not know is looked at by `totals` now. */
const books = async (sql: Sql, now: Date): Promise<Check[]> => {
  const what = 'books';
  const [last] = await reconciliations(sql, 1);
  if (!last) return [{ what, state: 'ok', found: 'no night was looked at yet' }];
  const [wrong] = last.balance;
  const found = last.balance.map((one) => `${one.count} ${one.found} (${one.examples.join(', ')})`).join('; ');
  if (wrong) return [{ what, state: 'fault', found: `as of ${last.night}: ${found}`, next: wrong.next }];
  if (now.getTime() - last.endedAt.getTime() > longNightMs)
    return [
      {
        what,
        state: 'warning',
        found: `they were last looked at on ${last.night}`,
        next: 'Is a worker running? `deskledger worker`, or `npm start` for both roles; else see its log for "reconcile books".',
      },
    ];
  const { p95LagSeconds } = last.timeliness;
  const lag = p95LagSeconds === null ? '' : `; 95 % of new work was posted within ${p95LagSeconds} s`;
  return [{ what, state: 'ok', found: `in balance as of ${last.night}${lag}` }];
};

/** Several checks that stand on one thing: where that fails, one fault in their place. */
const group = async (what: string, next: string, checks: () => Promise<Check[]>): Promise<Check[]> => {
  try {
    return await checks();
  } catch (error) {
    return [{ what, state: 'fault', found: reasonOf(error), next }];
  }
};

/** Looks at everything that is configured and says, for each fault, what to do next. Never throws for a fault. */
export const examine = async (patient: Patient): Promise<DoctorReport> => {
  const { db, clock, reportingCurrency } = patient;
  const readable = 'See that the database answers, and that SECRET_KEY is the one this ledger was started with.';
  const checks: Check[] = [
    ...(await machinery(patient)),
    await publicAddress(patient),
    ...(await group('inputs', readable, () => inputChecks(db, { reportingCurrency, now: clock.now() }))),
    ...(await group('connections', readable, () => connections(patient))),
    ...(await group('totals', readable, () => totals(db, reportingCurrency))),
    ...(await group('books', readable, () => books(db, clock.now()))),
  ];
  return { ok: checks.every(({ state }) => state !== 'fault'), checks };
};
