import { AppError } from '../../core/errors.ts';
import { dayMs, minuteMs, secondMs } from '../../core/time.ts';
import type { HelpdeskClient } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import { type Log, step } from '../../platform/log.ts';
import type { Connection } from '../directory/index.ts';
import type { Score } from './survey-language.ts';
import { contradictionMs } from './votes.ts';

/** Answers told at a time; the next sweep takes more. */
const mostAtOnce = 20;
/** An answer may be changed for seven days; what was missed longer than this stays untold. */
const tellWithinMs = 30 * dayMs;
/** A try that takes longer died with its process. */
const lostAfterMs = 2 * minuteMs;
const mostAttempts = 8;
const retryMs = (attempts: number): number => Math.min(30 * secondMs * 3 ** Math.max(0, attempts - 1), 3600 * secondMs);

interface Untold {
  invitation_id: bigint;
  external_id: string;
  requester_id: string;
  score: Score;
  sent_at: Date;
  given_at: Date;
  language: string;
  attempts: number;
}

/**
 * Takes answers that the helpdesk's record lacks, or has otherwise, and marks them as being told: a row whose time comes
 * again without an outcome is told once more, which changes nothing there. Waits until a machine's contradicting votes are over.
 */
const takeOn = (sql: Sql, connectionId: number, now: Date): Promise<Untold[]> =>
  sql.query<Untold>(
    `with untold as (
       select r.invitation_id, t.external_id, t.requester_id, r.score, i.sent_at, r.given_at, i.language
         from response r join invitation i on i.id = r.invitation_id join ticket t on t.id = i.ticket_id
         left join told_score s on s.invitation_id = r.invitation_id
        where t.connection_id = $1 and t.requester_id is not null and i.sent_at is not null
          and r.given_day >= ($2::timestamptz - $3 * interval '1 ms')::date and r.given_at <= $2::timestamptz - $4 * interval '1 ms'
          and (s.invitation_id is null or s.score <> r.score or s.state = 'pending' and s.due_at <= $2)
        order by r.given_at limit ${mostAtOnce}
     ), taken as (
       insert into told_score (invitation_id, score, state, due_at)
       select invitation_id, score, 'pending', $2::timestamptz + $5 * interval '1 ms' from untold order by invitation_id
       on conflict (invitation_id) do update set score = excluded.score, state = 'pending', due_at = excluded.due_at,
         attempts = case when told_score.score = excluded.score then told_score.attempts else 0 end
       where told_score.score <> excluded.score or told_score.state = 'pending' and told_score.due_at <= $2
       returning invitation_id, attempts)
     select untold.*, taken.attempts from untold join taken using (invitation_id) order by given_at`,
    [connectionId, now, tellWithinMs, contradictionMs, lostAfterMs],
  );

const settle = (
  sql: Sql,
  { invitation_id, score }: Untold,
  outcome: {
    readonly state: 'done' | 'pending' | 'failed';
    readonly dueAt: Date | null;
    readonly error: string | null;
  },
): Promise<object[]> =>
  sql.query(
    `update told_score set state = $3, due_at = $4, last_error = $5, attempts = attempts + 1 where invitation_id = $1 and score = $2`,
    [invitation_id, score, outcome.state, outcome.dueAt, outcome.error],
  );

/**
 * Writes customers' answers into the helpdesk's own record, on connections in mode `act` whose helpdesk keeps one. Each answer
 * by a stable key: telling it twice is telling it once. Resolves to how many were told.
 */
export const createScoreTeller =
  (deps: {
    readonly sql: Sql;
    readonly clock: Clock;
    readonly log: Log;
    readonly connections: () => Promise<readonly Connection[]>;
    readonly clientOf: (connection: Connection) => Pick<HelpdeskClient, 'recordScore'>;
  }) =>
  async (): Promise<number> => {
    const { sql, clock, log } = deps;
    let told = 0;
    for (const connection of await deps.connections()) {
      if (connection.mode !== 'act') continue;
      const client = deps.clientOf(connection);
      if (!client.recordScore) continue;
      const untold = await takeOn(sql, connection.id, clock.now());
      if (untold.length === 0) continue;
      await step(log, 'tell scores', async (line) => {
        line.connection = connection.id;
        line.answers = untold.length;
        for (const row of untold) {
          try {
            await client.recordScore?.(row.external_id, {
              key: `survey-${row.invitation_id}`,
              requesterId: row.requester_id,
              score: row.score,
              sentAt: row.sent_at,
              answeredAt: row.given_at,
              language: row.language,
            });
            await settle(sql, row, { state: 'done', dueAt: null, error: null });
            told += 1;
          } catch (error) {
            if (!(error instanceof AppError)) throw error;
            const attempts = row.attempts + 1;
            const dueAt = attempts >= mostAttempts ? null : new Date(clock.now().getTime() + retryMs(attempts));
            await settle(sql, row, { state: dueAt ? 'pending' : 'failed', dueAt, error: error.message.slice(0, 500) });
            line.failed = Number(line.failed ?? 0) + 1;
            line.reason = error.message;
          }
        }
      });
    }
    return told;
  };
