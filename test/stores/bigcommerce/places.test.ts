import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import type { PlacesWanted, StoreOrder } from '../../../src/stores/port.ts';
import { clientOf, fakeShop, nothingWanted, rfc, shippedTo, shopLine, shopOrder } from './shop.ts';

const hidden = new UpstreamError('forbidden', { status: 403, retryable: false });
const fields = (...pairs: [string, unknown][]) => pairs.map(([name, value]) => ({ name, value }));

/** A shop with one order that has something at every place. */
const full = () => {
  const shop = fakeShop();
  shop.orders = [
    shopOrder(1, {
      customer_id: 11,
      channel_id: 7,
      order_source: 'external',
      custom_status: 'Sold by Nord',
      external_source: 'POS (Square)',
      external_id: 'POS-1',
      external_order_id: 'AMZ-1',
      customer_locale: 'nb-NO',
      external_merchant_id: 'M-9',
      geoip_country_iso2: 'NO',
      staff_notes: 'Called twice.\nPartner: Nord AB, paid by ada@example.com',
      customer_message: 'Sold by Sud',
      billing_address: {
        country_iso2: 'DK',
        email: 'b@example.com',
        form_fields: fields(['Seller', 'Nord'], ['Size', 3]),
      },
      consignments: shippedTo(
        'SE',
        [shopLine(5, { product_id: 50, applied_discounts: [{ amount: '1', code: 'NORD10' }] })],
        {
          shipping_zone_name: 'Nordics',
          form_fields: fields(['Seller', 'Sud'], ['Crew', ['a', 'b']]),
        },
      ),
    }),
  ];
  shop.customers.push({ id: 11, email: 'c@example.com', customer_group_id: 4 });
  shop.lists.set('/v3/customers/attributes', [
    { id: 1, name: 'Reseller' },
    { id: 2, name: 'Shoe size' },
  ]);
  shop.lists.set('/v3/customers/attribute-values', [
    { id: 1, customer_id: 11, attribute_id: 1, attribute_value: 'N-1' },
    { id: 2, customer_id: 11, attribute_id: 2, attribute_value: '44' },
  ]);
  shop.lists.set('/v3/customers/form-field-values', [
    { customer_id: 11, name: 'Sales Rep', value: 'Nord' },
    { address_id: 12, name: 'Sales Rep', value: 'nobody' },
  ]);
  shop.lists.set('/v3/catalog/products', [{ id: 50, custom_fields: [{ id: 1, name: 'Vendor', value: 'Nord' }] }]);
  shop.metafields.push({
    resource_id: 1,
    namespace: 'market',
    key: 'seller',
    value: 'N-1',
    date_modified: rfc('2026-02-01T10:00:00Z'),
  });
  return shop;
};

const walk = async (shop: ReturnType<typeof fakeShop>, wanted: PlacesWanted): Promise<StoreOrder[]> => {
  const orders: StoreOrder[] = [];
  for await (const page of clientOf(shop).walkOrders(new Date(0), wanted)) orders.push(...page.orders);
  return orders;
};

