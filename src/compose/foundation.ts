import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Config, ensureSecretKey } from '../config.ts';
import { type Access, createAccess } from '../features/access/index.ts';
import { createDirectory, type Directory, type ReportingBasis } from '../features/directory/index.ts';
import { helpdesks } from '../helpdesks/registry.ts';
import { type Clock, wallClock } from '../platform/clock.ts';
import { createVault, type Vault } from '../platform/crypto.ts';
import { makeDataFolder } from '../platform/data-folder.ts';
import { announceUse, type Use } from '../platform/database/in-use.ts';
import { migrate } from '../platform/database/migrate.ts';
import { type Database, openDatabase } from '../platform/database/open.ts';
import { createLog, type Log, type RunStep, step } from '../platform/log.ts';
import { createMailer, type Mailer } from '../platform/mail.ts';
import { createMetrics, type Metrics } from '../platform/metrics.ts';
import { createQueues, type Queues } from '../platform/queue/queues.ts';
import { storeAdapters } from '../stores/registry.ts';

/** What all parts stand on; whoever lays it closes it. */
export interface Foundation {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly runStep: RunStep;
  readonly db: Database;
  readonly vault: Vault;
  readonly directory: Directory;
  readonly access: Access;
  readonly queues: Queues;
  readonly mailer: Mailer;
  readonly outboxDir: string;
  readonly reporting: ReportingBasis;
  close(): Promise<void>;
}

/** Opens and migrates the database, announces our use of it and reads the secret key and the reporting basis. */
export const layFoundation = async (
  config: Config,
  { clock, log: givenLog }: { readonly clock: Clock; readonly log?: Log | undefined },
): Promise<Foundation> => {
  const log = givenLog ?? createLog({ level: config.logLevel });
  const metrics = createMetrics();
  const outboxDir = join(config.dataDir, 'outbox');
  await makeDataFolder(config.dataDir);
  const vault = createVault(await ensureSecretKey(config));
  const onError = (error: unknown) =>
    log.warn({ step: 'database', err: error }, 'a database connection broke; a new one is made');
  const db = await openDatabase({ url: config.databaseUrl, dataDir: config.dataDir, onError });
  let use: Use | undefined;
  try {
    await migrate(db.url);
    // Before the basis is read: a re-base cannot slip in between.
    use = await announceUse(db.url, onError);
    const directory = createDirectory({ db, vault, clock, helpdesks, stores: storeAdapters });
    await directory.keepSecretKey();
    const reporting = await directory.reportingBasis({
      currency: config.reportingCurrency,
      timeZone: config.reportingTimezone,
    });
    const queues = createQueues({ redisUrl: config.redisUrl, databaseUrl: db.url, log });
    return {
      config,
      clock,
      log,
      metrics,
      runStep: (name, work) => step(log, name, work, { ended: metrics.step }),
      db,
      vault,
      directory,
      // Links and sessions last as long as people and browsers count, however fast a demo's days pass.
      access: createAccess({ db, clock: wallClock, random: randomBytes }),
      queues,
      mailer: createMailer({ smtpUrl: config.smtpUrl, outboxDir, from: config.mailFrom, clock }),
      outboxDir,
      reporting,
      async close() {
        await queues.close();
        await use?.end();
        await db.close();
      },
    };
  } catch (error) {
    await use?.end();
    await db.close();
    throw error;
  }
};
