import { wholePpm } from '../../core/money.ts';

export type Method = 'person' | 'field' | 'text' | 'recent orders' | 'recent orders, region' | 'rule' | 'unattributed';
export type Confidence = 'high' | 'medium' | 'low' | 'none';

/** One bearer of a ticket. Country is ISO alpha-2 where an order told it. */
export interface Share {
  readonly partner: string | null;
  readonly region: string | null;
  readonly country: string | null;
  readonly ppm: number;
}

/** Ids (as text), order numbers, counts and fixed reasons; never a word of the ticket. */
export type Evidence = Readonly<Record<string, unknown>>;

/** Who bears a ticket; the shares sum to 1,000,000 ppm, larger ones first, then by code. */
export interface Decision {
  readonly method: Method;
  readonly confidence: Confidence;
  readonly evidence: Evidence;
  readonly shares: readonly Share[];
}

/** Codes are sorted by code unit, never by locale: the same everywhere. Null is last. */
const byCode = (a: string | null, b: string | null): number => {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
};

/** Equal bearers made one and those of nothing left out, in the order of a Decision: the order of the input has no say. */
export const mergeShares = (shares: readonly Share[]): Share[] => {
  const merged = new Map<string, Share>();
  for (const share of shares) {
    const key = JSON.stringify([share.partner, share.region, share.country]);
    merged.set(key, { ...share, ppm: share.ppm + (merged.get(key)?.ppm ?? 0) });
  }
  return [...merged.values()]
    .filter(({ ppm }) => ppm > 0)
    .sort(
      (a, b) =>
        b.ppm - a.ppm || byCode(a.partner, b.partner) || byCode(a.region, b.region) || byCode(a.country, b.country),
    );
};

export const nobody: readonly Share[] = [{ partner: null, region: null, country: null, ppm: wholePpm }];

/** JSON with sorted keys: what the database gives back compares equal to what was given to it. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );

/** True where a new version would say nothing new: not in shares, method, confidence or evidence. */
export const sameDecision = (a: Decision, b: Decision): boolean =>
  canonical([a.method, a.confidence, a.evidence, a.shares]) ===
  canonical([b.method, b.confidence, b.evidence, b.shares]);
