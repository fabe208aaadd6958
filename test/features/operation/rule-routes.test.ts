import type { FastifyInstance } from 'fastify';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Product } from '../../../src/compose.ts';
import { connect } from '../../../src/connect.ts';
import { append } from '../../../src/features/attribution/index.ts';
import { type BigcommerceSandbox, createBigcommerceSandbox } from '../../../src/sandbox/bigcommerce/index.ts';
import { allMappingRules, allTicketRules, rulesOfStore } from '../../support/all-rules.ts';
import { atEndOfFile } from '../../support/cleanup.ts';
import { orderInput } from '../../support/order-input.ts';
import { testProduct } from '../../support/product.ts';
import { standingClock } from '../../support/standing-clock.ts';

let product: Product;
let app: FastifyInstance;
let sandbox: BigcommerceSandbox;
const tokens: Record<string, string> = {};
const never = new AbortController().signal;

const order = (channelId: number, seller: string) =>
  orderInput({
    placedAtMs: Date.parse('2026-03-01T10:00:00Z'),
    email: `buyer${channelId}@example.com`,
    channelId,
    formFields: [{ name: 'Shop', value: seller }],
    taxPercent: 0,
  });

const ask = async (
  method: 'GET' | 'POST' | 'PATCH',
  url: string,
  { body, scopes = 'read,write,rates' }: { readonly body?: object; readonly scopes?: string } = {},
) => {
  tokens[scopes] ??= (
    await product.access.createToken({ name: scopes.replaceAll(',', ' '), scopes, actor: 'test' })
  ).token;
  const authorization = `Bearer ${tokens[scopes]}`;
  const answer = await app.inject({ method, url, headers: { authorization }, ...(body && { payload: body }) });
  const isJson = String(answer.headers['content-type']).includes('json');
  return { status: answer.statusCode, headers: answer.headers, json: isJson ? answer.json() : null, text: answer.body };
};

/** Tickets of a brand, moved by an agent to a partner or left alone. */
const addTickets = async (count: number, partner: string | null): Promise<void> => {
  const desk = await product.directory.connections.get('desk');
  for (let index = 0; index < count; index += 1) {
    const [row] = await product.db.query<{ id: bigint }>(
      `insert into ticket (connection_id, external_id, first_seen_at, created_at, created_day, snapshot_at, status, channel, brand_id)
       values ($1, $2, $3, $3, ($3::timestamptz)::date, $3, 'open', 'email', '42') returning id`,
      [desk.id, `${partner}${index}`, product.clock.now()],
    );
    const method = partner === null ? ('unattributed' as const) : ('person' as const);
    const evidence = partner === null ? {} : { partner: { by: 'ada', sourceKey: 'audit:1' } };
    const shares = [{ partner, region: null, country: null, ppm: 1_000_000 }];
    const decision = { method, confidence: 'high' as const, evidence, shares };
    await product.db.transaction((tx) =>
      append(tx, [{ ticketId: row?.id ?? 0n, decision, decidedAt: product.clock.now() }]),
    );
  }
};

beforeAll(async () => {
  const clock = standingClock();
  sandbox = await createBigcommerceSandbox({ clock, seed: 'rules', limits: 'off' });
  atEndOfFile(() => sandbox.close());
  ({ product } = await testProduct({ clock }));
  app = await product.buildApp();
  atEndOfFile(() => app.close());
  await connect(product, { kind: 'bigcommerce', settings: sandbox.settings, remoteSetup: true, actor: 'test' });
  await product.directory.connections.create({
    kind: 'zendesk',
    settings: { name: 'desk', subdomain: 'acme', email: 'api@example.com', apiToken: 'token' },
  });
  await product.directory.importPartners('code,name,aliases\nnord,Nord,\nsud,Sud,', { dryRun: false });
  for (const [channel, seller] of [
    [7, 'Nord'],
    [7, 'Nord'],
    [8, 'Sud'],
    [9, 'Ost'],
  ] as const)
    sandbox.shop.place(order(channel, seller));
  await product.walk(await product.directory.connections.get('store'));
  await addTickets(14, 'nord');
  await addTickets(1, null);
});

const rules = [{ gives: 'partner', from: { place: 'channel' }, values: { '7': 'nord', '8': 'sud' } }];

