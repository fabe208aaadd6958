import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { InvalidInput, LimitReached, Refused, UpstreamError } from '../../../src/core/errors.ts';
import {
  anna,
  api,
  apiUser,
  auditJson,
  clockAt,
  connect,
  conversationId,
  conversationJson,
  customerId,
  customerJson,
  hex,
  listOf,
  messageJson,
  minute,
  noteJson,
  origin,
  replyJson,
  staffJson,
  tagIds,
  tagsJson,
  timeJson,
  userJson,
} from './support.ts';

beforeAll(() => nock.disableNetConnect());
afterEach(() => {
  const pending = nock.pendingMocks();
  nock.cleanAll();
  expect(pending).toEqual([]);
});
afterAll(() => {
  nock.enableNetConnect();
  nock.restore();
});

const path = (rest = '', id = conversationId) => `/v1/conversations/${id}${rest}`;
const page = (number: number) => ({ page: number, pageSize: 100 });
const list = (where: string, data: readonly unknown[], more: object = {}) =>
  api()
    .get(where)
    .query((query) => query.page === '1')
    .reply(200, listOf(data, more));
const conversation = (attributes: object = {}, relationships: object = {}) =>
  api()
    .get(path())
    .reply(200, { data: conversationJson(attributes, relationships) });
const customer = () => api().get(`/v1/customers/${customerId}`).reply(200, { data: customerJson() });
const users = () => list('/v1/users', staffJson);
const tags = () => list('/v1/tags', tagsJson);
const done = { status: 'done', modificationHistory: { statusAt: minute(20), tagsAt: minute(0), customAt: null } };
const errorOf = (doing: Promise<unknown>) => doing.catch((error: unknown) => error);

describe('verify', () => {
  it('says who we are', async () => {
    api()
      .get('/v1/users/current')
      .reply(200, { data: userJson(apiUser, 'Deskledger', 'machine') });
    expect(await connect().verify()).toEqual({ apiUserId: apiUser, accountName: 'loom' });
  });

  it.each([401, 403])('takes %i for a wrong key, and tells no secret', async (status) => {
    api().get('/v1/users/current').reply(status, {});
    const error = await errorOf(connect().verify());
    expect(error).toBeInstanceOf(Refused);
    expect(String(error)).not.toMatch(/Bearer|\bkey\b.*kustomer-token/);
  });

  it('reaches another pod, with or without the version in its address', async () => {
    nock('https://api.prod2.kustomerapp.com')
      .get('/v1/users/current')
      .reply(200, { data: userJson(apiUser, 'D', 'machine') });
    const { apiUserId } = await connect({ baseUrl: 'https://api.prod2.kustomerapp.com/v1/' }).verify();
    expect(apiUserId).toBe(apiUser);
  });

  it.each(['https://evil.example', 'http://loom.api.kustomerapp.com', 'https://kustomerapp.com.evil.example'])(
    'sends the key nowhere else: %s',
    (baseUrl) => {
      expect(() => connect({ baseUrl })).toThrow(Refused);
    },
  );
});

