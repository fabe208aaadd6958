import { describe, expect, it } from 'vitest';
import { messageChannel, ticketChannel } from '../../../src/helpdesks/gorgias/channels.ts';
import { choiceOf, valueIn } from '../../../src/helpdesks/gorgias/codes.ts';
import { instantOf, ticketSchema } from '../../../src/helpdesks/gorgias/schema.ts';
import { languageOf, mayBeChosen, snapshotOf, ticketStatus } from '../../../src/helpdesks/gorgias/ticket.ts';
import { codeOf } from '../../../src/helpdesks/mapping.ts';
import {
  anna,
  at,
  ben,
  closedTicket,
  customer,
  fields,
  message,
  minuteAt,
  now,
  reply,
  settingsWith,
  ticketJson,
} from './support.ts';

const parse = (json: object) => ticketSchema.parse(json);
const snapshot = (more: Record<string, unknown> = {}, settings = settingsWith()) => {
  const ticket = parse(ticketJson(more));
  return snapshotOf(ticket, ticket.messages, settings, null, now);
};

describe('a snapshot', () => {
  it('holds what the ticket tells', () => {
    expect(snapshot()).toEqual({
      externalId: '153006867',
      status: 'open',
      createdAt: new Date('2026-03-01T08:00:00.000Z'),
      updatedAt: new Date('2026-03-01T09:00:00.000Z'),
      channel: 'email',
      subject: 'Order #1001',
      firstMessage: 'Where is my parcel?',
      requester: { id: customer, email: 'kim@example.com', locale: null },
      language: 'sv',
      assigneeId: anna,
      brandId: null,
      organizationId: null,
      formId: null,
      inboxId: 'help@loom.example',
      tags: ['vip'],
      orderNumber: '1001',
      reason: null,
      parentExternalId: null,
      mergedIntoExternalId: null,
      frozen: false,
    });
  });

  it.each([
    [{}, 'open'],
    [{ status: 'closed' }, 'solved'],
    [{ status: 'CLOSED' }, 'solved'],
    [{ snooze_datetime: at(600) }, 'pending'],
    [{ status: 'closed', snooze_datetime: at(600) }, 'pending'],
    [{ status: 'closed', snooze_datetime: at(60) }, 'solved'],
    [{ trashed_datetime: at(60) }, 'deleted'],
    [{ status: 'closed', spam: true }, 'deleted'],
    [{ spam: null }, 'open'],
    [{ status: 'waiting-for-stars' }, 'open'],
  ])('with %j is %s', (more, status) => {
    const ticket = parse(ticketJson(more));
    expect(ticketStatus(ticket, now)).toBe(status);
    expect(snapshot(more)).toMatchObject({ status, frozen: status === 'deleted' });
  });

  it('takes a naive datetime for UTC', () => {
    expect(instantOf('2019-11-16T15:59:41.966927')).toEqual(new Date('2019-11-16T15:59:41.966Z'));
    expect(instantOf('2019-11-16 15:59:41')).toEqual(new Date('2019-11-16T15:59:41Z'));
    expect(instantOf('2019-11-16T15:59:41+02:00')).toEqual(new Date('2019-11-16T13:59:41Z'));
    expect(instantOf('soon')).toBeUndefined();
    expect(instantOf('12')).toBeUndefined();
    expect(snapshot({ created_datetime: '2026-03-01T08:00:00' }).createdAt).toEqual(minuteAt(0));
  });

  it('has a requester without an address on phone and social channels', () => {
    expect(
      snapshot({ customer: { id: 7, email: null, channels: [{ type: 'phone', address: '+4670' }] } }).requester,
    ).toEqual({ id: '7', email: null, locale: null });
    expect(
      snapshot({ customer: { id: 7, email: null, channels: [{ type: 'email', address: 'kim@example.com' }] } })
        .requester?.email,
    ).toBe('kim@example.com');
    expect(snapshot({ customer: null, requester: { id: 8, email: 'old@example.com' } }).requester).toMatchObject({
      id: '8',
    });
    expect(snapshot({ customer: null }).requester).toBeNull();
  });

  it.each([
    ['sv', 'sv'],
    ['iw', 'he'],
    ['in', 'id'],
    ['zh_cn', 'zh-CN'],
    ['rc', null],
    ['', null],
    ['not a language', null],
    [null, null],
  ])('reads the language %j as %j', (code, language) => {
    expect(languageOf(code)).toBe(language);
    expect(snapshot({ language: code }).language).toBe(language);
  });

  it('has the customer’s first public words, wherever an agent began', () => {
    const words = (messages: readonly object[]) => snapshot({ messages }).firstMessage;
    expect(
      words([
        reply(1, 0, anna, { body_text: 'Your order 1002' }),
        message(2, 1, { body_text: 'It is #1001' }),
        message(3, 2),
      ]),
    ).toBe('It is #1001');
    expect(words([message(1, 0, { public: false, body_text: 'hidden' }), message(2, 1)])).toBe('Where is my parcel?');
    expect(
      words([
        message(1, 0, { body_text: null, stripped_text: null, body_html: '<style>p{}</style><p>Hej <b>1001</b></p>' }),
      ]),
    ).toMatch(/^Hej\s+1001$/);
    expect(words([reply(1, 0, anna)])).toBeNull();
    expect(words([])).toBeNull();
  });

  it('bug: accounts that unassign on reply had nobody to answer for a ticket', () => {
    const messages = [message(1, 0), reply(2, 1, anna), reply(3, 2, ben), reply(4, 3, anna, { rule_id: 5 })];
    expect(snapshot({ messages, assignee_user_id: null, assignee_user: null }).assigneeId).toBe(ben);
    expect(snapshot({ messages, assignee_user_id: null }).assigneeId).toBe(anna);
  });

  it.each([
    [{ [fields.reason]: { id: 504, value: 'Shipping::Late::Lost' } }, 'shipping'],
    [{ [fields.reason]: { id: 504, value: 'Product::Broken' } }, 'damage'],
    [{ [fields.reason]: { id: 504, value: 'Weather' } }, 'other'],
    [{ [fields.reason]: { id: 504, value: null } }, 'payment'],
    [undefined, 'payment'],
    [[{ field: { id: 504 }, value: 'return' }], 'return'],
  ])('finds the reason in %j', (custom_fields, reason) => {
    const settings = settingsWith({ reasonValues: { broken: 'damage', shipping: 'shipping', refund: 'payment' } });
    expect(snapshot({ custom_fields, tags: [{ id: 1, name: 'Refund' }] }, settings).reason).toBe(reason);
  });

  it('keeps channels that it does not know', () => {
    expect(snapshot({ channel: 'tiktok-of-tomorrow' }).channel).toBe('api');
    expect(
      ['phone', 'aircall', 'contact_form', 'chat', 'whatsapp', 'instagram-comment', 'email', 'api', null].map(
        ticketChannel,
      ),
    ).toEqual(['phone', 'phone', 'form', 'chat', 'messaging', 'social', 'email', 'api', 'api']);
    expect(['internal-note', 'tiktok-of-tomorrow', 'sms', null].map(messageChannel)).toEqual([
      null,
      null,
      'messaging',
      null,
    ]);
  });

  it('needs of a ticket no more than its id, state and date', () => {
    const least = parse({ id: 7, status: 'open', created_datetime: at(0) });
    expect(snapshotOf(least, least.messages, settingsWith(), null, now)).toMatchObject({
      externalId: '7',
      updatedAt: minuteAt(0),
      channel: 'api',
      orderNumber: null,
      assigneeId: null,
    });
  });

  it('is refused where the ticket has no date, and not where odd parts of it are broken', () => {
    expect(ticketSchema.safeParse(ticketJson({ created_datetime: 'yesterday' })).success).toBe(false);
    const odd = {
      customer: 'kim',
      assignee_user: 5,
      tags: null,
      custom_fields: null,
      messages: null,
      satisfaction_survey: 'none',
      closed_datetime: 'never',
      spam: 'no',
    };
    expect(snapshot(odd)).toMatchObject({ requester: null, tags: [], orderNumber: null, firstMessage: null });
  });
});

