import type { Sql } from '../../platform/database/database.ts';
import { loadPartners, loadRegions, partnerBook, regionBook } from '../directory/index.ts';
import { placeName } from './mapping-source.ts';
import { rulesHeld } from './rules.ts';
import { ordersUnder } from './under-rules.ts';

/** A mapping rule by its place in the list, from 1, and what it reads. */
export interface RuleBehind {
  readonly rule: number;
  readonly place: string;
}

/** What an order's partner and country come of; null: no rule yields one, it is Direct, or of the country of its address. */
export interface RulesBehind {
  readonly partner: RuleBehind | null;
  readonly country: RuleBehind | null;
}

/** The rules that gave these orders their partners and countries; an order that today's rules would decide otherwise, and soon will, is absent. */
export const rulesBehind = async (sql: Sql, orderIds: readonly bigint[]): Promise<Map<bigint, RulesBehind>> => {
  if (orderIds.length === 0) return new Map();
  const held = await rulesHeld(sql);
  const [partners, regions] = [partnerBook(await loadPartners(sql)), regionBook(await loadRegions(sql))];
  const under = await ordersUnder(sql, { ...held, partners, regions }, orderIds);
  const behind = (index: number | null): RuleBehind | null => {
    const rule = index === null ? undefined : held.rules[index];
    return rule === undefined || index === null ? null : { rule: index + 1, place: placeName(rule.from) };
  };
  return new Map(
    [...under.values()]
      .filter(({ changes }) => !changes)
      .map(({ id, byPartnerRule, byCountryRule }) => [
        id,
        { partner: behind(byPartnerRule.rule), country: behind(byCountryRule.rule) },
      ]),
  );
};
