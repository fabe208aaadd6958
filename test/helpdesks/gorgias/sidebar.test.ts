import { expect, test } from 'vitest';
import { sidebar } from '../../../src/helpdesks/gorgias/sidebar.ts';
import type { TicketContext } from '../../../src/helpdesks/port.ts';

const context: TicketContext = {
  externalId: '7',
  attribution: { partner: 'Nord 60%, Sud 40%', region: 'Nordics', method: 'recent orders', confidence: 'medium' },
  figures: { partner: 'Nord', days: 90, areWhole: true },
  contactRate: 4,
  costPerTicket: { amount: '12.345000', currency: 'USD' },
  costMultiple: 2.4,
  csat: { n: 12, needed: 30 },
};
const shown = (change: Partial<TicketContext> = {}) => sidebar.answer({ ...context, ...change });

test('bug: of several partners nothing said whose the figures are', () => {
  expect(shown()).toMatchObject({ partner_name: 'Nord 60%, Sud 40%', figures: 'Nord, last 90 days' });
});

test('bug: figures of days that are not read whole looked like any others', () => {
  expect(shown({ figures: { partner: 'Nord', days: 90, areWhole: false } })).toMatchObject({
    figures: 'Nord, last 90 days; not all of them have been read yet, so the figures may be far off',
  });
});

test('a partner without figures is said to have none; without a partner there is nothing to say', () => {
  const nobody = { partner: null, region: null, method: 'unattributed', confidence: null } as const;
  expect(shown({ figures: null })).toMatchObject({ figures: 'No figures of this partner yet' });
  for (const attribution of [nobody, null])
    expect(shown({ attribution, figures: null })).toMatchObject({ figures: '' });
});

test.each([
  ['person', 'an agent'],
  ['field', 'the order number field'],
  ['text', 'an order number in the message'],
  ['recent orders', "the customer's recent orders"],
  ['recent orders, region', "the customer's recent orders"],
  ['rule', 'a rule'],
] as const)('bug: "%s" was shown as the code that it is', (method, words) => {
  const attribution = { partner: 'Nord', region: null, method, confidence: 'low' } as const;
  expect(shown({ attribution })).toMatchObject({ method: `${words}, low confidence` });
});

test.each([
  ['HUF', 'HUF 12.34'],
  ['COP', 'COP 12.34'],
  ['JPY', '¥12'],
  ['KWD', 'KWD 12.345'],
  ['USD', '$12.34'],
])('bug: amounts in %s had other digits than everywhere else', (currency, amount) => {
  const said = sidebar.answer({ ...context, costMultiple: null, costPerTicket: { amount: '12.345000', currency } });
  expect((said as { cost_per_ticket: string }).cost_per_ticket.replaceAll('\u00a0', ' ')).toBe(amount);
});
