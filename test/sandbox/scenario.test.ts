import { describe, expect, test } from 'vitest';
import { createSandbox } from '../../src/sandbox/index.ts';
import { countries, partnerCodes, partners } from '../../src/sandbox/scenario/marketplace.ts';
import { createScenario } from '../../src/sandbox/scenario.ts';
import { fieldIds } from '../../src/sandbox/zendesk/index.ts';
import { jumpingClock } from './jumping-clock.ts';

const startsAt = new Date('2026-01-05T00:00:00Z');
const whole = createScenario({ seed: 'demo', startsAt, days: 90, scale: 1 });

const tally = <Item>(items: readonly Item[], keyOf: (item: Item) => unknown): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(String(keyOf(item)), (counts.get(String(keyOf(item))) ?? 0) + 1);
  return counts;
};

describe('the plan', () => {
  test('is the same for the same seed, and another for another', () => {
    const plan = (seed: string) => createScenario({ seed, startsAt, days: 30, scale: 0.05 });
    expect(plan('a')).toEqual(plan('a'));
    expect(plan('b').timeline).not.toEqual(plan('a').timeline);
  });

  test('holds 6,000 orders with refunds and 1,500 tickets, of 6 partners and direct sales, from 8 countries', () => {
    expect(whole.orders).toHaveLength(6000);
    expect(whole.tickets).toHaveLength(1500);
    expect(whole.refunds.length).toBeGreaterThan(300);
    const sellers = tally(whole.orders, ({ partner }) => partner);
    for (const code of partnerCodes) expect(sellers.get(code)).toBeGreaterThan(200);
    expect([...tally(whole.orders, ({ customer }) => customer.country).keys()].toSorted()).toEqual(
      Object.keys(countries).toSorted(),
    );
    expect(new Set(whole.orders.map(({ input }) => input.currency))).toEqual(new Set(['SEK', 'EUR', 'GBP', 'USD']));
    expect(new Set(whole.orders.map(({ input }) => input.statusId)).has(0)).toBe(true);
    expect(new Set(whole.orders.map(({ input }) => input.taxInclusive)).size).toBe(2);
    expect(whole.refunds.some(({ refund }) => refund.payments.every(({ declined }) => declined))).toBe(true);
    expect(whole.refunds.some(({ refund }) => refund.payments.length === 2)).toBe(true);
    expect(whole.refunds.some(({ refund }) => refund.taxCents < 0)).toBe(true);
  });

  test('names orders in every way, in six languages, mostly by people who write once', () => {
    const ways = tally(whole.tickets, ({ reference }) => reference);
    expect([...ways.keys()].toSorted()).toEqual([
      'address',
      'field',
      'foreign',
      'missing',
      'number only',
      'several',
      'text',
      'unknown',
    ]);
    expect((ways.get('text') ?? 0) + (ways.get('field') ?? 0)).toBeGreaterThan(750);
    expect(new Set(whole.tickets.map(({ language }) => language)).size).toBe(6);
    expect(new Set(whole.tickets.map(({ email }) => email)).size).toBeGreaterThan(1350);
    expect(whole.tickets.every(({ email }) => /@example\.(com|org)$/.test(email))).toBe(true);
    const dayCounts = tally(whole.tickets, ({ atMs }) => Math.floor((atMs - whole.startsAtMs) / (30 * 86_400_000)));
    expect(Math.max(...dayCounts.values())).toBeLessThan(750);
  });

  test('keeps its days: everything is created within them, tickets after the order they are about', () => {
    for (const { atMs } of whole.tickets) expect(atMs >= whole.startsAtMs && atMs < whole.endsAtMs).toBe(true);
    for (const { input } of whole.orders)
      expect(input.placedAtMs >= whole.startsAtMs && input.placedAtMs < whole.endsAtMs).toBe(true);
    const placed = new Map(whole.orders.map(({ id, input }) => [id, input.placedAtMs]));
    for (const { orderId, atMs } of whole.tickets) if (orderId !== null) expect(placed.get(orderId)).toBeLessThan(atMs);
    expect(
      whole.timeline.every(({ atMs }, index) => index === 0 || (whole.timeline[index - 1]?.atMs ?? 0) <= atMs),
    ).toBe(true);
  });

  test('may end in the middle of a day', () => {
    const plan = createScenario({ seed: 'a', startsAt, days: 3.25, scale: 0.1 });
    const endMs = startsAt.getTime() + 3.25 * 86_400_000;
    expect(plan.endsAtMs).toBe(endMs);
    expect(plan.orders).toHaveLength(600);
    expect(plan.orders.every(({ input }) => input.placedAtMs < endMs)).toBe(true);
    expect(plan.orders.filter(({ input }) => input.placedAtMs >= endMs - 0.25 * 86_400_000).length).toBeGreaterThan(20);
    expect(plan.tickets.every(({ atMs }) => atMs < endMs)).toBe(true);
  });

  test('gives rates for every working day before each day of work', () => {
    expect(whole.fx.length).toBeGreaterThan(70);
    expect(whole.fx[0]?.day).toBe('2025-12-22');
    expect(whole.fx.every(({ rates }) => Object.values(rates).every((rate) => /^\d+(\.\d+)?$/.test(rate)))).toBe(true);
  });
});