describe('codes', () => {
  it.each([
    ['nord', 'nord'],
    ['Partners::Scandinavia::Nord', 'Nord'],
    ['Nord Ltd (nord)', 'nord'],
    ['partner_nord', 'nord'],
    [['nord', 'sud'], 'nord'],
    [12, '12'],
    ['  ', null],
    ['partner_', null],
    [true, null],
    [undefined, null],
  ])('in the value %j: %j', (value, code) => {
    expect(valueIn(value, 'partner_')).toBe(code);
  });

  it('survive a choice that people can read', () => {
    for (const partner of [
      { code: 'nord', name: 'Nord AB' },
      { code: 'se', name: 'SE' },
      { code: 'x-1', name: 'A::B' },
    ])
      expect(codeOf(valueIn(choiceOf(partner), 'partner_') ?? '')).toBe(codeOf(partner.code));
    expect(choiceOf({ code: 'se', name: 'SE' })).toBe('se');
  });
});

it.each([
  [{}, false],
  [{ tags: [{ id: 1, name: 'partner_nord' }] }, false],
  [
    {
      tags: [
        { id: 1, name: 'partner_nord' },
        { id: 2, name: 'Partner_Sud' },
      ],
    },
    true,
  ],
  [{ tags: [{ id: 1, name: 'partner_nord' }], custom_fields: { [fields.partner]: { value: 'Nord' } } }, false],
  [{ tags: [{ id: 1, name: 'partner_nord' }], custom_fields: { [fields.partner]: { value: 'Sud' } } }, true],
  [{ custom_fields: { [fields.region]: { value: 'SE' } } }, true],
])('whether a person may have chosen: %j', (more, expected) => {
  expect(mayBeChosen(parse(closedTicket(more)), settingsWith())).toBe(expected);
});
