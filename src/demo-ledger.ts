import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { Refused } from './core/errors.ts';
import { demoLogOf, typedPath } from './demo-folder.ts';
import { takeAlone } from './platform/database/in-use.ts';
import { openDatabase } from './platform/database/open.ts';

/** The demo's own settings: a folder of its own, an embedded database, mails as files, simulated vendors on loopback. */
export const demoConfig = (config: Config, fxUrl: string | undefined): Config => ({
  ...config,
  databaseUrl: undefined,
  redisUrl: undefined,
  secretKey: undefined,
  smtpUrl: undefined,
  dataDir: join(config.dataDir, 'demo'),
  fxUrl,
  allowPrivateUpstreams: true,
});

/** Empties the demo's own database, outbox and log; every demo starts from nothing. Throws Refused while another one runs there. */
export const clearDemo = async (config: Config): Promise<void> => {
  const db = await openDatabase({ dataDir: config.dataDir });
  try {
    await db.transaction(async (tx) => {
      if (!(await takeAlone(tx)))
        throw new Refused(
          `Another Deskledger process works with the demo in ${typedPath(config.dataDir)}; stop it first, or give this demo a folder of its own: DATA_DIR=data/second npm run demo`,
        );
      const schemas = await tx.query<{ name: string }>(
        "select nspname as name from pg_namespace where nspname not like 'pg\\_%' and nspname <> 'information_schema'",
      );
      for (const { name } of schemas) await tx.query(`drop schema ${JSON.stringify(name)} cascade`);
      await tx.query('create schema public');
    });
    await rm(join(config.dataDir, 'outbox'), { recursive: true, force: true });
    await writeFile(demoLogOf(config), '');
  } finally {
    await db.close();
  }
};
