import {
  divide,
  formatMicros,
  multiply,
  parseDecimal,
  type Rational,
  rational,
  roundHalfEven,
} from '../../core/money.ts';
import type { PlacesWanted, StoreOrder, StoreOrderLine, StoreRefund } from '../port.ts';
import { countryOf, couponCodes, type OrderExtras, placesOf } from './places.ts';
import type { Order, OrderProduct, Refund, ShippingAddress } from './schema.ts';

/** What belongs to one order, from however many calls it took. */
export interface OrderParts {
  readonly order: Order;
  readonly products: readonly OrderProduct[];
  readonly addresses: readonly ShippingAddress[];
  /** The address of the customer's account; null for a guest. */
  readonly accountEmail: string | null;
  readonly extras: OrderExtras;
}

const micros = rational(1_000_000n);

const minus = (a: Rational, b: Rational): Rational =>
  rational(a.numerator * b.denominator - b.numerator * a.denominator, a.denominator * b.denominator);

const plus = (a: Rational, b: Rational): Rational =>
  rational(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);

const decimalOf = (value: Rational): string => formatMicros(roundHalfEven(multiply(value, micros)));

const isPositive = ({ numerator }: Rational): boolean => numerator > 0n;
const sumOf = (values: readonly Rational[]): Rational => values.reduce(plus, rational(0n));

/**
 * What a line earns, tax out, before and after discounts. The store gives discounts with tax included, so that what was paid
 * is taken in the line's own proportion of net to gross.
 */
const lineAmounts = (
  product: OrderProduct,
  taxInclusive: boolean,
): { readonly gross: Rational; readonly revenue: Rational } => {
  const gross = parseDecimal(product.total_inc_tax);
  const net =
    taxInclusive && product.total_tax
      ? minus(gross, parseDecimal(product.total_tax))
      : parseDecimal(product.total_ex_tax);
  if (!isPositive(gross)) return { gross: net, revenue: net };
  const discounts = product.applied_discounts ?? [];
  const paid = product.discounted_total_inc_tax
    ? parseDecimal(product.discounted_total_inc_tax)
    : discounts.reduce((left, { amount }) => minus(left, parseDecimal(amount ?? '0')), gross);
  const revenue = divide(multiply(net, paid), gross);
  return { gross: isPositive(minus(revenue, net)) ? revenue : net, revenue };
};

/**
 * What the pieces of a line cost us; null where no price of cost was entered. Taken in the order's own currency, as all
 * amounts of its line: the vendor names no other for `cost_price_ex_tax`. A shop that sells in several should compare one order.
 */
const lineCost = ({ cost_price_ex_tax: piece, quantity }: OrderProduct): string | null => {
  const cost = parseDecimal(piece ?? '0');
  return isPositive(cost) ? decimalOf(multiply(cost, parseDecimal(String(quantity)))) : null;
};

const lineOf = (product: OrderProduct, taxInclusive: boolean): StoreOrderLine => {
  const { gross, revenue } = lineAmounts(product, taxInclusive);
  return {
    externalId: product.id,
    sku: product.sku,
    productName: product.name,
    brand: product.brand,
    revenue: decimalOf(revenue),
    gross: decimalOf(gross),
    cost: lineCost(product),
  };
};

/**
 * Discounts of the whole order, tax out: those of its lines, over which the store spreads what was taken off the order. Where
 * the lines tell none, what the order says, which stands on the side of its prices.
 */
const discountOf = ({ order, products }: OrderParts): Rational => {
  const ofLines = sumOf(
    products.map((product) => {
      const { gross, revenue } = lineAmounts(product, order.is_tax_inclusive_pricing);
      return minus(gross, revenue);
    }),
  );
  if (isPositive(ofLines)) return ofLines;
  const told = sumOf([order.discount_amount, order.coupon_discount].map((amount) => parseDecimal(amount ?? '0')));
  const gross = parseDecimal(order.total_inc_tax);
  if (!isPositive(told)) return rational(0n);
  return order.is_tax_inclusive_pricing && isPositive(gross)
    ? divide(multiply(told, minus(gross, parseDecimal(order.total_tax))), gross)
    : told;
};

/** An order with a coupon's discount whose lines tell no code had one at least. */
const couponsOf = ({ order, products }: OrderParts): number =>
  couponCodes(products).length || Number(isPositive(parseDecimal(order.coupon_discount ?? '0')));

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
  const revenue = revenueOf(order);
  const country = countryOf([...addresses, order.billing_address]);
  return {
    externalId: order.id,
    number: order.id,
    externalNumber: order.external_order_id ?? order.external_id,
    placedAt: order.date_created,
    modifiedAt: order.date_modified ?? order.date_created,
    statusId: order.status_id,
    archived: order.is_deleted,
    country,
    locale: order.customer_locale,
    customerId: customerOf(order),
    emails: emailsOf(parts),
    currency: (
      order.default_currency_code ??
      order.store_default_currency_code ??
      order.currency_code ??
      ''
    ).toUpperCase(),
    revenue,
    gross: decimalOf(plus(parseDecimal(revenue), discountOf(parts))),
    coupons: couponsOf(parts),
    lines: products.map((product) => lineOf(product, order.is_tax_inclusive_pricing)),
    places: placesOf(parts, wanted),
  };
};

/** Money moves after the refund was made: what a declined payment stood for was never paid out. */
export const mapRefund = (refund: Refund): StoreRefund => {
  const payments = refund.payments.filter((payment) => !payment.is_declined);
  return {
    externalId: refund.id,
    orderExternalId: refund.order_id,
    madeAt: refund.created,
    totalAmount: refund.total_amount,
    totalTax: refund.total_tax ?? '0',
    paid: decimalOf(sumOf(payments.map(({ amount }) => parseDecimal(amount)))),
  };
};
