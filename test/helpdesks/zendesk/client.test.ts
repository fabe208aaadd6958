import nock from 'nock';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LimitReached, Refused, UpstreamError } from '../../../src/core/errors.ts';
import { connectZendesk } from '../../../src/helpdesks/zendesk/client.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import {
  anna,
  apiUser,
  audit,
  ben,
  change,
  comment,
  create,
  customer,
  fields,
  settingsWith,
  ticketJson,
  userJson,
} from './support.ts';

const origin = 'https://loom.zendesk.com';
const now = new Date('2026-03-01T10:00:30Z');

/** Stands still, and notes what was slept. */
const clockAt = () => {
  let nowMs = now.getTime();
  const slept: number[] = [];
  const clock: Clock = {
    now: () => new Date(nowMs),
    async sleep(ms) {
      slept.push(ms);
      nowMs += ms;
    },
    every: () => ({ stop: async () => {} }),
  };
  return { clock, slept };
};

const connect = (more: object = {}, clock = clockAt().clock) =>
  connectZendesk(settingsWith({ limitShare: 1, ...more }), { clock, allowPrivate: false, apiUserId: apiUser });

const api = () =>
  nock(origin, {
    reqheaders: { authorization: `Basic ${Buffer.from('deskledger@example.com/token:token').toString('base64')}` },
  });

const customerJson = userJson(customer, 'end-user');
const annaJson = userJson(anna, 'agent', { name: 'Anna' });
const id = '4400000001';
const other = '4400000002';

beforeAll(() => nock.disableNetConnect());
afterEach(() => {
  expect(nock.pendingMocks()).toEqual([]);
  nock.cleanAll();
});
afterAll(() => {
  nock.enableNetConnect();
  nock.restore();
});

const collect = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describe('verify', () => {
  it('says who we are', async () => {
    api()
      .get('/api/v2/users/me.json')
      .reply(200, { user: userJson(apiUser, 'admin') });
    expect(await connect().verify()).toEqual({ apiUserId: apiUser, accountName: 'loom' });
  });

  it.each([
    ['a refusal', 401, { error: "Couldn't authenticate you" }],
    ['a token without rights', 403, {}],
    [
      'the anonymous user',
      200,
      { user: { id: null, name: 'Anonymous user', role: 'end-user', email: 'invalid@example.com' } },
    ],
    ['an end user', 200, { user: userJson('1', 'end-user') }],
  ])('takes %s for wrong credentials', async (_what, status, body) => {
    api().get('/api/v2/users/me.json').reply(status, body);
    const error = await connect()
      .verify()
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Refused);
    expect(String(error)).not.toMatch(/deskledger@example\.com|dG9rZW4|token:token/);
  });
});

