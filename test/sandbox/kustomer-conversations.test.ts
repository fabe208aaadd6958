import { afterEach, describe, expect, test } from 'vitest';
import { attributeNames } from '../../src/sandbox/kustomer/index.ts';
import { startKustomer } from './kustomer-stage.ts';
import { closeStages, startMs } from './stage.ts';

afterEach(closeStages);

describe('a conversation', () => {
  test('is shown in the envelope, with tags as ids, a language that is not the region, and a revision', async () => {
    const { call, conversation, customer, desk } = await startKustomer();
    const { id } = conversation({ custom: new Map([[attributeNames.orderNumber, '40001']]) });
    const { data } = (await call('GET', `/v1/conversations/${id}`)).json;
    expect(data).toMatchObject({
      type: 'conversation',
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      attributes: {
        name: 'Return #40001',
        status: 'open',
        channels: ['email'],
        defaultLang: 'sv_se',
        locale: 'SE',
        messageCount: 1,
        inboundMessageCount: 1,
        custom: { orderNumberStr: '40001' },
        createdAt: '2026-03-02T09:00:00.000Z',
        rev: 2,
        ended: false,
        spam: false,
        modificationHistory: { statusAt: '2026-03-02T09:00:00.000Z', brandAt: null, customAt: null },
      },
      relationships: {
        customer: { data: { type: 'customer', id: customer.id }, links: { self: `/v1/customers/${customer.id}` } },
        messages: { links: { self: `/v1/conversations/${id}/messages` } },
      },
      links: { self: `/v1/conversations/${id}` },
    });
    expect(data.relationships).not.toHaveProperty('modifiedBy');
    expect(data.attributes.tags.map((tag: string) => desk.tags.get(tag)?.name)).toEqual(['vip']);
    expect(await call('GET', '/v1/conversations/000000000000000000000000')).toMatchObject({
      status: 404,
      json: { errors: [{ code: 'not_found' }] },
    });
  });

  test('goes from open to snoozed, done and open again, and counts it', async () => {
    const { call, conversation, desk, agent, by } = await startKustomer();
    const { id } = conversation();
    desk.update(id, by(startMs + 1000), { status: 'snoozed', snoozedUntilMs: startMs + 60_000 });
    const attributes = async () => (await call('GET', `/v1/conversations/${id}`)).json.data.attributes;
    expect(await attributes()).toMatchObject({
      status: 'snoozed',
      snooze: { status: 'scheduled', time: '2026-03-02T09:01:00.000Z', statusAt: '2026-03-02T09:00:01.000Z' },
    });
    desk.update(id, by(startMs + 2000), { status: 'done' });
    expect(await attributes()).toMatchObject({
      status: 'done',
      doneCount: 1,
      lastDone: { createdBy: agent.id, createdAt: '2026-03-02T09:00:02.000Z', time: 2000 },
    });
    desk.receive(id, { atMs: startMs + 3000, text: 'And now?' });
    expect(await attributes()).toMatchObject({
      status: 'open',
      reopenCount: 1,
      messageCount: 2,
      firstDone: { createdAt: '2026-03-02T09:00:02.000Z' },
    });
    desk.update(id, by(startMs + 4000), { status: 'done', endedReason: 'auto' });
    expect(await attributes()).toMatchObject({ ended: true, endedReason: 'auto', endedAt: '2026-03-02T09:00:04.000Z' });
    expect(() => desk.receive(id, { atMs: startMs + 5000, text: 'Hello?' })).toThrow('has ended');
  });

  test('keeps the last user who changed it through what customers and rules do', async () => {
    const { call, conversation, desk, agent, by } = await startKustomer();
    const { id } = conversation();
    desk.update(id, by(), { priority: 5 });
    desk.receive(id, { atMs: startMs + 1000, text: 'More' });
    desk.update(id, { userId: null, client: 'workflow', atMs: startMs + 2000 }, { spam: true });
    const { data } = (await call('GET', `/v1/conversations/${id}`)).json;
    expect(data.relationships.modifiedBy.data).toEqual({ type: 'user', id: agent.id });
    expect(data.attributes).toMatchObject({ spam: true, priority: 5, rev: 5 });
    expect(desk.update(id, by(startMs + 3000), { priority: 5 })).toBeNull();
    expect((await call('GET', `/v1/conversations/${id}`)).json.data.attributes.rev).toBe(5);
  });

  test('is written by plain attributes: custom ones beside those it holds, tags as the whole list', async () => {
    const { call, conversation, desk, sandbox } = await startKustomer();
    const { id } = conversation({ custom: new Map([[attributeNames.orderNumber, '40001']]) });
    const put = (body: unknown) => call('PUT', `/v1/conversations/${id}`, body);
    const changed = await put({ custom: { salesPartnerStr: 'nord' } });
    expect(changed.json.data.attributes).toMatchObject({
      custom: { orderNumberStr: '40001', salesPartnerStr: 'nord' },
      rev: 3,
    });
    expect(changed.json.data.relationships.modifiedBy.data.id).toBe(sandbox.apiUserId);
    expect((await put({ custom: { orderNumberStr: null } })).json.data.attributes.custom).toEqual({
      salesPartnerStr: 'nord',
    });
    const other = desk.tag(startMs, 'other', { userId: null, client: 'web' });
    expect((await put({ tags: [other.id], status: 'done' })).json.data.attributes).toMatchObject({
      tags: [other.id],
      status: 'done',
    });
  });

  test.each([
    ['an attribute that the klass has not', { custom: { unknownStr: 'a' } }, '/custom/unknownStr'],
    ['a value of another type than the suffix says', { custom: { salesPartnerStr: 7 } }, '/custom/salesPartnerStr'],
    ['a wrapped body', { data: { attributes: {} } }, '/data'],
    ['a status that there is not', { status: 'closed' }, '/status'],
    ['names in place of ids of tags', { tags: ['vip'] }, '/tags'],
    ['eleven users', { assignedUsers: Array.from({ length: 11 }, () => 'x') }, '/assignedUsers'],
  ])('refuses %s', async (_, body, pointer) => {
    const { call, conversation } = await startKustomer();
    const { id } = conversation();
    expect(await call('PUT', `/v1/conversations/${id}`, body)).toMatchObject({
      status: 400,
      json: { errors: [{ status: '400', source: { pointer } }] },
    });
  });

  test('is gone after a deletion, for all but searches that ask for deleted ones', async () => {
    const { call, conversation, clock } = await startKustomer();
    const [one, two] = [conversation(), conversation()];
    await clock.sleep(1000);
    expect(await call('DELETE', `/v1/conversations/${one.id}`)).toMatchObject({ status: 204, json: null });
    for (const path of ['', '/messages', '/notes', '/times'])
      expect((await call('GET', `/v1/conversations/${one.id}${path}`)).status).toBe(404);
    expect((await call('GET', '/v1/conversations')).json.data.map(({ id }: { id: string }) => id)).toEqual([two.id]);
    const search = async (more: object) =>
      (await call('POST', '/v1/customers/search', { queryContext: 'conversation', ...more })).json;
    expect((await search({})).meta.total).toBe(1);
    const all = await search({ includeDeleted: true, sort: [{ conversation_updated_at: 'desc' }] });
    expect(all.meta.total).toBe(2);
    expect(all.data[0]).toMatchObject({
      id: one.id,
      attributes: { deleted: true, deletedAt: '2026-03-02T09:00:01.000Z' },
    });
  });
});

