import { afterEach, describe, expect, test } from 'vitest';
import { hourMs } from '../../src/core/time.ts';
import { startGorgias } from './gorgias-stage.ts';
import { closeStages } from './stage.ts';

afterEach(closeStages);

const idsOf = (answer: { json: { data: { id: number }[] } }): number[] => answer.json.data.map(({ id }) => id);

describe('who asks', () => {
  test('needs the e-mail and the key', async () => {
    const { sandbox } = await startGorgias();
    const response = await fetch(`${sandbox.url}/api/users/0`, {
      headers: { authorization: `Basic ${Buffer.from('a@example.com:x').toString('base64')}` },
    });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: { msg: expect.any(String) } });
  });

  test('is user 0', async () => {
    const { call, sandbox, agent } = await startGorgias();
    expect((await call('GET', 'users/0')).json).toMatchObject({
      id: sandbox.apiUserId,
      email: 'deskledger@example.com',
      role: { name: 'admin' },
    });
    expect((await call('GET', `users/${agent.id}`)).json).toMatchObject({ id: agent.id, active: true });
    expect((await call('GET', 'users/7')).status).toBe(404);
    expect(idsOf(await call('GET', 'users?email=elm@example.com'))).toEqual([agent.id]);
    expect((await call('GET', 'account')).json).toMatchObject({ domain: 'sandbox', status: { status: 'active' } });
  });
});

describe('customers', () => {
  test('are found, made once per address, changed, and given data', async () => {
    const { desk, call, customer } = await startGorgias();
    expect(idsOf(await call('GET', 'customers?email=customer1@example.com'))).toEqual([customer.id]);
    expect((await call('POST', 'customers', { email: 'customer1@example.com' })).status).toBe(409);
    const made = await call('POST', 'customers', { email: 'customer2@example.com', name: 'Two', language: 'de' });
    expect(made.json).toMatchObject({ name: 'Two', language: 'de', integrations: {}, ecommerce_data: {} });
    await call('PUT', `customers/${made.json.id}`, { note: 'kind' });
    expect((await call('GET', `customers/${made.json.id}`)).json).toMatchObject({ note: 'kind', name: 'Two' });
    const data = await call('PUT', `customers/${customer.id}/data`, { data: { a: 1 } });
    expect([data.status, data.text]).toEqual([202, '']);
    expect(desk.customers.get(customer.id)?.data).toEqual({ a: 1 });
  });
});

describe('satisfaction surveys', () => {
  test('are the account’s own unless they are switched off, and one per ticket', async () => {
    const { clock, call, ticket, reply, customer } = await startGorgias();
    const { id } = ticket();
    reply(id, { status: 'closed' });
    const [planned] = (await call('GET', `satisfaction-surveys?ticket_id=${id}`)).json.data;
    expect(planned).toMatchObject({
      ticket_id: id,
      score: null,
      sent_datetime: null,
      should_send_datetime: expect.any(String),
    });
    await clock.sleep(3 * hourMs);
    expect((await call('GET', `tickets/${id}`)).json.satisfaction_survey).toMatchObject({
      id: planned.id,
      sent_datetime: expect.stringContaining('T11:00:00'),
    });
    expect((await call('GET', 'events?types=satisfaction-survey-sent')).json.data).toHaveLength(1);
    const body = {
      ticket_id: id,
      customer_id: customer.id,
      score: 4,
      scored_datetime: '2026-03-02T12:00:00',
      sent_datetime: '2026-03-02T11:00:00Z',
      should_send_datetime: null,
      meta: { source: 'deskledger' },
    };
    expect((await call('POST', 'satisfaction-surveys', body)).status).toBe(400);
    const put = await call('PUT', `satisfaction-surveys/${planned.id}`, body);
    expect(put.json).toMatchObject({ score: 4, meta: { source: 'deskledger' }, should_send_datetime: null });
    expect(put.json.scored_datetime).toContain('2026-03-02T12:00:00');
    expect((await call('PUT', `satisfaction-surveys/${planned.id}`, { score: 5 })).status).toBe(400);
    expect((await call('PUT', `satisfaction-surveys/${planned.id}`, { ...body, score: 6 })).status).toBe(400);
  });

  test('are ours alone once the setting is off', async () => {
    const { call, ticket, reply, customer } = await startGorgias();
    const [setting] = (await call('GET', 'account/settings?type=satisfaction-surveys')).json.data;
    expect(setting.data).toMatchObject({ send_survey_for_email: true, survey_interval: 2 });
    const off = Object.fromEntries(
      Object.entries(setting.data).map(([key, value]) => [key, key.startsWith('send_') ? false : value]),
    );
    const put = await call('PUT', `account/settings/${setting.id}`, { type: 'satisfaction-surveys', data: off });
    expect(put.json.data.send_survey_for_chat).toBe(false);
    const { id } = ticket();
    reply(id, { status: 'closed' });
    expect((await call('GET', 'satisfaction-surveys')).json.data).toEqual([]);
    const made = await call('POST', 'satisfaction-surveys', { ticket_id: id, customer_id: customer.id, score: 5 });
    expect(made.status).toBe(201);
    expect((await call('GET', `satisfaction-surveys/${made.json.id}`)).json).toEqual(made.json);
    expect((await call('POST', 'satisfaction-surveys', { ticket_id: id, customer_id: customer.id })).status).toBe(400);
    expect((await call('GET', `tickets/${id}`)).json.satisfaction_survey.score).toBe(5);
  });

  test('can be off from the start', async () => {
    const { call, ticket, reply } = await startGorgias({ ownSurvey: false });
    reply(ticket().id, { status: 'closed' });
    expect((await call('GET', 'satisfaction-surveys')).json.data).toEqual([]);
  });
});

