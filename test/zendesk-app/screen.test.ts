import { createElement } from 'react';
import { expect, test, vi } from 'vitest';
import type { SidebarTicket } from '../../src/features/sidebar/contract.ts';
import type { Correction } from '../../zendesk-app/src/correcting.ts';
import type { Problem } from '../../zendesk-app/src/problem.ts';
import type { View } from '../../zendesk-app/src/session.ts';
import { NewTicketSidebar } from '../../zendesk-app/src/sidebar.tsx';
import { attributionOf, choices, figuresOf, nord, sud, sweden, ticketOf } from './answers.ts';
import { buttonsOf, screenOf, sessionOf, textOf, words } from './rendered.ts';

const Icon = vi.hoisted(() => () => null);
vi.mock('@zendeskgarden/svg-icons/src/12/pencil-stroke.svg?icon', () => ({ Icon }));
vi.mock('@zendeskgarden/svg-icons/src/12/flag-stroke.svg?icon', () => ({ Icon }));
vi.mock('@zendeskgarden/svg-icons/src/12/chevron-down-stroke.svg?icon', () => ({ Icon }));

const order = {
  number: '1001',
  url: 'https://store.example/orders/1001',
  placedOn: '2026-04-20',
  status: 'partially refunded',
  total: { amount: '249.000000', currency: 'EUR' },
  refunds: [{ amount: { amount: '49.500000', currency: 'EUR' }, madeOn: '2026-04-28' }],
} as const;

test('a ticket is told whole, the most useful first', () => {
  const screen = screenOf({
    data: ticketOf({ partners: [figuresOf()], customer: { orders: [{ ...order, refunds: [...order.refunds] }] } }),
  });
  expect(screen).toBe(
    [
      'Whose customer Partner Nord Region Sweden Order #1001 Reason Return',
      'From an order number in the message · High confidence Not about an order',
      'This ticket Cost so far $8.42 82% measured · at pooled rates',
      'Nord, last 90 days Cost per ticket 2.4 × the average $12.34 · on 41 tickets · at pooled rates',
      'Contact rate 4 per 100 orders 38 new tickets · 950 orders Satisfaction 80% 63% – 90% · 30 answers',
      'Mostly estimated Less than half of the cost is measured.',
      'Recent orders Amounts without tax #1001 €249.00 Apr 20, 2026 Partly refunded Refunded Apr 28, 2026 -€49.50',
      'Updated 5 minutes ago',
    ].join(' '),
  );
});

test('without amounts the multiples and shares remain', () => {
  const screen = screenOf({
    data: ticketOf({
      money: 'hidden',
      cost: { soFar: null, measuredShare: 0.82, lacks: null },
      partners: [figuresOf({ costPerTicket: null })],
      customer: { orders: [{ ...order, total: null, refunds: [{ amount: null, madeOn: order.placedOn }] }] },
    }),
  });
  expect(screen).toContain('Amounts are hidden by your admin. 82% measured');
  expect(screen).toContain('2.4 × the average on 41 tickets');
  expect(screen).not.toMatch(/[$€]|without tax/);
});

const stated = (state: SidebarTicket['ticket']['state'], more: Partial<SidebarTicket> = {}) =>
  ticketOf({ ticket: { externalId: '4711', state }, ...more });
const borneBy = (partner: typeof nord | null) => [{ partner, region: null, ppm: 1_000_000 }];

