import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { hourMs } from '../../../src/core/time.ts';
import type { PlacesWanted } from '../../../src/stores/port.ts';
import { standingClock } from '../../support/standing-clock.ts';
import { clientOf, fakeShop, nothingWanted, shippedTo, shopLine, shopOrder } from './shop.ts';

const categoriesWanted: PlacesWanted = { ...nothingWanted, productCategories: true };
const products = '/v3/catalog/products';
const categories = '/v3/catalog/trees/categories';
const hidden = new UpstreamError('forbidden', { status: 403, retryable: false });

/** A shop with one order of two products, the first of which stands in two categories. */
const shopOfTwo = () => {
  const shop = fakeShop();
  const lines = [shopLine(5, { product_id: 50 }), shopLine(6, { product_id: 60 }), shopLine(7, { product_id: null })];
  shop.orders = [shopOrder(1, { consignments: shippedTo('SE', lines) })];
  const fields = [{ id: 1, name: 'Vendor', value: 'Nord' }];
  shop.lists.set(products, [
    { id: 50, categories: [23, 18], custom_fields: fields },
    { id: 60, categories: [] },
  ]);
  shop.lists.set(categories, [
    { category_id: 18, tree_id: 1, parent_id: 0, name: 'Lamps' },
    { category_id: 23, tree_id: 1, parent_id: 0, name: ' Nord by us ' },
    { category_id: 24, tree_id: 1, parent_id: 0, name: 'Rugs' },
  ]);
  return shop;
};

describe("the categories of an order's products", () => {
  it('are told with their names, line by line', async () => {
    const [order] = (await clientOf(shopOfTwo()).pullOrders(['1'], categoriesWanted)).orders;
    expect(order?.places.productCategories).toEqual({
      '5': [
        { id: '23', name: 'Nord by us' },
        { id: '18', name: 'Lamps' },
      ],
    });
    expect(order?.places.productFields).toBeUndefined();
  });

  it('cost no call where no rule reads them', async () => {
    const shop = shopOfTwo();
    const [order] = (await clientOf(shop).pullOrders(['1'], nothingWanted)).orders;
    expect(order?.places.productCategories).toBeUndefined();
    expect(shop.calls.map(({ path }) => path)).not.toContain(products);
  });

  it('come in one call with the custom fields, and their names are asked for once an hour', async () => {
    const shop = shopOfTwo();
    const clock = standingClock();
    const client = clientOf(shop, clock);
    const catalogCalls = async () => {
      shop.calls.length = 0;
      await client.pullOrders(['1'], { ...categoriesWanted, productFields: ['Vendor'] });
      return shop.calls.filter(({ path }) => path.startsWith('/v3/catalog')).map(({ path }) => path);
    };
    expect(await catalogCalls()).toEqual([products, categories]);
    expect(shop.calls.find(({ path }) => path === categories)?.query).toMatchObject({ 'category_id:in': '23,18' });
    expect(await catalogCalls()).toEqual([products]);
    clock.advance(hourMs);
    expect(await catalogCalls()).toEqual([products, categories]);
  });

  it('are told by id alone where the token may not read their names, nobody asking for those in vain each time', async () => {
    const shop = shopOfTwo();
    shop.faults.set(categories, hidden);
    const client = clientOf(shop);
    const [order] = (await client.pullOrders(['1'], categoriesWanted)).orders;
    expect(order?.places.productCategories).toEqual({
      '5': [
        { id: '23', name: null },
        { id: '18', name: null },
      ],
    });
    await client.pullOrders(['1'], categoriesWanted);
    expect(shop.calls.filter(({ path }) => path === categories)).toHaveLength(1);
  });

  it('are told to whoever looks for a place to choose', async () => {
    const shop = shopOfTwo();
    for (const path of ['/v3/channels', '/v3/customers/attributes']) shop.lists.set(path, []);
    shop.faults.set('/v2/customer_groups', hidden);
    const survey = await clientOf(shop).surveyOrders?.(500, nothingWanted);
    expect(survey?.orders[0]?.places).toMatchObject({
      productFields: { '5': { Vendor: 'Nord' } },
      productCategories: { '5': [{ id: '23' }, { id: '18' }] },
    });
  });
});
