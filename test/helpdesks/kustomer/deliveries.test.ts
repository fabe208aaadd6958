import { describe, expect, it } from 'vitest';
import { keptHeaders, readDelivery, verifyDelivery } from '../../../src/helpdesks/kustomer/deliveries.ts';
import type { Verification } from '../../../src/helpdesks/port.ts';
import {
  anna,
  apiUser,
  conversationId,
  conversationJson,
  customerId,
  messageJson,
  minute,
  now,
  orgId,
  settingsWith,
  signed,
  tagIds,
  to,
  token,
} from './support.ts';

const eventJson = (name: string, more: Record<string, unknown> = {}) => ({
  id: 'event-1',
  name: `kustomer.${name}`,
  org: orgId,
  orgName: 'loom',
  createdAt: minute(31),
  client: 'api-gw',
  dataId: conversationId,
  data: conversationJson(),
  changes: null,
  ...more,
});
const change = (before: unknown, after: unknown) => ({ op: 'replace', before, after });
const updateJson = (
  attributes: object,
  { by = anna, status = 'open', ...more }: { by?: string; status?: string } & Record<string, unknown> = {},
) =>
  eventJson('conversation.update', {
    data: conversationJson({ status }, { modifiedBy: to('user', by) }),
    changes: {
      attributes: {
        updatedAt: change(minute(1), minute(2)),
        modifiedAt: change(minute(1), minute(2)),
        rev: change(1, 2),
        modificationHistory: change({}, {}),
        ...attributes,
      },
      relationships: {},
    },
    ...more,
  });

const verify = (
  json: unknown,
  more: { settings?: object; headers?: Record<string, string>; at?: Date; altered?: string; apiUserId?: null } = {},
): Verification => {
  const body = typeof json === 'string' ? json : JSON.stringify(json);
  return verifyDelivery({
    settings: settingsWith(more.settings),
    apiUserId: more.apiUserId === null ? null : apiUser,
    headers: more.headers ?? signed(body),
    body: Buffer.from(more.altered ?? body),
    now: more.at ?? now,
  });
};
const urgencyOf = (json: unknown) => {
  const verification = verify(json);
  return verification.outcome === 'verified' ? verification.delivery.urgency : verification;
};

describe('signatures', () => {
  const json = eventJson('conversation.create');
  const body = JSON.stringify(json);

  it('of our token are accepted', () => {
    expect(verify(json)).toEqual({
      outcome: 'verified',
      delivery: {
        deliveryKey: 'event-1',
        eventType: 'kustomer.conversation.create',
        ticketExternalId: conversationId,
        urgency: 'now',
      },
    });
  });

  it('of either token are accepted during a rotation', () => {
    for (const key of ['old', 'new'])
      expect(verify(json, { settings: { webhookToken: ['new', 'old'] }, headers: signed(body, key) })).toMatchObject({
        outcome: 'verified',
      });
  });

  const signature = signed(body)['x-kustomer-webhook-signature'] ?? '';
  it.each([
    ['of another token', { headers: signed(body, 'other') }],
    ['of an altered body', { altered: `${body} ` }],
    ['cut short', { headers: { 'x-kustomer-webhook-signature': signature.slice(0, -1) } }],
    ['in capitals', { headers: { 'x-kustomer-webhook-signature': signature.toUpperCase() } }],
    ['of the empty key', { headers: signed(body, '') }],
    ['that are missing', { headers: { 'content-type': 'application/json' } }],
    ['where no token is held', { settings: { webhookToken: '' }, headers: signed(body, '') }],
  ])('%s are refused', (_what, more) => {
    expect(verify(json, more)).toMatchObject({ outcome: 'refused', status: 401 });
  });

  it('that are missing on what is no JSON are answered 400', () => {
    expect(verify('hello', { headers: {} })).toMatchObject({ outcome: 'refused', status: 400 });
  });

  it('never stand in a reason', () => {
    expect(JSON.stringify(verify(json, { headers: signed(body, 'other') }))).not.toContain(token);
    expect(keptHeaders.join()).not.toContain('signature');
  });

  it('are found whatever the case of the header', () => {
    expect(verify(json, { headers: { 'X-Kustomer-Webhook-Signature': signature } })).toMatchObject({
      outcome: 'verified',
    });
  });
});

describe('the age of an event', () => {
  it.each([
    ['an hour old, the last of the retries', '2026-03-01T10:55:00.000Z', 'verified'],
    ['23 hours old', '2026-02-28T13:00:00.000Z', 'verified'],
    ['25 hours old', '2026-02-28T11:00:00.000Z', 'refused'],
    ['25 hours ahead', '2026-03-02T13:00:00.000Z', 'refused'],
    ['no instant', 'yesterday', 'refused'],
    ['absent', undefined, 'refused'],
  ])('%s', (_what, createdAt, outcome) => {
    expect(verify(eventJson('conversation.create', { createdAt })).outcome).toBe(outcome);
  });

  it('does not matter when a stored delivery is read again', () => {
    const body = Buffer.from(JSON.stringify(eventJson('conversation.create', { createdAt: '2020-01-01T00:00:00Z' })));
    const again = readDelivery({ settings: settingsWith(), apiUserId: apiUser, headers: {}, body });
    expect(again).toMatchObject({ outcome: 'verified', delivery: { deliveryKey: 'event-1' } });
  });
});

