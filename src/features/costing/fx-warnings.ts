import type { Day } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { findFx, fxKey } from './fx.ts';

/** A day whose exchange rate something in a currency takes. */
export interface FxNeed {
  readonly currency: string;
  readonly day: Day;
  /** The day to tell of it: of what begins later than `day`, which stands for it, its first. */
  readonly since: Day;
}

/** What an import names in currencies without an exchange rate on some of these days: one line each. `what` has no price then. */
export const fxWarnings = async (
  sql: Sql,
  needs: readonly FxNeed[],
  { to, what }: { readonly to: string; readonly what: string },
): Promise<string[]> => {
  const foreign = needs.filter(({ currency }) => currency !== to);
  const wantOf = ({ currency, day }: FxNeed) => ({ from: currency, to, day });
  const fx = await findFx(sql, foreign.map(wantOf));
  const daysOf = (some: readonly FxNeed[]): Day[] => [...new Set(some.map(({ since }) => since))].sort();
  return [...Map.groupBy(foreign, ({ currency }) => currency)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([currency, own]) => {
      const lacking = daysOf(own.filter((need) => !fx.get(fxKey(wantOf(need)))));
      if (lacking.length === 0) return [];
      return `${currency} has no exchange rate to ${to} on ${lacking.length} of ${daysOf(own).length} days, the first ${lacking[0]}: ${what} in it has no price there and is in no figure, which is not 0.00; deskledger import fx FILE brings rates, import own-fx FILE those that the ECB lacks`;
    });
};
