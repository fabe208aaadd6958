import type { Share, Ticket } from './attribution.ts';
import { dealOut } from './numbers.ts';
import type { Order } from './orders.ts';
import { type Period, stepsOf } from './periods.ts';
import type { Line } from './work.ts';

export const orderDimensions = ['partner', 'region', 'country', 'day', 'week', 'month'] as const;
export const ticketDimensions = [...orderDimensions, 'channel', 'reason'] as const;
export const dimensions = [...ticketDimensions, 'agent'] as const;
export type Dimension = (typeof dimensions)[number];

/** What is counted, in parts per million, micros of money and seconds times ppm; by the side that knows it. */
const countedOn = {
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
  ],
  tickets: ['tickets', 'attributed', 'cohort'],
  work: ['ticketsWorked', 'microseconds', 'cost', 'measuredCost'],
} as const;
export type Side = keyof typeof countedOn;
export type Count = (typeof countedOn)[Side][number];
export type Counts = Readonly<Record<Count, bigint>>;

export const knownOn: Readonly<Record<Side, readonly Dimension[]>> = {
  orders: orderDimensions,
  tickets: ticketDimensions,
  work: dimensions,
};

/** One thing that counts: where it lies by each dimension, and what it adds to one count. */
interface Atom {
  readonly side: Side;
  readonly at: Readonly<Partial<Record<Dimension, string | null>>>;
  readonly count: Count;
  readonly amount: bigint;
}

export interface FigureSources {
  readonly tickets: readonly Ticket[];
  readonly orders: readonly Order[];
  readonly lines: readonly Line[];
  readonly connection: string;
  readonly dayOf: (atMs: number) => string;
  readonly sharesOf: (ticket: Ticket) => readonly Share[];
  readonly ordersOf: (ticket: Ticket) => readonly Order[];
  readonly reasons: { readonly fieldId: string; readonly values: Readonly<Record<string, string>> };
}

const unknownName = '\uffff';
const channels: Readonly<Record<string, string>> = {
  email: 'email',
  web: 'form',
  chat: 'chat',
  native_messaging: 'messaging',
  facebook: 'social',
  voice: 'phone',
  api: 'api',
};

/** A follow-up came the way its source says. */
const channelOf = ({ via }: Ticket): string =>
  channels[via.source.rel === 'follow_up' ? String(via.source.from.channel) : via.channel] ?? 'api';

/** The mapped field, else the first name that is mapped: the form, then tags. */
const reasonOf = ({ fields, formId, tags }: Ticket, { fieldId, values }: FigureSources['reasons']): string | null =>
  fields.get(Number(fieldId)) ?? [String(formId), ...tags].map((name) => values[name]).find(Boolean) ?? null;

const splitByParts = (micros: bigint, { parts }: Order): bigint[] =>
  dealOut(
    micros,
    parts.map(({ partner, ppm }) => ({ weight: ppm, name: partner ?? unknownName })),
  );

/** What orders add to the counts of a period: each by its parts. */
const orderAtoms = (orders: readonly Order[], { from, to }: Period): Atom[] => {
  const within = (day: string): boolean => day >= from && day <= to;
  const counted = orders.filter((order) => order.counted);
  const placed = counted.filter(({ day }) => within(day));
  const atoms: Atom[] = [];
  const add = (order: Order, day: string, count: Count, amounts: readonly bigint[]): void => {
    for (const [index, { partner }] of order.parts.entries())
      atoms.push({
        side: 'orders',
        at: { partner, region: order.region, country: order.country, ...stepsOf(day) },
        count,
        amount: amounts[index] ?? 0n,
      });
  };
  const ppm = ({ parts }: Order): bigint[] => parts.map((part) => part.ppm);
  const priced = placed.flatMap((order) => (order.revenue === null ? [] : [{ order, revenue: order.revenue }]));
  const sum = priced.reduce((all, { revenue }) => all + revenue, 0n);
  const isHigh = (revenue: bigint): boolean => revenue * BigInt(priced.length) >= 2n * sum;
  for (const order of placed) {
    add(order, order.day, 'orders', ppm(order));
    if (order.withCoupon) add(order, order.day, 'withCoupon', ppm(order));
  }
  for (const { order, revenue } of priced) {
    add(order, order.day, 'priced', ppm(order));
    add(order, order.day, 'revenue', splitByParts(revenue, order));
    add(order, order.day, 'gross', splitByParts(order.gross ?? 0n, order));
    if (isHigh(revenue)) add(order, order.day, 'highValue', ppm(order));
  }
  for (const order of counted) {
    const made = order.refunds.filter(({ day }) => within(day)).toSorted((a, b) => (a.day < b.day ? -1 : 1));
    if (made[0]) add(order, made[0].day, 'returns', ppm(order));
    for (const { day, micros } of made) if (micros !== null) add(order, day, 'refunds', splitByParts(micros, order));
  }
  const isAfter = (a: Order, b: Order): boolean =>
    a.placedMs > b.placedMs || (a.placedMs === b.placedMs && a.id > b.id);
  const buyerOf = ({ customerId, email }: Order): string => (customerId === 0 ? email : String(customerId));
  const latest = new Map<string, Order>();
  for (const order of placed) {
    const held = latest.get(buyerOf(order));
    if (!held || isAfter(order, held)) latest.set(buyerOf(order), order);
  }
  for (const order of latest.values()) {
    add(order, order.day, 'buyers', ppm(order));
    const again = counted.some(
      (other) =>
        isAfter(order, other) &&
        (other.addresses.some((address) => order.addresses.includes(address)) ||
          (order.customerId !== 0 && other.customerId === order.customerId)),
    );
    if (again) add(order, order.day, 'buyersAgain', ppm(order));
  }
  return atoms;
};

