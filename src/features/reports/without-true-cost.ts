/**
 * A job's result for those who may not see wages (RULES.md section 10): wherever cost stands at both rates, the pooled one
 * takes the place of the true one.
 */
export const withoutTrueCost = (result: unknown): unknown => {
  if (Array.isArray(result)) return result.map(withoutTrueCost);
  if (result === null || typeof result !== 'object') return result;
  const { pooledCost, ...rest } = result as Record<string, unknown>;
  const told = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, withoutTrueCost(value)]));
  return pooledCost === undefined ? told : { ...told, cost: pooledCost };
};
