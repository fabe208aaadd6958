import { describe, expect, it } from 'vitest';
import { latestChoice } from '../../../src/features/attribution/choice.ts';
import {
  anna,
  apiUser,
  audit,
  ben,
  byRule,
  change,
  create,
  customer,
  type EventJson,
  fields,
  minuteAt,
  read,
  settingsWith,
} from './support.ts';

const partner = (value: unknown, previous: unknown = null, more: EventJson = {}) =>
  change(fields.partner, value, previous, more);
const tags = (value: unknown, previous: unknown, more: EventJson = {}) => change('tags', value, previous, more);
/** Read as attribution reads them, in a world where every code is known. */
const choiceOf = (audits: readonly EventJson[], more: Parameters<typeof read>[1] = {}) =>
  latestChoice(read(audits, more).history.choices?.partner ?? [], (code) => code)?.code;
const followUp = { via: { channel: 'web', source: { from: { ticket_id: 77 }, rel: 'follow_up' } } };
const one = (author: string, events: readonly EventJson[], more: EventJson = {}) => audit(101, author, 1, events, more);

describe('a choice by field', () => {
  it.each([
    ['a bare code', [one(anna, [partner('nord')])], 'nord'],
    ['a dropdown’s tag', [one(anna, [partner('partner_nord')])], 'nord'],
    ['words in any case, for the directory to resolve', [one(anna, [partner(' Nord Living ')])], 'Nord Living'],
    ['taken away', [one(anna, [partner('nord')]), audit(102, ben, 2, [partner(null, 'nord')])], null],
    ['taken away from what a rule had set', [one(anna, [partner('', 'nord')])], null],
    ['the latest of several', [one(anna, [partner('nord')]), audit(102, ben, 2, [partner('sud', 'nord')])], 'sud'],
    [
      'one that a rule overwrote later',
      [one(anna, [partner('nord')]), audit(102, anna, 2, [partner('sud', 'nord', byRule)])],
      'nord',
    ],
    [
      'one that we overwrote later',
      [one(anna, [partner('nord')]), audit(102, apiUser, 2, [partner('sud', 'nord')])],
      'nord',
    ],
    ['set by an agent at creation', [one(anna, [create(fields.partner, 'partner_sud')])], 'sud'],
  ])('%s', (_what, audits, value) => {
    expect(choiceOf(audits)).toBe(value);
  });

  it('bug: a choice was lost once its agent had become an end user', () => {
    const roles = { [anna]: 'end_user', [customer]: 'end_user' } as const;
    const audits = [one(anna, [partner('nord')])];
    expect(choiceOf(audits, { roles })).toBeUndefined();
    expect(choiceOf(audits, { roles, formerAgents: [anna] })).toBe('nord');
    // On a ticket of their own they are a customer like any other.
    expect(choiceOf(audits, { roles, formerAgents: [anna], requesterId: anna })).toBeUndefined();
    const timed = [...audits, audit(102, anna, 2, [change(fields.total, '60', null)])];
    expect(choiceOf(timed, { roles })).toBe('nord');
  });

  it('bug: a choice of somebody whom Zendesk has deleted was no agent’s, though their work was', () => {
    expect(choiceOf([one(anna, [partner('nord')])], { roles: {} })).toBe('nord');
    expect(choiceOf([one(anna, [create(fields.partner, 'nord'), create('status', 'new')])], { roles: {} })).toBe(
      undefined,
    );
    expect(choiceOf([one(customer, [partner('nord')])], { roles: {} })).toBeUndefined();
  });

  it('says who, when and where', () => {
    const region = change(fields.region, 'region_se', null);
    const tag = tags(['region_no', 'region_se'], ['vip', 'region_dk', 'region_se']);
    expect(
      read([one(anna, [partner('nord')]), audit(102, ben, 2, [region]), audit(103, anna, 3, [tag])]).history.choices,
    ).toEqual({
      partner: [{ source: 'field', value: 'nord', by: anna, at: minuteAt(1), sourceKey: 'audit:101' }],
      region: [
        { source: 'field', value: 'se', by: ben, at: minuteAt(2), sourceKey: 'audit:102' },
        {
          source: 'tag',
          added: ['no'],
          removed: ['dk'],
          left: ['se'],
          by: anna,
          at: minuteAt(3),
          sourceKey: 'audit:103',
        },
      ],
    });
  });
});

describe('a choice by tag', () => {
  it.each([
    ['added', [one(anna, [tags(['vip', 'partner_nord'], ['vip'])])], 'nord'],
    ['added, as words in one string', [one(anna, [tags('vip partner_nord', 'vip')])], 'nord'],
    ['added where there was none', [one(anna, [tags(['partner_direct'], null)])], 'direct'],
    ['replaced in one audit', [one(anna, [tags(['partner_sud'], ['partner_nord'])])], 'sud'],
    [
      'added beside ours, which still stands',
      [one(anna, [tags(['partner_nord', 'partner_sud'], ['partner_nord'])])],
      'sud',
    ],
    [
      'added, then ours taken away',
      [
        one(anna, [tags(['partner_nord', 'partner_sud'], ['partner_nord'])]),
        audit(102, anna, 2, [tags(['partner_sud'], ['partner_nord', 'partner_sud'])]),
      ],
      'sud',
    ],
    ['taken away, where another is left', [one(anna, [tags(['partner_sud'], ['partner_nord', 'partner_sud'])])], 'sud'],
    ['taken away', [one(anna, [tags(['vip'], ['vip', 'partner_nord'])])], null],
    [
      'taken away after the field named another',
      [one(anna, [partner('sud')]), audit(102, anna, 2, [tags([], ['partner_nord'])])],
      'sud',
    ],
    [
      'outweighed by a field of the same audit',
      [one(anna, [tags([], ['partner_nord']), partner('partner_sud', 'partner_nord')])],
      'sud',
    ],
  ])('%s', (_what, audits, value) => {
    expect(choiceOf(audits)).toBe(value);
  });

  it('looks at tags behind the connection’s prefix alone', () => {
    const settings = settingsWith({ tagPrefix: 'dl_' });
    expect(choiceOf([one(anna, [tags(['partner_nord'], [])])], { settings })).toBeUndefined();
    expect(choiceOf([one(anna, [tags(['dl_partner_nord'], [])])], { settings })).toBe('nord');
    expect(choiceOf([one(anna, [partner('dl_partner_nord')])], { settings })).toBe('nord');
  });
});

