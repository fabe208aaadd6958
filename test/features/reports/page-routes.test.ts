import { readdirSync, readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assets } from '../../../src/features/reports/page-routes.ts';
import { fakeAccess, pageApp, session } from './page-access.ts';

const { held, access } = fakeAccess();
let app: FastifyInstance;

beforeAll(async () => {
  app = await pageApp(access);
});
afterAll(() => app.close());

const get = (url: string, headers: Record<string, string> = {}) =>
  app.inject({ url, headers: { cookie: `deskledger_session=${session}`, ...headers } });

const folder = 'src/dashboard';
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

test('without a session the page tells how to sign in', async () => {
  for (const cookie of ['', 'deskledger_session=se_other']) {
    const answer = await get('/', { cookie });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['content-security-policy']).toBe(policy);
    expect(answer.body).toContain('<code>DATA_DIR=&#39;a&lt;b&#39; npx deskledger user sign-in</code>');
    expect(answer.body).toContain('a link that signs you in once');
    expect(answer.body).not.toContain('main.js');
  }
});

test('with a session it serves the page, never from a cache', async () => {
  const answer = await get('/');
  expect(answer.statusCode).toBe(200);
  expect(answer.body).toBe(readFileSync(`${folder}/index.html`, 'utf8'));
  expect(answer.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  });
});

test('a session without the scope read is refused', async () => {
  held.scopes = [];
  expect((await get('/')).statusCode).toBe(403);
  held.scopes = ['read', 'write', 'rates'];
});

test('every file of the page is served, with its type and a tag that saves the next transfer', async () => {
  const files = readdirSync(folder).filter((name) => /\.(?:js|css|svg)$/.test(name));
  expect(files.length).toBeGreaterThan(10);
  expect(assets.toSorted()).toEqual(files.toSorted());
  const types: Record<string, string> = {
    js: 'text/javascript; charset=utf-8',
    css: 'text/css; charset=utf-8',
    svg: 'image/svg+xml',
  };
  for (const name of assets) {
    const answer = await get(`/assets/${name}`);
    expect(answer.statusCode, name).toBe(200);
    expect(answer.body).toBe(readFileSync(`${folder}/${name}`, 'utf8'));
    expect(answer.headers['content-type']).toBe(types[name.split('.').at(-1) ?? '']);
    expect(answer.headers['cache-control']).toBe('no-cache');
    const again = await get(`/assets/${name}`, { 'if-none-match': `W/"other", W/${answer.headers.etag}` });
    expect([again.statusCode, again.body]).toEqual([304, '']);
    expect((await get(`/assets/${name}`, { 'if-none-match': '"other"' })).statusCode).toBe(200);
  }
});

test.each([
  '/assets/../package.json',
  '/assets/..%2f..%2f..%2fpackage.json',
  '/assets/%2e%2e%2findex.html',
  '/assets/..%5c..%5cpackage.json',
  '/assets/index.html',
  '/assets/tsconfig.json',
  '/assets/__proto__',
  '/assets/constructor',
  '/assets/',
  '/assets/api.js%00',
])('%s is no file of the page', async (url) => {
  expect((await get(url)).statusCode).toBe(404);
});

test('nothing on the page comes from elsewhere or stands inline', () => {
  for (const name of ['index.html', 'signed-out.html']) {
    const html = readFileSync(`${folder}/${name}`, 'utf8');
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|https?:/);
    expect(html.match(/(?:src|href)="(?:\/assets\/[\w.-]+|#\w+)"/g)?.length).toBe(
      html.match(/\s(?:src|href)=/g)?.length,
    );
  }
  for (const name of assets)
    expect(readFileSync(`${folder}/${name}`, 'utf8'), name).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|https?:\/\/(?!www\.w3\.org\/2000\/svg)/,
    );
});

test('the basis names partners and regions and tells what the reader may see', async () => {
  const answer = await get('/api/v1/basis');
  expect(answer.json()).toMatchObject({
    currency: 'USD',
    timeZone: 'UTC',
    partners: { nord: 'Nord Living', direct: 'Direct' },
    regions: { nordics: 'The Nordics' },
    user: 'Ada',
    trueCost: true,
    signInCommand: "DATA_DIR='a<b' npx deskledger user sign-in",
  });
  const { minorDigits } = answer.json();
  expect(minorDigits).toMatchObject({ JPY: 0, KWD: 3 });
  expect(minorDigits).not.toHaveProperty('USD');
  expect(minorDigits).not.toHaveProperty('HUF');
  held.scopes = ['read'];
  expect((await get('/api/v1/basis')).json()).toMatchObject({ trueCost: false });
  held.scopes = ['read', 'write', 'rates'];
  expect((await get('/api/v1/basis', { cookie: '' })).statusCode).toBe(401);
});
