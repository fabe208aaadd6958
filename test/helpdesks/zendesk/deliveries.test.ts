import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { verifyDelivery } from '../../../src/helpdesks/zendesk/deliveries.ts';
import { publicTestingSecret } from '../../../src/helpdesks/zendesk/settings.ts';
import { apiUser, fields, secret, settingsWith, signed } from './support.ts';

const now = new Date('2026-03-01T10:00:05Z');
const verify = (body: string | Buffer, headers: Record<string, string | undefined>, more: object = {}) =>
  verifyDelivery({ settings: settingsWith(), apiUserId: apiUser, headers, body: Buffer.from(body), now, ...more });

const eventJson = (more: object = {}, detail: object = {}) => ({
  account_id: 1,
  id: 'cbe4028c-7239-495d-b020-f22348516046',
  type: 'zen:event-type:ticket.created',
  subject: 'zen:ticket:4400000001',
  time: '2026-03-01T10:00:00.672717030Z',
  zendesk_event_version: '2022-11-06',
  detail: { actor_id: '501', id: '4400000001', status: 'NEW', tags: null, ...detail },
  event: {},
  ...more,
});
const body = JSON.stringify(eventJson());

describe('a delivery is refused', () => {
  const digest = (key: string, message: string, encoding: 'base64' | 'hex' = 'base64') =>
    createHmac('sha256', key).update(message).digest(encoding);
  const timestamp = '2026-03-01T10:00:00Z';
  const attacks: readonly [string, Record<string, string | undefined>][] = [
    [
      'with a signature over body + timestamp, as an old page had it',
      { ...signed(body), 'x-zendesk-webhook-signature': digest(secret, body + timestamp) },
    ],
    [
      'with a separator between timestamp and body',
      { ...signed(body), 'x-zendesk-webhook-signature': digest(secret, `${timestamp}.${body}`) },
    ],
    ['with a signature over the body alone', { ...signed(body), 'x-zendesk-webhook-signature': digest(secret, body) }],
    [
      'with a hexadecimal signature',
      { ...signed(body), 'x-zendesk-webhook-signature': digest(secret, timestamp + body, 'hex') },
    ],
    [
      'under the base64-decoded secret',
      {
        ...signed(body),
        'x-zendesk-webhook-signature': createHmac('sha256', Buffer.from(secret, 'base64'))
          .update(timestamp + body)
          .digest('base64'),
      },
    ],
    ['under the public testing secret', signed(body, timestamp, publicTestingSecret)],
    ['under the empty secret', signed(body, timestamp, '')],
    ['signed for another body', signed(`${body} `)],
    [
      'with a timestamp that was not signed',
      { ...signed(body), 'x-zendesk-webhook-signature-timestamp': '2026-03-01T10:00:01Z' },
    ],
    ['without a signature', { ...signed(body), 'x-zendesk-webhook-signature': undefined }],
    ['with an empty signature', { ...signed(body), 'x-zendesk-webhook-signature': '' }],
    ['without a timestamp', { ...signed(body), 'x-zendesk-webhook-signature-timestamp': undefined }],
    ['with no headers at all', {}],
    ['that is more than 24 hours old', signed(body, '2026-02-28T10:00:04Z')],
    ['that comes from more than 24 hours ahead', signed(body, '2026-03-02T10:00:06Z')],
    ['whose timestamp is unix seconds', signed(body, '1772359200')],
    ['whose timestamp is no time', signed(body, 'yesterday')],
  ];
  it.each(attacks)('%s', (_attack, headers) => {
    expect(verify(body, headers)).toMatchObject({ outcome: 'refused', status: 401 });
  });

  it('while the connection has no secret', () => {
    expect(verify(body, signed(body), { settings: settingsWith({ webhookSecrets: [] }) })).toMatchObject({
      outcome: 'refused',
      status: 401,
    });
  });

  it.each([
    ['', 400],
    ['hello', 400],
    ['{"half":', 400],
    ['[1]', 400],
    ['"text"', 400],
    [Buffer.from([0, 255, 254, 1]), 400],
    ['['.repeat(100_000), 400],
    ['{"ticket_id":"1"}', 401],
  ])('unsigned, by what it looks like: %#', (stray, status) => {
    expect(verify(stray, {})).toMatchObject({ outcome: 'refused', status });
  });
});

