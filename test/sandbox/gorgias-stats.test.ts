import { afterEach, describe, expect, test } from 'vitest';
import { hourMs } from '../../src/core/time.ts';
import { fewDimensions } from '../../src/sandbox/gorgias/readings.ts';
import { startGorgias } from './gorgias-stage.ts';
import { closeStages, startMs } from './stage.ts';

afterEach(closeStages);

const period = (from: string, to: string) => [
  { member: 'periodStart', operator: 'afterDate', values: [from] },
  { member: 'periodEnd', operator: 'beforeDate', values: [to] },
];
const march = period('2026-03-02T00:00:00.000', '2026-03-03T00:00:00.000');
const queryOf = (more: Record<string, unknown> = {}) => ({
  query: {
    scope: 'ticket-handle-time',
    measures: ['handleTime'],
    dimensions: ['ticketId', 'agentId'],
    timezone: 'UTC',
    filters: march,
    ...more,
  },
});

const start = async (options: Parameters<typeof startGorgias>[0] = {}) => {
  const stage = await startGorgias({ limits: 'off', ...options });
  const { desk, call, nowMs, agent } = stage;
  const work = (id: number, seconds: number, by = agent) => desk.act(id, { atMs: nowMs(), userId: by.id, seconds });
  const rows = async (more: Record<string, unknown> = {}, path = '') =>
    (await call('POST', `reporting/stats${path}`, queryOf(more))).json.data;
  return { ...stage, work, rows };
};

