import { InvalidInput } from './errors.ts';

/** An amount in millionths of a currency's main unit. */
export interface Money {
  readonly micros: bigint;
  /** ISO 4217 alphabetic code. */
  readonly currency: string;
}

/** Shares are in parts per million; those of one whole sum to this. */
export const wholePpm = 1_000_000;

/** An exact fraction; the denominator is positive. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export const rational = (numerator: bigint, denominator = 1n): Rational => {
  if (denominator === 0n) throw new RangeError('a fraction needs a denominator other than 0');
  return denominator < 0n ? { numerator: -numerator, denominator: -denominator } : { numerator, denominator };
};

export const multiply = (a: Rational, b: Rational): Rational =>
  rational(a.numerator * b.numerator, a.denominator * b.denominator);

/** The same value in lowest terms, so that equal fractions have equal parts. */
export const reduce = ({ numerator, denominator }: Rational): Rational => {
  let [a, b] = [numerator < 0n ? -numerator : numerator, denominator];
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? { numerator: 0n, denominator: 1n } : { numerator: numerator / a, denominator: denominator / a };
};

export const divide = (a: Rational, b: Rational): Rational =>
  rational(a.numerator * b.denominator, a.denominator * b.numerator);

const decimalPattern = /^([+-]?)(\d+)(?:\.(\d*))?$/;

/** The exact value of decimal text such as "924.47" or "-0.5". Throws InvalidInput on anything else: exponents, NaN, empty text. */
export const parseDecimal = (text: string): Rational => {
  const match = decimalPattern.exec(text.trim());
  if (!match)
    throw new InvalidInput(
      `"${text.slice(0, 40)}" is not a decimal number; write digits with at most one point, e.g. 12.50`,
    );
  const fraction = match[3] ?? '';
  const digits = BigInt(`${match[2]}${fraction}`);
  return rational(match[1] === '-' ? -digits : digits, 10n ** BigInt(fraction.length));
};

/** The nearest whole number; a tie goes to the even one. */
export const roundHalfEven = ({ numerator, denominator }: Rational): bigint => {
  const floor = numerator >= 0n ? numerator / denominator : -((-numerator + denominator - 1n) / denominator);
  const twice = (numerator - floor * denominator) * 2n;
  if (twice < denominator) return floor;
  if (twice > denominator) return floor + 1n;
  return floor % 2n === 0n ? floor : floor + 1n;
};

/** Decimal text to micros, rounded half to even. */
export const microsOf = (text: string): bigint => roundHalfEven(multiply(parseDecimal(text), rational(1_000_000n)));

/** Micros as decimal text with six places: 12340000n is "12.340000". */
export const formatMicros = (micros: bigint): string => {
  const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0');
  return `${micros < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
};

/** The wire form of money: {"amount": "12.340000", "currency": "USD"}. */
export const moneyJson = (money: Money): { amount: string; currency: string } => ({
  amount: formatMicros(money.micros),
  currency: money.currency,
});

/**
 * Splits a whole by weights so that the parts add up to it exactly: each part is rounded towards zero, what is left goes
 * one unit each to the largest remainders (ties: the larger weight, then the smaller key). Weights are not negative and
 * sum to more than 0. Parts come back in the order of the weights. A negative whole splits as the mirror of its positive.
 */
export const split = (
  whole: bigint,
  weights: readonly { readonly weight: bigint; readonly key: string }[],
): bigint[] => {
  const total = weights.reduce((sum, { weight }) => sum + weight, 0n);
  if (total <= 0n || weights.some(({ weight }) => weight < 0n))
    throw new RangeError('split needs weights that sum to more than 0');
  const sign = whole < 0n ? -1n : 1n;
  const magnitude = whole * sign;
  const parts = weights.map(({ weight, key }, index) => {
    const exact = magnitude * weight;
    return { index, key, weight, part: exact / total, remainder: exact % total };
  });
  const left = Number(magnitude - parts.reduce((sum, { part }) => sum + part, 0n));
  const order = parts.toSorted((a, b) => {
    if (a.remainder !== b.remainder) return a.remainder > b.remainder ? -1 : 1;
    if (a.weight !== b.weight) return a.weight > b.weight ? -1 : 1;
    return a.key < b.key ? -1 : a.key > b.key ? 1 : a.index - b.index;
  });
  const result = parts.map(({ part }) => part);
  for (const { index } of order.slice(0, left)) result[index] = (result[index] ?? 0n) + 1n;
  return result.map((part) => part * sign);
};

/** Weights to parts per million that sum to 1,000,000, by the rule of `split`. */
export const ppmOf = (weights: readonly { readonly weight: bigint; readonly key: string }[]): number[] =>
  split(BigInt(wholePpm), weights).map(Number);

/**
 * Rounded millionths of a / b by doubles, whose error is below a thousandth of one here; null where that may matter: next to a
 * tie, for large numbers and for negative ones. A report has thousands of them.
 */
const plainMillionths = (a: bigint, b: bigint): number | null => {
  const millionths = (Number(a) / Number(b)) * 1e6;
  if (a < 0n || b < 0n || !(millionths < 1e12)) return null;
  const floor = Math.floor(millionths);
  const rest = millionths - floor;
  if (Math.abs(rest - 0.5) < 0.001) return null;
  return rest > 0.5 ? floor + 1 : floor;
};

/** Millionths of a / b, rounded half to even; b is not 0. */
export const millionthsOf = (a: bigint, b: bigint): bigint =>
  BigInt(plainMillionths(a, b) ?? roundHalfEven(rational(a * 1_000_000n, b)));

/** a / b as a number rounded half to even at `places` decimals; null where b is 0. For ratios on the wire, never for money. */
export const ratio = (a: bigint, b: bigint, places = 6): number | null => {
  if (b === 0n) return null;
  const plain = places === 6 ? plainMillionths(a, b) : null;
  if (plain !== null) return plain / 1e6;
  const scale = 10n ** BigInt(places);
  return Number(roundHalfEven(rational(a * scale, b))) / Number(scale);
};

/** A share or rate that is no fraction of whole numbers, with the six decimals that every ratio is told with. */
export const sixDecimals = (value: number): number => Math.round(value * 1e6) / 1e6;