describe('pullTickets', () => {
  const showMany = (ids: string, body: object) =>
    api().get('/api/v2/tickets/show_many.json').query({ ids, include: 'users' }).reply(200, body);

  it('reads many tickets in one call, and nobody’s audits unless they are wanted', async () => {
    showMany(`${id},${other}`, {
      tickets: [ticketJson(), ticketJson({ id: other, status: 'pending' })],
      users: [customerJson, annaJson],
    });
    const pulled = await connect().pullTickets([
      { externalId: id, withHistory: 'no' },
      { externalId: other, withHistory: 'if solved' },
    ]);
    expect(pulled.tickets.map(({ externalId, history }) => [externalId, history])).toEqual([
      [id, undefined],
      [other, undefined],
    ]);
    expect(pulled.tickets[0]?.requester?.email).toBe('user7001@example.com');
    expect(pulled).toMatchObject({ missing: [], agents: [{ externalId: anna, name: 'Anna' }] });
  });

  it('reads the audits of a solved ticket in one further call', async () => {
    showMany(id, { tickets: [ticketJson({ status: 'solved' })], users: [customerJson, annaJson] });
    api()
      .get(`/api/v2/tickets/${id}/audits.json`)
      .query({ 'page[size]': 100, include: 'users' })
      .reply(200, {
        audits: [audit(1, anna, 1, [comment(), change(fields.total, '600', null)])],
        meta: { has_more: false, after_cursor: 'x' },
      });
    const { tickets } = await connect().pullTickets([{ externalId: id, withHistory: 'if solved' }]);
    expect(tickets[0]?.history).toMatchObject({
      work: [{ agentId: anna, rawSeconds: 600 }],
      touches: [{ agentId: anna }],
    });
  });

  it('bug: a field that an agent filled at creation was not attributed to the agent until the audits came', async () => {
    const filled = (fieldId: string, value: unknown) =>
      ticketJson({ custom_fields: [{ id: Number(fieldId), value }], submitter_id: Number(anna) });
    const pull = async (ticket: object, more: object = {}) => {
      showMany(id, { tickets: [ticket], users: [customerJson, annaJson] });
      const { tickets } = await connect().pullTickets([{ externalId: id, withHistory: 'if solved', ...more }]);
      return tickets[0]?.history;
    };
    for (const fieldId of [fields.partner, fields.region]) {
      api()
        .get(`/api/v2/tickets/${id}/audits.json`)
        .query(true)
        .reply(200, { audits: [audit(1, anna, 0, [create(fieldId, 'nord')])] });
      const half = fieldId === fields.partner ? 'partner' : 'region';
      expect((await pull(filled(fieldId, 'nord')))?.choices[half]).toMatchObject([{ source: 'field', value: 'nord' }]);
    }
    expect(await pull(filled(fields.partner, 'nord'), { historyHeld: true })).toBeUndefined();
    expect(await pull(filled(fields.partner, null))).toBeUndefined();
    expect(await pull(ticketJson({ tags: ['partner_nord'] }))).toBeUndefined();
  });

  it('bug: the requester’s first words on a ticket that an agent opened were never read', async () => {
    showMany(id, {
      tickets: [ticketJson({ submitter_id: Number(anna), description: 'Your delivery, order 1002' })],
      users: [customerJson, annaJson],
    });
    api()
      .get(`/api/v2/tickets/${id}/audits.json`)
      .query(true)
      .reply(200, {
        audits: [
          audit(1, anna, 0, [create('status', 'open'), comment({ body: 'Your delivery, order 1002' })]),
          audit(2, customer, 1, [comment({ body: 'To ourselves', public: false })]),
          audit(3, customer, 2, [comment({ body: 'It is order 1001' })]),
          audit(4, customer, 3, [comment({ body: 'And order 1003' })]),
        ],
      });
    const { tickets } = await connect().pullTickets([{ externalId: id, withHistory: 'yes' }]);
    expect(tickets[0]?.firstMessage).toBe('It is order 1001');
  });

  it('follows the audits’ cursor to the end', async () => {
    showMany(id, { tickets: [ticketJson()], users: [customerJson, annaJson] });
    const path = `/api/v2/tickets/${id}/audits.json`;
    const page = (number: number) => [
      audit(number, anna, number, [change(fields.total, String(number * 60), String((number - 1) * 60))]),
    ];
    api()
      .get(path)
      .query({ 'page[size]': 100, include: 'users' })
      .reply(200, { audits: page(1), meta: { has_more: true, after_cursor: 'c1' } });
    api()
      .get(path)
      .query({ 'page[size]': 100, 'page[after]': 'c1', include: 'users' })
      .reply(200, { audits: page(2), meta: { has_more: true, after_cursor: 'c2' } });
    api()
      .get(path)
      .query({ 'page[size]': 100, 'page[after]': 'c2', include: 'users' })
      .reply(200, { audits: page(3), meta: { has_more: false, after_cursor: 'c3' } });
    const { tickets } = await connect().pullTickets([{ externalId: id, withHistory: 'yes' }]);
    expect(tickets[0]?.history?.work.map(({ rawSeconds }) => rawSeconds)).toEqual([60, 60, 60]);
  });

  it('takes the audits of an archived ticket whole, and follows numbered pages', async () => {
    showMany(`${id},${other}`, {
      tickets: [ticketJson({ status: 'closed' }), ticketJson({ id: other, status: 'closed' })],
      users: [annaJson],
    });
    const reading = (number: number) =>
      audit(number, anna, number, [change(fields.total, String(number), String(number - 1))]);
    api()
      .get(`/api/v2/tickets/${id}/audits.json`)
      .query(true)
      .reply(200, { audits: [1, 2].map(reading), next_page: null, count: 2 });
    api()
      .get(`/api/v2/tickets/${other}/audits.json`)
      .query({ 'page[size]': 100, include: 'users' })
      .reply(200, {
        audits: [reading(3)],
        next_page: `${origin}/api/v2/tickets/${other}/audits.json?page=2`,
        count: 2,
      });
    api()
      .get(`/api/v2/tickets/${other}/audits.json`)
      .query({ page: 2 })
      .reply(200, { audits: [reading(4)], next_page: null, count: 2 });
    const { tickets } = await connect().pullTickets(
      [id, other].map((externalId) => ({ externalId, withHistory: 'yes' as const })),
    );
    expect(tickets.map(({ history }) => history?.work.length)).toEqual([2, 2]);
  });

  it('learns the authors from the audits themselves where Zendesk sends them along', async () => {
    showMany(id, { tickets: [ticketJson()], users: [customerJson] });
    api()
      .get(`/api/v2/tickets/${id}/audits.json`)
      .query(true)
      .reply(200, { audits: [audit(1, ben, 1, [comment()])], users: [userJson(ben, 'agent', { name: 'Ben' })] });
    const { tickets, agents } = await connect().pullTickets([{ externalId: id, withHistory: 'yes' }]);
    expect(tickets[0]?.history?.touches).toMatchObject([{ agentId: ben }]);
    expect(agents).toEqual([{ externalId: ben, name: 'Ben' }]);
  });

  it('asks for authors it does not know once, with one call, and remembers them', async () => {
    const client = connect();
    const again = async () => {
      showMany(`${id},${other}`, { tickets: [ticketJson(), ticketJson({ id: other })], users: [customerJson] });
      for (const one of [id, other])
        api()
          .get(`/api/v2/tickets/${one}/audits.json`)
          .query(true)
          .reply(200, {
            audits: [
              audit(1, ben, 1, [change(fields.partner, 'nord', null)]),
              audit(2, '-1', 2, []),
              audit(3, '888', 3, [comment()]),
            ],
          });
      return client.pullTickets([id, other].map((externalId) => ({ externalId, withHistory: 'yes' as const })));
    };
    api()
      .get('/api/v2/users/show_many.json')
      .query({ ids: `${ben},888` })
      .reply(200, { users: [userJson(ben, 'admin', { name: 'Ben' })] });
    for (const pulled of [await again(), await again()]) {
      expect(pulled.tickets.map(({ history }) => history?.choices.partner.map(({ by }) => by))).toEqual([[ben], [ben]]);
      expect(pulled.agents).toEqual([{ externalId: ben, name: 'Ben' }]);
    }
  });

  it('asks for a ticket that the bulk read left out, and only then calls it missing', async () => {
    showMany(`${id},${other},7`, { tickets: [ticketJson()] });
    api()
      .get(`/api/v2/tickets/${other}.json`)
      .query({ include: 'users' })
      .reply(200, { ticket: ticketJson({ id: other, status: 'deleted' }), users: [customerJson] });
    api().get('/api/v2/tickets/7.json').query(true).reply(404, { error: 'RecordNotFound' });
    const { tickets, missing } = await connect().pullTickets(
      [id, other, '7'].map((externalId) => ({ externalId, withHistory: 'no' as const })),
    );
    expect(tickets.map(({ externalId, status }) => [externalId, status])).toEqual([
      [id, 'open'],
      [other, 'deleted'],
    ]);
    expect(missing).toEqual(['7']);
  });

  it('goes on without the audits of a ticket that went away meanwhile', async () => {
    showMany(id, { tickets: [ticketJson()] });
    api().get(`/api/v2/tickets/${id}/audits.json`).query(true).reply(404, {});
    const { tickets } = await connect().pullTickets([{ externalId: id, withHistory: 'yes' }]);
    expect(tickets).toMatchObject([{ externalId: id }]);
    expect(tickets[0]).not.toHaveProperty('history');
  });

  it('reads more than a hundred in lots of a hundred', async () => {
    const ids = Array.from({ length: 101 }, (_, index) => String(index + 1));
    showMany(ids.slice(0, 100).join(','), { tickets: ids.slice(0, 100).map((one) => ticketJson({ id: Number(one) })) });
    showMany('101', { tickets: [ticketJson({ id: 101 })] });
    const { tickets } = await connect().pullTickets(
      ids.map((externalId) => ({ externalId, withHistory: 'no' as const })),
    );
    expect(tickets.map(({ externalId }) => externalId)).toEqual(ids);
  });

  it('obeys Retry-After', async () => {
    const { clock, slept } = clockAt();
    api().get('/api/v2/tickets/show_many.json').query(true).reply(429, {}, { 'retry-after': '7' });
    showMany(id, { tickets: [ticketJson()] });
    await connect({}, clock).pullTickets([{ externalId: id, withHistory: 'no' }]);
    expect(slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(7000);
  });

  it('says what shape it did not expect, without its content', async () => {
    showMany(id, { tickets: [ticketJson({ updated_at: 'lately', subject: 'private words' })] });
    const error = await connect()
      .pullTickets([{ externalId: id, withHistory: 'no' }])
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      name: 'UpstreamError',
      retryable: false,
      message: expect.stringContaining('tickets.0.updated_at'),
    });
    expect(String(error)).not.toMatch(/private words|lately/);
  });
});

