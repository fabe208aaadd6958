import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InvalidInput } from '../../src/core/errors.ts';
import {
  divide,
  formatMicros,
  microsOf,
  millionthsOf,
  moneyJson,
  multiply,
  parseDecimal,
  ppmOf,
  ratio,
  rational,
  reduce,
  roundHalfEven,
  split,
} from '../../src/core/money.ts';

const weights = fc
  .array(fc.record({ weight: fc.bigInt({ min: 0n, max: 10n ** 12n }), key: fc.string() }), {
    minLength: 1,
    maxLength: 8,
  })
  .filter((list) => list.some(({ weight }) => weight > 0n));
const amount = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });

describe('decimal text', () => {
  test.each([
    ['924.47', 924_470_000n],
    ['-0.5', -500_000n],
    ['+7', 7_000_000n],
    [' 1. ', 1_000_000n],
    ['0.0000005', 0n],
    ['0.0000015', 2n],
    ['0.0000025', 2n],
    ['-0.0000015', -2n],
    ['17043.21', 17_043_210_000n],
  ])('%s in micros', (text, micros) => expect(microsOf(text)).toBe(micros));

  test.each(['', '1e3', 'NaN', '1,5', '1.2.3', '.5', '0x10', '--1'])('"%s" is refused', (text) =>
    expect(() => parseDecimal(text)).toThrow(InvalidInput),
  );

  test('micros survive the way to text and back', () =>
    fc.assert(
      fc.property(amount, (micros) => {
        expect(microsOf(formatMicros(micros))).toBe(micros);
      }),
    ));

  test('money on the wire always has six decimals', () =>
    expect([12_340_000n, -1n, 0n].map((micros) => moneyJson({ micros, currency: 'USD' }))).toEqual([
      { amount: '12.340000', currency: 'USD' },
      { amount: '-0.000001', currency: 'USD' },
      { amount: '0.000000', currency: 'USD' },
    ]));
});

describe('rounding', () => {
  test.each([
    [1n, 2n, 0n],
    [3n, 2n, 2n],
    [5n, 2n, 2n],
    [-1n, 2n, 0n],
    [-3n, 2n, -2n],
    [-5n, 2n, -2n],
    [7n, 3n, 2n],
    [-7n, 3n, -2n],
    [8n, -3n, -3n],
    [6n, 3n, 2n],
  ])('%d / %d', (numerator, denominator, whole) => expect(roundHalfEven(rational(numerator, denominator))).toBe(whole));

  test('is never more than half a unit off, and mirrors for negatives', () =>
    fc.assert(
      fc.property(amount, fc.bigInt({ min: 1n, max: 10n ** 9n }), (numerator, denominator) => {
        const whole = roundHalfEven(rational(numerator, denominator));
        const off = numerator - whole * denominator;
        expect((off < 0n ? -off : off) * 2n <= denominator).toBe(true);
        expect(roundHalfEven(rational(-numerator, denominator))).toBe(-whole);
      }),
    ));
});

