import { describe, expect, it } from 'vitest';
import { nextReading } from '../../../src/helpdesks/gorgias/handle-time.ts';
import { read, told } from './read-history.ts';
import {
  anna,
  apiUser,
  at,
  ben,
  bot,
  closedTicket,
  event,
  message,
  minuteAt,
  note,
  reply,
  ticketId,
  ticketJson,
} from './support.ts';

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

it('bug: talk time was part of no measured time', () => {
  const call = (id: number, duration: number) => ({
    id,
    created_datetime: at(5),
    duration,
    last_answered_by_agent_id: Number(anna),
  });
  const calls = [call(1, 95.4), call(2, 0), { ...call(3, 50), last_answered_by_agent_id: null }];
  const ticket = closedTicket({ channel: 'phone', messages: [reply(1, 1, ben)] });
  const { work, closing } = read(ticket, { calls, handleTime: told(60) }).history;
  expect(closing?.totalSeconds).toBe(60);
  expect(work).toEqual([
    {
      sourceKey: 'voice:1',
      agentId: anna,
      actor: 'agent',
      clock: 'gorgias voice',
      rawSeconds: 95,
      value: null,
      workedAt: minuteAt(5),
      channel: 'phone',
    },
  ]);
  // Without it the whole ticket is estimated, calls by their talk time.
  const unknown = read(ticket, { calls, handleTime: { state: 'unsupported', disturbed: false } }).history;
  expect(unknown.work).toEqual([]);
  expect(unknown.touches).toMatchObject([{ agentId: ben }, { talkSeconds: 95 }, {}]);
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
        { agentId: anna, weight: 1, at: minuteAt(1) },
        { agentId: ben, weight: 1, at: minuteAt(2) },
        { agentId: anna, weight: 1, at: minuteAt(3) },
      ],
      assigneeId: anna,
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
