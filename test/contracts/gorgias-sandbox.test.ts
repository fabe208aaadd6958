import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startGorgias } from '../sandbox/gorgias-stage.ts';
import { closeStages, startReceiver } from '../sandbox/stage.ts';

const folder = resolve(import.meta.dirname, '../../../shared/contracts/gorgias');
// biome-ignore lint/suspicious/noExplicitAny: vendor samples of many shapes, looked at as data
const load = (name: string): any => JSON.parse(readFileSync(join(folder, name), 'utf8'));

const kindOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

/** Where the simulator's answer lacks a key of the recorded one, or has another type there. Nulls and free-form maps say nothing. */
const gaps = (recorded: unknown, played: unknown, path = ''): string[] => {
  if (kindOf(recorded) === 'null' || kindOf(played) === 'null' || played === undefined) return [];
  if (kindOf(recorded) !== kindOf(played)) return [`${path}: ${kindOf(played)} instead of ${kindOf(recorded)}`];
  if (Array.isArray(recorded))
    return recorded.length > 0 && (played as unknown[]).length > 0
      ? gaps(recorded[0], (played as unknown[])[0], `${path}[]`)
      : [];
  if (typeof recorded !== 'object') return [];
  return Object.entries(recorded as object).flatMap(([key, value]) =>
    key in (played as object)
      ? gaps(value, (played as Record<string, unknown>)[key], `${path}.${key}`)
      : [`${path}.${key} is missing`],
  );
};

afterEach(closeStages);