describe('messages and notes', () => {
  test('tell direction, author, and what a rule sent', async () => {
    const { call, conversation, desk, agent, bot } = await startKustomer();
    const { id } = conversation();
    desk.reply(id, { atMs: startMs + 1000, userId: null, text: 'We got it' });
    desk.reply(id, { atMs: startMs + 2000, userId: bot.id, text: 'I am a bot', auto: true });
    desk.reply(id, { atMs: startMs + 3000, userId: agent.id, text: 'Sent' });
    desk.note(id, { atMs: startMs + 4000, userId: agent.id, text: 'Damaged?' });
    const { data, meta } = (await call('GET', `/v1/conversations/${id}/messages`)).json;
    expect(meta).toMatchObject({ total: 4, page: 1 });
    expect(
      data.map((message: { attributes: { direction: string; auto: boolean; preview: string } }) => [
        message.attributes.direction,
        message.attributes.auto,
        message.attributes.preview,
      ]),
    ).toEqual([
      ['in', false, 'Hello'],
      ['out', true, 'We got it'],
      ['out', true, 'I am a bot'],
      ['out', false, 'Sent'],
    ]);
    expect(data[0].attributes).toMatchObject({
      directionType: 'initial-in',
      channel: 'email',
      subject: 'Return #40001',
    });
    expect(data[0].relationships).not.toHaveProperty('createdBy');
    expect(data[3].relationships.createdBy.data.id).toBe(agent.id);
    expect((await call('GET', `/v1/conversations/${id}/notes`)).json.data).toMatchObject([
      { type: 'note', attributes: { body: 'Damaged?' }, relationships: { createdBy: { data: { id: agent.id } } } },
    ]);
    expect((await call('POST', `/v1/conversations/${id}/notes`, { body: 'By key' })).status).toBe(201);
    expect((await call('GET', `/v1/conversations/${id}`)).json.data.attributes.noteCount).toBe(2);
  });

  test('come in pages, followed by links.next, oldest or newest first', async () => {
    const { call, conversation, desk, agent } = await startKustomer({ open: { messageOrder: 'newest first' } });
    const { id } = conversation();
    for (let index = 1; index <= 4; index += 1)
      desk.reply(id, { atMs: startMs + index * 1000, userId: agent.id, text: `No. ${index}` });
    const texts: string[] = [];
    let next: string | null = `/v1/conversations/${id}/messages?pageSize=2`;
    while (next) {
      const { json } = await call('GET', next);
      expect(json.meta).toMatchObject({ pageSize: 2, total: 5, totalPages: 3 });
      texts.push(...json.data.map((message: { attributes: { preview: string } }) => message.attributes.preview));
      next = json.links.next;
    }
    expect(texts).toEqual(['No. 4', 'No. 3', 'No. 2', 'No. 1', 'Hello']);
  });
});

