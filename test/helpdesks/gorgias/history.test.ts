import { describe, expect, it } from 'vitest';
import { type HandleTime, nextReading } from '../../../src/helpdesks/gorgias/handle-time.ts';
import { readHistory } from '../../../src/helpdesks/gorgias/history.ts';
import { eventSchema, ticketSchema, voiceCallSchema } from '../../../src/helpdesks/gorgias/schema.ts';
import {
  anna,
  apiUser,
  at,
  ben,
  bot,
  closedTicket,
  customer,
  event,
  fields,
  message,
  minuteAt,
  note,
  now,
  reply,
  settingsWith,
  ticketId,
  ticketJson,
} from './support.ts';

const told = (seconds: number, agentId: string | null = null): HandleTime => ({
  state: 'told',
  row: { seconds, agentId },
});

const read = (
  ticket: Record<string, unknown>,
  {
    events = [],
    calls = [],
    handleTime = null,
    merges = [],
    tagNames = {},
  }: {
    readonly events?: readonly object[];
    readonly calls?: readonly object[];
    readonly handleTime?: HandleTime | null;
    readonly merges?: readonly object[];
    readonly tagNames?: Record<string, string>;
  } = {},
) => {
  const parsed = ticketSchema.parse(ticket);
  return readHistory(
    {
      ticket: parsed,
      messages: parsed.messages,
      events: events.map((one) => eventSchema.parse(one)),
      calls: calls.map((one) => voiceCallSchema.parse(one)),
      handleTime,
      merges: merges.map((one) => eventSchema.parse(one)),
    },
    {
      settings: settingsWith(),
      apiUserId: apiUser,
      customerId: customer,
      isBot: (id) => id === bot,
      tagName: (id) => tagNames[id],
      now,
    },
  );
};

describe('touches', () => {
  it('are what people of the staff wrote and sent', () => {
    const messages = [
      message(1, 0),
      reply(2, 1, anna),
      note(3, 2, ben),
      reply(4, 3, anna, { channel: 'chat' }),
      reply(5, 4, anna, { rule_id: 77 }),
      reply(6, 5, anna, { via: 'rule' }),
      reply(7, 6, bot),
      reply(8, 7, anna, { failed_datetime: at(7) }),
      reply(9, 8, anna, { sent_datetime: null }),
      reply(10, 9, apiUser, { via: 'api' }),
      reply(11, 10, apiUser),
    ];
    expect(read(ticketJson({ messages })).history.touches).toEqual([
      { sourceKey: 'message:2', agentId: anna, kind: 'public_reply', at: minuteAt(1), channel: 'email' },
      { sourceKey: 'message:3', agentId: ben, kind: 'internal_note', at: minuteAt(2), channel: null },
      { sourceKey: 'message:4', agentId: anna, kind: 'public_reply', at: minuteAt(3), channel: 'chat' },
      { sourceKey: 'message:11', agentId: apiUser, kind: 'public_reply', at: minuteAt(10), channel: 'email' },
    ]);
  });

  it('hold the talk time of calls that somebody took or made', () => {
    const call = (id: number, more: object) => ({ id, created_datetime: at(5), duration: 95, ...more });
    const calls = [
      call(1, { last_answered_by_agent_id: Number(anna) }),
      call(2, { last_answered_by_agent_id: null, initiated_by_agent_id: Number(ben), duration: '12' }),
      call(3, { last_answered_by_agent_id: null }),
      call(4, { last_answered_by_agent_id: Number(anna), duration: null }),
    ];
    expect(read(ticketJson({ channel: 'phone' }), { calls }).history.touches).toMatchObject([
      { sourceKey: 'call:1', agentId: anna, kind: 'public_reply', channel: 'phone', talkSeconds: 95 },
      { sourceKey: 'call:2', agentId: ben, talkSeconds: 12 },
      { sourceKey: 'call:4', agentId: anna },
    ]);
  });
});

