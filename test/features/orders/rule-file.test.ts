import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../src/core/errors.ts';
import { readMappingRules } from '../../../src/features/orders/rule-file.ts';

const stores = ['main', 'bags'];

const faultsOf = (content: unknown): string[] => {
  try {
    readMappingRules(typeof content === 'string' ? content : JSON.stringify(content), stores);
  } catch (error) {
    if (error instanceof InvalidInput) return error.faults.map(({ field }) => field);
    throw error;
  }
  return [];
};

describe('the file of mapping rules', () => {
  it('is read in its order, values being optional', () => {
    const rules = [
      { gives: 'partner', from: { place: 'metafield', namespace: 'market', key: 'seller' }, values: { 'N-1': 'nord' } },
      { gives: 'country', from: { place: 'form_field', name: 'Land' }, values: { Sverige: 'SE' } },
      { gives: 'partner', from: { place: 'external_source' }, values: {} },
      { gives: 'partner', from: { place: 'line_brand' }, values: {} },
      { gives: 'partner', from: { place: 'product_category' }, values: { Nord: 'nord' } },
      { gives: 'partner', from: { place: 'product_category', pattern: '^By (.+)$' }, values: {} },
      { gives: 'partner', from: { place: 'custom_status' }, values: {} },
    ];
    expect(readMappingRules(`\uFEFF${JSON.stringify(rules)}`, stores)).toEqual(rules);
    expect(readMappingRules('[{"gives": "partner", "from": {"place": "channel"}}]', stores)).toEqual([
      { gives: 'partner', from: { place: 'channel' }, values: {} },
    ]);
    expect(readMappingRules('[]', [])).toEqual([]);
  });

  it('may say of which store a rule is, and whose all orders of a store are', () => {
    const rules = [
      { gives: 'partner', store: 'bags', from: { place: 'channel' }, values: { '1': 'nord' } },
      { gives: 'country', from: { place: 'store' }, values: { main: 'SE', bags: 'DE' } },
    ];
    expect(readMappingRules(JSON.stringify(rules), stores)).toEqual(rules);
  });

  it('names a store that is none, and those that are', () => {
    const content = [
      { gives: 'partner', store: 'Main', from: { place: 'channel' } },
      { gives: 'partner', from: { place: 'store' }, values: { mian: 'nord', bags: 'sud' } },
    ];
    expect(() => readMappingRules(JSON.stringify(content), stores)).toThrow(
      expect.objectContaining({
        faults: [
          { field: 'rule 1, store', reason: '"Main" is no store; known are main, bags' },
          { field: 'rule 2, values.mian', reason: '"mian" is no store; known are main, bags' },
        ],
      }),
    );
    expect(faultsOf([{ gives: 'partner', from: { place: 'store' } }])).toEqual(['rule 1, values']);
    expect(faultsOf([{ gives: 'partner', from: { place: 'store', pattern: 'm' }, values: { main: 'nord' } }])).toEqual([
      'rule 1, from.pattern',
    ]);
  });

  it.each<[string, unknown, string[]]>([
    ['no JSON', '[{', ['file']],
    ['no array', {}, ['file']],
    ['an unknown place', [{ gives: 'partner', from: { place: 'moon' } }], ['rule 1, from.place']],
    ['a missing key', [{ gives: 'partner', from: { place: 'metafield', namespace: 'market' } }], ['rule 1, from.key']],
    ['an unknown field', [{ gives: 'partner', from: { place: 'channel' }, value: {} }], ['rule 1, value']],
    ['something given that nobody knows', [{ gives: 'region', from: { place: 'channel' } }], ['rule 1, gives']],
    [
      'a country that is none',
      [{ gives: 'country', from: { place: 'channel' }, values: { '7': 'Atlantis', '8': 'Schweden' } }],
      ['rule 1, values.7'],
    ],
    [
      'a pattern that explodes',
      [{ gives: 'partner', from: { place: 'channel', pattern: '(a)\\1' } }],
      ['rule 1, from.pattern'],
    ],
    ['a note without a pattern', [{ gives: 'partner', from: { place: 'staff_note' } }], ['rule 1, from.pattern']],
    ['coupons that nobody listed', [{ gives: 'partner', from: { place: 'coupon' } }], ['rule 1, values']],
    ['prefixes that nobody listed', [{ gives: 'partner', from: { place: 'sku_prefix' } }], ['rule 1, values']],
    ['categories that nobody listed', [{ gives: 'partner', from: { place: 'product_category' } }], ['rule 1, values']],
    [
      'a country by category',
      [{ gives: 'country', from: { place: 'product_category' }, values: { Nord: 'SE' } }],
      ['rule 1, from.place'],
    ],
    ['a country by brand', [{ gives: 'country', from: { place: 'line_brand' } }], ['rule 1, from.place']],
    [
      'two spellings of one value',
      [{ gives: 'partner', from: { place: 'channel' }, values: { a: 'nord', A: 'sud' } }],
      ['rule 1, values.A'],
    ],
    ['an empty code', [{ gives: 'partner', from: { place: 'channel' }, values: { a: ' ' } }], ['rule 1, values.a']],
    [
      'every fault at once',
      [{ gives: 'partner', from: { place: 'moon' } }, 7, { gives: 'x', from: { place: 'channel' } }],
      ['rule 1, from.place', 'rule 2', 'rule 3, gives'],
    ],
  ])('is refused for %s', (_, content, fields) => expect(faultsOf(content)).toEqual(fields));
});
