import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readingOf } from '../../src/helpdesks/gorgias/bucket.ts';
import { readDelivery } from '../../src/helpdesks/gorgias/deliveries.ts';
import { readHistory } from '../../src/helpdesks/gorgias/history.ts';
import { webhookOf, webhookTriggers, widgetOf, wrongIn } from '../../src/helpdesks/gorgias/integrations.ts';
import {
  answers,
  eventSchema,
  instantOf,
  integrationSchema,
  surveySchema,
  ticketSchema,
  widgetSchema,
} from '../../src/helpdesks/gorgias/schema.ts';
import { byTimeThenId, snapshotOf } from '../../src/helpdesks/gorgias/ticket.ts';
import { settingsWith } from '../helpdesks/gorgias/support.ts';

const folder = resolve(import.meta.dirname, '../../../shared/contracts/gorgias');

// biome-ignore lint/suspicious/noExplicitAny: vendor samples of many shapes, looked at as data
const load = (file: string): any => JSON.parse(readFileSync(join(folder, file), 'utf8'));
const now = new Date('2026-11-01T00:00:00Z');
const settings = settingsWith({ reasonFieldId: '319613' });

const snapshot = (json: unknown) => {
  const ticket = ticketSchema.parse(json);
  return snapshotOf(ticket, ticket.messages.toSorted(byTimeThenId), settings, null, now);
};
const historyOf = (json: unknown, events: readonly unknown[] = []) => {
  const ticket = ticketSchema.parse(json);
  return readHistory(
    {
      ticket,
      messages: ticket.messages,
      events: events.map((event) => eventSchema.parse(event)),
      calls: [],
      handleTime: { state: 'told', row: { seconds: 90, agentId: null } },
    },
    { settings, apiUserId: null, customerId: null, isBot: () => false, tagName: () => undefined, now },
  ).history;
};

