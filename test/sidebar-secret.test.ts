import { expect, test } from 'vitest';
import { disconnect } from '../src/disconnect.ts';
import { makeSidebarSecret, sidebarSteps } from '../src/sidebar-secret.ts';
import { atEndOfFile } from './support/cleanup.ts';
import { testProduct } from './support/product.ts';
import { sidebarToken } from './support/sidebar-token.ts';

const { product } = await testProduct();
const { connections } = product.directory;
const app = await product.buildApp();
atEndOfFile(() => app.close());
const zendesk = await connections.create({
  kind: 'zendesk',
  settings: { name: 'main', subdomain: 'acme', email: 'api@example.com', apiToken: 'token' },
});
const make = async () => (await makeSidebarSecret(product, zendesk, 'mia'))?.secret ?? '';
const held = async () => (await connections.get('main')).settings.sidebarSecrets;

const opens = async (secret: string): Promise<number> => {
  // A process of its own each time: others believe what they hold for some seconds.
  const fresh = await product.buildApp();
  const headers = { authorization: `Bearer ${await sidebarToken(secret)}` };
  const { statusCode } = await fresh.inject({ url: '/sidebar/v1/choices', headers });
  await fresh.close();
  return statusCode;
};

test('a secret is made with the address it goes with, opens the sidebar, and the one before it goes on until the next', async () => {
  expect(await makeSidebarSecret(product, zendesk, 'mia')).toEqual({
    address: 'https://desk.example.com',
    secret: expect.stringMatching(/^[\w-]{43}$/),
  });
  const [second, third] = [await make(), await make()];
  expect(await held()).toEqual([third, second]);
  expect([await opens(second), await opens(third)]).toEqual([200, 200]);
});

test('bug: nothing said what to do with it, nor that Zendesk cannot reach an address that is not https', () => {
  const fine = sidebarSteps({ address: 'https://desk.example.com' });
  expect(fine).toContain('Next: npm run app:package -- --service https://desk.example.com');
  expect(fine.join(' ')).toContain('shown this once');
  expect(fine.join(' ')).not.toContain('PUBLIC_URL');
  const local = sidebarSteps({ address: 'http://127.0.0.1:3900' }).join('\n');
  expect(local).toContain(
    'needs an https address that its servers can reach, and PUBLIC_URL is http://127.0.0.1:3900.',
  );
  expect(local).toContain('npm run app:package -- --service https://');
  expect(local).not.toContain('--service http:');
  expect(sidebarSteps({ address: 'https://10.0.0.1' }).join('\n')).toContain('PUBLIC_URL is https://10.0.0.1.');
});

test('it is stored sealed, and told of by its setting alone', async () => {
  const secret = await make();
  const rows = await product.db.query('select * from connection');
  const audit = await product.db.query<{ actor: string; detail: object }>('select actor, detail from audit_log');
  const plain = JSON.stringify([rows, audit], (_, value) => (typeof value === 'bigint' ? String(value) : value));
  expect(plain).not.toContain(secret);
  expect(audit.at(-1)).toEqual({ actor: 'mia', detail: { connection: zendesk.id, keys: ['sidebarSecrets'] } });
});

test('a helpdesk without such an app gets none', async () => {
  const gorgias = await connections.create({
    kind: 'gorgias',
    settings: { name: 'desk', account: 'loom', email: 'us@example.com', apiKey: 'key' },
  });
  expect(await makeSidebarSecret(product, gorgias, 'mia')).toBeNull();
});

test('disconnect forgets it, also for the time after it is connected again', async () => {
  const secret = await make();
  const consent = async () => true;
  await disconnect(product, await connections.get('main'), { consent, leaveRemote: true, actor: 'mia' });
  expect(await opens(secret)).toBe(401);
  await connections.enable(zendesk.id, {});
  expect(await held()).toEqual([]);
  expect(await opens(secret)).toBe(401);
});
