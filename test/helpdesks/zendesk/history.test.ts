import { describe, expect, it } from 'vitest';
import {
  anna,
  apiUser,
  audit,
  ben,
  byRule,
  change,
  comment,
  create,
  created,
  customer,
  type EventJson,
  fields,
  minuteAt,
  read,
  total,
} from './support.ts';

describe('touches', () => {
  const touchesOf = (...parameters: Parameters<typeof read>) =>
    read(...parameters).history.touches.map(({ agentId, kind, channel }) => [agentId, kind, channel]);

  it('are agents’ replies and notes, the first message too when an agent wrote it', () => {
    const audits = [
      audit(100, anna, 0, [comment(), create('status', 'open')]),
      audit(101, customer, 1, [comment()], { via: { channel: 'email' } }),
      audit(102, anna, 2, [comment({ public: false })]),
      audit(103, ben, 3, [comment()], { via: { channel: 'email' } }),
    ];
    expect(touchesOf(audits)).toEqual([
      [anna, 'public_reply', null],
      [anna, 'internal_note', null],
      [ben, 'public_reply', 'email'],
    ]);
    expect(read(audits).history.touches[0]).toMatchObject({ sourceKey: 'audit:100', at: minuteAt(0) });
  });

  it.each([
    ['a rule', audit(101, anna, 1, [comment(byRule)])],
    ['the system', audit(101, '-1', 1, [comment()])],
    ['our own user', audit(101, apiUser, 1, [comment()])],
    ['a requester whose message an agent entered', audit(101, anna, 1, [comment({ author_id: Number(customer) })])],
    ['a merge', audit(101, anna, 1, [comment()], { via: { channel: 'merge' } })],
    ['nobody that Zendesk knows', audit(101, '999', 1, [comment()])],
  ])('are none of %s', (_who, one) => {
    expect(touchesOf([created(), one])).toEqual([]);
  });

  it('of a call are its agent’s, with the talk time where Zendesk has it', () => {
    const call = (id: number, data: EventJson) =>
      audit(id, anna, 1, [{ id: 5, type: 'VoiceComment', public: false, author_id: Number(customer), data }], {
        via: { channel: 'phone_call_inbound' },
      });
    expect(
      read([call(101, { answered_by_id: Number(ben), call_duration: 95 }), call(102, {})]).history.touches,
    ).toEqual([
      {
        sourceKey: 'audit:101',
        agentId: ben,
        kind: 'public_reply',
        at: minuteAt(1),
        channel: 'phone',
        talkSeconds: 95,
      },
    ]);
  });

  it('of one audit have keys of their own', () => {
    const { touches } = read([audit(101, anna, 1, [comment({ id: 8 }), comment({ id: 9, public: false })])]).history;
    expect(touches.map(({ sourceKey }) => sourceKey)).toEqual(['audit:101', 'audit:101:9']);
  });
});

