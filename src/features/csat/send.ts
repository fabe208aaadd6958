import { LimitReached, UpstreamError } from '../../core/errors.ts';
import { hourMs, minuteMs, secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Vault } from '../../platform/crypto.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import { type Log, step } from '../../platform/log.ts';
import type { Mailer } from '../../platform/mail.ts';
import { currentSharesSql } from '../attribution/index.ts';
import { solvedWithinMs } from './eligibility.ts';
import { answerableMs, surveyToken } from './invite.ts';
import { surveyMail } from './mail.ts';
import type { SurveyLanguage } from './survey-language.ts';

/** Mails sent at the same time, and claimed together: a process that dies holds up no more than these. */
const sendAtOnce = 5;
/** Longer than the mail server can take over one lot: the mailer gives up after 50 s. */
const leaseMs = 90 * secondMs;
const mostAttempts = 8;
export const backoffMs = (attempts: number): number => Math.min(minuteMs * 4 ** (attempts - 1), 6 * hourMs);

export interface SenderDeps {
  readonly db: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly mailer: Mailer;
  /** Base of the survey's links, without a slash at the end. */
  readonly publicUrl: string;
  readonly log: Log;
}

interface Due {
  readonly id: bigint;
  readonly state: 'pending' | 'sending';
  readonly language: SurveyLanguage;
  readonly shop_name: string | null;
  readonly address_sealed: Buffer | null;
  readonly attempts: number;
  readonly obstacle: string | null;
}

type Outcome = 'delivered' | 'again' | 'doubt' | 'failed';

/** Due invitations that no other worker holds, with the reason why one must not go any more. */
const claim = (sql: Sql, now: Date, limit: number): Promise<Due[]> =>
  sql.query<Due>(
    `SELECT i.id, i.state, i.language, c.settings->>'shopName' AS shop_name, i.address_sealed, i.attempts,
       CASE WHEN p.unsubscribed_at IS NOT NULL THEN 'unsubscribed'
            WHEN c.mode <> 'act' OR c.disabled_at IS NOT NULL THEN 'mode observe'
            WHEN t.merged_into_external_id IS NOT NULL THEN 'merged'
            WHEN t.status IS NULL OR t.status NOT IN ('solved', 'closed') THEN 'ticket reopened'
            WHEN coalesce(t.solved_at, i.invited_at) < $3 THEN 'solved too long ago'
            WHEN c.surveys_since IS NULL OR coalesce(t.solved_at, i.invited_at) <= c.surveys_since THEN 'solved before surveys'
            WHEN i.address_sealed IS NULL THEN 'no address' END AS obstacle
     FROM invitation i JOIN ticket t ON t.id = i.ticket_id JOIN connection c ON c.id = t.connection_id
       LEFT JOIN survey_person p ON p.person_hash = i.person_hash
     WHERE i.state IN ('pending', 'sending') AND i.due_at <= $1 AND (i.claimed_until IS NULL OR i.claimed_until <= $1)
     ORDER BY i.due_at, i.id LIMIT $2 FOR UPDATE OF i SKIP LOCKED`,
    [now, limit, new Date(now.getTime() - solvedWithinMs)],
  );

const mailId = ({ id }: Due): string => `survey-${id}`;

const ids = (rows: readonly Due[]): bigint[] => rows.map(({ id }) => id);

/** The address has done its work: keeping it longer serves nobody. */
const markDelivered = (sql: Sql, invitations: readonly bigint[], now: Date): Promise<object[]> =>
  sql.query(
    `UPDATE invitation SET state = 'delivered', sent_at = $2, expires_at = $3, due_at = NULL, claimed_until = NULL,
       address_sealed = NULL, last_error = NULL WHERE id = ANY($1::bigint[]) AND state = 'sending'`,
    [invitations, now, new Date(now.getTime() + answerableMs)],
  );

/** Nobody was asked by what is cancelled, so it must not count as "asked within 24 hours" either. */
const cancel = (sql: Sql, { id, obstacle }: Due): Promise<object[]> =>
  sql.query(
    `WITH gone AS (
       UPDATE invitation SET state = 'cancelled', due_at = NULL, claimed_until = NULL, address_sealed = NULL, last_error = $2
       WHERE id = $1 RETURNING person_hash, invited_at)
     UPDATE survey_person p SET last_invited_at = NULL FROM gone
     WHERE p.person_hash = gone.person_hash AND p.last_invited_at = gone.invited_at`,
    [id, obstacle],
  );

/** Freezes partner, region and agent as they are now, and writes that the mail is about to go before it does. */
const freezeAndMark = (sql: Sql, rows: readonly Due[], claimedUntil: Date): Promise<object[]> =>
  sql.query(
    `UPDATE invitation i SET state = 'sending', attempts = i.attempts + 1, claimed_until = $2,
       agent_id = coalesce(t.assignee_id, i.agent_id),
       shares = coalesce(${currentSharesSql('i.ticket_id')}, i.shares)
     FROM ticket t WHERE t.id = i.ticket_id AND i.id = ANY($1::bigint[])`,
    [ids(rows), claimedUntil],
  );

const outcomeOf = (error: unknown, attempts: number, resendIsSafe: boolean): { outcome: Outcome; afterMs: number } => {
  const afterMs = error instanceof LimitReached ? Math.max(error.retryAfterMs, minuteMs) : backoffMs(attempts);
  const again = attempts < mostAttempts ? ('again' as const) : ('failed' as const);
  if (error instanceof LimitReached) return { outcome: again, afterMs };
  if (error instanceof UpstreamError && !error.inDoubt) return { outcome: error.retryable ? again : 'failed', afterMs };
  // Whatever else went wrong may have gone wrong after the mail left.
  return { outcome: resendIsSafe ? again : 'doubt', afterMs };
};

