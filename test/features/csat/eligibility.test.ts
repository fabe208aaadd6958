import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  apartMs,
  capCount,
  capWindowMs,
  decideInvitation,
  type InvitationFacts,
} from '../../../src/features/csat/eligibility.ts';

const now = new Date('2026-03-02T10:00:00Z');
const day = 86_400_000;
const ago = (days: number) => new Date(now.getTime() - days * day);

const good: InvitationFacts = {
  sendAt: now,
  mode: 'act',
  surveysSince: ago(10),
  solvedAt: ago(1),
  fromBackfill: false,
  merged: false,
  deleted: false,
  publicReplies: 1,
  hasAddress: true,
  alreadyInvited: false,
  unsubscribed: false,
  otherInvitations: [],
};

describe('decideInvitation', () => {
  it('invites when nothing speaks against it', () => {
    expect(decideInvitation(good)).toEqual({ invite: true });
  });

  it.each<[string, Partial<InvitationFacts>]>([
    ['mode observe', { mode: 'observe' }],
    ['surveys off', { surveysSince: null }],
    ['deleted', { deleted: true }],
    ['merged', { merged: true }],
    ['not solved', { solvedAt: null }],
    ['backfill', { fromBackfill: true }],
    ['solved before surveys', { surveysSince: ago(1), solvedAt: ago(1) }],
    ['solved before surveys', { surveysSince: ago(1), solvedAt: ago(2) }],
    ['solved too long ago', { solvedAt: new Date(ago(7).getTime() - 1) }],
    ['solved too long ago', { solvedAt: ago(1), sendAt: new Date(ago(-6).getTime() + 1) }],
    ['no public reply', { publicReplies: 0 }],
    ['no address', { hasAddress: false }],
    ['already invited', { alreadyInvited: true }],
    ['unsubscribed', { unsubscribed: true }],
    ['invited in the last 24 hours', { otherInvitations: [ago(0.99)] }],
    ['invited in the last 30 days', { otherInvitations: [new Date(ago(30).getTime() + 1)] }],
    ['invited twice in 91 days', { otherInvitations: [ago(31), ago(90.99)] }],
  ])('%s', (reason, change) => {
    expect(decideInvitation({ ...good, ...change })).toEqual({ invite: false, reason });
  });

  it.each<[string, Partial<InvitationFacts>]>([
    ['solved exactly 7 days ago', { solvedAt: ago(7) }],
    ['solved a moment after surveys were switched on', { surveysSince: new Date(ago(1).getTime() - 1) }],
    ['asked exactly 30 days ago', { otherInvitations: [ago(30)] }],
    ['asked twice, the first time 91 days ago', { otherInvitations: [ago(91), ago(45)] }],
  ])('invites: %s', (_, change) => {
    expect(decideInvitation({ ...good, ...change })).toEqual({ invite: true });
  });

  it('counts an invitation that another connection will send later', () => {
    const planned = { otherInvitations: [new Date(now.getTime() + 20 * day)] };
    expect(decideInvitation({ ...good, ...planned })).toEqual({ invite: false, reason: 'invited in the last 30 days' });
  });

  it('never asks a person more than twice in any 91 days, nor twice within 30', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 30, noNaN: true }), { minLength: 1, maxLength: 60 }), (gaps) => {
        const asked: Date[] = [];
        let at = now.getTime();
        for (const gap of gaps) {
          at += Math.round(gap * day);
          const moment = new Date(at);
          const decision = decideInvitation({
            ...good,
            sendAt: moment,
            solvedAt: moment,
            otherInvitations: asked,
          });
          if (decision.invite) asked.push(moment);
        }
        expect(asked.length).toBeGreaterThan(0);
        for (const [index, from] of asked.entries()) {
          const next = asked[index + 1];
          if (next) expect(next.getTime() - from.getTime()).toBeGreaterThanOrEqual(apartMs);
          const inWindow = asked.filter((other) => other >= from && other.getTime() - from.getTime() < capWindowMs);
          expect(inWindow.length).toBeLessThanOrEqual(capCount);
        }
      }),
    );
  });
});
