import type { FastifyInstance } from 'fastify';
import { beforeAll, expect, test } from 'vitest';
import type { Product } from '../../../src/compose.ts';
import { parseMonth, sealPeriod } from '../../../src/features/books/index.ts';
import { atEndOfFile } from '../../support/cleanup.ts';
import { type Described, describedOperations, undescribed } from '../../support/described-answers.ts';
import { testProduct } from '../../support/product.ts';
import { connectSidebar, rightBodies, rightHeaders, rightValues } from '../../support/right-requests.ts';

let product: Product;
let app: FastifyInstance;
let described: Described[];
const tokens: Record<string, string> = {};

/** One of everything that a route with an id tells of, each with the id 1. */
const fill = async (): Promise<void> => {
  const { db, clock, directory } = product;
  const desk = await directory.connections.create({
    kind: 'zendesk',
    settings: { name: 'desk', subdomain: 'acme', email: 'api@example.com', apiToken: 'token' },
  });
  const at = '2026-02-10T10:00:00Z';
  await db.query(
    `insert into ticket (connection_id, external_id, first_seen_at, created_at, created_day, snapshot_at, status, channel, quarantined_at, last_error)
     values ($1, 'T1', $2, $2, ($2::timestamptz)::date, $2, 'solved', 'email', null, null),
            ($1, 'T2', $2, $2, ($2::timestamptz)::date, $2, 'solved', 'email', $2, 'cannot be read')`,
    [desk.id, at],
  );
  await db.query(
    `insert into work_entry (connection_id, ticket_id, source_key, agent_id, clock, kind, actor, raw_seconds, value, costed_seconds, state, worked_at, worked_day, recorded_at)
     values ($1, 1, 'audit:1', 'ada', 'time tracking', 'measured', 'agent', 600, 600, 0, 'held', $2, ($2::timestamptz)::date, $2)`,
    [desk.id, at],
  );
  await db.query(
    `insert into sync_cursor (connection_id, stream, cursor, last_run_at) values ($1, 'tickets', jsonb_build_object('endedAt', $2::text), $2::timestamptz)`,
    [desk.id, clock.now().toISOString()],
  );
  const period = parseMonth('2026-02');
  const basis = { currency: 'USD', timeZone: 'UTC' };
  await sealPeriod({ db, clock, basis }, { period, revise: false, actor: 'mia', asOf: clock.now() });
};

beforeAll(async () => {
  ({ product } = await testProduct());
  app = await product.buildApp();
  atEndOfFile(() => app.close());
  await fill();
  await connectSidebar(product);
  for (const scopes of ['read', 'read,write,rates'])
    tokens[scopes] = (await product.access.createToken({ name: scopes.replaceAll(',', ' '), scopes })).token;
  await app.ready();
  described = describedOperations(app);
});

const queryOf = ({ operation }: Described) => (operation.parameters ?? []).filter((one) => one.in === 'query');
const successOf = ({ operation }: Described) =>
  Object.entries(operation.responses).filter(([status]) => status < '300');
const nameOf = ({ method, path }: Described) => `${method} ${path}`;

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly allOf?: readonly Shape[];
  readonly additionalProperties?: Shape | boolean;
  readonly type?: string;
  readonly enum?: readonly unknown[];
}

/** The places of a described answer at which anything may stand. */
const openPlaces = (shape: Shape, at: string): string[] => {
  const { properties = {}, items, anyOf = [], allOf = [], additionalProperties, type } = shape;
  const within = [
    ...Object.entries(properties).flatMap(([name, one]) => openPlaces(one, `${at}.${name}`)),
    ...(items ? openPlaces(items, `${at}[]`) : []),
    ...[...anyOf, ...allOf].flatMap((one) => openPlaces(one, at)),
    ...(typeof additionalProperties === 'object' ? openPlaces(additionalProperties, `${at}{}`) : []),
  ];
  if (anyOf.length + allOf.length > 0 || shape.enum !== undefined) return within;
  const isOpen = type === undefined || (type === 'object' && !shape.properties && !additionalProperties);
  return isOpen ? [at, ...within] : within;
};