/**
 * The outbox of invitations. `sendDue` sends up to `limit` of them (50 at most) and returns how many it took on: call it
 * again until it returns less. What crashed between sending and recording is looked up where the mailer can tell, and otherwise
 * stays in state `doubt`, visible and never sent twice.
 */
export const createSender = (deps: SenderDeps) => {
  const { db, vault, clock, mailer, publicUrl, log } = deps;
  const resendIsSafe = mailer.wasSent !== undefined;

  const settle = (id: bigint, outcome: Outcome, now: Date, dueAt: Date, error: unknown): Promise<object[]> => {
    if (outcome === 'delivered') return markDelivered(db, [id], now);
    const reason =
      error instanceof UpstreamError || error instanceof LimitReached
        ? error.message
        : 'the mail could not be handed over';
    return db.query(
      `UPDATE invitation SET state = $2, due_at = $3, claimed_until = NULL, last_error = $4,
         sent_at = CASE WHEN $2 = 'doubt' THEN $5::timestamptz ELSE sent_at END WHERE id = $1 AND state = 'sending'`,
      [id, outcome === 'again' ? 'pending' : outcome, outcome === 'again' ? dueAt : null, reason, now],
    );
  };

  const sendOne = async (row: Due): Promise<Outcome> => {
    const attempts = row.attempts + 1;
    let failure: unknown = null;
    let verdict: { outcome: Outcome; afterMs: number } = { outcome: 'delivered', afterMs: 0 };
    try {
      if (!row.address_sealed) throw new UpstreamError('the invitation has no address', { retryable: false });
      await mailer.send({
        id: mailId(row),
        to: vault.open(row.address_sealed, 'address'),
        ...surveyMail(row.language, `${publicUrl}/s/${surveyToken(vault, row.id)}`, row.shop_name),
      });
    } catch (error) {
      failure = error;
      verdict = outcomeOf(error, attempts, resendIsSafe);
      log.warn(
        { invitation: row.id.toString(), attempts, outcome: verdict.outcome, err: error },
        'survey mail not sent',
      );
    }
    const now = clock.now();
    await settle(row.id, verdict.outcome, now, new Date(now.getTime() + verdict.afterMs), failure);
    return verdict.outcome;
  };

  /** What was being sent when a process died: it has gone, nobody can tell, or it has surely not gone. */
  const judge = async (interrupted: readonly Due[]) => {
    if (!mailer.wasSent) return { gone: [], doubtful: interrupted, unsent: [] };
    const sent = new Set<Due>();
    for (const row of interrupted) if (await mailer.wasSent(mailId(row))) sent.add(row);
    return {
      gone: interrupted.filter((row) => sent.has(row)),
      doubtful: [],
      unsent: interrupted.filter((row) => !sent.has(row)),
    };
  };

  const takeOn = (now: Date, limit: number) =>
    db.transaction(async (tx) => {
      const claimedUntil = new Date(now.getTime() + leaseMs);
      const due = await claim(tx, now, limit);
      const fresh = due.filter(({ state }) => state === 'pending');
      const { gone, doubtful, unsent } = await judge(due.filter(({ state }) => state === 'sending'));
      const cancelled = [...fresh, ...unsent].filter(({ obstacle }) => obstacle !== null);
      const unhindered = fresh.filter(({ obstacle }) => obstacle === null);
      // What was being sent keeps what was frozen then.
      const again = unsent.filter(({ obstacle }) => obstacle === null);
      if (gone.length > 0) await markDelivered(tx, ids(gone), now);
      for (const row of cancelled) await cancel(tx, row);
      if (doubtful.length > 0)
        await tx.query(
          `UPDATE invitation SET state = 'doubt', due_at = NULL, claimed_until = NULL, sent_at = $2, last_error = $3
           WHERE id = ANY($1::bigint[])`,
          [ids(doubtful), now, 'the process stopped between sending the mail and recording it'],
        );
      if (again.length > 0)
        await tx.query(
          `UPDATE invitation SET attempts = attempts + 1, claimed_until = $2 WHERE id = ANY($1::bigint[])`,
          [ids(again), claimedUntil],
        );
      if (unhindered.length > 0) await freezeAndMark(tx, unhindered, claimedUntil);
      return {
        lot: due.length,
        ready: [...again, ...unhindered],
        gone: gone.length,
        cancelled: cancelled.length,
        doubt: doubtful.length,
      };
    });

  const sendLot = async (size: number): Promise<number> => {
    const { lot, ready, gone, cancelled, doubt } = await takeOn(clock.now(), size);
    if (lot === 0) return 0;
    return step(log, 'survey mails', async (line) => {
      const outcomes = await Promise.all(ready.map(sendOne));
      const count = (wanted: Outcome) => outcomes.filter((outcome) => outcome === wanted).length;
      Object.assign(line, { lot, cancelled, delivered: gone + count('delivered'), again: count('again') });
      Object.assign(line, { doubt: doubt + count('doubt'), failed: count('failed') });
      return lot;
    });
  };

  return {
    /** Sends at most `limit` due mails, in lots. Returns how many invitations it took on; fewer than `limit`: no more are due. */
    async sendDue({ limit }: { readonly limit: number }): Promise<number> {
      let taken = 0;
      for (let asked = 0; taken === asked && asked < limit; ) {
        const size = Math.min(sendAtOnce, limit - taken);
        asked += size;
        taken += await sendLot(size);
      }
      return taken;
    },
  };
};
