import fc from 'fast-check';
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
  customer,
  type EventJson,
  fields,
  minuteAt,
  read,
  settingsWith,
} from './support.ts';

const created = (events: readonly EventJson[] = [], more: EventJson = {}) =>
  audit(100, customer, 0, [comment(), create('status', 'new'), ...events], more);
const total = (value: unknown, previous: unknown, more: EventJson = {}) => change(fields.total, value, previous, more);
const followUpVia = {
  via: { channel: 'web', source: { from: { ticket_id: 77, channel: 'email' }, to: {}, rel: 'follow_up' } },
};
const workOf = (...parameters: Parameters<typeof read>) =>
  read(...parameters).history.work.map(({ agentId, actor, rawSeconds, value }) => [agentId, actor, rawSeconds, value]);

describe('work', () => {
  it('is the difference of totals, per audit and author', () => {
    const audits = [
      created(),
      audit(101, anna, 5, [comment({ author_id: Number(anna) }), total('600', null)]),
      audit(102, anna, 9, [total('1200', '600')]),
      audit(103, ben, 20, [total('1320', '1200')]),
    ];
    expect(read(audits).history.work[0]).toEqual({
      sourceKey: 'audit:101',
      agentId: anna,
      actor: 'agent',
      clock: 'zendesk time tracking',
      rawSeconds: 600,
      value: 600,
      workedAt: minuteAt(5),
      channel: null,
    });
    expect(workOf(audits)).toEqual([
      [anna, 'agent', 600, 600],
      [anna, 'agent', 600, 1200],
      [ben, 'agent', 120, 1320],
    ]);
  });

  it('comes in order of time, then of id as a number, whatever the order of the answer', () => {
    const audits = [
      audit(1000, anna, 5, [total('300', '200')]),
      audit(99, anna, 5, [total('200', '100')]),
      audit(2, anna, 1, [total('100', null)]),
    ];
    expect(workOf(audits).map(([, , seconds]) => seconds)).toEqual([100, 100, 100]);
    expect(read(audits).history.work.map(({ sourceKey }) => sourceKey)).toEqual(['audit:2', 'audit:99', 'audit:1000']);
  });

  it('may be negative', () => {
    expect(
      workOf([created(), audit(101, anna, 1, [total('900', null)]), audit(102, ben, 2, [total('200', '900')])]),
    ).toEqual([
      [anna, 'agent', 900, 900],
      [ben, 'agent', -700, 200],
    ]);
  });

  it('of the creation counts whole', () => {
    expect(workOf([audit(100, anna, 0, [create('status', 'open'), create(fields.total, '240')])])).toEqual([
      [anna, 'agent', 240, 240],
    ]);
  });

  it('of a follow-up starts from what it inherited, marked on the audit or on the ticket alone', () => {
    const later = audit(101, anna, 5, [total('1500', '1200')]);
    expect(workOf([created([create(fields.total, '1200')], followUpVia), later])).toEqual([[anna, 'agent', 300, 1500]]);
    expect(workOf([created([create(fields.total, '1200')]), later], { followUp: true })).toEqual([
      [anna, 'agent', 300, 1500],
    ]);
  });

  it.each([
    ['a rule, told by the event', audit(101, anna, 1, [total('60', null, byRule)]), 'rule'],
    ['a rule, told by the audit', audit(101, anna, 1, [total('60', null)], byRule), 'rule'],
    ['an end user', audit(101, customer, 1, [total('60', null)]), 'end_user'],
    ['the system', audit(101, '-1', 1, [total('60', null)]), 'system'],
    ['our own user', audit(101, apiUser, 1, [total('60', null)]), 'system'],
  ])('of %s is no agent’s', (_who, one, actor) => {
    expect(workOf([created(), one])).toEqual([[null, actor, 60, 60]]);
  });

  it('keeps an agent and a rule of one audit apart', () => {
    const work = read([created(), audit(101, anna, 1, [total('60', null), total('0', '60', byRule)])]).history.work;
    expect(work.map(({ sourceKey, actor, rawSeconds }) => [sourceKey, actor, rawSeconds])).toEqual([
      ['audit:101', 'agent', 60],
      ['audit:101:rule', 'rule', -60],
    ]);
  });

  it('stays an agent’s after the agent’s account was taken back or deleted', () => {
    const audits = [
      created(),
      audit(101, anna, 1, [change('assignee_id', anna, null), total('60', null)]),
      audit(102, ben, 2, [total('90', '60')]),
    ];
    expect(workOf(audits, { roles: { [anna]: 'end_user' } })).toEqual([
      [anna, 'agent', 60, 60],
      [ben, 'agent', 30, 90],
    ]);
  });

  it('bug: time that an agent spent before becoming an end user was no agent’s in a backfill', () => {
    const roles = { [anna]: 'end_user', [ben]: 'end_user', [customer]: 'end_user' } as const;
    const audits = [
      audit(100, ben, 0, [create('status', 'open'), create(fields.total, '30')]),
      audit(101, anna, 1, [total('90', '30'), comment({ author_id: Number(anna) })]),
      audit(102, customer, 2, [total('100', '90'), comment({ author_id: Number(customer) })]),
      audit(103, ben, 3, [total('0', '100', byRule)]),
    ];
    expect(workOf(audits, { roles })).toEqual([
      [ben, 'agent', 30, 30],
      [anna, 'agent', 60, 90],
      [null, 'end_user', 10, 100],
      [null, 'rule', -100, 0],
    ]);
    expect(read(audits, { roles }).history.touches.map(({ agentId }) => agentId)).toEqual([anna]);
  });

  it('of a follow-up that an end user opened makes no agent of its author', () => {
    const by = (author: string) => audit(101, author, 1, [comment({ author_id: Number(author) })]);
    const opened = audit(100, ben, 0, [create('status', 'new'), create(fields.total, '1200')], followUpVia);
    const { history } = read([opened, by(ben)], { roles: { [ben]: 'end_user' } });
    expect([history.work, history.touches]).toEqual([[], []]);
  });

  it('is never taken from "time spent last update", and needs the mapped field', () => {
    const audits = [created(), audit(101, anna, 1, [change('360000000099', '30', null), total('30', null)])];
    expect(workOf(audits)).toEqual([[anna, 'agent', 30, 30]]);
    expect(workOf(audits, { settings: settingsWith({ totalTimeFieldId: undefined }) })).toEqual([]);
  });

  it('reads numbers, blanks and text that is no number', () => {
    const audits = [
      audit(101, anna, 1, [total(60, null)]),
      audit(102, anna, 2, [total('one hour', '60')]),
      audit(103, anna, 3, [total('100', 'one hour')]),
      audit(104, anna, 4, [total('', '100')]),
      audit(105, anna, 5, [{ type: 'Change', field_name: Number(fields.total), value: '40' }]),
    ];
    expect(workOf(audits).map(([, , seconds, value]) => [seconds, value])).toEqual([
      [60, 60],
      [40, 100],
      [-100, 0],
      [40, 40],
    ]);
  });

  it('bug: a typed total of any length passed for seconds; beyond 10^15 it is none', () => {
    const audits = [
      audit(101, anna, 1, [total('9999999999', null)]),
      audit(102, anna, 2, [total('99999999999999999999', '9999999999')]),
      audit(103, anna, 3, [total('9007199254740993', '99999999999999999999')]),
      audit(104, anna, 4, [total('60', '9007199254740993')]),
    ];
    expect(workOf(audits).map(([, , seconds, value]) => [seconds, value])).toEqual([
      [9_999_999_999, 9_999_999_999],
      [-9_999_999_939, 60],
    ]);
  });

  it('adds up to the last total, whatever the agents did', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 30 }), (totals) => {
        const audits = totals.map((value, index) =>
          audit(101 + index, index % 2 ? anna : ben, index, [
            total(String(value), index === 0 ? null : String(totals[index - 1])),
          ]),
        );
        const work = read(audits.toReversed()).history.work;
        expect(work.reduce((sum, { rawSeconds }) => sum + rawSeconds, 0)).toBe(totals.at(-1));
        expect(new Set(work.map(({ sourceKey }) => sourceKey)).size).toBe(work.length);
      }),
    );
  });
});

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
    expect(history.choices.partner).toEqual([]);
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

describe('where engagements are the clock', () => {
  it('Time Tracking is read as time that does not count', () => {
    const audits = [created(), audit(101, anna, 1, [total('60', null)])];
    const { work } = read(audits, { settings: settingsWith({ engagementClock: 'instead' }) }).history;
    expect(work).toMatchObject([{ agentId: anna, actor: 'agent', clock: 'not counted', rawSeconds: 60 }]);
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
