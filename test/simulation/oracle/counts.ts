export const orderDimensions = ['partner', 'region', 'country', 'day', 'week', 'month'] as const;
export const ticketDimensions = [...orderDimensions, 'channel', 'language', 'reason'] as const;
export const dimensions = [...ticketDimensions, 'agent'] as const;
export type Dimension = (typeof dimensions)[number];

/** What is counted, in parts per million, micros of money and seconds times ppm; by the side that knows it. */
export const countedOn = {
  orders: [
    'orders',
    'priced',
    'revenue',
    'gross',
    'refunds',
    'returns',
    'highValue',
    'withCoupon',
    'buyers',
    'buyersAgain',
    'unpricedOrders',
    'unpricedRefunds',
  ],
  tickets: ['tickets', 'attributed', 'cohort'],
  work: ['ticketsWorked', 'microseconds', 'cost', 'measuredCost', 'unpricedEntries'],
  partnerships: ['otherCosts', 'benefits', 'unpricedCosts', 'unpricedBenefits'],
} as const;
export type Side = keyof typeof countedOn;
export type Count = (typeof countedOn)[Side][number];
export type Counts = Readonly<Record<Count, bigint>>;

export const knownOn: Readonly<Record<Side, readonly Dimension[]>> = {
  orders: orderDimensions,
  tickets: ticketDimensions,
  work: dimensions,
  partnerships: ['partner', 'region', 'day', 'week', 'month'],
};

/** One thing that counts: where it lies by each dimension, and what it adds to one count. */
export interface Atom {
  readonly side: Side;
  readonly at: Readonly<Partial<Record<Dimension, string | null>>>;
  readonly count: Count;
  readonly amount: bigint;
}
