import { minuteMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { VerifiedToken } from './tokens.ts';

/** Clocks of two processes differ by less; one that is behind must not take what another has forgotten. */
const keptLongerMs = minuteMs;
const tidyEveryMs = minuteMs;
/** More than are taken between two tidyings at 300 a second. */
const mostDropped = 20_000;

/** Forgets tokens that are refused as expired by now; how many. */
export const dropDeadTokens = async (sql: Sql, now: Date): Promise<number> => {
  const rows = await sql.query(
    `delete from sidebar_token where token_hash in (select token_hash from sidebar_token where expires_at < $1 order by expires_at limit ${mostDropped}) returning 1`,
    [now],
  );
  return rows.length;
};

/** Takes each token once, over all processes on one database: of those who bring it, one is told true. */
export const createUsedTokens = ({
  sql,
  wall,
  failed,
}: {
  readonly sql: Sql;
  readonly wall: Clock;
  readonly failed: (error: unknown) => void;
}) => {
  let tidyAtMs = 0;
  return async ({ hash, deadAt }: Pick<VerifiedToken, 'hash' | 'deadAt'>): Promise<boolean> => {
    const now = wall.now();
    if (now.getTime() >= tidyAtMs) {
      tidyAtMs = now.getTime() + tidyEveryMs;
      dropDeadTokens(sql, now).catch(failed);
    }
    const rows = await sql.query(
      'insert into sidebar_token (token_hash, expires_at) values ($1, $2) on conflict do nothing returning 1 as taken',
      [hash, new Date(deadAt.getTime() + keptLongerMs)],
      { preparedAs: 'take sidebar token' },
    );
    return rows.length === 1;
  };
};
