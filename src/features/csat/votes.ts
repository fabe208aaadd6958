import { type Day, dayMs, secondMs } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import type { Score, SurveyLanguage } from './survey-language.ts';

/** Different scores so close together are a machine that tried the form, not a person. */
export const contradictionMs = 3 * secondMs;
/** How long after the first answer that counted it may be changed. */
const changeableMs = 7 * dayMs;
/** More than any person would send; what a machine sends beyond is not stored. */
const mostVotes = 50;

export interface PastVote {
  readonly id: bigint;
  readonly score: Score;
  readonly at: Date;
  readonly voided: boolean;
}

/**
 * Judges a new vote: with every vote of another score within seconds of it, voided ones too, it is void. `holding` is the
 * answer that counts afterwards: the latest vote that is not void. An honest answer given earlier or later stays.
 */
export const judgeVote = (
  history: readonly PastVote[],
  vote: { readonly score: Score; readonly at: Date },
): {
  readonly voids: readonly bigint[];
  readonly voided: boolean;
  readonly holding: { score: Score; at: Date } | null;
} => {
  const opposed = history.filter(
    ({ score, at }) => score !== vote.score && Math.abs(vote.at.getTime() - at.getTime()) <= contradictionMs,
  );
  const voids = opposed.filter(({ voided }) => !voided).map(({ id }) => id);
  const valid = history.filter(({ id, voided }) => !voided && !voids.includes(id));
  const counted = opposed.length === 0 ? [...valid, vote] : valid;
  const holding = counted.reduce<{ score: Score; at: Date } | null>(
    (latest, { score, at }) => (latest === null || at >= latest.at ? { score, at } : latest),
    null,
  );
  return { voids, voided: opposed.length > 0, holding };
};

export interface OpenInvitation {
  readonly id: bigint;
  readonly language: SurveyLanguage;
  /** As its connection's settings have it now. */
  readonly shopName: string | null;
  readonly expiresAt: Date;
  readonly score: Score | null;
  /** When the first answer that counts was given. */
  readonly answeredAt: Date | null;
}

/** The invitation of a link, with the answer so far; null where there is none. */
export const findInvitation = async (sql: Sql, tokenHash: Buffer): Promise<OpenInvitation | null> => {
  const [row] = await sql.query<{
    id: bigint;
    language: SurveyLanguage;
    shop_name: string | null;
    expires_at: Date;
    score: Score | null;
    answered_at: Date | null;
  }>(
    `SELECT i.id, i.language, c.settings->>'shopName' AS shop_name, i.expires_at, r.score,
       (SELECT min(v.at) FROM vote v WHERE v.invitation_id = i.id AND NOT v.voided) AS answered_at
     FROM invitation i JOIN ticket t ON t.id = i.ticket_id JOIN connection c ON c.id = t.connection_id
       LEFT JOIN response r ON r.invitation_id = i.id
     WHERE i.token_hash = $1 AND i.state <> 'cancelled'`,
    [tokenHash],
  );
  return (
    (row && {
      id: row.id,
      language: row.language,
      shopName: row.shop_name,
      expiresAt: row.expires_at,
      score: row.score,
      answeredAt: row.answered_at,
    }) ??
    null
  );
};

/** Closed without an answer; one that was answered keeps its seven days of change. */
export const isExpired = ({ expiresAt, answeredAt }: OpenInvitation, now: Date): boolean =>
  answeredAt === null && now > expiresAt;

/** Whether the answer stands for good. */
export const isFinal = ({ answeredAt }: OpenInvitation, now: Date): boolean =>
  answeredAt !== null && now.getTime() - answeredAt.getTime() > changeableMs;

export type VoteOutcome =
  | { readonly outcome: 'recorded' | 'changed' }
  /** Different answers within seconds: neither counts. */
  | { readonly outcome: 'voided' }
  /** The page's nonce was used before, for another answer. */
  | { readonly outcome: 'replayed' }
  | { readonly outcome: 'too many' };

/** Whoever votes has received the mail, whatever the sender knows of it: in doubt, or still recorded as being sent. */
const markReceived = (sql: Sql, invitationId: bigint, at: Date): Promise<object[]> =>
  sql.query(
    `UPDATE invitation SET state = 'delivered', sent_at = coalesce(sent_at, $2), due_at = NULL, claimed_until = NULL,
       address_sealed = NULL, last_error = NULL WHERE id = $1 AND state NOT IN ('delivered', 'cancelled')`,
    [invitationId, at],
  );

/** Records a confirmed vote and what it makes of the answer, in one transaction. The same page sent twice counts once. */
export const recordVote = (
  db: Database,
  vote: { readonly invitationId: bigint; readonly score: Score; readonly nonceHash: Buffer; readonly at: Date },
  dayOf: (at: Date) => Day,
): Promise<VoteOutcome> =>
  db.transaction(async (tx): Promise<VoteOutcome> => {
    const { invitationId, score, nonceHash, at } = vote;
    // The row is the lock: votes of one invitation are judged one after the other.
    await tx.query('SELECT 1 FROM invitation WHERE id = $1 FOR UPDATE', [invitationId]);
    await markReceived(tx, invitationId, at);
    const history = await tx.query<PastVote & { nonce_hash: Buffer }>(
      `SELECT id, score, at, voided, nonce_hash FROM vote WHERE invitation_id = $1 ORDER BY at, id`,
      [invitationId],
    );
    const same = history.find(({ nonce_hash }) => nonceHash.equals(nonce_hash));
    if (same) return { outcome: same.score !== score ? 'replayed' : same.voided ? 'voided' : 'recorded' };
    if (history.length >= mostVotes) return { outcome: 'too many' };

    const { voids, voided, holding } = judgeVote(history, { score, at });
    await tx.query(`INSERT INTO vote (invitation_id, score, at, nonce_hash, voided) VALUES ($1, $2, $3, $4, $5)`, [
      invitationId,
      score,
      at,
      nonceHash,
      voided,
    ]);
    if (voids.length > 0) await tx.query(`UPDATE vote SET voided = true WHERE id = ANY($1::bigint[])`, [voids]);
    if (holding)
      await tx.query(
        `INSERT INTO response (invitation_id, score, given_at, given_day) VALUES ($1, $2, $3, $4::date)
         ON CONFLICT (invitation_id) DO UPDATE SET score = excluded.score, given_at = excluded.given_at, given_day = excluded.given_day`,
        [invitationId, holding.score, holding.at, dayOf(holding.at)],
      );
    else await tx.query(`DELETE FROM response WHERE invitation_id = $1`, [invitationId]);
    if (voided) return { outcome: 'voided' };
    return { outcome: history.some((past) => !past.voided) ? 'changed' : 'recorded' };
  });

/** Records that the person behind an invitation is not to be asked again, by any connection. */
export const unsubscribe = async (db: Database, invitationId: bigint, at: Date): Promise<void> => {
  await db.query(
    `INSERT INTO survey_person (person_hash, unsubscribed_at) SELECT person_hash, $2 FROM invitation WHERE id = $1
     ON CONFLICT (person_hash) DO UPDATE SET unsubscribed_at = coalesce(survey_person.unsubscribed_at, excluded.unsubscribed_at)`,
    [invitationId, at],
  );
};
