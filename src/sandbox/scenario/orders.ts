import { dayMs, hourMs } from '../../core/time.ts';
import { amountsOf } from '../bigcommerce/amounts.ts';
import type { LineInput, OrderInput, RefundInput } from '../bigcommerce/model.ts';
import type { Random } from '../random.ts';
import {
  type CountryCode,
  countries,
  euroBuys,
  type PartnerCode,
  partnerBrands,
  partners,
  products,
} from './marketplace.ts';

export interface Customer {
  readonly no: number;
  readonly email: string;
  readonly country: CountryCode;
  readonly registered: boolean;
}

export interface PlannedOrder {
  /** The id that the store will give it: orders are placed in the order of the plan. */
  readonly id: number;
  readonly customer: Customer;
  /** Who sold it, by the plan; null where the order's place names nobody the mapping knows. */
  readonly partner: PartnerCode | null;
  readonly input: OrderInput;
}

export interface PlannedRefund {
  readonly orderId: number;
  readonly atMs: number;
  readonly refund: RefundInput;
}

export const firstOrderId = 40_001;

/** Customers at example.org sit behind a mail scanner that opens every link. */
export const addressOf = (no: number): string =>
  `customer${String(no).padStart(5, '0')}@example.${no % 8 === 0 ? 'org' : 'com'}`;

const channels = { web: 1, us: 2, nordhem: 3, sudcasa: 4, popUp: 9 } as const;
export const sourceNames = {
  alpenhaus: 'Alpenhaus Connect',
  formField: 'Purchased through',
  namespace: 'sales',
  key: 'partner',
} as const;

/** Where each partner's name sits on its orders. */
const placeOf = (
  partner: PartnerCode,
  country: CountryCode,
  no: number,
): Pick<OrderInput, 'channelId' | 'externalSource' | 'externalOrderId' | 'formFields' | 'metafields'> => {
  const web = {
    channelId: country === 'US' ? channels.us : channels.web,
    externalSource: null,
    externalOrderId: '',
    formFields: [],
    metafields: [],
  };
  const field = (value: string) => [
    { namespace: sourceNames.namespace, key: sourceNames.key, value, permissionSet: 'read' as const },
  ];
  switch (partner) {
    case 'nordhem':
      return { ...web, channelId: channels.nordhem };
    case 'sudcasa':
      return { ...web, channelId: channels.sudcasa };
    case 'alpenhaus':
      return { ...web, externalSource: sourceNames.alpenhaus, externalOrderId: `ALP-${200_000 + no}` };
    case 'lumiere':
      return { ...web, metafields: field('LUM') };
    case 'oasis':
      return { ...web, metafields: field('OASIS-DXB') };
    case 'brightnest':
      return { ...web, formFields: [{ name: sourceNames.formField, value: 'BrightNest' }] };
    case 'direct':
      return {
        ...web,
        metafields:
          no % 9 === 0 ? [{ namespace: 'loyalty', key: 'tier', value: 'gold', permissionSet: 'app_only' }] : [],
      };
  }
};

const priceIn = (euroCents: number, currency: string): number =>
  Math.round((euroCents * (euroBuys[currency] ?? 1)) / 10) * 10;

const linesFor = (random: Random, currency: string): LineInput[] => {
  const count = Number(random.weighted({ 1: 52, 2: 32, 3: 16 }));
  return random
    .shuffled(products)
    .slice(0, count)
    .map(({ sku, name, category, euroCents }) => ({
      sku,
      name,
      categories: [category],
      brand: '',
      priceCents: priceIn(euroCents, currency),
      quantity: random.chance(0.25) ? 2 : 1,
    }));
};

/** Orders with us whose lines belong to partners by brand; one in four holds a line of nobody's brand beside them. */
const brandLines = (random: Random, lines: readonly LineInput[]): LineInput[] => {
  const brands = random.shuffled(partnerBrands);
  const ownLine = lines.length > 1 && random.chance(0.25) ? lines.length - 1 : -1;
  return lines.map((line, index) => ({
    ...line,
    brand: index === ownLine ? '' : (brands[index % brands.length]?.brand ?? ''),
  }));
};

const minuteOfDay = (random: Random): number => 6 * 60 + Math.floor(17 * 60 * ((random.next() + random.next()) / 2));

/**
 * Instants over the days, growing a little and with fewer at weekends, oldest first. Days may end in a fraction: the last
 * day is cut off there.
 */
