import { countryCode } from '../../platform/country-names.ts';
import { safePattern } from '../../platform/safe-pattern.ts';
import { metafieldName, type OrderPlaces, type PlacesWanted, type StoreCategory } from '../port.ts';
import type { Metafield, Order, OrderProduct, ShippingAddress } from './schema.ts';

/** What is asked for beside the order itself, where a rule reads it. */
export interface OrderExtras {
  readonly metafields: readonly Metafield[];
  readonly customerGroup: string | null;
  readonly customerAttributes: Readonly<Record<string, string>>;
  readonly customerFields: Readonly<Record<string, string>>;
  /** Custom fields by product. */
  readonly productFields: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Categories by product. */
  readonly productCategories: ReadonlyMap<string, readonly StoreCategory[]>;
}

export const noExtras: OrderExtras = {
  metafields: [],
  customerGroup: null,
  customerAttributes: {},
  customerFields: {},
  productFields: new Map(),
  productCategories: new Map(),
};

interface PlaceParts {
  readonly order: Order;
  readonly products: readonly OrderProduct[];
  readonly addresses: readonly ShippingAddress[];
  readonly extras: OrderExtras;
}

type Texts = Record<string, string>;

/** A customer's text field arrives as text, a number field as a number, a checkbox group as an array. */
export const fieldText = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(fieldText).filter(Boolean).join(', ');
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value).trim()
    : '';
};

const sameLabel = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();

/** The first filled field under each wanted label; of everything, under each label there is. */
const labelled = (
  fields: readonly { readonly name: string; readonly text: string }[],
  names: readonly string[],
  everything = false,
): Texts => {
  const found: Texts = {};
  for (const name of everything ? new Set(fields.map((field) => field.name.trim())) : names) {
    const text = fields.find((field) => sameLabel(field.name, name) && field.text !== '')?.text;
    if (text) found[name] = text;
  }
  return found;
};

const formFieldsOf = (addresses: readonly (ShippingAddress | null | undefined)[]) =>
  addresses.flatMap((address) =>
    (address?.form_fields ?? []).map(({ name, value }) => ({ name, text: fieldText(value) })),
  );

const metafieldsOf = (fields: readonly Metafield[], wanted: PlacesWanted): Texts => {
  const names = new Set(wanted.metafields.map(metafieldName));
  return Object.fromEntries(
    fields
      .filter((field) => (wanted.everything || names.has(metafieldName(field))) && field.value.trim() !== '')
      .map((field) => [metafieldName(field), field.value.trim()]),
  );
};

/** A match longer than a name, or with an address in it, is no name: what is found is stored. */
const isName = (value: string): boolean => value !== '' && value.length <= 60 && !/[@\r\n]/.test(value);

/** What each pattern finds first in a text; the text goes no further. */
const matchesIn = (text: string | null, sources: readonly string[]): Texts => {
  const found: Texts = {};
  if (text === null) return found;
  for (const source of sources)
    for (const { value } of safePattern(source)?.matchesIn(text) ?? []) {
      if (!isName(value.trim())) continue;
      found[source] = value.trim();
      break;
    }
  return found;
};

/** Codes redeemed, each once in whatever case; they stand with the discounts of the lines. */
export const couponCodes = (products: readonly OrderProduct[]): string[] => {
  const codes = products.flatMap(({ applied_discounts }) =>
    (applied_discounts ?? []).flatMap(({ code }) => code ?? []),
  );
  return [...new Map(codes.map((code) => [code.toLowerCase(), code])).values()].toSorted();
};

const productFieldsOf = ({ products, extras }: PlaceParts, wanted: PlacesWanted): Record<string, Texts> =>
  Object.fromEntries(
    products.flatMap((product) => {
      const held = product.product_id === null ? undefined : extras.productFields.get(product.product_id);
      if (!held) return [];
      const fields = Object.entries(held).map(([name, text]) => ({ name, text }));
      const own = labelled(fields, wanted.productFields ?? [], wanted.everything);
      return Object.keys(own).length > 0 ? [[product.id, own]] : [];
    }),
  );

const productCategoriesOf = ({ products, extras }: PlaceParts): Record<string, readonly StoreCategory[]> =>
  Object.fromEntries(
    products.flatMap(({ id, product_id }) => {
      const held = extras.productCategories.get(product_id ?? '') ?? [];
      return held.length > 0 ? [[id, held]] : [];
    }),
  );

const picked = (all: Readonly<Texts>, names: readonly string[] | undefined, everything?: boolean): Texts =>
  labelled(
    Object.entries(all).map(([name, text]) => ({ name, text })),
    names ?? [],
    everything,
  );

/** Of the first address that has a code; where none has, of the first whose country's name says which it is. */
export const countryOf = (addresses: readonly (ShippingAddress | null | undefined)[]): string | null => {
  const code = addresses.find((address) => address?.country_iso2)?.country_iso2;
  if (code) return code.toUpperCase();
  for (const address of addresses) {
    const named = address?.country ? countryCode(address.country) : null;
    if (named) return named;
  }
  return null;
};

/** The same for a rule to read: what is no country's name as the address has it. */
const countryText = (addresses: readonly (ShippingAddress | null | undefined)[]): string | null =>
  countryOf(addresses) ?? (addresses.find((address) => address?.country)?.country || null);

/** Only what a mapping rule reads is kept: form fields may hold anything, names and notes of the customer included. */
export const placesOf = (parts: PlaceParts, wanted: PlacesWanted): OrderPlaces => {
  const { order, products, addresses, extras } = parts;
  const { formFields, everything } = wanted;
  return {
    channel: order.channel_id,
    externalSource: order.external_source,
    orderSource: order.order_source,
    customStatus: order.custom_status,
    externalId: order.external_id,
    externalOrderId: order.external_order_id,
    externalMerchantId: order.external_merchant_id,
    geoipCountry: order.geoip_country_iso2,
    shippingZone: addresses.find((address) => address.shipping_zone_name)?.shipping_zone_name ?? null,
    billingCountry: countryText([order.billing_address]),
    shippingCountry: countryText(addresses),
    customerLocale: order.customer_locale,
    metafields: metafieldsOf(extras.metafields, wanted),
    formFields: labelled(formFieldsOf([order.billing_address, ...addresses]), formFields, everything),
    ...((everything || formFields.length > 0) && {
      billingFields: labelled(formFieldsOf([order.billing_address]), formFields, everything),
      shippingFields: labelled(formFieldsOf(addresses), formFields, everything),
    }),
    ...((everything || wanted.coupons) && { coupons: couponCodes(products) }),
    ...((everything || wanted.customerGroup) && { customerGroup: extras.customerGroup }),
    ...((everything || wanted.customerAttributes) && {
      customerAttributes: picked(extras.customerAttributes, wanted.customerAttributes, everything),
    }),
    ...((everything || wanted.customerFields) && {
      customerFields: picked(extras.customerFields, wanted.customerFields, everything),
    }),
    ...((everything || wanted.productFields) && { productFields: productFieldsOf(parts, wanted) }),
    ...((everything || wanted.productCategories) && { productCategories: productCategoriesOf(parts) }),
    ...(wanted.staffNotes && { staffNotes: matchesIn(order.staff_notes, wanted.staffNotes) }),
    ...(wanted.customerMessages && { customerMessages: matchesIn(order.customer_message, wanted.customerMessages) }),
  };
};
