import type { Share, Ticket } from './attribution.ts';
import { type Atom, type Count, type Counts, countedOn, type Dimension, knownOn, type Side } from './counts.ts';
import { dealOut, largestFirst } from './numbers.ts';
import { orderAtoms } from './order-atoms.ts';
import type { Order } from './orders.ts';
import type { Partnerships } from './partnerships.ts';
import { dayAfter, type Period, stepsOf } from './periods.ts';
import type { Line, Oddity } from './work.ts';

export interface FigureSources {
  readonly tickets: readonly Ticket[];
  readonly orders: readonly Order[];
  readonly lines: readonly Line[];
  readonly oddities: readonly Oddity[];
  readonly connection: string;
  readonly dayOf: (atMs: number) => string;
  readonly sharesOf: (ticket: Ticket) => readonly Share[];
  readonly ordersOf: (ticket: Ticket) => readonly Order[];
  readonly languageOf: (ticket: Ticket) => string;
  readonly partnerships: Partnerships;
  readonly reasons: { readonly fieldId: string; readonly values: Readonly<Record<string, string>> };
}

/** Who writes later than a year after an order is of no cohort, and who wrote before it neither, but for a day's time zones. */
const cohortDays = 365;
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

const aboutTicket = (ticket: Ticket, { reasons, languageOf }: FigureSources) => ({
  channel: channelOf(ticket),
  reason: reasonOf(ticket, reasons),
  language: languageOf(ticket),
});

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
    const about = aboutTicket(ticket, sources);
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
    const about = aboutTicket(ticket, sources);
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
        ...(order?.counted && created >= dayAfter(order.day, -1) && created <= dayAfter(order.day, cohortDays)
          ? atom(order.day, 'cohort')
          : []),
      ];
    });
  });

const partnershipAtoms = ({ partnerships }: FigureSources, period: Period): Atom[] => {
  const { money, unpriced, unpricedOrders, unknownMargins } = partnerships.moneyIn(period);
  const atom = (
    { partner, region, day }: (typeof unpricedOrders)[number],
    count: (typeof countedOn.partnerships)[number],
    amount: bigint,
  ): Atom => ({ side: 'partnerships', at: { partner, region, ...stepsOf(day) }, count, amount });
  return [
    ...money.map((one) => atom(one, one.side === 'benefit' ? 'benefits' : 'otherCosts', one.micros)),
    ...unpriced.map((one) => atom(one, one.side === 'benefit' ? 'unpricedBenefits' : 'unpricedCosts', 1n)),
    ...[...unpricedOrders, ...unknownMargins].map((one) => atom(one, 'unpricedBenefits', 1n)),
  ];
};

/** An entry on a list is one, for the largest share of its ticket's bearers. */
const listAtoms = (sources: FigureSources, { from, to }: Period): Atom[] => {
  const tickets = new Map(sources.tickets.map((ticket) => [ticket.id, ticket]));
  return sources.oddities
    .filter(({ what, day }) => what === 'unpriced' && day >= from && day <= to)
    .flatMap(({ ticketId, agentId, day }): Atom[] => {
      const ticket = tickets.get(ticketId);
      const [bearer] = ticket ? largestFirst(sources.sharesOf(ticket)) : [];
      if (!ticket || !bearer) return [];
      const { partner, region, country } = bearer;
      const place = { partner, region, country, agent: `${sources.connection}:${agentId}`, ...stepsOf(day) };
      return [
        { side: 'work', at: { ...aboutTicket(ticket, sources), ...place }, count: 'unpricedEntries', amount: 1n },
      ];
    });
};

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
    ...partnershipAtoms(sources, period),
    ...listAtoms(sources, period),
  ];
  const sides = Object.fromEntries(Object.keys(countedOn).map((side) => [side, new Map()])) as Record<
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
