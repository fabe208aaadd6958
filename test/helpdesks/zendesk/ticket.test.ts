import { describe, expect, it } from 'vitest';
import { messageChannel } from '../../../src/helpdesks/zendesk/channels.ts';
import { ticketSchema, userSchema } from '../../../src/helpdesks/zendesk/schema.ts';
import { snapshotOf } from '../../../src/helpdesks/zendesk/ticket.ts';
import { anna, customer, fields, settingsWith, ticketJson, userJson } from './support.ts';

const users = new Map([[customer, userSchema.parse(userJson(customer, 'end-user'))]]);
const snapshot = (more: object = {}, settings: object = {}) =>
  snapshotOf(ticketSchema.parse(ticketJson(more)), users, settingsWith(settings), null);
const custom = (id: string, value: unknown) => ({ custom_fields: [{ id: Number(id), value }] });

describe('snapshotOf', () => {
  it('maps a ticket', () => {
    expect(snapshot()).toEqual({
      externalId: '4400000001',
      status: 'open',
      createdAt: new Date('2026-03-01T08:00:00Z'),
      updatedAt: new Date('2026-03-01T09:00:00Z'),
      channel: 'email',
      subject: 'Where is #1001?',
      firstMessage: 'Order 1001 has not come.',
      requester: { id: customer, email: 'user7001@example.com', locale: 'sv' },
      assigneeId: anna,
      brandId: '8447346621310',
      organizationId: null,
      formId: '8646151517822',
      inboxId: 'help@loom.example',
      tags: ['vip'],
      orderNumber: '1001',
      reason: null,
      parentExternalId: null,
      mergedIntoExternalId: null,
      frozen: false,
    });
  });

  it('takes ids as text, and empty ones as none', () => {
    expect(
      snapshot({ id: '4400000001', assignee_id: '', organization_id: '0', brand_id: 0, tags: null }),
    ).toMatchObject({
      externalId: '4400000001',
      assigneeId: null,
      organizationId: null,
      brandId: null,
      tags: [],
    });
  });

  it('knows a requester whom Zendesk did not send along by id alone', () => {
    expect(snapshot({ requester_id: 7002, submitter_id: 7002 }).requester).toEqual({
      id: '7002',
      email: null,
      locale: null,
    });
    expect(snapshot({ requester_id: null, submitter_id: null })).toMatchObject({ requester: null, firstMessage: null });
  });

  it('takes the description for the requester’s words only where it is', () => {
    expect(snapshot({ submitter_id: Number(anna) }).firstMessage).toBeNull();
    expect(snapshot({ is_public: false }).firstMessage).toBeNull();
  });

  it.each([
    ['NEW', 'new', false],
    ['hold', 'hold', false],
    ['closed', 'closed', true],
    ['archived', 'closed', true],
    ['DELETED', 'deleted', true],
    ['scrubbed', 'deleted', true],
    ['baked', 'open', false],
  ])('reads status %s', (raw, status, frozen) => {
    expect(snapshot({ status: raw })).toMatchObject({ status, frozen });
  });

  it.each([
    ['email', 'email'],
    ['web', 'form'],
    ['mobile_sdk', 'form'],
    ['chat', 'chat'],
    ['native_messaging', 'messaging'],
    ['whatsapp', 'messaging'],
    ['instagram_dm', 'social'],
    ['twitter', 'social'],
    ['voice', 'phone'],
    ['phone_call_inbound', 'phone'],
    ['api', 'api'],
    [4, 'email'],
    [34, 'phone'],
    ['side_conversation', 'api'],
    [null, 'api'],
  ])('reads channel %s', (channel, expected) => {
    expect(snapshot({ via: { channel } }).channel).toBe(expected);
  });

  it('leads a follow-up to its parent and to the channel it began on', () => {
    const via = {
      channel: 'web',
      source: { from: { ticket_id: 4_300_000_001, channel: 'chat' }, to: {}, rel: 'follow_up' },
    };
    expect(snapshot({ via })).toMatchObject({ parentExternalId: '4300000001', channel: 'chat' });
    expect(snapshot({ via: { ...via, source: { ...via.source, rel: null } } }).parentExternalId).toBeNull();
  });

  it.each([
    ['1001', '1001'],
    [' #1001 ', '#1001'],
    [1001, '1001'],
    [['1001', '1002'], '1001'],
    ['', null],
    [null, null],
    [true, null],
  ])('reads order number %o', (value, expected) => {
    expect(snapshot(custom(fields.order, value)).orderNumber).toBe(expected);
  });

  it.each([
    ['the field’s value', { ...custom(fields.reason, 'Kaputt') }, 'damage'],
    ['the field’s value, where it is a reason', { ...custom(fields.reason, 'payment') }, 'payment'],
    [
      'the field before form and tag',
      { ...custom(fields.reason, 'kaputt'), ticket_form_id: 55, tags: ['wismo'] },
      'damage',
    ],
    ['a field that nobody mapped', { ...custom(fields.reason, 'weather'), tags: ['wismo'] }, 'other'],
    ['the form', { ticket_form_id: 55, tags: ['wismo'] }, 'return'],
    ['a tag', { tags: ['vip', 'wismo'] }, 'shipping'],
    ['nothing', { tags: ['vip'] }, null],
  ])('finds the reason by %s', (_where, more, reason) => {
    expect(snapshot(more, { reasonValues: { kaputt: 'damage', 55: 'return', wismo: 'shipping' } }).reason).toBe(reason);
  });
});

describe('messageChannel', () => {
  it.each([
    ['web', null],
    ['mobile', null],
    ['rule', null],
    ['email', 'email'],
    ['chat', 'chat'],
    ['api', 'api'],
  ])('of %s is %s', (via, channel) => {
    expect(messageChannel(via)).toBe(channel);
  });
});
