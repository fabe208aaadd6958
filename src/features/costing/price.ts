import { multiply, type Rational, rational, roundHalfEven, split, wholePpm } from '../../core/money.ts';
import type { Day } from '../../core/time.ts';
import type { Fx } from './fx.ts';
import type { TakeBack } from './work.ts';

/** Who bears a part of a ticket. The parts of a ticket sum to 1,000,000 ppm. */
export interface Share {
  readonly partner: string | null;
  readonly region: string | null;
  readonly country: string | null;
  readonly ppm: number;
}

/** What an hour costs in its own currency and how that converts to the reporting currency. */
export interface Price {
  readonly hourlyMicros: bigint;
  readonly nativeCurrency: string;
  readonly rateScope: string;
  readonly rateKey: string;
  readonly rateValidFrom: Day;
  readonly fx: Fx;
}

export type Unpriced = 'no rate' | 'no fx';

export type PostingCause =
  | 'work'
  | 'correction'
  | 'reattribution'
  | 'rate'
  | 'role'
  | 'estimate replaced'
  | 'hold'
  | 'decision'
  | 'rebase';

/**
 * One line of the ledger. The key (entry, revision, shareNo) never repeats: what is posted and what takes it back have
 * turns, so the shares posted as revision r, numbered from 1, are reversed as revision r + 1 under the same numbers, and
 * the next ones are revision r + 2.
 */
export interface Posting {
  readonly revision: number;
  readonly shareNo: number;
  readonly attributionVersion: number;
  readonly partner: string | null;
  readonly region: string | null;
  readonly country: string | null;
  readonly measured: boolean;
  /** Seconds times ppm, exact; negative on a reversal. */
  readonly microseconds: bigint;
  /** In the reporting currency. */
  readonly costMicros: bigint;
  readonly currency: string;
  readonly nativeMicros: bigint;
  readonly price: Price;
  readonly workedAt: Date;
  readonly workedDay: Day;
}

export interface StoredPosting extends Posting {
  readonly id: bigint;
}

export interface NewPosting extends Posting {
  readonly reversesId: bigint | null;
  readonly cause: PostingCause;
}

/** One work entry after the replay, with what the ledger holds of it. */
export interface PricingInput {
  readonly costedSeconds: number;
  readonly takeBacks: readonly TakeBack[];
  readonly measured: boolean;
  readonly workedAt: Date;
  readonly workedDay: Day;
  readonly shares: readonly Share[];
  readonly attributionVersion: number;
  readonly reportingCurrency: string;
  /** The shares of the entry's highest revision; `live` while nothing reverses them. */
  readonly last: { readonly live: boolean; readonly postings: readonly StoredPosting[] };
  /** What the tables say today; looked at where nothing is live in the reporting currency, or with `reprice`. */
  readonly today: Price | Unpriced;
  readonly reprice: boolean;
  /** Why the entry may change when neither its seconds, its price nor its shares tell: a hold, a decision, an estimate. */
  readonly stateCause: PostingCause | null;
}

export interface PostingPlan {
  readonly unpriced: Unpriced | null;
  /** Reversals first. Empty where the ledger already says what it should. */
  readonly postings: readonly NewPosting[];
  /** What is live once the plan is written. */
  readonly costMicros: bigint;
  readonly pricedSeconds: number;
}

/** Seconds at an hourly price, converted, rounded once to micros, half to even. */
const costOf = (seconds: number, hourlyMicros: bigint, conversion: Rational): bigint =>
  roundHalfEven(multiply(rational(BigInt(seconds) * hourlyMicros, 3600n), conversion));

/**
 * What is left of an entry's cost. Each piece taken back is rounded by itself, as the reversal it is, and takes no more
 * than is there; the piece that takes the last seconds takes the rest of the cost. RULES section 4.
 */
const remainingCost = (
  { costedSeconds, takeBacks }: Pick<PricingInput, 'costedSeconds' | 'takeBacks'>,
  hourlyMicros: bigint,
  conversion: Rational,
): bigint => {
  if (costedSeconds === 0) return 0n;
  const whole = costedSeconds + takeBacks.reduce((sum, { seconds }) => sum + seconds, 0);
  const left = takeBacks.reduce(
    (rest, { seconds }) => rest - costOf(seconds, hourlyMicros, conversion),
    costOf(whole, hourlyMicros, conversion),
  );
  return left < 0n ? 0n : left;
};

/** Codes parted by a character that no code holds, so that "nord" stands before "nord2". */
const shareKey = ({ partner, region, country }: Share): string =>
  [partner, region, country].map((code) => code ?? '').join('\u0000');

/** Larger shares first, then by code: equal attributions give equal postings, in whatever order they come. */
const inOrder = (shares: readonly Share[]): Share[] =>
  shares
    .filter(({ ppm }) => ppm !== 0)
    .toSorted((a, b) => b.ppm - a.ppm || (shareKey(a) < shareKey(b) ? -1 : shareKey(a) > shareKey(b) ? 1 : 0));

/** What makes two prices one: the amounts. Scope, key and dates only say where they come from. */
type PricedAs = Pick<Price, 'hourlyMicros' | 'nativeCurrency'> & { readonly fx: Rational };

export const samePrice = (a: PricedAs, b: PricedAs): boolean =>
  a.hourlyMicros === b.hourlyMicros &&
  a.nativeCurrency === b.nativeCurrency &&
  a.fx.numerator === b.fx.numerator &&
  a.fx.denominator === b.fx.denominator;

