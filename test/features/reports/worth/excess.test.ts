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

describe('a partner with nearly all Swedish tickets, 90 of 100, and ten German ones', () => {
  const sv = (tickets: number, seconds: number, cost: number) => cell('return', 'sv', tickets, seconds, cost);
  const de = (tickets: number, seconds: number, cost: number) => cell('return', 'de', tickets, seconds, cost);

  test('is told its handling time where it is slow in both', () => {
    // A second costs 0.01. It takes 1200 s a ticket, the others 600: 12 against 6. The account: 300 tickets, 2400.
    // 100 orders of 300 and 100 tickets of 300 would cost 800: excess 400, volume 0. At the others' 6 a ticket: 600 by any
    // mix; with its seconds 1200. The others have 200 / 300 of the tickets: 2/3 x 600 = 400.
    const slow = borne(100, sv(90, 108_000, 1080), de(10, 12_000, 120));
    expect(heldAgainst(slow, borne(200, sv(10, 6000, 60), de(190, 114_000, 1140)))).toMatchObject({
      expectedMicros: dollars(800),
      excessMicros: dollars(400),
      parts: { volume: 0n, reason: 0n, language: 0n, handlingTime: dollars(400), rate: 0n },
    });
  });

  test('is told both where Swedish takes the others longer too', () => {
    // The others: 900 s a Swedish ticket, 600 a German one; it takes twice as long: 90 x 18 + 10 x 12 = 1740. The account:
    // 300 tickets, 2970; a third is 990: excess 750. At the others' 1230 / 200: 615; by language 90 x 9 + 10 x 6 = 870; with
    // its seconds 1740. Language 2/3 x 255 = 170, handling time 2/3 x 870 = 580.
    const slow = borne(100, sv(90, 162_000, 1620), de(10, 12_000, 120));
    expect(heldAgainst(slow, borne(200, sv(10, 9000, 90), de(190, 114_000, 1140))).parts).toEqual({
      volume: 0n,
      reason: 0n,
      language: dollars(170),
      handlingTime: dollars(580),
      rate: 0n,
    });
  });

  test('has the cost of a language that nobody else has told as the language', () => {
    // The others: 200 German tickets of 600 s, 1200. At their 6 a ticket: 600; by language 1080, its own, and 10 x 6: 1140;
    // with its seconds 1200. Language 2/3 x 540 = 360, handling time, of the German ones alone, 2/3 x 60 = 40.
    const slow = borne(100, sv(90, 108_000, 1080), de(10, 12_000, 120));
    expect(heldAgainst(slow, borne(200, de(200, 120_000, 1200))).parts).toEqual({
      volume: 0n,
      reason: 0n,
      language: dollars(360),
      handlingTime: dollars(40),
      rate: 0n,
    });
  });
});

test('tickets of others without any seconds leave the own rate: what costs more than they do is handling time', () => {
  // 20 tickets cost 30, its ten 15 by the average: excess 15. At the others' nothing a ticket 0, with its seconds 30, of
  // which half.
  expect(
    heldAgainst(borne(10, cell('return', 'de', 10, 3000, 30)), borne(10, cell('return', 'de', 10, 0, 0))).parts,
  ).toEqual({ volume: 0n, reason: 0n, language: 0n, handlingTime: dollars(15), rate: 0n });
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

/** Corrections may take more than a period's work; then there are no tickets worked on, or seconds below zero. */
const cells = fc.array(
  fc.record({
    reason: fc.constantFrom('return', 'damage', 'payment', null),
    language: fc.constantFrom('de', 'fi', null),
    ticketsPpm: fc.oneof(fc.constant(0n), fc.bigInt({ min: 1n, max: 10n ** 9n })),
    microseconds: fc.oneof(fc.constant(0n), fc.bigInt({ min: -(10n ** 12n), max: 10n ** 14n })),
    costMicros: fc.bigInt({ min: -(10n ** 10n), max: 10n ** 12n }),
  }),
  { maxLength: 12 },
);
const anyBorne = fc.record({ ordersPpm: fc.bigInt({ min: 0n, max: 10n ** 10n }), cells });
const nobody = borne(0);

test('the parts add up to the excess to the micro, and so do reasons and languages', () => {
  fc.assert(
    fc.property(anyBorne, fc.oneof(fc.constant(nobody), anyBorne), (own, others) => {
      const { account, parts, excessMicros, expectedMicros } = heldAgainst(own, others);
      expect(drivers.reduce((sum, driver) => sum + (parts[driver] ?? 0n), 0n)).toBe(excessMicros);
      for (const what of ['reason', 'language'] as const) {
        const lines = mixOf(own, account, what, expectedMicros);
        const sums = Map.groupBy(account.cells, (one) => one[what]);
        const hasCost = [...sums.values()].some(
          (some) => some.reduce((sum, { costMicros }) => sum + costMicros, 0n) > 0n,
        );
        if (hasCost) expect(lines.reduce((sum, line) => sum + line.excessMicros, 0n)).toBe(excessMicros);
      }
    }),
  );
});

test('seconds that cost everybody the same are never the rate', () => {
  const atOneRate = anyBorne.map(({ ordersPpm, cells: some }) => ({
    ordersPpm,
    cells: some
      .map((one) => ({ ...one, ticketsPpm: one.ticketsPpm + 1n, costMicros: one.microseconds / 100n }))
      .map((one) => ({ ...one, microseconds: one.costMicros * 100n })),
  }));
  fc.assert(
    fc.property(atOneRate, atOneRate, (own, others) => {
      const { rate } = heldAgainst(own, others).parts;
      // What rounding leaves: half a micro for each of the steps.
      expect(rate === null ? null : rate * rate).toBeLessThanOrEqual(9n);
    }),
  );
});

test('who is the whole account has no excess in any part', () => {
  fc.assert(
    fc.property(anyBorne, (own) => {
      fc.pre(own.cells.some(({ ticketsPpm }) => ticketsPpm > 0n));
      const { excessMicros, parts } = excessOf(own, own);
      expect(excessMicros).toBe(0n);
      for (const driver of drivers) expect(parts[driver] ?? 0n).toBe(0n);
    }),
  );
});
