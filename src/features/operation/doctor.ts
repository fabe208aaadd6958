import type { HelpdeskClient } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/open.ts';
import type { Mailer } from '../../platform/mail.ts';
import type { StoreClient } from '../../stores/port.ts';
import type { Connection, Directory } from '../directory/index.ts';
import { connectionStatuses } from '../ingest/index.ts';
import { rollupDifferences } from '../reports/index.ts';

/** One thing that was looked at. A fault has a next step. */
export interface Check {
  readonly what: string;
  readonly state: 'ok' | 'warning' | 'fault';
  readonly found: string;
  readonly next?: string;
}

export interface DoctorReport {
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

/** Why something did not work, without addresses or secrets: our own errors say just that. */
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown error');

const attempt = async (what: string, next: string, work: () => Promise<string>): Promise<Check> => {
  try {
    return { what, state: 'ok', found: await work() };
  } catch (error) {
    return { what, state: 'fault', found: reasonOf(error), next };
  }
};

const count = async (db: Database, sql: string): Promise<number> => {
  const [row] = await db.query<{ n: bigint }>(sql);
  return Number(row?.n ?? 0n);
};

/** How far from PUBLIC_URL helpdesks can get: what is configured, not whether it can be reached from outside. */
const publicAddress = (publicUrl: string): Check => {
  const { hostname, protocol } = new URL(publicUrl);
  const local = hostname === 'localhost' || hostname.startsWith('127.') || hostname === '[::1]';
  if (local)
    return {
      what: 'public address',
      state: 'warning',
      found: `${publicUrl} is reached from this machine alone`,
      next: 'Set PUBLIC_URL to the https address at which helpdesks and customers reach this server.',
    };
  return protocol === 'https:'
    ? { what: 'public address', state: 'ok', found: publicUrl }
    : {
        what: 'public address',
        state: 'warning',
        found: `${publicUrl} is not https`,
        next: 'Put a proxy with TLS before the server and set PUBLIC_URL to it.',
      };
};

const inputs = async (db: Database): Promise<Check[]> => {
  const [partners, rates, fx, unpriced, unmapped, unknownFx] = [
    await count(db, "select count(*) as n from partner where code <> 'direct'"),
    await count(db, 'select count(*) as n from rate'),
    await count(db, 'select count(*) as n from fx_rate'),
    await count(db, 'select count(*) as n from work_entry where unpriced is not null and costed_seconds > 0'),
    await count(db, 'select count(*) as n from "order" where unmapped is not null'),
    await count(db, 'select count(*) as n from "order" where counted and reporting_micros is null'),
  ];
  const check = (what: string, good: boolean, found: string, next: string): Check => ({
    what,
    state: good ? 'ok' : 'warning',
    found,
    ...(!good && { next }),
  });
  return [
    check(
      'partners',
      partners > 0,
      `${partners} partners`,
      'deskledger import partners FILE.csv (columns code,name,aliases)',
    ),
    check(
      'rates',
      rates > 0,
      `${rates} rates`,
      'deskledger import rates FILE.csv (columns scope,key,hourly,currency,valid_from)',
    ),
    check(
      'exchange rates',
      fx > 0,
      `${fx} rates`,
      'Let FX_URL be fetched, or deskledger import fx FILE (an ECB file, or date,base,quote,rate)',
    ),
    check(
      'unpriced work',
      unpriced === 0,
      `${unpriced} work entries without a price`,
      'Add the missing rates or exchange rates; the entries are priced by themselves then.',
    ),
    check(
      'unpriced orders',
      unknownFx === 0,
      `${unknownFx} orders without an exchange rate`,
      'Import exchange rates for their currencies and days.',
    ),
    check(
      'unmapped orders',
      unmapped === 0,
      `${unmapped} orders name no known partner`,
      'Add the value to `values` of the mapping rule, or an alias to the partner.',
    ),
  ];
};

/** Looks at everything that is configured and says, for each fault, what to do next. */
export const examine = async (deps: {
  readonly db: Database;
  readonly clock: Clock;
  readonly directory: Directory;
  readonly mailer: Mailer;
  readonly publicUrl: string;
  readonly queueKind: 'Redis' | 'PostgreSQL';
  readonly pingQueue: () => Promise<void>;
  readonly helpdeskOf: (connection: Connection) => HelpdeskClient | null;
  readonly storeOf: (connection: Connection) => StoreClient | null;
}): Promise<DoctorReport> => {
  const { db, clock, directory } = deps;
  const checks: Check[] = [
    await attempt('database', 'Start PostgreSQL, or correct DATABASE_URL.', async () => {
      const [row] = await db.query<{ version: string; now: Date }>(
        "select current_setting('server_version') as version, now() as now",
      );
      return `PostgreSQL ${row?.version ?? 'unknown'}`;
    }),
    await attempt('queue', 'Start Redis, or correct REDIS_URL; without it the queue lies on PostgreSQL.', async () => {
      await deps.pingQueue();
      return deps.queueKind;
    }),
    await attempt('mail', 'Correct SMTP_URL; without it mails are files in DATA_DIR/outbox.', async () => {
      await deps.mailer.check();
      return 'mails can be handed over';
    }),
    publicAddress(deps.publicUrl),
    ...(await inputs(db)),
  ];
  const connections = await directory.connections.list();
  if (connections.length === 0)
    checks.push({
      what: 'connections',
      state: 'warning',
      found: 'none',
      next: 'deskledger connect zendesk --settings FILE.json, then connect bigcommerce',
    });
  const statuses = new Map((await connectionStatuses(db, clock.now())).map((status) => [status.id, status]));
  for (const connection of connections) {
    const what = `${connection.kind} "${connection.name}"`;
    const next = 'Check base address and credentials at the vendor; connect anew with corrected settings.';
    const helpdesk = deps.helpdeskOf(connection);
    const store = deps.storeOf(connection);
    if (helpdesk)
      checks.push(
        await attempt(
          what,
          next,
          async () => `signed in to ${(await helpdesk.verify()).accountName}, mode ${connection.mode}`,
        ),
      );
    if (store) checks.push(await attempt(what, next, async () => `signed in to ${(await store.verify()).storeName}`));
    const status = statuses.get(connection.id);
    if (!status) continue;
    checks.push(
      status.quarantined > 0
        ? {
            what: `${what}, quarantine`,
            state: 'fault',
            found: `${status.quarantined} set aside`,
            next: 'GET /api/v1/quarantine says why; deskledger replay tries them again.',
          }
        : { what: `${what}, quarantine`, state: 'ok', found: 'empty' },
      status.lagSeconds > 300
        ? {
            what: `${what}, lag`,
            state: 'fault',
            found: `${status.pending} pending, the oldest for ${status.lagSeconds} s`,
            next: 'Is a worker running? `deskledger worker`, or `npm start` for both roles.',
          }
        : { what: `${what}, lag`, state: 'ok', found: `${status.pending} pending` },
    );
    if (status.lastError !== null)
      checks.push({
        what: `${what}, last walk`,
        state: 'warning',
        found: status.lastError,
        next: 'It is tried again by itself; deskledger reconcile tries now.',
      });
  }
  const differences = await rollupDifferences(db);
  checks.push(
    differences.length === 0
      ? { what: 'totals', state: 'ok', found: 'daily totals equal the ledger' }
      : {
          what: 'totals',
          state: 'fault',
          found: `${differences.length} daily totals differ from the ledger`,
          next: 'Report this: the totals are wrong, the ledger holds.',
        },
  );
  return { ok: checks.every(({ state }) => state !== 'fault'), checks };
};
