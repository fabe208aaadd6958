import { afterEach, describe, expect, test } from 'vitest';
import { hourMs } from '../../src/core/time.ts';
import { startGorgias } from './gorgias-stage.ts';
import { closeStages, startMs } from './stage.ts';

afterEach(closeStages);

const idsOf = (answer: { json: { data: { id: number }[] } }): number[] => answer.json.data.map(({ id }) => id);

describe('tickets', () => {
  test('are whole one by one, and without messages in the list', async () => {
    const { call, ticket, reply, agent, customer } = await startGorgias();
    const { id } = ticket();
    reply(id, { assigneeId: agent.id });
    const whole = (await call('GET', `tickets/${id}`)).json;
    expect(whole).toMatchObject({
      id,
      status: 'open',
      channel: 'email',
      language: 'sv',
      subject: 'Return #40001',
      customer: { id: customer.id, email: 'customer1@example.com' },
      assignee_user: { id: agent.id, email: 'elm@example.com' },
      assignee_user_id: agent.id,
      created_datetime: expect.stringMatching(/^2026-03-02T09:00:00\.\d{6}\+00:00$/),
      closed_datetime: null,
      events: [],
      satisfaction_survey: null,
    });
    expect(whole).not.toHaveProperty('custom_fields');
    expect(whole.messages).toMatchObject([
      { from_agent: false, public: true, channel: 'email', via: 'email', sender: { id: customer.id }, rule_id: null },
      { from_agent: true, public: true, via: 'helpdesk', sender: { id: agent.id }, receiver: { id: customer.id } },
    ]);
    const [row] = (await call('GET', 'tickets')).json.data;
    expect(row).toMatchObject({ id, excerpt: 'Done', messages_count: 2, assignee_user: { id: agent.id }, tags: [] });
    for (const key of ['messages', 'assignee_user_id', 'custom_fields', 'satisfaction_survey'])
      expect(row).not.toHaveProperty(key);
    expect((await call('GET', 'tickets/1')).status).toBe(404);
    expect((await call('GET', `tickets/${id}/`)).status).toBe(200);
  });

  test('keep the language of the customer’s first words', async () => {
    const { desk, call, ticket, customer, agent, nowMs } = await startGorgias();
    const { id } = ticket({ language: 'de' });
    const say = (ticketId: number, language: string) =>
      desk.act(ticketId, {
        atMs: nowMs(),
        userId: null,
        message: { from: { customerId: customer.id }, text: 'Bonjour', language },
      });
    say(id, 'fr');
    expect((await call('GET', `tickets/${id}`)).json.language).toBe('de');
    const started = desk.create({
      atMs: nowMs(),
      customerId: customer.id,
      channel: 'email',
      userId: agent.id,
      subject: 'Your parcel',
      message: { from: { userId: agent.id }, text: 'Hello', language: 'en' },
    });
    expect((await call('GET', `tickets/${started.id}`)).json).toMatchObject({ language: null, from_agent: true });
    say(started.id, 'fr');
    expect((await call('GET', `tickets/${started.id}`)).json.language).toBe('fr');
  });

  test('open again when the customer writes, and then have no closing time', async () => {
    const { desk, call, ticket, reply, customer, nowMs } = await startGorgias();
    const { id } = ticket();
    reply(id, { status: 'closed' });
    expect((await call('GET', `tickets/${id}`)).json).toMatchObject({
      status: 'closed',
      closed_datetime: expect.stringContaining('2026-03-02T09:00:00'),
    });
    desk.act(id, { atMs: nowMs(), userId: null, message: { from: { customerId: customer.id }, text: 'Again' } });
    expect((await call('GET', `tickets/${id}`)).json).toMatchObject({
      status: 'open',
      closed_datetime: null,
      is_unread: true,
    });
  });

  test('lose their assignee when an agent answers and leaves them open', async () => {
    const { call, ticket, reply, agent, helper } = await startGorgias();
    const { id } = ticket();
    reply(id, { assigneeId: agent.id });
    reply(id);
    expect((await call('GET', `tickets/${id}`)).json).toMatchObject({ assignee_user: null, assignee_user_id: null });
    reply(id, { status: 'closed' }, helper);
    expect((await call('GET', `tickets/${id}`)).json.assignee_user_id).toBe(helper.id);
  });

  test('keep their assignee where the account says so', async () => {
    const { call, ticket, reply, agent } = await startGorgias();
    const setting = (await call('GET', 'account/settings?type=ticket-assignment')).json.data[0];
    await call('PUT', `account/settings/${setting.id}`, {
      type: 'ticket-assignment',
      data: { ...setting.data, unassign_on_reply: false },
    });
    const { id } = ticket();
    reply(id, { assigneeId: agent.id });
    reply(id);
    expect((await call('GET', `tickets/${id}`)).json.assignee_user_id).toBe(agent.id);
  });

  test('wake from a snooze at its time, without anybody doing it', async () => {
    const { desk, clock, call, ticket, agent, nowMs } = await startGorgias();
    const { id } = ticket();
    desk.act(id, { atMs: nowMs(), userId: agent.id, values: { snoozeUntilMs: startMs + hourMs } });
    expect((await call('GET', `tickets/${id}`)).json).toMatchObject({
      status: 'open',
      snooze_datetime: expect.stringContaining('2026-03-02T10:00:00'),
    });
    await clock.sleep(2 * hourMs);
    expect((await call('GET', `tickets/${id}`)).json).toMatchObject({
      snooze_datetime: null,
      updated_datetime: expect.stringContaining('2026-03-02T10:00:00'),
    });
    const { data } = (await call('GET', `events?object_type=Ticket&object_id=${id}&types=ticket-self-unsnoozed`)).json;
    expect(data).toMatchObject([{ user_id: null, created_datetime: expect.stringContaining('T10:00:00') }]);
  });

  test('are closed while they sleep where that is the reading', async () => {
    const { desk, clock, call, ticket, agent, nowMs } = await startGorgias({ readings: { snoozeCloses: true } });
    const { id } = ticket();
    desk.act(id, { atMs: nowMs(), userId: agent.id, values: { snoozeUntilMs: startMs + hourMs } });
    expect((await call('GET', `tickets/${id}`)).json.status).toBe('closed');
    await clock.sleep(2 * hourMs);
    expect((await call('GET', `tickets/${id}`)).json).toMatchObject({ status: 'open', closed_datetime: null });
  });

  test('in the trash are in the list unless they are asked to be left out', async () => {
    const { desk, call, ticket, agent, nowMs } = await startGorgias();
    const [kept, gone] = [ticket(), ticket()];
    desk.act(gone.id, { atMs: nowMs(), userId: agent.id, values: { trashed: true } });
    expect(idsOf(await call('GET', 'tickets')).toSorted()).toEqual([kept.id, gone.id]);
    expect(idsOf(await call('GET', 'tickets?trashed=false'))).toEqual([kept.id]);
    expect((await call('GET', `tickets/${gone.id}`)).json.trashed_datetime).not.toBeNull();
  });

  test('are merged: messages move, the source is closed and in the trash', async () => {
    const { desk, clock, call, ticket, agent, nowMs } = await startGorgias();
    const source = ticket();
    await clock.sleep(1000);
    const target = ticket();
    desk.merge(source.id, target.id, { atMs: nowMs(), userId: agent.id });
    const [old, kept] = await Promise.all([call('GET', `tickets/${source.id}`), call('GET', `tickets/${target.id}`)]);
    expect(old.json).toMatchObject({ status: 'closed', messages: [], trashed_datetime: expect.any(String) });
    expect(kept.json.messages.map(({ ticket_id }: { ticket_id: number }) => ticket_id)).toEqual([target.id, target.id]);
    const merged = (await call('GET', 'events?types=ticket-merged')).json.data;
    expect(merged).toMatchObject([{ object_id: target.id, data: { source_ticket_id: source.id }, user_id: agent.id }]);
    const trashed = (await call('GET', 'events?types=ticket-trashed')).json.data;
    expect(trashed).toMatchObject([{ object_id: source.id, context: merged[0].context }]);
  });

  test('take a partial update; tags and fields in it replace the whole set', async () => {
    const { sandbox, desk, call, ticket, agent } = await startGorgias();
    const { id } = ticket();
    const { partner, region } = sandbox.fieldIds;
    await call('POST', `tickets/${id}/tags`, { names: ['vip', 'late'] });
    await call('PUT', `tickets/${id}/custom-fields`, [{ id: partner, value: 'nord' }]);
    const first = await call('PUT', `tickets/${id}`, { subject: 'New', status: 'closed', priority: 'high' });
    expect(first.status).toBe(200);
    expect(first.json).toMatchObject({ subject: 'New', status: 'closed', priority: 'high', channel: 'email' });
    expect(first.json.tags).toHaveLength(2);
    const second = await call('PUT', `tickets/${id}`, {
      tags: [{ name: 'late' }],
      custom_fields: [{ id: region, value: 'dach' }],
      assignee_user: { id: agent.id },
      created_datetime: '2020-01-01T00:00:00Z',
    });
    expect(second.json.tags).toMatchObject([{ name: 'late' }]);
    expect(second.json.custom_fields).toEqual({ [region]: { id: region, value: 'dach' } });
    expect(second.json.created_datetime).toContain('2026-03-02');
    expect(desk.ticket(id).assigneeId).toBe(agent.id);
    expect((await call('PUT', `tickets/${id}`, { status: 'solved' })).json.error.data).toHaveProperty('status');
    expect((await call('PUT', `tickets/${id}`, { priority: 'urgent' })).status).toBe(400);
    expect((await call('PUT', 'tickets/1', { status: 'open' })).status).toBe(404);
  });

  test('can be made, with what is missing named', async () => {
    const { call, customer } = await startGorgias();
    const made = await call('POST', 'tickets', {
      subject: 'By API',
      customer: { id: customer.id },
      messages: [
        { channel: 'email', via: 'api', from_agent: false, sender: { email: customer.email }, body_text: 'Hi' },
      ],
    });
    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({ via: 'api', channel: 'email', messages: [{ body_text: 'Hi' }] });
    const wrong = await call('POST', 'tickets', { messages: [{ via: 'api', from_agent: false }] });
    expect([wrong.status, wrong.json.error.msg]).toEqual([400, 'Failed to create ticket']);
    expect(Object.keys(wrong.json.error.data)).toEqual(['channel', 'sender']);
    const note = await call('POST', `tickets/${made.json.id}/messages`, {
      channel: 'internal-note',
      via: 'api',
      from_agent: true,
      sender: { email: 'elm@example.com' },
      body_text: 'Note',
      public: false,
    });
    expect(note.json).toMatchObject({ channel: 'internal-note', public: false, from_agent: true });
  });
});

