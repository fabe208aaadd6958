import type { Sql } from '../../platform/database/database.ts';

/** Moves responses to the days of another time zone. */
export const rebaseResponses = async (tx: Sql, timeZone: string): Promise<void> => {
  await tx.query(
    'update response set given_day = (given_at at time zone $1)::date where given_day <> (given_at at time zone $1)::date',
    [timeZone],
  );
};