test.each<[string, Partial<View>, string[], string[]]>([
  [
    'unattributed',
    {
      data: stated('unattributed', {
        attribution: attributionOf({ shares: borneBy(null), method: 'unattributed', confidence: 'none', order: null }),
      }),
    },
    ['Partner No partner found Region No region found Order Not set', 'choose a partner or region', 'No orders found'],
    ['confidence', 'Figures'],
  ],
  [
    'Direct',
    { data: stated('direct', { attribution: attributionOf({ shares: borneBy({ code: 'direct', name: 'direct' }) }) }) },
    ['Partner Direct', 'through no partner'],
    [],
  ],
  [
    'not known yet',
    { data: stated('not yet known', { attribution: null, cost: null }) },
    ['Partner Not known yet', 'within seconds'],
    ['Not about an order', 'Cost so far', 'Recent orders'],
  ],
  [
    'shared by partners',
    {
      data: ticketOf({
        attribution: attributionOf({
          shares: [
            { partner: nord, region: sweden, ppm: 700_000 },
            { partner: sud, region: sweden, ppm: 300_000 },
          ],
        }),
      }),
    },
    ['Nord 70%', 'Sud 30%', 'Region Sweden Order'],
    [],
  ],
  [
    'too few answers',
    { data: ticketOf({ partners: [figuresOf({ csat: { n: 12, needed: 30 } })] }) },
    ['Satisfaction 12 of 30 answers needed'],
    ['80%'],
  ],
  [
    'without work',
    { data: ticketOf({ cost: { soFar: { amount: '0.000000', currency: 'USD' }, measuredShare: null, lacks: null } }) },
    ['Cost so far Nothing counted yet'],
    ['$0', 'measured'],
  ],
  [
    'with work that has no rate',
    { data: ticketOf({ cost: { soFar: null, measuredShare: null, lacks: 'rate' } }) },
    ['Cost so far No rate yet'],
    ['Not known', 'measured'],
  ],
  [
    'with some work that has no rate',
    {
      data: ticketOf({ cost: { soFar: { amount: '8.415000', currency: 'USD' }, measuredShare: 0.82, lacks: 'rate' } }),
    },
    ['Cost so far $8.42 82% measured · at pooled rates · Without work that has no rate yet'],
    ['No rate'],
  ],
  [
    'of a team too small for a pooled rate',
    { data: ticketOf({ cost: { soFar: null, measuredShare: null, lacks: 'pool' } }) },
    ['Cost so far Not shown: too few people share this work to keep their pay private.'],
    ['No rate', 'measured'],
  ],
  ['figures not counted yet', { data: ticketOf({ counting: true }) }, ['Figures are being counted.'], []],
  ['of a partner without figures', {}, ['No figures of this partner yet.'], ['counted']],
  [
    'remembered while the service is down',
    { isRemembered: true, problem: 'unreachable', data: ticketOf({ attribution: attributionOf({ order: null }) }) },
    ['cannot be reached. This is what was known 5 minutes ago. Try again', 'Order –', 'Partner Nord'],
    ['Recent orders', 'Updated'],
  ],
  [
    'known a moment ago while the service is down',
    { problem: 'unreachable', data: ticketOf({ asOf: '2026-05-04T10:04:50.000Z' }) },
    ['This is what was known 1 minute ago.'],
    ['known now'],
  ],
  ['loading', { data: null, isReading: true }, ['Loading'], ['Partner', 'asked']],
  [
    'known from before, of a server that refuses the app now',
    { isRemembered: true, problem: 'refused' },
    ['refuses this app', 'Partner Nord', 'Updated 5 minutes ago'],
    [],
  ],
])('%s', (_, view, says, not) => {
  const screen = screenOf(view);
  for (const text of says) expect(screen).toContain(text);
  for (const text of not) expect(screen).not.toContain(text);
});

test.each<[Problem, RegExp]>([
  ['noAddress', /not set up yet An admin enters/],
  ['refused', /refuses this app An admin enters the shared secret/],
  ['notOurs', /No Deskledger at this address An admin checks/],
  ['busy', /busy Please try again/],
  ['unreachable', /cannot be reached The ticket itself is not affected/],
  ['unexpected', /went wrong The ticket itself/],
])('%s says whose turn it is, and lets one try again', (problem, says) => {
  const screen = screenOf({ data: null, problem });
  expect(screen).toMatch(says);
  expect(screen).toMatch(/Try again$/);
});

const [, sudChoice] = choices.partners;
if (!sudChoice) throw new Error('a second partner is needed');
const correction: Correction = {
  wish: { kind: 'partner', choice: sudChoice },
  isUndo: false,
  state: 'pending',
  fault: null,
  expected: { partner: 'sud' },
  undo: [{ id: '11', value: 'partner_nord' }],
  before: { partner: nord },
  isFinal: false,
  written: [{ id: '11', value: 'partner_sud' }],
  since: null,
};

test.each<[string, Partial<Correction>, RegExp]>([
  ['pending', {}, /Partner Sud Pending .*The figures follow in some seconds. Undo/],
  ['late', { state: 'late' }, /Partner Sud Pending .*as soon as Deskledger has read it. Undo/],
  [
    'without a way back',
    { undo: [], before: {}, isFinal: true },
    /some seconds. An agent's choice now stands.* back. Not/,
  ],
  ['of an order number that was taken away', { wish: { kind: 'orderNumber', number: null } }, /Order Not set Pending /],
  [
    '"not about an order"',
    { wish: { kind: 'notAboutAnOrder' } },
    /Partner No partner Pending Region No region Pending Order #1001/,
  ],
  ['no longer undone', { state: 'done', fault: 'changedSince', undo: [] }, /changed since, so nothing was undone. Not/],
  ['not undone', { fault: 'failed' }, /Partner Sud Pending .*did not save the change. Please try again. Undo/],
  ['taken in', { state: 'done' }, /Partner Nord Region .*Change taken in. Undo/],
  [
    'being taken back, where the service still says it',
    { isUndo: true, undo: [], before: { partner: { code: 'direct', name: 'direct' } } },
    /Partner Direct Pending .*in some seconds. Not about/,
  ],
  [
    'refused',
    { state: 'failed', fault: 'notAnOption', undo: [] },
    /Partner Nord Region .*no option for Sud. Ask an admin to add it. Not/,
  ],
])('a correction that is %s', (_, change, says) => {
  expect(screenOf({ correction: { ...correction, ...change } })).toMatch(says);
});