describe('the list of tickets', () => {
  test('pages by cursor, both ways, in each order', async () => {
    const { clock, call, ticket } = await startGorgias();
    const ids: number[] = [];
    for (let index = 0; index < 7; index += 1) {
      ids.push(ticket().id);
      if (index % 2 === 0) await clock.sleep(1000);
    }
    const walk = async (query: string) => {
      const seen: number[] = [];
      let cursor: string | null = '';
      for (let page = 0; cursor !== null && page < 10; page += 1) {
        const { json } = await call('GET', `tickets?limit=3&${query}&cursor=${encodeURIComponent(cursor)}`);
        seen.push(...json.data.map(({ id }: { id: number }) => id));
        cursor = json.meta.next_cursor;
      }
      return seen;
    };
    expect(await walk('order_by=created_datetime:asc')).toEqual(ids);
    expect(await walk('order_by=updated_datetime:asc')).toEqual(ids);
    expect(await walk('')).toEqual(ids.toReversed());
    const first = (await call('GET', 'tickets?limit=3')).json;
    expect(first).toMatchObject({ object: 'list', uri: '/api/tickets?limit=3', meta: { prev_cursor: null } });
    expect(JSON.parse(Buffer.from(first.meta.next_cursor, 'base64').toString())).toEqual([
      'next',
      expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}$/),
      ids[4],
    ]);
    const second = (await call('GET', `tickets?limit=3&cursor=${first.meta.next_cursor}`)).json;
    const back = (await call('GET', `tickets?limit=3&cursor=${second.meta.prev_cursor}`)).json;
    expect([back.data, back.meta]).toEqual([first.data, { ...first.meta, prev_cursor: null }]);
  });

  test('moves a row that is updated while somebody pages', async () => {
    const { desk, clock, call, ticket, agent, nowMs } = await startGorgias();
    const ids: number[] = [];
    for (let index = 0; index < 6; index += 1) {
      ids.push(ticket().id);
      await clock.sleep(1000);
    }
    const path = 'tickets?limit=3&order_by=updated_datetime:desc';
    const first = await call('GET', path);
    desk.act(ids[1] as number, { atMs: nowMs(), userId: agent.id, values: { priority: 'high' } });
    const second = await call('GET', `${path}&cursor=${first.json.meta.next_cursor}`);
    expect([...idsOf(first), ...idsOf(second)]).not.toContain(ids[1]);
    expect(idsOf(await call('GET', path))[0]).toBe(ids[1]);
  });

  test('filters by customer, external id and ids, and has no filter by time or status', async () => {
    const { desk, call, ticket } = await startGorgias();
    const other = desk.addCustomer({ name: null, email: null, phone: '+15555550100' });
    const one = ticket();
    const two = desk.create({ atMs: startMs, customerId: other.id, channel: 'phone', subject: null, externalId: 'x1' });
    expect(idsOf(await call('GET', `tickets?customer_id=${other.id}`))).toEqual([two.id]);
    expect(idsOf(await call('GET', 'tickets?external_id=x1'))).toEqual([two.id]);
    expect(idsOf(await call('GET', `tickets?ticket_ids=${one.id}&ticket_ids=7`))).toEqual([one.id]);
    expect(idsOf(await call('GET', `tickets?ticket_ids[]=${one.id}`))).toEqual([one.id]);
    expect(idsOf(await call('GET', 'tickets?status=closed&updated_datetime[gte]=2030-01-01'))).toHaveLength(2);
    expect((await call('GET', `tickets/${two.id}`)).json).toMatchObject({
      customer: { email: null, channels: [{ type: 'phone' }] },
      messages: [],
      language: null,
    });
  });

  test.each(['limit=0', 'limit=101', 'limit=x', 'cursor=abc', 'order_by=id:asc', 'order_by=created_datetime:up'])(
    'refuses %s',
    async (query) => {
      const { call } = await startGorgias();
      const { status, json } = await call('GET', `tickets?${query}`);
      expect([status, Object.keys(json.error.data)]).toEqual([400, [query.split('=')[0]]]);
    },
  );

  test('shows fields only where that is the reading', async () => {
    const listed = async (fieldsInList: boolean) => {
      const { sandbox, call, ticket } = await startGorgias({ readings: { fieldsInList } });
      const { id } = ticket();
      await call('PUT', `tickets/${id}/custom-fields`, [{ id: sandbox.fieldIds.partner, value: 'nord' }]);
      return (await call('GET', 'tickets?relationships=custom_fields')).json.data[0];
    };
    expect(await listed(false)).not.toHaveProperty('custom_fields');
    expect(await listed(true)).toHaveProperty('custom_fields');
  });
});
