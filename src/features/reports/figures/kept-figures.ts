import type { Clock } from '../../../platform/clock.ts';
import type { Figures } from './figures.ts';

/** Rows of all that is kept, in memory. */
const mostRows = 20_000;
const keptMs = 120_000;

const rowsOf = ({ cells, previous, baseline }: Figures): number =>
  cells.size + (previous?.cells.size ?? 0) + (baseline?.cells.size ?? 0);

/**
 * Figures whose further pages may be asked for: each reader's come from those that his first page came from, whoever else asks
 * the same. The first page is always computed. What is too long for here, or was last looked at two minutes ago, is computed
 * again, by another process too.
 */
export const keepFigures = (clock: Clock) => {
  const kept = new Map<string, { readonly figures: Figures; readonly untilMs: number }>();
  let last = 0;
  const keyOf = (id: string, question: string): string => `${id} ${question}`;
  const put = (key: string, figures: Figures): void => {
    kept.delete(key);
    kept.set(key, { figures, untilMs: clock.now().getTime() + keptMs });
  };
  const dropOld = (): void => {
    const nowMs = clock.now().getTime();
    for (const [key, { untilMs }] of kept) if (untilMs <= nowMs) kept.delete(key);
  };
  return {
    /** Null: to be computed. `question` is all that the figures depend on, the cost basis too. */
    find(id: string, question: string): Figures | null {
      dropOld();
      const key = keyOf(id, question);
      const figures = kept.get(key)?.figures ?? null;
      if (figures) put(key, figures);
      return figures;
    },
    /** Their id, for the cursor; what is longer than all that may be kept is not, for it would drop everybody else's. */
    keep(question: string, figures: Figures): string {
      dropOld();
      last += 1;
      // The moment tells those of one process from those of another.
      const id = `${clock.now().getTime().toString(36)}.${last.toString(36)}`;
      if (rowsOf(figures) > mostRows) return id;
      put(keyOf(id, question), figures);
      let rows = [...kept.values()].reduce((sum, one) => sum + rowsOf(one.figures), 0);
      for (const [oldest, one] of kept) {
        if (rows <= mostRows) break;
        rows -= rowsOf(one.figures);
        kept.delete(oldest);
      }
      return id;
    },
  };
};
