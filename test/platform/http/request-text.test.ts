import type { FastifyInstance } from 'fastify';
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

interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly required?: boolean;
}
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: Record<string, { readonly schema: { readonly properties?: Record<string, { type?: string }> } }>;
  };
}

const described = async (): Promise<{ path: string; method: 'GET' | 'POST' | 'PATCH'; operation: Operation }[]> => {
  const { paths } = (await app.inject('/api/openapi.json')).json() as {
    paths: Record<string, Record<string, Operation>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      path,
      method: method.toUpperCase() as 'GET' | 'POST' | 'PATCH',
      operation,
    })),
  );
};

const get = (url: string) => app.inject({ url, headers });

describe('bug: a control character in a request was answered 500', () => {
  test.each(['%00', 'a%00b', '%01', '%7F', '%C2%85'])('%s in any described parameter is a fault of it', async (bad) => {
    const seen: string[] = [];
    for (const { path, method, operation } of await described())
      for (const odd of operation.parameters ?? []) {
        const value = (one: Parameter): string =>
          one.name === odd.name && one.in === odd.in ? bad : (rightValues[one.name] ?? '1');
        const query = (operation.parameters ?? [])
          .filter((one) => one.in === 'query' && (one.required === true || one === odd))
          .map((one) => `${one.name}=${value(one)}`)
          .join('&');
        const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => value({ in: 'path', name }));
        const answer = await app.inject({
          method,
          url: `${url}?${query}`,
          headers: await rightHeaders(path, apiToken),
          ...(method !== 'GET' && { payload: rightBodies[path] ?? {} }),
        });
        expect([400, 404], `${method} ${path} ${odd.name}: ${answer.body}`).toContain(answer.statusCode);
        if (answer.statusCode === 400) expect(answer.json().errors, path).toMatchObject([{ field: odd.name }]);
        seen.push(`${path} ${odd.in} ${odd.name}`);
      }
    expect(seen).toEqual(
      expect.arrayContaining([
        '/api/v1/tickets query partner',
        '/api/v1/tickets query connection',
        '/api/v1/tickets query externalId',
        '/api/v1/tickets/{id} path id',
        '/api/v1/reports/series query partner',
        '/api/v1/work/{id}/decision path id',
        '/sidebar/v1/tickets/{externalId} path externalId',
      ]),
    );
  });

  test('in any text of a body it is a fault of the body', async () => {
    const seen: string[] = [];
    for (const { path, method, operation } of await described())
      for (const { schema } of Object.values(operation.requestBody?.content ?? {}))
        for (const [name, { type }] of Object.entries(schema.properties ?? {})) {
          if (type !== 'string') continue;
          for (const text of ['\u0000', 'accept\u0000']) {
            const answer = await app.inject({
              method,
              url: path.replaceAll(/\{\w+\}/g, '1'),
              headers,
              payload: { [name]: text },
            });
            expect(answer.statusCode, `${path} ${name}: ${answer.body}`).toBe(400);
          }
          seen.push(`${path} ${name}`);
        }
    expect(seen).toContain('/api/v1/work/{id}/decision decision');
  });

  test.each(['/webhooks/%00', '/webhooks/a%00b', '/s/%00', '/sign-in/%00', '/assets/%00'])(
    '%s is not found',
    async (url) => {
      const answer = await app.inject({ method: url.startsWith('/webhooks') ? 'POST' : 'GET', url, payload: '{}' });
      expect([400, 404, 410, 415]).toContain(answer.statusCode);
    },
  );

  test('text of any language and sign is taken', async () => {
    expect((await get(`/api/v1/tickets?externalId=${encodeURIComponent('Größe 1 – 数 🙂')}`)).statusCode).toBe(200);
  });
});

test('bug: a day of the year 0 was answered 500', async () => {
  for (const path of ['reports/partners', 'reports/series', 'tickets']) {
    const answer = await get(`/api/v1/${path}?from=0000-01-01&to=0000-01-02`);
    expect(answer.statusCode, path).toBe(400);
    expect(answer.json().errors).toMatchObject([{ field: 'from' }, { field: 'to' }]);
    for (const period of ['from=0001-01-01&to=0001-01-02', 'from=9999-12-30&to=9999-12-31'])
      for (const step of path.endsWith('series') ? ['&step=day', '&step=week', '&step=month'] : [''])
        expect((await get(`/api/v1/${path}?${period}${step}`)).statusCode, `${path} ${period}${step}`).toBe(200);
  }
});

describe('bug: a limit that is no number in digits was taken', () => {
  test.each([
    '0x10',
    '1e2',
    '',
    '%20',
    '5.0',
    '-5',
    '%2B5',
    '5%20',
    'Infinity',
    '%D9%A3',
    '0',
    '10001',
    '501',
    '9'.repeat(15),
    '9'.repeat(400),
  ])('limit=%s is refused', async (limit) => {
    const answer = await get(`/api/v1/tickets?limit=${limit}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors).toMatchObject([{ field: 'limit' }]);
  });

  test('digits are taken, and described as a whole number with its bounds', async () => {
    for (const limit of ['1', '05', '500']) expect((await get(`/api/v1/tickets?limit=${limit}`)).statusCode).toBe(200);
    expect((await get('/api/v1/tickets?limit=10000&format=csv')).statusCode).toBe(200);
    const { paths } = (await app.inject('/api/openapi.json')).json();
    const limit = paths['/api/v1/tickets'].get.parameters.find(({ name }: { name: string }) => name === 'limit');
    expect(limit.schema).toMatchObject({ type: 'integer', minimum: 1, maximum: 10_000 });
  });
});