describe('the organisation', () => {
  it('refuses events of another one, once it is known', () => {
    const foreign = eventJson('conversation.create', { org: '0f9999999999999999999999' });
    expect(verify(foreign, { settings: { orgId } })).toMatchObject({
      outcome: 'refused',
      status: 401,
      reason: expect.stringContaining('another organisation'),
      foreign: {},
    });
    expect(verify(foreign)).toMatchObject({ outcome: 'verified' });
    expect(verify(eventJson('conversation.create'), { settings: { orgId } })).toMatchObject({ outcome: 'verified' });
  });
});

describe('events', () => {
  it.each(['customer.create', 'user.update', 'team.create', 'tag.update', 'conversation.dreamt', 'toString'])(
    '%s concerns no conversation',
    (name) => {
      expect(verify(eventJson(name))).toMatchObject({
        outcome: 'verified',
        delivery: { ticketExternalId: null, urgency: 'ignore' },
      });
    },
  );

  it('of messages name their conversation', () => {
    const message = (attributes: object) =>
      eventJson('message.create', { dataId: 'm', data: messageJson(1, attributes) });
    expect(verify(message({}))).toMatchObject({ delivery: { ticketExternalId: conversationId, urgency: 'now' } });
    expect(urgencyOf(message({ directionType: 'followup-in' }))).toBe('later');
    expect(verify(eventJson('message.create', { data: messageJson(1, {}, { conversation: null }) }))).toMatchObject({
      outcome: 'unreadable',
      deliveryKey: expect.stringMatching(/^bytes:[0-9a-f]{64}$/),
    });
  });

  it.each([
    ['is done', updateJson({ status: change('open', 'done') }, { status: 'done' }), 'now with audits'],
    ['ended while done', updateJson({ ended: change(false, true) }, { status: 'done' }), 'now with audits'],
    ['is snoozed', updateJson({ status: change('open', 'snoozed') }, { status: 'snoozed' }), 'later'],
    [
      'has a state that we do not know',
      updateJson({ status: change('open', 'dreaming') }, { status: 'dreaming' }),
      'later',
    ],
    ['got a tag', updateJson({ tags: change([], [tagIds.nord]) }), 'now with audits'],
    ['got a partner', updateJson({ custom: change({}, { partnerStr: 'nord' }) }), 'now with audits'],
    ['kept its partner', updateJson({ custom: change({ partnerStr: 'x', aStr: '1' }, { partnerStr: 'x' }) }), 'later'],
    ['got an order number', updateJson({ custom: change(null, { orderNumberStr: '1' }) }), 'now'],
    ['was named', updateJson({ name: change('a', 'b') }), 'now'],
    ['is spam', updateJson({ spam: change(false, true) }), 'now'],
    ['was assigned', updateJson({ assignedUsers: change([], [anna]) }), 'later'],
    ['changed, untold how', eventJson('conversation.update'), 'now'],
    [
      'is done, untold how',
      eventJson('conversation.update', { data: conversationJson({ status: 'done' }) }),
      'now with audits',
    ],
    [
      'moved to another customer',
      eventJson('conversation.update', {
        changes: { attributes: {}, relationships: { customer: change(customerId, 'x') } },
      }),
      'now',
    ],
  ])('a conversation that %s', (_what, json, urgency) => {
    expect(urgencyOf(json)).toBe(urgency);
  });

  describe('of our own key', () => {
    it.each([
      ['tags', { tags: change([], [tagIds.nord]) }],
      ['mapped attributes', { custom: change({}, { partnerStr: 'nord' }) }],
    ])('are echoes where they change %s alone', (_what, attributes) => {
      expect(urgencyOf(updateJson(attributes, { by: apiUser }))).toBe('ignore');
      expect(urgencyOf(updateJson(attributes, { by: anna }))).toBe('now with audits');
    });

    it('are pulled where they change more', () => {
      const done = { tags: change([], [tagIds.nord]), status: change('open', 'done') };
      expect(urgencyOf(updateJson(done, { by: apiUser, status: 'done' }))).toBe('now with audits');
    });
  });
});

describe('what cannot be read', () => {
  it.each([
    ['no JSON', '{"id":'],
    ['a list', '[]'],
    ['no id', JSON.stringify(eventJson('conversation.create', { id: undefined }))],
    ['an id with spaces', JSON.stringify(eventJson('conversation.create', { id: 'a b' }))],
  ])('%s is kept under a key from its bytes', (_what, body) => {
    const [first, again] = [verify(body), verify(body)];
    expect(first).toMatchObject({ outcome: 'unreadable', deliveryKey: expect.stringMatching(/^bytes:/) });
    expect(again).toEqual(first);
  });
});
