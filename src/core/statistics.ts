/** The standard normal quantile of a two-sided 95 % interval. */
const z = 1.959964;

/** A proportion with its Wilson score interval, all between 0 and 1. */
interface Proportion {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The share of `hits` in `total` with its 95 % Wilson interval; null where total is 0.
 * Source: E. B. Wilson 1927; https://www.evanmiller.org/how-not-to-sort-by-average-rating.html
 */
export const wilson = (hits: number, total: number): Proportion | null => {
  if (!Number.isInteger(hits) || !Number.isInteger(total) || hits < 0 || hits > total)
    throw new RangeError('a proportion needs whole numbers with 0 <= hits <= total');
  if (total === 0) return null;
  const p = hits / total;
  const weight = 1 + z ** 2 / total;
  const centre = (p + z ** 2 / (2 * total)) / weight;
  const half = (z * Math.sqrt((p * (1 - p)) / total + z ** 2 / (4 * total ** 2))) / weight;
  // The bounds are exact at the ends; rounding of floats would leave them a hair off.
  return { value: p, low: hits === 0 ? 0 : centre - half, high: hits === total ? 1 : centre + half };
};