describe('a delivery is accepted', () => {
  it.each([
    ['just within 24 hours of age', '2026-02-28T10:00:05Z'],
    ['just within 24 hours ahead', '2026-03-02T10:00:05Z'],
    ['with fractions of a second', '2026-03-01T10:00:00.123Z'],
  ])('%s', (_what, timestamp) => {
    expect(verify(body, signed(body, timestamp))).toMatchObject({ outcome: 'verified' });
  });

  it('whatever the case of its header names', () => {
    const headers = Object.fromEntries(
      Object.entries(signed(body)).map(([name, value]) => [name.toUpperCase(), value]),
    );
    expect(verify(body, headers)).toMatchObject({ outcome: 'verified' });
  });

  it('under either secret during a rotation', () => {
    const settings = settingsWith({ webhookSecrets: [secret, 'next'] });
    expect(verify(body, signed(body), { settings })).toMatchObject({ outcome: 'verified' });
    expect(verify(body, signed(body, '2026-03-01T10:00:00Z', 'next'), { settings })).toMatchObject({
      outcome: 'verified',
    });
  });
});

const readJson = (json: unknown, headers: object = {}) => {
  const text = typeof json === 'string' ? json : JSON.stringify(json);
  return verify(text, { ...signed(text), ...headers });
};

describe('an event-subscribed delivery', () => {
  it('has the event id as key', () => {
    expect(readJson(eventJson())).toEqual({
      outcome: 'verified',
      delivery: {
        deliveryKey: 'cbe4028c-7239-495d-b020-f22348516046',
        eventType: 'zen:event-type:ticket.created',
        ticketExternalId: '4400000001',
        urgency: 'now',
      },
    });
  });

  it.each([
    ['tags of ours', 'tags_changed', { tags_added: ['partner_nord'], tags_removed: [] }, 'now with audits'],
    ['tags of others', 'tags_changed', { tags_added: null, tags_removed: ['vip'] }, 'now'],
    ['the order number', 'custom_field_changed', { custom_field: { id: Number(fields.order) } }, 'now'],
    [
      'the partner',
      'custom_field_changed',
      { current: { value: 'nord' }, custom_field: { id: fields.partner } },
      'now with audits',
    ],
    [
      'the time',
      'custom_field_changed',
      { current: { value: '340' }, previous: null, custom_field: { id: fields.total } },
      'later',
    ],
    ['the status', 'status_changed', { current: 'SOLVED', previous: 'OPEN' }, 'now with audits'],
    ['the status to pending', 'status_changed', { current: 'PENDING' }, 'later'],
    ['nothing that can be read', 'tags_changed', 'surprise', 'now'],
  ])('that changes %s is read as such', (_what, type, event, urgency) => {
    expect(readJson(eventJson({ type: `zen:event-type:ticket.${type}`, event }))).toMatchObject({
      delivery: { urgency },
    });
  });

  it('of our own tags is an echo', () => {
    const event = { tags_added: ['partner_nord'], tags_removed: [] };
    const json = eventJson({ type: 'zen:event-type:ticket.tags_changed', event }, { actor_id: Number(apiUser) });
    expect(readJson(json)).toMatchObject({ delivery: { ticketExternalId: '4400000001', urgency: 'ignore' } });
  });

  it('names its ticket by detail where the subject does not', () => {
    expect(readJson(eventJson({ subject: undefined }, { id: 4400000002 }))).toMatchObject({
      delivery: { ticketExternalId: '4400000002' },
    });
  });

  it('may hold numbers too large for JavaScript', () => {
    const text = JSON.stringify(eventJson({ event: { meta: { sequence: { id: 'BIG', position: 1 } } } })).replace(
      '"BIG"',
      '39313930383633353634323835',
    );
    expect(readJson(text)).toMatchObject({ outcome: 'verified', delivery: { ticketExternalId: '4400000001' } });
  });

  it.each([
    'zen:event-type:ticket.exploded',
    'zen:event-type:user.active_changed',
    'zen:event-type:ticket.updated',
    'zen:event-type:toString',
  ])('of a type we do not know is stored and ignored: %s', (type) => {
    expect(readJson(eventJson({ type }))).toMatchObject({
      outcome: 'verified',
      delivery: { eventType: type, ticketExternalId: null, urgency: 'ignore' },
    });
  });

  it.each([
    ['no id', eventJson({ id: undefined })],
    ['an id that no database key can hold', eventJson({ id: 'a\u0000b' })],
    ['no ticket', eventJson({ subject: 'zen:ticket:', detail: {} })],
    ['a ticket "0"', eventJson({ subject: 'zen:ticket:0' }, { id: '0' })],
  ])('with %s is unreadable, under a key from its bytes', (_what, json) => {
    const first = readJson(json);
    expect(first).toMatchObject({ outcome: 'unreadable', deliveryKey: expect.stringMatching(/^bytes:[0-9a-f]{64}$/) });
    expect(readJson(json)).toEqual(first);
  });
});

