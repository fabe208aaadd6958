import { afterEach, describe, expect, test } from 'vitest';
import { fieldIds } from '../../src/sandbox/zendesk/index.ts';
import { closeStages, startMs } from './stage.ts';
import { startAccount } from './zendesk-stage.ts';

afterEach(closeStages);

describe('reading', () => {
  test('refuses other credentials as the vendor does', async () => {
    const { sandbox } = await startAccount();
    const response = await fetch(`${sandbox.url}/api/v2/users/me.json`, {
      headers: { authorization: `Basic ${Buffer.from('a@example.com/token:x').toString('base64')}` },
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: "Couldn't authenticate you" });
  });

  test('shows the API user, one ticket and many with their people', async () => {
    const { call, ticket, customer, sandbox } = await startAccount();
    const [one, two] = [ticket(), ticket()];
    expect((await call('GET', 'users/me.json')).json.user).toMatchObject({ id: sandbox.apiUserId, role: 'admin' });
    expect((await call('GET', `tickets/${one.id}.json`)).json.ticket).toMatchObject({
      id: one.id,
      status: 'new',
      tags: ['vip'],
      created_at: '2026-03-02T09:00:00Z',
      custom_fields: expect.arrayContaining([{ id: fieldIds.orderNumber, value: '40001' }]),
    });
    const many = await call('GET', `tickets/show_many.json?ids=${one.id},${two.id},999&include=users`);
    expect(many.json.tickets.map(({ id }: { id: number }) => id)).toEqual([one.id, two.id]);
    expect(many.json.users).toEqual([
      expect.objectContaining({ id: customer.id, email: 'customer1@example.com', locale: 'sv' }),
    ]);
    expect(many.json.count).toBe(2);
    expect((await call('GET', 'tickets/999')).status).toBe(404);
    expect((await call('GET', `users/show_many.json?ids=${customer.id}`)).json.users).toHaveLength(1);
  });

  test('pages audits by cursor, with values as strings and rule-made changes marked', async () => {
    const { sandbox, call, ticket, agent } = await startAccount();
    const { id } = ticket();
    const update = (seconds: string) =>
      sandbox.desk.update(id, {
        atMs: startMs + 1000,
        authorId: agent.id,
        values: { fields: new Map([[fieldIds.totalTime, seconds]]) },
        ruled: { title: 'Escalate', values: { priority: seconds } },
      });
    update('60');
    update('90');
    const first = await call('GET', `tickets/${id}/audits.json?page%5Bsize%5D=2&include=users`);
    expect(first.json.audits).toHaveLength(2);
    expect(first.json.meta.has_more).toBe(true);
    const [created, changed] = first.json.audits;
    expect(created.events[0]).toMatchObject({ type: 'Comment', body: 'Hello', public: true });
    expect(created.events).toContainEqual(
      expect.objectContaining({ type: 'Create', field_name: String(fieldIds.orderNumber), value: '40001' }),
    );
    expect(changed.events).toEqual([
      expect.objectContaining({
        type: 'Change',
        field_name: String(fieldIds.totalTime),
        value: '60',
        previous_value: null,
      }),
      expect.objectContaining({
        type: 'Change',
        field_name: 'priority',
        via: expect.objectContaining({ channel: 'rule' }),
      }),
    ]);
    expect(first.json.users.map((user: { id: number }) => user.id)).toContain(agent.id);
    const rest = new URL(first.json.links.next);
    const second = await call('GET', rest.href.slice(`${sandbox.url}/api/v2/`.length));
    expect(second.json.audits).toHaveLength(1);
    expect(second.json.meta.has_more).toBe(false);
    expect(second.json.audits[0].events[0]).toMatchObject({ value: '90', previous_value: '60' });
  });

  test('lists fields by title, so that the time field can be found', async () => {
    const { call } = await startAccount();
    const { json } = await call('GET', 'ticket_fields.json');
    expect(json.ticket_fields).toContainEqual(
      expect.objectContaining({ id: fieldIds.totalTime, type: 'integer', title: 'Total time spent (sec)' }),
    );
  });
});

