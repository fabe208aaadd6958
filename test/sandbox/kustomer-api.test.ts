import { afterEach, describe, expect, test } from 'vitest';
import { attributeNames } from '../../src/sandbox/kustomer/index.ts';
import { startKustomer } from './kustomer-stage.ts';
import { closeStages, startMs } from './stage.ts';

afterEach(closeStages);

describe('the key', () => {
  test('is asked for; a wrong and a revoked one are refused', async () => {
    const { sandbox, call } = await startKustomer();
    const response = await fetch(`${sandbox.url}/v1/users/current`, { headers: { authorization: 'Bearer other' } });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ errors: [{ code: 'unauthorized', message: expect.any(String) }] });
    sandbox.access.revoked = true;
    expect((await call('GET', '/v1/users/current')).status).toBe(401);
  });

  test('tells its roles, and is refused what it has no role for', async () => {
    const { sandbox, call, conversation } = await startKustomer();
    const { id } = conversation();
    const { attributes, relationships } = (await call('GET', '/v1/auth/tokens/current')).json.data;
    expect(attributes.roles).toContain('org.permission.outbound_webhook.create');
    expect(relationships.user.data.id).toBe(sandbox.apiUserId);
    sandbox.access.roles = ['org.permission.conversation.read'];
    expect((await call('GET', `/v1/conversations/${id}`)).status).toBe(200);
    expect((await call('GET', `/v2/conversations/${id}/times`)).status).toBe(200);
    const refused = await call('POST', `/v1/conversations/${id}/tags`, ['a']);
    expect([refused.status, refused.json.errors[0].code]).toEqual([403, 'forbidden']);
    expect((await call('GET', '/v1/outbound-webhooks')).status).toBe(403);
    expect((await call('GET', '/v1/auth/tokens/current')).status).toBe(200);
  });
});