describe('a closing', () => {
  const messages = [message(1, 0), reply(2, 1, anna), reply(3, 2, ben), note(4, 3, anna), reply(5, 90, ben)];

  it('books the handle time to those who wrote before it, by their messages', () => {
    const { history } = read(closedTicket({ messages }), { handleTime: told(340, ben) });
    expect(history.closing).toEqual({
      sourceKey: `closing:${ticketId}:2026-03-01T09:00:00.000Z`,
      at: minuteAt(60),
      clock: 'gorgias handle time',
      totalSeconds: 340,
      workers: [
        { agentId: anna, weight: 2 },
        { agentId: ben, weight: 1 },
      ],
      channel: 'email',
    });
    expect(history).toMatchObject({ work: [], solvedAt: minuteAt(60), closedAt: minuteAt(60) });
  });

  it('falls back to the assignee, and to whom Gorgias reports it under', () => {
    const silent = { messages: [message(1, 0), reply(2, 1, anna, { rule_id: 4 })] };
    expect(read(closedTicket(silent), { handleTime: told(60, ben) }).history.closing?.workers).toEqual([
      { agentId: anna, weight: 1 },
    ]);
    const nobody = { ...silent, assignee_user_id: null, assignee_user: null };
    expect(read(closedTicket(nobody), { handleTime: told(60, ben) }).history.closing?.workers).toEqual([
      { agentId: ben, weight: 1 },
    ]);
    expect(read(closedTicket(nobody), { handleTime: told(60) }).history.closing).toBeNull();
  });

  it('is none while the ticket is open, snoozed or reopened, or no time is told yet', () => {
    expect(read(ticketJson({ messages })).history).toMatchObject({ closing: null, againAt: null, solvedAt: null });
    expect(read(closedTicket({ messages, snooze_datetime: at(600) })).history).toMatchObject({
      closing: null,
      closedAt: null,
    });
    const late = read(closedTicket({ messages }), { handleTime: { state: 'told', row: null } }).history;
    expect(late.closing).toBeNull();
    expect(late.againAt).toEqual(new Date('2026-03-02T09:00:00Z'));
  });

  it('is not known where the account tells no handle times', () => {
    const { history } = read(closedTicket({ messages }), { handleTime: { state: 'unsupported', disturbed: false } });
    expect(history).not.toHaveProperty('closing');
    expect(history.againAt).toBeNull();
    const disturbed = read(closedTicket({ messages }), { handleTime: { state: 'unsupported', disturbed: true } });
    expect(disturbed.history.againAt).toEqual(new Date('2026-03-02T09:00:00Z'));
  });

  it('is read again after an hour and after a day', () => {
    const closedAt = minuteAt(0);
    expect(nextReading(closedAt, minuteAt(1))).toEqual(minuteAt(60));
    expect(nextReading(closedAt, minuteAt(60))).toEqual(minuteAt(24 * 60));
    expect(nextReading(closedAt, minuteAt(24 * 60))).toBeNull();
  });
});

describe('a person’s tags', () => {
  const tags = (...names: string[]) => names.map((name, index) => ({ id: 10 + index, name }));
  const tagNames = { 10: 'partner_nord', 11: 'partner_sud', 12: 'vip', 13: 'region_se' };
  const added = (ids: readonly unknown[]) => ({ data: { tags_added: ids } });
  const removed = (ids: readonly unknown[]) => ({ data: { tags_removed: ids } });
  const partner = (ticket: object, events: readonly object[]) =>
    read(ticketJson({ ...ticket }), { events, tagNames }).history.choices.partner;

  it('are told with who, when, and what was left', () => {
    const events = [
      event(1, 1, 'ticket-tags-added', apiUser, added([10])),
      event(2, 5, 'ticket-tags-added', anna, added([11, 12])),
      event(3, 6, 'ticket-tags-removed', ben, removed([10])),
    ];
    expect(partner({ tags: tags('partner_sud', 'vip') }, events.toReversed())).toEqual([
      { by: anna, at: minuteAt(5), sourceKey: 'event:2', source: 'tag', added: ['sud'], removed: [], left: ['nord'] },
      { by: ben, at: minuteAt(6), sourceKey: 'event:3', source: 'tag', added: [], removed: ['nord'], left: ['sud'] },
    ]);
  });

  it('exchanged in one operation are one change', () => {
    const same = { context: 'one' };
    const events = [
      event(1, 1, 'ticket-tags-added', apiUser, added([10])),
      event(2, 5, 'ticket-tags-removed', anna, { ...removed([10]), ...same }),
      event(3, 5, 'ticket-tags-added', anna, { ...added([11]), ...same }),
      event(4, 5, 'ticket-updated', anna, same),
    ];
    expect(partner({ tags: tags('partner_sud') }, events)).toMatchObject([
      { added: ['sud'], removed: ['nord'], left: [] },
    ]);
  });

  it.each([
    ['our own user', event(1, 1, 'ticket-tags-added', apiUser, added([10]))],
    ['a machine', event(1, 1, 'ticket-tags-added', bot, added([10]))],
    ['nobody', event(1, 1, 'ticket-tags-added', null, added([10]))],
    ['the customer', event(1, 1, 'ticket-tags-added', customer, added([10]))],
    ['the system', event(1, 1, 'ticket-tags-added', anna, { data: { tags_added: [10], type: 'system' } })],
  ])('are not those of %s', (_who, one) => {
    expect(partner({ tags: tags('partner_nord') }, [one])).toEqual([]);
  });

  it('are not those that a rule set, even where a person set off the rule', () => {
    const context = { context: 'one' };
    const events = [
      event(1, 1, 'ticket-tags-added', anna, { ...added([11]), ...context }),
      event(2, 1, 'rule-executed', anna, context),
      event(3, 1, 'ticket-tags-added', anna, { ...added([10]), ...context }),
    ];
    expect(partner({ tags: tags('partner_nord', 'partner_sud') }, events)).toMatchObject([
      { sourceKey: 'event:1', added: ['sud'] },
    ]);
  });

  it('are not those that a merge brought', () => {
    const context = { context: 'one' };
    const events = [
      event(1, 1, 'ticket-merged', anna, context),
      event(2, 1, 'ticket-tags-added', anna, { ...added([10]), ...context }),
    ];
    expect(partner({ tags: tags('partner_nord') }, events)).toEqual([]);
  });

  it.each([
    ['ids', { tags_added: [10] }],
    ['ids as text', { tags_added: ['10'] }],
    ['names', { tags_added: ['Partner_Nord'] }],
    ['objects', { tags_added: [{ id: 99, name: 'partner_nord' }] }],
    ['another key', { tags: [{ id: 10 }] }],
    ['one tag', { tag: { id: 10, name: 'partner_nord' } }],
  ])('are read from %s', (_what, data) => {
    expect(partner({ tags: tags('partner_nord') }, [event(1, 1, 'ticket-tags-added', anna, { data })])).toMatchObject([
      { added: ['nord'] },
    ]);
  });

  it.each([null, 'x', [], { tags_added: null }, { tags_added: [null, {}, 404] }])(
    'say nothing where the event holds %j',
    (data) => {
      expect(partner({}, [event(1, 1, 'ticket-tags-added', anna, { data })])).toEqual([]);
    },
  );

  it('of one half say nothing of the other', () => {
    const { choices } = read(ticketJson(), {
      events: [event(1, 1, 'ticket-tags-added', anna, added([13]))],
      tagNames,
    }).history;
    expect(choices.partner).toEqual([]);
    expect(choices.region).toMatchObject([{ added: ['se'] }]);
  });
});