describe('walkChanges', () => {
  const path = '/api/v2/incremental/tickets/cursor.json';
  const brief = (one: string, updated_at: string, status = 'open') => ({ id: Number(one), updated_at, status });

  it('walks to the end of the stream, past empty pages', async () => {
    api()
      .get(path)
      .query({ start_time: Date.parse('2026-02-01T00:00:00Z') / 1000 })
      .reply(200, {
        tickets: [
          brief(id, '2026-02-02T00:00:00Z'),
          brief(other, '2026-01-15T00:00:00Z'),
          brief(id, '2026-02-03T00:00:00Z', 'solved'),
          brief(id, '2026-02-01T00:00:00Z'),
        ],
        after_cursor: 'a1',
        end_of_stream: false,
      });
    api().get(path).query({ cursor: 'a1' }).reply(200, { tickets: [], after_cursor: 'a2', end_of_stream: false });
    api()
      .get(path)
      .query({ cursor: 'a2' })
      .reply(200, { tickets: [brief(other, '2026-02-04T00:00:00Z')], after_cursor: 'a3', end_of_stream: true });
    const pages = await collect(connect().walkChanges({ cursor: null, since: new Date('2026-02-01T00:00:00Z') }));
    expect(pages).toEqual([
      {
        changed: [
          { externalId: id, updatedAt: new Date('2026-02-03T00:00:00Z'), status: 'solved' },
          { externalId: other, updatedAt: new Date('2026-01-15T00:00:00Z'), status: 'open' },
        ],
        cursor: 'a1',
      },
      { changed: [], cursor: 'a2' },
      { changed: [{ externalId: other, updatedAt: new Date('2026-02-04T00:00:00Z'), status: 'open' }], cursor: 'a3' },
    ]);
  });

  it('ends after the page that reaches `until` by the time the export is ordered by', async () => {
    const until = new Date('2026-02-02T00:00:00Z');
    const page = (generated: string, cursor: string) => ({
      tickets: [{ ...brief(id, '2026-01-01T00:00:00Z'), generated_timestamp: Date.parse(generated) / 1000 }],
      after_cursor: cursor,
      end_of_stream: false,
    });
    api().get(path).query(true).reply(200, page('2026-02-02T00:00:00Z', 'a1'));
    api().get(path).query({ cursor: 'a1' }).reply(200, page('2026-02-02T00:00:01Z', 'a2'));
    const from = { cursor: null, since: new Date('2026-02-01T00:00:00Z'), until };
    expect(await collect(connect().walkChanges(from))).toHaveLength(2);
  });

  it('starts at least a minute ago', async () => {
    api()
      .get(path)
      .query({ start_time: Math.floor((now.getTime() - 61_000) / 1000) })
      .reply(200, { tickets: [], after_cursor: 'a1', end_of_stream: true });
    await collect(connect().walkChanges({ cursor: null, since: now }));
  });

  it('goes on from a cursor and stops where it does not move', async () => {
    api().get(path).query({ cursor: 'a9' }).reply(200, { tickets: [], after_cursor: 'a9' });
    expect(await collect(connect().walkChanges({ cursor: 'a9', since: now }))).toEqual([{ changed: [], cursor: 'a9' }]);
  });

  it('keeps within the export’s own quota', async () => {
    const { clock, slept } = clockAt();
    const headers = {
      'x-rate-limit': '700',
      'x-rate-limit-remaining': '600',
      'zendesk-ratelimit-incremental-exports': 'total=10; remaining=1; resets=42',
    };
    api().get(path).query(true).reply(200, { tickets: [], after_cursor: 'a1' }, headers);
    api()
      .get(path)
      .query({ cursor: 'a1' })
      .reply(200, { tickets: [], after_cursor: 'a2', end_of_stream: true }, headers);
    await collect(connect({ limitShare: 0.1 }, clock).walkChanges({ cursor: 'a0', since: now }));
    expect(slept).toEqual([42_000]);
  });
});