describe('fractions', () => {
  test('a ratio is the fraction rounded half to even at six places, also where doubles reckon it', () => {
    const some = fc.oneof(
      fc.bigInt(0n, 5000n),
      fc.bigInt(0n, 8_000_000_000n),
      fc.bigInt(0n, 10n ** 13n),
      fc.bigInt(-(10n ** 17n), 10n ** 17n),
    );
    fc.assert(
      fc.property(some, some, (a, b) => {
        fc.pre(b !== 0n);
        const millionths = roundHalfEven(rational(a * 1_000_000n, b));
        expect(millionthsOf(a, b)).toBe(millionths);
        expect(ratio(a, b)).toBe(Number(millionths) / 1e6);
      }),
      {
        numRuns: 2000,
        examples: [
          [1n, 2_000_000n],
          [3n, 2_000_000n],
          [5n, 2_000_000n],
          [3_999_999_999n, 3_999_999_998n],
          [3_000_001n, 2_000_000_000_000n],
          [8_999_999_999_999_999n, 1n],
        ],
      },
    );
  });

  test('a fraction without a denominator is refused', () => expect(() => rational(1n, 0n)).toThrow(RangeError));

  test('multiply and divide undo one another, and reduce keeps the value', () =>
    fc.assert(
      fc.property(amount, fc.bigInt({ min: 1n, max: 10n ** 9n }), fc.bigInt({ min: 1n, max: 10n ** 9n }), (n, d, e) => {
        const value = rational(n, d);
        const back = divide(multiply(value, rational(e, d)), rational(e, d));
        expect(reduce(back)).toEqual(reduce(value));
        expect(reduce(value).numerator * d).toBe(n * reduce(value).denominator);
      }),
    ));

  test('lowest terms', () => {
    expect(reduce(rational(110n, 100n))).toEqual({ numerator: 11n, denominator: 10n });
    expect(reduce(rational(-6n, 4n))).toEqual({ numerator: -3n, denominator: 2n });
    expect(reduce(rational(0n, 7n))).toEqual({ numerator: 0n, denominator: 1n });
  });

  test('a ratio has no value over 0', () => {
    expect(ratio(1n, 0n)).toBeNull();
    expect(ratio(1n, 3n)).toBe(0.333333);
    expect(ratio(480n * 100n, 12_000n, 2)).toBe(4);
  });
});

describe('splitting', () => {
  test('parts add up to the whole and are never more than one unit off', () =>
    fc.assert(
      fc.property(amount, weights, (whole, list) => {
        const parts = split(whole, list);
        const total = list.reduce((sum, { weight }) => sum + weight, 0n);
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(whole);
        for (const [index, part] of parts.entries()) {
          const off = part * total - whole * (list[index]?.weight ?? 0n);
          expect((off < 0n ? -off : off) < total).toBe(true);
        }
      }),
    ));

  test('does not depend on the order of the weights', () =>
    fc.assert(
      fc.property(
        amount,
        fc.uniqueArray(fc.record({ weight: fc.bigInt({ min: 1n, max: 99n }), key: fc.string() }), {
          selector: ({ key }) => key,
          minLength: 1,
        }),
        (whole, list) => {
          const forth = new Map(split(whole, list).map((part, index) => [list[index]?.key, part]));
          const back = list.toReversed();
          for (const [index, part] of split(whole, back).entries()) expect(forth.get(back[index]?.key)).toBe(part);
        },
      ),
    ));

  test('a negative whole is the mirror of its positive', () =>
    fc.assert(
      fc.property(amount, weights, (whole, list) => {
        expect(split(-whole, list)).toEqual(split(whole, list).map((part) => -part));
      }),
    ));

  test('ties go to the larger share, then to the smaller code', () => {
    expect(
      split(1n, [
        { weight: 1n, key: 'b' },
        { weight: 1n, key: 'a' },
      ]),
    ).toEqual([0n, 1n]);
    // 5 x 1/10 and 5 x 9/10 leave the same remainder of a half.
    expect(
      split(5n, [
        { weight: 1n, key: 'a' },
        { weight: 9n, key: 'b' },
      ]),
    ).toEqual([0n, 5n]);
    expect(
      split(1n, [
        { weight: 700_000n, key: 'nord' },
        { weight: 300_000n, key: 'sud' },
      ]),
    ).toEqual([1n, 0n]);
  });

  test('nothing can be split by nothing', () => {
    expect(() => split(1n, [])).toThrow(RangeError);
    expect(() => split(1n, [{ weight: 0n, key: 'a' }])).toThrow(RangeError);
    expect(() =>
      split(1n, [
        { weight: 2n, key: 'a' },
        { weight: -1n, key: 'b' },
      ]),
    ).toThrow(RangeError);
  });

  test('shares sum to a million', () =>
    fc.assert(
      fc.property(weights, (list) => {
        expect(ppmOf(list).reduce((sum, part) => sum + part, 0)).toBe(1_000_000);
      }),
    ));
});
