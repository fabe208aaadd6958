import type { Day } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { rolesOfAgents } from '../directory/index.ts';
import { type Fx, findFx, fxKey } from './fx.ts';
import type { Price, Unpriced } from './price.ts';

export type RateScope = 'agent' | 'role' | 'default';

export interface Rate {
  readonly scope: RateScope;
  /** "id of the connection:external_id" for an agent, the role's name, or empty for the default. */
  readonly key: string;
  readonly hourlyMicros: bigint;
  readonly currency: string;
  readonly validFrom: Day;
}

const scopes: readonly RateScope[] = ['agent', 'role', 'default'];

/** The agent's own rate, else the role's, else the default; of one scope the latest valid on the day. RULES section 5. */
export const rateOn = (
  rates: readonly Rate[],
  who: { readonly agentKeys: readonly string[]; readonly role: string | null; readonly day: Day },
): Rate | null => {
  const matches = (rate: Rate): boolean =>
    rate.scope === 'agent' ? who.agentKeys.includes(rate.key) : rate.scope === 'default' || rate.key === who.role;
  const valid = rates.filter((rate) => rate.validFrom <= who.day && matches(rate));
  for (const scope of scopes) {
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
    `select scope, key, hourly_micros as "hourlyMicros", currency, valid_from::text as "validFrom"
       from rate where scope in ('role', 'default') or (scope = 'agent' and key = any($1::text[]))
      order by valid_from, key`,
    [[...new Set(wants.flatMap(agentKeys))]],
  );

const loadRoles = (sql: Sql, wants: readonly PriceWant[]): Promise<Map<string, string>> =>
  rolesOfAgents(sql, {
    connectionIds: [...new Set(wants.map(({ connectionId }) => connectionId))],
    agentIds: [...new Set(wants.flatMap(({ agentId }) => (agentId === null ? [] : [agentId])))],
  });

/** What today's tables say each want costs, or why they cannot tell. At most three queries, whatever the number of wants. */
export const findPrices = async (
  sql: Sql,
  wants: readonly PriceWant[],
  reportingCurrency: string,
): Promise<(want: PriceWant) => Price | Unpriced> => {
  const asked = [...new Map(wants.map((want) => [priceKey(want), want])).values()];
  if (asked.length === 0) return () => 'no rate';
  const rates = await loadRates(sql, asked);
  const roles = rates.some(({ scope }) => scope === 'role') ? await loadRoles(sql, asked) : new Map<string, string>();
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
        { agentKeys: [], role: aiAgentRole, day: want.day },
      );
    const role = roles.get(`${want.connectionId}:${want.agentId}`) ?? null;
    return rateOn(candidates, { agentKeys: keys, role, day: want.day });
  };
  const found = new Map(asked.map((want) => [priceKey(want), rateOf(want)]));
  const fxWant = (rate: Rate, day: Day) => ({ from: rate.currency, to: reportingCurrency, day });
  const fx: Map<string, Fx | null> = await findFx(
    sql,
    asked.flatMap((want) => {
      const rate = found.get(priceKey(want));
      return rate ? [fxWant(rate, want.day)] : [];
    }),
  );
  return (want) => {
    const rate = found.get(priceKey(want));
    if (!rate) return 'no rate';
    const conversion = fx.get(fxKey(fxWant(rate, want.day)));
    if (!conversion) return 'no fx';
    return {
      hourlyMicros: rate.hourlyMicros,
      nativeCurrency: rate.currency,
      rateScope: rate.scope,
      rateKey: rate.key,
      rateValidFrom: rate.validFrom,
      fx: conversion,
    };
  };
};
