import { describe, expect, it } from 'vitest';
import { LimitReached, UpstreamError } from '../../../src/core/errors.ts';
import type { StatsQuery } from '../../../src/helpdesks/gorgias/client.ts';
import { createHandleTimes } from '../../../src/helpdesks/gorgias/handle-time.ts';
import { clockAt } from './support.ts';

const day = (date: string) => new Date(`${date}T10:00:00Z`);
const created = day('2026-02-20');
const closed = day('2026-02-27');

const account = (answer: (query: StatsQuery) => readonly object[]) => {
  const time = clockAt();
  const asked: string[] = [];
  const times = createHandleTimes(async function* (query) {
    asked.push(query.from.toISOString().slice(0, 10));
    yield answer(query) as Record<string, unknown>[];
  }, time.clock);
  return { ...time, asked, times };
};
const on = (date: string, rows: readonly object[]) => (query: StatsQuery) =>
  query.from.toISOString().startsWith(date) ? rows : [];

describe('handle times', () => {
  it.each([
    ['the closing', '2026-02-27', ['2026-02-27', '2026-02-26']],
    ['the creation', '2026-02-20', ['2026-02-27', '2026-02-20', '2026-02-19']],
  ])('are found by the day of %s, and then asked for by that alone', async (_what, date, asked) => {
    const held = account(on(date, [{ ticketId: 7, agentId: 5, handleTime: 340 }]));
    expect(await held.times.of('7', closed, created)).toEqual({ state: 'told', row: { seconds: 340, agentId: '5' } });
    await held.times.of('8', day('2026-02-26'), day('2026-02-19'));
    expect(held.asked).toEqual(asked);
  });

  it('of many tickets of a day cost one call', async () => {
    const rows = Array.from({ length: 50 }, (_, index) => ({ ticketId: String(index + 1), handleTime: String(index) }));
    const held = account(on('2026-02-27', rows));
    const found = await Promise.all(rows.map(({ ticketId }) => held.times.of(ticketId, closed, closed)));
    expect(found[41]).toEqual({ state: 'told', row: { seconds: 41, agentId: null } });
    expect(held.asked).toEqual(['2026-02-27']);
  });

  it('are read anew for a ticket that closed after the last reading', async () => {
    const held = account(() => []);
    const closedAt = new Date(held.clock.now().getTime() - 60_000);
    await held.times.of('7', closedAt, closedAt);
    await held.times.of('8', closedAt, closedAt);
    expect(held.asked).toHaveLength(1);
    held.clock.advance(2000);
    const later = new Date(held.clock.now().getTime() - 1000);
    await held.times.of('9', later, later);
    expect(held.asked).toHaveLength(2);
    held.clock.advance(31_000);
    await held.times.of('7', closedAt, closedAt);
    expect(held.asked).toHaveLength(3);
  });

  it('of several rows add up, and what is no number is none', async () => {
    const held = account(() => [
      { ticketId: 7, agentId: 5, handleTime: 100.4 },
      { ticketId: 7, agentId: 6, handleTime: '20' },
      { ticketId: 8, handleTime: null },
      { ticketId: 9, handleTime: 'NaN' },
    ]);
    expect(await held.times.of('7', closed, closed)).toMatchObject({ row: { seconds: 120, agentId: '5' } });
    expect(await held.times.of('8', closed, closed)).toEqual({ state: 'told', row: null });
    expect(await held.times.of('9', closed, closed)).toEqual({ state: 'told', row: null });
  });

  it.each([400, 403, 404, 422])(
    'are asked for once where the account answers %i, and again after a day',
    async (status) => {
      const held = account(() => {
        throw new UpstreamError('no', { status, retryable: false });
      });
      for (const ticket of ['7', '8'])
        expect(await held.times.of(ticket, closed, created)).toEqual({ state: 'unsupported', disturbed: false });
      expect(held.asked).toHaveLength(1);
      held.clock.advance(24 * 3600_000);
      await held.times.of('7', closed, created);
      expect(held.asked).toHaveLength(2);
    },
  );

  it('are not told where rows do not say whose they are', async () => {
    const held = account(() => [{ agentId: 5, handleTime: 4000 }]);
    expect(await held.times.of('7', closed, created)).toEqual({ state: 'unsupported', disturbed: false });
  });

  it('that an account never told are not waited for while it answers 500', async () => {
    const held = account(() => {
      throw new UpstreamError('oops', { status: 500, retryable: true });
    });
    expect(await held.times.of('7', closed, created)).toEqual({ state: 'unsupported', disturbed: true });
    expect(await held.times.of('8', closed, created)).toEqual({ state: 'unsupported', disturbed: true });
    expect(held.asked).toHaveLength(1);
  });

  it('that an account told before are waited for', async () => {
    let disturbed = false;
    const held = account(() => {
      if (disturbed) throw new UpstreamError('oops', { status: 500, retryable: true });
      return [{ ticketId: 7, handleTime: 5 }];
    });
    await held.times.of('7', closed, closed);
    disturbed = true;
    await expect(held.times.of('8', day('2026-02-26'), created)).rejects.toMatchObject({ status: 500 });
    disturbed = false;
    expect(await held.times.of('7', day('2026-02-26'), created)).toMatchObject({ state: 'told', row: { seconds: 5 } });
  });

  it('leave an empty quota to the caller', async () => {
    const held = account(() => {
      throw new LimitReached('later', 1000);
    });
    await expect(held.times.of('7', closed, created)).rejects.toBeInstanceOf(LimitReached);
  });
});
