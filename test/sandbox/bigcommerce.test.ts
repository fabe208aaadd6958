import { afterEach, describe, expect, test } from 'vitest';
import {
  type BigcommerceSandbox,
  type BigcommerceSandboxOptions,
  createBigcommerceSandbox,
} from '../../src/sandbox/bigcommerce/index.ts';
import type { OrderInput } from '../../src/sandbox/bigcommerce/model.ts';
import { orderInput } from '../support/order-input.ts';
import { jumpingClock } from './jumping-clock.ts';

const startMs = Date.parse('2026-03-02T09:00:00Z');
let open: BigcommerceSandbox | undefined;

afterEach(async () => {
  await open?.close();
  open = undefined;
});

const order = (changes: Partial<OrderInput> = {}): OrderInput =>
  orderInput({
    placedAtMs: startMs,
    email: 'customer1@example.com',
    firstName: 'Customer',
    lastName: '1',
    currency: 'SEK',
    taxInclusive: true,
    lines: [
      { sku: 'HD-1', name: 'Vase', brand: '', priceCents: 10_000, quantity: 2 },
      { sku: 'HD-2', name: 'Rug', brand: 'Nord', priceCents: 30_000, quantity: 1 },
    ],
    discountCents: 5_000,
    shippingCents: 2_500,
    ...changes,
  });

