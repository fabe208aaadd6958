import { expect, test, vi } from 'vitest';
import { attributionOf, figuresOf, nord, sud, sweden, ticketOf } from './answers.ts';
import { screenOf } from './rendered.ts';

const Icon = vi.hoisted(() => () => null);
vi.mock('@zendeskgarden/svg-icons/src/12/pencil-stroke.svg?icon', () => ({ Icon }));
vi.mock('@zendeskgarden/svg-icons/src/12/flag-stroke.svg?icon', () => ({ Icon }));
vi.mock('@zendeskgarden/svg-icons/src/12/chevron-down-stroke.svg?icon', () => ({ Icon }));

const weekOf = (from: string, to: string, costMultiple: number | null) => ({ from, to, costMultiple });

test('each figure says on how many tickets and orders it rests, one of them in the singular', () => {
  const screenWith = (change: Parameters<typeof figuresOf>[0]): string =>
    screenOf({ data: ticketOf({ partners: [figuresOf(change)] }) });
  expect(screenWith({ costedTickets: 1234.4, tickets: 12.6, orders: 1 })).toMatch(
    /\$12\.34 · on 1,234 tickets · at pooled rates .* 13 new tickets · 1 order /,
  );
  // Shares make parts of tickets.
  expect(screenWith({ costedTickets: 0.4, tickets: 1, orders: 2.5 })).toMatch(
    /· on 0\.4 tickets .* 1 new ticket · 2\.5 orders /,
  );
  expect(screenWith({ costPerTicket: null, costMultiple: null })).not.toContain(' on 41');
});

test('bug: one ticket of one order was a contact rate of 100 per 100 orders', () => {
  const rateOf = (orders: number): string =>
    screenOf({ data: ticketOf({ partners: [figuresOf({ contactRate: 100, tickets: 1, orders })] }) });
  expect(rateOf(9)).toMatch(/Contact rate 1 new ticket · 9 orders Satisfaction/);
  expect(rateOf(10)).toContain('Contact rate 100 per 100 orders 1 new ticket · 10 orders');
});

test('the picture of the weeks says what it is and how far it goes', () => {
  const trend = [
    weekOf('2026-04-13', '2026-04-19', 2.1),
    weekOf('2026-04-20', '2026-04-26', null),
    weekOf('2026-04-27', '2026-05-03', 2.4),
  ];
  expect(screenOf({ data: ticketOf({ partners: [figuresOf({ trend })] }) })).toContain(
    'Whole weeks until May 3 · dashed: average',
  );
  expect(screenOf({ data: ticketOf({ partners: [figuresOf({ trend: trend.slice(0, 2) })] }) })).not.toContain('weeks');
});

const shared = attributionOf({
  shares: [
    { partner: sud, region: sweden, ppm: 400_000 },
    { partner: nord, region: sweden, ppm: 350_000 },
    { partner: sud, region: null, ppm: 250_000 },
  ],
});

test('bug: of a ticket of several partners the figures of one stood as if they were of all', () => {
  const screen = screenOf({
    data: ticketOf({ attribution: shared, partners: [figuresOf({ partner: sud, contactRate: 7 }), figuresOf()] }),
  });
  expect(screen).toMatch(
    /Sud, last 90 days 65% of this ticket Cost per ticket .* 7 per 100 orders .* Nord, last 90 days 35% of this ticket Recent orders/,
  );
});

test('bug: of several partners one without figures was passed over in silence', () => {
  const screen = screenOf({ data: ticketOf({ attribution: shared, partners: [figuresOf()] }) });
  expect(screen).toMatch(
    / Sud 65% of this ticket No figures of this partner yet\. Nord, last 90 days 35% of this ticket Cost per ticket 2\.4/,
  );
});

test('bug: the cost of a ticket left no room for itself while rates are first counted', () => {
  const screen = screenOf({ data: ticketOf({ cost: null, counting: true }) });
  expect(screen).toContain('This ticket Cost so far Figures are being counted.');
});

test('a partner that bears it with nobody says how much, too', () => {
  const shares = [
    { partner: nord, region: sweden, ppm: 700_000 },
    { partner: null, region: sweden, ppm: 300_000 },
  ];
  const screen = screenOf({
    data: ticketOf({ attribution: attributionOf({ shares }), partners: [figuresOf()] }),
  });
  expect(screen).toContain('Partner Nord 70% No partner found 30%');
  expect(screen).toContain('Nord, last 90 days 70% of this ticket');
});

test('figures of days that are not read whole say so', () => {
  const screenWith = (notHeld: ('orders' | 'tickets' | 'work')[]): string =>
    screenOf({ data: ticketOf({ partners: [figuresOf({ notHeld })] }) });
  expect(screenWith(['orders'])).toContain(
    'last 90 days Not all of these days have been read yet. The figures may be far off. Cost per ticket',
  );
  expect(screenWith([])).not.toContain('far off');
});
