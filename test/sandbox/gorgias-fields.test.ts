import { afterEach, describe, expect, test } from 'vitest';
import { startGorgias } from './gorgias-stage.ts';
import { closeStages, startMs } from './stage.ts';

afterEach(closeStages);

describe('tags', () => {
  test('POST adds with an empty JSON answer, PUT replaces, DELETE takes away by its body', async () => {
    const { call, ticket } = await startGorgias();
    const { id } = ticket();
    const names = async () =>
      (await call('GET', `tickets/${id}/tags`)).json.data.map(({ name }: { name: string }) => name);
    const added = await call('POST', `tickets/${id}/tags`, { names: ['partner_nord', 'VIP', 'vip'] });
    expect([added.status, added.text, added.headers.get('content-type')]).toEqual([200, '', 'application/json']);
    expect(await names()).toEqual(['partner_nord', 'VIP', 'vip']);
    const [tag] = (await call('GET', 'tags?search=nord')).json.data;
    expect(tag).toMatchObject({ name: 'partner_nord', usage: 1 });
    const removed = await call('DELETE', `tickets/${id}/tags`, { ids: [tag.id] });
    expect([removed.status, removed.text]).toEqual([204, '']);
    expect(await names()).toEqual(['VIP', 'vip']);
    const set = await call('PUT', `tickets/${id}/tags`, { names: ['only'] });
    expect([set.status, set.text]).toEqual([202, '']);
    expect(await names()).toEqual(['only']);
    await call('PUT', `tickets/${id}/tags`, {});
    expect(await names()).toEqual([]);
    expect((await call('POST', `tickets/${id}/tags`, { ids: [1] })).status).toBe(400);
    expect((await call('POST', `tickets/${id}/tags`, {})).status).toBe(400);
    expect((await call('POST', 'tickets/1/tags', { names: ['a'] })).status).toBe(404);
  });

  test('leave nothing behind where nothing differs', async () => {
    const { call, ticket } = await startGorgias();
    const { id } = ticket();
    await call('POST', `tickets/${id}/tags`, { names: ['vip'] });
    const before = (await call('GET', 'events')).json.data.length;
    await call('POST', `tickets/${id}/tags`, { names: ['vip'] });
    await call('DELETE', `tickets/${id}/tags`, { names: ['none'] });
    expect((await call('GET', 'events')).json.data).toHaveLength(before);
  });

  test('are made by name, once', async () => {
    const { call } = await startGorgias();
    const made = await call('POST', 'tags', { name: 'region_dach', decoration: { color: '#f00' } });
    expect([made.status, made.json]).toMatchObject([201, { name: 'region_dach', decoration: { color: '#f00' } }]);
    expect((await call('POST', 'tags', { name: 'region_dach' })).status).toBe(409);
    expect((await call('POST', 'tags', { name: 'x'.repeat(257) })).status).toBe(400);
    expect((await call('GET', `tags/${made.json.id}`)).json.name).toBe('region_dach');
  });
});