const start = async (options: Partial<BigcommerceSandboxOptions> = {}) => {
  const clock = jumpingClock(startMs);
  const sandbox = await createBigcommerceSandbox({
    clock,
    seed: 'test',
    firstOrderId: 1001,
    limits: 'off',
    ...options,
  });
  open = sandbox;
  const call = async (path: string, token = sandbox.settings.accessToken) => {
    const response = await fetch(`${sandbox.url}/stores/${sandbox.settings.storeHash}${path}`, {
      headers: { 'x-auth-token': token },
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      // biome-ignore lint/suspicious/noExplicitAny: answers are read as a stranger would read them.
      json: (text === '' ? null : JSON.parse(text)) as any,
    };
  };
  return { sandbox, shop: sandbox.shop, clock, call };
};

describe('orders', () => {
  test('need the token', async () => {
    const { call } = await start();
    expect((await call('/v2/orders', 'other')).status).toBe(401);
    expect((await call('/v2/store')).json).toMatchObject({ name: expect.any(String) });
  });

  test('are 204 without a body where there is none, past the last page too', async () => {
    const { call, shop } = await start();
    expect(await call('/v2/orders')).toMatchObject({ status: 204, text: '' });
    shop.place(order());
    expect((await call('/v2/orders?page=2')).status).toBe(204);
    expect((await call('/v2/orders?email=nobody@example.com')).status).toBe(204);
    expect((await call('/v2/orders/77')).status).toBe(404);
  });

  test('carry money as text, three currencies and dates in RFC 2822', async () => {
    const { call, shop } = await start();
    shop.place(order());
    const { json } = await call('/v2/orders/1001');
    expect(json).toMatchObject({
      id: 1001,
      date_created: 'Mon, 02 Mar 2026 09:00:00 +0000',
      status_id: 11,
      status: 'Awaiting Fulfillment',
      is_tax_inclusive_pricing: true,
      total_inc_tax: '475.0000',
      total_tax: '95.0000',
      default_currency_code: 'SEK',
      customer_id: 0,
      customer_locale: 'sv',
      refunded_amount: '0.0000',
      billing_address: { country_iso2: 'SE', email: 'customer1@example.com' },
      consignments: { resource: '/orders/1001/consignments' },
    });
    expect(json).toHaveProperty('currency_code');
    expect(json).toHaveProperty('store_default_currency_code');
  });

  test('add tax on top where prices are without it', async () => {
    const { call, shop } = await start();
    shop.place(order({ taxInclusive: false }));
    expect((await call('/v2/orders/1001')).json).toMatchObject({
      total_ex_tax: '475.0000',
      total_tax: '118.7500',
      total_inc_tax: '593.7500',
    });
  });

  test('fold consignments and lines in', async () => {
    const { call, shop } = await start();
    shop.place(order());
    const { json } = await call('/v2/orders?include=consignments.line_items&consignment_structure=object');
    const [shipping] = json[0].consignments.shipping;
    expect(shipping).toMatchObject({ country_iso2: 'SE', email: 'customer1@example.com' });
    expect(shipping.line_items).toEqual((await call('/v2/orders/1001/products')).json);
    expect(
      shipping.line_items.map((line: { discounted_total_inc_tax: string }) => line.discounted_total_inc_tax),
    ).toEqual(['180.0000', '270.0000']);
    expect(shipping.line_items[1]).toMatchObject({
      order_id: 1001,
      brand: 'Nord',
      quantity: 1,
      total_inc_tax: '300.0000',
      total_tax: '60.0000',
    });
    expect(
      (await call('/v2/orders/1001?include=consignments')).json.consignments[0].shipping[0].line_items[0],
    ).toHaveProperty('resource');
    expect((await call('/v2/orders/1001/shipping_addresses')).json).toMatchObject([
      { order_id: 1001, country_iso2: 'SE' },
    ]);
  });

  test('are filtered, sorted and paged', async () => {
    const { call, shop, clock } = await start();
    for (let index = 0; index < 60; index += 1)
      shop.place(
        order({
          placedAtMs: startMs + index * 60_000,
          email: `customer${index % 2}@example.com`,
          externalOrderId: `M-${index}`,
        }),
      );
    await clock.sleep(3_600_000);
    shop.setStatus(1005, 2);
    const ids = async (query: string): Promise<number[]> =>
      (await call(`/v2/orders?${query}`)).json.map(({ id }: { id: number }) => id);
    expect(await ids('')).toHaveLength(50);
    expect(await ids('page=2')).toEqual([1051, 1052, 1053, 1054, 1055, 1056, 1057, 1058, 1059, 1060]);
    expect(await ids('limit=250&email=CUSTOMER1@example.com')).toHaveLength(30);
    expect(await ids(`min_date_modified=${encodeURIComponent('2026-03-02T10:00:00Z')}`)).toEqual([1005]);
    expect(
      await ids(
        `min_date_modified=${encodeURIComponent('Mon, 02 Mar 2026 09:00:00 +0000')}&sort=date_modified:desc&limit=1`,
      ),
    ).toEqual([1005]);
    expect(await ids(`min_date_created=${encodeURIComponent('2026-03-02T09:58:00Z')}&sort=date_created:desc`)).toEqual([
      1060, 1059,
    ]);
    expect(await ids('external_order_id=M-7')).toEqual([1008]);
    expect((await call('/v2/orders?sort=colour')).status).toBe(400);
    expect((await call('/v2/orders?min_date_modified=soon')).status).toBe(400);
  });
});

describe('refunds', () => {
  test('are numbers in V3, of one order, of many, and since an instant; the order says so', async () => {
    const { call, shop, clock } = await start();
    for (let index = 0; index < 3; index += 1) shop.place(order());
    const whole = {
      reason: 'Returned',
      totalCents: 47_500,
      taxCents: 9_500,
      payments: [{ cents: 47_500, declined: false }],
      lines: [{ index: 0, quantity: 2 }],
    };
    shop.refund(1001, whole);
    await clock.sleep(60_000);
    shop.refund(1002, {
      ...whole,
      payments: [
        { cents: 20_000, declined: false },
        { cents: 27_500, declined: true },
      ],
    });
    shop.refund(1003, { ...whole, payments: [{ cents: 47_500, declined: true }] });
    const one = await call('/v3/orders/1001/payment_actions/refunds');
    expect(one.json.data).toEqual([
      expect.objectContaining({
        order_id: 1001,
        created: '2026-03-02T09:00:00+00:00',
        total_amount: 475,
        total_tax: 95,
        items: [expect.objectContaining({ item_type: 'PRODUCT', requested_amount: null })],
      }),
    ]);
    const many = await call('/v3/orders/payment_actions/refunds?order_id:in=1001,1002&limit=1&page=2');
    expect(many.json.data).toMatchObject([
      {
        order_id: 1002,
        payments: [
          { amount: 200, is_declined: false },
          { amount: 275, is_declined: true },
        ],
      },
    ]);
    expect(many.json.meta.pagination).toMatchObject({ total: 2, current_page: 2, total_pages: 2 });
    expect(
      (await call(`/v3/orders/payment_actions/refunds?created:min=${encodeURIComponent('2026-03-02T09:01:00Z')}`)).json
        .data,
    ).toHaveLength(2);
    expect((await call('/v3/orders/payment_actions/refunds/1')).json.data.id).toBe(1);
    const statuses = await Promise.all(
      [1001, 1002, 1003].map(async (id) => (await call(`/v2/orders/${id}`)).json.status_id),
    );
    expect(statuses).toEqual([4, 14, 11]);
  });
});

describe('metafields', () => {
  test('are read by order and over all orders; those other apps keep to themselves are not there', async () => {
    const { call, shop, clock } = await start();
    const field = (value: string, permissionSet: 'read' | 'app_only') => ({
      namespace: 'sales',
      key: 'partner',
      value,
      permissionSet,
    });
    shop.place(order({ metafields: [field('NORD', 'read'), { ...field('x', 'app_only'), key: 'secret' }] }));
    await clock.sleep(60_000);
    shop.place(order({ metafields: [field('SUD', 'read')] }));
    expect((await call('/v3/orders/1001/metafields?namespace=sales')).json.data).toMatchObject([
      { resource_id: 1001, key: 'partner', value: 'NORD' },
    ]);
    const all = await call('/v3/orders/metafields?namespace=sales&key:in=partner,secret');
    expect(all.json.data.map(({ value }: { value: string }) => value)).toEqual(['NORD', 'SUD']);
    expect(
      (await call('/v3/orders/metafields?namespace=sales&date_modified:min=2026-03-02T09:01:00')).json.data,
    ).toMatchObject([{ value: 'SUD' }]);
    expect((await call('/v3/orders/metafields?namespace=other')).json.data).toEqual([]);
    const after = all.json.meta.cursor_pagination.start_cursor;
    expect(
      (await call(`/v3/orders/metafields?namespace=sales&after=${encodeURIComponent(after)}`)).json.data,
    ).toMatchObject([{ value: 'SUD' }]);
  });
});

describe('the catalogue', () => {
  test('holds what was sold, with the fields that are asked for, and its categories', async () => {
    const { shop, call } = await start();
    const line = {
      name: 'Vase',
      brand: '',
      priceCents: 100,
      quantity: 1,
      customFields: [{ name: 'By', value: 'Nord' }],
    };
    shop.place(order({ lines: ['HD-1', 'HD-2'].map((sku) => ({ ...line, sku, categories: ['Vases', `By ${sku}`] })) }));
    const { json } = await call('/v3/catalog/products?id:in=101&include=custom_fields&include_fields=categories');
    expect(json.data).toEqual([
      { id: 101, categories: [18, 19], custom_fields: [{ id: 1010, name: 'By', value: 'Nord' }] },
    ]);
    expect((await call('/v3/catalog/products')).json.data).toEqual([
      { id: 101, name: 'Vase', sku: 'HD-1', categories: [18, 19] },
      { id: 102, name: 'Vase', sku: 'HD-2', categories: [18, 20] },
    ]);
    const categories = await call('/v3/catalog/trees/categories?category_id:in=18,20');
    expect(categories.json.data).toMatchObject([
      { category_id: 18, name: 'Vases' },
      { category_id: 20, name: 'By HD-2' },
    ]);
    expect(categories.json.meta.pagination.total).toBe(2);
  });
});

describe('the rate limit', () => {
  test('counts down per window, answers 429 with the headers, and starts again', async () => {
    const { call, clock } = await start({ limits: { total: 2, windowMs: 30_000 } });
    const first = await call('/v2/store');
    expect(Object.fromEntries([...first.headers].filter(([name]) => name.startsWith('x-rate-limit')))).toEqual({
      'x-rate-limit-time-window-ms': '30000',
      'x-rate-limit-time-reset-ms': '30000',
      'x-rate-limit-requests-quota': '2',
      'x-rate-limit-requests-left': '1',
    });
    await call('/v2/store');
    const third = await call('/v2/store');
    expect([
      third.status,
      third.headers.get('x-rate-limit-requests-left'),
      third.headers.get('x-rate-limit-time-reset-ms'),
    ]).toEqual([429, '0', '30000']);
    await clock.sleep(30_000);
    expect((await call('/v2/store')).status).toBe(200);
  });
});