describe('an AI agent', () => {
  const bot = '603';
  const said = (author: string, id: number, more: EventJson = {}) => audit(id, author, id - 100, [comment(more)]);
  const whoOf = (...parameters: Parameters<typeof read>) =>
    read(...parameters).history.touches.map(({ agentId, actor }) => [agentId, actor ?? 'agent']);

  it('is known by its role, also where it was assigned; what it writes, tracks and picks is no person’s', () => {
    const roles = { [anna]: 'agent', [bot]: 'ai_agent', [customer]: 'end_user' } as const;
    const { history } = read(
      [
        created(),
        audit(101, bot, 1, [change('assignee_id', bot, null), comment(), total('60', null)]),
        audit(102, bot, 2, [comment({ public: false }), change(fields.partner, 'nord', null)]),
        said(anna, 103),
      ],
      { roles },
    );
    expect(history.touches.map(({ agentId, actor, kind }) => [agentId, actor, kind])).toEqual([
      [bot, 'ai_agent', 'public_reply'],
      [bot, 'ai_agent', 'internal_note'],
      [anna, undefined, 'public_reply'],
    ]);
    expect(history.work.map(({ agentId, actor, rawSeconds }) => [agentId, actor, rawSeconds])).toEqual([
      [bot, 'ai_agent', 60],
    ]);
    expect(history.choices?.partner).toEqual([]);
  });

  it('is whoever has a ticket of support type ai_agent, whatever the role; other people on it stay people', () => {
    const audits = [created(), said(ben, 101), said(anna, 102, { public: false })];
    expect(whoOf(audits, { byAiAgent: true, assigneeId: ben })).toEqual([
      [ben, 'ai_agent'],
      [anna, 'agent'],
    ]);
    expect(whoOf(audits, { assigneeId: ben })).toEqual([
      [ben, 'agent'],
      [anna, 'agent'],
    ]);
  });

  it('stays one after a person took over, where the audits tell of the turn', () => {
    const takenOver = [change('support_type', 'agent', 'ai_agent'), change('assignee_id', anna, ben)];
    const audits = [
      audit(100, customer, 0, [comment(), create('status', 'new'), create('assignee_id', ben)]),
      said(ben, 101),
      audit(102, anna, 2, takenOver),
      said(anna, 103),
    ];
    expect(whoOf(audits, { assigneeId: anna })).toEqual([
      [ben, 'ai_agent'],
      [anna, 'agent'],
    ]);
    expect(whoOf([...audits, audit(104, anna, 4, [change('support_type', 'ai_agent', 'agent')])])).toEqual([
      [ben, 'ai_agent'],
      [anna, 'ai_agent'],
    ]);
  });
});

describe('solvedAt and closedAt', () => {
  const at = (minute: number, value: string, more: EventJson = {}) =>
    audit(200 + minute, anna, minute, [change('status', value, 'open', more)]);
  it.each([
    ['solved', [at(1, 'solved')], 1, null],
    ['solved by a rule', [at(1, 'solved', byRule)], 1, null],
    ['reopened', [at(1, 'solved'), at(2, 'open')], null, null],
    ['solved again', [at(1, 'solved'), at(2, 'open'), at(3, 'solved')], 3, null],
    ['closed', [at(1, 'solved'), at(9, 'closed')], 1, 9],
    ['closed without solving', [at(9, 'closed')], null, 9],
    ['open', [created()], null, null],
  ])('of a ticket that was %s', (_what, audits, solved, closed) => {
    const { solvedAt, closedAt } = read(audits).history;
    expect([solvedAt, closedAt]).toEqual([
      solved === null ? null : minuteAt(solved),
      closed === null ? null : minuteAt(closed),
    ]);
  });
});

describe('the target of a merge', () => {
  const closing = change('status', 'closed', 'open');
  it.each([
    [
      'via.source.to',
      [closing],
      { via: { channel: 'merge', source: { from: {}, to: { ticket_id: 5200 }, rel: null } } },
      '5200',
    ],
    [
      'via.source.from',
      [closing],
      { via: { channel: 'web', source: { from: { ticket_id: 5200 }, to: {}, rel: 'merge' } } },
      '5200',
    ],
    [
      'the comment’s own via',
      [comment({ via: { channel: 'merge', source: { to: { ticket_id: '5200' } } } }), closing],
      { via: { channel: 'merge' } },
      '5200',
    ],
    [
      'the comment’s text',
      [comment({ body: 'Ärendet stängdes och slogs ihop med #5200.' }), closing],
      { via: { channel: 'merge' } },
      '5200',
    ],
    [
      'nowhere on the target',
      [comment({ body: 'Request #4100 was merged into this one.' })],
      { via: { channel: 'merge' } },
      null,
    ],
    ['nowhere without a merge', [comment({ body: 'See #5200' }), closing], {}, null],
  ])('stands in %s', (_where, events, more, target) => {
    expect(read([created(), audit(101, anna, 5, events, more)]).mergedInto).toBe(target);
  });
});
