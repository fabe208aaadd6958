import { z } from 'zod';

// The shapes of BigCommerce's answers, as far as we read them. New fields come unannounced, so unknown ones pass; the
// documentation's own examples mix strings, numbers and nulls, so each field takes every form that was seen.

const decimalText = /^[+-]?\d+(?:\.\d*)?$/;

/** Money and quantities: V2 sends strings ("62.6793", "8"), V3 JSON numbers. Kept as decimal text, never as a float. */
export const decimal = z
  .union([z.string(), z.number()])
  .transform((value) => (typeof value === 'number' ? exactText(value) : value.trim() === '' ? '0' : value.trim()))
  .refine((value) => decimalText.test(value), 'is not a decimal number');

/** The shortest text that names the number is what stood in the JSON; exponents occur only below a millionth or above 10^21. */
const exactText = (value: number): string => {
  const text = String(value);
  return text.includes('e') ? value.toFixed(10) : text;
};

/** RFC-2822 ("Tue, 05 Mar 2019 21:40:11 +0000") or ISO 8601; an ISO time without a zone is UTC. */
export const instant = z.string().transform((value, context) => {
  const text = value.trim();
  const bare = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?$/.test(text);
  const at = new Date(bare ? `${text.replace(' ', 'T')}Z` : text);
  if (text === '' || Number.isNaN(at.getTime())) {
    context.addIssue({ code: 'custom', message: 'is not a date in RFC-2822 or ISO 8601' });
    return z.NEVER;
  }
  return at;
});

const id = z.union([z.string(), z.number()]).transform(String);
const optionalId = id
  .nullish()
  .transform((value) => (value === undefined || value === null || value === '' ? null : value));
const words = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => (value === undefined || value === null ? null : String(value).trim() || null));
const flag = z
  .union([z.boolean(), z.number(), z.string()])
  .nullish()
  .transform((value) => value === true || value === 1 || value === 'true' || value === '1');

const formFields = z
  .array(z.looseObject({ name: z.string(), value: z.unknown().optional() }))
  .nullish()
  .catch(null)
  .transform((fields) => fields ?? []);

const address = z.looseObject({
  country_iso2: words,
  country: words,
  shipping_zone_name: words,
  email: words,
  form_fields: formFields,
});

export const shippingAddress = address;
export type ShippingAddress = z.output<typeof shippingAddress>;

export const customer = z.looseObject({ id, email: words, customer_group_id: optionalId });
export type Customer = z.output<typeof customer>;

/** Names of attributes are not on their values: they are joined by id. */
export const customerAttribute = z.looseObject({ id, name: z.string() });
const attributeText = z
  .union([z.string(), z.number(), z.boolean()])
  .nullish()
  .transform((value) => (value === undefined || value === null ? '' : String(value).trim()));
export const customerAttributeValue = z
  .looseObject({ customer_id: id, attribute_id: id, attribute_value: attributeText, value: attributeText })
  .transform((one) => ({ ...one, text: one.attribute_value || one.value }));
/** Fields of the customer's addresses stand in the same list, without a customer. */
export const customerFieldValue = z.looseObject({
  customer_id: optionalId,
  name: z.string(),
  value: z.unknown().optional(),
});

export const catalogProduct = z.looseObject({
  id,
  custom_fields: z
    .array(z.looseObject({ name: z.string(), value: attributeText }))
    .nullish()
    .transform((fields) => fields ?? []),
  categories: z
    .array(id)
    .nullish()
    .transform((ids) => ids ?? []),
});
export const category = z.looseObject({ category_id: id, name: words });
/** A channel or a customer group. */
export const namedThing = z.looseObject({ id, name: words });

/** `code` stands with a coupon's discount alone. */
const discount = z.looseObject({ amount: decimal.nullish(), code: words });

