import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { withLocalSdk } from '../../src/sandbox/zendesk/workspace/app-host.ts';
import { sdkAddress } from '../../src/sandbox/zendesk/workspace/sdk.ts';
import { callerOf, closeStages, closing } from './stage.ts';
import { startAccount } from './zendesk-stage.ts';

afterEach(closeStages);

const nowMs = Date.parse('2026-03-02T10:00:00.700Z');
const secret = 's'.repeat(43);
const parameters = [
  { name: 'service_address', type: 'text' },
  { name: 'shared_secret', type: 'text', secure: true, scopes: ['jwt_secret_key'] },
];

/** A package as Zendesk takes it, with a page that loads the SDK. */
const packageIn = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'deskledger-app-'));
  closing(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'assets', 'iframe.html'), `<script src="${sdkAddress}"></script>`);
  await writeFile(join(folder, 'assets', 'main.js'), 'main');
  await writeFile(join(folder, 'private.txt'), 'of the machine');
  const location = { support: { ticket_sidebar: { url: 'assets/iframe.html' } } };
  await writeFile(
    join(folder, 'manifest.json'),
    JSON.stringify({ name: 'Test app', version: '1.2.3', parameters, domainWhitelist: ['none.example'], location }),
  );
  return folder;
};

/** The app's own server: notes what it is asked. */
const startService = async (status = 200) => {
  const asked: { readonly url: string; readonly headers: IncomingHttpHeaders }[] = [];
  const server = createServer((request, response) => {
    asked.push({ url: request.url ?? '', headers: request.headers });
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end('{"here":true}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise<void>((resolve) => void server.close(() => resolve()));
  closing(async () => void server.closeAllConnections());
  return { asked, close, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

const openWorkspace = async ({
  folder = packageIn,
  whitelist,
}: {
  folder?: () => Promise<string>;
  whitelist?: string[];
} = {}) => {
  const { sandbox } = await startAccount({ wallNowMs: () => nowMs });
  const service = await startService();
  sandbox.workspace.install({
    folder,
    settings: { service_address: service.url, shared_secret: secret },
    domainWhitelist: whitelist ?? [new URL(service.url).host],
  });
  const page = await fetch(sandbox.workspace.urlOf());
  const html = await page.text();
  const cookie = page.headers.get('set-cookie')?.split(';')[0] ?? '';
  const { csrf } = JSON.parse(/id="config">(.*?)<\/script>/s.exec(html)?.[1] ?? '{}');
  const app = async () => (await fetch(`${sandbox.url}/agent/app`)).json() as Promise<Record<string, never>>;
  await expect.poll(async () => (await app()).is).not.toBe('coming');
  const now = await app();
  const proxy = callerOf(`${sandbox.url}/proxy/apps/`, { cookie, 'x-csrf-token': csrf });
  return { sandbox, service, html, app: now as Record<string, unknown>, cookie, csrf, proxy };
};

describe('the app beside a ticket', () => {
  test('is told without its secure settings, and served from another site with the SDK of npm', async () => {
    const { sandbox, service, html, app } = await openWorkspace();
    expect(app).toMatchObject({
      is: 'ready',
      name: 'Test app',
      version: '1.2.3',
      settings: { title: 'Test app', service_address: service.url },
    });
    expect(html + JSON.stringify(app)).not.toContain(secret);
    const url = (app.pages as Record<string, string>).ticket_sidebar as string;
    expect(new URL(url).hostname).not.toBe(new URL(sandbox.url).hostname);
    const page = await fetch(url);
    const text = await page.text();
    expect(page.headers.get('content-security-policy')).toBe(`frame-ancestors ${sandbox.url}`);
    expect(text).not.toContain(sdkAddress);
    const sdk = await (await fetch(new URL(/src="(.*?)"/.exec(text)?.[1] ?? '', url))).text();
    expect(sdk).toContain('window.ZAFClient = ');
    expect(sdk).toContain("version         = '2.0.9'");
  });

  test('serves nothing beside its assets', async () => {
    const { app } = await openWorkspace();
    const url = (app.pages as Record<string, string>).ticket_sidebar as string;
    const statusOf = async (path: string) => (await fetch(new URL(path, url))).status;
    expect(
      await Promise.all(['main.js', 'absent.js', '..%2fprivate.txt', '%2e%2e/manifest.json'].map(statusOf)),
    ).toEqual([200, 404, 404, 404]);
  });

  test('a page that loads no SDK, or loads it twice, is none', () => {
    expect(() => withLocalSdk('<p>')).toThrow(RangeError);
    expect(() => withLocalSdk(sdkAddress + sdkAddress)).toThrow(RangeError);
  });

  test('one that is still being built says so, and one that cannot be built why', async () => {
    const { sandbox } = await startAccount();
    const building = Promise.withResolvers<string>();
    let tries = 0;
    const folder = () => {
      tries += 1;
      return building.promise;
    };
    sandbox.workspace.install({ folder, settings: {} });
    const state = async () => (await fetch(`${sandbox.url}/agent/app`)).json();
    await fetch(sandbox.workspace.urlOf());
    expect(await state()).toEqual({ is: 'coming' });
    building.reject(new Error('no compiler'));
    await expect.poll(state).toEqual({ is: 'failed', why: 'no compiler' });
    // The next page tries again.
    await fetch(sandbox.workspace.urlOf());
    await expect.poll(state).toEqual({ is: 'failed', why: 'no compiler' });
    expect(tries).toBe(2);
  });
});

describe('the proxy', () => {
  const jwt = {
    algorithm: 'HS256',
    secret_key: '{{setting.shared_secret}}',
    expiry: 60,
    claims: { jti: 'one', sub: 'anybody' },
  };
  const asks = (url: string, more: object = {}) => ({
    url,
    type: 'GET',
    secure: true,
    headers: { Authorization: 'Bearer {{jwt.token}}' },
    jwt,
    ...more,
  });
  let open: Awaited<ReturnType<typeof openWorkspace>>;
  let id: string;
  beforeEach(async () => {
    open = await openWorkspace();
    id = String(open.app.installationId);
  });

  test('signs with the secret, whatever the browser claims, and passes the answer on as it is', async () => {
    const { status, headers, text } = await open.proxy('POST', id, asks(`${open.service.url}/sidebar/v1/tickets/7`));
    expect([status, headers.get('content-type'), text]).toEqual([200, 'application/problem+json', '{"here":true}']);
    const [request] = open.service.asked;
    expect(request?.url).toBe('/sidebar/v1/tickets/7');
    expect(request?.headers.cookie).toBeUndefined();
    const token = request?.headers.authorization?.replace(/^Bearer /, '') ?? '';
    const { payload, protectedHeader } = await jwtVerify(token, new TextEncoder().encode(secret), {
      currentDate: new Date(nowMs),
    });
    expect(protectedHeader.alg).toBe('HS256');
    expect(payload).toEqual({ jti: 'one', sub: 'anybody', exp: Date.parse('2026-03-02T10:01:00Z') / 1000 });
  });

  test('puts a secure setting nowhere but where its scopes say', async () => {
    const url = `${open.service.url}/{{setting.shared_secret}}?to={{setting.service_address}}`;
    const headers = { 'x-mine': '{{setting.shared_secret}}', 'x-open': '{{setting.service_address}}' };
    const claims = { jti: '{{setting.shared_secret}}' };
    await open.proxy('POST', id, asks(url, { headers, jwt: { ...jwt, claims } }));
    const [request] = open.service.asked;
    expect(JSON.stringify(request)).not.toContain(secret);
    expect(request?.headers['x-open']).toBe(open.service.url);
    expect(decodeURIComponent(request?.url ?? '')).toContain(`to=${open.service.url}`);
  });

  test('asks no host that the manifest does not name', async () => {
    const elsewhere = await startService();
    for (const url of [
      `${elsewhere.url}/`,
      `http://localhost:${new URL(open.service.url).port}/`,
      '/api/v2/users/me',
      'file:///etc/hosts',
    ])
      expect((await open.proxy('POST', id, asks(url))).status).toBe(400);
    expect([elsewhere.asked, open.service.asked]).toEqual([[], []]);
  });

  test('answers for a server that is away', async () => {
    await open.service.close();
    const { status, text } = await open.proxy('POST', id, asks(`${open.service.url}/x`));
    expect([status, text]).toEqual([502, 'The host could not be reached']);
  });

  test('works for a page of an agent alone, and for its own installation', async () => {
    const { sandbox, cookie, csrf } = open;
    const base = `${sandbox.url}/proxy/apps/`;
    const body = asks(`${open.service.url}/x`);
    expect((await callerOf(base, {})('POST', id, body)).status).toBe(401);
    expect((await callerOf(base, { cookie })('POST', id, body)).status).toBe(403);
    expect((await callerOf(base, { cookie, 'x-csrf-token': csrf })('POST', '1', body)).status).toBe(404);
    expect(open.service.asked).toEqual([]);
  });
});

test('the manifest’s own hosts hold where the admin’s installation names none', async () => {
  const { sandbox } = await startAccount();
  const service = await startService();
  sandbox.workspace.install({ folder: packageIn, settings: { shared_secret: secret } });
  const page = await fetch(sandbox.workspace.urlOf());
  const { csrf } = JSON.parse(/id="config">(.*?)<\/script>/s.exec(await page.text())?.[1] ?? '{}');
  const cookie = page.headers.get('set-cookie')?.split(';')[0] ?? '';
  const app = async () =>
    (await (await fetch(`${sandbox.url}/agent/app`)).json()) as { is: string; installationId: number };
  await expect.poll(async () => (await app()).is).toBe('ready');
  const proxy = callerOf(`${sandbox.url}/proxy/apps/`, { cookie, 'x-csrf-token': csrf });
  const { status, text } = await proxy('POST', String((await app()).installationId), {
    url: service.url,
    secure: true,
  });
  expect([status, text]).toEqual([400, expect.stringContaining('not in the domainWhitelist')]);
});

test('tickets are told with who changed what, those pointed at first', async () => {
  const { sandbox, ticket, agent, clock } = await startAccount();
  const [first, second] = [ticket('One'), ticket('Two')];
  sandbox.workspace.point(first.id, 'worth a look');
  sandbox.desk.update(first.id, { atMs: clock.now().getTime(), authorId: agent.id, values: { assigneeId: agent.id } });
  const page = await fetch(sandbox.workspace.urlOf(first.id));
  const cookie = page.headers.get('set-cookie')?.split(';')[0] ?? '';
  const call = callerOf(`${sandbox.url}/agent/data/`, { cookie });
  expect((await call('GET', 'tickets')).json.tickets).toEqual([
    { id: first.id, subject: 'One', status: 'new', words: 'worth a look' },
    { id: second.id, subject: 'Two', status: 'new', words: null },
  ]);
  expect((await call('GET', `tickets/${first.id}`)).json).toMatchObject({
    comments: [{ author: 'Customer 1', isStaff: false, isPublic: true, body: 'Hello' }],
    events: [{ author: 'Agent Elm', changes: [{ what: 'assignee', from: null, to: 'Agent Elm' }] }],
  });
  expect((await callerOf(`${sandbox.url}/agent/data/`, {})('GET', 'tickets')).status).toBe(401);
});
