import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { transfersBetween } from '../../../../src/features/reports/rules/transfer.ts';

const amounts = (record: Record<string, number>) =>
  new Map(Object.entries(record).map(([key, amount]) => [key, BigInt(amount)]));

describe('what goes from whom to whom', () => {
  it.each([
    ['a whole', { a: 10 }, { b: 10 }, [['a', 'b', 10n]]],
    ['a part', { a: 10 }, { a: 7, b: 3 }, [['a', 'b', 3n]]],
    ['nothing', { a: 10, b: 0 }, { a: 10 }, []],
    [
      'from two to two',
      { a: 5, b: 5 },
      { c: 7, d: 3 },
      [
        ['a', 'c', 5n],
        ['b', 'c', 2n],
        ['b', 'd', 3n],
      ],
    ],
  ])('is %s', (_, before, after, expected) =>
    expect(transfersBetween(amounts(before), amounts(after)).map(({ from, to, amount }) => [from, to, amount])).toEqual(
      expected,
    ),
  );

  it('is refused where something is lost or made on the way', () => {
    expect(() => transfersBetween(amounts({ a: 2 }), amounts({ b: 1 }))).toThrow(RangeError);
    expect(() => transfersBetween(amounts({ a: 1 }), amounts({ b: 2 }))).toThrow(RangeError);
  });

  it('makes the one into the other, whatever they are', () => {
    const parts = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.nat(1000));
    fc.assert(
      fc.property(parts, parts, (left, right) => {
        const [before, after] = [amounts(left), amounts(right)];
        const sum = (all: Map<string, bigint>) => [...all.values()].reduce((total, amount) => total + amount, 0n);
        const gap = sum(before) - sum(after);
        if (gap > 0n) after.set('rest', gap);
        if (gap < 0n) before.set('rest', -gap);
        const held = new Map(before);
        for (const { from, to, amount } of transfersBetween(before, after)) {
          expect(amount > 0n && from !== to).toBe(true);
          held.set(from, (held.get(from) ?? 0n) - amount);
          held.set(to, (held.get(to) ?? 0n) + amount);
        }
        for (const key of new Set([...held.keys(), ...after.keys()]))
          expect(held.get(key) ?? 0n).toBe(after.get(key) ?? 0n);
      }),
    );
  });
});
