import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { wallClock } from '../src/platform/clock.ts';
import { type BigcommerceSandbox, createBigcommerceSandbox } from '../src/sandbox/bigcommerce/index.ts';
import { createZendeskSandbox } from '../src/sandbox/zendesk/index.ts';
import { atEndOfFile } from './support/cleanup.ts';
import { type Ran, runCli } from './support/cli.ts';
import { testDatabaseUrl } from './support/database.ts';

// Each run is a process that loads the whole product.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let folder: string;
let store: BigcommerceSandbox;
let env: Record<string, string>;

const file = async (name: string, content: object): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify(content));
  return path;
};
const run = (...args: string[]): Promise<Ran> => runCli([...args, '--json'], env);
const refusal = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  return stderr;
};
const done = async (...args: string[]) => {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return { answer: JSON.parse(stdout), stderr };
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deskledger-options-'));
  atEndOfFile(() => rm(folder, { recursive: true }));
  const zendesk = await createZendeskSandbox({ clock: wallClock, seed: 'options' });
  store = await createBigcommerceSandbox({ clock: wallClock, seed: 'options' });
  atEndOfFile(async () => {
    await Promise.all([zendesk.close(), store.close()]);
  });
  env = {
    DATABASE_URL: await testDatabaseUrl(),
    SECRET_KEY: 'k'.repeat(32),
    DATA_DIR: join(folder, 'data'),
    PUBLIC_URL: 'https://desk.example.com',
    ALLOW_PRIVATE_UPSTREAMS: 'true',
  };
  const connect = async (kind: string, settings: object) =>
    done('connect', kind, '--no-remote-setup', '--settings', await file(`${kind}.json`, settings));
  await connect('zendesk', { ...zendesk.settings, name: 'desk' });
  await connect('bigcommerce', { ...store.settings, name: 'store' });
});

test('bug: a flag that a store does not know made its webhooks, before anything was said', async () => {
  const calls = store.calls();
  const settings = await file('again.json', { ...store.settings, name: 'other' });
  const refused = [
    await refusal('connection', 'store', '--sidebar'),
    await refusal('connection', 'store', '--fields', '--remote-setup'),
    await refusal('connection', 'store', '--mode', 'act', '--remote-setup'),
    await refusal('connect', 'bigcommerce', '--settings', settings, '--sidebar', '--yes'),
  ];
  expect(refused.map((text) => /--\w+/.exec(text)?.[0])).toEqual(['--sidebar', '--fields', '--mode', '--sidebar']);
  for (const text of refused) expect(text).toContain('Nothing was done');
  expect(refused[0]).toContain('gorgias and zendesk have');
  expect([store.calls(), store.hooks.hooks.size]).toEqual([calls, 0]);
});

test('bug: a disconnected connection was connected again with settings that were refused', async () => {
  await done('disconnect', 'desk', '--yes');
  const wrong = await file('wrong.json', { apiToken: 'not-the-token' });
  expect(await refusal('connection', 'desk', '--enable', '--settings', wrong)).toContain('check both');
  expect(await refusal('connection', 'desk')).toContain('known are store');
  await done('connection', 'desk', '--enable', '--settings', await file('prefix.json', { tagPrefix: 'a_' }));
  expect((await done('connection', 'desk')).answer).toMatchObject({ connections: [{ name: 'desk', mode: 'observe' }] });
});

test('bug: a third secret of the sidebar app ended the first without a word, and agents were locked out', async () => {
  const secrets: string[] = [];
  for (let made = 0; made < 2; made += 1) {
    const { answer, stderr } = await done('connection', 'desk', '--sidebar');
    expect(stderr).toMatch(/shown this once.*holds until this command is run again.*Upload private app/s);
    secrets.push(answer.sidebar.secret);
  }
  const refused = await refusal('connection', 'desk', '--sidebar');
  expect(refused).toMatch(/Two secrets of "desk".*all agents are locked out.*--yes/s);
  const { answer, stderr } = await done('connection', 'desk', '--sidebar', '--yes');
  expect(secrets).not.toContain(answer.sidebar.secret);
  expect(stderr).toContain('locked out');
});

test('bug: a secret was made and never shown where the switch of mode beside it failed', async () => {
  await done('disconnect', 'desk', '--yes');
  await done('connection', 'desk', '--enable');
  const away = await file('away.json', { baseUrl: 'http://127.0.0.1:1' });
  await done('connection', 'desk', '--settings', away);
  await refusal('connection', 'desk', '--sidebar', '--mode', 'act', '--yes');
  // The first two are made without a question: none was kept before.
  await done('connection', 'desk', '--sidebar');
  await done('connection', 'desk', '--sidebar');
});