describe('times', () => {
  test('are seconds by the first timer and milliseconds by the second, one record per session and user', async () => {
    const { call, conversation, desk, agent } = await startKustomer();
    const { id } = conversation();
    desk.work(id, {
      userId: agent.id,
      startsAtMs: startMs - 200_500,
      durationMs: 200_500,
      v1Seconds: 206,
      messageMs: 90_000,
      noteMs: 5_000,
    });
    const v1 = (await call('GET', `/v1/conversations/${id}/times`)).json.data;
    const v2 = (await call('GET', `/v2/conversations/${id}/times`)).json.data;
    expect(v1).toMatchObject([
      {
        type: 'conversation_time',
        attributes: { handleTime: 206, messageTime: 90, handleAt: '2026-03-02T08:56:39.500Z' },
      },
    ]);
    expect(v1[0].attributes).not.toHaveProperty('noteTime');
    expect(v2).toMatchObject([
      {
        attributes: { handleTime: 200_500, messageTime: 90_000, noteTime: 5_000, channels: ['email'] },
        relationships: { createdBy: { data: { type: 'user', id: agent.id } }, conversation: { data: { id } } },
      },
    ]);
    expect(v1[0].id).not.toBe(v2[0].id);
    expect((await call('GET', `/v1/conversations/times/${v1[0].id}`)).json.data.id).toBe(v1[0].id);
    expect((await call('GET', '/v1/conversations/times/none')).status).toBe(404);
  });

  test('appear when the session has ended, without any event', async () => {
    const { sandbox, call, conversation, desk, agent, by, clock } = await startKustomer();
    const { id } = conversation();
    desk.update(id, by(), { status: 'done' });
    sandbox.subscribe('http://127.0.0.1:9/hook');
    desk.work(id, { userId: agent.id, startsAtMs: startMs - 60_000, durationMs: 60_000, endsAtMs: startMs + 90_000 });
    const times = async () => (await call('GET', `/v2/conversations/${id}/times`)).json.data;
    expect(await times()).toEqual([]);
    await clock.sleep(89_999);
    expect(await times()).toEqual([]);
    await clock.sleep(1);
    expect(await times()).toMatchObject([{ attributes: { handleTime: 60_000 } }]);
    expect(sandbox.delivery.pending).toBe(0);
  });

  test('of looking at a done conversation are counted by the first timer alone', async () => {
    const { call, conversation, desk, agent } = await startKustomer();
    const { id } = conversation();
    desk.work(id, { userId: agent.id, startsAtMs: startMs - 30_000, durationMs: 30_000, looksOnly: true });
    expect((await call('GET', `/v1/conversations/${id}/times`)).json.data).toHaveLength(1);
    expect((await call('GET', `/v2/conversations/${id}/times`)).json.data).toEqual([]);
  });

  test('are empty by the timer that the org has not', async () => {
    const { call, conversation, desk, agent } = await startKustomer({ open: { timers: 'v1' } });
    const { id } = conversation();
    desk.work(id, { userId: agent.id, startsAtMs: startMs - 30_000, durationMs: 30_000 });
    expect((await call('GET', `/v1/conversations/${id}/times`)).json.data).toHaveLength(1);
    expect((await call('GET', `/v2/conversations/${id}/times`)).json.data).toEqual([]);
  });
});