describe.runIf(existsSync(folder))('the simulator of Gorgias has what live accounts answered', () => {
  const stage = async (channel = 'email') => {
    const started = await startGorgias({ limits: 'off' });
    const { id } = started.ticket({ channel });
    started.reply(id, { assigneeId: started.agent.id, addTags: ['vip'] });
    return { ...started, id };
  };

  it.each([
    'ticket.create.response.json',
    'ticket.get.agent-thread.response.json',
    'ticket.get.closed-failed-delivery.response.json',
  ])('a ticket: %s', async (name) => {
    const recorded = load(name);
    const { call, id } = await stage(recorded.channel);
    expect(gaps(recorded, (await call('GET', `tickets/${id}`)).json)).toEqual([]);
  });

  it('a ticket after an update, with custom fields', async () => {
    const { call, id, sandbox } = await stage();
    await call('PUT', `tickets/${id}/custom-fields`, [{ id: sandbox.fieldIds.partner, value: 'nord' }]);
    const { request, response } = load('ticket.update.exchange.json');
    const { json, status } = await call('PUT', `tickets/${id}`, request.body);
    expect(status).toBe(response.status);
    const { custom_fields: recorded, ...body } = response.body;
    expect(
      gaps(body, json).filter((gap) => !gap.includes('auth_customer_identity') && !gap.includes('imported')),
    ).toEqual([]);
    expect(gaps(Object.values(recorded), Object.values(json.custom_fields))).toEqual([]);
  });

  it('the list of tickets, no key more', async () => {
    const { call } = await stage();
    const recorded = load('ticket.list.response.json');
    const { json } = await call('GET', 'tickets?limit=100');
    expect(json.uri).toBe(recorded.uri);
    expect(gaps(recorded, json)).toEqual([]);
    for (const sample of recorded.data)
      expect(Object.keys(json.data[0]).toSorted()).toEqual(Object.keys(sample).toSorted());
  });

  it('events, one operation with one context', async () => {
    const { call } = await stage();
    const { json } = await call('GET', 'events');
    const recorded = load('events.list.response.json');
    expect(gaps(recorded, json)).toEqual([]);
    expect(Object.keys(json.data[0]).toSorted()).toEqual(Object.keys(recorded.data[0]).toSorted());
  });

  it.each([
    ['customer.get.response.json', 'customers/'],
    ['integration.get.email.response.json', 'integrations/126637'],
  ])('%s', async (name, path) => {
    const { call, customer } = await stage();
    const { json } = await call('GET', path.endsWith('/') ? `${path}${customer.id}` : path);
    const lacks = gaps(load(name), json).filter((gap) => !gap.startsWith('.meta'));
    expect(lacks.filter((gap) => gap !== '.business_hours_id is missing')).toEqual([]);
  });

  it('settings of the account', async () => {
    const { call } = await stage();
    const recorded = load('account.settings.response.json').data as { type: string; data: unknown }[];
    const { data } = (await call('GET', 'account/settings')).json;
    expect(data.length).toBeGreaterThan(3);
    for (const { type, data: played } of data)
      expect(gaps(recorded.find((setting) => setting.type === type)?.data, played)).toEqual([]);
  });

  it('surveys, custom fields and tags', async () => {
    const { call, id, customer, sandbox } = await stage();
    await call('POST', 'satisfaction-surveys', { ticket_id: id, customer_id: customer.id });
    const surveys = await call('GET', 'satisfaction-surveys');
    expect(gaps(load('satisfaction-surveys.list.response.json'), surveys.json)).toEqual([]);
    const fields = load('ticket.custom-fields.put.exchange.json').response;
    const put = await call('PUT', `tickets/${id}/custom-fields`, [{ id: sandbox.fieldIds.partner, value: 'nord' }]);
    expect([put.status, gaps(fields.body, put.json)]).toEqual([fields.status, []]);
    const tags = load('ticket.tags.post.exchange.json').response;
    const post = await call('POST', `tickets/${id}/tags`, { names: ['x'] });
    expect([post.status, post.text, post.headers.get('content-type'), post.headers.get('content-length')]).toEqual([
      tags.status,
      tags.body,
      tags.headers['content-type'],
      tags.headers['content-length'],
    ]);
  });

  it('an integration, a widget and a statistic take the documented requests', async () => {
    const { call } = await stage();
    const made = await call('POST', 'integrations', load('integration.http.create.request.json'));
    expect(made.status).toBe(201);
    expect(gaps({ ...load('integration.http.docs-example.json'), http: {} }, made.json)).toEqual([]);
    const widget = { ...load('widget.http.docs-example.json'), integration_id: made.json.id };
    expect(gaps(widget, (await call('POST', 'widgets', widget)).json)).toEqual([]);
    const stats = await call('POST', 'reporting/stats', load('reporting-stats.ticket-handle-time.request.json'));
    expect([stats.status, Object.keys(stats.json).toSorted()]).toEqual([200, ['data', 'meta', 'object', 'uri']]);
    const scopes = load('reporting-stats.scopes.json');
    expect(Object.keys(stats.json.meta).toSorted()).toEqual(scopes.responseEnvelope.meta.toSorted());
  });

  it('the whole context and the flat form', async () => {
    const { sandbox, clock, ticket } = await stage();
    const { received, url } = await startReceiver(clock);
    const triggers = { 'ticket-created': true };
    sandbox.subscribe(`${url}/context`, { form: '{{context}}', triggers });
    const flat = load('webhook.flat-form.body.json');
    sandbox.subscribe(`${url}/flat`, {
      form: {
        ticket_id: '{{ticket.id}}',
        from_agent: '{{ticket.from_agent}}',
        body_text: '{{ticket.last_message.body_text}}',
        subject: '{{ticket.subject}}',
      },
      triggers,
    });
    ticket();
    await sandbox.idle();
    const bodyTo = (end: string) => JSON.parse(received.find(({ url: to }) => to.endsWith(end))?.body ?? '{}');
    const lacks = gaps(load('webhook.context-form.ticket-updated.body.json'), bodyTo('context'));
    // Two names of a message's text that only this context was seen with, and raw headers.
    expect(lacks.filter((gap) => !/\.(text|sentiments|headers) is missing$/.test(gap))).toEqual([]);
    expect(Object.keys(bodyTo('flat'))).toEqual(Object.keys(flat));
    expect(bodyTo('flat').from_agent).toBe(flat.from_agent);
  });

  it('the forms of errors', async () => {
    const { call } = await stage();
    const errors = load('errors.json');
    expect((await call('GET', 'tickets/1')).json).toEqual(errors['404']);
    expect((await call('PATCH', 'account')).json).toEqual(errors['405']);
    await call('POST', 'tags', { name: 'twice' });
    expect((await call('POST', 'tags', { name: 'twice' })).json).toEqual(errors['409']);
    const wrong = await call('POST', 'tickets', { messages: [{ via: 'api', from_agent: false }] });
    expect(wrong.json.error.msg).toBe(errors['400'].error.msg);
    expect(wrong.json.error.data).toEqual(errors['400'].error.data);
  });
});