/** Which of a period's work a ticket's worked share goes to: by seconds over agents, where asked, and days. */
const workedParts = (ppm: bigint, lines: readonly Line[], byAgent: boolean, connection: string) => {
  const cells = Map.groupBy(lines, ({ agentId, day }) => JSON.stringify([byAgent ? agentId : null, day]));
  const seconds = [...cells.values()].flatMap(([first, ...more]) =>
    first ? [{ first, all: more.reduce((sum, { microseconds }) => sum + microseconds, first.microseconds) }] : [],
  );
  const weights = seconds.map(({ first, all }) => ({
    weight: all,
    name: `${byAgent ? `${connection}:${first.agentId}` : ''} ${first.day}`,
  }));
  return dealOut(ppm, weights).map((amount, index) => ({ amount, line: seconds[index]?.first }));
};

const workAtoms = (sources: FigureSources, { from, to }: Period, by: readonly Dimension[]): Atom[] => {
  const within = (day: string): boolean => day >= from && day <= to;
  const lines = sources.lines.filter(({ day, microseconds }) => within(day) && microseconds > 0n);
  const agentAt = ({ agentId }: Line): string => `${sources.connection}:${agentId}`;
  return sources.tickets.flatMap((ticket): Atom[] => {
    const about = { channel: channelOf(ticket), reason: reasonOf(ticket, sources.reasons) };
    const own = lines.filter(({ ticketId }) => ticketId === ticket.id);
    const shares = sources.sharesOf(ticket);
    const at = ({ partner, region, country }: Pick<Share, 'partner' | 'region' | 'country'>, line: Line) => ({
      ...about,
      partner,
      region,
      country,
      agent: agentAt(line),
      ...stepsOf(line.day),
    });
    const worked = own.length === 0 ? [] : shares;
    return [
      ...worked.flatMap((share) =>
        workedParts(share.ppm, own, by.includes('agent'), sources.connection).flatMap(({ amount, line }) =>
          line ? [{ side: 'work' as const, at: at(share, line), count: 'ticketsWorked' as const, amount }] : [],
        ),
      ),
      ...own.flatMap((line) => {
        const country = shares.find(
          ({ partner, region }) => partner === line.partner && region === line.region,
        )?.country;
        const place = at({ ...line, country: country ?? null }, line);
        const counts = {
          microseconds: line.microseconds,
          cost: line.micros,
          measuredCost: line.measured ? line.micros : 0n,
        };
        return (Object.keys(counts) as (keyof typeof counts)[]).map(
          (count): Atom => ({ side: 'work', at: place, count, amount: counts[count] }),
        );
      }),
    ];
  });
};

const ticketAtoms = (sources: FigureSources, { from, to }: Period): Atom[] =>
  sources.tickets.flatMap((ticket) => {
    const about = { channel: channelOf(ticket), reason: reasonOf(ticket, sources.reasons) };
    const created = sources.dayOf(ticket.createdAtMs);
    const [order] = sources.ordersOf(ticket).toSorted((a, b) => b.placedMs - a.placedMs || b.id - a.id);
    return sources.sharesOf(ticket).flatMap(({ partner, region, country, ppm }): Atom[] => {
      const atom = (day: string, count: Count): Atom[] =>
        day < from || day > to
          ? []
          : [{ side: 'tickets', at: { ...about, partner, region, country, ...stepsOf(day) }, count, amount: ppm }];
      return [
        ...atom(created, 'tickets'),
        ...(partner === null && region === null ? [] : atom(created, 'attributed')),
        ...(order?.counted ? atom(order.day, 'cohort') : []),
      ];
    });
  });

/** The key of a row by the dimensions that a side knows of those asked for. */
export const keyOf = (at: Readonly<Partial<Record<Dimension, string | null>>>, by: readonly Dimension[]): string =>
  JSON.stringify(by.map((dimension) => at[dimension] ?? null));

const noCounts = (): Record<Count, bigint> =>
  Object.fromEntries(Object.values(countedOn).flatMap((names) => names.map((name) => [name, 0n]))) as Record<
    Count,
    bigint
  >;

export interface Counted {
  /** Of each side by the keys of the dimensions that it knows. */
  readonly sides: Readonly<Record<Side, ReadonlyMap<string, Counts>>>;
  readonly total: Counts;
  /** Orders of each region, by the keys of the orders' side. */
  readonly markets: ReadonlyMap<string, ReadonlyMap<string, bigint>>;
}

/** Every count of a period by some dimensions (RULES.md section 7), by adding one thing after the other. */
export const countFigures = (sources: FigureSources, period: Period, by: readonly Dimension[]): Counted => {
  const atoms = [
    ...orderAtoms(sources.orders, period),
    ...ticketAtoms(sources, period),
    ...workAtoms(sources, period, by),
  ];
  const sides = { orders: new Map(), tickets: new Map(), work: new Map() } as Record<
    Side,
    Map<string, Record<Count, bigint>>
  >;
  const total = noCounts();
  const markets = new Map<string, Map<string, bigint>>();
  for (const { side, at, count, amount } of atoms) {
    const key = keyOf(
      at,
      by.filter((dimension) => knownOn[side].includes(dimension)),
    );
    const counts = sides[side].get(key) ?? noCounts();
    sides[side].set(key, counts);
    counts[count] += amount;
    total[count] += amount;
    if (count !== 'orders') continue;
    for (const place of [key, 'total']) {
      const regions = markets.get(place) ?? new Map<string, bigint>();
      markets.set(place, regions);
      regions.set(at.region ?? '', (regions.get(at.region ?? '') ?? 0n) + amount);
    }
  }
  return { sides, total, markets };
};