test('every route says field by field what it answers, and how faults look', () => {
  expect(described.length).toBeGreaterThan(35);
  for (const one of described) {
    expect(one.path).toMatch(/^\/(?:api|sidebar)\/v1\//);
    expect(one.operation.responses, nameOf(one)).toHaveProperty(['default', 'content', 'application/problem+json']);
    const success = successOf(one);
    expect(success, nameOf(one)).toHaveLength(1);
    const schema = success[0]?.[1].content?.['application/json']?.schema as Shape | undefined;
    expect(Object.keys(schema?.properties ?? {}), nameOf(one)).not.toEqual([]);
    const evidence = /^\/api\/v1\/tickets\/\{id\}\.(attribution|history\[\])\.evidence$/;
    expect(openPlaces(schema ?? {}, one.path).filter((place) => !evidence.test(place))).toEqual([]);
  }
});

test('a route that takes the format of its answer says that it is a table too, and no other does', () => {
  const tables: string[] = [];
  for (const one of described) {
    const types = Object.keys(successOf(one)[0]?.[1].content ?? {});
    const asked = queryOf(one).some(({ name }) => name === 'format');
    expect(types, nameOf(one)).toEqual(asked ? ['application/json', 'text/csv'] : ['application/json']);
    if (asked) tables.push(one.path);
  }
  expect(tables).toEqual(
    expect.arrayContaining([
      '/api/v1/work',
      '/api/v1/tickets',
      '/api/v1/mapping-rules/unmapped',
      '/api/v1/seals/{id}/restatement',
      '/api/v1/seals/{id}/differs',
      '/api/v1/seals/{id}/changes',
      '/api/v1/benefits',
      '/api/v1/exports/tickets',
    ]),
  );
});

test('a described answer takes no field that it does not name', () => {
  const settings = described.find(({ path }) => path === '/api/v1/settings');
  const schema = successOf(settings as Described)[0]?.[1].content?.['application/json']?.schema ?? {};
  const right = { leastTicketsPerCell: 5, agentFigures: false, highValueOrder: null, sidebarMoney: 'shown' };
  expect(undescribed(schema, right)).toEqual([]);
  for (const wrong of [{ ...right, other: 1 }, { ...right, agentFigures: 'no' }, { leastTicketsPerCell: 5 }])
    expect(undescribed(schema, wrong)).toHaveLength(1);
});

const ask = async (one: Described, { scopes, format }: { readonly scopes: string; readonly format?: string }) => {
  const needed = queryOf(one).filter(({ required }) => required);
  const query = [...needed.map(({ name }) => `${name}=${rightValues[name]}`), ...(format ? [`format=${format}`] : [])];
  return app.inject({
    method: one.method,
    url: `${one.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => rightValues[name] ?? '')}?${query.join('&')}`,
    headers: await rightHeaders(one.path, tokens[scopes] ?? ''),
    ...(one.method !== 'GET' && { payload: rightBodies[one.path] ?? {} }),
  });
};

/** The app of a test product fails where an answer is not as its route describes. */
test('what is asked rightly is answered as described, by every route', async () => {
  const writes = described.filter(({ method }) => method !== 'GET');
  const reads = described.filter(({ method }) => method === 'GET');
  for (const one of writes)
    expect([200, 202], nameOf(one)).toContain((await ask(one, { scopes: 'read,write,rates' })).statusCode);
  // The jobs that were asked for wait, and then are done, or failed with what kept them.
  for (let ran = true; ran; ran = await product.jobs.runNext(new AbortController().signal))
    for (const one of reads) {
      const answer = await ask(one, { scopes: 'read,write,rates' });
      expect(answer.statusCode, `${nameOf(one)}: ${answer.body}`).toBe(200);
    }
  for (const one of reads) {
    expect([200, 403], nameOf(one)).toContain((await ask(one, { scopes: 'read' })).statusCode);
    if (!queryOf(one).some(({ name }) => name === 'format')) continue;
    const table = await ask(one, { scopes: 'read,write,rates', format: 'csv' });
    expect([table.statusCode, table.headers['content-type']], nameOf(one)).toEqual([200, 'text/csv; charset=utf-8']);
  }
});
