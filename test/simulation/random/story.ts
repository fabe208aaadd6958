import fc from 'fast-check';
import { dayMs, hourMs, minuteMs, secondMs } from '../../../src/core/time.ts';
import { item } from './item-story.ts';
import { sentences, type Written } from './languages.ts';

/** Everything in a story is a number or a word that means something whatever came before it, so that it can be shrunk. */
export const agentNames = ['ada', 'ben', 'cem'] as const;
export const partnerCodes = ['nord', 'sud', 'west'] as const;
export const currencies = ['USD', 'EUR', 'SEK', 'CHF'] as const;
/** No exchange rate is ever told of the last one. */
export const tradeCurrencies = [...currencies, 'GBP'] as const;
/** Channel 9 and brand "Xeno" are mapped to nobody until a late alias says whose they are. */
export const channelIds = [1, 3, 4, 9] as const;
export const brands = ['', 'Nordic', 'Sol', 'Xeno'] as const;
export const countries = ['SE', 'NO', 'DE', 'FR', 'CH'] as const;
export const vias = ['email', 'web', 'chat', 'native_messaging', 'facebook', 'voice', 'api'] as const;

const index = fc.nat(19);
const cents = fc.integer({ min: 1, max: 25_000 });

const orderStep = fc.record({
  do: fc.constant('order' as const),
  buyer: fc.nat(4),
  otherAddress: fc.boolean(),
  guest: fc.boolean(),
  channel: fc.constantFrom(...channelIds),
  note: fc.constantFrom(null, null, null, null, 'W1', 'who?'),
  lines: fc.array(
    fc.record({
      brand: fc.constantFrom('', '', '', ...brands),
      cents,
      quantity: fc.integer({ min: 1, max: 3 }),
      costCents: fc.integer({ min: 1, max: 20_000 }),
    }),
    {
      minLength: 1,
      maxLength: 3,
    },
  ),
  /** Of which lines the store tells what they cost. */
  costsTold: fc.constantFrom('all', 'all', 'none', 'some'),
  locale: fc.constantFrom('en', 'de', 'sv-SE', 'ar', 'pt', 'it-CH', ''),
  discountPercent: fc.constantFrom(0, 0, 7, 33),
  shippingCents: fc.constantFrom(0, 495),
  taxInclusive: fc.boolean(),
  taxPercent: fc.constantFrom(0, 19, 25),
  currency: fc.constantFrom(...currencies, ...currencies, 'GBP'),
  country: fc.constantFrom('SE', ...countries),
  statusId: fc.constantFrom(11, 11, 11, 10, 7, 0, 5),
  marketplaceNumber: fc.boolean(),
  /** Placed so long before it is told: most a moment ago, some before what a rung still looks at. */
  ageMs: fc.oneof(
    fc.integer({ min: 0, max: 30 * dayMs }),
    fc.integer({ min: 0, max: 2 * hourMs }),
    fc.integer({ min: 80 * dayMs, max: 100 * dayMs }),
    fc.integer({ min: 360 * dayMs, max: 370 * dayMs }),
  ),
});

const ticketStep = fc.record({
  do: fc.constant('ticket' as const),
  /** 5 and 6 never bought anything. */
  buyer: fc.nat(6),
  otherAddress: fc.boolean(),
  names: fc.constantFrom(
    'nothing',
    'nothing',
    '#',
    'order no.',
    'Bestellung Nr.',
    'bare',
    'two',
    'line',
    'marketplace',
  ),
  order: index,
  other: index,
  field: fc.constantFrom('empty', 'empty', 'empty', 'empty', 'order', 'nobody’s'),
  written: fc.constantFrom<Written | null>(null, null, null, null, ...(Object.keys(sentences) as Written[])),
  via: fc.constantFrom(...vias),
  tag: fc.constantFrom(null, null, 'b2b', 'damage'),
  form: fc.constantFrom(null, null, 360_000_800_001),
  reason: fc.constantFrom(null, 'shipping', 'return'),
});

const work = (seconds: fc.Arbitrary<number>) =>
  fc.record({
    do: fc.constant('work' as const),
    ticket: index,
    agent: fc.nat(2),
    seconds,
    comment: fc.constantFrom(null, 'public', 'note'),
    solve: fc.constantFrom(false, false, true),
  });