describe('integrations and widgets', () => {
  const http = {
    url: 'http://127.0.0.1:9/sidebar?ticket={{ticket.id}}',
    method: 'GET',
    request_content_type: 'application/json',
    response_content_type: 'application/json',
    headers: { 'x-secret': 's' },
    hmac_secret: 'never shown',
    triggers: { 'ticket-created': true },
  };

  test('HTTP integrations are made, shown, changed, switched and removed', async () => {
    const { call } = await startGorgias();
    const made = await call('POST', 'integrations', { name: 'Ours', type: 'http', http });
    expect(made.status).toBe(201);
    expect(made.json).toMatchObject({
      name: 'Ours',
      type: 'http',
      deactivated_datetime: null,
      http: { method: 'GET' },
    });
    expect(made.json.http).not.toHaveProperty('hmac_secret');
    const path = `integrations/${made.json.id}`;
    expect((await call('GET', 'integrations?type=http')).json.data).toEqual([made.json]);
    expect((await call('GET', 'integrations')).json.data.map(({ type }: { type: string }) => type)).toEqual([
      'email',
      'http',
    ]);
    expect((await call('GET', 'integrations?type=email')).status).toBe(400);
    const off = await call('PUT', path, { deactivated_datetime: '2026-03-02T09:00:00' });
    expect(off.json).toMatchObject({ deactivated_datetime: expect.any(String), http: { url: http.url } });
    expect((await call('PUT', path, { deactivated_datetime: null })).json.deactivated_datetime).toBeNull();
    expect((await call('PUT', path, { http: { method: 'POST' } })).status).toBe(400);
    expect((await call('DELETE', path)).status).toBe(204);
    expect((await call('GET', path)).status).toBe(404);
    expect((await call('GET', 'events?types=integration-reactivated')).json.data).toHaveLength(1);
  });

  test.each([
    ['another type', { type: 'email' }],
    ['no name', { name: '' }],
    ['no address', { http: { ...http, url: 'ftp://x' } }],
    ['an unknown trigger', { http: { ...http, triggers: { 'ticket-closed': true } } }],
    ['underscores in triggers', { http: { ...http, triggers: { ticket_created: true } } }],
    ['another answer', { http: { ...http, response_content_type: 'text/html' } }],
  ])('refuse %s', async (_, wrong) => {
    const { call } = await startGorgias();
    expect((await call('POST', 'integrations', { name: 'Ours', type: 'http', http, ...wrong })).status).toBe(400);
  });

  test('a widget shows one integration and is replaced as a whole', async () => {
    const { call } = await startGorgias();
    const { json: integration } = await call('POST', 'integrations', { name: 'Ours', type: 'http', http });
    const template = { type: 'wrapper', widgets: [{ type: 'card', path: '', title: 'Partner', widgets: [] }] };
    const widget = { context: 'ticket', type: 'http', integration_id: integration.id, order: 1, template };
    const made = await call('POST', 'widgets', widget);
    expect([made.status, made.json]).toMatchObject([201, widget]);
    expect((await call('POST', 'widgets', widget)).status).toBe(409);
    expect((await call('POST', 'widgets', { ...widget, integration_id: 7 })).status).toBe(400);
    expect((await call('PUT', `widgets/${made.json.id}`, { order: 2 })).status).toBe(400);
    expect((await call('PUT', `widgets/${made.json.id}`, { ...widget, order: 2 })).json.order).toBe(2);
    expect((await call('PUT', `widgets/${made.json.id}`, { ...widget, template: { type: 'card' } })).status).toBe(400);
    expect((await call('GET', 'widgets')).json.data).toHaveLength(1);
    expect((await call('DELETE', `widgets/${made.json.id}`)).status).toBe(204);
    expect((await call('GET', `widgets/${made.json.id}`)).status).toBe(404);
  });
});