describe('a trigger-connected delivery', () => {
  const trigger = { ticket_id: '4400000001', updated_at: '2026-03-01T09:59:58Z', current_user_id: '501' };

  it('has its key from invocation, ticket and time of update', () => {
    expect(readJson(trigger)).toEqual({
      outcome: 'verified',
      delivery: {
        deliveryKey: 'trigger:01JINVOCATION:4400000001:2026-03-01T09:59:58Z',
        eventType: 'trigger',
        ticketExternalId: '4400000001',
        urgency: 'now',
      },
    });
  });

  it.each([
    ['solved', { ...trigger, status: 'Solved' }, 'now with audits'],
    ['closed, nested', { ticket: { id: 4400000001, status: 'closed' } }, 'now with audits'],
    ['open', { ...trigger, status: 'open' }, 'now'],
    ['our own', { ...trigger, current_user_id: apiUser }, 'if unknown'],
    ['our own, as a number', { ...trigger, current_user_id: Number(apiUser) }, 'if unknown'],
    ['our own, by another name', { ticket_id: '4400000001', actor_id: apiUser }, 'if unknown'],
    ['short', { id: 4400000001 }, 'now'],
  ])('may be %s', (_what, json, urgency) => {
    expect(readJson(json)).toMatchObject({
      outcome: 'verified',
      delivery: { ticketExternalId: '4400000001', urgency },
    });
  });

  it('without an invocation id still has a key of its own', () => {
    const verification = readJson(trigger, { 'x-zendesk-webhook-invocation-id': undefined });
    expect(verification).toMatchObject({
      delivery: { deliveryKey: expect.stringMatching(/^trigger:bytes:[0-9a-f]{64}:4400000001:/) },
    });
  });

  it.each([
    ['no JSON, as a quote in a placeholder makes it', '{"ticket_id":"1","subject":"the "big" one"}'],
    ['an array', '[1]'],
    ['an empty body', ''],
    ['no ticket', '{"hello":"world"}'],
    ['a ticket id that is none', '{"ticket_id":"{{ticket.id}}"}'],
    ['a ticket id that lost digits', '{"ticket_id":12345678901234567890}'],
  ])('of %s is unreadable', (_what, text) => {
    expect(readJson(text)).toMatchObject({ outcome: 'unreadable', deliveryKey: expect.stringMatching(/^bytes:/) });
  });
});
