import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Cell, cellId, noFacts } from '../../../../src/features/reports/facts/facts.ts';
import { addWrittenCells } from '../../../../src/features/reports/totals/written-cells.ts';

const read = (
  texts: readonly string[],
  names: Parameters<typeof addWrittenCells>[1],
  asked: Partial<Parameters<typeof addWrittenCells>[2]> = {},
): Cell[] => {
  const into = new Map<string, Cell>();
  addWrittenCells(texts, names, { dimensions: ['partner', 'region'], ...asked, into });
  return [...into.values()];
};

test('numbers are read exactly, however large, below zero too, and summed over texts', () => {
  const names = ['ticketsPpm', 'costMicros', 'microseconds', 'ordersPpm', 'revenueMicros', 'answered'] as const;
  const cells = read(
    [
      '["nord","SE"]\t999999999999999 -123456789012345678901234567890 0 -7 9007199254740993 12\n[null,"SE"]\t1 0 0 0 0 0',
      '["nord","SE"]\t1 -1 0 12 1 0',
    ],
    names,
  );
  expect(cells).toStrictEqual([
    {
      key: { partner: 'nord', region: 'SE' },
      facts: {
        ...noFacts(),
        ticketsPpm: 1_000_000_000_000_000n,
        costMicros: -123_456_789_012_345_678_901_234_567_891n,
        ordersPpm: 5n,
        revenueMicros: 9_007_199_254_740_994n,
        answered: 12n,
      },
    },
    { key: { partner: null, region: 'SE' }, facts: { ...noFacts(), ticketsPpm: 1n } },
  ]);
});

test('sums that leave what a double holds exactly stay exact, up and down', () => {
  const most = '999999999999999';
  const texts = Array.from({ length: 30 }, () => `["nord",null]\t${most} -${most}`);
  expect(read([...texts, '["nord",null]\t1 -1'], ['costMicros', 'refundMicros'])[0]?.facts).toStrictEqual({
    ...noFacts(),
    costMicros: 29_999_999_999_999_971n,
    refundMicros: -29_999_999_999_999_971n,
  });
});

test('many cells are summed by what is asked for, whatever their codes hold', () => {
  const codes = Array.from({ length: 3000 }, (_, index) => `code "${index}"\t\n`);
  const text = codes.map((code) => `${JSON.stringify([code, null])}\t2`).join('\n');
  expect(read([text, text], ['answered']).map(({ key, facts }) => [key.partner, facts.answered])).toEqual(
    codes.map((code) => [code, 4n]),
  );
  expect(read([text], ['answered'], { dimensions: ['region'] })).toStrictEqual([
    { key: { partner: null, region: null }, facts: { ...noFacts(), answered: 6000n } },
  ]);
});

test('bug: a code with a letter whose number ends as that of a tab does was no code', () => {
  const cells = read(['["\u0109eva","SE"]\t1 2\n["\u{1f609}",null]\t3 4'], ['answered', 'delivered']);
  expect(cells.map(({ key, facts }) => [key.partner, facts.answered, facts.delivered])).toEqual([
    ['\u0109eva', 1n, 2n],
    ['\u{1f609}', 3n, 4n],
  ]);
});

const names = ['ticketsPpm', null, 'costMicros'] as const;
type Line = readonly [partner: string | null, region: string | null, ...numbers: bigint[]];

/** Around what a double holds, what is read as one, and what a column of PostgreSQL holds; anything else between. */
const edges = [0n, 10n ** 15n, 10n ** 16n, 2n ** 53n, 2n ** 63n];
const wholeNumber = fc.oneof(
  fc.bigInt(-9n, 9n),
  fc.tuple(fc.constantFrom(...edges), fc.bigInt(-2n, 2n), fc.boolean()).map(([a, b, below]) => (below ? -a : a) + b),
  fc.bigInt(-(10n ** 20n), 10n ** 20n),
  fc.bigInt(-(10n ** 11n), 10n ** 11n).map((millions) => millions * 1_000_000n),
);
const code = fc.oneof(
  fc.constantFrom(null, 'nord', 'sud', 'SE'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }),
);
const line: fc.Arbitrary<Line> = fc.tuple(code, code, wholeNumber, wholeNumber, wholeNumber);
/** Whole millions as PostgreSQL writes them (in_short). */
const inShort = (value: bigint): string =>
  value !== 0n && value % 1_000_000n === 0n ? `${value / 1_000_000n}m` : String(value);
const written = ([partner, region, ...numbers]: Line): string =>
  `${JSON.stringify([partner, region])}\t${numbers.map(inShort).join(' ')}`;

/** One by one, and each a bigint. */
const plainly = (
  lines: readonly Line[],
  dimensions: readonly ('partner' | 'region')[],
): Map<string, readonly [bigint, bigint]> => {
  const sums = new Map<string, readonly [bigint, bigint]>();
  for (const [partner, region, tickets = 0n, , cost = 0n] of lines) {
    const id = cellId({ partner, region }, dimensions);
    const [ticketsBefore, costBefore] = sums.get(id) ?? [0n, 0n];
    sums.set(id, [ticketsBefore + tickets, costBefore + cost]);
  }
  return sums;
};

test('of any texts the sums are those of plain code, by any dimensions', () => {
  const texts = fc.array(fc.array(line, { minLength: 1, maxLength: 12 }), { maxLength: 12 });
  const dimensions = fc.subarray(['partner', 'region'] as const);
  fc.assert(
    fc.property(texts, texts, dimensions, (first, second, by) => {
      const into = new Map<string, Cell>();
      for (const some of [first, second])
        addWrittenCells(
          some.map((lines) => lines.map(written).join('\n')),
          names,
          { dimensions: by, into },
        );
      expect(new Map([...into].map(([id, { facts }]) => [id, [facts.ticketsPpm, facts.costMicros]] as const))).toEqual(
        plainly([...first, ...second].flat(), by),
      );
      for (const [id, { key }] of into) expect(cellId(key, by)).toBe(id);
    }),
    { numRuns: 500, seed: 20_261_123 },
  );
});

test('a line of fewer or more numbers than are known is no total', () => {
  expect(() => read(['["nord",null]\t1 2'], ['answered'])).toThrow('1 numbers');
  expect(() => read(['["nord",null]\tm'], ['answered'])).toThrow('1 numbers');
  expect(() => read(['["nord",null]\t1mm'], ['answered'])).toThrow('1 numbers');
  expect(() => read(['["nord",null]\t1\n["sud",null]\t1'], ['answered', 'delivered'])).toThrow('2 numbers');
  expect(() => read(['["nord",null]\t1'], ['answered', 'delivered'])).toThrow('2 numbers');
  expect(() => read(['["nord",null]\t1 -'], ['answered', 'delivered'])).toThrow('2 numbers');
  expect(() => read(['["nord",null]'], ['answered'])).toThrow('1 numbers');
});