describe('pullTickets', () => {
  it('reads a conversation with its customer and messages, and no history unless it is wanted', async () => {
    conversation({ tags: [tagIds.vip, tagIds.nord] });
    customer();
    list(path('/messages'), [messageJson(1)]);
    users();
    tags();
    const pulled = await connect().pullTickets([{ externalId: conversationId, withHistory: 'if solved' }]);
    expect(pulled).toMatchObject({ missing: [], agents: [{ externalId: anna, name: 'Anna' }] });
    expect(pulled.tickets).toMatchObject([
      { tags: ['VIP', 'partner_nord'], firstMessage: 'Message 1', requester: { email: 'kim@example.com' } },
    ]);
    expect(pulled.tickets[0]).not.toHaveProperty('history');
  });

  it('spares the messages where the history is held', async () => {
    conversation();
    customer();
    users();
    const wanted = { externalId: conversationId, withHistory: 'no', historyHeld: true } as const;
    expect((await connect().pullTickets([wanted])).tickets).toMatchObject([{ firstMessage: null }]);
  });

  it('reads times, log and notes of one that is done', async () => {
    conversation({ ...done, noteCount: 1, custom: { partnerStr: 'nord' } });
    customer();
    list(path('/messages'), [messageJson(1), replyJson(2, anna)]);
    list(`/v2/conversations/${conversationId}/times`, []);
    list(path('/notes'), [noteJson(3, anna)]);
    api()
      .get('/v1/audit-logs')
      .query({ objectType: 'conversation', objectId: conversationId, ...page(1) })
      .reply(
        200,
        listOf([auditJson(5, anna, { attributes: { custom: { before: {}, after: { partnerStr: 'nord' } } } })]),
      );
    users();
    const { tickets } = await connect().pullTickets([{ externalId: conversationId, withHistory: 'if solved' }]);
    expect(tickets[0]?.history).toMatchObject({
      work: [],
      touches: [{ kind: 'public_reply' }, { kind: 'internal_note' }],
      choices: { partner: [{ by: anna, value: 'nord' }], region: [] },
      solvedAt: new Date(minute(20)),
    });
  });

  it('spares notes where time was measured, and the log where nothing was changed', async () => {
    conversation({ ...done, noteCount: 4 });
    customer();
    list(path('/messages'), [messageJson(1)]);
    list(`/v2/conversations/${conversationId}/times`, [timeJson(1, anna, 60_000)]);
    users();
    const { tickets } = await connect().pullTickets([{ externalId: conversationId, withHistory: 'yes' }]);
    expect(tickets[0]?.history?.work).toMatchObject([{ rawSeconds: 60, agentId: anna }]);
  });

  it('tells what is gone apart from what is deleted', async () => {
    api().get(path()).reply(404, {});
    const other = hex('c0', 2);
    api()
      .get(path('', other))
      .reply(200, { data: conversationJson({ deleted: true, assignedUsers: [] }, { customer: null }, other) });
    const pulled = await connect().pullTickets([
      { externalId: conversationId, withHistory: 'no', historyHeld: true },
      { externalId: other, withHistory: 'no', historyHeld: true },
    ]);
    expect(pulled).toMatchObject({
      missing: [conversationId],
      tickets: [{ externalId: other, status: 'deleted', frozen: true, requester: null }],
    });
  });

  it('follows messages to the last page', async () => {
    conversation({ assignedUsers: [] });
    customer();
    const at = (number: number, data: readonly unknown[], next: string | null) =>
      api().get(path('/messages')).query(page(number)).reply(200, { data, links: { next } });
    at(1, [replyJson(5, anna)], '/v1/next');
    at(2, [replyJson(4, anna)], '/v1/next');
    at(3, [messageJson(1)], null);
    const { tickets } = await connect().pullTickets([{ externalId: conversationId, withHistory: 'no' }]);
    expect(tickets[0]?.firstMessage).toBe('Message 1');
  });

  it('ends a list that repeats its page', async () => {
    conversation({ assignedUsers: [] });
    customer();
    api()
      .get(path('/messages'))
      .query(true)
      .twice()
      .reply(200, { data: [messageJson(1)], links: { next: '/v1/again' } });
    const { tickets } = await connect().pullTickets([{ externalId: conversationId, withHistory: 'no' }]);
    expect(tickets).toHaveLength(1);
  });

  it('looks for a tag made meanwhile, and once a minute for one that is gone', async () => {
    const { clock } = clockAt();
    const client = connect({}, clock);
    const pull = async (tag: string) => {
      conversation({ assignedUsers: [], tags: [tag] }, { customer: null });
      const wanted = { externalId: conversationId, withHistory: 'no', historyHeld: true } as const;
      return (await client.pullTickets([wanted])).tickets[0]?.tags;
    };
    const [made, gone] = [hex('d1', 1), hex('d1', 2)];
    tags();
    expect(await pull(tagIds.vip)).toEqual(['VIP']);
    list('/v1/tags', [...tagsJson, { type: 'tag', id: made, attributes: { name: 'new' } }]);
    expect(await pull(made)).toEqual(['new']);
    tags();
    expect(await pull(gone)).toEqual([]);
    expect(await pull(gone)).toEqual([]);
    expect(await pull('by name')).toEqual(['by name']);
  });

  it('asks for users one by one where the list lacks them, and once', async () => {
    const client = connect();
    const wanted = { externalId: conversationId, withHistory: 'no', historyHeld: true } as const;
    list('/v1/users', []);
    api()
      .get(`/v1/users/${anna}`)
      .reply(200, { data: userJson(anna, 'Anna') });
    for (const _ of [1, 2]) {
      conversation({}, { customer: null });
      expect((await client.pullTickets([wanted])).agents).toEqual([{ externalId: anna, name: 'Anna' }]);
    }
  });

  it('works with a key that may not read users or the log', async () => {
    conversation({ ...done, custom: { partnerStr: 'nord' } }, { customer: null });
    list(path('/messages'), []);
    list(`/v2/conversations/${conversationId}/times`, [timeJson(1, anna, 60_000)]);
    api().get('/v1/audit-logs').query(true).reply(403, {});
    api().get('/v1/users').query(true).reply(403, {});
    api().get(`/v1/users/${anna}`).reply(403, {});
    const { tickets, agents } = await connect().pullTickets([{ externalId: conversationId, withHistory: 'yes' }]);
    expect(tickets[0]?.history).toMatchObject({ work: [{ agentId: anna, actor: 'agent' }], choices: { partner: [] } });
    expect(agents).toEqual([]);
  });

  it('takes no other conversation’s changes where the log answers for all', async () => {
    conversation({ ...done, assignedUsers: [], custom: { partnerStr: 'nord' } }, { customer: null });
    list(path('/messages'), []);
    list(`/v2/conversations/${conversationId}/times`, []);
    const changes = { attributes: { custom: { before: {}, after: { partnerStr: 'sud' } } } };
    api()
      .get('/v1/audit-logs')
      .query(true)
      .reply(200, {
        ...listOf([auditJson(5, anna, changes, { objectId: hex('c0', 9) }), auditJson(6, anna, changes)]),
        links: { next: '/v1/audit-logs?page=2' },
      });
    users();
    const { tickets } = await connect().pullTickets([{ externalId: conversationId, withHistory: 'yes' }]);
    expect(tickets[0]?.history?.choices.partner).toMatchObject([{ sourceKey: `audit:${auditJson(6, anna, 0).id}` }]);
  });
});