const instants = (
  random: Random,
  { count, startsAtMs, days }: { readonly count: number; readonly startsAtMs: number; readonly days: number },
): number[] => {
  const endsAtMs = startsAtMs + days * dayMs;
  const dayStarts = Array.from({ length: Math.ceil(days) }, (_, day) => startsAtMs + day * dayMs);
  const weights = dayStarts.map((atMs, day) => {
    const weekday = new Date(atMs).getUTCDay();
    return (1 + (0.3 * day) / days) * (weekday === 0 || weekday === 6 ? 0.75 : 1) * Math.min(1, days - day);
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let due = 0;
  let placed = 0;
  return dayStarts
    .flatMap((startMs, day) => {
      due += ((weights[day] ?? 0) / total) * count;
      const today = (day === dayStarts.length - 1 ? count : Math.round(due)) - placed;
      placed += today;
      return Array.from({ length: today }, () => {
        const usualMs = startMs + (minuteOfDay(random) * 60 + random.int(0, 59)) * 1000;
        return usualMs < endsAtMs ? usualMs : startMs + Math.floor(random.next() * (endsAtMs - startMs));
      });
    })
    .toSorted((a, b) => a - b);
};

export const partnerWeights = Object.fromEntries(
  Object.entries(partners).map(([code, { orderWeight }]) => [code, orderWeight]),
) as Record<PartnerCode, number>;

/** One order of a partner at an instant; `customer` is given where somebody buys again. */
export const planOrder = (
  random: Random,
  plan: { readonly id: number; readonly atMs: number; readonly partner: PartnerCode; readonly customer: Customer },
): PlannedOrder => {
  const { id, atMs, partner, customer } = plan;
  const { currency, taxPercent, locale } = countries[customer.country];
  let lines = linesFor(random, currency);
  let place = placeOf(partner, customer.country, id);
  let soldBy: PartnerCode | null = partner;
  if (partner === 'direct' && random.chance(0.1)) {
    lines = brandLines(random, lines);
    soldBy = null;
  } else if (random.chance(0.012)) {
    // A value that nobody has mapped yet.
    place =
      partner === 'lumiere'
        ? {
            ...place,
            metafields: [
              { namespace: sourceNames.namespace, key: sourceNames.key, value: 'LUM-2', permissionSet: 'read' },
            ],
          }
        : { ...placeOf('direct', 'DE', 1), channelId: channels.popUp };
    soldBy = null;
  }
  const goods = lines.reduce((sum, { priceCents, quantity }) => sum + priceCents * quantity, 0);
  const statusId = Number(random.weighted({ 11: 955, 0: 15, 6: 10, 12: 5, 7: 15 }));
  return {
    id,
    customer,
    partner: soldBy,
    input: {
      placedAtMs: atMs,
      customerId: customer.registered ? 5_000 + customer.no : 0,
      email: customer.email,
      firstName: 'Customer',
      lastName: String(customer.no),
      countryIso2: customer.country,
      locale,
      currency,
      ...place,
      taxInclusive: partners[partner].taxInclusive && taxPercent > 10,
      taxPercent,
      lines,
      discountCents: random.chance(0.2) ? Math.round(goods / 10) : 0,
      shippingCents: goods > priceIn(9_900, currency) ? 0 : priceIn(590, currency),
      statusId,
    },
  };
};

export const planOrders = (
  random: Random,
  { count, startsAtMs, days }: { readonly count: number; readonly startsAtMs: number; readonly days: number },
): PlannedOrder[] => {
  const customers: Customer[] = [];
  const newCustomer = (country: CountryCode): Customer => {
    const no = customers.length + 1;
    const customer = { no, email: addressOf(no), country, registered: random.chance(0.6) };
    customers.push(customer);
    return customer;
  };
  return instants(random, { count, startsAtMs, days }).map((atMs, index) => {
    const partner = random.weighted(partnerWeights);
    const country = random.weighted(partners[partner].countries);
    const known = customers.length > 20 && random.chance(0.15) ? random.pick(customers) : null;
    return planOrder(random, {
      id: firstOrderId + index,
      atMs,
      partner,
      customer: known?.country === country ? known : newCustomer(country),
    });
  });
};

/** One refund of an order: whole, of a line, or a mere tax adjustment; some payments are declined. */
const planRefund = (random: Random, { input }: PlannedOrder): RefundInput => {
  const amounts = amountsOf(input);
  const kind = random.weighted({ whole: 55, line: 41, tax: 4 });
  const index = random.int(0, input.lines.length - 1);
  const line = amounts.lines[index];
  const quantity = input.lines[index]?.quantity ?? 1;
  const lineCents = line ? line.incCents - line.discountIncCents : 0;
  const lineTax = line && line.incCents > 0 ? Math.round((line.taxCents * lineCents) / line.incCents) : 0;
  const shape = {
    whole: {
      totalCents: amounts.totalIncCents,
      taxCents: amounts.totalTaxCents,
      lines: input.lines.map((one, at) => ({ index: at, quantity: one.quantity })),
    },
    line: { totalCents: lineCents, taxCents: lineTax, lines: [{ index, quantity }] },
    tax: { totalCents: 200, taxCents: -40, lines: [] },
  }[kind];
  const paid = random.weighted({ all: 90, part: 6, none: 4 });
  const half = Math.floor(shape.totalCents / 2);
  const payments =
    paid === 'part'
      ? [
          { cents: half, declined: false },
          { cents: shape.totalCents - half, declined: true },
        ]
      : [{ cents: shape.totalCents, declined: paid === 'none' }];
  return { reason: random.pick(['Returned', 'Damaged in transit', 'Goodwill']), ...shape, payments };
};

export const planRefunds = (random: Random, orders: readonly PlannedOrder[], endsAtMs: number): PlannedRefund[] =>
  orders.flatMap((order) => {
    const seller = order.partner ?? 'direct';
    if (order.input.statusId !== 11 || !random.chance(partners[seller].refundRate)) return [];
    const atMs = order.input.placedAtMs + random.int(5 * 24, 30 * 24) * hourMs;
    return atMs < endsAtMs ? [{ orderId: order.id, atMs, refund: planRefund(random, order) }] : [];
  });
