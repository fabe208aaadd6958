import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Conflict, InvalidInput, NotFound } from '../../../src/core/errors.ts';
import { createDirectory, type Directory } from '../../../src/features/directory/index.ts';
import type { HelpdeskAdapter } from '../../../src/helpdesks/port.ts';
import { createVault } from '../../../src/platform/crypto.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import type { StoreAdapter } from '../../../src/stores/port.ts';
import { testDatabase } from '../../support/database.ts';
import { type StandingClock, standingClock } from '../../support/standing-clock.ts';

const desk = {
  kind: 'desk',
  settings: z.object({
    name: z.string(),
    email: z.email().meta({ identifies: true }),
    apiToken: z.string().min(8),
    webhookSecrets: z.array(z.string()).default([]),
    tagPrefix: z.string().default(''),
  }),
  secretKeys: ['apiToken', 'webhookSecrets'],
} as unknown as HelpdeskAdapter;
const shop = {
  kind: 'shop',
  settings: z.object({ name: z.string(), token: z.string() }),
  secretKeys: ['token'],
} as unknown as StoreAdapter;
const settings = { name: 'main', email: 'api@example.com', apiToken: 'token-123456', webhookSecrets: ['first'] };

let db: Database;
let clock: StandingClock;
let directory: Directory;
let keysMade = 0;

/** Another process on the same database. */
const anotherDirectory = (): Directory =>
  createDirectory({
    db,
    vault: createVault('k'.repeat(32)),
    clock,
    helpdesks: new Map([['desk', desk]]),
    stores: new Map([['shop', shop]]),
    random: (bytes) => {
      keysMade += 1;
      return Buffer.alloc(bytes, keysMade);
    },
  });

beforeEach(async () => {
  db ??= await testDatabase();
  for (const table of ['connection', 'audit_log']) await db.query(`delete from ${table}`);
  clock = standingClock();
  directory = anotherDirectory();
});

const fieldsOf = async (creating: Promise<unknown>): Promise<string[]> => {
  const error = await creating.catch((thrown: unknown) => thrown);
  if (!(error instanceof InvalidInput)) throw error ?? new Error('nothing was refused');
  return error.faults.map(({ field }) => field);
};

describe('create', () => {
  it('observes at first, parses the settings and encrypts the secrets', async () => {
    const connection = await directory.connections.create({ kind: 'desk', settings });
    expect(connection).toMatchObject({
      kind: 'desk',
      name: 'main',
      mode: 'observe',
      surveysSince: null,
      apiUserId: null,
      createdAt: clock.now(),
      settings: { ...settings, tagPrefix: '' },
    });
    expect(connection.webhookKey).toMatch(/^[A-Za-z0-9_-]{32,}$/);
    const [row] = await db.query<{ settings: object; secrets: Buffer; whole: string }>(
      'select settings, secrets, c::text as whole from connection c',
    );
    expect(row?.settings).toEqual({ name: 'main', email: 'api@example.com', tagPrefix: '' });
    expect(row?.secrets.toString('latin1')).not.toContain('token-123456');
    expect(JSON.stringify(await db.query('select detail from audit_log'))).not.toContain('token-123456');
  });

  it('gives each connection a key of its own', async () => {
    const a = await directory.connections.create({ kind: 'desk', settings });
    const b = await directory.connections.create({ kind: 'shop', settings: { name: 'shop', token: 't' } });
    expect(a.webhookKey).not.toBe(b.webhookKey);
  });

  it('sets surveysSince when it starts in act', async () => {
    expect(await directory.connections.create({ kind: 'desk', settings, mode: 'act' })).toMatchObject({
      mode: 'act',
      surveysSince: clock.now(),
    });
  });

  it('names every faulty setting', async () => {
    expect(
      await fieldsOf(
        directory.connections.create({ kind: 'desk', settings: { name: '12', email: 'no', webhookSecrets: [1] } }),
      ),
    ).toEqual(['email', 'apiToken', 'webhookSecrets.0', 'name']);
    expect(await fieldsOf(directory.connections.create({ kind: 'desk', settings: 'text' }))).toEqual(['settings']);
  });

  it('names the kinds there are', async () => {
    const error = await directory.connections.create({ kind: 'fax', settings }).catch((thrown: unknown) => thrown);
    expect((error as InvalidInput).faults).toEqual([{ field: 'kind', reason: 'known are desk, shop' }]);
  });

  it('refuses a name that is taken', async () => {
    await directory.connections.create({ kind: 'desk', settings });
    await expect(directory.connections.create({ kind: 'desk', settings })).rejects.toThrow(Conflict);
    expect(await directory.connections.list()).toHaveLength(1);
  });
});