describe('a person’s field', () => {
  const set = (value: unknown) => ({ custom_fields: { [fields.partner]: { id: Number(fields.partner), value } } });
  const tagNames = { 10: 'partner_nord', 11: 'partner_sud' };
  const partner = (ticket: object, events: readonly object[]) =>
    read(ticketJson({ tags: [], ...ticket }), { events, tagNames }).history.choices.partner;
  const ourTag = (id: number, minute: number, tagId: number) =>
    event(id, minute, 'ticket-tags-added', apiUser, { data: { tags_added: [tagId] } });

  it.each([
    ['by id', { custom_field_id: Number(fields.partner), new_value: 'Partners::Sud' }, 'Sud'],
    ['as an object', { custom_field: { id: Number(fields.partner), value: 'sud' } }, 'sud'],
    ['among all', { custom_fields: { [fields.partner]: { value: 'Sud (sud)' } } }, 'sud'],
    ['in a list', { custom_fields: [{ id: Number(fields.partner), value: 'sud' }] }, 'sud'],
    ['emptied', { custom_field_id: fields.partner, new_value: null }, null],
  ])('is told where an event names it %s', (_how, data, value) => {
    const events = [event(1, 5, 'ticket-custom-field-updated', anna, { data })];
    expect(partner(set('whatever'), events)).toEqual([
      { by: anna, at: minuteAt(5), sourceKey: 'event:1', source: 'field', value },
    ]);
    expect(partner(set('whatever'), [event(1, 5, 'ticket-custom-field-updated', apiUser, { data })])).toEqual([]);
  });

  it('counts without such an event where it says something else than our tag', () => {
    const ticket = { ...set('Sud'), tags: [{ id: 10, name: 'partner_nord' }] };
    const events = [ourTag(1, 1, 10), event(2, 1, 'ticket-updated', apiUser), event(3, 30, 'ticket-updated', anna)];
    expect(partner(ticket, events)).toEqual([
      { by: anna, at: minuteAt(30), sourceKey: 'event:3', source: 'field', value: 'Sud' },
    ]);
  });

  it('goes on counting after we tagged the ticket as it says', () => {
    const ticket = { ...set('sud'), tags: [{ id: 11, name: 'partner_sud' }] };
    const events = [
      ourTag(1, 1, 10),
      event(2, 1, 'ticket-updated', apiUser),
      event(3, 30, 'ticket-updated', anna),
      ourTag(4, 31, 11),
    ];
    expect(partner(ticket, events)).toMatchObject([{ by: anna, sourceKey: 'event:3', value: 'sud' }]);
  });

  it('is ours where it says what we tagged, whatever people did on the ticket otherwise', () => {
    const ticket = { ...set('nord'), tags: [{ id: 10, name: 'partner_nord' }] };
    const events = [
      event(1, 0, 'ticket-created', anna),
      ourTag(2, 1, 10),
      event(3, 30, 'ticket-updated', anna),
      event(4, 31, 'ticket-message-created', ben, { context: 'one' }),
      event(5, 31, 'ticket-updated', ben, { context: 'one' }),
    ];
    expect(partner(ticket, events)).toEqual([]);
  });

  it('is nobody’s where only rules, machines or messages moved the ticket', () => {
    const events = [
      event(1, 5, 'rule-executed', anna, { context: 'one' }),
      event(2, 5, 'ticket-updated', anna, { context: 'one' }),
      event(3, 6, 'ticket-updated', bot),
      event(4, 7, 'ticket-message-created', anna, { context: 'two' }),
      event(5, 7, 'ticket-updated', anna, { context: 'two' }),
    ];
    expect(partner(set('sud'), events)).toEqual([]);
  });

  it('bug: an answer, which updates its ticket and stands in none of its events, counted as setting the field', () => {
    const messages = [message(1, 0), reply(2, 30, anna)];
    const ticket = { ...set('Sud'), tags: [{ id: 10, name: 'partner_nord' }], messages };
    expect(partner(ticket, [ourTag(1, 1, 10), event(2, 30, 'ticket-updated', anna)])).toEqual([]);
    const both = [ourTag(1, 1, 10), event(2, 30, 'ticket-updated', anna), event(3, 30, 'ticket-updated', anna)];
    expect(partner(ticket, both)).toMatchObject([{ sourceKey: 'event:3' }]);
    // Somebody else's update at that moment, or the same person's a minute later, is no part of the answer.
    expect(partner(ticket, [ourTag(1, 1, 10), event(2, 30, 'ticket-updated', ben)])).toMatchObject([{ by: ben }]);
    expect(partner(ticket, [ourTag(1, 1, 10), event(2, 31, 'ticket-updated', anna)])).toMatchObject([{ by: anna }]);
  });

  it('outweighs a tag of the same moment', () => {
    const events = [
      event(1, 5, 'ticket-custom-field-updated', anna, {
        context: 'one',
        data: { custom_field_id: fields.partner, value: 'sud' },
      }),
      event(2, 5, 'ticket-tags-added', anna, { context: 'one', data: { tags_added: [10] } }),
    ];
    expect(partner(set('sud'), events).map(({ source }) => source)).toEqual(['tag', 'field']);
  });
});

