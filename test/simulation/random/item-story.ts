import fc from 'fast-check';

/** No exchange rate is ever told of the last one. */
const itemCurrencies = ['USD', 'EUR', 'SEK', 'CHF', 'GBP'] as const;

const when = {
  /** A known reference changes its item. */
  reference: fc.nat(3),
  fromDay: fc.integer({ min: -400, max: 12 }),
  /** Null: of its first day alone where it is once, else it goes on. */
  days: fc.constantFrom(null, null, 0, 3, 29, 200),
};
const region = fc.constantFrom(null, null, 'nordics', 'DE', 'FR');
const amount = {
  partner: fc.constantFrom('nord', 'sud', 'West', 'direct'),
  region,
  /** What is told to be nothing is known. */
  cents: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 1, max: 2_000_000 }) },
    { weight: 1, arbitrary: fc.constant(0) },
  ),
  currency: fc.constantFrom(...itemCurrencies),
  every: fc.constantFrom('once', 'once', 'week', 'month', 'quarter', 'year'),
};
const otherCost = fc.record({
  do: fc.constant('other cost' as const),
  ...when,
  ...amount,
  kind: fc.constantFrom('fee', 'software', 'travel', 'other'),
  /** In hundredths; those of the management, whose amount is what an hour costs. */
  hours: fc.constantFrom(null, null, 1, 333, 1250),
});
const benefit = fc.record({
  do: fc.constant('benefit' as const),
  ...when,
  ...amount,
  kind: fc.constantFrom('commission', 'margin', 'savings', 'other'),
});
/** A part of the revenue of orders. */
const part = fc.record({
  do: fc.constant('part' as const),
  ...when,
  /** Often from about the day from which on orders are held, and until about the last one. */
  fromDay: fc.oneof(
    { weight: 2, arbitrary: when.fromDay },
    { weight: 1, arbitrary: fc.integer({ min: -368, max: -360 }) },
    { weight: 1, arbitrary: fc.integer({ min: -2, max: 8 }) },
  ),
  partner: fc.constantFrom('', '', 'nord', 'sud', 'West', 'direct'),
  region,
  ofStore: fc.boolean(),
  of: fc.constantFrom(
    { kind: 'commission', percent: '7.5' },
    { kind: 'commission', percent: '0' },
    { kind: 'commission', percent: '12.3457' },
    { kind: 'margin', percent: '33.3' },
    { kind: 'margin', percent: 'line cost' },
    { kind: 'margin', percent: 'line cost' },
  ),
});

/** What a person says that a partnership costs beside support or brings. */
export const item = fc.oneof(otherCost, benefit, part);

type Value<Of> = Of extends fc.Arbitrary<infer Made> ? Made : never;
export type Item = Value<typeof item>;