describe('get and list', () => {
  it('finds by id and by name, and names what there is', async () => {
    const { id } = await directory.connections.create({ kind: 'desk', settings });
    expect((await directory.connections.get('main')).id).toBe(id);
    expect((await directory.connections.get(String(id))).settings).toEqual({ ...settings, tagPrefix: '' });
    await expect(directory.connections.get('other')).rejects.toThrow(`known are main (${id})`);
    await expect(directory.connections.get('99')).rejects.toThrow(NotFound);
    expect((await directory.connections.list()).map(({ name }) => name)).toEqual(['main']);
  });
});

describe('byWebhookKey', () => {
  it('knows a connection at once, and sees what another process changed after a few seconds', async () => {
    expect(await directory.connections.byWebhookKey('x'.repeat(43))).toBeNull();
    const { id, webhookKey } = await anotherDirectory().connections.create({ kind: 'desk', settings });
    expect((await directory.connections.byWebhookKey(webhookKey))?.id).toBe(id);
    await anotherDirectory().connections.setMode(id, 'act');
    expect((await directory.connections.byWebhookKey(webhookKey))?.mode).toBe('observe');
    clock.advance(3000);
    expect((await directory.connections.byWebhookKey(webhookKey))?.mode).toBe('act');
  });

  it('sees its own changes at once', async () => {
    const { id, webhookKey } = await directory.connections.create({ kind: 'desk', settings });
    await directory.connections.byWebhookKey(webhookKey);
    await directory.connections.setApiUser(id, '900');
    expect((await directory.connections.byWebhookKey(webhookKey))?.apiUserId).toBe('900');
  });

  it.each(['', '../x', 'short', 'ä'.repeat(40)])('has none for %j', async (key) => {
    expect(await directory.connections.byWebhookKey(key)).toBeNull();
  });
});

describe('setMode', () => {
  it('logs each change, and does nothing where there is none', async () => {
    const { id } = await directory.connections.create({ kind: 'desk', settings });
    const { surveysSince } = await directory.connections.setMode(id, 'act');
    await directory.connections.setMode(id, 'observe', 'ada');
    await directory.connections.setMode(id, 'act');
    clock.advance(60_000);
    expect(await directory.connections.setMode(id, 'act')).toMatchObject({ mode: 'act', surveysSince });
    const log = await db.query<{ actor: string; detail: object }>(
      `select actor, detail from audit_log where action = 'set mode' order by id`,
    );
    expect(log).toEqual([
      { actor: 'cli', detail: { connection: id, from: 'observe', to: 'act' } },
      { actor: 'ada', detail: { connection: id, from: 'act', to: 'observe' } },
      { actor: 'cli', detail: { connection: id, from: 'observe', to: 'act' } },
    ]);
    await expect(directory.connections.setMode(99, 'act')).rejects.toThrow(NotFound);
  });

  it('bug: a connection that acted again asked about tickets that were solved while it only observed', async () => {
    const { id } = await directory.connections.create({ kind: 'desk', settings });
    const first = clock.now();
    expect(await directory.connections.setMode(id, 'act')).toMatchObject({ mode: 'act', surveysSince: first });
    clock.advance(60_000);
    expect(await directory.connections.setMode(id, 'observe')).toMatchObject({ mode: 'observe', surveysSince: first });
    clock.advance(60_000);
    expect(await directory.connections.setMode(id, 'act')).toMatchObject({ mode: 'act', surveysSince: clock.now() });
    expect(clock.now()).not.toEqual(first);
  });
});