describe('custom fields', () => {
  test('are listed for an object type, made, changed and switched off', async () => {
    const { call, sandbox } = await startGorgias();
    expect((await call('GET', 'custom-fields')).status).toBe(400);
    const { data } = (await call('GET', 'custom-fields?object_type=Ticket')).json;
    expect(data).toContainEqual(
      expect.objectContaining({
        id: sandbox.fieldIds.reason,
        label: 'Contact reason',
        definition: { data_type: 'text', input_settings: { input_type: 'dropdown', choices: expect.any(Array) } },
      }),
    );
    expect((await call('GET', 'custom-fields?object_type=Customer')).json.data).toEqual([]);
    const made = await call('POST', 'custom-fields', {
      object_type: 'Ticket',
      label: 'Partner',
      definition: { data_type: 'text', input_settings: { input_type: 'dropdown', choices: ['nord', 'sud'] } },
    });
    expect(made.status).toBe(201);
    const off = await call('PUT', `custom-fields/${made.json.id}`, { deactivated_datetime: '2026-03-02T00:00:00' });
    expect(off.json.deactivated_datetime).toEqual(expect.any(String));
    expect((await call('POST', 'custom-fields', { object_type: 'Ticket', label: 'x' })).status).toBe(400);
    expect((await call('GET', `custom-fields/${made.json.id}`)).json.label).toBe('Partner');
  });

  test('take a bare array and leave the others; a drop-down takes its choices alone', async () => {
    const { call, ticket, sandbox } = await startGorgias();
    const { id } = ticket();
    const { partner, reason, orderNumber } = sandbox.fieldIds;
    const path = `tickets/${id}/custom-fields`;
    await call('PUT', path, [{ id: orderNumber, value: '40001' }]);
    const set = await call('PUT', path, [
      { id: partner, value: 'nord' },
      { id: reason, value: 'return' },
    ]);
    expect(set.json.data).toMatchObject([
      { field: { id: partner, label: 'Sales partner' }, prediction: null, value: 'nord' },
      { field: { id: reason }, value: 'return' },
    ]);
    expect((await call('GET', path)).json.data).toHaveLength(3);
    expect((await call('PUT', path, [{ id: reason, value: 'returns' }])).status).toBe(400);
    expect((await call('PUT', path, [{ id: 7, value: 'x' }])).status).toBe(400);
    expect((await call('PUT', path, { id: partner, value: 'x' })).status).toBe(400);
    expect((await call('DELETE', `${path}/${partner}`)).status).toBe(204);
    expect((await call('DELETE', `${path}/${partner}`)).status).toBe(404);
    expect((await call('GET', `tickets/${id}`)).json.custom_fields).toEqual({
      [orderNumber]: { id: orderNumber, value: '40001' },
      [reason]: { id: reason, value: 'return' },
    });
  });

  test.each([
    ['object', { value: 'nord' }, '"nord"'],
    ['scalar', 'nord', { value: 'nord' }],
  ] as const)('take one value as %s, where that is the reading', async (oneFieldBody, right, wrong) => {
    const { call, ticket, sandbox } = await startGorgias({ readings: { oneFieldBody } });
    const path = `tickets/${ticket().id}/custom-fields/${sandbox.fieldIds.partner}`;
    expect((await call('PUT', path, typeof right === 'string' ? JSON.stringify(right) : right)).status).toBe(200);
    expect((await call('PUT', path, wrong)).status).toBe(400);
  });
});

