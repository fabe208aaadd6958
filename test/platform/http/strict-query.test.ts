import type { FastifyInstance, InjectOptions } from 'fastify';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Product } from '../../../src/compose.ts';
import { atEndOfFile } from '../../support/cleanup.ts';
import { testProduct } from '../../support/product.ts';
import { connectSidebar, rightBodies, rightHeaders, rightValues } from '../../support/right-requests.ts';

let product: Product;
let app: FastifyInstance;
let headers: Record<string, string>;
let apiToken: string;

beforeAll(async () => {
  ({ product } = await testProduct());
  app = await product.buildApp();
  atEndOfFile(() => app.close());
  const { token } = await product.access.createToken({ name: 'all', scopes: 'read,write,rates' });
  headers = { authorization: `Bearer ${token}` };
  apiToken = token;
  await connectSidebar(product);
});

describe('a name that nobody knows', () => {
  test('is refused in the query of every described route, named with what is allowed', async () => {
    const { paths } = (await app.inject('/api/openapi.json')).json() as {
      paths: Record<string, Record<string, { parameters?: { in: string; name: string; required?: boolean }[] }>>;
    };
    const seen: string[] = [];
    for (const [path, methods] of Object.entries(paths))
      for (const [method, { parameters = [] }] of Object.entries(methods)) {
        const queried = parameters.filter((parameter) => parameter.in === 'query');
        const known = queried.map(({ name }) => name);
        const needed = queried.filter(({ required }) => required).map(({ name }) => `${name}=${rightValues[name]}&`);
        const answer = await app.inject({
          method: method.toUpperCase() as 'GET',
          url: `${path.replaceAll(/\{\w+\}/g, '1')}?${needed.join('')}grupBy=region`,
          headers: await rightHeaders(path, apiToken),
          ...(method !== 'get' && { payload: rightBodies[path] ?? {} }),
        });
        expect(answer.statusCode, path).toBe(400);
        expect(answer.json().errors, path).toEqual([
          {
            field: 'grupBy',
            reason:
              known.length === 0
                ? 'is not known here; none is taken'
                : `is not known here; allowed are ${known.join(', ')}`,
          },
        ]);
        seen.push(path);
      }
    expect(seen).toEqual(
      expect.arrayContaining(['/api/v1/status', '/api/v1/tickets', '/sidebar/v1/choices', ...Object.keys(rightBodies)]),
    );
  });

  test('is refused in a body', async () => {
    const answer = await app.inject({
      method: 'POST',
      url: '/api/v1/work/1/decision',
      headers,
      payload: { decision: 'accept', reasn: 'x' },
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors).toEqual([{ field: 'reasn', reason: 'is not known here; allowed are decision, of' }]);
  });

  test('in the query of a sign-in link or a webhook is what a mail program or a proxy added, and ignored', async () => {
    const { token } = await product.access.createSignIn({ name: 'Ada' });
    expect((await app.inject(`/sign-in/${token}?utm_source=mail`)).statusCode).toBe(303);
    const created = await product.directory.connections.create({
      kind: 'zendesk',
      settings: { name: 'desk', subdomain: 'acme', email: 'bot@example.com', apiToken: 't', webhookSecrets: ['s'] },
    });
    const delivery: InjectOptions = { method: 'POST', payload: '{}', headers: { 'content-type': 'application/json' } };
    const plain = await app.inject({ ...delivery, url: `/webhooks/${created.webhookKey}` });
    const tracked = await app.inject({ ...delivery, url: `/webhooks/${created.webhookKey}?utm_source=x&via=proxy` });
    expect(plain.statusCode).not.toBe(404);
    expect([tracked.statusCode, tracked.body]).toEqual([plain.statusCode, plain.body]);
  });
});