describe('a change of rules over the API', () => {
  it('is tried out by a job that tells what would move', async () => {
    const asked = await ask('POST', '/api/v1/rules/dry-run', { body: { what: 'mapping-rules', content: rules } });
    expect(asked).toMatchObject({ status: 202, json: { report: { added: 1, dryRun: true } } });
    const { location } = asked.headers;
    expect((await ask('GET', String(location))).json).toMatchObject({
      state: 'queued',
      kind: 'preview rules',
      result: null,
    });
    await product.jobs.runNext(never);
    const done = (await ask('GET', String(location))).json;
    expect(done).toMatchObject({ state: 'done', progress: 1, result: { ordersLookedAt: 4, ordersChanged: 4 } });
    expect(done.result.moves).toContainEqual(
      expect.objectContaining({
        from: { partner: 'direct', region: 'SE' },
        to: { partner: 'nord', region: 'SE' },
        orders: 2,
      }),
    );
    expect(done.result.moved).toHaveProperty('pooledCost');
    const seen = (await ask('GET', String(location), { scopes: 'read' })).json;
    expect(JSON.stringify(seen.result)).not.toContain('pooledCost');
    expect((await ask('GET', '/api/v1/mapping-rules')).json).toEqual({ rules: [] });
  });

  it('is made by a job, whose progress is read', async () => {
    const asked = await ask('POST', '/api/v1/rules', { body: { what: 'mapping-rules', content: rules } });
    expect(asked).toMatchObject({ status: 202, json: { report: { added: 1, dryRun: false } } });
    while (await product.jobs.runNext(never));
    expect((await ask('GET', `/api/v1/jobs/${asked.json.job}`)).json).toMatchObject({
      state: 'done',
      askedBy: 'read write rates',
      wanted: { because: 'import mapping-rules' },
      result: { orders: 4 },
    });
    expect((await ask('GET', '/api/v1/mapping-rules')).json).toEqual({ rules });
    const list = (await ask('GET', '/api/v1/jobs?limit=1')).json;
    expect(list).toMatchObject({ items: [{ id: asked.json.job, kind: 'decide again' }], next: asked.json.job });
    expect((await ask('GET', `/api/v1/jobs?after=${list.next}`)).json.items).toHaveLength(1);
  });

  it('is refused at once where it cannot be read, and to those who may not write', async () => {
    const body = { what: 'mapping-rules', content: [{ gives: 'nothing' }] };
    expect(await ask('POST', '/api/v1/rules', { body })).toMatchObject({ status: 400 });
    expect(await ask('POST', '/api/v1/rules/dry-run', { body })).toMatchObject({ status: 400 });
    expect(await ask('POST', '/api/v1/rules', { body, scopes: 'read' })).toMatchObject({ status: 403 });
    expect(await ask('GET', '/api/v1/jobs/999999')).toMatchObject({ status: 404 });
  });
});

describe('what rules leave open', () => {
  it('is listed with counts, as a table too', async () => {
    expect((await ask('GET', '/api/v1/mapping-rules/unmapped')).json).toEqual({
      items: [{ gives: 'partner', place: 'channel', store: 'store', value: '9', orders: 1, lastDay: '2026-03-01' }],
    });
    expect((await ask('GET', '/api/v1/mapping-rules/unmapped?format=csv')).text.split(/\r?\n/)[1]).toBe(
      'partner,channel,9,1,2026-03-01,store',
    );
  });

  it('is told as shares of the latest orders', async () => {
    expect((await ask('GET', '/api/v1/mapping-rules/coverage')).json).toEqual({
      orders: 4,
      withPartner: 3,
      byDefault: 0,
      unmapped: 1,
      withCountry: 4,
      partnerShare: 0.75,
      countryShare: 1,
      rules: [{ rule: 1, gives: 'partner', store: null, place: 'channel', decided: 4, unmapped: 1 }],
    });
    expect((await ask('GET', '/api/v1/mapping-rules/coverage?orders=1')).json).toMatchObject({ orders: 1 });
  });

  it('is suggested from the orders of the store, of which nothing more is stored', async () => {
    const { stores } = (await ask('GET', '/api/v1/suggestions/mapping-rules')).json;
    expect(stores).toMatchObject([{ store: 'store', orders: 4, obstacle: null }]);
    expect(stores[0].suggestions[0]).toMatchObject({
      place: 'form field Shop',
      rule: { gives: 'partner', from: { place: 'form_field', name: 'Shop' } },
      knownShare: 0.75,
      unknownValues: [{ value: 'Ost', orders: 1 }],
    });
    expect(await product.db.query(`select 1 from "order" where places::text like '%Ost%'`)).toEqual([]);
  });

  it('is suggested from what agents corrected', async () => {
    expect((await ask('GET', '/api/v1/suggestions/rules')).json).toMatchObject({
      items: [
        {
          words: 'agents moved 14 of 15 tickets of brand 42 to nord: make a ticket rule',
          rule: { when: { brandId: '42' }, partner: 'nord' },
        },
      ],
    });
    expect((await ask('GET', '/api/v1/ticket-rules')).json).toEqual({ rules: [] });
  });
});

