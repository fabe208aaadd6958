import type { Day } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { type RoleSpell, roleOn, rolesOfAgents, type TeamSpell, teamOn, teamsOfAgents } from '../directory/index.ts';
import {
  appliedOn,
  type CostBasisRow,
  effectiveHourly,
  isWage,
  loadCostBasis,
  type WageFactors,
} from './cost-basis.ts';
import { type Fx, findFx, fxKey } from './fx.ts';
import type { Price, Unpriced } from './price.ts';

export const rateScopes = ['agent', 'role', 'team', 'default'] as const;
export type RateScope = (typeof rateScopes)[number];

export interface Rate extends WageFactors {
  readonly scope: RateScope;
  /** "id of the connection:external_id" for an agent, the role's or team's name, or empty for the default. */
  readonly key: string;
  /** As given: a wage where it has factors, else all that an hour costs. */
  readonly hourlyMicros: bigint;
  readonly currency: string;
  readonly validFrom: Day;
}

/** The agent's own rate, else the role's, else the team's, else the default; of one scope the latest valid on the day. RULES section 5. */
export const rateOn = (
  rates: readonly Rate[],
  who: {
    readonly agentKeys: readonly string[];
    readonly role: string | null;
    readonly team: string | null;
    readonly day: Day;
  },
): Rate | null => {
  const matches = ({ scope, key }: Rate): boolean =>
    ({
      agent: who.agentKeys.includes(key),
      role: key === who.role,
      team: key === who.team,
      default: true,
    })[scope];
  const valid = rates.filter((rate) => rate.validFrom <= who.day && matches(rate));
  for (const scope of rateScopes) {
    const ofScope = valid.filter((rate) => rate.scope === scope);
    if (ofScope.length > 0) return ofScope.reduce((best, rate) => (rate.validFrom > best.validFrom ? rate : best));
  }
  return null;
};

/** Whose work of which day is to be priced. */
export interface PriceWant {
  readonly connectionId: number;
  readonly agentId: string | null;
  /** Then the rate of the role `ai_agent` alone will do. */
  readonly byAiAgent: boolean;
  readonly day: Day;
}

/** The role whose rate prices AI agents. */
export const aiAgentRole = 'ai_agent';

const priceKey = ({ connectionId, agentId, byAiAgent, day }: PriceWant): string =>
  byAiAgent ? `ai ${day}` : `${connectionId} ${day} ${agentId ?? ''}`;

/** The key of an agent's own rate: a connection may change its name, never its id. */
export const agentRateKey = (connectionId: number, agentId: string): string => `${connectionId}:${agentId}`;

const agentKeys = ({ connectionId, agentId, byAiAgent }: PriceWant): string[] =>
  agentId === null || byAiAgent ? [] : [agentRateKey(connectionId, agentId)];

const loadRates = (sql: Sql, wants: readonly PriceWant[]): Promise<Rate[]> =>
  sql.query<Rate>(
    `select scope, key, hourly_micros as "hourlyMicros", currency, valid_from::text as "validFrom",
            burden_ppm as "burdenPpm", shrinkage_ppm as "shrinkagePpm", occupancy_ppm as "occupancyPpm"
       from rate where scope in ('role', 'team', 'default') or (scope = 'agent' and key = any($1::text[]))
      order by valid_from, key`,
    [[...new Set(wants.flatMap(agentKeys))]],
  );

const peopleOf = (wants: readonly PriceWant[]) => ({
  connectionIds: [...new Set(wants.map(({ connectionId }) => connectionId))],
  agentIds: [...new Set(wants.flatMap(({ agentId }) => (agentId === null ? [] : [agentId])))],
});

/** A rate and what an hour of it costs on the day that was asked. */
export interface DayRate extends Rate {
  readonly effectiveMicros: bigint;
}

