import { money } from './amounts.ts';
import { type OrderInput, type OrderRecord, statusNames } from './model.ts';

const rfc2822 = (atMs: number): string => new Date(atMs).toUTCString().replace('GMT', '+0000');

const countryNames = new Intl.DisplayNames('en', { type: 'region' });

/** Totals of the store's default currency per unit of others: shown on orders, used by nobody who knows better. */
const personJson = ({ firstName, lastName, countryIso2, email, formFields }: OrderInput): Record<string, unknown> => ({
  first_name: firstName,
  last_name: lastName,
  company: '',
  street_1: '1 Example Street',
  street_2: '',
  city: 'Example',
  state: '',
  zip: '00000',
  country: countryNames.of(countryIso2) ?? countryIso2,
  country_iso2: countryIso2,
  phone: '',
  email,
  form_fields: formFields,
});

/** The store's first line of an order is numbered so that ids are unique over all orders. */
export const lineId = (orderId: number, index: number): number => orderId * 100 + index + 1;

export const productId = (sku: string): number => 100 + Number.parseInt(sku.replace(/\D/g, ''), 10);

export const addressJson = (order: Pick<OrderRecord, 'id' | 'input' | 'amounts'>): Record<string, unknown> => ({
  id: order.id * 10 + 1,
  order_id: order.id,
  ...personJson(order.input),
  items_total: order.input.lines.reduce((sum, { quantity }) => sum + quantity, 0),
  items_shipped: 0,
  shipping_method: 'Parcel',
  base_cost: money(order.amounts.shippingExCents),
  cost_ex_tax: money(order.amounts.shippingExCents),
  cost_inc_tax: money(order.amounts.shippingIncCents),
  cost_tax: money(order.amounts.shippingIncCents - order.amounts.shippingExCents),
  cost_tax_class_id: 0,
  base_handling_cost: '0.0000',
  handling_cost_ex_tax: '0.0000',
  handling_cost_inc_tax: '0.0000',
  handling_cost_tax: '0.0000',
  shipping_zone_id: 1,
  shipping_zone_name: order.input.countryIso2,
});

export const productsJson = (order: Pick<OrderRecord, 'id' | 'input' | 'amounts'>): Record<string, unknown>[] =>
  order.input.lines.map((line, index) => {
    const amounts = order.amounts.lines[index] ?? { exCents: 0, taxCents: 0, incCents: 0, discountIncCents: 0 };
    const discount = amounts.discountIncCents;
    return {
      id: lineId(order.id, index),
      order_id: order.id,
      product_id: productId(line.sku),
      variant_id: 1,
      order_address_id: order.id * 10 + 1,
      name: line.name,
      name_customer: line.name,
      name_merchant: line.name,
      sku: line.sku,
      type: 'physical',
      base_price: money(line.priceCents),
      price_ex_tax: money(Math.round(amounts.exCents / line.quantity)),
      price_inc_tax: money(Math.round(amounts.incCents / line.quantity)),
      price_tax: money(Math.round(amounts.taxCents / line.quantity)),
      base_total: money(line.priceCents * line.quantity),
      total_ex_tax: money(amounts.exCents),
      total_inc_tax: money(amounts.incCents),
      total_tax: money(amounts.taxCents),
      discounted_total_inc_tax: money(amounts.incCents - discount),
      quantity: line.quantity,
      base_cost_price: money(line.costCents ?? 0),
      cost_price_ex_tax: money(line.costCents ?? 0),
      cost_price_inc_tax: money(line.costCents ?? 0),
      is_refunded: false,
      quantity_refunded: 0,
      // The store documents this as always 0: refund money stands in V3 alone.
      refund_amount: '0.0000',
      return_id: 0,
      quantity_shipped: 0,
      parent_order_product_id: null,
      is_bundled_product: false,
      external_id: null,
      brand: line.brand,
      applied_discounts:
        discount > 0
          ? [{ id: 'total-coupon', amount: money(discount), name: 'Coupon', code: 'HOME', target: 'order' }]
          : [],
      product_options: [],
    };
  });

