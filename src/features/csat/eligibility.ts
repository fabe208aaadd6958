import { dayMs } from '../../core/time.ts';

/** Everything the rules of RULES.md section 8 look at, as plain data. */
export interface InvitationFacts {
  /** When the mail would go. */
  readonly sendAt: Date;
  readonly mode: 'observe' | 'act';
  /** Surveys go only to tickets solved after this; null: never switched on. */
  readonly surveysSince: Date | null;
  /** Null: not solved now. */
  readonly solvedAt: Date | null;
  readonly fromBackfill: boolean;
  readonly merged: boolean;
  readonly deleted: boolean;
  /** Public replies by agents. */
  readonly publicReplies: number;
  readonly hasAddress: boolean;
  /** The ticket has its one invitation. */
  readonly alreadyInvited: boolean;
  readonly unsubscribed: boolean;
  /** When the same person was or will be asked, over all connections, in any order. */
  readonly otherInvitations: readonly Date[];
}

export type NotInvited =
  | 'mode observe'
  | 'surveys off'
  | 'deleted'
  | 'merged'
  | 'not solved'
  | 'backfill'
  | 'solved before surveys'
  | 'solved too long ago'
  | 'no public reply'
  | 'no address'
  | 'already invited'
  | 'unsubscribed'
  | 'invited in the last 24 hours'
  | 'invited in the last 30 days'
  | 'invited twice in 91 days';

export type InvitationDecision = { readonly invite: true } | { readonly invite: false; readonly reason: NotInvited };

export const solvedWithinMs = 7 * dayMs;
export const capWindowMs = 91 * dayMs;
export const capCount = 2;
export const apartMs = 30 * dayMs;

const no = (reason: NotInvited): InvitationDecision => ({ invite: false, reason });

/** The caps of one person. Invitations planned for later count like those already sent, so that delays cannot bring two together. */
const capReached = (sendAt: Date, others: readonly Date[]): NotInvited | null => {
  const distances = others.map((other) => Math.abs(sendAt.getTime() - other.getTime()));
  if (distances.some((ms) => ms < dayMs)) return 'invited in the last 24 hours';
  if (distances.some((ms) => ms < apartMs)) return 'invited in the last 30 days';
  // A window that would hold too many can lie around the new one as well as before it.
  const inReach = others.map((other) => other.getTime()).filter((at) => Math.abs(sendAt.getTime() - at) < capWindowMs);
  const all = [...inReach, sendAt.getTime()].toSorted((a, b) => a - b);
  const crowded = all.some((from) => all.filter((at) => at >= from && at - from < capWindowMs).length > capCount);
  return crowded ? 'invited twice in 91 days' : null;
};

/** Whether a ticket's requester is asked, and if not, the first reason why. Rules: RULES.md sections 8 and 9. */
export const decideInvitation = (facts: InvitationFacts): InvitationDecision => {
  if (facts.mode !== 'act') return no('mode observe');
  if (!facts.surveysSince) return no('surveys off');
  if (facts.deleted) return no('deleted');
  if (facts.merged) return no('merged');
  if (!facts.solvedAt) return no('not solved');
  if (facts.fromBackfill) return no('backfill');
  if (facts.solvedAt <= facts.surveysSince) return no('solved before surveys');
  if (facts.sendAt.getTime() - facts.solvedAt.getTime() > solvedWithinMs) return no('solved too long ago');
  if (facts.publicReplies < 1) return no('no public reply');
  if (!facts.hasAddress) return no('no address');
  if (facts.alreadyInvited) return no('already invited');
  if (facts.unsubscribed) return no('unsubscribed');
  const cap = capReached(facts.sendAt, facts.otherInvitations);
  return cap ? no(cap) : { invite: true };
};