describe('the change feed', () => {
  test('leaves out the last minute, shows each ticket once by its last change, and tells deleted ones', async () => {
    const { sandbox, clock, call, ticket, agent } = await startAccount();
    const [one, two] = [ticket(), ticket()];
    await clock.sleep(30_000);
    sandbox.desk.update(one.id, { atMs: clock.now().getTime(), authorId: agent.id, values: { status: 'open' } });
    const walk = (query: string) => call('GET', `incremental/tickets/cursor.json?${query}`);
    expect((await walk(`start_time=${startMs / 1000}`)).status).toBe(400);
    await clock.sleep(35_000);
    const first = await walk(`start_time=${startMs / 1000}`);
    expect(first.json.tickets.map(({ id }: { id: number }) => id)).toEqual([two.id]);
    expect(first.json.end_of_stream).toBe(true);
    sandbox.desk.remove(two.id, { atMs: clock.now().getTime(), authorId: agent.id });
    await clock.sleep(61_000);
    const second = await walk(`cursor=${first.json.after_cursor}`);
    expect(second.json.tickets.map(({ id, status }: { id: number; status: string }) => [id, status])).toEqual([
      [one.id, 'open'],
      [two.id, 'deleted'],
    ]);
    expect(second.json.tickets[0].generated_timestamp).toBe(startMs / 1000 + 30);
    expect((await walk(`cursor=${second.json.after_cursor}`)).json).toMatchObject({
      tickets: [],
      end_of_stream: true,
      after_cursor: expect.any(String),
    });
    expect((await call('GET', `tickets/${two.id}`)).status).toBe(404);
  });

  test('pages, and says where the stream ends', async () => {
    const { clock, call, ticket } = await startAccount();
    for (let index = 0; index < 5; index += 1) ticket();
    await clock.sleep(61_000);
    const first = await call('GET', `incremental/tickets/cursor?start_time=${startMs / 1000}&per_page=3`);
    expect([first.json.tickets.length, first.json.end_of_stream]).toEqual([3, false]);
    const second = await call('GET', `incremental/tickets/cursor?cursor=${first.json.after_cursor}&per_page=3`);
    expect([second.json.tickets.length, second.json.end_of_stream]).toEqual([2, true]);
  });
});

describe('tags', () => {
  test('PUT adds, POST replaces, DELETE takes away; each difference is an audit by the API user', async () => {
    const { sandbox, call, ticket } = await startAccount();
    const { id } = ticket();
    expect(await call('PUT', `tickets/${id}/tags.json`, { tags: ['Partner_Nord', 'a b'] })).toMatchObject({
      status: 200,
      json: { tags: ['a', 'b', 'partner_nord', 'vip'] },
    });
    expect((await call('PUT', `tickets/${id}/tags.json`, { tags: ['a'] })).json.tags).toHaveLength(4);
    expect(await call('DELETE', `tickets/${id}/tags.json`, { tags: ['a', 'b'] })).toMatchObject({
      status: 204,
      json: null,
    });
    expect(await call('POST', `tickets/${id}/tags.json`, { tags: ['only'] })).toMatchObject({
      status: 201,
      json: { tags: ['only'] },
    });
    const audits = sandbox.desk.ticket(id).audits.slice(1);
    expect(
      audits.map(({ author_id, via, events }) => [author_id, via.channel, events[0]?.field_name, events[0]?.value]),
    ).toEqual([
      [sandbox.apiUserId, 'api', 'tags', ['a', 'b', 'partner_nord', 'vip']],
      [sandbox.apiUserId, 'api', 'tags', ['partner_nord', 'vip']],
      [sandbox.apiUserId, 'api', 'tags', ['only']],
    ]);
  });

  test('refuses closed tickets, unknown ones and updates of an older state', async () => {
    const { sandbox, call, ticket, agent } = await startAccount();
    const { id } = ticket();
    expect((await call('PUT', 'tickets/999/tags', { tags: ['a'] })).status).toBe(404);
    expect(
      (
        await call('PUT', `tickets/${id}/tags`, {
          tags: ['a'],
          safe_update: 'true',
          updated_stamp: '2020-01-01T00:00:00Z',
        })
      ).status,
    ).toBe(409);
    expect(
      (
        await call('PUT', `tickets/${id}/tags`, {
          tags: ['a'],
          safe_update: 'true',
          updated_stamp: '2026-03-02T09:00:00Z',
        })
      ).status,
    ).toBe(200);
    sandbox.desk.update(id, { atMs: startMs + 5000, authorId: agent.id, values: { status: 'closed' } });
    expect(await call('PUT', `tickets/${id}/tags`, { tags: ['b'] })).toMatchObject({
      status: 422,
      json: { error: 'RecordInvalid' },
    });
  });
});

