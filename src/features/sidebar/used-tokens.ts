import { minuteMs } from '../../core/time.ts';
import { BoundedMap } from '../../platform/bounded-map.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { VerifiedToken } from './tokens.ts';

/** Clocks of two processes differ by less; one that is behind must not take what another has forgotten. */
const keptLongerMs = minuteMs;
const tidyEveryMs = minuteMs;
/** More than are taken between two tidyings at 300 a second. */
const mostDropped = 20_000;
/** One that is brought again stays among them; what is forgotten is found in the database. */
const mostSeen = 10_000;

/** Forgets tokens that are refused as expired by now; how many. */
export const dropDeadTokens = async (sql: Sql, now: Date): Promise<number> => {
  const rows = await sql.query(
    `delete from sidebar_token where token_hash in (select token_hash from sidebar_token where expires_at < $1 order by expires_at limit ${mostDropped}) returning 1`,
    [now],
  );
  return rows.length;
};

interface UsedTokens {
  /** Known to be used without asking the database. */
  isSeen(token: Pick<VerifiedToken, 'hash'>): boolean;
  /** Takes each token once, over all processes on one database: of those who bring it, one is told true. */
  take(token: Pick<VerifiedToken, 'hash' | 'deadAt'>): Promise<boolean>;
}

export const createUsedTokens = ({
  sql,
  wall,
  failed,
}: {
  readonly sql: Sql;
  readonly wall: Clock;
  readonly failed: (error: unknown) => void;
}): UsedTokens => {
  let tidyAtMs = 0;
  const seen = new BoundedMap<string, true>(mostSeen);
  return {
    isSeen({ hash }) {
      const known = hash.toString('base64');
      if (!seen.has(known)) return false;
      seen.set(known, true);
      return true;
    },
    async take({ hash, deadAt }) {
      const now = wall.now();
      if (now.getTime() >= tidyAtMs) {
        tidyAtMs = now.getTime() + tidyEveryMs;
        dropDeadTokens(sql, now).catch(failed);
      }
      const known = hash.toString('base64');
      seen.set(known, true);
      try {
        const rows = await sql.query(
          'insert into sidebar_token (token_hash, expires_at) values ($1, $2) on conflict do nothing returning 1 as taken',
          [hash, new Date(deadAt.getTime() + keptLongerMs)],
          { preparedAs: 'take sidebar token' },
        );
        return rows.length === 1;
      } catch (error) {
        seen.delete(known);
        throw error;
      }
    },
  };
};
