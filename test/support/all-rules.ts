/** A mapping rule of every place, with each word that a place takes. */
export const allMappingRules = [
  ...[
    'channel',
    'external_source',
    'order_source',
    'external_id',
    'external_order_id',
    'external_merchant_id',
    'customer_group',
    'geoip_country',
    'shipping_zone',
    'billing_country',
    'shipping_country',
    'customer_locale',
  ].map((place) => ({ gives: 'partner', from: { place }, values: { 'A 1': 'nord' } })),
  { gives: 'country', from: { place: 'shipping_zone', pattern: '^[A-Z]{2}' }, values: { EU: 'DE' } },
  { gives: 'partner', from: { place: 'metafield', namespace: 'market', key: 'seller' }, values: {} },
  { gives: 'country', from: { place: 'form_field', name: 'Land', of: 'billing' }, values: { Sverige: 'SE' } },
  { gives: 'partner', from: { place: 'form_field', name: 'Shop', pattern: '(\\w+)$' }, values: {} },
  ...['customer_attribute', 'customer_field', 'product_field'].map((place) => ({
    gives: 'partner',
    from: { place, name: 'Partner' },
    values: { n: 'nord' },
  })),
  { gives: 'partner', from: { place: 'line_brand' }, values: {} },
  { gives: 'partner', from: { place: 'coupon' }, values: { NORD10: 'nord', SUD: 'sud' } },
  { gives: 'partner', from: { place: 'sku_prefix', separator: '-' }, values: {} },
  { gives: 'partner', from: { place: 'sku_prefix' }, values: { N: 'nord' } },
  { gives: 'partner', from: { place: 'staff_note', pattern: 'via (\\w+)' }, values: {} },
  { gives: 'partner', from: { place: 'customer_message', pattern: 'from (\\w+)' }, values: {} },
];

/** Mapping rules that name a store, in each way. */
export const rulesOfStore = (store: string) => [
  { gives: 'partner', store, from: { place: 'channel' }, values: { '1': 'nord' } },
  { gives: 'partner', from: { place: 'store' }, values: { [store]: 'nord' } },
];

/** A ticket rule of every condition, and of each thing that a rule gives. */
export const allTicketRules = [
  ...['brandId', 'inbox', 'organizationId', 'formId', 'tag'].map((name) => ({
    when: { [name]: '42' },
    partner: 'nord',
  })),
  { when: { tag: 'b2b', brandId: '7' }, region: 'SE' },
  { when: { tag: 'both' }, partner: 'sud', region: 'DE' },
];