describe('messages and events', () => {
  test('messages of a ticket come newest first, rules, notes and failures marked', async () => {
    const { desk, call, ticket, reply, agent, bot, nowMs } = await startGorgias();
    const { id } = ticket();
    ticket();
    reply(id);
    desk.act(id, {
      atMs: nowMs(),
      userId: agent.id,
      message: { from: { userId: agent.id }, text: 'Note', public: false },
      ruled: { id: 77, name: 'Answer', message: { from: { userId: bot.id }, text: 'Wait', fails: true } },
    });
    const { data } = (await call('GET', `messages?ticket_id=${id}&limit=10`)).json;
    expect(data.map(({ channel, via, rule_id }: Record<string, unknown>) => [channel, via, rule_id])).toEqual([
      ['email', 'rule', 77],
      ['internal-note', 'helpdesk', null],
      ['email', 'helpdesk', null],
      ['email', 'email', null],
    ]);
    expect(data[0]).toMatchObject({
      failed_datetime: expect.any(String),
      last_sending_error: { error: expect.any(String) },
    });
    expect((await call('GET', `messages/${data[1].id}`)).json).toEqual(data[1]);
    expect((await call('GET', 'messages')).json.data).toHaveLength(5);
    expect((await call('GET', 'messages?ticket_id=1')).json.data).toEqual([]);
  });

  test('one operation is several events with one context', async () => {
    const { desk, call, customer, agent } = await startGorgias();
    const made = desk.create({
      atMs: startMs,
      customerId: customer.id,
      channel: 'email',
      subject: 'A',
      userId: agent.id,
      assigneeId: agent.id,
      message: { from: { userId: agent.id }, text: 'Hello' },
    });
    const { data } = (await call('GET', 'events?order_by=created_datetime:asc')).json;
    expect(data.map(({ type }: { type: string }) => type)).toEqual([
      'ticket-created',
      'ticket-message-created',
      'ticket-updated',
      'ticket-assigned',
      'ticket-updated',
    ]);
    expect(new Set(data.map(({ context }: { context: string }) => context)).size).toBe(1);
    expect(data[1]).toMatchObject({ object_type: 'TicketMessage', object_id: made.messages[0]?.id, data: null });
    expect(data[3]).toMatchObject({ user_id: agent.id, data: { assignee_user_id: agent.id }, object_id: made.id });
    expect((await call('GET', `events/${data[0].id}`)).json).toEqual(data[0]);
  });

  test('a person’s tags, a rule’s and ours are told apart by their user', async () => {
    const { desk, sandbox, call, ticket, agent, nowMs } = await startGorgias();
    const { id } = ticket();
    desk.act(id, {
      atMs: nowMs(),
      userId: agent.id,
      values: { addTags: ['partner_nord'] },
      ruled: { id: 5, name: 'Mark', values: { addTags: ['partner_sud'] } },
    });
    await call('POST', `tickets/${id}/tags`, { names: ['region_dach'] });
    await call('DELETE', `tickets/${id}/tags`, { names: ['partner_nord'] });
    const { data } = (await call('GET', `events?object_type=Ticket&object_id=${id}&order_by=created_datetime:asc`))
      .json;
    const tagIds = new Map([...desk.tags.values()].map((tag) => [tag.name, tag.id]));
    expect(
      data
        .filter(({ type }: { type: string }) => type.startsWith('ticket-tags') || type === 'rule-executed')
        .map((event: Record<string, unknown>) => [event.type, event.user_id, event.data]),
    ).toEqual([
      ['ticket-tags-added', agent.id, { tags_added: [tagIds.get('partner_nord')] }],
      ['rule-executed', null, expect.objectContaining({ id: 5, name: 'Mark' })],
      ['ticket-tags-added', null, { tags_added: [tagIds.get('partner_sud')] }],
      ['ticket-tags-added', sandbox.apiUserId, { tags_added: [tagIds.get('region_dach')] }],
      ['ticket-tags-removed', sandbox.apiUserId, { tags_removed: [tagIds.get('partner_nord')] }],
    ]);
    expect((await call('GET', 'events?types=tag-created')).json.data).toHaveLength(3);
  });

  test('a changed field is told as no more than an update of the ticket', async () => {
    const { desk, sandbox, call, ticket, agent, nowMs } = await startGorgias();
    const { id } = ticket();
    const fields = new Map([[sandbox.fieldIds.partner, 'nord']]);
    desk.act(id, { atMs: nowMs(), userId: agent.id, values: { fields } });
    const { data } = (await call('GET', `events?user_ids=${agent.id}`)).json;
    expect(data).toMatchObject([{ type: 'ticket-updated', object_id: id, data: null }]);
  });

  test('events are filtered by time, type, object and user', async () => {
    const { clock, call, ticket, reply, agent, helper } = await startGorgias();
    const one = ticket();
    await clock.sleep(60_000);
    reply(one.id, { status: 'closed' });
    await clock.sleep(60_000);
    const two = ticket();
    reply(two.id, {}, helper);
    const typesOf = async (query: string) =>
      (await call('GET', `events?limit=100&${query}`)).json.data.map(({ type }: { type: string }) => type);
    const between = `created_datetime[gte]=2026-03-02T09:01:00&created_datetime[lt]=2026-03-02T09:02:00%2B00:00`;
    expect(new Set(await typesOf(between))).toEqual(
      new Set(['ticket-message-created', 'ticket-updated', 'ticket-assigned', 'ticket-closed']),
    );
    expect(await typesOf('types=ticket-closed&types=ticket-created')).toEqual([
      'ticket-created',
      'ticket-closed',
      'ticket-created',
    ]);
    expect(await typesOf('types[]=ticket-closed')).toEqual(['ticket-closed']);
    expect(new Set(await typesOf(`user_ids=${helper.id}&user_ids=${agent.id}&types=ticket-message-created`))).toEqual(
      new Set(['ticket-message-created']),
    );
    const message = two.messages[0]?.id;
    expect(await typesOf(`object_type=TicketMessage&object_id=${message}`)).toEqual(['ticket-message-created']);
    expect((await call('GET', 'events?object_type=Ticket')).status).toBe(400);
    expect((await call('GET', 'events?object_type=Message&object_id=1')).status).toBe(400);
    expect((await call('GET', 'events?created_datetime[gte]=soon')).status).toBe(400);
    expect((await call('GET', 'events?created_datetime[gt]=2026-03-02T09:02:00.000Z')).json.data).toEqual([]);
  });

  test('brackets after a key mean nothing where that is the reading', async () => {
    const { call, ticket } = await startGorgias({ readings: { bracketKeys: false } });
    ticket();
    expect((await call('GET', 'events?types[]=ticket-closed')).json.data).toHaveLength(3);
    expect((await call('GET', 'events?types=ticket-closed')).json.data).toEqual([]);
  });
});
