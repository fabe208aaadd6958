import { moneyJson, split, wholePpm } from '../../../core/money.ts';
import type { MoneyJson } from '../metrics.ts';
import { transfersBetween } from './transfer.ts';

export interface Bearer {
  /** Codes; null is none. */
  readonly partner: string | null;
  readonly region: string | null;
}

/** What would go from one bearer to another. Tickets and orders count by shares. */
export interface Move {
  readonly from: Bearer;
  readonly to: Bearer;
  readonly tickets: number;
  /** Support cost at true rates, and at pooled ones; null where no pool tells. */
  readonly cost: MoneyJson;
  readonly pooledCost: MoneyJson | null;
  readonly orders: number;
  /** Net of refunds, as reports are. */
  readonly revenue: MoneyJson;
}

export interface MovesTold {
  readonly moves: readonly Move[];
  readonly movesLeftOut: number;
  /** Of all moves. */
  readonly moved: Omit<Move, 'from' | 'to'>;
}

const keyOf = ({ partner, region }: Bearer): string => JSON.stringify([partner, region]);
const bearerOf = (key: string): Bearer => {
  const [partner, region] = JSON.parse(key) as [string | null, string | null];
  return { partner, region };
};

const counts = ['tickets', 'cost', 'pooled', 'orders', 'revenue', 'refunds'] as const;
type Counted = (typeof counts)[number];
type Sums = Record<Counted, bigint> & { unpooled: boolean };
const nothing = (): Sums => ({
  tickets: 0n,
  cost: 0n,
  pooled: 0n,
  orders: 0n,
  revenue: 0n,
  refunds: 0n,
  unpooled: false,
});

type BearerShare = Bearer & { readonly ppm: number };

/** Parts of an amount by shares, by bearer. */
const partsOf = (whole: bigint, shares: readonly BearerShare[]): Map<string, bigint> => {
  const amounts = split(
    whole,
    shares.map((share) => ({ weight: BigInt(share.ppm), key: keyOf(share) })),
  );
  const parts = new Map<string, bigint>();
  for (const [index, share] of shares.entries())
    parts.set(keyOf(share), (parts.get(keyOf(share)) ?? 0n) + (amounts[index] ?? 0n));
  return parts;
};

/** Gathers what goes from whom to whom. */
export const createMoves = (currency: string) => {
  const sums = new Map<string, Sums>();
  const money = (micros: bigint): MoneyJson => moneyJson({ micros, currency });
  const toldOf = (sum: Sums) => ({
    tickets: Number(sum.tickets) / wholePpm,
    cost: money(sum.cost),
    pooledCost: sum.unpooled ? null : money(sum.pooled),
    orders: Number(sum.orders) / wholePpm,
    revenue: money(sum.revenue - sum.refunds),
  });

  return {
    /** So much that was borne by some shares is borne by others. `unpooled`: the true cost of what goes is told to nobody without the permission for rates. */
    add(
      counted: Counted,
      whole: bigint,
      { before, after }: { readonly before: readonly BearerShare[]; readonly after: readonly BearerShare[] },
      unpooled = false,
    ): void {
      for (const { from, to, amount } of transfersBetween(partsOf(whole, before), partsOf(whole, after))) {
        const key = JSON.stringify([from, to]);
        const held = sums.get(key) ?? nothing();
        held[counted] += amount;
        held.unpooled ||= unpooled;
        sums.set(key, held);
      }
    },

    /** The largest first by cost, at most so many. */
    told(most: number): MovesTold {
      const all = [...sums].toSorted(([keyA, a], [keyB, b]) => {
        if (a.cost !== b.cost) return a.cost > b.cost ? -1 : 1;
        return a.tickets !== b.tickets ? (a.tickets > b.tickets ? -1 : 1) : keyA < keyB ? -1 : 1;
      });
      const moved = nothing();
      for (const [, sum] of all) {
        for (const counted of counts) moved[counted] += sum[counted];
        moved.unpooled ||= sum.unpooled;
      }
      return {
        moves: all.slice(0, most).map(([key, sum]) => {
          const [from = '', to = ''] = JSON.parse(key) as [string, string];
          return { from: bearerOf(from), to: bearerOf(to), ...toldOf(sum) };
        }),
        movesLeftOut: Math.max(0, all.length - most),
        moved: toldOf(moved),
      };
    },
  };
};
