import type { Decision } from '../attribution/index.ts';

export type Half = 'partner' | 'region';
export type Shares = readonly Pick<Decision['shares'][number], Half | 'ppm'>[];

/** Null: nobody. */
export interface Part {
  readonly code: string | null;
  readonly ppm: number;
}

/** Who bears a ticket by one half alone, the largest part first. */
export const partsOf = (half: Half, shares: Shares): readonly Part[] => {
  const parts = new Map<string | null, number>();
  for (const share of shares) parts.set(share[half], share.ppm + (parts.get(share[half]) ?? 0));
  return [...parts].map(([code, ppm]) => ({ code, ppm })).toSorted((a, b) => b.ppm - a.ppm);
};

/** The same by both: countries told apart by the ledger are one region to an agent. */
export const bearersOf = (shares: Shares): Shares => {
  const merged = new Map<string, Shares[number]>();
  for (const share of shares) {
    const key = JSON.stringify([share.partner, share.region]);
    merged.set(key, { ...share, ppm: share.ppm + (merged.get(key)?.ppm ?? 0) });
  }
  return [...merged.values()].toSorted((a, b) => b.ppm - a.ppm);
};
