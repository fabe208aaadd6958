import type { Clock } from '../../../platform/clock.ts';
import type { Figures } from './figures.ts';

/** Rows of all that is kept, in memory. */
const mostRows = 20_000;
const keptMs = 120_000;

const rowsOf = ({ cells, previous, baseline }: Figures): number =>
  cells.size + (previous?.cells.size ?? 0) + (baseline?.cells.size ?? 0);

/**
 * Figures whose further pages may be asked for: they are of the moment of the first page, and are not computed again for each.
 * The first page is always computed. What is too long, or was last looked at two minutes ago, is computed again, by another
 * process too.
 */
export const keepFigures = (clock: Clock) => {
  const kept = new Map<string, { readonly figures: Figures; readonly untilMs: number }>();
  const dropOld = (): void => {
    const nowMs = clock.now().getTime();
    for (const [question, { untilMs }] of kept) if (untilMs <= nowMs) kept.delete(question);
  };
  return {
    /** Null: to be computed. `question` is all that the figures depend on, the cost basis too. */
    find(question: string): Figures | null {
      dropOld();
      return kept.get(question)?.figures ?? null;
    },
    keep(question: string, figures: Figures): void {
      dropOld();
      kept.delete(question);
      kept.set(question, { figures, untilMs: clock.now().getTime() + keptMs });
      let rows = [...kept.values()].reduce((sum, one) => sum + rowsOf(one.figures), 0);
      for (const [oldest, one] of kept) {
        if (rows <= mostRows) return;
        rows -= rowsOf(one.figures);
        kept.delete(oldest);
      }
    },
  };
};