const reply = fc.record({ do: fc.constant('reply' as const), ticket: index, agent: fc.nat(2), public: fc.boolean() });
const fromRule = fc.record({
  do: fc.constant('rule' as const),
  ticket: index,
  seconds: fc.integer({ min: 1, max: 900 }),
  by: fc.constantFrom('trigger', 'us'),
});
const person = fc.record({
  do: fc.constant('person' as const),
  ticket: index,
  agent: fc.nat(2),
  half: fc.constantFrom('partner', 'partner', 'region'),
  way: fc.constantFrom('field', 'tag'),
  /** Null: takes away what is there. */
  code: fc.constantFrom(null, 0, 1, 2),
});
const bulk = fc.record({
  do: fc.constant('bulk' as const),
  tickets: fc.uniqueArray(index, { minLength: 2, maxLength: 4 }),
  agent: fc.nat(2),
  total: fc.integer({ min: 60, max: 1200 }),
});
const merge = fc.record({ do: fc.constant('merge' as const), ticket: index, into: index, agent: fc.nat(2) });
const followUp = fc.record({
  do: fc.constant('follow-up' as const),
  ticket: index,
  via: fc.constantFrom(...vias),
  names: fc.boolean(),
  order: index,
});
const refund = fc.record({
  do: fc.constant('refund' as const),
  order: index,
  percent: fc.constantFrom(100, 50, 33),
  declined: fc.constantFrom('none', 'none', 'part', 'all'),
});
const status = fc.record({
  do: fc.constant('status' as const),
  order: index,
  statusId: fc.constantFrom(2, 5, 6, 10, 11),
});

const rate = fc.record({
  do: fc.constant('rate' as const),
  scope: fc.constantFrom('agent', 'role', 'default'),
  who: fc.nat(2),
  micros: fc.integer({ min: 1_000_000, max: 120_000_000 }),
  currency: fc.constantFrom(...currencies),
  fromDay: fc.integer({ min: -20, max: 12 }),
});
const role = fc.record({
  do: fc.constant('role' as const),
  agent: fc.nat(2),
  role: fc.constantFrom('senior', 'junior'),
});
const fxDays = {
  quote: fc.constantFrom('USD', 'SEK', 'CHF'),
  fromDay: fc.integer({ min: -40, max: 14 }),
  days: fc.integer({ min: 1, max: 20 }),
};
const fx = fc.record({
  do: fc.constant('fx' as const),
  ...fxDays,
  rate: fc.integer({ min: 500_000, max: 12_000_000 }),
});
const alias = fc.record({ do: fc.constant('alias' as const), of: fc.constantFrom('9', 'Xeno'), partner: fc.nat(2) });
const settle = fc.constant({ do: 'settle' as const });

const after = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.integer({ min: secondMs, max: 3 * minuteMs }) },
  { weight: 3, arbitrary: fc.integer({ min: minuteMs, max: 7 * hourMs }) },
  { weight: 1, arbitrary: fc.integer({ min: 8 * hourMs, max: 2 * dayMs }) },
);

const doing = fc.oneof(
  { weight: 14, arbitrary: work(fc.integer({ min: 1, max: 1800 })) },
  { weight: 3, arbitrary: work(fc.integer({ min: -2500, max: -1 })) },
  { weight: 1, arbitrary: work(fc.integer({ min: 14_000, max: 30_000 })) },
  { weight: 7, arbitrary: reply },
  { weight: 2, arbitrary: fromRule },
  { weight: 7, arbitrary: person },
  { weight: 3, arbitrary: bulk },
  { weight: 3, arbitrary: merge },
  { weight: 3, arbitrary: followUp },
  { weight: 8, arbitrary: orderStep },
  { weight: 4, arbitrary: refund },
  { weight: 3, arbitrary: status },
  { weight: 8, arbitrary: ticketStep },
  { weight: 4, arbitrary: rate },
  { weight: 1, arbitrary: role },
  { weight: 4, arbitrary: fx },
  { weight: 1, arbitrary: alias },
  { weight: 4, arbitrary: item },
  { weight: 2, arbitrary: settle },
);

/** One history: how the account begins, then what happens, each so many milliseconds after the one before. */
export const story = fc.record({
  currency: fc.constantFrom(...currencies),
  timeZone: fc.constantFrom('UTC', 'Europe/Stockholm', 'America/Los_Angeles', 'Asia/Kolkata'),
  brandsFirst: fc.boolean(),
  rates: fc.array(rate, { minLength: 1, maxLength: 4 }),
  /** One story has a rate for everybody, another work without one. */
  everyoneRated: fc.boolean(),
  /** One has exchange rates told late, another never told ones. */
  gapsFilled: fc.boolean(),
  /** Days of which no exchange rate is told at first. */
  gaps: fc.array(fc.record(fxDays), { maxLength: 4 }),
  /** Of the customers' profiles, by buyer. */
  locales: fc.array(fc.constantFrom(null, null, 'en-US', 'de-AT', 'fr', 'pt-BR', 'it'), { minLength: 7, maxLength: 7 }),
  items: fc.array(item, { minLength: 2, maxLength: 8 }),
  orders: fc.array(orderStep, { minLength: 3, maxLength: 8 }),
  tickets: fc.array(ticketStep, { minLength: 6, maxLength: 14 }),
  steps: fc.array(fc.tuple(after, doing), { minLength: 20, maxLength: 60 }),
  /** In which order the deliveries come again. */
  shuffle: fc.nat(1_000_000),
});

type Value<Of> = Of extends fc.Arbitrary<infer Made> ? Made : never;
export type Story = Value<typeof story>;
export type Step = Value<typeof doing>;
export type StepOf<Kind extends Step['do']> = Extract<Step, { do: Kind }>;