describe('webhooks', () => {
  test('are created, shown, and have a secret that can be reset', async () => {
    const { call } = await startAccount();
    const made = await call('POST', 'webhooks', {
      webhook: {
        name: 'W',
        endpoint: 'http://127.0.0.1:9/w',
        http_method: 'POST',
        request_format: 'json',
        status: 'active',
        subscriptions: ['zen:event-type:ticket.created'],
      },
    });
    expect(made.status).toBe(201);
    const { id } = made.json.webhook;
    expect(id).toMatch(/^[0-9A-Z]{26}$/);
    expect((await call('GET', 'webhooks')).json.webhooks).toEqual([made.json.webhook]);
    expect((await call('GET', `webhooks/${id}`)).json.webhook).toEqual(made.json.webhook);
    const secret = (await call('GET', `webhooks/${id}/signing_secret`)).json.signing_secret;
    expect(secret).toEqual({ algorithm: 'SHA256', secret: expect.stringMatching(/=$/) });
    expect((await call('POST', `webhooks/${id}/signing_secret`)).json.signing_secret.secret).not.toBe(secret.secret);
  });

  test.each([
    ['zen:event-type:ticket.updated'],
    ['zen:event-type:ticket.*'],
    ['conditional_ticket_events', 'zen:event-type:ticket.created'],
  ])('refuse %s', async (...subscriptions) => {
    const { call } = await startAccount();
    expect(
      (await call('POST', 'webhooks', { webhook: { name: 'W', endpoint: 'http://127.0.0.1:9/w', subscriptions } }))
        .status,
    ).toBe(400);
  });
});

describe('limits and faults', () => {
  test('count down per minute, answer 429 with Retry-After, and start again', async () => {
    const { clock, call, ticket } = await startAccount({ limits: { perMinute: 5, updatesPerMinute: 1 } });
    const { id } = ticket();
    const first = await call('PUT', `tickets/${id}/tags`, { tags: ['a'] });
    expect(first.headers.get('x-rate-limit')).toBe('5');
    expect(first.headers.get('x-rate-limit-remaining')).toBe('4');
    expect(first.headers.get('zendesk-ratelimit-tickets-update')).toBe('total=1; remaining=0; resets=60');
    const second = await call('PUT', `tickets/${id}/tags`, { tags: ['b'] });
    expect([second.status, second.headers.get('retry-after'), second.json.error]).toEqual([
      429,
      '60',
      'APIRateLimitExceeded',
    ]);
    await clock.sleep(60_000);
    expect((await call('PUT', `tickets/${id}/tags`, { tags: ['b'] })).status).toBe(200);
  });

  test('fail the same requests for the same seed', async () => {
    const statuses = async () => {
      const { call, ticket } = await startAccount({
        limits: 'off',
        faults: { requestErrorRate: 0.4, statuses: [500, 503] },
      });
      const { id } = ticket();
      const seen: number[] = [];
      for (let index = 0; index < 30; index += 1) seen.push((await call('GET', `tickets/${id}`)).status);
      await closeStages();
      return seen;
    };
    const first = await statuses();
    expect(new Set(first)).toEqual(new Set([200, 500, 503]));
    expect(await statuses()).toEqual(first);
  });
});
