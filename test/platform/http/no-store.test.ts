import type { FastifyInstance } from 'fastify';
import { beforeAll, expect, test } from 'vitest';
import type { Product } from '../../../src/compose.ts';
import { atEndOfFile } from '../../support/cleanup.ts';
import { testProduct } from '../../support/product.ts';

let product: Product;
let app: FastifyInstance;
let headers: Record<string, string>;

beforeAll(async () => {
  ({ product } = await testProduct());
  app = await product.buildApp();
  atEndOfFile(() => app.close());
  const { token } = await product.access.createToken({ name: 'reader', scopes: 'read' });
  headers = { authorization: `Bearer ${token}` };
});

test('bug: answers of the API could be kept by a cache', async () => {
  const { paths } = (await app.inject('/api/openapi.json')).json() as { paths: Record<string, object> };
  const urls = Object.keys(paths).map((path) => path.replaceAll(/\{\w+\}/g, '1'));
  expect(urls).toContain('/api/v1/status');
  const period = 'from=2026-03-01&to=2026-03-02';
  const cases: [string, number][] = [
    [`/api/v1/reports/partners?${period}`, 200],
    [`/api/v1/reports/series?${period}&format=csv`, 200],
    ['/api/v1/status', 200],
    ['/api/v1/basis', 200],
    ['/api/%761/basis', 200],
    ['/api/v1/tickets?limit=x', 400],
    ['/api/v1/tickets/1', 404],
    ['/api/v1/nothing', 404],
    ['/api/v1/', 404],
  ];
  for (const [url, status] of cases) {
    const answer = await app.inject({ url, headers });
    expect([answer.statusCode, answer.headers['cache-control']], url).toEqual([status, 'no-store']);
  }
  for (const url of urls) {
    const stranger = await app.inject({ url });
    expect([401, 404], url).toContain(stranger.statusCode);
    expect(stranger.headers['cache-control'], url).toBe('no-store');
  }
  expect((await app.inject('/healthz')).headers['cache-control']).toBeUndefined();
});
