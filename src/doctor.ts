import { compose, type Product } from './compose.ts';
import { AppError, type ErrorCode } from './core/errors.ts';
import { commandClock, commandConfig, isDemo } from './demo-folder.ts';
import { type Connection, sharedCallCounts } from './features/directory/index.ts';
import { newestOpenTicket, type Watched } from './features/ingest/index.ts';
import {
  type AccountLook,
  type Check,
  type DoctorReport,
  examine,
  reasonOf,
  tagRoundTrip,
  testTagOf,
} from './features/operation/index.ts';
import type { HelpdeskClient } from './helpdesks/port.ts';
import { explain } from './main.ts';
import { wallClock } from './platform/clock.ts';
import type { Log } from './platform/log.ts';
import { reach } from './prove.ts';
import { adapterOf, wishOf } from './remote-setup.ts';

const nextSteps: Partial<Record<ErrorCode, string>> = {
  invalid_input: 'Correct the named settings; README.md lists them all.',
  unavailable: 'Start what does not answer, or correct its address; then run "deskledger doctor" again.',
};

/** What keeps the product from starting at all; of an error nobody foresaw its name and code alone, as everywhere in the report. */
const notStarted = (error: unknown): DoctorReport => ({
  ok: false,
  checks: [
    {
      what: 'start',
      state: 'fault',
      found: error instanceof AppError ? explain(error) : reasonOf(error),
      next:
        error instanceof AppError
          ? (nextSteps[error.code] ?? 'Do what it says, then run "deskledger doctor" again.')
          : 'See that the database is this product\'s own and that its user may change it; "deskledger migrate" shows the whole error.',
    },
  ],
});

/** One question to a helpdesk whose failure is an answer too. */
const orReason = async <Result>(question: () => Promise<Result>, otherwise: (reason: string) => Result) => {
  try {
    return await question();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return otherwise(error.message);
  }
};

/** A look at a connection's account by a client of its own, whose answers also tell the vendor's time. */
const lookAt = async (product: Product, connection: Connection): Promise<AccountLook> => {
  const { clock, config } = product;
  const adapter = adapterOf(product, connection.kind);
  if (!adapter) throw new TypeError(`there is no kind ${connection.kind}`);
  let skewMs: number | null = null;
  const client: Watched & Pick<HelpdeskClient, 'inspect' | 'fields'> = adapter.connect(
    adapter.settings.parse(connection.settings),
    {
      clock,
      allowPrivate: config.allowPrivateUpstreams,
      apiUserId: connection.apiUserId,
      // Together with the server's own calls it keeps to our share.
      ...(clock === wallClock && { counts: sharedCallCounts(product.db, connection.id) }),
      observe({ serverAt }) {
        if (serverAt && !clock.hurries?.()) skewMs = clock.now().getTime() - serverAt.getTime();
      },
    },
  );
  const findings = await orReason(
    async () => (await client.inspect?.()) ?? [],
    (text) => [{ topic: 'rights', level: 'warn', text, next: 'Try again when the helpdesk answers.' } as const],
  );
  const list = await orReason(
    async () => (await client.fields?.()) ?? null,
    () => null,
  );
  const accepts = (setting: string, id: string) => adapter.settings.shape[setting]?.safeParse(id).success === true;
  const { remote } = client;
  const webhook = remote
    ? await orReason<AccountLook['webhook']>(
        async () => remote.check(await wishOf(product, connection)),
        (reason) => ({ state: 'unknown', reason }),
      )
    : null;
  return { skewMs, findings, webhook, fields: list && { list, accepts } };
};

const examineProduct = async (product: Product, { write }: { readonly write: boolean }): Promise<DoctorReport> => {
  const { config, db, clock, directory, mailer, queues, orders, helpdesks, reporting } = product;
  const isDemoHere = await isDemo(config);
  return examine({
    db,
    clock,
    directory,
    mailer,
    mailsStay: config.smtpUrl === undefined && !isDemoHere,
    vendorsAreHere: isDemoHere,
    publicUrl: config.publicUrl,
    reportingCurrency: reporting.currency,
    queueKind: config.redisUrl === undefined ? 'PostgreSQL' : 'Redis',
    pingQueue: queues.ping,
    // A store whose webhooks were not wanted is read by its feed, and lacks nothing.
    hasWebhooks: async ({ id, kind }) =>
      helpdesks.has(kind) || (await directory.connections.remoteObjects(id)).length > 0,
    hasTickets: ({ kind }) => helpdesks.has(kind),
    isUnclocked: ({ kind }) => helpdesks.get(kind)?.clock === 'none',
    look: (connection) => lookAt(product, connection),
    reach: () => reach(product),
    ...(write && {
      async tryTag(what: string, connection: Connection) {
        const tag = testTagOf(connection.settings.tagPrefix);
        const externalId = await newestOpenTicket(db, connection.id);
        return tagRoundTrip(what, product.helpdeskOf(connection), { externalId, tag });
      },
    }),
    async signIn(connection) {
      if (!helpdesks.has(connection.kind)) {
        const { storeName, lacking } = await orders.clientOf(connection).verify();
        return [storeName, ...lacking].join('. ');
      }
      return (await product.helpdeskOf(connection).verify()).accountName;
    },
  });
};

/**
 * Looks at everything that is configured; what keeps the product from starting is a fault like any other. With `write` a test
 * tag is written to the newest open ticket of each helpdesk and taken away again.
 */
export const doctor = async (log: Log, { write = false } = {}): Promise<DoctorReport> => {
  let product: Product | undefined;
  try {
    const config = await commandConfig();
    product = await compose(config, { log, clock: await commandClock(config) });
    return await examineProduct(product, { write });
  } catch (error) {
    return notStarted(error);
  } finally {
    await product
      ?.close()
      .catch((error: unknown) => log.warn({ step: 'doctor', err: error }, 'what was opened could not be closed'));
  }
};

const marks = { ok: 'ok     ', warning: 'warning', fault: 'FAULT  ' } as const;

/** The report as lines for a person. */
export const doctorLines = ({ checks }: DoctorReport): string =>
  checks
    .map(
      (check: Check) =>
        `${marks[check.state]} ${check.what}: ${check.found}${check.state === 'ok' ? '' : `\n          -> ${check.next}`}\n`,
    )
    .join('');