describe('handle time', () => {
  test('is told once the ticket is closed: all agents’ seconds, under the assignee', async () => {
    const { ticket, work, rows, reply, agent, helper, call } = await start();
    const { id } = ticket();
    work(id, 120);
    work(id, 60, helper);
    expect(await rows()).toEqual([]);
    reply(id, { status: 'closed', assigneeId: agent.id });
    expect(await rows()).toEqual([{ ticketId: id, agentId: agent.id, handleTime: 180 }]);
    const { json } = await call('POST', 'reporting/stats', queryOf({ measures: ['handleTime', 'averageHandleTime'] }));
    expect(json).toMatchObject({
      object: 'list',
      data: [{ averageHandleTime: 180 }],
      meta: { scope: 'ticket-handle-time', prev_cursor: null, next_cursor: null, total: 1, offset: 0, limit: 30 },
    });
  });

  test('vanishes when the ticket opens again, and grows by the next closing', async () => {
    const { desk, clock, ticket, work, rows, reply, customer, nowMs } = await start();
    const { id } = ticket();
    work(id, 100);
    reply(id, { status: 'closed' });
    await clock.sleep(hourMs);
    desk.act(id, { atMs: nowMs(), userId: null, message: { from: { customerId: customer.id }, text: 'Again' } });
    expect(await rows()).toEqual([]);
    work(id, 50);
    reply(id, { status: 'closed' });
    expect(await rows({ dimensions: ['ticketId'] })).toEqual([{ ticketId: id, handleTime: 150 }]);
    work(id, -30);
    expect(await rows({ dimensions: ['ticketId'] })).toEqual([{ ticketId: id, handleTime: 120 }]);
  });

  test('has no agent where the ticket lost its assignee, and no row where nobody worked', async () => {
    const { desk, ticket, work, rows, reply, agent, nowMs } = await start();
    const [one, two] = [ticket(), ticket()];
    work(one.id, 10);
    reply(one.id, { assigneeId: agent.id });
    reply(one.id);
    for (const { id } of [one, two]) desk.act(id, { atMs: nowMs(), userId: agent.id, values: { status: 'closed' } });
    expect(await rows()).toEqual([{ ticketId: one.id, agentId: null, handleTime: 10 }]);
  });

  test('comes late where that is the reading', async () => {
    const { clock, ticket, work, rows, reply } = await start({ readings: { statsDelayMs: 10 * 60_000 } });
    const { id } = ticket();
    work(id, 10);
    await clock.sleep(5 * 60_000);
    work(id, 7);
    reply(id, { status: 'closed' });
    expect(await rows()).toEqual([]);
    await clock.sleep(6 * 60_000);
    expect(await rows()).toMatchObject([{ handleTime: 10 }]);
    await clock.sleep(6 * 60_000);
    expect(await rows()).toMatchObject([{ handleTime: 17 }]);
  });

  test('is of a period by closing, or by creation; its end is not in it, its zone counts', async () => {
    const { clock, ticket, work, rows, reply } = await start();
    const { id } = ticket();
    work(id, 10);
    await clock.sleep(24 * hourMs);
    reply(id, { status: 'closed' });
    expect(await rows()).toEqual([]);
    const closing = { filters: period('2026-03-03T00:00:00.000', '2026-03-04T00:00:00.000') };
    expect(await rows(closing)).toHaveLength(1);
    expect(await rows({ time_dimensions: [{ dimension: 'createdDatetime' }] })).toHaveLength(1);
    const exactly = new Date(startMs + 24 * hourMs).toISOString().slice(0, -1);
    expect(await rows({ filters: period('2026-03-03', exactly) })).toEqual([]);
    expect(await rows({ filters: period(exactly, '2026-03-04') })).toHaveLength(1);
    const early = period('2026-03-03T00:00:00.000', '2026-03-03T09:30:00.000');
    expect(await rows({ filters: early })).toHaveLength(1);
    expect(await rows({ filters: early, timezone: 'Europe/Stockholm' })).toEqual([]);
  });

  test('is filtered by the period of creation where that is the reading', async () => {
    const { clock, ticket, work, rows, reply } = await start({ readings: { statsPeriod: 'createdDatetime' } });
    const { id } = ticket();
    work(id, 10);
    await clock.sleep(24 * hourMs);
    reply(id, { status: 'closed' });
    expect(await rows()).toHaveLength(1);
  });

  test('groups, filters, orders and pages', async () => {
    const { desk, ticket, work, rows, reply, agent, helper, call } = await start();
    const ids: number[] = [];
    for (let index = 1; index <= 5; index += 1) {
      const { id } = ticket({ channel: index === 5 ? 'chat' : 'email' });
      ids.push(id);
      work(id, index * 10);
      reply(id, { status: 'closed', assigneeId: index < 3 ? agent.id : helper.id });
    }
    expect(await rows({ dimensions: ['agentId'], order: [['handleTime', 'desc']] })).toEqual([
      { agentId: helper.id, handleTime: 120 },
      { agentId: agent.id, handleTime: 30 },
    ]);
    const chat = [...march, { member: 'channel', operator: 'one-of', values: ['chat'] }];
    expect(await rows({ filters: chat, dimensions: ['ticketId', 'channel', 'integrationId', 'storeId'] })).toEqual([
      { ticketId: ids[4], channel: 'chat', integrationId: null, storeId: null, handleTime: 50 },
    ]);
    const first = (await call('POST', 'reporting/stats?limit=2', queryOf())).json;
    expect(first.data.map(({ ticketId }: { ticketId: number }) => ticketId)).toEqual(ids.slice(0, 2));
    expect(first.meta).toMatchObject({ total: 5, offset: 0, limit: 2, prev_cursor: null });
    const second = (await call('POST', `reporting/stats?limit=3&cursor=${first.meta.next_cursor}`, queryOf())).json;
    expect(second.data.map(({ ticketId }: { ticketId: number }) => ticketId)).toEqual(ids.slice(2));
    expect(second.meta).toMatchObject({ next_cursor: null, offset: 2 });
    expect(desk.ticket(ids[0] as number).work).toHaveLength(1);
  });

  test('may be numbers in text', async () => {
    const { ticket, work, rows, reply } = await start({ readings: { statsNumbers: 'text' } });
    const { id } = ticket();
    work(id, 10);
    reply(id, { status: 'closed' });
    expect(await rows({ dimensions: ['ticketId'] })).toEqual([{ ticketId: String(id), handleTime: '10' }]);
  });

  test('may refuse to be told per ticket', async () => {
    const { call, rows } = await start({ readings: { statsDimensions: fewDimensions } });
    const { status, json } = await call('POST', 'reporting/stats', queryOf());
    expect([status, json.error.data]).toEqual([400, { dimensions: [expect.stringContaining('agentId')] }]);
    expect(await rows({ dimensions: ['agentId'] })).toEqual([]);
  });

  test.each([
    ['no period', { filters: [] }, 400],
    ['half a period', { filters: march.slice(0, 1) }, 400],
    ['more than a year', { filters: period('2025-01-01', '2026-03-01') }, 400],
    ['another measure', { measures: ['medianHandleTime'] }, 400],
    ['no measure', { measures: [] }, 400],
    ['another filter', { filters: [...march, { member: 'ticketId', operator: 'one-of', values: ['1'] }] }, 400],
    ['a zone that is none', { timezone: 'Mars' }, 400],
    ['another time', { time_dimensions: [{ dimension: 'updatedDatetime' }] }, 400],
    ['a scope that is broken', { scope: 'online-time' }, 500],
    ['no scope', { scope: undefined }, 400],
  ])('refuses %s', async (_, more, status) => {
    const { call } = await start();
    expect((await call('POST', 'reporting/stats', queryOf(more))).status).toBe(status);
  });
});

describe('phone calls', () => {
  test('have their seconds beside the ticket’s', async () => {
    const { desk, ticket, call, customer, agent, rows, reply } = await start();
    const { id } = ticket({ channel: 'phone' });
    const made = desk.addCall({
      ticketId: id,
      customerId: customer.id,
      userId: agent.id,
      direction: 'inbound',
      seconds: 300,
      startedAtMs: startMs,
    });
    desk.addCall({ ...made, ticketId: ticket().id, direction: 'outbound' });
    const { data } = (await call('GET', `phone/voice-calls/?ticket_id=${id}`)).json;
    expect(data).toMatchObject([
      { id: made.id, duration: 300, last_answered_by_agent_id: agent.id, initiated_by_agent_id: null },
    ]);
    expect((await call('GET', `phone/voice-calls/${made.id}`)).json).toEqual(data[0]);
    expect((await call('GET', 'phone/voice-calls')).json.data).toHaveLength(2);
    reply(id, { status: 'closed' });
    expect(await rows()).toEqual([]);
  });
});
