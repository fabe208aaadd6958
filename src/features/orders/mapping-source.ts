import { type SafePattern, safePattern } from '../../platform/safe-pattern.ts';
import type { OrderPlaces } from '../../stores/port.ts';

/** Places that hold one text, and need no further word to be found. */
export const plainPlaces = [
  'channel',
  'external_source',
  'order_source',
  'external_order_id',
  'external_merchant_id',
  'customer_group',
  'geoip_country',
  'shipping_zone',
] as const;

/** Where on an order a rule looks, and what it takes of the text there: the first match of `pattern`, else the whole. */
export type MappingSource = (
  | { readonly place: (typeof plainPlaces)[number] }
  | { readonly place: 'metafield'; readonly namespace: string; readonly key: string }
  /** Of billing, else of shipping, unless `of` says which. */
  | { readonly place: 'form_field'; readonly name: string; readonly of?: 'billing' | 'shipping' | undefined }
  | { readonly place: 'customer_attribute' | 'customer_field' | 'product_field'; readonly name: string }
  | { readonly place: 'line_brand' | 'coupon' }
  /** What stands before the separator; without one the listed values are the prefixes. */
  | { readonly place: 'sku_prefix'; readonly separator?: string | undefined }
  | { readonly place: 'staff_note' | 'customer_message' }
) & { readonly pattern?: string | undefined };

export interface MappedLine {
  readonly externalId?: string;
  readonly sku?: string | null;
  readonly brand: string | null;
  readonly revenueMicros: bigint;
}

/** Places of lines: a rule on one of them shares an order out among its lines. */
export const isLinePlace = ({ place }: MappingSource): boolean =>
  place === 'line_brand' || place === 'sku_prefix' || place === 'product_field';

/** How faults, warnings and the list of unmapped values name a place. */
export const placeName = (from: MappingSource): string => {
  const taken = from.pattern === undefined ? '' : ` /${from.pattern}/`;
  switch (from.place) {
    case 'metafield':
      return `metafield ${from.namespace}.${from.key}${taken}`;
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
const own = <Value>(record: Readonly<Record<string, Value>> | undefined, key: string): Value | undefined =>
  record && Object.hasOwn(record, key) ? record[key] : undefined;

const mostHeld = 500;
const compiled = new Map<string, SafePattern | null>();

/** Patterns come from rules that were checked when they were imported; the list of them is short. */
const patternOf = (source: string): SafePattern | null => {
  const held = compiled.get(source);
  if (held !== undefined) return held;
  if (compiled.size >= mostHeld) compiled.clear();
  const pattern = safePattern(source);
  compiled.set(source, pattern);
  return pattern;
};

const present = (raw: string | null | undefined): string | null => raw?.trim() || null;

/** What the source's pattern takes of a text; null where it takes nothing. */
const taken = ({ pattern }: MappingSource, raw: string | null | undefined): string | null => {
  const text = present(raw);
  if (text === null || pattern === undefined) return text;
  for (const { value } of patternOf(pattern)?.matchesIn(text) ?? []) if (present(value)) return present(value);
  return null;
};

/** The listed value that a text is, in whatever case; for places where only what is listed says anything. */
const listed = (texts: readonly string[], values: Readonly<Record<string, string>>): string | null => {
  const known = new Set(Object.keys(values).map((value) => value.trim().toLowerCase()));
  return texts.find((text) => known.has(text.toLowerCase())) ?? null;
};

/** The raw value at a place of the order; null where it has none. Of a line's place always null. */
export const orderValue = (
  from: MappingSource,
  places: OrderPlaces,
  values: Readonly<Record<string, string>> = {},
): string | null => {
  switch (from.place) {
    case 'channel':
      return taken(from, places.channel);
    case 'external_source':
      return taken(from, places.externalSource);
    case 'order_source':
      return taken(from, places.orderSource);
    case 'external_order_id':
      return taken(from, places.externalOrderId);
    case 'external_merchant_id':
      return taken(from, places.externalMerchantId);
    case 'customer_group':
      return taken(from, places.customerGroup);
    case 'geoip_country':
      return taken(from, places.geoipCountry);
    case 'shipping_zone':
      return taken(from, places.shippingZone);
    case 'metafield':
      return taken(from, own(places.metafields, `${from.namespace}.${from.key}`));
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
    case 'line_brand':
    case 'sku_prefix':
    case 'product_field':
      return null;
  }
};

const prefixOf = (sku: string, values: Readonly<Record<string, string>>): string | null => {
  const folded = sku.toLowerCase();
  const fitting = Object.keys(values).filter((prefix) => folded.startsWith(prefix.trim().toLowerCase()));
  return fitting.toSorted((a, b) => b.length - a.length)[0] ?? null;
};

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
