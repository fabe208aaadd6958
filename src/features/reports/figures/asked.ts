import type { FigureDimension } from '../facts/fact-statements.ts';
import type { Cell, Period } from '../facts/facts.ts';
import type { CostBasis } from '../facts/pooled-cost.ts';

/** What somebody wants figures of. */
export interface FiguresAsked extends Period {
  readonly by: readonly FigureDimension[];
  /** A code, "none" for what has none; undefined: all. */
  readonly partner?: string | undefined;
  readonly region?: string | undefined;
  readonly currency: string;
  readonly timeZone: string;
  readonly costBasis: CostBasis;
  /** Null: twice the average order of the period. */
  readonly highValueMicros: bigint | null;
  readonly previous: boolean;
  readonly baseline: Period | null;
}

/** Whether a cell is of the one partner and region, where one alone is asked for. */
export const isAsked = ({ key }: Pick<Cell, 'key'>, asked: Pick<FiguresAsked, 'partner' | 'region'>): boolean =>
  (['partner', 'region'] as const).every((name) => {
    const wanted = asked[name];
    return wanted === undefined || key[name] === (wanted === 'none' ? null : wanted);
  });
