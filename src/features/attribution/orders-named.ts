import { wholePpm } from '../../core/money.ts';
import type { OrderFact } from '../orders/index.ts';
import { mergeShares, type Share } from './decision.ts';

type PartnerShare = OrderFact['shares'][number];

const partnerKey = (shares: readonly PartnerShare[]): string =>
  JSON.stringify(shares.map(({ partner, ppm }) => [partner ?? '', partner === null, ppm]).sort());

/**
 * Whose one order is: its shares or, where it has several partners and the ticket names lines of one of them, that
 * partner's alone. A named line of unknown partner counts as one of its own; lines of different partners decide nothing.
 */
const partnersOf = (order: OrderFact, namedLines: ReadonlySet<bigint>): readonly PartnerShare[] => {
  if (order.shares.length < 2) return order.shares.length === 1 ? order.shares : [{ partner: null, ppm: wholePpm }];
  const named = new Set(order.lines.filter(({ id }) => namedLines.has(id)).map(({ partner }) => partner));
  const [only] = named;
  return named.size === 1 && only !== undefined ? [{ partner: only, ppm: wholePpm }] : order.shares;
};

/** The one value that all agree on; undefined where they differ. */
const agreed = <Value>(values: readonly Value[]): Value | undefined =>
  new Set(values).size === 1 ? values[0] : undefined;

/** What a set of orders says about a ticket. */
interface OrdersVerdict {
  readonly shares: readonly Share[];
  /** False where the orders differ in partner, so that at most their region holds. */
  readonly partnersAgree: boolean;
  readonly region: string | null;
  /** True where a share has no partner because a value of the order is not mapped. */
  readonly unmapped: boolean;
}

/**
 * RULES section 3, notes below the table: the same partner holds, with the region if all agree; different partners leave
 * the region if they agree. Several partners of one order hold as its shares; orders agree where these are the same.
 */
export const judgeOrders = (orders: readonly OrderFact[], namedLines: ReadonlySet<bigint>): OrdersVerdict => {
  const region = agreed(orders.map((order) => order.region)) ?? null;
  const country = region === null ? null : (agreed(orders.map((order) => order.country)) ?? null);
  const partners = orders.map((order) => partnersOf(order, namedLines));
  const first = partners[0];
  const partnersAgree = first !== undefined && agreed(partners.map(partnerKey)) !== undefined;
  const held: readonly PartnerShare[] = partnersAgree ? first : [{ partner: null, ppm: wholePpm }];
  return {
    shares: mergeShares(held.map(({ partner, ppm }) => ({ partner, region, country, ppm }))),
    partnersAgree,
    region,
    unmapped: partners.some((shares) => shares.some(({ partner }) => partner === null)),
  };
};

/** True where the verdict names a partner or a region: then its rung decides the whole. */
export const yieldsAny = (shares: readonly Share[]): boolean =>
  shares.some(({ partner, region }) => partner !== null || region !== null);
