import {
  divide,
  formatMicros,
  multiply,
  parseDecimal,
  type Rational,
  rational,
  roundHalfEven,
} from '../../core/money.ts';
import type { OrderPlaces, PlacesWanted, StoreOrder, StoreOrderLine, StoreRefund } from '../port.ts';
import type { Metafield, Order, OrderProduct, Refund, ShippingAddress } from './schema.ts';

/** What belongs to one order, from however many calls it took. */
export interface OrderParts {
  readonly order: Order;
  readonly products: readonly OrderProduct[];
  readonly addresses: readonly ShippingAddress[];
  /** The address of the customer's account; null for a guest. */
  readonly accountEmail: string | null;
  readonly metafields: readonly Metafield[];
}

const micros = rational(1_000_000n);

const minus = (a: Rational, b: Rational): Rational =>
  rational(a.numerator * b.denominator - b.numerator * a.denominator, a.denominator * b.denominator);

const plus = (a: Rational, b: Rational): Rational =>
  rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);

const decimalOf = (value: Rational): string => formatMicros(roundHalfEven(multiply(value, micros)));

/** A customer's text field arrives as text, a number field as a number, a checkbox group as an array. */
const fieldText = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(fieldText).filter(Boolean).join(', ');
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value).trim()
    : '';
};

const sameLabel = (a: string, b: string): boolean => a.trim().toLowerCase() === b.trim().toLowerCase();

const formFieldsOf = ({ order, addresses }: OrderParts, names: readonly string[]): Record<string, string> => {
  const fields = [order.billing_address, ...addresses].flatMap((address) => address?.form_fields ?? []);
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = fields
      .filter((field) => sameLabel(field.name, name))
      .map((field) => fieldText(field.value))
      .find(Boolean);
    if (value) found[name] = value;
  }
  return found;
};

/** How metafields are named among an order's places. */
export const metafieldName = (field: { readonly namespace: string; readonly key: string }): string =>
  `${field.namespace}.${field.key}`;

const metafieldsOf = (fields: readonly Metafield[], wanted: PlacesWanted): Record<string, string> => {
  const names = new Set(wanted.metafields.map(metafieldName));
  return Object.fromEntries(
    fields
      .filter((field) => names.has(metafieldName(field)) && field.value.trim() !== '')
      .map((field) => [metafieldName(field), field.value.trim()]),
  );
};

/** Only what a mapping rule reads is kept: form fields may hold anything, names and notes of the customer included. */
const placesOf = (parts: OrderParts, wanted: PlacesWanted): OrderPlaces => ({
  channel: parts.order.channel_id,
  externalSource: parts.order.external_source,
  metafields: metafieldsOf(parts.metafields, wanted),
  formFields: formFieldsOf(parts, wanted.formFields),
});

/**
 * What a line earns: tax out and after discounts. The store gives discounts with tax included, so that what was paid is
 * taken in the line's own proportion of net to gross.
 */
const lineRevenue = (product: OrderProduct, taxInclusive: boolean): string => {
  const gross = parseDecimal(product.total_inc_tax);
  const net =
    taxInclusive && product.total_tax
      ? minus(gross, parseDecimal(product.total_tax))
      : parseDecimal(product.total_ex_tax);
  if (gross.numerator <= 0n) return decimalOf(net);
  const discounts = product.applied_discounts ?? [];
  const paid = product.discounted_total_inc_tax
    ? parseDecimal(product.discounted_total_inc_tax)
    : discounts.reduce((left, { amount }) => minus(left, parseDecimal(amount ?? '0')), gross);
  return decimalOf(divide(multiply(net, paid), gross));
};

const lineOf = (product: OrderProduct, taxInclusive: boolean): StoreOrderLine => ({
  externalId: product.id,
  sku: product.sku,
  productName: product.name,
  brand: product.brand,
  revenue: lineRevenue(product, taxInclusive),
});

/** Whoever bought, paid or received: any of them may write about the order. */
const emailsOf = ({ order, addresses, accountEmail }: OrderParts): string[] => {
  const emails = [order.billing_address?.email, ...addresses.map(({ email }) => email), accountEmail];
  return [...new Set(emails.flatMap((email) => (email ? [email] : [])))];
};

/** 0 is every guest together, no customer. */
export const customerOf = ({ customer_id }: Order): string | null => (customer_id === '0' ? null : customer_id);

/** RULES.md section 6: the side of the price that is exact decides; the other one is the store's estimate. */
const revenueOf = (order: Order): string =>
  order.is_tax_inclusive_pricing
    ? decimalOf(minus(parseDecimal(order.total_inc_tax), parseDecimal(order.total_tax)))
    : order.total_ex_tax;

/**
 * An order as the rest of the program knows it. `default_currency_code` is what the shopper pays in; `currency_code` only
 * what was shown, taken where the others are empty.
 */
export const mapOrder = (parts: OrderParts, wanted: PlacesWanted): StoreOrder => {
  const { order, addresses, products } = parts;
  const country =
    addresses.find((address) => address.country_iso2)?.country_iso2 ?? order.billing_address?.country_iso2 ?? null;
  return {
    externalId: order.id,
    number: order.id,
    externalNumber: order.external_order_id ?? order.external_id,
    placedAt: order.date_created,
    modifiedAt: order.date_modified ?? order.date_created,
    statusId: order.status_id,
    archived: order.is_deleted,
    country: country?.toUpperCase() ?? null,
    locale: order.customer_locale,
    customerId: customerOf(order),
    emails: emailsOf(parts),
    currency: (
      order.default_currency_code ??
      order.store_default_currency_code ??
      order.currency_code ??
      ''
    ).toUpperCase(),
    revenue: revenueOf(order),
    lines: products.map((product) => lineOf(product, order.is_tax_inclusive_pricing)),
    places: placesOf(parts, wanted),
  };
};

/** Money moves after the refund was made: what a declined payment stood for was never paid out. */
export const mapRefund = (refund: Refund): StoreRefund => {
  const paid = refund.payments
    .filter((payment) => !payment.is_declined)
    .reduce((sum, { amount }) => plus(sum, parseDecimal(amount)), rational(0n));
  return {
    externalId: refund.id,
    orderExternalId: refund.order_id,
    madeAt: refund.created,
    totalAmount: refund.total_amount,
    totalTax: refund.total_tax ?? '0',
    paid: decimalOf(paid),
  };
};
