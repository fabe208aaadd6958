import { compose, type Product } from './compose.ts';
import { loadConfig } from './config.ts';
import { AppError, type ErrorCode } from './core/errors.ts';
import { isDemo } from './demo-folder.ts';
import { type Check, type DoctorReport, examine, reasonOf } from './features/operation/index.ts';
import { explain } from './main.ts';
import type { Log } from './platform/log.ts';

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

const examineProduct = async (product: Product): Promise<DoctorReport> => {
  const { config, db, clock, directory, mailer, queues, orders, helpdesks, reporting } = product;
  return examine({
    db,
    clock,
    directory,
    mailer,
    mailsStay: config.smtpUrl === undefined && !(await isDemo(config)),
    publicUrl: config.publicUrl,
    reportingCurrency: reporting.currency,
    queueKind: config.redisUrl === undefined ? 'PostgreSQL' : 'Redis',
    pingQueue: queues.ping,
    hasWebhooks: ({ kind }) => helpdesks.has(kind),
    async signIn(connection) {
      if (!helpdesks.has(connection.kind)) {
        const { storeName, lacking } = await orders.clientOf(connection).verify();
        return [storeName, ...lacking].join('. ');
      }
      return (await product.helpdeskOf(connection).verify()).accountName;
    },
  });
};

/** Looks at everything that is configured; what keeps the product from starting is a fault like any other. */
export const doctor = async (log: Log): Promise<DoctorReport> => {
  let product: Product | undefined;
  try {
    product = await compose(loadConfig(), { log });
    return await examineProduct(product);
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