describe('the places of an order', () => {
  it('bug: the external id, the countries of both addresses and the locale were no places; what stands on it is always told, without another call', async () => {
    const shop = full();
    const [order] = await walk(shop, nothingWanted);
    expect(order?.places).toEqual({
      channel: '7',
      externalSource: 'POS (Square)',
      orderSource: 'external',
      customStatus: 'Sold by Nord',
      externalId: 'POS-1',
      externalOrderId: 'AMZ-1',
      externalMerchantId: 'M-9',
      geoipCountry: 'NO',
      shippingZone: 'Nordics',
      billingCountry: 'DK',
      shippingCountry: 'SE',
      customerLocale: 'nb-NO',
      metafields: {},
      formFields: {},
    });
    expect(shop.calls.map(({ path }) => path)).toEqual(['/v2/orders', '/v3/customers']);
  });

  it('that a rule reads are told, and nothing beside them', async () => {
    const [order] = await walk(full(), {
      metafields: [],
      formFields: ['seller'],
      customerGroup: true,
      customerAttributes: ['Reseller'],
      customerFields: ['Sales Rep'],
      productFields: ['Vendor', 'Colour'],
      coupons: true,
      staffNotes: ['partner: (\\w+( AB)?)', 'nothing here'],
      customerMessages: ['sold by (\\w+)'],
    });
    expect(order?.places).toMatchObject({
      formFields: { seller: 'Nord' },
      billingFields: { seller: 'Nord' },
      shippingFields: { seller: 'Sud' },
      customerGroup: '4',
      customerAttributes: { Reseller: 'N-1' },
      customerFields: { 'Sales Rep': 'Nord' },
      productFields: { '5': { Vendor: 'Nord' } },
      coupons: ['NORD10'],
      staffNotes: { 'partner: (\\w+( AB)?)': 'Nord AB' },
      customerMessages: { 'sold by (\\w+)': 'Sud' },
    });
  });

  it('hold of a note only what is short and no address', async () => {
    const [order] = await walk(full(), { ...nothingWanted, staffNotes: ['.+', '(?s).+', '\\S+@\\S+', 'called .*'] });
    expect(order?.places.staffNotes).toEqual({ '.+': 'Called twice.', 'called .*': 'Called twice.' });
  });

  it('that the token may not read are empty', async () => {
    const shop = full();
    for (const path of ['/v3/customers/attributes', '/v3/catalog/products']) shop.faults.set(path, hidden);
    const [order] = await walk(shop, { ...nothingWanted, customerAttributes: ['Reseller'], productFields: ['Vendor'] });
    expect(order?.places).toMatchObject({ customerAttributes: {}, productFields: {} });
  });

  it('take one call for the customers and one for the products of a page', async () => {
    const shop = fakeShop();
    shop.orders = Array.from({ length: 40 }, (_, index) =>
      shopOrder(index + 1, {
        customer_id: index + 100,
        consignments: shippedTo('SE', [shopLine(index + 1, { product_id: index + 500 })]),
      }),
    );
    for (const path of ['/v3/customers/attributes', '/v3/customers/attribute-values', '/v3/catalog/products'])
      shop.lists.set(path, []);
    await walk(shop, { ...nothingWanted, customerAttributes: ['Reseller'], productFields: ['Vendor'] });
    expect(shop.calls.map(({ path }) => path)).toEqual([
      '/v2/orders',
      '/v3/customers',
      '/v3/customers/attributes',
      '/v3/customers/attribute-values',
      '/v3/catalog/products',
    ]);
  });

  it('are all told where somebody looks for one to choose, with the names of channels and groups', async () => {
    const shop = full();
    shop.orders.push(shopOrder(2, { date_created: rfc('2026-02-02T10:00:00Z') }));
    shop.lists.set('/v3/channels', [{ id: 7, name: 'Nord storefront' }]);
    shop.faults.set('/v2/customer_groups', hidden);
    const { orders, channelNames, groupNames } =
      (await clientOf(shop).surveyOrders?.(500, { ...nothingWanted, staffNotes: ['Nord( AB)?'] })) ?? {};
    expect(orders?.map(({ externalId }) => externalId).toSorted()).toEqual(['1', '2']);
    const places = orders?.find(({ externalId }) => externalId === '1')?.places;
    expect(places).toMatchObject({
      metafields: { 'market.seller': 'N-1' },
      formFields: { Seller: 'Nord', Size: '3', Crew: 'a, b' },
      shippingFields: { Seller: 'Sud', Crew: 'a, b' },
      customerGroup: '4',
      customerAttributes: { Reseller: 'N-1', 'Shoe size': '44' },
      productFields: { '5': { Vendor: 'Nord' } },
    });
    expect([...(channelNames ?? [])]).toEqual([['7', 'Nord storefront']]);
    expect([...(groupNames ?? [])]).toEqual([]);
  });
});

describe('the country of an order', () => {
  it.each([
    ['of shipping', [{ country_iso2: 'NO' }], { country_iso2: 'SE' }, 'NO'],
    ['of billing where shipping has none', [{ country: 'Atlantis' }], { country_iso2: 'se' }, 'SE'],
    ['by its name where no address has a code', [{ country_iso2: '', country: 'Deutschland' }], { country: 'x' }, 'DE'],
    ['unknown where no name is one', [], { country: 'Atlantis' }, null],
  ])('is %s', async (_, shipping, billing, country) => {
    const shop = fakeShop();
    const consignments = { shipping, pickups: [], downloads: [], email: { gift_certificates: [] } };
    shop.orders = [shopOrder(1, { billing_address: billing, items_total: 0, consignments })];
    expect((await walk(shop, nothingWanted))[0]?.country).toBe(country);
  });

  it('bug: a rule read another one than the report, where an address has no code', async () => {
    const shop = fakeShop();
    const shipping = [{ country_iso2: '', country: 'Deutschland' }];
    const consignments = { shipping, pickups: [], downloads: [], email: { gift_certificates: [] } };
    shop.orders = [shopOrder(1, { billing_address: { country: 'Atlantis' }, items_total: 0, consignments })];
    const [order] = await walk(shop, nothingWanted);
    expect([order?.country, order?.places.shippingCountry, order?.places.billingCountry]).toEqual([
      'DE',
      'DE',
      'Atlantis',
    ]);
  });
});
