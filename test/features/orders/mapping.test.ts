import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { partnerBook } from '../../../src/features/directory/index.ts';
import {
  type MappedLine,
  type MappingRule,
  type MappingSource,
  mapCountry,
  mapPartner,
} from '../../../src/features/orders/mapping.ts';
import type { OrderPlaces } from '../../../src/stores/port.ts';

const known = partnerBook([
  { code: 'nord', name: 'Nord', aliases: ['Nord AB'] },
  { code: 'sud', name: 'Sud', aliases: [] },
]);
const nowhere: OrderPlaces = { channel: null, externalSource: null, metafields: {}, formFields: {} };
const rule = (
  from: MappingSource,
  values: Record<string, string> = {},
  gives: 'partner' | 'country' = 'partner',
): MappingRule => ({ gives, from, values });
const channel = rule({ place: 'channel' }, { '7': 'nord', '1': 'direct' });
const seller = rule({ place: 'metafield', namespace: 'market', key: 'seller' }, { 'N-1': 'nord' });
const brand = rule({ place: 'line_brand' }, { Northern: 'nord' });
const whole = (partner: string | null) => [{ partner, ppm: 1_000_000 }];

const map = (rules: MappingRule[], places: Partial<OrderPlaces> = {}, lines: MappedLine[] = []) =>
  mapPartner(rules, { places: { ...nowhere, ...places }, lines }, known);
const line = (name: string | null, revenueMicros: bigint): MappedLine => ({ brand: name, revenueMicros });

describe('whose order', () => {
  it.each<[string, MappingRule[], Partial<OrderPlaces>, string | null]>([
    ['no rule at all', [], { channel: '7' }, 'direct'],
    ['no rule yields', [seller], { channel: '7' }, 'direct'],
    ['a channel that is listed', [channel], { channel: '7' }, 'nord'],
    ["the company's own channel", [channel], { channel: '1' }, 'direct'],
    [
      'the first that yields decides',
      [seller, channel],
      { channel: '1', metafields: { 'market.seller': 'N-1' } },
      'nord',
    ],
    ['and the second where the first does not', [seller, channel], { channel: '1' }, 'direct'],
    [
      'a blank value yields nothing',
      [seller, channel],
      { channel: '7', metafields: { 'market.seller': '  ' } },
      'nord',
    ],
    ['a value not listed stands for itself', [seller], { metafields: { 'market.seller': 'sud' } }, 'sud'],
    ['an alias', [seller], { metafields: { 'market.seller': ' nord ab' } }, 'nord'],
    ['another case of a listed value', [seller], { metafields: { 'market.seller': 'n-1' } }, 'nord'],
    ['a form field', [rule({ place: 'form_field', name: 'Partner' })], { formFields: { Partner: 'Nord' } }, 'nord'],
    [
      'an external source',
      [rule({ place: 'external_source' }, { 'POS (Sud)': 'sud' })],
      { externalSource: 'POS (Sud)' },
      'sud',
    ],
    [
      'rules for countries give no partner',
      [rule({ place: 'channel' }, { '7': 'SE' }, 'country')],
      { channel: '7' },
      'direct',
    ],
    ['a name that every object has', [rule({ place: 'form_field', name: 'constructor' })], {}, 'direct'],
  ])('%s', (_, rules, places, partner) =>
    expect(map(rules, places)).toMatchObject({ shares: whole(partner), unmapped: null }),
  );

  it.each<[string, MappingRule[], Partial<OrderPlaces>, string, string]>([
    [
      'a channel that is not listed',
      [channel, seller],
      { channel: '9', metafields: { 'market.seller': 'N-1' } },
      'channel',
      '9',
    ],
    ['a code that is no partner', [rule({ place: 'channel' }, { '7': 'west' })], { channel: '7' }, 'channel', '7'],
    [
      'a stranger in a metafield',
      [seller, channel],
      { channel: '7', metafields: { 'market.seller': 'Ost' } },
      'metafield market.seller',
      'Ost',
    ],
    [
      'a name that every object has',
      [seller],
      { metafields: { 'market.seller': 'constructor' } },
      'metafield market.seller',
      'constructor',
    ],
  ])('is unknown for %s, and no later rule decides', (_, rules, places, place, value) =>
    expect(map(rules, places)).toMatchObject({
      shares: whole(null),
      unmapped: { reason: 'unmapped value', place, values: [value] },
    }),
  );
});

describe('brands of lines', () => {
  it('share an order by line revenue', () => {
    const mapping = map([brand], {}, [line('Northern', 70_000_000n), line('Sud', 30_000_000n)]);
    expect(mapping).toEqual({
      shares: [
        { partner: 'nord', ppm: 700_000 },
        { partner: 'sud', ppm: 300_000 },
      ],
      linePartners: ['nord', 'sud'],
      unmapped: null,
    });
  });

  it('leave the share of a line without a known brand unknown, and list strangers once', () => {
    const mapping = map([brand], {}, [line('Nord', 50n), line(null, 25n), line('Ost', 15n), line('Ost', 10n)]);
    expect(mapping.shares).toEqual([
      { partner: 'nord', ppm: 500_000 },
      { partner: null, ppm: 500_000 },
    ]);
    expect(mapping.linePartners).toEqual(['nord', null, null, null]);
    expect(mapping.unmapped).toEqual({ reason: 'unmapped value', place: 'line_brand', values: ['Ost'] });
  });

  it('yield nothing where no line has one', () => {
    expect(map([brand, channel], { channel: '7' }, [line(null, 5n), line(' ', 5n)]).shares).toEqual(whole('nord'));
    expect(map([brand], {}, []).shares).toEqual(whole('direct'));
  });

  it('weigh the same where no line earns anything', () => {
    expect(map([brand], {}, [line('Nord', 0n), line('Sud', -5n)]).shares.map(({ ppm }) => ppm)).toEqual([
      500_000, 500_000,
    ]);
    expect(map([brand], {}, [line('Nord', 10n), line('Sud', -5n)]).shares).toEqual(whole('nord'));
  });

  it('give the odd millionth to the larger share, then by code, the unknown last', () => {
    expect(map([brand], {}, [line('Sud', 1n), line('Nord', 1n), line('Ost', 1n)]).shares).toEqual([
      { partner: 'nord', ppm: 333_334 },
      { partner: 'sud', ppm: 333_333 },
      { partner: null, ppm: 333_333 },
    ]);
  });

  it('always sum to the whole, whatever the order of the lines', () => {
    const lines = fc.array(
      fc.record({
        brand: fc.constantFrom('nord', 'sud', 'ost', null),
        revenueMicros: fc.bigInt({ min: -5n, max: 10n ** 12n }),
      }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(lines, (given) => {
        fc.pre(given.some((one) => one.brand !== null));
        const { shares } = map([brand], {}, given);
        expect(shares.reduce((sum, { ppm }) => sum + ppm, 0)).toBe(1_000_000);
        expect(map([brand], {}, given.toReversed()).shares).toEqual(shares);
      }),
    );
  });
});

describe('the country', () => {
  const land = rule({ place: 'form_field', name: 'Land' }, { Sverige: 'se', Nowhere: 'nowhere' }, 'country');
  it.each([
    ['of a rule', { Land: 'sverige' }, 'SE'],
    ['of the address where no rule yields', {}, 'DE'],
    ['of the address where the value is no country', { Land: 'Atlantis' }, 'DE'],
    ['of a code that stands for itself', { Land: 'no' }, 'NO'],
  ])('is that %s', (_, formFields, country) =>
    expect(mapCountry([land], { ...nowhere, formFields }, 'DE')).toBe(country),
  );
});
