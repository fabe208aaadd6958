import type { FastifyInstance, InjectOptions } from 'fastify';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Product } from '../src/compose.ts';
import type { Scope } from '../src/features/access/index.ts';
import { atEndOfFile } from './support/cleanup.ts';
import { testDatabaseUrl } from './support/database.ts';
import { gateBefore } from './support/gate.ts';
import { testProduct } from './support/product.ts';

let product: Product;
let app: FastifyInstance;
const tokens = {} as Record<Scope | 'all', string>;

beforeAll(async () => {
  ({ product } = await testProduct());
  app = await product.buildApp();
  atEndOfFile(() => app.close());
  for (const scopes of ['read', 'write', 'rates', 'all'] as const) {
    const { token } = await product.access.createToken({
      name: scopes,
      scopes: scopes === 'all' ? 'read,write,rates' : scopes,
    });
    tokens[scopes] = token;
  }
});

const ask = (options: InjectOptions, token: string | null = tokens.all) =>
  app.inject({ ...options, headers: { ...(token && { authorization: `Bearer ${token}` }), ...options.headers } });

/** Every address that the API's own description lists, with something in place of its parameters. */
const describedRoutes = async () => {
  const { paths } = (await ask({ url: '/api/openapi.json' })).json() as { paths: Record<string, object> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), url: path.replace(/\{\w+\}/g, '1') })),
  );
};

describe('bad input', () => {
  test.each<[string, InjectOptions, number, string]>([
    ['a report without a period', { url: '/api/v1/reports/partners' }, 400, 'from'],
    ['a report of a day that is none', { url: '/api/v1/reports/partners?from=2026-02-30&to=2026-03-01' }, 400, 'from'],
    [
      'a report that ends before it begins',
      { url: '/api/v1/reports/partners?from=2026-03-02&to=2026-03-01' },
      400,
      'to',
    ],
    [
      'a report by an unknown grouping',
      { url: '/api/v1/reports/partners?from=2026-03-01&to=2026-03-01&groupBy=agent' },
      400,
      'groupBy',
    ],
    [
      'a report in an unknown format',
      { url: '/api/v1/reports/partners?from=2026-03-01&to=2026-03-01&format=xml' },
      400,
      'format',
    ],
    [
      'a series by an unknown step',
      { url: '/api/v1/reports/series?from=2026-03-01&to=2026-03-01&step=hour' },
      400,
      'step',
    ],
    ['half a period', { url: '/api/v1/tickets?from=2026-03-01' }, 400, 'to'],
    ['a page too long', { url: '/api/v1/tickets?limit=5000' }, 400, 'limit'],
    ['a page after nothing readable', { url: '/api/v1/tickets?after=%00' }, 400, 'after'],
    ['a ticket id that is none', { url: '/api/v1/tickets/abc' }, 400, 'id'],
    [
      'a decision that is none',
      { method: 'POST', url: '/api/v1/work/1/decision', payload: { decision: 'maybe' } },
      400,
      'decision',
    ],
    ['a decision without a body', { method: 'POST', url: '/api/v1/work/1/decision' }, 400, 'body'],
    [
      'a decision on no id',
      { method: 'POST', url: '/api/v1/work/x/decision', payload: { decision: 'accept' } },
      400,
      'id',
    ],
  ])('%s names the field and the reason', async (_, options, status, field) => {
    const answer = await ask(options);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ status, type: expect.stringMatching(/^urn:deskledger:problem:/) });
    expect(answer.json().errors).toContainEqual({ field, reason: expect.stringMatching(/\w/) });
    expect(answer.statusCode).toBe(status);
  });

  test.each<[string, InjectOptions, number]>([
    ['an unknown path', { url: '/api/v1/nothing' }, 404],
    ['a ticket that is not there', { url: '/api/v1/tickets/999' }, 404],
    [
      'work that is not there',
      { method: 'POST', url: '/api/v1/work/999/decision', payload: { decision: 'accept' } },
      404,
    ],
    [
      'a body that is no JSON',
      { method: 'POST', url: '/api/v1/work/1/decision', payload: '{', headers: { 'content-type': 'application/json' } },
      400,
    ],
    [
      'a body of another type',
      { method: 'POST', url: '/api/v1/work/1/decision', payload: 'x', headers: { 'content-type': 'text/x' } },
      415,
    ],
    ['an address that cannot be read', { url: '/api/v1/tickets/%E0%A4%A' }, 400],
    ['another method', { method: 'DELETE', url: '/api/v1/status' }, 404],
  ])('%s is a problem with a detail', async (_, options, status) => {
    const answer = await ask(options);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json()).toMatchObject({ status, detail: expect.stringMatching(/\w{3}/) });
  });
});