describe('limits and faults', () => {
  test('the bucket fills, answers 429 with Retry-after, and leaks evenly', async () => {
    const { clock, call } = await startGorgias();
    const header = 'x-gorgias-account-api-call-limit';
    for (let count = 1; count <= 40; count += 1)
      expect((await call('GET', 'account')).headers.get(header)).toBe(`${count}/40`);
    const over = await call('GET', 'account');
    expect([over.status, over.headers.get('retry-after'), over.headers.get(header)]).toEqual([429, '1', '40/40']);
    expect(over.json.error.msg).toEqual(expect.any(String));
    await clock.sleep(1000);
    expect((await call('GET', 'account')).headers.get(header)).toBe('39/40');
    await clock.sleep(20_000);
    expect((await call('GET', 'account')).headers.get(header)).toBe('1/40');
  });

  test('other apps use the same bucket', async () => {
    const { sandbox, call } = await startGorgias({ limits: { requests: 10, windowMs: 20_000 } });
    sandbox.spend(10);
    const over = await call('GET', 'account');
    expect([over.status, over.headers.get('retry-after')]).toEqual([429, '2']);
  });

  test('can be off', async () => {
    const { sandbox, call } = await startGorgias({ limits: 'off' });
    sandbox.spend(100);
    expect((await call('GET', 'account')).headers.get('x-gorgias-account-api-call-limit')).toBeNull();
  });

  test('failures come in every form, the same for the same seed', async () => {
    const run = async () => {
      const { call, ticket } = await startGorgias({
        limits: 'off',
        faults: { requestErrorRate: 0.5, statuses: [500, 502, 503, 429] },
      });
      const { id } = ticket();
      const seen: string[] = [];
      for (let index = 0; index < 60; index += 1) {
        const { status, text, json } = await call('GET', `tickets/${id}`);
        seen.push(`${status} ${json === null ? text.slice(0, 15) : Object.keys(json)[0]} ${typeof json?.error}`);
      }
      await closeStages();
      return seen;
    };
    const first = await run();
    const forms = new Set(first.map((entry) => entry.slice(4)));
    expect(forms).toEqual(
      new Set(['id undefined', 'error object', 'error string', 'message undefined', '<!DOCTYPE html> undefined']),
    );
    expect(new Set(first.map((entry) => entry.slice(0, 3)))).toEqual(new Set(['200', '500', '502', '503', '429']));
    expect(await run()).toEqual(first);
  });

  test('a success may come without its body, and is done all the same', async () => {
    const { desk, call, ticket } = await startGorgias({ faults: { requestErrorRate: 1, statuses: [200] } });
    const { id } = ticket();
    const answer = await call('PUT', `tickets/${id}`, { status: 'closed' });
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(desk.ticket(id).status).toBe('closed');
  });

  test('a wrong method, a wrong path and a broken body are told', async () => {
    const { call } = await startGorgias();
    expect((await call('DELETE', 'account')).json).toEqual({
      error: { msg: 'The specified HTTP method is not allowed.' },
    });
    expect((await call('PATCH', 'tickets/5')).status).toBe(405);
    expect((await call('GET', 'nothing')).json).toEqual({ error: { msg: 'Resource not found.' } });
    expect(await call('POST', 'tags', '{"name":')).toMatchObject({ status: 400, json: { error: {} } });
  });
});
