import { safePattern } from '../../platform/safe-pattern.ts';
import { metafieldName, type OrderPlaces } from '../../stores/port.ts';

/** Places that hold one text, and need no further word to be found: where it stands on an order. */
const plainTexts = {
  channel: 'channel',
  external_source: 'externalSource',
  order_source: 'orderSource',
  custom_status: 'customStatus',
  external_id: 'externalId',
  external_order_id: 'externalOrderId',
  external_merchant_id: 'externalMerchantId',
  customer_group: 'customerGroup',
  geoip_country: 'geoipCountry',
  shipping_zone: 'shippingZone',
  billing_country: 'billingCountry',
  shipping_country: 'shippingCountry',
  customer_locale: 'customerLocale',
} as const satisfies Readonly<Record<string, keyof OrderPlaces>>;

/** What rules read of an order: what stands on it, and of which store it is, by its name. */
export interface MappedPlaces extends OrderPlaces {
  readonly store?: string | undefined;
}

export type PlainPlace = keyof typeof plainTexts;
export const plainPlaces = Object.keys(plainTexts) as PlainPlace[];

/** Where on an order a rule looks, and what it takes of the text there: the first match of `pattern`, else the whole. */
export type MappingSource = (
  | { readonly place: PlainPlace }
  | { readonly place: 'metafield'; readonly namespace: string; readonly key: string }
  /** Of billing, else of shipping, unless `of` says which. */
  | { readonly place: 'form_field'; readonly name: string; readonly of?: 'billing' | 'shipping' | undefined }
  | { readonly place: 'customer_attribute' | 'customer_field' | 'product_field'; readonly name: string }
  | { readonly place: 'line_brand' | 'coupon' }
  /** By id or name, as listed; a pattern takes a part of the names alone. */
  | { readonly place: 'product_category' }
  /** What stands before the separator; without one the listed values are the prefixes. */
  | { readonly place: 'sku_prefix'; readonly separator?: string | undefined }
  | { readonly place: 'staff_note' | 'customer_message' }
  /** By name, as listed. */
  | { readonly place: 'store' }
) & { readonly pattern?: string | undefined };

export interface MappedLine {
  readonly externalId?: string;
  readonly sku?: string | null;
  readonly brand: string | null;
  readonly revenueMicros: bigint;
}

/** Places of lines: a rule on one of them shares an order out among its lines. */
export const isLinePlace = ({ place }: MappingSource): boolean =>
  place === 'line_brand' || place === 'sku_prefix' || place === 'product_field' || place === 'product_category';

/** How faults, warnings and the list of unmapped values name a place. */
export const placeName = (from: MappingSource): string => {
  const taken = from.pattern === undefined ? '' : ` /${from.pattern}/`;
  switch (from.place) {
    case 'metafield':
      return `metafield ${metafieldName(from)}${taken}`;
    case 'form_field':
      return `form field ${from.name}${from.of ? ` of ${from.of}` : ''}${taken}`;
    case 'customer_attribute':
    case 'customer_field':
    case 'product_field':
      return `${from.place.replace('_', ' ')} ${from.name}${taken}`;
    case 'staff_note':
    case 'customer_message':
      return `${from.place.replace('_', ' ')}${taken}`;
    default:
      return `${from.place}${taken}`;
  }
};

/** Names and values come from strangers: "constructor" must not find what every object has. */
export const own = <Value>(record: Readonly<Record<string, Value>> | undefined, key: string): Value | undefined =>
  record && Object.hasOwn(record, key) ? record[key] : undefined;

const present = (raw: string | null | undefined): string | null => raw?.trim() || null;

/** What the source's pattern takes of a text; null where it takes nothing. */
const taken = ({ pattern }: MappingSource, raw: string | null | undefined): string | null => {
  const text = present(raw);
  if (text === null || pattern === undefined) return text;
  for (const { value } of safePattern(pattern)?.matchesIn(text) ?? []) if (present(value)) return present(value);
  return null;
};

/** The listed value that a text is, in whatever case; for places where only what is listed says anything. */
const listed = (texts: readonly string[], values: Readonly<Record<string, string>>): string | null => {
  const known = new Set(Object.keys(values).map((value) => value.trim().toLowerCase()));
  return texts.find((text) => known.has(text.toLowerCase())) ?? null;
};

const isPlain = (from: MappingSource): from is Extract<MappingSource, { readonly place: PlainPlace }> =>
  Object.hasOwn(plainTexts, from.place);

/** The raw value at a place of the order; null where it has none. Of a line's place always null. */
export const orderValue = (
  from: MappingSource,
  places: MappedPlaces,
  values: Readonly<Record<string, string>> = {},
): string | null => {
  if (isPlain(from)) return taken(from, places[plainTexts[from.place]]);
  switch (from.place) {
    case 'metafield':
      return taken(from, own(places.metafields, metafieldName(from)));
    case 'form_field': {
      const fields = { billing: places.billingFields, shipping: places.shippingFields };
      return taken(from, own(from.of ? fields[from.of] : places.formFields, from.name));
    }
    case 'customer_attribute':
      return taken(from, own(places.customerAttributes, from.name));
    case 'customer_field':
      return taken(from, own(places.customerFields, from.name));
    // The pattern was matched where the text was.
    case 'staff_note':
      return present(own(places.staffNotes, from.pattern ?? ''));
    case 'customer_message':
      return present(own(places.customerMessages, from.pattern ?? ''));
    case 'coupon': {
      const codes = (places.coupons ?? []).flatMap((code) => taken(from, code) ?? []);
      // Most coupons are nobody's: one that is not listed yields nothing.
      return listed(codes, values);
    }
    // Names change: one that is not listed says nothing, so that by another name the same rules give the same.
    case 'store':
      return places.store !== undefined && own(values, places.store) !== undefined ? places.store : null;
    case 'line_brand':
    case 'sku_prefix':
    case 'product_field':
    case 'product_category':
      return null;
  }
};

const prefixOf = (sku: string, values: Readonly<Record<string, string>>): string | null => {
  const folded = sku.toLowerCase();
  const fitting = Object.keys(values).filter((prefix) => folded.startsWith(prefix.trim().toLowerCase()));
  return fitting.toSorted((a, b) => b.length - a.length)[0] ?? null;
};

/** The categories of a line's product. */
export const lineCategories = ({ externalId }: Pick<MappedLine, 'externalId'>, places: OrderPlaces) =>
  own(places.productCategories, externalId ?? '') ?? [];

/** The raw value at a place of one line. */
export const lineValue = (
  from: MappingSource,
  line: MappedLine,
  { places, values }: { readonly places: OrderPlaces; readonly values: Readonly<Record<string, string>> },
): string | null => {
  switch (from.place) {
    case 'line_brand':
      return taken(from, line.brand);
    case 'product_field':
      return taken(from, own(own(places.productFields, line.externalId ?? ''), from.name));
    case 'product_category': {
      const categories = lineCategories(line, places);
      // Most categories are nobody's: without a pattern one that is not listed yields nothing.
      if (from.pattern === undefined)
        return listed(
          categories.flatMap(({ id, name }) => [id, ...(name === null ? [] : [name])]),
          values,
        );
      const found = categories.flatMap(({ name }) => taken(from, name) ?? []);
      return listed(found, values) ?? found[0] ?? null;
    }
    case 'sku_prefix': {
      const sku = taken(from, line.sku);
      if (sku === null || from.pattern !== undefined) return sku;
      if (from.separator === undefined) return prefixOf(sku, values);
      const end = sku.indexOf(from.separator);
      return end > 0 ? present(sku.slice(0, end)) : null;
    }
    default:
      return null;
  }
};