/** The fields of an order as JSON text without the closing brace, so that sub-resources can be folded in. */
const orderText = (order: OrderRecord, baseUrl: string): string => {
  if (order.text) return order.text;
  const { input, amounts, id } = order;
  const subtotal = (side: 'exCents' | 'incCents' | 'taxCents') =>
    amounts.lines.reduce((sum, line) => sum + line[side], 0);
  const discount = amounts.lines.reduce((sum, { discountIncCents }) => sum + discountIncCents, 0);
  const paid = order.statusId !== 0 && order.statusId !== 5 && order.statusId !== 6;
  const resource = (name: string) => ({ url: `${baseUrl}/v2/orders/${id}/${name}`, resource: `/orders/${id}/${name}` });
  const whole = {
    id,
    customer_id: input.customerId,
    date_created: rfc2822(input.placedAtMs),
    date_modified: rfc2822(order.modifiedAtMs),
    date_shipped: order.statusId === 2 ? rfc2822(order.modifiedAtMs) : '',
    status_id: order.statusId,
    status: statusNames[order.statusId] ?? '',
    custom_status: statusNames[order.statusId] ?? '',
    subtotal_ex_tax: money(subtotal('exCents')),
    subtotal_inc_tax: money(subtotal('incCents')),
    subtotal_tax: money(subtotal('taxCents')),
    base_shipping_cost: money(amounts.shippingExCents),
    shipping_cost_ex_tax: money(amounts.shippingExCents),
    shipping_cost_inc_tax: money(amounts.shippingIncCents),
    shipping_cost_tax: money(amounts.shippingIncCents - amounts.shippingExCents),
    base_handling_cost: '0.0000',
    handling_cost_ex_tax: '0.0000',
    handling_cost_inc_tax: '0.0000',
    base_wrapping_cost: '0.0000',
    total_ex_tax: money(amounts.totalExCents),
    total_inc_tax: money(amounts.totalIncCents),
    total_tax: money(amounts.totalTaxCents),
    is_tax_inclusive_pricing: input.taxInclusive,
    items_total: input.lines.reduce((sum, { quantity }) => sum + quantity, 0),
    items_shipped: 0,
    payment_method: 'Card',
    payment_status: paid ? 'captured' : '',
    refunded_amount: '0.0000',
    order_is_digital: false,
    store_credit_amount: '0.0000',
    gift_certificate_amount: '0.0000',
    ip_address: '',
    geoip_country_iso2: input.countryIso2,
    currency_id: 1,
    // The display currency: some shoppers browse in another one than they pay in.
    currency_code: id % 11 === 0 ? 'USD' : input.currency,
    currency_exchange_rate: '1.0000000000',
    default_currency_id: 1,
    default_currency_code: input.currency,
    store_default_currency_code: id % 5 === 0 ? '' : 'EUR',
    store_default_to_transactional_exchange_rate: '1.0000000000',
    staff_notes: '',
    customer_message: '',
    discount_amount: '0.0000',
    coupon_discount: money(discount),
    shipping_address_count: 1,
    is_deleted: order.isArchived,
    billing_address: personJson(input),
    order_source: input.externalSource ? 'external' : 'www',
    channel_id: input.channelId,
    external_source: input.externalSource,
    external_id: null,
    external_order_id: input.externalOrderId,
    external_merchant_id: null,
    customer_locale: input.locale,
    tax_provider_id: 'BasicTaxProvider',
    products: resource('products'),
    shipping_addresses: resource('shippingaddresses'),
    coupons: resource('coupons'),
  };
  order.text = JSON.stringify(whole).slice(0, -1);
  return order.text;
};

const consignmentsText = (
  order: OrderRecord,
  { withLines, baseUrl }: { readonly withLines: boolean; readonly baseUrl: string },
): string => {
  const lines = withLines
    ? order.productsText
    : JSON.stringify(
        order.input.lines.map((_, index) => {
          const resource = `/orders/${order.id}/products/${lineId(order.id, index)}`;
          return { url: `${baseUrl}/v2${resource}`, resource };
        }),
      );
  return `{"pickups":[],"shipping":[${order.addressText.slice(0, -1)},"line_items":${lines}}],"downloads":[],"email":{"gift_certificates":[]}}`;
};

/** An order with what `include` folds in; without `consignment_structure=object` consignments come as a list. */
export const orderWith = (
  order: OrderRecord,
  query: Readonly<Record<string, string | undefined>>,
  baseUrl: string,
): string => {
  const include = new Set((query.include ?? '').split(','));
  const withLines = include.has('consignments.line_items');
  const text = orderText(order, baseUrl);
  const fees = include.has('fees') ? ',"fees":[]' : '';
  if (!withLines && !include.has('consignments')) {
    const resource = `/orders/${order.id}/consignments`;
    return `${text},"consignments":${JSON.stringify({ url: `${baseUrl}/v2${resource}`, resource })}${fees}}`;
  }
  const consignments = consignmentsText(order, { withLines, baseUrl });
  return `${text},"consignments":${query.consignment_structure === 'object' ? consignments : `[${consignments}]`}${fees}}`;
};
