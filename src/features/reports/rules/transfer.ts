/** So much of something goes from one bearer to another. */
interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
}

const byKey = (a: readonly [string, bigint], b: readonly [string, bigint]): number => (a[0] < b[0] ? -1 : 1);

/**
 * What must go from whom to whom so that `before` becomes `after`; both have the same sum. What a bearer keeps goes nowhere.
 * Losers and gainers are paired in the order of their keys. Throws RangeError where the sums differ.
 */
export const transfersBetween = (
  before: ReadonlyMap<string, bigint>,
  after: ReadonlyMap<string, bigint>,
): Transfer[] => {
  const changes = [...new Set([...before.keys(), ...after.keys()])].map(
    (key) => [key, (after.get(key) ?? 0n) - (before.get(key) ?? 0n)] as const,
  );
  const losers = changes.filter(([, change]) => change < 0n).toSorted(byKey);
  const gainers = changes.filter(([, change]) => change > 0n).toSorted(byKey);
  const transfers: Transfer[] = [];
  let at = 0;
  let room = gainers[0]?.[1] ?? 0n;
  for (const [from, change] of losers) {
    let left = -change;
    while (left > 0n) {
      const to = gainers[at]?.[0];
      if (to === undefined) throw new RangeError('more is lost than gained');
      const amount = left < room ? left : room;
      transfers.push({ from, to, amount });
      left -= amount;
      room -= amount;
      if (room === 0n) {
        at += 1;
        room = gainers[at]?.[1] ?? 0n;
      }
    }
  }
  if (room > 0n) throw new RangeError('more is gained than lost');
  return transfers;
};
