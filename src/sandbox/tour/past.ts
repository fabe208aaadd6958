import { dayMs, hourMs } from '../../core/time.ts';
import type { CountryCode, PartnerCode } from '../scenario/marketplace.ts';
import type { People } from './people.ts';

/** A partner's week: tickets, orders for each of them, and what an agent's turn takes. */
interface Week {
  readonly country: CountryCode;
  /** Who take turns: a pool of wages takes several in each month. */
  readonly agents: readonly number[];
  readonly tickets: number;
  readonly ordersPerTicket: number;
  readonly turns: number;
  readonly seconds: number;
}

/** Nordhem is the dear one. */
const weeks: Readonly<Partial<Record<PartnerCode, Week>>> = {
  nordhem: { country: 'SE', agents: [0, 2, 1, 3], tickets: 2, ordersPerTicket: 3, turns: 3, seconds: 460 },
  alpenhaus: { country: 'DE', agents: [2, 3, 8], tickets: 2, ordersPerTicket: 4, turns: 2, seconds: 230 },
  lumiere: { country: 'FR', agents: [4, 5, 11], tickets: 1, ordersPerTicket: 5, turns: 2, seconds: 260 },
  brightnest: { country: 'GB', agents: [7, 10], tickets: 2, ordersPerTicket: 3, turns: 1, seconds: 180 },
  direct: { country: 'US', agents: [8, 7, 9, 6], tickets: 4, ordersPerTicket: 3, turns: 1, seconds: 200 },
};

const entries = Object.entries(weeks) as [PartnerCode, Week][];

/** A solved ticket about a new order. */
const solveOne = (
  people: People,
  { partner, week, name, atMs }: { partner: PartnerCode; week: Week; name: string; atMs: number },
): void => {
  const shopper = people.shopper(name, week.country);
  const order = people.order(shopper, { partner, atMs: atMs - 3 * dayMs });
  const { id } = people.write(shopper, {
    atMs,
    subject: `Question about order ${order.id}`,
    body: `Hello, my order ${order.id} has not arrived as I expected. Can you help?`,
    orderNumber: order.id,
  });
  for (let turn = 1; turn <= week.turns; turn += 1)
    people.work(id, {
      agent: week.agents[(turn + Number(order.id)) % week.agents.length] ?? 0,
      atMs: atMs + turn * hourMs,
      seconds: week.seconds,
      says: turn === week.turns ? 'All is well again; thank you for your patience.' : 'We look into it.',
      ...(turn === week.turns && { status: 'solved' as const }),
    });
};

/** One week before there was a Deskledger: `atMs` is its last hour. `no` makes it dearer or cheaper than others. */
export const playWeek = (people: People, atMs: number, no: number): void => {
  for (const [partner, week] of entries) {
    const swing = 1 + 0.25 * Math.sin(no * 1.3 + partner.length);
    for (let ticket = 0; ticket < week.tickets; ticket += 1) {
      const name = `Guest ${partner} ${String.fromCharCode(97 + no, 97 + ticket)}`;
      const seconds = Math.round(week.seconds * swing);
      solveOne(people, { partner, week: { ...week, seconds }, name, atMs: atMs - (ticket + 1) * dayMs });
    }
    for (let order = week.tickets; order < week.tickets * week.ordersPerTicket; order += 1)
      people.order(people.shopper(`Buyer ${partner}`, week.country), { partner, atMs: atMs - (order % 7) * dayMs });
  }
};

/** Tickets whose customers are asked how it went, by partner: enough answers for a score of Nordhem, too few of others. */
const asked: Readonly<Partial<Record<PartnerCode, number>>> = { nordhem: 32, alpenhaus: 12, direct: 4 };

/** How many tickets `playSurveyDay` solves. */
export const surveyed = Object.values(asked).reduce((sum, count) => sum + count, 0);

/** A day on which many tickets are solved, from some hours before `atMs` on. */
export const playSurveyDay = (people: People, atMs: number): void => {
  for (const [partner, count] of Object.entries(asked) as [PartnerCode, number][]) {
    const week = weeks[partner];
    if (!week) continue;
    for (let no = 0; no < count; no += 1) {
      const name = `Asked ${partner} ${String.fromCharCode(97 + (no % 26))}`;
      solveOne(people, { partner, week, name, atMs: atMs - 3.5 * hourMs });
    }
  }
};