export const orderProduct = z.looseObject({
  id,
  product_id: optionalId,
  name: words,
  sku: words,
  brand: words,
  quantity: z.coerce.number().catch(1),
  total_ex_tax: decimal.default('0'),
  total_inc_tax: decimal.default('0'),
  total_tax: decimal.nullish(),
  /** Of one piece; 0 where nobody entered it. */
  cost_price_ex_tax: decimal.nullish().catch(null),
  /** What the shopper pays for the line after every discount, tax included. */
  discounted_total_inc_tax: decimal.nullish(),
  applied_discounts: z.array(discount).nullish(),
  parent_order_product_id: optionalId,
});
export type OrderProduct = z.output<typeof orderProduct>;

/** Lines inside a consignment are whole products where the request asked for them, else links. */
const foldedLines = z
  .array(z.unknown())
  .catch([])
  .transform((lines) => {
    const parsed = z.array(orderProduct).safeParse(lines);
    return parsed.success ? parsed.data : null;
  });

const group = z.looseObject({ line_items: foldedLines.optional() });
const groups = z
  .array(group)
  .nullish()
  .transform((list) => list ?? []);

/** The answer to `include=consignments.line_items&consignment_structure=object`; a mere link (`{url, resource}`) is none. */
export const consignments = z
  .looseObject({
    shipping: z
      .array(z.looseObject({ ...address.shape, line_items: foldedLines.optional() }))
      .nullish()
      .transform((list) => list ?? []),
    pickups: groups,
    downloads: groups,
    email: z.looseObject({ gift_certificates: groups }).nullish(),
  })
  .refine((value) => !('resource' in value), 'is a link');
export type Consignments = z.output<typeof consignments>;

export const order = z
  .looseObject({
    id,
    customer_id: optionalId,
    date_created: instant,
    date_modified: instant.nullish().catch(null),
    status_id: z.coerce.number().int(),
    total_ex_tax: decimal,
    total_inc_tax: decimal,
    total_tax: decimal.default('0'),
    /** By hand and automatic, and by coupons. */
    discount_amount: decimal.nullish().catch(null),
    coupon_discount: decimal.nullish().catch(null),
    is_tax_inclusive_pricing: flag,
    items_total: z.coerce.number().catch(0),
    default_currency_code: words,
    store_default_currency_code: words,
    currency_code: words,
    channel_id: optionalId,
    external_source: words,
    external_order_id: words,
    external_id: words,
    external_merchant_id: words,
    order_source: words,
    geoip_country_iso2: words,
    /** In the vendor's examples and not in its schema: what the shop calls the status. */
    custom_status: words,
    staff_notes: words,
    customer_message: words,
    customer_locale: words,
    is_deleted: flag,
    billing_address: address.nullish().catch(null),
    consignments: z
      .unknown()
      .optional()
      .transform((value) => {
        const parsed = consignments.safeParse(Array.isArray(value) ? value[0] : value);
        return parsed.success ? parsed.data : null;
      }),
  })
  .refine((value) => value.default_currency_code ?? value.store_default_currency_code ?? value.currency_code, {
    path: ['default_currency_code'],
    message: 'is empty: the amounts have no currency',
  });
export type Order = z.output<typeof order>;

export const metafield = z.looseObject({
  resource_id: optionalId,
  namespace: z.string(),
  key: z.string(),
  value: z.union([z.string(), z.number(), z.boolean()]).transform(String),
});
export type Metafield = z.output<typeof metafield>;

const payment = z.looseObject({ amount: decimal.default('0'), is_declined: flag });

export const refund = z.looseObject({
  id,
  order_id: id,
  created: instant,
  total_amount: decimal,
  total_tax: decimal.nullish(),
  payments: z
    .array(payment)
    .nullish()
    .transform((list) => list ?? []),
});
export type Refund = z.output<typeof refund>;

/** V3 wraps its lists; V2 answers with the bare array. */
export const listV3 = z.looseObject({
  data: z.array(z.unknown()),
  meta: z
    .looseObject({
      pagination: z
        .looseObject({ total_pages: z.number().nullish(), current_page: z.number().nullish() })
        .nullish()
        .catch(null),
    })
    .nullish()
    .catch(null),
});

export const store = z.looseObject({ name: words });

/** Over all statuses; those by status stand beside it. */
export const orderCount = z.looseObject({ count: z.coerce.number().int().nonnegative() });