const newestRate = (
  rates: readonly string[][],
  key: string,
  role: string,
  day: string,
): { hourly: number; currency: string } => {
  const valid = (scope: string, of: string) =>
    rates.filter((row) => row[0] === scope && row[1] === of && (row[4] ?? '') <= day).at(-1);
  const row = valid('agent', key) ?? valid('role', role) ?? valid('default', '');
  return { hourly: Number(row?.[2]), currency: row?.[3] ?? '' };
};

describe('played', () => {
  test('shows the Swedish partner at over twice the average cost per ticket, by plain computation over the audits', async () => {
    const clock = jumpingClock(startsAt.getTime());
    const sandbox = await createSandbox({ clock, seed: 'demo', startsAt, limits: 'off' });
    try {
      const days: number[] = [];
      await sandbox.play({
        signal: new AbortController().signal,
        endAfterDays: true,
        onProgress: ({ day }) => days.push(day),
      });
      expect(days.at(-1)).toBe(90);
      const { history, inputs } = sandbox;
      expect(history.orders()).toHaveLength(6000);
      expect(history.tickets()).toHaveLength(1500);
      expect(history.refunds()).toHaveLength(sandbox.scenario.refunds.length);

      const rows = (text: string) =>
        text
          .trim()
          .split('\n')
          .slice(1)
          .map((line) => line.split(','));
      const roles = new Map(rows(inputs.agents).map(([, id, role]) => [id, role]));
      const fx = new Map(sandbox.scenario.fx.map(({ day, rates }) => [day, rates]));
      const dollars = (amount: number, currency: string, day: string): number => {
        const before = [...fx.keys()].filter((known) => known < day).at(-1) ?? '';
        const rates = fx.get(before) ?? {};
        return currency === 'USD'
          ? amount
          : (amount / (currency === 'EUR' ? 1 : Number(rates[currency]))) * Number(rates.USD);
      };
      const rates = rows(inputs.rates);
      const costs = new Map<string, { cost: number; tickets: Set<number>; seconds: number }>();
      for (const ticket of history.tickets())
        for (const audit of ticket.audits)
          for (const event of audit.events) {
            if (event.type !== 'Change' || event.field_name !== String(fieldIds.totalTime)) continue;
            const seconds = Math.min(4 * 3600, Number(event.value) - Number(event.previous_value ?? 0));
            const key = `${sandbox.zendesk.settings.name}:${audit.author_id}`;
            const day = audit.created_at.slice(0, 10);
            const { hourly, currency } = newestRate(rates, key, roles.get(String(audit.author_id)) ?? '', day);
            const partner = history.planned(ticket.id)?.partner ?? 'none';
            const sum = costs.get(partner) ?? { cost: 0, tickets: new Set<number>(), seconds: 0 };
            sum.cost += dollars((seconds * hourly) / 3600, currency, day);
            sum.seconds += seconds;
            sum.tickets.add(ticket.id);
            costs.set(partner, sum);
          }
      const all = [...costs.values()];
      const average =
        all.reduce((sum, { cost }) => sum + cost, 0) / all.reduce((sum, { tickets }) => sum + tickets.size, 0);
      const perTicket = (partner: string) => (costs.get(partner)?.cost ?? 0) / (costs.get(partner)?.tickets.size ?? 1);
      expect(average).toBeGreaterThan(1);
      expect(perTicket('nordhem') / average).toBeGreaterThan(2);
      for (const code of partnerCodes) if (code !== 'nordhem') expect(perTicket(code) / average).toBeLessThan(1.3);
    } finally {
      await sandbox.close();
    }
  }, 30_000);

  test('holds every turn a ticket can take', async () => {
    const sandbox = await createSandbox({
      clock: jumpingClock(startsAt.getTime()),
      seed: 'demo',
      startsAt,
      limits: 'off',
      scale: 0.4,
    });
    try {
      await sandbox.play({ signal: new AbortController().signal, endAfterDays: true });
      const tickets = sandbox.history.tickets();
      const changes = tickets.flatMap((ticket) =>
        ticket.audits.flatMap((audit) => audit.events.map((event) => ({ ticket, audit, event }))),
      );
      const time = changes.filter(
        ({ event }) => event.type === 'Change' && event.field_name === String(fieldIds.totalTime),
      );
      const delta = ({ event }: (typeof time)[number]) => Number(event.value) - Number(event.previous_value ?? 0);
      expect(time.some((change) => delta(change) < 0)).toBe(true);
      expect(time.some((change) => delta(change) > 4 * 3600)).toBe(true);
      const sameSecond = tally(time, ({ audit, event }) => `${audit.author_id} ${audit.created_at} ${event.value}`);
      expect(Math.max(...sameSecond.values())).toBeGreaterThanOrEqual(3);
      const timed = new Set(time.map(({ ticket }) => ticket.id));
      expect(
        tickets.some((ticket) => ticket.status === 'closed' && ticket.mergedInto === null && !timed.has(ticket.id)),
      ).toBe(true);
      expect(tickets.some(({ deleted }) => deleted)).toBe(true);
      expect(tickets.some(({ mergedInto, status }) => mergedInto !== null && status === 'closed')).toBe(true);
      const followUp = tickets.find(({ via }) => via.source.rel === 'follow_up');
      expect(followUp?.audits[0]?.via.source.from).toHaveProperty('ticket_id');
      expect(
        changes.some(
          ({ event }) => event.field_name === 'status' && event.previous_value === 'solved' && event.value === 'open',
        ),
      ).toBe(true);
      expect(
        changes.some(
          ({ audit, event }) => audit.author_id === -1 && event.value === 'closed' && event.via?.channel === 'rule',
        ),
      ).toBe(true);
      expect(
        changes.some(({ event }) => event.type === 'Change' && event.field_name === String(fieldIds.partner)),
      ).toBe(true);
      expect(
        changes.some(
          ({ event }) =>
            event.type === 'Change' && event.field_name === 'tags' && String(event.value).includes('partner_'),
        ),
      ).toBe(true);
      expect(
        sandbox.history.orders().filter(({ statusId }) => statusId === 4 || statusId === 14).length,
      ).toBeGreaterThan(50);
    } finally {
      await sandbox.close();
    }
  }, 30_000);

  test('goes on with a trickle of orders and tickets that are answered and solved', async () => {
    const clock = jumpingClock(startsAt.getTime());
    const sandbox = await createSandbox({ clock, seed: 'demo', startsAt, days: 20, limits: 'off', scale: 0.02 });
    try {
      const stop = new AbortController();
      const endMs = sandbox.scenario.endsAtMs;
      await sandbox.play({
        signal: stop.signal,
        onProgress: ({ live }) => live && clock.now().getTime() > endMs + 15 * 60_000 && stop.abort(),
      });
      const fresh = sandbox.history.tickets().filter(({ createdAtMs }) => createdAtMs >= endMs);
      const freshOrders = sandbox.history.orders().filter(({ input }) => input.placedAtMs >= endMs);
      expect(fresh.length + freshOrders.length).toBeGreaterThan(100);
      expect(fresh.filter(({ status }) => status === 'solved').length).toBeGreaterThan(fresh.length / 2);
    } finally {
      await sandbox.close();
    }
  });

  test('holds the trickle back while the clock still runs fast', async () => {
    const slow = jumpingClock(startsAt.getTime());
    // Every wait oversleeps by two minutes, as timers of whole milliseconds do on a fast clock.
    const clock = { ...slow, sleep: (ms: number) => slow.sleep(ms + 120_000) };
    const sandbox = await createSandbox({ clock, seed: 'demo', startsAt, days: 2, limits: 'off', scale: 0.01 });
    try {
      const stop = new AbortController();
      const playing = sandbox.play({ signal: stop.signal });
      const endMs = sandbox.scenario.endsAtMs;
      await expect.poll(() => clock.now().getTime() > endMs + 3_600_000).toBe(true);
      stop.abort();
      await playing;
      expect(sandbox.history.orders().every(({ input }) => input.placedAtMs < endMs)).toBe(true);
      expect(sandbox.history.tickets().every(({ createdAtMs }) => createdAtMs < endMs)).toBe(true);
    } finally {
      await sandbox.close();
    }
  });

  test('serves reference rates as the days publish them', async () => {
    const clock = jumpingClock(startsAt.getTime());
    const sandbox = await createSandbox({ clock, seed: 'demo', startsAt, days: 10, scale: 0.01 });
    try {
      const lines = async () => (await (await fetch(sandbox.fx.url)).text()).trim().split('\n');
      expect((await lines())[0]).toMatch(/^Date,USD,.*,$/);
      expect((await lines())[1]).toMatch(/^2026-01-02,/);
      await clock.sleep(16 * 3_600_000);
      expect((await lines())[1]).toMatch(/^2026-01-05,/);
      expect(sandbox.inputs.fx.startsWith('Date,USD')).toBe(true);
      expect(Object.keys(partners)).toHaveLength(7);
    } finally {
      await sandbox.close();
    }
  });
});
