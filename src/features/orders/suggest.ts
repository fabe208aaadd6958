import { countryCode } from '../../platform/country-names.ts';
import { safePattern } from '../../platform/safe-pattern.ts';
import type { OrderSurvey, StoreOrder } from '../../stores/port.ts';
import type { KnownPartners, MappingRule } from './mapping.ts';
import {
  isLinePlace,
  lineCategories,
  lineValue,
  type MappingSource,
  orderValue,
  placeName,
  plainPlaces,
} from './mapping-source.ts';

/** A place that seems to tell whose orders are, or where they went, and the rule that would read it. */
export interface RuleSuggestion {
  readonly place: string;
  /** To be completed by a person: values that are not in `values` stand for themselves. */
  readonly rule: MappingRule;
  /** Parts of the orders looked at: with any value there, and with one that names a known partner or a country. */
  readonly carriedShare: number;
  readonly knownShare: number;
  readonly distinctValues: number;
  /** Of values that name nobody known, the most frequent; none where they are too many or too long to be names. */
  readonly unknownValues: readonly { readonly value: string; readonly name: string | null; readonly orders: number }[];
  /** What speaks for it. */
  readonly because: 'values are known' | 'its name says so' | 'few values repeat';
}

/** Below this part of the orders a place says too little. */
const leastCarried = 0.02;
/** Of countries: the part of the values that must be some. */
const leastCountries = 0.8;
const mostUnknown = 20;
const mostSuggestions = 20;

/** Words that shops name such fields by, folded, in the languages of our customers. */
const partnerWords =
  /partner|seller|vendor|vendeur|vendedor|reseller|merchant|marketplace|marktplatz|dealer|handler|haendler|affiliate|distribut|revendeur|saljare|aterforsaljare|filial|store|shop|brand|marke|supplier|lieferant|agent|rep\b|source|origin/;
const countryWords = /country|land|pays|pais|region|nation|market|markt|delivery to|lieferland/;

const folded = (text: string): string => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();

/** What people fill in by hand is no name of a partner: too long, an address, or many words. */
const isNameLike = (value: string): boolean =>
  value.length <= 60 && !/[@\r\n]/.test(value) && value.split(/\s+/).length <= 5;

const namesOf = (
  orders: readonly StoreOrder[],
  pick: (places: StoreOrder['places']) => object | undefined,
): string[] => [...new Set(orders.flatMap(({ places }) => Object.keys(pick(places) ?? {})))];

/** Nearly every order has them, and the address decides where no rule does: to suggest them would hide what tells more. */
const notSuggested: ReadonlySet<string> = new Set(['billing_country', 'shipping_country', 'customer_locale']);

/** Every place at which one of these orders has something. */
const sourcesIn = (orders: readonly StoreOrder[], notePattern: string | null): MappingSource[] => [
  ...namesOf(orders, ({ metafields }) => metafields).map((name): MappingSource => {
    const dot = name.indexOf('.');
    return { place: 'metafield', namespace: name.slice(0, dot), key: name.slice(dot + 1) };
  }),
  ...namesOf(orders, ({ formFields }) => formFields).map((name): MappingSource => ({ place: 'form_field', name })),
  ...namesOf(orders, ({ customerAttributes }) => customerAttributes).map(
    (name): MappingSource => ({ place: 'customer_attribute', name }),
  ),
  ...namesOf(orders, ({ customerFields }) => customerFields).map(
    (name): MappingSource => ({ place: 'customer_field', name }),
  ),
  ...[
    ...new Set(
      orders.flatMap(({ places }) => Object.values(places.productFields ?? {}).flatMap((own) => Object.keys(own))),
    ),
  ].map((name): MappingSource => ({ place: 'product_field', name })),
  ...plainPlaces.filter((place) => !notSuggested.has(place)).map((place): MappingSource => ({ place })),
  { place: 'external_order_id', pattern: '^([A-Za-z]{2,})[-_/]' },
  { place: 'line_brand' },
  { place: 'product_category' },
  { place: 'sku_prefix', separator: '-' },
  ...(notePattern === null ? [] : [{ place: 'staff_note', pattern: notePattern } as const]),
];

const valuesOf = (order: StoreOrder, from: MappingSource): string[] => {
  // A rule takes those that it lists alone; here any may be the one.
  if (from.place === 'product_category')
    return [...new Set(order.lines.flatMap((line) => lineCategories(line, order.places).map(({ id }) => id)))];
  const ofOrder = orderValue(from, order.places);
  if (ofOrder !== null) return [ofOrder];
  const lines = order.lines.map((line) =>
    lineValue(from, { ...line, revenueMicros: 0n }, { places: order.places, values: {} }),
  );
  return [...new Set(lines.flatMap((value) => value ?? []))];
};

