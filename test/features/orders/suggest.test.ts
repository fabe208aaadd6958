import { describe, expect, it } from 'vitest';
import { partnerBook } from '../../../src/features/directory/index.ts';
import { partnerNamePattern, suggestRules } from '../../../src/features/orders/suggest.ts';
import type { OrderPlaces, StoreOrder, StoreOrderLine } from '../../../src/stores/port.ts';

const known = partnerBook([
  { code: 'nord', name: 'Nord', aliases: ['Nord AB', 'Nord storefront'] },
  { code: 'sud', name: 'Sud', aliases: [] },
]);
const line = (parts: Partial<StoreOrderLine> = {}): StoreOrderLine => ({
  externalId: '1',
  sku: null,
  productName: null,
  brand: null,
  revenue: '1',
  gross: '1',
  ...parts,
});
const order = (index: number, places: Partial<OrderPlaces> = {}, lines = [line()]): StoreOrder => ({
  externalId: String(index),
  number: String(index),
  externalNumber: null,
  placedAt: new Date(0),
  modifiedAt: new Date(0),
  statusId: 11,
  archived: false,
  country: null,
  locale: null,
  customerId: null,
  emails: [],
  currency: 'EUR',
  revenue: '1',
  gross: '1',
  coupons: 0,
  lines,
  places: { channel: null, externalSource: null, metafields: {}, formFields: {}, ...places },
});
const many = (
  count: number,
  places: (index: number) => Partial<OrderPlaces>,
  lines?: (index: number) => StoreOrderLine[],
) => Array.from({ length: count }, (_, index) => order(index, places(index), lines?.(index)));
const suggest = (orders: StoreOrder[], channelNames: [string, string][] = [], pattern: string | null = null) =>
  suggestRules({ orders, channelNames: new Map(channelNames), groupNames: new Map() }, known, pattern);

describe('rules suggested from orders', () => {
  it('read the place whose values name known partners, and list the strangers', () => {
    const sellers = ['Nord AB', 'sud', 'Ost', 'Ost'];
    const [first] = suggest(many(100, (index) => ({ metafields: { 'market.seller': sellers[index % 4] ?? '' } })));
    expect(first).toEqual({
      place: 'metafield market.seller',
      rule: { gives: 'partner', from: { place: 'metafield', namespace: 'market', key: 'seller' }, values: {} },
      carriedShare: 1,
      knownShare: 0.5,
      distinctValues: 3,
      unknownValues: [{ value: 'Ost', name: null, orders: 50 }],
      because: 'values are known',
    });
  });

  it('map channels by what the shop calls them', () => {
    const [first] = suggest(
      many(10, (index) => ({ channel: index < 4 ? '7' : '1' })),
      [
        ['7', 'Nord storefront'],
        ['1', 'Our own'],
      ],
    );
    expect(first).toMatchObject({
      place: 'channel',
      rule: { values: { '7': 'nord' } },
      knownShare: 0.4,
      unknownValues: [{ value: '1', name: 'Our own', orders: 6 }],
    });
  });

  it.each<[string, StoreOrder[], string]>([
    [
      'brands',
      many(
        10,
        () => ({}),
        () => [line({ brand: 'Nord' })],
      ),
      'line_brand',
    ],
    [
      'prefixes of SKUs',
      many(
        10,
        () => ({}),
        () => [line({ sku: 'SUD-17' })],
      ),
      'sku_prefix',
    ],
    ['fields of products', many(10, () => ({ productFields: { '1': { Vendor: 'Sud' } } })), 'product field Vendor'],
    ['attributes', many(10, () => ({ customerAttributes: { Owner: 'sud' } })), 'customer attribute Owner'],
    [
      "marketplaces' numbers",
      many(10, (index) => ({ externalOrderId: `NORD-${index}` })),
      'external_order_id /^([A-Za-z]{2,})[-_/]/',
    ],
  ])('see partners in %s', (_, orders, place) => expect(suggest(orders)[0]).toMatchObject({ place, knownShare: 1 }));

  it('map categories by their names, listing their ids, which outlive them', () => {
    const productCategories = (name: string) => ({
      '1': [
        { id: '18', name: 'Lamps' },
        { id: '23', name },
      ],
    });
    const [first] = suggest(
      many(10, (index) => (index < 4 ? { productCategories: productCategories('nord ab') } : {})),
    );
    expect(first).toMatchObject({
      place: 'product_category',
      rule: { from: { place: 'product_category' }, values: { '23': 'nord' } },
      knownShare: 0.4,
      unknownValues: [{ value: '18', name: 'Lamps', orders: 4 }],
    });
    expect(suggest(many(10, () => ({ productCategories: productCategories('Rugs') })))).toEqual([]);
  });

  it('see names of partners in notes', () => {
    const pattern = partnerNamePattern(['nord', 'Nord AB', 'x']);
    expect(pattern).toBe('\\b(Nord AB|nord)\\b');
    const orders = many(10, (index) => (index < 5 ? { staffNotes: { [pattern ?? '']: 'nord' } } : {}));
    expect(suggest(orders, [], pattern)[0]).toMatchObject({
      rule: { from: { place: 'staff_note', pattern } },
      knownShare: 0.5,
    });
    expect(partnerNamePattern(Array.from({ length: 100 }, (_, index) => `partner ${index}`))).toBeNull();
  });

  it('see countries by name in any language, and take a "no" for no Norway', () => {
    const lands = ['Sverige', 'Deutschland', 'NO'];
    const found = suggest(
      many(30, (index) => ({ formFields: { Lieferland: lands[index % 3] ?? '', Gift: index % 2 ? 'no' : 'yes' } })),
    );
    expect(found.map(({ place, rule }) => [place, rule.gives])).toEqual([['form field Lieferland', 'country']]);
    expect(found[0]).toMatchObject({ knownShare: 1, rule: { values: {} } });
  });

  it('show no words that customers wrote', () => {
    const texts = many(100, (index) => ({
      formFields: { 'Seller note': `please ring at ${index}`, Vendor: index % 2 ? 'ada@example.com' : 'Ost' },
    }));
    const found = suggest(texts);
    expect(found.find(({ place }) => place === 'form field Seller note')).toMatchObject({
      distinctValues: 100,
      unknownValues: [],
    });
    expect(JSON.stringify(found)).not.toMatch(/please ring|example\.com/);
  });

  it('are none where nothing repeats or nothing is there', () => {
    expect(suggest([])).toEqual([]);
    expect(suggest(many(50, (index) => ({ externalMerchantId: `M${index}` })))).toEqual([]);
    expect(suggest(many(100, (index) => (index === 0 ? { metafields: { 'a.seller': 'nord' } } : {})))).toEqual([]);
  });
});
