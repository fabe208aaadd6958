import { createHash } from 'node:crypto';
import { beforeEach, expect, test } from 'vitest';
import { type Access, createAccess, requireScope } from '../../../src/features/access/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { type StandingClock, standingClock } from '../../support/standing-clock.ts';

const dayMs = 86_400_000;

let db: Database;
let clock: StandingClock;
let access: Access;
let drawn = 0;

beforeEach(async () => {
  db ??= await testDatabase();
  for (const table of ['session', 'user_account', 'api_token', 'audit_log']) await db.query(`delete from ${table}`);
  clock = standingClock();
  access = createAccess({ db, clock, random: () => createHash('sha256').update(`${++drawn}`).digest() });
});

const signIn = async (name: string, scopes?: string): Promise<string> => {
  const link = await access.createSignIn({ name, ...(scopes !== undefined && { scopes }) });
  const session = await access.openSession(link.token);
  if (!session) throw new Error('the link opens nothing');
  return session.token;
};

const audited = async () =>
  (await db.query<{ actor: string; action: string; detail: object }>('select * from audit_log order by id')).map(
    ({ actor, action, detail }) => ({ actor, action, detail }),
  );

test('a new link without scopes does not widen those of an existing person and their running sessions', async () => {
  const session = await signIn('Ada', 'read');
  await access.createSignIn({ name: 'Ada' });
  expect(await access.bySession(session)).toMatchObject({ scopes: ['read'] });
  await access.createSignIn({ name: 'Ada', scopes: 'read,write' });
  expect(await access.bySession(session)).toMatchObject({ scopes: ['read', 'write'] });
});

test('a new person without scopes gets them all', async () => {
  await access.createSignIn({ name: 'Ada' });
  expect(await access.users()).toEqual([{ name: 'Ada', scopes: ['read', 'write', 'rates'] }]);
});

test('that somebody signed in is not forgotten when sessions and links expire', async () => {
  expect(await access.everSignedIn()).toBe(false);
  await access.createSignIn({ name: 'Ada' });
  expect(await access.everSignedIn()).toBe(false);
  await signIn('Ada');
  await signIn('Bea');
  clock.advance(31 * dayMs);
  await access.createSignIn({ name: 'Ada' });
  expect(await access.everSignedIn()).toBe(true);
  expect(await db.query("select 1 from session where kind = 'session'")).toEqual([]);
  expect(await db.query('select 1 from session where used_at is not null')).toHaveLength(1);
});

test('revoke ends the sessions and links of one person and leaves others alone', async () => {
  const [ada, bea] = [await signIn('Ada'), await signIn('Bea')];
  const { token: link } = await access.createSignIn({ name: 'Ada' });
  await access.revokeUser('Ada');
  expect(await access.bySession(ada)).toBeNull();
  expect(await access.openSession(link)).toBeNull();
  expect(await access.bySession(bea)).toMatchObject({ name: 'Bea' });
  expect(await access.users()).toContainEqual({ name: 'Ada', scopes: [] });
  await expect(access.revokeUser('Cid')).rejects.toMatchObject({ code: 'not_found' });
});

test('who was revoked comes back with scopes that are named, never by default', async () => {
  await access.createSignIn({ name: 'admin' });
  await access.revokeUser('admin');
  expect(await access.everSignedIn()).toBe(true);
  await expect(access.createSignIn({ name: 'admin' })).rejects.toMatchObject({ code: 'invalid_input' });
  const session = await signIn('admin', 'read');
  expect(await access.bySession(session)).toMatchObject({ scopes: ['read'] });
});

test('tokens, people and scopes that change are in the audit, what stays is not', async () => {
  await access.createToken({ name: 'export', scopes: 'read', actor: 'Bea' });
  await access.revokeToken('export');
  await access.createSignIn({ name: 'Ada', scopes: 'read', actor: 'server' });
  await access.createSignIn({ name: 'Ada' });
  await access.createSignIn({ name: 'Ada', scopes: 'read,rates' });
  await access.revokeUser('Ada');
  const [user] = await db.query<{ id: number }>('select id from user_account');
  expect(await audited()).toEqual([
    { actor: 'Bea', action: 'create token', detail: { name: 'export', scopes: ['read'] } },
    { actor: 'cli', action: 'revoke token', detail: { name: 'export' } },
    { actor: 'server', action: 'create user', detail: { user: user?.id, scopes: ['read'] } },
    { actor: 'cli', action: 'change scopes', detail: { user: user?.id, from: ['read'], to: ['read', 'rates'] } },
    { actor: 'cli', action: 'revoke user', detail: { user: user?.id, scopes: ['read', 'rates'] } },
  ]);
});

test('a token whose audit cannot be written is not made', async () => {
  await db.query("alter table audit_log add constraint full_log check (action <> 'create token')");
  await expect(access.createToken({ name: 'export', scopes: 'read' })).rejects.toThrow();
  await db.query('alter table audit_log drop constraint full_log');
  expect(await access.tokens()).toEqual([]);
});

test('bug: a refusal for want of a scope did not say what to do next', async () => {
  const ask = async (request: object): Promise<string> =>
    String(
      await Promise.resolve(Reflect.apply(requireScope(access, 'rates'), null, [request])).catch((no) => no.message),
    );
  const { token } = await access.createToken({ name: 'scopes', scopes: 'write,read' });
  expect(await ask({ method: 'GET', headers: { authorization: `Bearer ${token}` }, cookies: {} })).toBe(
    'This needs the scope "rates": make a token that has it (`deskledger token create --name NAME --scopes read,write,rates`).',
  );
  const cookies = { deskledger_session: await signIn('Eve', 'read') };
  expect(await ask({ method: 'GET', headers: {}, cookies })).toContain('user sign-in --name NAME --scopes read,rates');
});