describe('the handle timer', () => {
  const pulling = (attributes = done) => {
    conversation(attributes, { customer: null });
    list(path('/messages'), []);
  };
  const times = (version: string, status: number, data: readonly unknown[] = []) =>
    api()
      .get(`/${version}/conversations/${conversationId}/times`)
      .query(true)
      .reply(status, status === 200 ? listOf(data) : {});
  const workOf = async (client: ReturnType<typeof connect>) => {
    const { tickets } = await client.pullTickets([{ externalId: conversationId, withHistory: 'yes' }]);
    return tickets[0]?.history?.work.map(({ clock, rawSeconds }) => [clock, rawSeconds]);
  };

  it('is v2, and stays it though one conversation later has none', async () => {
    users();
    const client = connect();
    pulling();
    times('v2', 200, [timeJson(1, anna, 60_000)]);
    expect(await workOf(client)).toEqual([['kustomer handle time v2', 60]]);
    pulling();
    times('v2', 404);
    expect(await workOf(client)).toEqual([]);
  });

  it('is v1 where there is no v2, which is asked for once', async () => {
    users();
    const client = connect();
    pulling();
    times('v2', 404);
    times('v1', 200, [timeJson(1, anna, 60)]);
    expect(await workOf(client)).toEqual([['kustomer handle time v1', 60]]);
    pulling();
    times('v1', 200, [timeJson(1, anna, 90)]);
    expect(await workOf(client)).toEqual([['kustomer handle time v1', 90]]);
  });

  it('is not v1 for a fault of v2', async () => {
    pulling();
    api().get(`/v2/conversations/${conversationId}/times`).query(true).times(4).reply(500, 'down');
    expect(await errorOf(workOf(connect()))).toMatchObject({ status: 500 });
  });

  it('is the one that the settings name', async () => {
    users();
    pulling();
    times('v1', 200, [timeJson(1, anna, 60)]);
    expect(await workOf(connect({ timesVersion: 'v1' }))).toEqual([['kustomer handle time v1', 60]]);
  });
});

