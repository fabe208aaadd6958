import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyDelivery } from '../../src/helpdesks/zendesk/deliveries.ts';
import { authorsOf, readHistory } from '../../src/helpdesks/zendesk/history.ts';
import {
  auditSchema,
  auditsAnswer,
  changesAnswer,
  meAnswer,
  ticketAnswer,
  ticketSchema,
  ticketsAnswer,
  userSchema,
  webhookAnswer,
} from '../../src/helpdesks/zendesk/schema.ts';
import { publicTestingSecret, settingsSchema, type ZendeskSettings } from '../../src/helpdesks/zendesk/settings.ts';
import { snapshotOf } from '../../src/helpdesks/zendesk/ticket.ts';
import { type EventFacts, subscribedEvents, urgencyOf } from '../../src/helpdesks/zendesk/urgency.ts';
import { settingsWith, signed } from '../helpdesks/zendesk/support.ts';

const folder = resolve(import.meta.dirname, '../../../shared/contracts/zendesk');

// biome-ignore lint/suspicious/noExplicitAny: vendor samples of many shapes, looked at as data
const load = (...path: string[]): any => JSON.parse(readFileSync(join(folder, ...path), 'utf8'));
const filesIn = (name: string): string[] =>
  (existsSync(folder) ? readdirSync(join(folder, name)) : []).filter((file) => file.endsWith('.json'));

interface Vector {
  readonly name: string;
  readonly secret: string;
  readonly timestamp: string;
  readonly body: string;
  readonly signature: string;
}

describe.runIf(existsSync(folder))('the contract of Zendesk', () => {
  const settings = settingsWith();

  describe('signatures', () => {
    const { vectors, must_be_rejected } = existsSync(folder)
      ? load('webhook-signature-vectors.json')
      : { vectors: [], must_be_rejected: [] };
    // The settings refuse the public testing secret, so a vector that uses it is checked past them.
    const outcomeOf = ({ secret, timestamp, body, signature }: Vector) =>
      verifyDelivery({
        settings: { ...settings, webhookSecrets: [secret] } satisfies ZendeskSettings,
        apiUserId: null,
        headers: { 'x-zendesk-webhook-signature': signature, 'x-zendesk-webhook-signature-timestamp': timestamp },
        body: Buffer.from(body),
        now: new Date(timestamp),
      });

    it.each(vectors as Vector[])('$name', (vector) => {
      expect(outcomeOf(vector).outcome).not.toBe('refused');
      expect(outcomeOf({ ...vector, body: `${vector.body} ` })).toMatchObject({ outcome: 'refused', status: 401 });
    });

    it.each(must_be_rejected as Vector[])('$name', (vector) => {
      expect(outcomeOf(vector)).toMatchObject({ outcome: 'refused', status: 401 });
    });

    it('never rest on the public testing secret', () => {
      expect(load('webhook-signature-vectors.json').public_static_testing_secret).toBe(publicTestingSecret);
      expect(settingsSchema.safeParse({ ...settings, webhookSecrets: [publicTestingSecret] }).success).toBe(false);
    });

    it('come with the documented headers', () => {
      const headers = load('webhook-headers.example.json');
      expect(
        verifyDelivery({ settings, apiUserId: null, headers, body: Buffer.from('{}'), now: new Date() }),
      ).toMatchObject({ status: 401 });
    });
  });

  describe('events', () => {
    it.each(filesIn('webhook-events').filter((file) => !file.startsWith('_')))('%s', (file) => {
      const json = load('webhook-events', file);
      const body = JSON.stringify(json);
      const verification = verifyDelivery({
        settings,
        apiUserId: null,
        headers: signed(body),
        body: Buffer.from(body),
        now: new Date('2026-03-01T10:00:00Z'),
      });
      const ofTicket = json.subject.startsWith('zen:ticket:');
      expect(verification).toMatchObject({
        outcome: 'verified',
        delivery: { deliveryKey: json.id, eventType: json.type, ticketExternalId: ofTicket ? json.detail.id : null },
      });
    });

    it('are all known, and only real ones are subscribed to', () => {
      const { ticket, messaging } = load('webhook-events', '_event-types.json');
      const facts: Omit<EventFacts, 'type'> = { actorId: null, status: null, fieldId: null, changedTags: null };
      for (const type of [...ticket, ...messaging])
        expect(urgencyOf({ type: type.replace('zen:event-type:', ''), ...facts }, settings, null), type).not.toBeNull();
      expect(ticket).toHaveLength(37);
      expect(ticket).toEqual(expect.arrayContaining([...subscribedEvents]));
    });
  });

  describe('REST answers', () => {
    const readAll = (audits: readonly unknown[]) =>
      readHistory(
        audits.map((audit) => auditSchema.parse(audit)),
        { settings, apiUserId: null, requesterId: null, assigneeId: null, followUp: false, roleOf: () => 'agent' },
      );

    it.each([
      ['go-zendesk', 'GET_ticket_audits.json'],
      ['openapi-examples', 'ticket_audits_page.json'],
      ['openapi-examples', 'ticket_audits_all_cursor_page.json'],
    ])('audits: %s/%s', (...path) => {
      const { audits } = auditsAnswer.parse(load(...path));
      const { history } = readAll(load(...path).audits);
      expect(audits).toHaveLength(1);
      expect(authorsOf(audits)).toHaveLength(1);
      expect(history.touches).toMatchObject([
        { sourceKey: `audit:${audits[0]?.id}`, at: new Date('2011-09-25T22:35:44Z') },
      ]);
    });

    it.each([
      ['go-zendesk', 'GET_ticket_show_many.json'],
      ['go-zendesk', 'GET_tickets.json'],
      ['openapi-examples', 'tickets_page.json'],
    ])('tickets: %s/%s', (...path) => {
      const { tickets } = ticketsAnswer.parse(load(...path));
      expect(tickets.length).toBeGreaterThan(0);
      for (const ticket of tickets)
        expect(snapshotOf(ticket, new Map(), settings, null)).toMatchObject({
          externalId: ticket.id,
          channel: expect.any(String),
        });
    });

    it.each([
      ['go-zendesk', 'GET_ticket.json'],
      ['openapi-examples', 'ticket.json'],
    ])('a ticket: %s/%s', (...path) => {
      expect(ticketAnswer.parse(load(...path)).ticket.id).toBe(String(load(...path).ticket.id));
    });

    it('users', () => {
      for (const user of load('go-zendesk', 'GET_users.json').users)
        expect(userSchema.parse(user).id).toBe(String(user.id));
      expect(userSchema.parse(load('go-zendesk', 'GET_user.json').user)).toMatchObject({
        role: 'end-user',
        locale: 'en-US',
      });
      expect(meAnswer.parse(load('openapi-examples', 'user_me.json')).user).toMatchObject({
        id: '35436',
        role: 'agent',
      });
    });

    it('the change feed', () => {
      const page = changesAnswer.parse(load('openapi-examples', 'incremental_tickets_cursor.json'));
      expect(page).toMatchObject({ end_of_stream: true, after_cursor: expect.any(String), tickets: [{ id: '35436' }] });
      expect(
        ticketSchema
          .parse(load('openapi-examples', 'incremental_tickets_cursor.json').tickets[0])
          .custom_fields.get('27642'),
      ).toBe('745');
    });

    it('a webhook that was created', () => {
      expect(webhookAnswer.parse(load('go-zendesk', 'POST_webhooks.json')).webhook.id).toBe(
        '01EJFTSCC78X5V07NPY2MHR00M',
      );
    });
  });
});