const nobodys = stated('unattributed', {
  attribution: attributionOf({
    shares: borneBy(null),
    method: 'person',
    order: null,
    corrected: { by: 'person', at: '2026-05-04T10:01:00.000Z' },
  }),
});

test('bug: a ticket that an agent marked as not about an order said "no partner found" and asked to choose', () => {
  const screen = screenOf({ data: nobodys });
  expect(screen).toContain('Partner No partner Region No region Order Not set');
  expect(screen).toContain('An agent said: no partner · High confidence');
  for (const text of ['No partner found', 'choose a partner', 'Not about an order', 'Chosen by'])
    expect(screen).not.toContain(text);
});

test('"not about an order" is not offered while it is being said, and again where it is taken back or failed', () => {
  const saying: Correction = { ...correction, wish: { kind: 'notAboutAnOrder' } };
  const isOffered = (change: Partial<Correction>): boolean =>
    screenOf({ correction: { ...saying, ...change } }).includes('Not about an order');
  for (const state of ['saving', 'pending', 'late'] as const) expect(isOffered({ state }), state).toBe(false);
  expect(isOffered({ state: 'failed', fault: 'failed' })).toBe(true);
  expect(isOffered({ isUndo: true })).toBe(true);
});

test('bug: while the service does not answer, a saved correction promised its figures in some seconds', () => {
  for (const state of ['pending', 'late'] as const)
    expect(screenOf({ problem: 'unreachable', correction: { ...correction, state } })).toContain(
      'Saved in Zendesk. The figures follow when Deskledger answers again. Undo',
    );
  expect(screenOf({ problem: 'unreachable', correction: { ...correction, state: 'saving' } })).not.toContain('follow');
});

test('an earlier correction stays pending in its row', () => {
  const screen = screenOf({
    earlier: [correction],
    correction: { ...correction, wish: { kind: 'orderNumber', number: '1002' } },
  });
  expect(screen).toContain('Partner Sud Pending Region Sweden Order #1002 Pending');
});

test('in a new ticket what is chosen stands in its row; without mapped fields nothing can be', () => {
  const { fields } = ticketOf();
  const newTicket = (view: Partial<View>): string =>
    textOf(createElement(NewTicketSidebar, { session: sessionOf({ data: null, ...view }) }));
  expect(newTicket({ fields, correction: { ...correction, state: 'draft' } })).toMatch(
    /^New ticket .* Partner Sud Region Not set Order Not set Reason Not set Set. It is saved with the ticket. Undo$/,
  );
  const unmapped = { partner: null, region: null, reason: null, orderNumber: null, notAboutAnOrder: null };
  for (const one of [null, unmapped]) expect(newTicket({ fields: one })).toBe(words.newTicket.unmapped);
  expect(newTicket({ fields: unmapped, isReading: true, problem: 'unreachable' })).toBe(words.newTicket.unmapped);
});

test('a new ticket whose fields are asked for says so, and why they did not come', () => {
  const newTicket = (view: Partial<View>): string =>
    textOf(createElement(NewTicketSidebar, { session: sessionOf({ data: null, ...view }) }));
  expect(newTicket({ isReading: true })).toBe(words.loading);
  const { title, next } = words.problem.unreachable;
  for (const isReading of [true, false])
    expect(newTicket({ isReading, problem: 'unreachable' })).toBe(`${title} ${next} ${words.retry}`);
});

test('bug: a closed ticket offered pencils and refused afterwards', () => {
  const unattributed = stated('unattributed', {
    attribution: attributionOf({ shares: borneBy(null), method: 'unattributed', confidence: 'none', order: null }),
  });
  expect(screenOf({ data: unattributed })).toMatch(/choose a partner or region\. Not about an order/);
  const closed = screenOf({ data: unattributed }, { isClosed: true });
  expect(closed).toContain('whose customer this is. This ticket is closed and cannot be changed.');
  for (const text of ['choose a partner', 'Not about an order']) expect(closed).not.toContain(text);
  const uncosted = { data: ticketOf({ cost: null }) };
  expect(buttonsOf(uncosted, { isClosed: false })).toBe(5);
  expect(buttonsOf(uncosted, { isClosed: true })).toBe(0);
});

test('a region that is a country alone is called as the reader calls it', () => {
  const region = (named: { code: string; name: string }) =>
    screenOf({
      data: ticketOf({ attribution: attributionOf({ shares: [{ partner: nord, region: named, ppm: 1_000_000 }] }) }),
    });
  expect(region({ code: 'US', name: 'US' })).toContain('Region United States Order');
  expect(region({ code: 'US', name: 'The States' })).toContain('Region The States Order');
  expect(region({ code: 'nordics', name: 'nordics' })).toContain('Region nordics Order');
});