/** The rate of each want; null where there is none. At most four queries, whatever the number of wants. */
export const findRates = async (
  sql: Sql,
  wants: readonly PriceWant[],
): Promise<(want: PriceWant) => DayRate | null> => {
  const asked = [...new Map(wants.map((want) => [priceKey(want), want])).values()];
  if (asked.length === 0) return () => null;
  const rates = await loadRates(sql, asked);
  const has = (wanted: RateScope): boolean => rates.some(({ scope }) => scope === wanted);
  const people = peopleOf(asked);
  const roles = has('role') ? await rolesOfAgents(sql, people) : new Map<string, RoleSpell[]>();
  const teams = has('team') ? await teamsOfAgents(sql, people) : new Map<string, TeamSpell[]>();
  const basis: readonly CostBasisRow[] = rates.some(isWage) ? await loadCostBasis(sql) : [];
  const rateByAgent = new Map<string, Rate[]>();
  for (const rate of rates) {
    const name = rate.scope === 'agent' ? rate.key : '';
    rateByAgent.set(name, [...(rateByAgent.get(name) ?? []), rate]);
  }
  const rateOf = (want: PriceWant): Rate | null => {
    const keys = agentKeys(want);
    const candidates = ['', ...keys].flatMap((key) => rateByAgent.get(key) ?? []);
    if (want.byAiAgent)
      return rateOn(
        candidates.filter(({ scope }) => scope === 'role'),
        { agentKeys: [], role: aiAgentRole, team: null, day: want.day },
      );
    const name = `${want.connectionId}:${want.agentId}`;
    const role = roleOn(roles.get(name) ?? [], want.day);
    const team = teamOn(teams.get(name) ?? [], want.day);
    return rateOn(candidates, { agentKeys: keys, role, team, day: want.day });
  };
  const found = new Map(
    asked.map((want) => {
      const rate = rateOf(want);
      return [
        priceKey(want),
        rate && {
          ...rate,
          effectiveMicros: isWage(rate) ? effectiveHourly(rate, appliedOn(basis, want.day)) : rate.hourlyMicros,
        },
      ];
    }),
  );
  return (want) => found.get(priceKey(want)) ?? null;
};

/** Every rate; an agent's with the name of the connection, as people write it. */
export const listRates = (sql: Sql): Promise<(Rate & { readonly shownKey: string })[]> =>
  sql.query(
    `select r.scope, r.key, r.hourly_micros as "hourlyMicros", r.currency, r.valid_from::text as "validFrom",
            r.burden_ppm as "burdenPpm", r.shrinkage_ppm as "shrinkagePpm", r.occupancy_ppm as "occupancyPpm",
            case when r.scope = 'agent' then coalesce(c.name || substring(r.key from ':[^:]*$'), r.key) else r.key end as "shownKey"
       from rate r left join connection c on r.scope = 'agent' and c.id::text = split_part(r.key, ':', 1)
      order by array_position(array['default', 'team', 'role', 'agent'], r.scope), "shownKey", r.valid_from`,
  );

/** What today's tables say each want costs, or why they cannot tell. At most six queries, whatever the number of wants. */
export const findPrices = async (
  sql: Sql,
  wants: readonly PriceWant[],
  reportingCurrency: string,
): Promise<(want: PriceWant) => Price | Unpriced> => {
  const rateOf = await findRates(sql, wants);
  const fxWant = (rate: Rate, day: Day) => ({ from: rate.currency, to: reportingCurrency, day });
  const fx: Map<string, Fx | null> = await findFx(
    sql,
    wants.flatMap((want) => {
      const rate = rateOf(want);
      return rate ? [fxWant(rate, want.day)] : [];
    }),
  );
  return (want) => {
    const rate = rateOf(want);
    if (!rate) return 'no rate';
    const conversion = fx.get(fxKey(fxWant(rate, want.day)));
    if (!conversion) return 'no fx';
    return {
      hourlyMicros: rate.effectiveMicros,
      nativeCurrency: rate.currency,
      rateScope: rate.scope,
      rateKey: rate.key,
      rateValidFrom: rate.validFrom,
      fx: conversion,
    };
  };
};
