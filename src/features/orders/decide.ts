import type { Sql } from '../../platform/database/database.ts';
import { type FxWant, findFx, fxKey } from '../costing/index.ts';
import { mapCountry, mapPartner, unmappedOf } from './mapping.ts';
import type { MappedPlaces } from './mapping-source.ts';
import type { LineRow } from './order-parts.ts';
import { orderReportingMicros } from './revenue.ts';
import type { RulesHeld } from './rules.ts';
import type { OrderDecision, StoredPlaces } from './store.ts';

/** What orders are decided by, as it stands now. */
export interface DecisionBasis extends RulesHeld {
  readonly partners: { resolve(raw: string): string | null };
  readonly regions: { regionOf(country: string | null): string | null };
  /** REPORTING_CURRENCY. */
  readonly currency: string;
}

/** What is known of an order before rules, regions and FX speak. */
export interface OrderFacts {
  /** The store. */
  readonly connectionId: number;
  readonly places: StoredPlaces;
  readonly lines: readonly Omit<LineRow, 'partner'>[];
  readonly placedDay: string;
  readonly currency: string;
  readonly revenueMicros: bigint;
}

export type Decided<Facts> = Facts & OrderDecision & { readonly lines: readonly LineRow[] };

/** What the rules read of an order. */
export const placesRead = (
  { stores }: Pick<RulesHeld, 'stores'>,
  { connectionId, places }: Pick<OrderFacts, 'connectionId' | 'places'>,
): MappedPlaces => ({ ...places, store: stores.get(connectionId) });

/**
 * Partner, country, region and reporting revenue of orders (RULES.md sections 1, 2 and 6). One query, for the rates: always
 * today's table, so that the hour at which an order or a rate arrived never matters.
 */
export const decideOrders = async <Facts extends OrderFacts>(
  sql: Sql,
  basis: DecisionBasis,
  orders: readonly Facts[],
): Promise<Decided<Facts>[]> => {
  const wantOf = ({ currency, placedDay }: Facts): FxWant => ({ from: currency, to: basis.currency, day: placedDay });
  const rates = await findFx(sql, orders.map(wantOf));
  return orders.map((order) => {
    const fx = rates.get(fxKey(wantOf(order))) ?? null;
    const places = placesRead(basis, order);
    const { shares, linePartners, unmapped } = mapPartner(basis.rules, { ...order, places }, basis.partners);
    const { country, ...found } = mapCountry(basis.rules, places, order.places.addressCountry);
    return {
      ...order,
      fx,
      shares,
      unmapped: unmappedOf(unmapped, found.unmapped),
      country,
      region: basis.regions.regionOf(country),
      reportingMicros: orderReportingMicros(order.revenueMicros, fx),
      lines: order.lines.map((line, index) => ({ ...line, partner: linePartners[index] ?? null })),
    };
  });
};
