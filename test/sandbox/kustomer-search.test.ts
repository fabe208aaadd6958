import { afterEach, describe, expect, test } from 'vitest';
import { attributeNames, type KustomerSandboxOptions } from '../../src/sandbox/kustomer/index.ts';
import { startKustomer } from './kustomer-stage.ts';
import { closeStages, startMs } from './stage.ts';

afterEach(closeStages);

const start = async (options: Partial<KustomerSandboxOptions> = {}) => {
  const stage = await startKustomer({ limits: 'off', ...options });
  const search = async (body: object, query = '', path = '/v1/customers/search') =>
    stage.call('POST', `${path}${query}`, { queryContext: 'conversation', ...body });
  const idsOf = (answer: { json: { data: { id: string }[] } }) => answer.json.data.map(({ id }) => id);
  return { ...stage, search, idsOf };
};

const since = (atMs: number) => ({ and: [{ conversation_updated_at: { gte: new Date(atMs).toISOString() } }] });
const asc = { sort: [{ conversation_updated_at: 'asc' }] };

describe('a walk over changes', () => {
  test('goes from an instant on, in order, each conversation by its last change, whole', async () => {
    const { search, idsOf, conversation, clock, desk, by } = await start();
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) {
      made.push(conversation().id);
      await clock.sleep(1000);
    }
    const [first = '', second = '', ...rest] = made;
    desk.update(first, by(startMs + 60_000), { priority: 4 });
    const answer = await search({ ...since(startMs + 1000), ...asc });
    expect(idsOf(answer)).toEqual([second, ...rest, first]);
    expect(answer.json.meta).toMatchObject({ total: 5, page: 1, pageSize: 100, totalPages: 1 });
    expect(answer.json.data[4]).toMatchObject({
      type: 'conversation',
      attributes: { updatedAt: '2026-03-02T09:01:00.000Z', rev: 3 },
      relationships: { customer: { data: { type: 'customer' } } },
    });
    expect(
      idsOf(await search({ and: [{ conversation_updated_at: { gt: '2026-03-02T09:00:04.000Z' } }], ...asc })),
    ).toEqual([first]);
  });

  test('comes in pages of up to 500, at most 100 of them; rows of one instant keep their places', async () => {
    const { search, idsOf, conversation } = await start();
    const made = Array.from({ length: 7 }, () => conversation().id);
    const seen: string[] = [];
    for (let page = 1; page <= 4; page += 1) {
      const answer = await search({ ...since(startMs), ...asc }, `?page=${page}&pageSize=2`);
      expect(answer.json.links.next === null).toBe(page === 4);
      seen.push(...idsOf(answer));
    }
    expect(seen).toHaveLength(7);
    expect(seen).not.toEqual(made);
    expect(seen.toSorted()).toEqual(made.toSorted());
    expect((await search({}, '?page=100&pageSize=500')).json.data).toEqual([]);
    for (const query of ['?page=101', '?pageSize=501', '?page=0', '?page=x'])
      expect((await search({}, query)).status).toBe(400);
  });

  test('bug: searches knew of a change at once, as no index does', async () => {
    const { search, idsOf, conversation, clock } = await start({ open: { indexLagMs: 30_000 } });
    const { id } = conversation();
    const found = async () => idsOf(await search({ ...since(startMs), ...asc }));
    await clock.sleep(29_000);
    expect(await found()).toEqual([]);
    await clock.sleep(1_000);
    expect(await found()).toEqual([id]);
  });

  test('moves under the reader: what changes while it pages stands at the end', async () => {
    const { search, idsOf, conversation, clock, desk, by } = await start();
    const made: string[] = [];
    for (let index = 0; index < 4; index += 1) {
      made.push(conversation().id);
      await clock.sleep(1000);
    }
    const first = await search({ ...since(startMs), ...asc }, '?page=1&pageSize=2');
    expect(idsOf(first)).toEqual(made.slice(0, 2));
    desk.update(made[0] ?? '', by(startMs + 60_000), { priority: 4 });
    const second = await search({ ...since(startMs), ...asc }, '?page=2&pageSize=2');
    // The third one slid onto the first page: who only turns pages never sees it.
    expect(idsOf(second)).toEqual([made[3], made[0]]);
  });

  test.each([
    ['resources', { type: 'conversation' }],
    ['ids', null],
  ] as const)('tells ids alone, as %s', async (idsOnly, shape) => {
    const { search, conversation } = await start({ open: { idsOnly } });
    const { id } = conversation();
    const answer = await search({}, '?idsOnly=true');
    expect(answer.json.data).toEqual([shape === null ? id : { ...shape, id }]);
  });

  test('leaves what is older than two years to the archive', async () => {
    const { search, idsOf, conversation } = await start();
    const old = conversation({ atMs: Date.parse('2023-12-01T00:00:00Z') });
    const recent = conversation();
    expect(idsOf(await search({}))).toEqual([recent.id]);
    expect(idsOf(await search({}, '', '/v1/customers/archive/search'))).toEqual([old.id]);
  });
});

