import { beforeAll, expect, it, vi } from 'vitest';
import { compose } from '../src/compose.ts';
import { loadConfig } from '../src/config.ts';
import { Refused } from '../src/core/errors.ts';
import { openDatabase } from '../src/platform/database/open.ts';
import { createLog } from '../src/platform/log.ts';
import { rebase } from '../src/rebase.ts';
import { temporaryFolder } from './simulation/server.ts';
import { runCli } from './support/cli.ts';
import { testDatabaseUrl } from './support/database.ts';

vi.setConfig({ testTimeout: 60_000 });

const log = createLog({ level: 'silent' });
const [made, other] = ['the key that it was made with, all of it', 'another key, as long as it has to be'];
let env: Record<string, string>;

beforeAll(async () => {
  env = { DATABASE_URL: await testDatabaseUrl(), DATA_DIR: await temporaryFolder(), FX_URL: 'off' };
});

const configOf = (key: string) => loadConfig({ ...env, SECRET_KEY: key });

const started = async (key: string, work: (connect: () => Promise<unknown>) => Promise<unknown> = async () => null) => {
  const product = await compose(configOf(key), { log });
  try {
    await work(() =>
      product.directory.connections.create({
        kind: 'bigcommerce',
        settings: { name: 'shop', storeHash: 'abc', accessToken: 't', clientId: 'c', clientSecret: 's' },
      }),
    );
  } finally {
    await product.close();
  }
};

it('bug: a wrong SECRET_KEY on an existing ledger started as a healthy server', async () => {
  await started(made, (connect) => connect());
  await expect(started(other)).rejects.toThrow(Refused);
  await expect(started(other)).rejects.toThrow(/cannot be decrypted with this key.*Restore that key/);
  await expect(rebase(configOf(other), { actor: 'test' })).rejects.toThrow(/cannot be decrypted with this key/);
  await started(made);

  const db = await openDatabase({ url: env.DATABASE_URL, dataDir: '' });
  try {
    // A ledger from before there was a check value.
    await db.query("delete from setting where key = 'secretKeyCheck'");
    await expect(started(other)).rejects.toThrow(/cannot be decrypted with this key/);
    await started(made);
    await db.query('delete from connection');
    // Where nothing else is sealed the check value alone tells.
    await expect(started(other)).rejects.toThrow(/cannot be decrypted with this key/);
  } finally {
    await db.close();
  }
});

it('bug: doctor on a ledger of another SECRET_KEY says so as a fault', async () => {
  await started(made);
  const { code, stdout } = await runCli(['doctor', '--json'], { ...env, SECRET_KEY: other });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    checks: [{ state: 'fault', found: expect.stringContaining('cannot be decrypted with this key') }],
  });
});
