import { createHmac } from 'node:crypto';
import nock from 'nock';
import { connectKustomer } from '../../../src/helpdesks/kustomer/client.ts';
import { type KustomerSettings, settingsSchema } from '../../../src/helpdesks/kustomer/settings.ts';
import { clockFrom } from '../nocked.ts';

export const token = 'kustomer-token';
export const origin = 'https://loom.api.kustomerapp.com';
export const now = new Date('2026-03-01T12:00:00.000Z');

export const hex = (start: string, number = 1): string => start + String(number).padStart(24 - start.length, '0');
export const conversationId = hex('c0', 1);
export const customerId = hex('cc', 1);
export const orgId = hex('0f', 1);
export const anna = hex('a1', 1);
export const ben = hex('a2', 1);
/** The user behind our own key, and one behind somebody else's. */
export const apiUser = hex('ab', 1);
export const robot = hex('ab', 2);
export const tagIds = { nord: hex('d0', 1), sud: hex('d0', 2), vip: hex('d0', 3), sweden: hex('d0', 4) };
export const tagNames: Record<string, string> = {
  [tagIds.nord]: 'partner_nord',
  [tagIds.sud]: 'partner_sud',
  [tagIds.vip]: 'VIP',
  [tagIds.sweden]: 'region_se',
};

export const settingsWith = (more: object = {}): KustomerSettings =>
  settingsSchema.parse({
    name: 'Desk',
    org: 'loom',
    apiKey: 'key',
    webhookToken: token,
    orderNumberFieldId: 'orderNumberStr',
    partnerFieldId: 'partnerStr',
    regionFieldId: 'regionStr',
    reasonFieldId: 'reasonStr',
    ...more,
  });

export const signed = (body: string | Buffer, key = token): Record<string, string> => ({
  'content-type': 'application/json',
  'x-kustomer-webhook-event': 'kustomer.conversation.update',
  'x-kustomer-webhook-signature': createHmac('sha256', key).update(body).digest('hex'),
});

export const to = (type: string, id: string) => ({ data: { type, id }, links: { self: `/v1/${type}s/${id}` } });
export const byUser = (id: string) => ({ createdBy: to('user', id) });

/** A minute after the conversation's creation. */
export const minute = (number: number): string => new Date(Date.UTC(2026, 2, 1, 8, number)).toISOString();

export const conversationJson = (attributes: object = {}, relationships: object = {}, id = conversationId) => ({
  type: 'conversation',
  id,
  attributes: {
    name: 'Where is #1001?',
    status: 'open',
    channels: ['email'],
    createdAt: minute(0),
    updatedAt: minute(30),
    modifiedAt: minute(30),
    spam: false,
    ended: false,
    messageCount: 1,
    noteCount: 0,
    rev: 3,
    tags: [],
    assignedUsers: [anna],
    defaultLang: 'sv_se',
    locale: 'US',
    modificationHistory: { statusAt: minute(0), tagsAt: minute(0), customAt: null },
    custom: { orderNumberStr: '1001' },
    ...attributes,
  },
  relationships: {
    customer: to('customer', customerId),
    org: to('org', orgId),
    brand: to('brand', hex('b0', 1)),
    queue: to('queue', hex('e0', 1)),
    messages: { links: { self: `/v1/conversations/${id}/messages` } },
    ...relationships,
  },
  links: { self: `/v1/conversations/${id}` },
});

export const customerJson = (attributes: object = {}) => ({
  type: 'customer',
  id: customerId,
  attributes: {
    emails: [
      { type: 'home', email: 'old@example.com', verified: false },
      { type: 'home', email: 'kim@example.com', verified: true },
    ],
    sharedEmails: [],
    defaultLang: 'sv_se',
    locale: 'US',
    ...attributes,
  },
  relationships: { org: to('org', orgId) },
});

export const messageJson = (number: number, attributes: object = {}, relationships: object = {}) => ({
  type: 'message',
  id: hex('e1', number),
  attributes: {
    channel: 'email',
    direction: 'in',
    directionType: 'initial-in',
    preview: `Message ${number}`,
    createdAt: minute(number),
    sentAt: minute(number),
    meta: { from: 'Kim <kim@example.com>' },
    ...attributes,
  },
  relationships: {
    conversation: to('conversation', conversationId),
    createdBy: to('customer', customerId),
    ...relationships,
  },
});

export const replyJson = (number: number, by: string, attributes: object = {}) =>
  messageJson(number, { direction: 'out', directionType: 'response-out', ...attributes }, byUser(by));

export const noteJson = (number: number, by: string) => ({
  type: 'note',
  id: hex('e2', number),
  attributes: { body: 'Secret', createdAt: minute(number) },
  relationships: byUser(by),
});

export const timeJson = (number: number, by: string | null, handleTime: unknown, attributes: object = {}) => ({
  type: 'conversation_time',
  id: hex('e3', number),
  attributes: { handleAt: minute(number), handleTime, channels: ['email'], assignedUsers: [], ...attributes },
  relationships: by === null ? {} : byUser(by),
});

export const auditJson = (number: number, by: string | null, changes: unknown, attributes: object = {}) => ({
  type: 'audit_log',
  id: hex('e4', number),
  attributes: {
    eventName: 'kustomer.conversation.update',
    eventVerb: 'update',
    objectType: 'conversation',
    objectId: conversationId,
    userId: by,
    userType: 'user',
    createdAt: minute(number),
    changes,
    ...attributes,
  },
});

export const userJson = (id: string, name: string, userType = 'user') => ({
  type: 'user',
  id,
  attributes: { displayName: name, email: `${name}@loom.example`, userType },
  relationships: { org: to('org', orgId) },
});
export const staffJson = [
  userJson(anna, 'Anna'),
  userJson(ben, 'Ben'),
  userJson(apiUser, 'Deskledger', 'machine'),
  userJson(robot, 'Robot', 'machine'),
];
export const tagsJson = Object.entries(tagNames).map(([id, name]) => ({ type: 'tag', id, attributes: { name } }));

export const listOf = (data: readonly unknown[], more: object = {}) => ({
  data,
  meta: { page: 1, pageSize: 100, ...more },
  links: { self: '/', first: '/', prev: null, next: null },
});

export const clockAt = (at = now) => clockFrom(at);

export const connect = (more: object = {}, clock = clockAt().clock) =>
  connectKustomer(settingsWith({ limitShare: 1, ...more }), { clock, allowPrivate: false, apiUserId: apiUser });

export const api = () => nock(origin, { reqheaders: { authorization: 'Bearer key' } });

export const path = (rest = '', id = conversationId) => `/v1/conversations/${id}${rest}`;
export const page = (number: number) => ({ page: number, pageSize: 100 });
export const list = (where: string, data: readonly unknown[], more: object = {}) =>
  api()
    .get(where)
    .query((query) => query.page === '1')
    .reply(200, listOf(data, more));
export const conversation = (attributes: object = {}, relationships: object = {}) =>
  api()
    .get(path())
    .reply(200, { data: conversationJson(attributes, relationships) });
export const customer = () => api().get(`/v1/customers/${customerId}`).reply(200, { data: customerJson() });
export const users = () => list('/v1/users', staffJson);
export const tags = () => list('/v1/tags', tagsJson);
export const done = {
  status: 'done',
  modificationHistory: { statusAt: minute(20), tagsAt: minute(0), customAt: null },
};