describe('who may ask', () => {
  test('every described route is closed to strangers and to tokens that were revoked', async () => {
    const { token } = await product.access.createToken({ name: 'gone', scopes: 'read,write,rates' });
    await product.access.revokeToken('gone');
    const routes = await describedRoutes();
    expect(routes.length).toBeGreaterThan(5);
    for (const route of routes) {
      for (const stranger of [null, token, 'dl_guessed']) {
        const answer = await ask(route as InjectOptions, stranger);
        expect({ ...route, status: answer.statusCode }).toEqual({ ...route, status: 401 });
        expect(answer.headers['www-authenticate']).toBe('Bearer');
      }
    }
  });

  test('a token does what its scopes say', async () => {
    const decide: InjectOptions = { method: 'POST', url: '/api/v1/work/999/decision', payload: { decision: 'accept' } };
    expect((await ask({ url: '/api/v1/status' }, tokens.read)).statusCode).toBe(200);
    expect((await ask({ url: '/api/v1/status' }, tokens.write)).statusCode).toBe(403);
    expect((await ask(decide, tokens.read)).statusCode).toBe(403);
    expect((await ask(decide, tokens.write)).statusCode).toBe(404);
    expect((await ask({ url: '/api/v1/status', headers: { authorization: tokens.all } }, null)).statusCode).toBe(401);
    expect(
      (await ask({ url: '/api/v1/status', headers: { authorization: `bearer ${tokens.all}` } }, null)).statusCode,
    ).toBe(200);
  });
});

describe('signing in', () => {
  const cookieOf = (answer: Awaited<ReturnType<typeof ask>>) => answer.cookies[0];
  const link = async () => (await product.access.createSignIn({ name: 'Ada' })).token;

  test('a link works once, sets a guarded cookie and leads to the page', async () => {
    const token = await link();
    const first = await ask({ url: `/sign-in/${token}` }, null);
    expect(first.statusCode).toBe(303);
    expect(first.headers).toMatchObject({
      location: '/',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
    });
    const cookie = cookieOf(first);
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', secure: true, path: '/' });
    const cookies = { [cookie?.name ?? '']: cookie?.value ?? '' };
    expect((await ask({ url: '/api/v1/status', cookies }, null)).statusCode).toBe(200);
    const second = await ask({ url: `/sign-in/${token}` }, null);
    expect(second.statusCode).toBe(410);
    expect(second.body).toContain('<code>npx deskledger user sign-in</code>');
    expect(second.cookies).toEqual([]);
    // The link itself opens nothing.
    expect((await ask({ url: '/api/v1/status', cookies: { [cookie?.name ?? '']: token } }, null)).statusCode).toBe(401);
  });

  test('of two who open a link at the same moment one gets in', async () => {
    const token = await link();
    const answers = await Promise.all([1, 2, 3].map(() => ask({ url: `/sign-in/${token}` }, null)));
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([303, 410, 410]);
  });

  test('a program that only looks at the link does not spend it', async () => {
    const token = await link();
    await ask({ method: 'HEAD', url: `/sign-in/${token}` }, null);
    expect((await ask({ url: `/sign-in/${token}` }, null)).statusCode).toBe(303);
  });

  test('a guessed link opens nothing', async () => {
    expect((await ask({ url: '/sign-in/in_guess' }, null)).statusCode).toBe(410);
    expect((await ask({ url: `/sign-in/${'x'.repeat(5000)}` }, null)).statusCode).toBeGreaterThanOrEqual(400);
  });

  test('a session changes things from our own page alone, and ends with signing out', async () => {
    const cookie = cookieOf(await ask({ url: `/sign-in/${await link()}` }, null));
    const cookies = { [cookie?.name ?? '']: cookie?.value ?? '' };
    const decide: InjectOptions = {
      method: 'POST',
      url: '/api/v1/work/999/decision',
      payload: { decision: 'accept' },
      cookies,
    };
    for (const site of [undefined, 'cross-site', 'same-site', 'none'])
      expect((await ask({ ...decide, ...(site && { headers: { 'sec-fetch-site': site } }) }, null)).statusCode).toBe(
        403,
      );
    expect((await ask({ ...decide, headers: { 'sec-fetch-site': 'same-origin' } }, null)).statusCode).toBe(404);
    const out = await ask({ method: 'POST', url: '/sign-out', cookies }, null);
    expect(out.statusCode).toBe(303);
    expect((await ask({ url: '/api/v1/status', cookies }, null)).statusCode).toBe(401);
  });
});