/** As Zendesk writes audits of changes that reach a ticket in one way or another; the author is the agent in each. */
describe('a choice by an agent, whatever made it', () => {
  const setPartner = [partner('partner_nord'), tags(['partner_nord'], [])];
  const webVia = (channel: string, rel: string | null = null) => ({
    via: { channel, source: { from: {}, to: {}, rel } },
  });
  const byMacro = { via: { channel: 'rule', source: { from: { id: 77, title: 'Nord' }, to: {}, rel: 'macro' } } };
  it.each([
    ['the ticket’s form', [one(anna, setPartner, webVia('web'))]],
    ['the mobile app', [one(anna, setPartner, webVia('mobile'))]],
    ['an e-mail reply with mail commands', [one(anna, setPartner, webVia('email'))]],
    [
      'a macro, which leaves its reference among the events',
      [one(anna, [{ id: 9, type: 'AgentMacroReference', macro_id: '77', macro_title: 'Nord' }, ...setPartner])],
    ],
    [
      'a macro that is named as the source of the change',
      [
        one(
          anna,
          setPartner.map((event) => ({ ...event, ...byMacro })),
        ),
      ],
    ],
    ['a bulk edit from a view', [one(anna, setPartner, webVia('web', 'bulk_update'))]],
    ['a bulk edit that ran as a job', [one(anna, setPartner, webVia('api'))]],
    ['the sidebar app, in the agent’s own session', [one(anna, [partner('partner_nord')], webVia('api'))]],
    ['the API, with the agent’s own token', [one(anna, [partner('nord')], webVia('web_service'))]],
    ['an integration that signs in as an agent', [one(ben, [tags(['vip', 'partner_nord'], ['vip'])], webVia('api'))]],
    [
      'the form, where a trigger changed other things in the same audit',
      [one(anna, [partner('nord'), tags(['partner_nord', 'routed'], ['partner_nord'], byRule)])],
    ],
  ])('%s', (_how, audits) => {
    expect(choiceOf(audits)).toBe('nord');
  });

  it.each([
    [
      'a trigger that fired on an agent’s update',
      [
        one(
          anna,
          setPartner.map((event) => ({ ...event, ...byRule })),
        ),
      ],
    ],
    [
      'an automation',
      [
        one('-1', [
          partner('nord', null, { via: { channel: 'rule', source: { from: { id: 3 }, to: {}, rel: 'automation' } } }),
        ]),
      ],
    ],
    ['our own user, by job', [one(apiUser, setPartner, webVia('api'))]],
    ['an AI agent', [one(ben, setPartner, webVia('api'))]],
  ])('not %s', (_how, audits) => {
    const roles = { [anna]: 'agent', [ben]: 'ai_agent', [apiUser]: 'agent' } as const;
    expect(choiceOf(audits, { roles })).toBeUndefined();
  });
});

describe('no choice', () => {
  it.each([
    ['by a rule', [one(anna, [partner('nord', null, byRule), tags(['partner_nord'], [], byRule)])]],
    ['by a rule’s audit', [one(anna, [partner('nord')], byRule)]],
    ['by an end user', [one(customer, [partner('nord')])]],
    ['by an end user in a form', [one(customer, [create(fields.partner, 'nord')])]],
    ['by our own user', [one(apiUser, [tags(['partner_nord'], [])])]],
    ['by the system', [one('-1', [tags(['partner_nord'], [])])]],
    [
      'by tags at creation, which Zendesk copies from requester and organisation',
      [one(anna, [create('tags', ['partner_nord'])])],
    ],
    ['by a change of tags within the creation', [one(anna, [create('status', 'new'), tags(['partner_nord'], [])])]],
    ['by an empty field at creation', [one(anna, [create(fields.partner, null)])]],
    ['by a field that a follow-up inherited', [one(anna, [create(fields.partner, 'nord')], followUp)]],
    ['by tags that a merge copied', [one(anna, [tags(['partner_nord'], [])], { via: { channel: 'merge' } })]],
    ['by tags of others', [one(anna, [tags(['vip', 'partner'], [])])]],
  ])('%s', (_what, audits) => {
    expect(read(audits).history.choices).toEqual({ partner: [], region: [] });
  });

  it('by a field that a follow-up inherited, told by the ticket alone', () => {
    expect(choiceOf([one(anna, [create(fields.partner, 'nord')])], { followUp: true })).toBeUndefined();
  });
});
