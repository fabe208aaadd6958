import { expect, test, vi } from 'vitest';
import type { Correction } from '../../zendesk-app/src/correcting.ts';
import { orderNumberIn } from '../../zendesk-app/src/order-number.ts';
import { attributionOf, ticketOf } from './answers.ts';
import { screenOf } from './rendered.ts';

const Icon = vi.hoisted(() => () => null);
vi.mock('@zendeskgarden/svg-icons/src/12/pencil-stroke.svg?icon', () => ({ Icon }));
vi.mock('@zendeskgarden/svg-icons/src/12/flag-stroke.svg?icon', () => ({ Icon }));
vi.mock('@zendeskgarden/svg-icons/src/12/chevron-down-stroke.svg?icon', () => ({ Icon }));

const attached: Correction = {
  wish: { kind: 'orderNumber', number: '99999' },
  isUndo: false,
  state: 'done',
  fault: null,
  expected: { orderNumber: '99999' },
  undo: [{ id: '14', value: null }],
  before: { orderNumber: { code: null, name: null } },
  isFinal: false,
  written: [{ id: '14', value: '99999' }],
  since: null,
};
const holding = (number: string, known: boolean, change: Parameters<typeof attributionOf>[0] = {}) =>
  ticketOf({ attribution: attributionOf({ order: null, orderField: [{ number, known }], ...change }) });

test('bug: an order number that names no order was told after a minute, as a guess, and after a reload not at all', () => {
  const data = holding('99999', false, { how: { partner: 'unattributed', region: 'unattributed' } });
  expect(screenOf({ data, correction: attached })).toMatch(
    /Order #99999 · not found Reason .*but Deskledger knows no order #99999. Undo/,
  );
  expect(screenOf({ data })).toContain('Order #99999 · not found Reason');
  const { order } = attributionOf();
  expect(screenOf({ data: holding('99999', false, { order }) })).toContain('Order #1001 #99999 · not found Reason');
});

test('an order number beside an agent’s choice is taken in and says that the choice stands', () => {
  const data = holding('99999', true, { method: 'person' });
  expect(screenOf({ data, correction: attached })).toMatch(/Order #99999 Reason .*What an agent chose stands. Undo/);
  expect(screenOf({ data: holding('99999', true), correction: attached })).toContain('Change taken in. Undo');
});

test('several orders that decided are not called none', () => {
  for (const method of ['recent orders', 'text'] as const)
    expect(screenOf({ data: ticketOf({ attribution: attributionOf({ order: null, method }) }) })).toContain(
      'Order Several Reason',
    );
});

test.each([
  ['1001', '1001'],
  [' #1001 ', '1001'],
  ['DE-2026/17', 'DE-2026/17'],
  ['# 1001', '1001'],
  ['Order #1001.', '1001'],
  ['1001, #1001', '1001'],
  ['\u2068١٠٠١\u2069', '1001'],
  ['１００１', '1001'],
  ['', null],
  ['#', null],
  ['abc', null],
  ['see below', null],
  ['1001 1002', null],
  ['1'.repeat(41), null],
])('the order number in %j is %j', (typed, number) => {
  expect(orderNumberIn(typed)).toBe(number);
});