describe('changeTags', () => {
  const change = (tag: { add?: readonly string[]; remove?: readonly string[] }, client = connect()) =>
    client.changeTags(conversationId, { add: tag.add ?? [], remove: tag.remove ?? [] });

  it('adds and takes away by name what differs, and mirrors it in the attributes', async () => {
    conversation({ tags: [tagIds.nord, tagIds.vip], custom: { partnerStr: 'nord', otherStr: 'x' } });
    tags();
    api().post(path('/tags'), ['partner_sud']).reply(200, {});
    api().delete(path('/tags'), ['partner_nord']).reply(204);
    api()
      .put(path(), { custom: { partnerStr: 'sud' } })
      .reply(200, { data: conversationJson() });
    await change({ add: ['partner_sud'], remove: ['partner_nord', 'region_dk'] });
  });

  it('writes nothing where all is as it should be', async () => {
    conversation({ tags: [tagIds.nord], custom: { partnerStr: 'partner_nord', regionStr: 'SE' } });
    tags();
    await change({ add: ['partner_nord'], remove: ['region_dk'] });
  });

  it('empties an attribute whose tag goes without another in its place', async () => {
    conversation({ tags: [tagIds.nord], custom: { partnerStr: 'nord', regionStr: 'dk' } });
    tags();
    api().delete(path('/tags'), ['partner_nord']).reply(200, {});
    api()
      .put(path(), { custom: { partnerStr: null } })
      .reply(200, {});
    await change({ remove: ['partner_nord', 'region_se'] });
  });

  it('keeps a value that one of several tags says, however it is written', async () => {
    conversation({ tags: [tagIds.nord], custom: { partnerStr: 'Nord', regionStr: 'Nord-Ost' } });
    tags();
    api().post(path('/tags'), ['partner_sud', 'region_nord_ost']).reply(200, {});
    await change({ add: ['partner_sud', 'region_nord_ost'] });
  });

  it('leaves a value that nobody mapped to the agent who wrote it', async () => {
    conversation({ tags: [tagIds.nord], custom: { partnerStr: 'somebody' } });
    tags();
    api().delete(path('/tags'), ['partner_nord']).reply(200, {});
    await change({ remove: ['partner_nord'] });
  });

  it('sends the other form where Kustomer takes no bare list, and keeps to it', async () => {
    const client = connect({ partnerFieldId: undefined, regionFieldId: undefined });
    conversation();
    api().post(path('/tags'), ['partner_nord']).reply(400, {});
    api()
      .post(path('/tags'), { tags: ['partner_nord'] })
      .reply(200, {});
    await change({ add: ['partner_nord'] }, client);
    conversation();
    api()
      .post(path('/tags'), { tags: ['partner_sud'] })
      .reply(200, {});
    await change({ add: ['partner_sud'] }, client);
  });

  it('says 404 of a conversation that is gone', async () => {
    api().get(path()).reply(404, {});
    expect(await errorOf(change({ add: ['partner_nord'] }))).toMatchObject({ status: 404 });
  });

  it('waits for a record that took too many updates, and stops no reading meanwhile', async () => {
    const { clock, slept } = clockAt();
    const client = connect({ partnerFieldId: undefined }, clock);
    conversation();
    api().post(path('/tags')).reply(429, {}, { 'retry-after': '7' });
    api().post(path('/tags')).reply(200, {});
    await change({ add: ['partner_nord'] }, client);
    expect(slept).toEqual([7000]);
  });

  it('makes no tag of odd characters', async () => {
    expect(await errorOf(change({ add: ['Partner Nord'] }))).toBeInstanceOf(InvalidInput);
  });
});