describe('settings of the account', () => {
  it('hold their defaults until somebody changes them, and small cells follow', async () => {
    expect((await ask('GET', '/api/v1/settings')).json).toEqual({
      leastTicketsPerCell: 5,
      agentFigures: false,
      highValueOrder: null,
      sidebarMoney: 'shown',
    });
    const report = async () =>
      (
        await ask(
          'GET',
          '/api/v1/reports/partners?from=2026-03-01&to=2026-03-31&groupBy=partner,region&smallCells=under%20region',
        )
      ).json.rows.map((row: { partner: string | null; region: string | null; folded?: object }) => [
        row.partner,
        row.region,
        row.folded,
      ]);
    const folded = { partners: ['nord', 'sud'], leastTickets: 5, reason: 'fewer than 5 tickets each' };
    expect(await report()).toEqual(
      expect.arrayContaining([
        ['*', 'SE', folded],
        ['nord', null, undefined],
      ]),
    );
    expect(await ask('PATCH', '/api/v1/settings', { body: { leastTicketsPerCell: 50 } })).toMatchObject({
      json: { leastTicketsPerCell: 50 },
    });
    expect(await report()).toContainEqual([
      '*',
      null,
      expect.objectContaining({ partners: ['nord'], leastTickets: 50 }),
    ]);
    expect(await ask('PATCH', '/api/v1/settings', { body: {} })).toMatchObject({ json: { leastTicketsPerCell: 50 } });
    expect(await ask('PATCH', '/api/v1/settings', { body: { leastTicketsPerCell: 0 } })).toMatchObject({ status: 400 });
    for (const highValueOrder of ['250.00', null])
      expect(await ask('PATCH', '/api/v1/settings', { body: { highValueOrder } })).toMatchObject({
        json: { highValueOrder, leastTicketsPerCell: 50 },
      });
    expect(await ask('PATCH', '/api/v1/settings', { body: { highValueOrder: 'much' } })).toMatchObject({ status: 400 });
    expect(await ask('PATCH', '/api/v1/settings', { body: { other: 1 } })).toMatchObject({ status: 400 });
  });
});

describe('bug: what the API told of rules could not be imported back', () => {
  it.each([
    ['mapping-rules', [...allMappingRules, ...rulesOfStore('store')]],
    ['ticket-rules', allTicketRules],
  ])('%s of every kind come back and change nothing', async (what, content) => {
    expect(await ask('POST', '/api/v1/rules', { body: { what, content } })).toMatchObject({ status: 202 });
    const { json, text } = await ask('GET', `/api/v1/${what}`);
    expect(json.rules).toHaveLength(content.length);
    const unchanged = { rows: content.length, unchanged: content.length, added: 0, changed: 0, removed: 0 };
    for (const told of [json, json.rules, text])
      expect(await ask('POST', '/api/v1/rules', { body: { what, content: told } })).toMatchObject({
        status: 202,
        json: { report: unchanged },
      });
    expect((await ask('GET', `/api/v1/${what}`)).json).toEqual(json);
    const { headers } = await ask('POST', '/api/v1/rules', { body: { what, content: JSON.stringify({ rules: 7 }) } });
    expect(headers.location).toBeUndefined();
  });
});

it('bug: a rule suggested by the orders of one store would have bound every store', async () => {
  await product.directory.connections.create({
    kind: 'bigcommerce',
    settings: { ...sandbox.settings, name: 'second', accessToken: 'wrong' },
  });
  const { stores } = (await ask('GET', '/api/v1/suggestions/mapping-rules')).json;
  expect(stores).toMatchObject([{ store: 'store' }, { store: 'second', obstacle: expect.any(String) }]);
  expect(stores[0].suggestions.length).toBeGreaterThan(0);
  for (const { rule } of stores[0].suggestions) expect(rule.store).toBe('store');
});