describe('merges and splits', () => {
  it.each([
    [{ target_ticket_id: 5 }, '5'],
    [{ merged_into: { id: '5' } }, '5'],
    [{ target_ticket_id: Number(ticketId) }, null],
    [{ source_ticket_id: 5 }, null],
    [null, null],
  ])('with %j: merged into %j', (data, target) => {
    expect(read(ticketJson(), { events: [event(1, 5, 'ticket-merged', anna, { data })] }).mergedInto).toBe(target);
  });

  it.each([
    ['by its source', { object_id: 5, data: { source_ticket_id: Number(ticketId) } }, '5'],
    ['by one of its sources', { object_id: 5, data: { source_ticket_ids: [4, Number(ticketId)] } }, '5'],
    ['by the context of its trashing', { object_id: 5, context: 'one' }, '5'],
    ['of others', { object_id: 5, data: { source_ticket_id: 4 } }, null],
    ['that it is itself the target of', { context: 'one', data: { source_ticket_id: 4 } }, null],
  ])('a ticket in the trash is found in a merge %s', (_how, more, target) => {
    const events = [
      event(1, 5, 'ticket-closed', anna, { context: 'one' }),
      event(2, 5, 'ticket-trashed', anna, { context: 'one' }),
    ];
    const merges = [event(3, 5, 'ticket-merged', anna, more)];
    expect(read(ticketJson({ trashed_datetime: at(5) }), { events, merges }).mergedInto).toBe(target);
  });

  it('a ticket that goes on from a closed one names it', () => {
    const events = [
      event(1, 0, 'ticket-created', null, { data: { split_from_ticket: { id: 4, closed_datetime: at(0) } } }),
    ];
    expect(read(ticketJson(), { events })).toMatchObject({ parent: '4', mergedInto: null });
  });
});