describe('tags', () => {
  test('are appended by name or id and made where missing; taken away one by one', async () => {
    const { call, conversation, desk } = await startKustomer();
    const { id, tags } = conversation();
    const [vip] = tags;
    const path = `/v1/conversations/${id}/tags`;
    const names = (answer: { json: { data: { attributes: { tags: string[] } } } }) =>
      answer.json.data.attributes.tags.map((tag) => desk.tags.get(tag)?.name);
    expect(names(await call('POST', path, ['partner_nord', vip]))).toEqual(['vip', 'partner_nord']);
    expect(names(await call('POST', path, { tags: ['Partner_Nord'] }))).toEqual([
      'vip',
      'partner_nord',
      'Partner_Nord',
    ]);
    const before = desk.version();
    await call('POST', path, ['partner_nord']);
    expect(desk.version()).toBe(before);
    expect(names(await call('DELETE', path, ['Partner_Nord', 'no such tag']))).toEqual(['vip', 'partner_nord']);
    expect(names(await call('DELETE', path, [vip]))).toEqual(['partner_nord']);
    expect((await call('POST', path, ['ffffffffffffffffffffffff'])).status).toBe(400);
    expect((await call('POST', path, [])).status).toBe(400);
    const list = (await call('GET', '/v1/tags')).json.data;
    expect(list.map((tag: { attributes: { name: string } }) => tag.attributes.name)).toEqual([
      'vip',
      'partner_nord',
      'Partner_Nord',
    ]);
    expect((await call('GET', `/v1/tags/${vip}`)).json.data.attributes.name).toBe('vip');
    expect((await call('POST', '/v1/tags', { name: 'new' })).status).toBe(201);
    expect((await call('POST', '/v1/tags', { name: 'new' })).status).toBe(409);
  });

  test.each([
    ['list', ['a'], { tags: ['a'] }],
    ['object', { tags: ['a'] }, ['a']],
  ] as const)('take one form of body alone where the org reads %s', async (tagsBody, good, bad) => {
    const { call, conversation } = await startKustomer({ open: { tagsBody } });
    const { id } = conversation();
    expect((await call('POST', `/v1/conversations/${id}/tags`, good)).status).toBe(200);
    expect((await call('POST', `/v1/conversations/${id}/tags`, bad)).status).toBe(400);
  });
});
