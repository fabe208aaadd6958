import pg from 'pg';
import { pino } from 'pino';
import { compose, type Product } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { importText } from '../../src/import.ts';
import { createLog } from '../../src/platform/log.ts';
import { environmentOf, type Installation } from './server-process.ts';

/** Works on an installation from outside of its server, as the command line does, and leaves it again. */
export const withInstallation = async <Result>(
  installation: Installation,
  work: (product: Product) => Promise<Result>,
): Promise<Result> => {
  const product = await compose(loadConfig(environmentOf(installation)), {
    log: createLog({ level: 'warn', destination: pino.destination(2) }),
  });
  try {
    return await work(product);
  } finally {
    await product.close();
  }
};

/** A client of the database of an installation, to be ended by the caller. */
export const openDatabase = async (installation: Installation): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: await withInstallation(installation, async ({ db }) => db.url) });
  // The server is private: it ends with the last process that needs it.
  client.on('error', () => undefined);
  await client.connect();
  return client;
};

export const importAll = async (product: Product, files: Readonly<Record<string, string>>): Promise<void> => {
  for (const [what, text] of Object.entries(files))
    await importText(product, what, text, { dryRun: false, actor: 'bench' });
};
