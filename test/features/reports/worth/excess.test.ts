import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Borne, drivers, excessOf, mixOf, type WorkCell } from '../../../../src/features/reports/worth/excess.ts';

const whole = 1_000_000n;
const dollars = (amount: number): bigint => BigInt(Math.round(amount * 1e6));
const cell = (
  reason: string | null,
  language: string | null,
  tickets: number,
  seconds: number,
  cost: number,
): WorkCell => ({
  reason,
  language,
  ticketsPpm: BigInt(tickets) * whole,
  microseconds: BigInt(seconds) * whole,
  costMicros: dollars(cost),
});
const borne = (orders: number, ...cells: WorkCell[]): Borne => ({ ordersPpm: BigInt(orders) * whole, cells });

/** The account is the partner and everybody else. */
const heldAgainst = (own: Borne, others: Borne) => {
  const account = { ordersPpm: own.ordersPpm + others.ordersPpm, cells: [...own.cells, ...others.cells] };
  return { account, ...excessOf(own, account) };
};

describe('one driver alone', () => {
  test('more tickets for as many orders are volume', () => {
    expect(
      heldAgainst(borne(100, cell('return', 'de', 30, 3000, 30)), borne(100, cell('return', 'de', 10, 1000, 10))),
    ).toMatchObject({
      per: 'order',
      expectedMicros: dollars(20),
      excessMicros: dollars(10),
      parts: { volume: dollars(10), reason: 0n, language: 0n, handlingTime: 0n, rate: 0n },
    });
  });

  test('more seconds a ticket are handling time', () => {
    expect(
      heldAgainst(borne(100, cell('return', 'de', 10, 3000, 30)), borne(100, cell('return', 'de', 10, 1000, 10))).parts,
    ).toEqual({ volume: 0n, reason: 0n, language: 0n, handlingTime: dollars(10), rate: 0n });
  });

  test('dearer seconds are the rate', () => {
    expect(
      heldAgainst(borne(100, cell('return', 'de', 10, 1000, 30)), borne(100, cell('return', 'de', 10, 1000, 10))).parts,
    ).toEqual({ volume: 0n, reason: 0n, language: 0n, handlingTime: 0n, rate: dollars(10) });
  });

  test('dear reasons are the reason, dear languages the language', () => {
    const dear = (reason: string, language: string) => cell(reason, language, 10, 3000, 30);
    const cheap = (reason: string, language: string) => cell(reason, language, 10, 1000, 10);
    expect(heldAgainst(borne(100, dear('damage', 'de')), borne(100, cheap('payment', 'de'))).parts).toEqual({
      volume: 0n,
      reason: dollars(10),
      language: 0n,
      handlingTime: 0n,
      rate: 0n,
    });
    expect(heldAgainst(borne(100, dear('damage', 'fi')), borne(100, cheap('damage', 'de'))).parts).toEqual({
      volume: 0n,
      reason: 0n,
      language: dollars(10),
      handlingTime: 0n,
      rate: 0n,
    });
    // Nobody can tell which of the two it is: half and half.
    expect(heldAgainst(borne(100, dear('damage', 'fi')), borne(100, cheap('payment', 'de'))).parts).toMatchObject({
      reason: dollars(5),
      language: dollars(5),
    });
  });
});

test('a partner without orders has its whole cost in excess; without any orders the ticket is held against the average', () => {
  const own = borne(0, cell('return', 'de', 1, 300, 3));
  expect(heldAgainst(own, borne(10, cell('return', 'de', 1, 100, 1)))).toMatchObject({
    expectedMicros: 0n,
    parts: { volume: dollars(2), handlingTime: dollars(1) },
  });
  expect(heldAgainst(own, borne(0, cell('return', 'de', 1, 100, 1)))).toMatchObject({
    per: 'ticket',
    expectedMicros: dollars(2),
    excessMicros: dollars(1),
    parts: { volume: null, handlingTime: dollars(1) },
  });
});

test('nothing at all has no excess', () => {
  expect(excessOf(borne(0), borne(0))).toMatchObject({ excessMicros: 0n, parts: { rate: 0n, reason: 0n } });
  expect(mixOf(borne(0), borne(0), 'reason', 0n)).toEqual([]);
});

const cells = fc.array(
  fc.record({
    reason: fc.constantFrom('return', 'damage', 'payment', null),
    language: fc.constantFrom('de', 'fi', null),
    ticketsPpm: fc.bigInt({ min: 1n, max: 10n ** 9n }),
    microseconds: fc.bigInt({ min: 1n, max: 10n ** 14n }),
    costMicros: fc.bigInt({ min: 0n, max: 10n ** 12n }),
  }),
  { maxLength: 12 },
);
const anyBorne = fc.record({ ordersPpm: fc.bigInt({ min: 0n, max: 10n ** 10n }), cells });

test('the parts add up to the excess to the micro, and so do reasons and languages', () => {
  fc.assert(
    fc.property(anyBorne, anyBorne, (own, others) => {
      const { account, parts, excessMicros, expectedMicros } = heldAgainst(own, others);
      expect(drivers.reduce((sum, driver) => sum + (parts[driver] ?? 0n), 0n)).toBe(excessMicros);
      for (const what of ['reason', 'language'] as const) {
        const lines = mixOf(own, account, what, expectedMicros);
        if (account.cells.some(({ costMicros }) => costMicros > 0n))
          expect(lines.reduce((sum, line) => sum + line.excessMicros, 0n)).toBe(excessMicros);
      }
    }),
  );
});

test('who is the whole account has no excess in any part', () => {
  fc.assert(
    fc.property(anyBorne, (own) => {
      const { excessMicros, parts } = excessOf(own, own);
      expect(excessMicros).toBe(0n);
      for (const driver of drivers) expect(parts[driver] ?? 0n).toBe(0n);
    }),
  );
});