const categoryNamesIn = (orders: readonly StoreOrder[]): ReadonlyMap<string, string | null> =>
  new Map(
    orders.flatMap(({ places }) =>
      Object.values(places.productCategories ?? {}).flatMap((own) => own.map(({ id, name }) => [id, name] as const)),
    ),
  );

const share = (part: number, whole: number): number => Math.round((part / whole) * 1000) / 1000;

/** A pattern that finds the names of known partners in a note; null where there are too many of them for one. */
export const partnerNamePattern = (names: readonly string[]): string | null => {
  const escaped = names
    .filter((name) => name.length >= 3)
    .map((name) => name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .toSorted((a, b) => b.length - a.length);
  const pattern = `\\b(${escaped.join('|')})\\b`;
  return escaped.length > 0 && safePattern(pattern) ? pattern : null;
};

/**
 * Rules that a look at the latest orders suggests, the best first: places whose values name known partners or countries, or
 * that look as if they did. Values are shown only where they look like names.
 */
export const suggestRules = (
  { orders, channelNames, groupNames }: OrderSurvey,
  partners: KnownPartners,
  notePattern: string | null,
): RuleSuggestion[] => {
  if (orders.length === 0) return [];
  const named: Partial<Record<MappingSource['place'], ReadonlyMap<string, string | null>>> = {
    channel: channelNames,
    customer_group: groupNames,
    product_category: categoryNamesIn(orders),
  };
  const nameOf = ({ place }: MappingSource, value: string): string | null => named[place]?.get(value) ?? null;

  const suggestFor = (from: MappingSource): RuleSuggestion[] => {
    const counts = new Map<string, number>();
    let carried = 0;
    const valuesByOrder = orders.map((order) => valuesOf(order, from));
    for (const values of valuesByOrder) {
      if (values.length > 0) carried += 1;
      for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    if (carried / orders.length < leastCarried) return [];
    const label = folded('name' in from ? from.name : 'key' in from ? from.key : '');
    const all = [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    const orderCount = (resolve: (value: string) => string | null): number =>
      valuesByOrder.filter((values) => values.some((value) => resolve(value) !== null)).length;
    const listed = (resolve: (value: string) => string | null, plain: (value: string) => string | null) =>
      Object.fromEntries(
        all.flatMap(([value]) => {
          const code = resolve(value);
          return code !== null && plain(value) !== code ? [[value, code]] : [];
        }),
      );
    const unknown = (resolve: (value: string) => string | null) => {
      const strangers = all.filter(([value]) => resolve(value) === null);
      // Many different values are what customers wrote, not whose the orders are.
      const shown = strangers.length <= Math.max(mostUnknown, carried / 5) ? strangers : [];
      return shown
        .filter(([value]) => isNameLike(value))
        .slice(0, mostUnknown)
        .map(([value, count]) => ({ value, name: nameOf(from, value), orders: count }));
    };
    const told = (
      gives: 'partner' | 'country',
      resolve: (value: string) => string | null,
      because: RuleSuggestion['because'],
    ): RuleSuggestion => ({
      place: placeName(from),
      rule: { gives, from, values: listed(resolve, gives === 'partner' ? partners.resolve : countryCode) },
      carriedShare: share(carried, orders.length),
      knownShare: share(orderCount(resolve), orders.length),
      distinctValues: all.length,
      unknownValues: unknown(resolve),
      because,
    });

    const partnerOf = (value: string): string | null => {
      const name = nameOf(from, value);
      return partners.resolve(value) ?? (name === null ? null : partners.resolve(name));
    };
    const knownPartners = orderCount(partnerOf);
    const suggestions: RuleSuggestion[] = [];
    if (knownPartners > 0) suggestions.push(told('partner', partnerOf, 'values are known'));
    else if (partnerWords.test(label)) suggestions.push(told('partner', partnerOf, 'its name says so'));
    else if (
      ['channel', 'external_source', 'external_merchant_id', 'customer_group'].includes(from.place) &&
      all.length > 1 &&
      all.length <= carried / 3
    )
      suggestions.push(told('partner', partnerOf, 'few values repeat'));
    const countries = all.filter(([value]) => countryCode(value) !== null).length;
    const looksLikeCountries = countries / all.length >= leastCountries && (countries > 1 || countryWords.test(label));
    if (!isLinePlace(from) && from.place !== 'geoip_country' && looksLikeCountries)
      suggestions.push(
        told('country', countryCode, countryWords.test(label) ? 'its name says so' : 'values are known'),
      );
    return suggestions;
  };

  const rank: Record<RuleSuggestion['because'], number> = {
    'values are known': 0,
    'its name says so': 1,
    'few values repeat': 2,
  };
  return sourcesIn(orders, notePattern)
    .flatMap(suggestFor)
    .toSorted(
      (a, b) => b.knownShare - a.knownShare || rank[a.because] - rank[b.because] || b.carriedShare - a.carriedShare,
    )
    .slice(0, mostSuggestions);
};
