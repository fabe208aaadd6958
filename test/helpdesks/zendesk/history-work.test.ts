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
  created,
  customer,
  fields,
  minuteAt,
  read,
  settingsWith,
  total,
} from './support.ts';

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

describe('where engagements are the clock', () => {
  it('Time Tracking is read as time that does not count', () => {
    const audits = [created(), audit(101, anna, 1, [total('60', null)])];
    const { work } = read(audits, { settings: settingsWith({ engagementClock: 'instead' }) }).history;
    expect(work).toMatchObject([{ agentId: anna, actor: 'agent', clock: 'not counted', rawSeconds: 60 }]);
  });
});