describe('keepMade', () => {
  const nothing = { objects: [], settings: {} };
  const field = { what: 'field', externalId: '77', name: 'Sales partner' } as const;

  it('keeps the two newest of a list of secrets for a rotation, and replaces everything else', async () => {
    const { connections } = directory;
    const { id } = await connections.create({ kind: 'desk', settings });
    const keep = (made: Record<string, unknown>) => connections.keepMade(id, { ...nothing, settings: made });
    await keep({ webhookSecrets: ['second'], apiToken: 'token-654321', tagPrefix: 'a_' });
    expect((await connections.get('main')).settings).toMatchObject({
      webhookSecrets: ['second', 'first'],
      apiToken: 'token-654321',
      tagPrefix: 'a_',
    });
    await keep({ webhookSecrets: ['third'] });
    expect((await connections.get('main')).settings).toMatchObject({ webhookSecrets: ['third', 'second'] });
    expect(JSON.stringify(await db.query('select detail from audit_log'))).not.toContain('third');
    expect(await fieldsOf(keep({ apiToken: 'short' }))).toEqual(['apiToken']);
  });

  it('remembers each object once until it is gone, and forgets a field in the settings with it', async () => {
    const { connections } = directory;
    const { id } = await connections.create({ kind: 'desk', settings });
    const webhook = { what: 'webhook', externalId: 'w1', name: 'Deskledger' } as const;
    await connections.keepMade(id, { objects: [webhook, field], settings: { tagPrefix: '77' } });
    await connections.keepMade(id, { objects: [webhook], settings: {} });
    expect(await connections.remoteObjects(id)).toEqual([field, webhook]);
    await connections.forgetMade(id, [field]);
    expect(await connections.remoteObjects(id)).toEqual([webhook]);
    expect((await connections.get('main')).settings).toMatchObject({ tagPrefix: '', email: 'api@example.com' });
  });
});

describe('disconnecting', () => {
  it('takes the connection away from everybody but those who ask for it, and keeps its name', async () => {
    const { connections } = directory;
    const { id, webhookKey } = await connections.create({ kind: 'desk', settings, mode: 'act' });
    await connections.disable(id);
    expect(await connections.list()).toEqual([]);
    await expect(connections.get('main')).rejects.toThrow(NotFound);
    expect(await connections.byWebhookKey(webhookKey)).toBeNull();
    expect(await connections.getDisabled('main')).toMatchObject({ id });
    await expect(connections.getDisabled('other')).rejects.toThrow(`main (${id})`);
    await expect(connections.create({ kind: 'desk', settings })).rejects.toThrow('perhaps disconnected');
  });

  it('connects again in observe, at the same address, with surveys for nobody of before', async () => {
    const { connections } = directory;
    const { id, webhookKey } = await connections.create({ kind: 'desk', settings, mode: 'act' });
    await connections.disable(id);
    const again = await connections.enable(id, { settings: { ...settings, name: 'back', webhookSecrets: [] } });
    expect(again).toMatchObject({ id, name: 'back', webhookKey, mode: 'observe', surveysSince: null });
    expect(again.settings).toMatchObject({ webhookSecrets: [] });
    const log = await db.query<{ action: string }>('select action from audit_log order by id');
    expect(log.map(({ action }) => action)).toEqual(['create connection', 'disconnect', 'connect again']);
  });

  it('knows the disconnected connection of the same account by its identifying settings', async () => {
    const { connections } = directory;
    const { id } = await connections.create({ kind: 'desk', settings });
    expect(await connections.disabledTwin('desk', settings)).toBeNull();
    await connections.disable(id);
    expect(await connections.disabledTwin('desk', { ...settings, name: 'new' })).toMatchObject({ id });
    expect(await connections.disabledTwin('desk', { ...settings, email: 'c@example.com' })).toBeNull();
    expect(await connections.disabledTwin('shop', { name: 'x', token: 'y' })).toBeNull();
  });
});
