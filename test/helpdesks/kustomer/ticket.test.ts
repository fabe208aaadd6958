import { describe, expect, it } from 'vitest';
import { conversationSchema, customerSchema, messageSchema } from '../../../src/helpdesks/kustomer/schema.ts';
import { languageOf, snapshotOf } from '../../../src/helpdesks/kustomer/ticket.ts';
import {
  anna,
  conversationId,
  conversationJson,
  customerId,
  customerJson,
  hex,
  messageJson,
  minute,
  replyJson,
  settingsWith,
  to,
} from './support.ts';

const snapshot = (
  attributes: object = {},
  more: {
    relationships?: object;
    customer?: object | null;
    messages?: readonly object[];
    tags?: readonly string[];
    settings?: object;
  } = {},
) =>
  snapshotOf(
    conversationSchema.parse(conversationJson(attributes, more.relationships)),
    {
      customer: more.customer === null ? undefined : customerSchema.parse(more.customer ?? customerJson()),
      messages: (more.messages ?? []).map((message) => messageSchema.parse(message)),
      tags: more.tags ?? [],
      history: null,
    },
    settingsWith(more.settings),
  );

describe('a conversation', () => {
  it('is a ticket', () => {
    expect(snapshot({}, { messages: [messageJson(1)], tags: ['VIP'] })).toEqual({
      externalId: conversationId,
      status: 'open',
      createdAt: new Date(minute(0)),
      updatedAt: new Date(minute(30)),
      channel: 'email',
      subject: 'Where is #1001?',
      firstMessage: 'Message 1',
      requester: { id: customerId, email: 'kim@example.com', locale: 'sv-SE' },
      language: 'sv-SE',
      assigneeId: anna,
      brandId: hex('b0', 1),
      organizationId: null,
      formId: null,
      inboxId: hex('e0', 1),
      tags: ['VIP'],
      orderNumber: '1001',
      reason: null,
      parentExternalId: null,
      mergedIntoExternalId: null,
      frozen: false,
    });
  });

  it.each([
    ['open', {}, 'open'],
    ['snoozed', { status: 'snoozed' }, 'pending'],
    ['done', { status: 'done' }, 'solved'],
    ['done and ended', { status: 'done', ended: true, endedAt: minute(9) }, 'closed'],
    ['ended and not done yet', { ended: true }, 'open'],
    ['spam', { status: 'done', spam: true }, 'deleted'],
    ['deleted', { deleted: true }, 'deleted'],
    ['deleted at a time', { deletedAt: minute(9) }, 'deleted'],
    ['in a state that we do not know', { status: 'dreaming' }, 'open'],
    ['in a state of JavaScript', { status: 'constructor' }, 'open'],
  ])('%s', (_what, attributes, status) => {
    expect(snapshot(attributes).status).toBe(status);
  });

  it('may lack nearly all', () => {
    const bare = { id: 'x', attributes: { createdAt: minute(0), updatedAt: minute(0) } };
    const read = { customer: undefined, messages: [], tags: [], history: null };
    expect(snapshotOf(conversationSchema.parse(bare), read, settingsWith())).toMatchObject({
      status: 'open',
      channel: 'api',
      requester: null,
      language: null,
      tags: [],
    });
  });

  it.each([
    [['email'], {}, 'email'],
    [['form', 'email'], {}, 'form'],
    [['whatsapp'], {}, 'messaging'],
    [['voice'], {}, 'phone'],
    [['instagram-comment'], {}, 'social'],
    [['email', 'chat'], { firstMessageIn: { channel: 'chat' } }, 'chat'],
    [['telepathy'], {}, 'api'],
    [[], {}, 'api'],
  ])('of the channels %j', (channels, attributes, channel) => {
    expect(snapshot({ channels, ...attributes }).channel).toBe(channel);
  });

  it('is merged into another one where it says so, however it says so', () => {
    const target = hex('c0', 2);
    expect(snapshot({}, { relationships: { mergedTarget: to('conversation', target) } }).mergedIntoExternalId).toBe(
      target,
    );
    expect(snapshot({ mergedInto: target }).mergedIntoExternalId).toBe(target);
    expect(snapshot({ mergedTarget: { id: conversationId } }).mergedIntoExternalId).toBeNull();
  });
});

describe('the language', () => {
  it.each([
    ['en_us', 'en-US'],
    ['sv', 'sv'],
    ['pt_br', 'pt-BR'],
    ['zh_hans_cn', 'zh-Hans-CN'],
    ['not a language!', null],
    ['', null],
    [null, null],
  ])('%s is %s', (defaultLang, language) => {
    expect(languageOf(defaultLang)).toBe(language);
  });

  it('is never read from locale, which is a region', () => {
    expect(
      snapshot({ defaultLang: null, locale: 'SV' }, { customer: customerJson({ defaultLang: null, locale: 'DE' }) }),
    ).toMatchObject({ language: null, requester: { locale: null } });
  });
});

describe('the requester', () => {
  it.each([
    ['the address that wrote', {}, [messageJson(1, { meta: { from: 'OLD@example.com' } })], 'old@example.com'],
    ['the verified address', {}, [], 'kim@example.com'],
    ['the first address', { emails: [{ email: 'a@example.com' }, { email: 'b@example.com' }] }, [], 'a@example.com'],
    ['a shared address', { emails: [], sharedEmails: [{ email: 's@example.com' }] }, [], 's@example.com'],
    ['the writer’s address', { emails: [] }, [messageJson(1)], 'kim@example.com'],
    ['nothing', { emails: null, sharedEmails: null }, [messageJson(1, { meta: { from: '+46700' } })], null],
  ])('is known by %s', (_what, customer, messages, email) => {
    expect(snapshot({}, { customer: customerJson(customer), messages }).requester?.email).toBe(email);
  });

  it('stays the customer where the customer is gone', () => {
    expect(snapshot({}, { customer: null }).requester).toEqual({ id: customerId, email: null, locale: null });
  });

  it('says the first words, not an agent, and not in HTML', () => {
    const messages = [
      messageJson(5, { preview: 'Later' }),
      messageJson(3, { preview: null, body: '<p>It is <b>#1001</b></p>' }),
      replyJson(1, anna, { preview: 'Hello from us' }),
      messageJson(2, { preview: 'Taken back', deleted: true }),
    ];
    expect(snapshot({}, { messages }).firstMessage).toMatch(/^It is\s+#1001$/);
  });
});

describe('mapped attributes', () => {
  it.each([
    [{ reasonStr: 'Shipping' }, {}, [], 'shipping'],
    [{ reasonStr: 'weather' }, {}, [], 'other'],
    [{ reasonStr: 'Retur' }, { reasonValues: { retur: 'return' } }, [], 'return'],
    [{}, { reasonValues: { broken: 'damage' } }, ['VIP', 'Broken'], 'damage'],
    [{ reasonTree: 'contact.return' }, { reasonFieldId: 'reasonTree' }, [], 'return'],
    [{}, {}, [], null],
  ])('%j with %j tell the reason', (custom, settings, tags, reason) => {
    expect(snapshot({ custom }, { settings, tags }).reason).toBe(reason);
  });

  it('take numbers for order numbers', () => {
    const settings = { orderNumberFieldId: 'orderNum' };
    expect(snapshot({ custom: { orderNum: 1001 } }, { settings }).orderNumber).toBe('1001');
    expect(snapshot({ custom: null }, { settings }).orderNumber).toBeNull();
  });
});