describe('operation', () => {
  test('/healthz and /readyz are open to everybody', async () => {
    expect((await ask({ url: '/healthz' }, null)).json()).toEqual({ status: 'alive' });
    expect((await ask({ url: '/readyz' }, null)).json()).toEqual({ status: 'ready' });
  });

  test('/metrics is open on loopback alone; a proxy’s request needs a token', async () => {
    const own = await ask({ url: '/metrics', remoteAddress: '127.0.0.1' }, null);
    expect(own.statusCode).toBe(200);
    expect(own.body).toContain('deskledger_queue_pending');
    expect((await ask({ url: '/metrics', remoteAddress: '::1' }, null)).statusCode).toBe(200);
    const strangers: InjectOptions[] = [
      { remoteAddress: '10.0.0.7' },
      ...['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'].map((name) => ({
        remoteAddress: '127.0.0.1',
        headers: { [name]: '10.0.0.7' },
      })),
    ];
    for (const stranger of strangers) {
      expect((await ask({ url: '/metrics', ...stranger }, null)).statusCode).toBe(401);
      expect((await ask({ url: '/metrics', ...stranger }, tokens.read)).statusCode).toBe(200);
    }
    expect((await ask({ url: '/metrics', remoteAddress: '10.0.0.7' }, tokens.rates)).statusCode).toBe(403);
  });

  test('the status sums up its connections', async () => {
    const status = (await ask({ url: '/api/v1/status' })).json();
    expect(status).toMatchObject({ pending: 0, quarantined: 0, connections: [] });
    expect((await ask({ url: '/api/v1/quarantine' })).json()).toEqual({ items: [] });
  });

  test('answers may be read as nothing but what they say they are', async () => {
    for (const url of ['/healthz', '/api/v1/nothing', '/', '/sign-in/x'])
      expect((await ask({ url }, null)).headers['x-content-type-options']).toBe('nosniff');
  });
});

test('without its database the server lives, is not ready and answers 503 where it cannot do without', async () => {
  const { product: lost } = await testProduct();
  const alone = await lost.buildApp();
  await lost.db.close();
  expect((await alone.inject('/healthz')).statusCode).toBe(200);
  const answer = await alone.inject('/readyz');
  expect(answer.statusCode).toBe(503);
  expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  expect(answer.json()).toMatchObject({ status: 503, detail: expect.stringContaining('DATABASE_URL') });
  expect((await alone.inject({ method: 'POST', url: `/webhooks/${'k'.repeat(43)}`, payload: {} })).statusCode).toBe(
    503,
  );
  await alone.close();
});

test('bug: while the database was away most routes answered 500, as if nobody had foreseen it', async () => {
  const gate = await gateBefore(await testDatabaseUrl());
  atEndOfFile(() => gate.close());
  await gate.open();
  const { product: behind } = await testProduct({ env: { DATABASE_URL: gate.url } });
  const server = await behind.buildApp();
  const { token } = await behind.access.createToken({ name: 'all', scopes: 'read,write,rates' });
  const routes = await describedRoutes();
  expect(routes.length).toBeGreaterThan(40);
  await gate.shut();
  const others = ['/', '/s/x', '/sign-in/x'].map((url) => ({ method: 'GET', url }));
  const told = await Promise.all(
    [...routes, ...others].map(async ({ method, url }) => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await server.inject({ method: method as 'GET', url, headers });
      return { route: `${method} ${url}`, status: answer.statusCode, retryAfter: answer.headers['retry-after'] };
    }),
  );
  expect(told.filter(({ status }) => status >= 500 && status !== 503)).toEqual([]);
  const away = told.filter(({ status }) => status === 503);
  expect(away.length).toBeGreaterThan(40);
  expect(away.filter(({ retryAfter }) => retryAfter === undefined)).toEqual([]);
  await server.close();
});

test('without the web role there are the three routes of operation and nothing else', async () => {
  const probes = await product.buildProbes();
  for (const url of ['/healthz', '/readyz', '/metrics']) expect((await probes.inject({ url })).statusCode).toBe(200);
  expect((await probes.inject({ url: '/metrics', remoteAddress: '10.0.0.7' })).statusCode).toBe(401);
  const routes = await describedRoutes();
  expect(routes.length).toBeGreaterThan(5);
  const others = ['/', '/api/docs', '/api/openapi.json', '/sign-in/x', '/s/x'].map((url) => ({ method: 'GET', url }));
  for (const { method, url } of [...routes, ...others, { method: 'POST', url: '/webhooks/x' }])
    expect((await probes.inject({ method: method as 'GET', url })).statusCode, url).toBe(404);
  await probes.close();
});

test('a worker without its queue is ready, for its sweeps do the work themselves; without its database it is not', async () => {
  const { product: worker } = await testProduct({ env: { REDIS_URL: 'redis://127.0.0.1:1/0' } });
  const probes = await worker.buildProbes();
  expect((await probes.inject('/readyz')).statusCode).toBe(200);
  await worker.db.close();
  expect((await probes.inject('/healthz')).statusCode).toBe(200);
  expect((await probes.inject('/readyz')).statusCode).toBe(503);
  await probes.close();
});

test('a database that hangs makes the server unready in bounded time, and ready again afterwards', async () => {
  const gate = await gateBefore(await testDatabaseUrl());
  atEndOfFile(() => gate.close());
  await gate.open();
  const { product: behind } = await testProduct({ env: { DATABASE_URL: gate.url } });
  const server = await behind.buildApp();
  const ready = async () => (await server.inject({ url: '/readyz' })).statusCode;
  expect(await ready()).toBe(200);
  gate.freeze();
  expect(await ready()).toBe(503);
  await gate.shut();
  await gate.open();
  await expect.poll(ready, { timeout: 20_000 }).toBe(200);
  await server.close();
});
