import type { CellFacts } from '../facts/facts.ts';
import type { MoneyJson } from '../metrics.ts';
import { toldFact } from './figure-facts.ts';
import type { Change } from './kept-items.ts';

/** What a reason did to one thing that figures are counted on. */
interface ToldDelta {
  readonly name: string;
  readonly added: number | MoneyJson;
  /** What went from some partners and regions to others beside that: the smaller of what came and what went. */
  readonly moved: number | MoneyJson;
}

export interface ToldChange {
  readonly reason: string;
  readonly of: string;
  readonly items: number;
  readonly facts: readonly ToldDelta[];
}

interface Look {
  readonly currency: string;
  readonly seesRates: boolean;
}

const sum = (values: readonly bigint[]): bigint => values.reduce((all, value) => all + value, 0n);

const namesIn = (cells: Change['cells']): (keyof CellFacts)[] =>
  [...new Set(cells.flatMap(({ deltas }) => Object.keys(deltas)))] as (keyof CellFacts)[];

/** Reasons as people read them; wages by the scope `rates` alone. */
export const toldChanges = (changes: readonly Change[], look: Look): ToldChange[] =>
  changes.map(({ reason, of, items, cells }) => ({
    reason,
    of,
    items,
    facts: namesIn(cells).flatMap((name): ToldDelta[] => {
      const told = toldFact(name, look);
      const deltas = cells.flatMap((cell) => cell.deltas[name] ?? []);
      if (!told || deltas.every((delta) => delta === 0n)) return [];
      const came = sum(deltas.filter((delta) => delta > 0n));
      const went = -sum(deltas.filter((delta) => delta < 0n));
      return [{ name: told.name, added: told.of(came - went), moved: told.of(came < went ? came : went) }];
    }),
  }));

/** What an item, or a reason, did to each partner and region. */
export const toldCells = (
  cells: Change['cells'],
  look: Look,
): readonly {
  readonly partner: string | null;
  readonly region: string | null;
  readonly facts: readonly { readonly name: string; readonly added: number | MoneyJson }[];
}[] =>
  cells.map(({ key: { partner, region }, deltas }) => ({
    partner,
    region,
    facts: (Object.entries(deltas) as [keyof CellFacts, bigint][]).flatMap(([name, delta]) => {
      const told = delta === 0n ? null : toldFact(name, look);
      return told ? [{ name: told.name, added: told.of(delta) }] : [];
    }),
  }));