describe('the quota', () => {
  it('is the account’s by header, and our share of it', async () => {
    const { clock, slept } = clockAt();
    const client = connect({ limitShare: 0.5 }, clock);
    const headers = { 'x-ratelimit-limit': '4', 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': '20' };
    api()
      .get('/v1/users/current')
      .thrice()
      .reply(200, { data: userJson(apiUser, 'D') }, headers);
    for (const _ of [1, 2, 3]) await client.verify();
    expect(slept).toEqual([20_000]);
  });

  it.each([
    ['seconds to go', '30'],
    ['epoch seconds', String(Date.UTC(2026, 2, 1, 12, 0, 30) / 1000)],
    ['epoch milliseconds', String(Date.UTC(2026, 2, 1, 12, 0, 30))],
  ])('ends at the reset, told as %s', async (_what, reset) => {
    const { clock, slept } = clockAt();
    const client = connect({}, clock);
    const headers = { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    api()
      .get('/v1/users/current')
      .twice()
      .reply(200, { data: userJson(apiUser, 'D') }, headers);
    await client.verify();
    await client.verify();
    expect(slept).toEqual([30_000]);
  });

  it('that is used up for long is for the caller to wait for', async () => {
    api().get('/v1/users/current').reply(429, {}, { 'retry-after': '600' });
    expect(await errorOf(connect().verify())).toBeInstanceOf(LimitReached);
  });
});

describe('inspect', () => {
  const found = async (client = connect()) =>
    Object.fromEntries(((await client.inspect?.()) ?? []).map(({ topic, level, next }) => [topic, { level, next }]));
  const paths = ['conversations', 'customers', 'messages', 'tags', 'users', 'audit-logs', 'outbound-webhooks'];
  const rights = (refused: readonly string[] = []) => {
    for (const name of paths)
      api()
        .get(`/v1/${name}`)
        .query({ page: 1, pageSize: 1 })
        .reply(refused.includes(name) ? 403 : 200, listOf([]), {
          'x-ratelimit-limit': '1000',
          'x-ratelimit-remaining': '900',
        });
  };
  const mapped = ['orderNumberStr', 'partnerStr', 'regionStr', 'reasonStr'];
  const attributes = (names: readonly string[] = mapped) =>
    api()
      .get('/v1/metadata/conversation')
      .reply(200, { data: { attributes: { properties: Object.fromEntries(names.map((name) => [name, {}])) } } });
  const surveys = (enabled: boolean) =>
    list('/v1/satisfaction', [{ type: 'satisfaction', id: 's1', attributes: { name: 'CSAT', enabled } }]);
  const latestDone = (data: readonly unknown[]) =>
    api()
      .post('/v1/customers/search', (body) => body.and[0].conversation_status.equals === 'done')
      .query({ page: 1, pageSize: 1 })
      .reply(200, listOf(data));
  const timesOf = (version: string, data: readonly unknown[]) =>
    list(`/${version}/conversations/${conversationId}/times`, data);

  it('finds an account that is as it should be', async () => {
    rights();
    surveys(false);
    attributes();
    latestDone([{ id: conversationId }]);
    timesOf('v2', [timeJson(1, anna, 1000)]);
    expect(await found()).toEqual({
      rights: { level: 'ok', next: null },
      'own survey': { level: 'ok', next: null },
      fields: { level: 'ok', next: null },
      'handle time': { level: 'ok', next: null },
      quota: { level: 'ok', next: null },
    });
  });

  it('warns of a survey that would ask twice, and of a timer that stands still', async () => {
    rights(['audit-logs']);
    surveys(true);
    attributes(mapped.slice(1));
    latestDone([{ id: conversationId }]);
    timesOf('v2', []);
    timesOf('v1', [timeJson(1, anna, 60)]);
    expect(await found()).toMatchObject({
      rights: { level: 'warn', next: expect.stringContaining('org.permission.audit_logs.read') },
      'own survey': { level: 'warn' },
      fields: { level: 'fail', next: expect.stringContaining('orderNumberFieldId') },
      'handle time': { level: 'warn', next: expect.stringContaining('timesVersion to "v1"') },
    });
  });

  it('fails a key that may not read conversations', async () => {
    rights(['conversations']);
    api().get('/v1/satisfaction').query(true).reply(403, {});
    api().get('/v1/metadata/conversation').reply(403, {});
    expect(await found()).toMatchObject({
      rights: { level: 'fail' },
      'own survey': { level: 'warn' },
      fields: { level: 'warn', next: expect.stringContaining('org.permission.metadata.read') },
    });
  });
});

describe('faults', () => {
  it('name neither the key nor anything personal', async () => {
    api().get(path()).times(4).reply(500, 'kim@example.com');
    const wanted = { externalId: conversationId, withHistory: 'no' } as const;
    const error = await errorOf(connect().pullTickets([wanted]));
    expect(error).toBeInstanceOf(UpstreamError);
    expect(String(error)).not.toMatch(/Bearer|kim@|c0000/);
  });

  it('tell of another shape than documented', async () => {
    api().get('/v1/users/current').reply(200, '<html>', { 'content-type': 'text/html' });
    expect(await errorOf(connect().verify())).toBeInstanceOf(UpstreamError);
  });

  it('follow no redirect', async () => {
    api()
      .get('/v1/users/current')
      .reply(302, '', { location: `${origin}/else` });
    expect(await errorOf(connect().verify())).toMatchObject({ status: 302 });
  });
});