describe.runIf(existsSync(folder))('the contract of Gorgias', () => {
  it('a ticket with a thread of an agent', () => {
    const json = load('ticket.get.agent-thread.response.json');
    expect(snapshot(json)).toMatchObject({
      externalId: '153006867',
      status: 'open',
      channel: 'email',
      language: 'en',
      assigneeId: '400746608',
      tags: ['sample ticket'],
      createdAt: new Date('2024-11-14T13:56:16.494Z'),
      firstMessage: expect.any(String),
    });
    expect(historyOf(json).touches).toHaveLength(5);
    expect(new Set(historyOf(json).touches.map(({ agentId }) => agentId))).toEqual(new Set(['400746608']));
  });

  it('a closed ticket whose only answer was not delivered', () => {
    const json = load('ticket.get.closed-failed-delivery.response.json');
    expect(snapshot(json)).toMatchObject({ status: 'solved', language: null, firstMessage: null, frozen: false });
    expect(historyOf(json)).toMatchObject({
      touches: [],
      closing: null,
      solvedAt: new Date('2024-11-14T14:19:06.338Z'),
    });
  });

  it('a ticket as it was made and as it was changed', () => {
    expect(snapshot(load('ticket.create.response.json'))).toMatchObject({
      channel: 'phone',
      subject: null,
      assigneeId: null,
      firstMessage: 'Hello, this is the text version of the message.',
    });
    expect(snapshot(load('ticket.update.exchange.json').response.body)).toMatchObject({
      status: 'solved',
      reason: 'other',
    });
  });

  it('lists', () => {
    expect(answers.tickets.parse(load('ticket.list.response.json'))).toMatchObject({
      data: [{ status: 'closed' }, { id: '153006867' }],
      meta: { next_cursor: null },
    });
    const surveys = load('satisfaction-surveys.list.response.json').data;
    expect(surveys.map((survey: unknown) => surveySchema.parse(survey).ticket_id)).toEqual([
      '82751748',
      '82682724',
      '82697494',
    ]);
    expect(surveySchema.parse(load('satisfaction-survey.scored.docs-example.json'))).toMatchObject({
      id: '1234',
      score: 2,
    });
    expect(instantOf(load('satisfaction-survey.scored.docs-example.json').scored_datetime)).toEqual(
      new Date('2019-11-25T15:59:41.966Z'),
    );
  });

  it('events, one operation after the other', () => {
    const { data } = answers.events.parse(load('events.list.response.json'));
    expect(data.length).toBeGreaterThan(10);
    expect(data.every(({ type, object_type }) => type !== '' && object_type !== null)).toBe(true);
    const history = historyOf(load('ticket.get.agent-thread.response.json'), load('events.list.response.json').data);
    expect(history.choices).toEqual({ partner: [], region: [] });
  });

  it('settings of the account, in which the own survey is on', () => {
    const { data } = answers.settings.parse(load('account.settings.response.json'));
    expect(data.find(({ type }) => type === 'satisfaction-surveys')?.data).toMatchObject({
      send_survey_for_email: true,
    });
  });

  it('values of fields, as they are set', () => {
    const { request, response } = load('ticket.custom-fields.put.exchange.json');
    expect(answers.ticketFields.parse(response.body).data.get(String(request.body[0].id))).toBe(request.body[0].value);
  });

  it('the header of the bucket', () => {
    const { apiKeyDocumented, oauthRecorded } = load('response-headers.sample.json');
    expect(readingOf(new Headers(apiKeyDocumented))).toEqual({ limit: 40, remaining: 30 });
    expect(readingOf(new Headers(oauthRecorded))).toEqual({ limit: 80, remaining: 72 });
  });

  it('integrations, of which ours has the documented fields', () => {
    expect(integrationSchema.parse(load('integration.get.email.response.json'))).toMatchObject({
      http: null,
      type: 'email',
    });
    const documented = integrationSchema.parse(load('integration.http.docs-example.json'));
    expect(
      wrongIn(documented, { method: 'GET', triggers: ['ticket-created', 'ticket-updated'], secrets: [] }),
    ).toBeNull();
    const example = load('integration.http.create.request.json');
    const ours = webhookOf('https://ledger.example/webhooks/abc', 'secret');
    expect(Object.keys(ours.http).sort()).toEqual(Object.keys(example.http).sort());
    expect([...webhookTriggers]).toEqual(expect.arrayContaining(Object.keys(example.http.triggers)));
  });

  it('widgets', () => {
    const documented = load('widget.http.docs-example.json');
    expect(widgetSchema.parse(documented).id).toBe('123');
    const { template } = widgetOf('5');
    expect(template.type).toBe(documented.template.type);
    expect(Object.keys(template.widgets[0] ?? {}).sort()).toEqual(Object.keys(documented.template.widgets[0]).sort());
  });

  it('deliveries in both recorded bodies', () => {
    const read = (json: unknown, account: string) =>
      readDelivery({
        settings: settingsWith({ account }),
        apiUserId: null,
        headers: {},
        body: Buffer.from(JSON.stringify(json)),
      });
    expect(read(load('webhook.context-form.ticket-updated.body.json'), 'pipedream')).toMatchObject({
      outcome: 'verified',
      delivery: { ticketExternalId: '86538410' },
    });
    expect(read(load('webhook.context-form.ticket-updated.body.json'), 'loom')).toMatchObject({
      outcome: 'unreadable',
    });
    expect(read(load('webhook.flat-form.body.json'), 'loom')).toMatchObject({
      outcome: 'verified',
      delivery: { ticketExternalId: '123', urgency: 'now' },
    });
  });

  it('statistics: the scope, its dimensions and the query are the documented ones', () => {
    const { scopes } = load('reporting-stats.scopes.json');
    const { query } = load('reporting-stats.ticket-handle-time.request.json');
    expect(scopes['ticket-handle-time'].dimensions).toEqual(expect.arrayContaining(query.dimensions));
    expect(query).toMatchObject({
      scope: 'ticket-handle-time',
      measures: ['handleTime'],
      dimensions: ['ticketId', 'agentId'],
    });
  });
});