describe('changeTags', () => {
  const path = `/api/v2/tickets/${id}/tags`;

  it('adds by PUT and takes away by DELETE with a body', async () => {
    api()
      .put(path, { tags: ['partner_nord'] })
      .reply(200, { tags: ['vip', 'partner_nord'] });
    api()
      .delete(path, { tags: ['partner_sud'] })
      .reply(200, { tags: ['vip'] });
    await connect().changeTags(id, { add: ['partner_nord'], remove: ['partner_sud'] });
  });

  it('calls nobody where nothing changes', async () => {
    await connect().changeTags(id, { add: [], remove: [] });
  });

  it.each([
    ['a closed ticket', 422, false],
    ['a ticket that is gone', 404, false],
    ['a clash with somebody’s save', 409, true],
  ])('tells %s by its status', async (_what, status, retryable) => {
    api().put(path).reply(status, { error: 'RecordInvalid' });
    const error = await connect()
      .changeTags(id, { add: ['partner_nord'], remove: [] })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error).toMatchObject({ status, retryable });
  });

  it('hands on a quota that is used up for long', async () => {
    api().put(path).reply(429, {}, { 'retry-after': '93' });
    const error = await connect()
      .changeTags(id, { add: ['partner_nord'], remove: [] })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LimitReached);
    expect(error).toMatchObject({ retryAfterMs: 93_000 });
  });

  it('waits for the quota of updates, which reads do not touch', async () => {
    const { clock, slept } = clockAt();
    const client = connect({ limitShare: 0.01 }, clock);
    const headers = {
      'x-rate-limit': '700',
      'x-rate-limit-remaining': '650',
      'zendesk-ratelimit-tickets-update': 'total=100; remaining=2; resets=30',
    };
    api().put(path).twice().reply(200, { tags: [] }, headers);
    api()
      .get('/api/v2/tickets/show_many.json')
      .query(true)
      .reply(200, { tickets: [ticketJson()] });
    await client.changeTags(id, { add: ['partner_nord'], remove: [] });
    await client.pullTickets([{ externalId: id, withHistory: 'no' }]);
    expect(slept).toEqual([]);
    await client.changeTags(id, { add: ['region_se'], remove: [] });
    expect(slept).toEqual([30_000]);
  });

  it.each(['two words', 'a,b', 'Upper', '', 'x'.repeat(81)])(
    'refuses a tag that Zendesk would change: %s',
    async (tag) => {
      await expect(connect().changeTags(id, { add: [tag], remove: [] })).rejects.toThrow(/no tag that Zendesk keeps/);
    },
  );
});

