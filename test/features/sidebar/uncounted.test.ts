import { expect, test } from 'vitest';
import { ticketGlance } from '../../../src/features/reports/index.ts';
import { createFigures } from '../../../src/features/sidebar/figures.ts';
import { ticketAnswer } from '../../../src/features/sidebar/ticket.ts';
import { createWorld } from '../reports/world.ts';
import { settle, team } from './ticket-world.ts';

const world = await createWorld();
const [id = 0n] = await team(world);
const desk = await settle(world);
await desk.named(id, '101');
await desk.decide('101', {});
const { db, clock, connectionId } = world;
const basis = { currency: 'USD', timeZone: 'UTC' };
const failed = (error: unknown) => {
  throw error;
};
const figures = createFigures({ db, clock, wall: clock, basis, failed });
const glance = await ticketGlance(db, { connectionId, externalId: '101', now: clock.now() });
const whole = {
  externalId: '101',
  asOf: clock.now().toISOString(),
  glance,
  hourlyOf: await figures.hourlyOf(glance?.lines.map(({ month }) => month) ?? []),
  report: await figures.report.fresh(),
  weeks: await figures.weeks.fresh(),
  money: 'shown',
  currency: 'USD',
  names: { partner: String, region: String },
  pageOf: () => null,
  fields: { partner: null, region: null, reason: null, orderNumber: null, notAboutAnOrder: null },
} as const;
const all = ticketAnswer(whole);

test('what is counted is shown whole, and nothing of it asked for again', () => {
  expect(all.counting).toBe(false);
  expect([all.cost?.soFar?.amount, all.partners[0]?.trend.length]).toEqual(['10.333333', 12]);
});

test('bug: while the weeks were counted for the first time the figures of the partner waited for them', () => {
  const { partners, counting } = ticketAnswer({ ...whole, weeks: null });
  expect([partners, counting]).toEqual([all.partners.map((one) => ({ ...one, trend: [] })), true]);
});

test('without the figures of partners there is the ticket with its cost', () => {
  expect(ticketAnswer({ ...whole, report: null })).toEqual({ ...all, partners: [], counting: true });
});

test('bug: a ticket waited for the rates of its months, however long they were counted', () => {
  expect(ticketAnswer({ ...whole, hourlyOf: null })).toEqual({ ...all, cost: null, counting: true });
});