describe('people and settings', () => {
  test('show the API user, agents and bots, the customer by id and address', async () => {
    const { sandbox, call, customer, agent, bot } = await startKustomer();
    expect((await call('GET', '/v1/users/current')).json.data).toMatchObject({
      id: sandbox.apiUserId,
      attributes: { userType: 'machine' },
    });
    const users = (await call('GET', '/v1/users?pageSize=500')).json;
    expect(users.data.map(({ id }: { id: string }) => id)).toEqual([sandbox.apiUserId, agent.id, bot.id]);
    expect((await call('GET', `/v1/users/${agent.id}`)).json.data.attributes).toMatchObject({
      name: 'Agent Elm',
      userType: 'user',
    });
    const shown = {
      data: { type: 'customer', id: customer.id, attributes: { emails: [{ email: 'customer1@example.com' }] } },
    };
    expect((await call('GET', `/v1/customers/${customer.id}`)).json).toMatchObject(shown);
    expect((await call('GET', '/v1/customers/email=customer1@example.com')).json).toMatchObject(shown);
    expect((await call('GET', '/v1/customers/email=nobody@example.com')).status).toBe(404);
  });

  test('show brands, queues and teams by id', async () => {
    const { call, desk } = await startKustomer();
    for (const [path, type, items] of [
      ['brands', 'brand', desk.brands],
      ['routing/queues', 'queue', desk.queues],
      ['teams', 'team', desk.teams],
    ] as const) {
      const { data } = (await call('GET', `/v1/${path}`)).json;
      expect(data.map((one: { type: string; id: string }) => [one.type, one.id])).toEqual(
        items.map(({ id }) => [type, id]),
      );
      expect((await call('GET', `/v1/${path}/${items[0]?.id}`)).json.data.attributes.name).toBe(items[0]?.name);
      expect((await call('GET', `/v1/${path}/none`)).status).toBe(404);
    }
  });

  test('have custom attributes that can be found and added', async () => {
    const { call, conversation } = await startKustomer();
    const { id } = conversation();
    const { properties } = (await call('GET', '/v1/metadata/conversation')).json.data.attributes;
    expect(properties).toMatchObject({ orderNumberStr: { displayName: 'Order number' } });
    const put = (name: string) =>
      call('PUT', '/v1/metadata/conversation', { properties: { [name]: { displayName: 'More' } } });
    expect((await put('more')).status).toBe(400);
    expect((await put('moreStr')).status).toBe(200);
    const fill = async (value: string) =>
      (await call('PUT', `/v1/conversations/${id}`, { custom: { moreStr: value } })).status;
    expect(await fill('a')).toBe(200);
    const list = (enumeration: unknown) =>
      call('PUT', '/v1/metadata/conversation', { properties: { moreStr: { enumeration } } });
    expect((await list('b')).status).toBe(400);
    const { json } = await list(['b', 'c']);
    expect(json.data.attributes.properties).toMatchObject({
      orderNumberStr: { displayName: 'Order number' },
      moreStr: { type: 'string', displayName: 'More', enumeration: ['b', 'c'] },
    });
    expect([await fill('b'), await fill('a')]).toEqual([200, 400]);
  });

  test('tell surveys of the org and their answers', async () => {
    const { call, conversation, desk } = await startKustomer({
      surveys: [
        { channel: 'email', enabled: true },
        { channel: 'chat', enabled: false },
      ],
    });
    const surveys = (await call('GET', '/v1/satisfaction')).json.data;
    expect(surveys.map((one: { attributes: object }) => one.attributes)).toMatchObject([
      { channel: 'email', enabled: true },
      { channel: 'chat', enabled: false },
    ]);
    const { id } = conversation();
    desk.rate(id, { atMs: startMs + 1000, rating: 4 });
    expect((await call('GET', `/v1/conversations/${id}`)).json.data.attributes).toMatchObject({
      satisfaction: 1,
      satisfactionLevel: { score: 1, rating: 4 },
    });
    const [responseId] = desk.responses.keys();
    expect((await call('GET', `/v1/satisfaction-responses/${responseId}`)).json.data).toMatchObject({
      attributes: { rating: 4, status: 'rated' },
      relationships: { conversation: { data: { id } } },
    });
  });

  test('keep a log of who changed what: an agent, a key, a rule', async () => {
    const { sandbox, call, conversation, desk, agent, by } = await startKustomer();
    const { id } = conversation();
    desk.update(id, by(startMs + 1000), { custom: new Map([[attributeNames.partner, 'nord']]) });
    desk.update(id, { userId: null, client: 'workflow', atMs: startMs + 2000 }, { priority: 1 });
    await call('POST', `/v1/conversations/${id}/tags`, ['partner_nord']);
    await call('DELETE', `/v1/conversations/${id}`);
    const { data } = (await call('GET', `/v1/audit-logs?objectId=${id}`)).json;
    expect(data.map((one: { type: string }) => one.type)).toEqual(Array(data.length).fill('audit_log'));
    const rows = data.map(({ attributes }: { attributes: Record<string, string> }) => attributes).reverse();
    expect(rows).toMatchObject([
      { eventName: 'kustomer.conversation.create', userType: 'system', userId: null },
      { eventVerb: 'update', changes: { attributes: {} } },
      {
        userType: 'user',
        userId: agent.id,
        changes: { attributes: { custom: { op: 'add', after: { salesPartnerStr: 'nord' } } } },
      },
      {
        userType: 'system',
        userId: null,
        changes: { attributes: { priority: { op: 'replace', before: 3, after: 1 } } },
      },
      { userType: 'machine', userId: sandbox.apiUserId, changes: { attributes: { tags: { op: 'replace' } } } },
      { eventName: 'kustomer.conversation.delete', userId: sandbox.apiUserId },
    ]);
    expect((await call('GET', `/v1/audit-logs?objectId=${id}&userId=${agent.id}`)).json.meta.total).toBe(1);
  });
});

