import { describe, expect, it } from 'vitest';
import { read } from './read-history.ts';
import {
  anna,
  apiUser,
  ben,
  bot,
  customer,
  event,
  fields,
  message,
  minuteAt,
  now,
  reply,
  ticketJson,
} from './support.ts';

describe('a person’s tags', () => {
  const tags = (...names: string[]) => names.map((name, index) => ({ id: 10 + index, name }));
  const tagNames = { 10: 'partner_nord', 11: 'partner_sud', 12: 'vip', 13: 'region_se' };
  const added = (ids: readonly unknown[]) => ({ data: { tags_added: ids } });
  const removed = (ids: readonly unknown[]) => ({ data: { tags_removed: ids } });
  const partner = (ticket: object, events: readonly object[]) =>
    read(ticketJson({ ...ticket }), { events, tagNames }).history.choices?.partner;

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
    expect(choices?.partner).toEqual([]);
    expect(choices?.region).toMatchObject([{ added: ['se'] }]);
  });
});

describe('a person’s field', () => {
  const set = (value: unknown) => ({ custom_fields: { [fields.partner]: { id: Number(fields.partner), value } } });
  const tagNames = { 10: 'partner_nord', 11: 'partner_sud' };
  const partner = (ticket: object, events: readonly object[]) =>
    read(ticketJson({ tags: [], ...ticket }), { events, tagNames }).history.choices?.partner;
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

  it('bug: what we had taken away, and not yet from the field, counted as a person’s', () => {
    const ticket = { ...set('sud'), tags: [{ id: 10, name: 'partner_nord' }] };
    const events = [
      ourTag(1, 1, 11),
      event(2, 1, 'ticket-updated', apiUser),
      event(3, 20, 'ticket-updated', anna),
      ourTag(4, 30, 10),
      event(5, 30, 'ticket-tags-removed', apiUser, { data: { tags_removed: [11] } }),
    ];
    expect(partner(ticket, events)).toEqual([]);
    expect(partner(ticket, [...events, event(6, 31, 'ticket-updated', anna)])).toMatchObject([
      { by: anna, sourceKey: 'event:6', value: 'sud' },
    ]);
  });

  it('outweighs a tag of the same moment', () => {
    const events = [
      event(1, 5, 'ticket-custom-field-updated', anna, {
        context: 'one',
        data: { custom_field_id: fields.partner, value: 'sud' },
      }),
      event(2, 5, 'ticket-tags-added', anna, { context: 'one', data: { tags_added: [10] } }),
    ];
    expect(partner(set('sud'), events)?.map(({ source }) => source)).toEqual(['tag', 'field']);
  });
});

describe('what is older than the events that Gorgias keeps', () => {
  it('bug: was said never to have been chosen', () => {
    const since = (events: readonly object[]) => read(ticketJson(), { events }).history.choicesSince;
    expect(since([event(2, 9, 'ticket-updated', ben), event(1, 5, 'ticket-updated', anna)])).toEqual(minuteAt(5));
    expect(since([])).toEqual(now);
  });
});
