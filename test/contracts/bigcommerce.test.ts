import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDelivery, verifyDelivery } from '../../src/stores/bigcommerce/deliveries.ts';
import { mapOrder, mapRefund } from '../../src/stores/bigcommerce/orders.ts';
import { noExtras } from '../../src/stores/bigcommerce/places.ts';
import { consignments, order, orderProduct, refund, shippingAddress } from '../../src/stores/bigcommerce/schema.ts';
import { bigcommerceSettings } from '../../src/stores/bigcommerce/settings.ts';

const folder = resolve(import.meta.dirname, '../../../shared/contracts/bigcommerce/examples');

// biome-ignore lint/suspicious/noExplicitAny: vendor samples of many shapes, looked at as data
const load = (file: string): any => JSON.parse(readFileSync(join(folder, file), 'utf8'));

const nothingWanted = { metafields: [], formFields: [] };
const parts = { products: [], addresses: [], accountEmail: null, extras: noExtras };

/** Samples of resources that are not read: a file that is in neither list is new and wants a decision. */
const unread = [
  'customer-attributes.json',
  'customer-form-field-values.json',
  'customers.json',
  'order-coupons.json',
  'order-messages.json',
  'order-shipments.json',
  'order-statuses.json',
  'order-taxes.json',
  'orders-count.json',
];
const readers = [
  'order-consignments.json',
  'order-products.json',
  'order-shipping-addresses.json',
  'order.json',
  'orders-list.json',
  'refund-one.json',
];

describe.runIf(existsSync(folder))('the contract of BigCommerce', () => {
  it('holds no sample that nobody looks at', () => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
    expect(files.toSorted()).toEqual([...unread, ...readers].toSorted());
  });

  it('gives orders, one with four decimals and one with whole numbers', () => {
    const samples = load('order.json');
    const [first, second] = ['Response', 'Multiple Items'].map((name) =>
      mapOrder(
        { ...parts, order: order.parse(samples[name]) },
        { metafields: [], formFields: ['Delivery Instructions'] },
      ),
    );
    expect(first).toMatchObject({
      externalId: '218',
      number: '218',
      externalNumber: 'external-order-id',
      placedAt: new Date('2019-03-05T21:40:11Z'),
      modifiedAt: new Date('2019-03-11T15:17:25Z'),
      statusId: 7,
      country: 'US',
      locale: 'en',
      customerId: '11',
      emails: ['janedoe@example.com'],
      currency: 'USD',
      revenue: '64.5300',
      places: {
        channel: '1',
        customStatus: 'Awaiting Payment',
        externalSource: null,
        formFields: { 'Delivery Instructions': 'Leave in backyard' },
      },
    });
    // The sample spells its currency key with a quote too many; the transactional currency is another field.
    expect(second).toMatchObject({
      externalId: '247',
      revenue: '931.86',
      currency: 'USD',
      places: { externalSource: null },
    });
  });

  it('lists orders as a bare array', () => {
    expect(
      load('orders-list.json').map(
        (row: unknown) => mapOrder({ ...parts, order: order.parse(row) }, nothingWanted).places.externalSource,
      ),
    ).toEqual(['POS']);
  });

  it('gives lines after discounts without tax', () => {
    const order218 = order.parse(load('order.json').Response);
    const products = load('order-products.json').map((row: unknown) => orderProduct.parse(row));
    const { lines } = mapOrder({ ...parts, order: order218, products }, nothingWanted);
    // 55.99 net of 65.23 gross, of which 63.64 was paid.
    expect(lines).toEqual([
      {
        externalId: '65',
        sku: 'S-ORAN',
        productName: 'Fog Linen Chambray Towel - Beige Stripe',
        brand: 'BigCommerce',
        revenue: '54.625228',
        gross: '55.990000',
        cost: '50.000000',
      },
      {
        externalId: '66',
        sku: 'ABS',
        productName: 'Able Brewing System',
        brand: 'BigCommerce',
        revenue: '0.000000',
        gross: '0.000000',
        cost: '50.000000',
      },
    ]);
  });

  it('gives shipping addresses', () => {
    expect(
      load('order-shipping-addresses.json').map((row: unknown) => shippingAddress.parse(row).country_iso2),
    ).toEqual(['US', 'US']);
  });

  it('gives consignments whose lines may be links alone', () => {
    const pickups = consignments.parse(load('order-consignments.json'));
    expect(pickups.shipping).toEqual([]);
    expect(pickups.pickups.map(({ line_items }) => line_items)).toEqual([null]);
    expect(consignments.safeParse({ url: 'https://x', resource: '/orders/1/consignments' }).success).toBe(false);
  });

  it('gives a refund in JSON numbers', () => {
    expect(mapRefund(refund.parse(load('refund-one.json').data))).toEqual({
      externalId: '12',
      orderExternalId: '180',
      madeAt: new Date('2022-06-16T16:44:15Z'),
      totalAmount: '50',
      totalTax: '5',
      paid: '50.000000',
    });
  });

  it.each([
    ['store_cart_converted', 'order', '252'],
    ['store_channel_order_updated', 'order', '127'],
    ['store_customer_created', 'customer', '32'],
    ['store_customer_updated', 'customer', '32'],
    ['store_order_archived', 'order', '250'],
    ['store_order_created', 'order', '250'],
    ['store_order_message_created', 'order', '250'],
    ['store_order_metafield_created', 'order', '270'],
    ['store_order_refund_created', 'order', '250'],
    ['store_order_statusUpdated', 'order', '250'],
    ['store_order_transaction_created', 'order', '250'],
    ['store_order_updated', 'order', '250'],
    ['store_shipment_created', 'order', '251'],
    ['store_shipment_updated', 'order', '251'],
  ])('tells by %s what is to be read again', (file, what, externalId) => {
    const sample = load(`webhooks/${file}.json`);
    expect(readDelivery({ headers: {}, body: Buffer.from(JSON.stringify(sample)) })).toMatchObject({
      outcome: 'verified',
      delivery: { eventType: sample.scope, changed: { what, externalId } },
    });
  });

  it('holds no webhook that nobody looks at', () => {
    const read = readdirSync(join(folder, 'webhooks')).filter((file) => file.startsWith('store_'));
    expect(read).toHaveLength(14);
  });

  it('signs webhooks as the vectors do', () => {
    const { bigcommerce: vector } = load('webhooks/signature-vectors.json');
    const settings = bigcommerceSettings.parse({
      name: 'store',
      storeHash: 'abc123',
      accessToken: 't',
      clientId: 'c',
      clientSecret: vector.client_secret,
    });
    // The store's hash stands in the vector as the documentation writes it.
    const given = { settings, headers: vector.headers, now: new Date(1_700_000_100_000) };
    const ofAnother = verifyDelivery({ ...given, body: Buffer.from(vector.body) });
    expect(ofAnother).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('another store') });
    const altered = verifyDelivery({ ...given, body: Buffer.from(`${vector.body} `) });
    expect(altered).toMatchObject({ outcome: 'refused', reason: expect.stringContaining('signature is wrong') });
  });
});
