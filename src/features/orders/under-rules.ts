import type { Sql } from '../../platform/database/database.ts';
import type { RegionBook } from '../directory/index.ts';
import { type DecisionBasis, placesRead } from './decide.ts';
import { type CountryMapping, mapCountry, mapPartner, type OrderMapping, type OrderShare } from './mapping.ts';
import type { StoredPlaces } from './store.ts';

/** Rules, partners and regions as somebody thinks of changing them. */
export interface RuleBasis extends Omit<DecisionBasis, 'currency' | 'regions'> {
  readonly regions: RegionBook;
}

/** Who bears an order: what tickets are decided by. */
export interface OrderBearing {
  readonly shares: readonly OrderShare[];
  readonly country: string | null;
  readonly region: string | null;
  /** By the line's id. */
  readonly linePartners: ReadonlyMap<bigint, string | null>;
}

/** An order as it is borne now, and as it would be. */
export interface OrderUnder {
  readonly id: bigint;
  readonly counted: boolean;
  /** Revenue in micros of the reporting currency; null: unpriced. */
  readonly reportingMicros: bigint | null;
  /** What was paid back of it, likewise; each refund is split by itself. */
  readonly refundsMicros: readonly bigint[];
  readonly before: OrderBearing;
  readonly after: OrderBearing;
  readonly changes: boolean;
  readonly byPartnerRule: OrderMapping;
  readonly byCountryRule: CountryMapping;
}

interface Row {
  id: bigint;
  connection_id: number;
  places: StoredPlaces;
  counted: boolean;
  reporting_micros: bigint | null;
  refunds: string[];
  country: string | null;
  region: string | null;
  shares: { partner: string | null; ppm: number }[];
  lines: {
    id: string;
    externalId: string;
    sku: string | null;
    brand: string | null;
    revenueMicros: string;
    partner: string | null;
  }[];
}

const sharesText = (shares: readonly OrderShare[]): string =>
  JSON.stringify(shares.map(({ partner, ppm }) => [partner, ppm]));

const differ = (a: OrderBearing, b: OrderBearing): boolean =>
  a.country !== b.country ||
  a.region !== b.region ||
  sharesText(a.shares) !== sharesText(b.shares) ||
  [...a.linePartners].some(([id, partner]) => b.linePartners.get(id) !== partner);

const underRules = (row: Row, { rules, stores, partners, regions }: RuleBasis): OrderUnder => {
  const lines = row.lines.map((line) => ({ ...line, id: BigInt(line.id), revenueMicros: BigInt(line.revenueMicros) }));
  const places = placesRead({ stores }, { connectionId: row.connection_id, places: row.places });
  const byPartnerRule = mapPartner(rules, { places, lines }, partners);
  const byCountryRule = mapCountry(rules, places, row.places.addressCountry);
  const before: OrderBearing = {
    shares: row.shares,
    country: row.country,
    region: row.region,
    linePartners: new Map(lines.map(({ id, partner }) => [id, partner])),
  };
  const after: OrderBearing = {
    shares: byPartnerRule.shares,
    country: byCountryRule.country,
    region: regions.regionOf(byCountryRule.country),
    linePartners: new Map(lines.map(({ id }, index) => [id, byPartnerRule.linePartners[index] ?? null])),
  };
  return {
    id: row.id,
    counted: row.counted,
    reportingMicros: row.reporting_micros,
    refundsMicros: row.refunds.map(BigInt),
    before,
    after,
    changes: differ(before, after),
    byPartnerRule,
    byCountryRule,
  };
};

const select = `select o.id, o.connection_id, o.places, o.counted, o.reporting_micros, o.country, o.region,
         (select coalesce(jsonb_agg(jsonb_build_object('partner', s.partner, 'ppm', s.ppm) order by s.share_no), '[]') from order_share s where s.order_id = o.id) as shares,
         (select coalesce(jsonb_agg(jsonb_build_object('id', l.id::text, 'externalId', l.external_id, 'sku', l.sku, 'brand', l.brand,
                                                       'revenueMicros', l.revenue_micros::text, 'partner', l.partner) order by l.id), '[]')
            from order_line l where l.order_id = o.id) as lines,
         (select coalesce(jsonb_agg(r.reporting_micros::text), '[]') from refund r where r.order_id = o.id and r.reporting_micros is not null) as refunds
    from "order" o`;

/** These orders under other rules. Reads alone. */
export const ordersUnder = async (
  sql: Sql,
  basis: RuleBasis,
  orderIds: readonly bigint[],
): Promise<Map<bigint, OrderUnder>> => {
  if (orderIds.length === 0) return new Map();
  const rows = await sql.query<Row>(`${select} where o.id = any($1::int8[])`, [orderIds]);
  return new Map(rows.map((row) => [row.id, underRules(row, basis)]));
};

/** The next orders by id under other rules; none: the end. Reads alone. */
export const nextOrdersUnder = async (
  sql: Sql,
  basis: RuleBasis,
  { after, limit }: { readonly after: bigint; readonly limit: number },
): Promise<OrderUnder[]> => {
  const rows = await sql.query<Row>(`${select} where o.id > $1 order by o.id limit $2`, [after, limit]);
  return rows.map((row) => underRules(row, basis));
};

/** The latest orders under rules, newest first. Reads alone. */
export const latestOrdersUnder = async (sql: Sql, basis: RuleBasis, limit: number): Promise<OrderUnder[]> => {
  const rows = await sql.query<Row>(`${select} where o.counted order by o.placed_at desc, o.id desc limit $1`, [limit]);
  return rows.map((row) => underRules(row, basis));
};
