import { ratio, sixDecimals } from '../../core/money.ts';
import { wilson } from '../../core/statistics.ts';
import { type Score, scores } from './survey-language.ts';

/** Responses below which no score is shown, ranked or flagged (RULES.md section 7). */
export const neededResponses = 30;

export type CsatSummary =
  | { readonly n: number; readonly needed: typeof neededResponses }
  | {
      readonly n: number;
      /** All to six decimals, as every ratio. Share of answers that are 4 or 5, between 0 and 1, with its 95 % Wilson interval. */
      readonly topTwoBox: number;
      readonly low: number;
      readonly high: number;
      /** Mean score, 1 to 5. */
      readonly mean: number;
      readonly distribution: Readonly<Record<Score, number>>;
      /** Of the invitations delivered in the period, the share answered; null when none was delivered. */
      readonly responseRate: number | null;
    };

/** The CSAT figures of one cell of a report, from whole counts of that cell. */
export const csatSummary = (counts: {
  /** Responses given in the period, by score. */
  readonly distribution: Readonly<Record<Score, number>>;
  /** Invitations delivered in the period, and those of them that were answered. */
  readonly delivered: number;
  readonly answered: number;
}): CsatSummary => {
  const { distribution, delivered, answered } = counts;
  const n = scores.reduce((sum, score) => sum + distribution[score], 0);
  const interval = wilson(distribution[4] + distribution[5], n);
  if (n < neededResponses || !interval) return { n, needed: neededResponses };
  const partOfAnswers = (part: number): number => ratio(BigInt(part), BigInt(n)) ?? 0;
  return {
    n,
    topTwoBox: partOfAnswers(distribution[4] + distribution[5]),
    low: sixDecimals(interval.low),
    high: sixDecimals(interval.high),
    mean: partOfAnswers(scores.reduce((sum, score) => sum + score * distribution[score], 0)),
    distribution,
    responseRate: ratio(BigInt(answered), BigInt(delivered)),
  };
};