describe('limits and faults', () => {
  test('are counted per minute for the org, apart for searches, and reset without Retry-After', async () => {
    const { clock, call } = await startKustomer({ limits: { perMinute: 4, searchesPerMinute: 1 } });
    const search = () => call('POST', '/v1/customers/search', { queryContext: 'conversation' });
    const first = await search();
    const limitOf = ({ headers }: { headers: Headers }) =>
      ['limit', 'remaining', 'reset'].map((name) => Number(headers.get(`x-ratelimit-${name}`)));
    expect([first.status, ...limitOf(first)]).toEqual([200, 4, 3, startMs / 1000 + 60]);
    const second = await search();
    expect([second.status, ...limitOf(second)]).toEqual([429, 1, 0, startMs / 1000 + 60]);
    expect(second.headers.get('retry-after')).toBeNull();
    expect(second.json.errors[0].code).toBe('too_many_requests');
    expect((await call('GET', '/v1/users/current')).status).toBe(200);
    expect(limitOf(await call('GET', '/v1/users/current'))).toEqual([4, 0, startMs / 1000 + 60]);
    const refused = await call('GET', '/v1/users/current');
    expect([refused.status, ...limitOf(refused)]).toEqual([429, 4, 0, startMs / 1000 + 60]);
    await clock.sleep(60_000);
    expect((await search()).status).toBe(200);
  });

  test('hold for the updates of one conversation', async () => {
    const { clock, call, conversation } = await startKustomer({
      limits: { updatesPerRecord: 2, resetAs: 'seconds left' },
    });
    const [one, two] = [conversation(), conversation()];
    const tag = (id: string, name: string) => call('POST', `/v1/conversations/${id}/tags`, [name]);
    expect((await tag(one.id, 'a')).status).toBe(200);
    expect((await call('PUT', `/v1/conversations/${one.id}`, { priority: 4 })).status).toBe(200);
    const refused = await tag(one.id, 'b');
    expect([refused.status, refused.headers.get('x-ratelimit-limit')]).toEqual([429, '2']);
    expect(refused.headers.get('x-ratelimit-reset')).toBe('60');
    expect((await call('GET', `/v1/conversations/${one.id}`)).status).toBe(200);
    expect((await tag(two.id, 'b')).status).toBe(200);
    await clock.sleep(60_000);
    expect((await tag(one.id, 'b')).status).toBe(200);
  });

  test('are not there when switched off', async () => {
    const { call } = await startKustomer({ limits: 'off' });
    const answers = await Promise.all(
      Array.from({ length: 150 }, () => call('POST', '/v1/customers/search', { queryContext: 'conversation' })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(answers[0]?.headers.get('x-ratelimit-limit')).toBeNull();
  });

  test('fail the same requests for the same seed, and answer odd bodies and paths in the envelope of errors', async () => {
    const statuses = async () => {
      const { call, conversation } = await startKustomer({
        limits: 'off',
        faults: { requestErrorRate: 0.4, statuses: [500, 503] },
      });
      const { id } = conversation();
      const seen: number[] = [];
      for (let index = 0; index < 30; index += 1) seen.push((await call('GET', `/v1/conversations/${id}`)).status);
      await closeStages();
      return seen;
    };
    const first = await statuses();
    expect(new Set(first)).toEqual(new Set([200, 500, 503]));
    expect(await statuses()).toEqual(first);
    const { sandbox, call } = await startKustomer();
    expect((await call('GET', '/v1/no-such-thing')).json.errors[0].code).toBe('not_found');
    const broken = await fetch(`${sandbox.url}/v1/tags`, {
      method: 'POST',
      headers: { authorization: `Bearer ${sandbox.settings.apiKey}`, 'content-type': 'application/json' },
      body: '{',
    });
    expect(broken.status).toBe(400);
    expect(await broken.json()).toMatchObject({ errors: [{ code: 'bad_request' }] });
  });
});