const sameShare = (a: Posting, b: Posting): boolean =>
  a.partner === b.partner && a.region === b.region && a.country === b.country;

const same = (a: Posting, b: Posting): boolean =>
  sameShare(a, b) &&
  samePrice(a.price, b.price) &&
  a.measured === b.measured &&
  a.microseconds === b.microseconds &&
  a.costMicros === b.costMicros &&
  a.nativeMicros === b.nativeMicros &&
  sameBasis(a, b);

/** What a re-base changes: the reporting currency, and by the time zone the day that work counts on. */
const sameBasis = (a: Pick<Posting, 'currency' | 'workedDay'>, b: Pick<Posting, 'currency' | 'workedDay'>): boolean =>
  a.currency === b.currency && a.workedDay === b.workedDay;

/**
 * The frozen price while it is live in the reporting currency and nobody asks the tables; else what they say, also that they
 * have none any more: what an entry costs follows from the tables, not from whether it or their change came first.
 */
const priceFor = ({ last, today, reprice, reportingCurrency }: PricingInput): Price | Unpriced => {
  const frozen = last.live && !reprice ? last.postings[0] : undefined;
  return frozen?.currency === reportingCurrency ? frozen.price : today;
};

const desiredPostings = (input: PricingInput, price: Price, revision: number): Posting[] => {
  const cost = remainingCost(input, price.hourlyMicros, price.fx);
  const native = remainingCost(input, price.hourlyMicros, rational(1n));
  const shares = inOrder(input.shares);
  if (shares.reduce((sum, { ppm }) => sum + ppm, 0) !== wholePpm)
    throw new RangeError(`the shares of a ticket sum to ${wholePpm} ppm`);
  const weights = shares.map((share) => ({ weight: BigInt(share.ppm), key: shareKey(share) }));
  const [costs, natives] = [split(cost, weights), split(native, weights)];
  return shares.map(({ partner, region, country, ppm }, index) => ({
    revision,
    shareNo: index + 1,
    attributionVersion: input.attributionVersion,
    partner,
    region,
    country,
    measured: input.measured,
    microseconds: BigInt(input.costedSeconds) * BigInt(ppm),
    costMicros: costs[index] ?? 0n,
    currency: input.reportingCurrency,
    nativeMicros: natives[index] ?? 0n,
    price,
    workedAt: input.workedAt,
    workedDay: input.workedDay,
  }));
};

const sumMicroseconds = (postings: readonly Posting[]): bigint =>
  postings.reduce((sum, { microseconds }) => sum + microseconds, 0n);

/** Both by rates of roles, and not of one. */
const hasOtherRole = (before: Price, after: Price): boolean =>
  before.rateScope === 'role' && after.rateScope === 'role' && before.rateKey !== after.rateKey;

const causeOf = (
  input: PricingInput,
  {
    live,
    desired,
    unpriced,
  }: { readonly live: readonly Posting[]; readonly desired: readonly Posting[]; readonly unpriced: Unpriced | null },
): PostingCause => {
  if (input.stateCause) return input.stateCause;
  const posted = input.last.postings[0];
  if (!posted) return 'work';
  if (!sameBasis(posted, { currency: input.reportingCurrency, workedDay: input.workedDay })) return 'rebase';
  if (unpriced) return 'rate';
  if (sumMicroseconds(live) !== sumMicroseconds(desired)) return 'correction';
  const [before, after] = [live[0], desired[0]];
  if (before && after && !samePrice(before.price, after.price))
    return hasOtherRole(before.price, after.price) ? 'role' : 'rate';
  const sharesMoved =
    live.length !== desired.length ||
    desired.some((posting, index) => {
      const old = live[index];
      return !old || !sameShare(old, posting) || old.microseconds !== posting.microseconds;
    });
  return sharesMoved ? 'reattribution' : 'correction';
};

const reversalOf = (posting: StoredPosting, cause: PostingCause): NewPosting => {
  const { id, ...kept } = posting;
  return {
    ...kept,
    revision: posting.revision + 1,
    microseconds: -posting.microseconds,
    costMicros: -posting.costMicros,
    nativeMicros: -posting.nativeMicros,
    reversesId: id,
    cause,
  };
};

/**
 * The postings that bring one entry's live ones to what they should be: none where they are; else every live one is
 * reversed whole, at its own rate, FX and dates, and what should be is posted as the revision after, nothing where there is
 * no price any more. RULES section 5.
 */
export const planPostings = (input: PricingInput): PostingPlan => {
  const live = input.last.live ? input.last.postings : [];
  const price = input.costedSeconds === 0 ? null : priceFor(input);
  const unpriced = typeof price === 'string' ? price : null;
  const revision = (input.last.postings[0]?.revision ?? -1) + 2;
  const desired = price === null || typeof price === 'string' ? [] : desiredPostings(input, price, revision);
  const unchanged =
    desired.length === live.length &&
    desired.every((posting, index) => {
      const old = live[index];
      return old !== undefined && same(old, posting);
    });
  const cause = causeOf(input, { live, desired, unpriced });
  return {
    unpriced,
    postings: unchanged
      ? []
      : [
          ...live.map((posting) => reversalOf(posting, cause)),
          ...desired.map((posting) => ({ ...posting, reversesId: null, cause })),
        ],
    costMicros: desired.reduce((sum, { costMicros }) => sum + costMicros, 0n),
    pricedSeconds: desired.length === 0 ? 0 : input.costedSeconds,
  };
};