describe('criteria', () => {
  test('are joined by and, or, not, on status, custom attributes, tags and people', async () => {
    const { search, idsOf, conversation, desk, agent, by } = await start();
    const [one, two] = [conversation(), conversation({ custom: new Map([[attributeNames.orderNumber, '40002']]) })];
    desk.update(one.id, by(), { status: 'done', assignedUsers: [agent.id] });
    const found = async (body: object) => idsOf(await search({ ...body, sort: [{ conversation_id: 'asc' }] }));
    expect(await found({ and: [{ conversation_status: { equals: 'done' } }] })).toEqual([one.id]);
    expect(await found({ and: [{ conversation_status: { in: ['open', 'snoozed'] } }] })).toEqual([two.id]);
    expect(await found({ and: [{ conversation_custom_orderNumberStr: { equals: '40002' } }] })).toEqual([two.id]);
    expect(await found({ and: [{ conversation_assigned_users: { not_set: '' } }] })).toEqual([two.id]);
    expect(await found({ not: [{ conversation_assigned_users: { contains: agent.id } }] })).toEqual([two.id]);
    expect(
      await found({ or: [{ conversation_id: { equals: one.id } }, { conversation_id: { equals: two.id } }] }),
    ).toEqual([one.id, two.id]);
    expect(await found({ and: [{ conversation_id: { in: [two.id, 'none'] } }] })).toEqual([two.id]);
    expect(
      await found({ and: [{ conversation_status: { equals: 'done' } }, { conversation_priority: { gte: 4 } }] }),
    ).toEqual([]);
  });

  test('take a day as a day of the zone, GMT unless told', async () => {
    const { search, idsOf, conversation } = await start();
    const late = conversation({ atMs: Date.parse('2026-03-02T23:30:00Z') });
    const created = (test: object, timeZone?: string) =>
      search({ and: [{ conversation_created_at: test }], ...(timeZone ? { timeZone } : {}) });
    expect(idsOf(await created({ lte: '2026-03-02' }))).toEqual([late.id]);
    expect(idsOf(await created({ gte: '2026-03-03' }))).toEqual([]);
    expect(idsOf(await created({ gte: '2026-03-03' }, 'Europe/Stockholm'))).toEqual([late.id]);
    expect(idsOf(await created({ lte: '2026-03-02' }, 'Europe/Stockholm'))).toEqual([]);
    expect((await created({ gte: '2026-03-03' }, 'Nowhere/Else')).status).toBe(400);
  });

  test('find customers by address', async () => {
    const { call, customer, idsOf } = await start();
    const body = { queryContext: 'customer', and: [{ customer_email: { equals: 'customer1@example.com' } }] };
    expect(idsOf(await call('POST', '/v1/customers/search', body))).toEqual([customer.id]);
  });

  test.each([
    ['an unknown attribute', { and: [{ updated_at: { gte: '2026-01-01' } }] }],
    ['an unknown operator', { and: [{ conversation_status: { is: 'open' } }] }],
    ['a date that is none', { and: [{ conversation_updated_at: { gte: 'yesterday' } }] }],
    ['a number for a date', { and: [{ conversation_updated_at: { gte: startMs } }] }],
    ['an unknown order', { sort: [{ conversation_updated_at: 'up' }] }],
    ['an unknown context', { queryContext: 'ticket' }],
  ])('refuse %s', async (_, body) => {
    const { search } = await start();
    expect(await search(body)).toMatchObject({ status: 400, json: { errors: [{ code: 'bad_request' }] } });
  });
});
