import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '../../src/connect.ts';
import { addUpMarked } from '../../src/features/reports/index.ts';
import { openDatabase, withInstallation } from './installation.ts';
import { fillLedger, sizeOf } from './reports-fill.ts';
import { prepareInvited } from './reports-rivals.ts';
import { freePort, type Installation, keptFolder, temporaryFolder } from './server-process.ts';

const progress = (text: string): void => void process.stderr.write(`${text}\n`);

export const prepare = async (installation: Installation, postings: number) => {
  const startMs = performance.now();
  const { tokens, addUpSeconds } = await withInstallation(installation, async (product) => {
    await connect(product, {
      kind: 'zendesk',
      settings: {
        name: 'desk',
        subdomain: 'bench',
        email: 'bench@example.com',
        apiToken: 'none',
        webhookSecrets: ['none'],
        baseUrl: 'http://127.0.0.1:9',
      },
      mode: 'observe',
      remoteSetup: false,
      actor: 'bench',
    });
    const client = await openDatabase(installation);
    await fillLedger(client, sizeOf(postings), (step, seconds) => progress(`  ${step}: ${seconds.toFixed(1)} s`));
    await prepareInvited(client);
    const foldMs = performance.now();
    while ((await addUpMarked(product.db, { timeZone: 'UTC', patient: false })) > 0);
    const seconds = (performance.now() - foldMs) / 1000;
    // Tonight's look at the books would run beside what is measured.
    await client.query(
      "insert into reconciliation (night, started_at, ended_at, last_posting_id, balanced, completeness, timeliness, balance) select (now() at time zone 'UTC')::date, now(), now(), 0, true, '[]', '{}', '[]'",
    );
    await client.query('vacuum analyze');
    await client.end();
    const token = async (name: string, scopes: string) => (await product.access.createToken({ name, scopes })).token;
    return {
      tokens: { rates: await token('rates', 'read,rates,write'), read: await token('read', 'read') },
      addUpSeconds: seconds,
    };
  });
  return { tokens, addUpSeconds, buildSeconds: (performance.now() - startMs) / 1000 };
};

export type Prepared = Awaited<ReturnType<typeof prepare>>;
export type Tokens = Prepared['tokens'];

/** Where a ledger of this size is kept, or one that goes after. */
export const ledgerFolder = (kept: string | undefined, postings: number) =>
  kept === undefined ? temporaryFolder() : keptFolder(join(kept, String(postings)));

/** A prepared ledger in a folder, used again where it is there whole. */
export const preparedIn = async (
  folder: string,
  postings: number,
): Promise<Prepared & { installation: Installation }> => {
  const [dataDir, exports, told] = ['data', 'exports', 'prepared.json'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const installation: Installation = { dataDir, port: await freePort() };
  const known = await readFile(told, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (known !== null) return { ...(JSON.parse(known) as Prepared), installation };
  for (const path of [dataDir, exports]) {
    await rm(path, { recursive: true, force: true });
    await mkdir(path);
    await chmod(path, 0o777);
  }
  const prepared = await prepare(installation, postings);
  await writeFile(told, JSON.stringify(prepared));
  return { ...prepared, installation };
};
