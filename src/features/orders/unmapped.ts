import { ratio } from '../../core/money.ts';
import type { Sql } from '../../platform/database/database.ts';
import { placeName } from './mapping-source.ts';
import { latestOrdersUnder, type RuleBasis } from './under-rules.ts';

/** A value that names no known partner or country, and how many orders have it. */
export interface UnmappedValue {
  readonly gives: 'partner' | 'country';
  readonly place: string;
  /** Whose orders they are: a value of one store may be another's with another meaning. */
  readonly store: string;
  readonly value: string;
  readonly orders: number;
  /** The last day in the reporting time zone on which one was placed. */
  readonly lastDay: string;
}

/** Values to be mapped, the most frequent first. */
export const unmappedValues = async (sql: Sql, { limit }: { readonly limit: number }): Promise<UnmappedValue[]> => {
  const rows = await sql.query<Omit<UnmappedValue, 'orders'> & { orders: bigint }>(
    `with listed as (
       select 'partner' as gives, o.unmapped ->> 'place' as place, o.connection_id, v.value, o.placed_day
         from "order" o cross join lateral jsonb_array_elements_text(o.unmapped -> 'values') as v(value) where o.unmapped ? 'place'
       union all
       select 'country', o.unmapped -> 'country' ->> 'place', o.connection_id, v.value, o.placed_day
         from "order" o cross join lateral jsonb_array_elements_text(o.unmapped -> 'country' -> 'values') as v(value) where o.unmapped ? 'country')
     select gives, place, c.name as store, value, count(*) as orders, max(placed_day)::text as "lastDay"
       from listed l join connection c on c.id = l.connection_id group by 1, 2, 3, 4 order by 5 desc, 1, 2, 3, 4 limit $1`,
    [limit],
  );
  return rows.map((row) => ({ ...row, orders: Number(row.orders) }));
};

/** How many of the latest orders tell whose they are and where they went, and by which rule. */
export interface MappingCoverage {
  readonly orders: number;
  /** Of a partner that a rule names, Direct among them. */
  readonly withPartner: number;
  /** No rule yielded a value: taken for Direct. */
  readonly byDefault: number;
  /** A rule yielded a value that names nobody, for some part of the order at least. */
  readonly unmapped: number;
  readonly withCountry: number;
  /** Null where there is no order. */
  readonly partnerShare: number | null;
  readonly countryShare: number | null;
  readonly rules: readonly {
    /** From 1, as in the file. */
    readonly rule: number;
    readonly gives: 'partner' | 'country';
    /** The store whose orders alone it reads; null: every store's. */
    readonly store: string | null;
    readonly place: string;
    /** Orders that it decided, and those of them whose value is not mapped. */
    readonly decided: number;
    readonly unmapped: number;
  }[];
}

const shareOf = (part: number, whole: number): number | null => ratio(BigInt(part), BigInt(whole));

/** Coverage of the latest counted orders by rules, read from our own copy. */
export const mappingCoverage = async (sql: Sql, basis: RuleBasis, latest: number): Promise<MappingCoverage> => {
  const orders = await latestOrdersUnder(sql, basis, latest);
  const count = (test: (order: (typeof orders)[number]) => boolean): number => orders.filter(test).length;
  const withPartner = count(
    ({ byPartnerRule: { rule, shares } }) => rule !== null && shares.every(({ partner }) => partner !== null),
  );
  const withCountry = count(({ after }) => after.country !== null);
  return {
    orders: orders.length,
    withPartner,
    byDefault: count(({ byPartnerRule }) => byPartnerRule.rule === null),
    unmapped: count(({ byPartnerRule }) => byPartnerRule.shares.some(({ partner }) => partner === null)),
    withCountry,
    partnerShare: shareOf(withPartner, orders.length),
    countryShare: shareOf(withCountry, orders.length),
    rules: basis.rules.map(({ gives, store = null, from }, index) => {
      const decided = orders
        .map(({ byPartnerRule, byCountryRule }) => (gives === 'partner' ? byPartnerRule : byCountryRule))
        .filter(({ rule }) => rule === index);
      return {
        rule: index + 1,
        gives,
        store,
        place: placeName(from),
        decided: decided.length,
        unmapped: decided.filter(({ unmapped }) => unmapped !== null).length,
      };
    }),
  };
};
