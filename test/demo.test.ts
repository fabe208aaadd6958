import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { InvalidInput } from '../src/core/errors.ts';
import { parseHelpdesks, startDemo } from '../src/demo.ts';
import { announceUse } from '../src/platform/database/in-use.ts';
import { openDatabase } from '../src/platform/database/open.ts';
import { createLog } from '../src/platform/log.ts';
import { temporaryFolder } from './simulation/server.ts';
import { freePort } from './support/cli.ts';

test('the helpdesks of a demo are named with commas, each once', () => {
  expect(parseHelpdesks('zendesk')).toEqual(['zendesk']);
  expect(parseHelpdesks('kustomer, zendesk,kustomer')).toEqual(['zendesk', 'kustomer']);
});

test('a name that is no helpdesk of the demo is told, with those that are', () => {
  for (const text of ['freshdesk', '', 'zendesk,', 'zendesk;gorgias'])
    expect(() => parseHelpdesks(text)).toThrow(InvalidInput);
  expect(() => parseHelpdesks('zendesk,freshdesk')).toThrow(/"freshdesk".*zendesk, gorgias, kustomer/);
});

test('bug: a second demo on the same folder wiped the one that runs', async () => {
  const given = loadConfig({ DATA_DIR: await temporaryFolder(), PORT: String(await freePort()) });
  const running = await openDatabase({ dataDir: join(given.dataDir, 'demo') });
  const use = await announceUse(running.url, () => undefined);
  try {
    const mail = join(given.dataDir, 'demo', 'outbox', 'invitation.eml');
    await mkdir(dirname(mail), { recursive: true });
    await writeFile(mail, '');
    await running.query('create table here (told text)');

    const second = startDemo(given, { log: createLog({ level: 'silent' }) });
    await expect(second).rejects.toThrow(/Another Deskledger process works with the demo in .*demo; stop it first/);
    expect(await running.query('select told from here')).toEqual([]);
    await access(mail);
  } finally {
    await use.end();
    await running.close();
  }
}, 60_000);

test('bug: the first days of a demo were not held whole, for its clock ran while it connected', async () => {
  const given = loadConfig({ DATA_DIR: await temporaryFolder(), PORT: String(await freePort()) });
  const demo = await startDemo(given, { log: createLog({ level: 'silent' }) });
  try {
    const { db } = demo.running.product;
    const made = await db.query<{ at: string }>(
      `select distinct to_char(created_at at time zone 'UTC', 'HH24') as at from connection`,
    );
    expect(made).toEqual([{ at: '23' }]);
  } finally {
    await demo.stop();
  }
}, 120_000);

test('beside the tickets of its Zendesk stands the sidebar app, installed with the address and a secret of this product', async () => {
  const given = loadConfig({ DATA_DIR: await temporaryFolder(), PORT: String(await freePort()) });
  const demo = await startDemo(given, { log: createLog({ level: 'silent' }) });
  try {
    const { workspaceUrl = '' } = demo;
    expect(new URL(workspaceUrl).origin).toBe(demo.sandbox.zendesk.url);
    const app = async () => (await (await fetch(`${demo.sandbox.zendesk.url}/agent/app`)).json()) as { is: string };
    // Nothing is built before somebody looks.
    expect(await app()).toEqual({ is: 'none' });
    expect((await fetch(workspaceUrl)).status).toBe(200);
    await expect.poll(app, { timeout: 60_000 }).toMatchObject({
      is: 'ready',
      settings: { service_address: demo.running.product.config.publicUrl },
    });
  } finally {
    await demo.stop();
  }
}, 120_000);
