import nock from 'nock';
import { describe, expect, it } from 'vitest';
import { Refused, UpstreamError } from '../../../src/core/errors.ts';
import { thrownBy, withNock } from '../nocked.ts';
import {
  anna,
  api,
  apiUser,
  auditJson,
  clockAt,
  connect,
  conversation,
  conversationId,
  conversationJson,
  customer,
  done,
  hex,
  list,
  listOf,
  messageJson,
  minute,
  noteJson,
  origin,
  page,
  path,
  replyJson,
  tagIds,
  tags,
  tagsJson,
  timeJson,
  userJson,
  users,
} from './support.ts';

withNock();

describe('verify', () => {
  it('says who we are', async () => {
    api()
      .get('/v1/users/current')
      .reply(200, { data: userJson(apiUser, 'Deskledger', 'machine') });
    expect(await connect().verify()).toEqual({ apiUserId: apiUser, accountName: 'loom' });
  });

  it.each([401, 403])('takes %i for a wrong key, and tells no secret', async (status) => {
    api().get('/v1/users/current').reply(status, {});
    const error = await thrownBy(connect().verify());
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

  it.each([
    ['a page of a proxy', '<html>Not Found</html>'],
    ['nothing', ''],
    ['no error in it', {}],
  ])('bug: a 404 with %s made a conversation missing', async (_, body) => {
    api().get(path()).times(4).reply(404, body);
    const pulling = connect().pullTickets([{ externalId: conversationId, withHistory: 'no' }]);
    expect(await thrownBy(pulling)).toMatchObject({ status: 404, retryable: true });
  });

  it('bug: a 404 of a proxy for its customer took the address from a conversation', async () => {
    conversation();
    list(path('/messages'), []);
    api()
      .get(/customers/)
      .times(4)
      .reply(404, '<html>');
    const pulling = connect().pullTickets([{ externalId: conversationId, withHistory: 'no' }]);
    expect(await thrownBy(pulling)).toMatchObject({ status: 404, retryable: true });
  });

  it('bug: an organisation that answers 404 to everything, in JSON, lost all its conversations', async () => {
    const gone = { errors: [{ code: 'not_found' }] };
    api().get(path()).reply(404, gone);
    api().get('/v1/users/current').reply(404, gone);
    const pulling = connect().pullTickets([{ externalId: conversationId, withHistory: 'no' }]);
    expect(await thrownBy(pulling)).toMatchObject({ status: 404, retryable: true });
  });

  it('tells what is gone apart from what is deleted', async () => {
    api()
      .get(path())
      .reply(404, { errors: [{ code: 'not_found' }] });
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
});

describe('faults', () => {
  it('name neither the key nor anything personal', async () => {
    api().get(path()).times(4).reply(500, 'kim@example.com');
    const wanted = { externalId: conversationId, withHistory: 'no' } as const;
    const error = await thrownBy(connect().pullTickets([wanted]));
    expect(error).toBeInstanceOf(UpstreamError);
    expect(String(error)).not.toMatch(/Bearer|kim@|c0000/);
  });

  it('tell of another shape than documented', async () => {
    api().get('/v1/users/current').reply(200, '<html>', { 'content-type': 'text/html' });
    expect(await thrownBy(connect().verify())).toBeInstanceOf(UpstreamError);
  });

  it('follow no redirect', async () => {
    api()
      .get('/v1/users/current')
      .reply(302, '', { location: `${origin}/else` });
    expect(await thrownBy(connect().verify())).toMatchObject({ status: 302 });
  });
});