describe('the address', () => {
  it('of another host is refused unless private upstreams are allowed', async () => {
    const settings = settingsWith({ baseUrl: 'http://127.0.0.1:4000/' });
    expect(() => connectZendesk(settings, { clock: clockAt().clock, allowPrivate: false, apiUserId: null })).toThrow(
      Refused,
    );
    nock('http://127.0.0.1:4000')
      .get('/api/v2/users/me.json')
      .reply(200, { user: userJson(apiUser, 'agent') });
    const client = connectZendesk(settings, { clock: clockAt().clock, allowPrivate: true, apiUserId: null });
    expect(await client.verify()).toMatchObject({ apiUserId: apiUser });
  });
});

describe('count', () => {
  const counting = (since: string) =>
    api()
      .get('/api/v2/search/count')
      .query({ query: `type:ticket created>=${since}` });

  it('asks the search for tickets created since', async () => {
    counting('2026-02-01T00:00:00Z').reply(200, { count: 1234 });
    expect(await connect().count?.(new Date('2026-02-01T00:00:00.500Z'))).toBe(1234);
  });

  it.each([403, 404])('tells no number where the search is closed to us: %d', async (status) => {
    counting('2026-02-01T00:00:00Z').reply(status, {});
    expect(await connect().count?.(new Date('2026-02-01T00:00:00Z'))).toBeNull();
  });
});
