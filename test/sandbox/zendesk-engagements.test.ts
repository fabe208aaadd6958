import { describe, expect, test } from 'vitest';
import { dayMs, hourMs, minuteMs } from '../../src/core/time.ts';
import type { EngagementChannel } from '../../src/sandbox/zendesk/engagements.ts';
import { startMs } from './stage.ts';
import { startZendesk } from './zendesk-stage.ts';

const start = async (unnamed: 'all' | 'MESSAGING' = 'all') => {
  const stage = await startZendesk({ engagements: unnamed });
  const id = stage.ticket();
  const add = (agoMs: number, lengthMs: number, channel: EngagementChannel = 'MESSAGING') =>
    stage.sandbox.engagements?.add({
      ticketId: id,
      agentId: stage.agent,
      startMs: startMs - agoMs,
      endMs: startMs - agoMs + lengthMs,
      channel,
    });
  const list = async (query = '') => {
    const { status, json } = await stage.get(`engagements${query}`);
    const rows: { engagement_start_time: string; channel: string }[] = json.agent_engagement_data ?? [];
    return { status, json, rows, starts: rows.map(({ engagement_start_time }) => engagement_start_time) };
  };
  return { ...stage, id, add, list };
};

describe('engagements', () => {
  test('have the shape of a recorded account: numbers as ids, times in UTC without saying so', async () => {
    const { add, list, get, id, agent, customer } = await start();
    add(hourMs, 105_000);
    const { json } = await list();
    expect(json).toMatchObject({
      agent_engagement_data: [
        {
          engagement_id: expect.stringMatching(/^[0-9A-F]{32}$/),
          ticket_id: id,
          agent_id: agent,
          requester_id: customer,
          channel: 'MESSAGING',
          engagement_start_time: '2026-03-02T08:00:00',
          engagement_end_time: '2026-03-02T08:01:45',
        },
      ],
      next_page_url: null,
      has_more: false,
      page_size: 1,
    });
    const [row] = json.agent_engagement_data;
    expect((await get(`engagements/${row.engagement_id}`)).json).toEqual(row);
    expect((await get('engagements/0')).status).toBe(404);
  });

  test('show once they have ended, by their start, for 90 days', async () => {
    const { add, list, clock } = await start();
    add(hourMs, 2 * hourMs);
    add(minuteMs, 30_000);
    add(90 * dayMs - minuteMs, 30_000);
    expect((await list()).starts).toEqual(['2025-12-02T09:01:00', '2026-03-02T08:59:00']);
    await clock.sleep(hourMs);
    expect((await list()).starts).toEqual(['2026-03-02T08:00:00', '2026-03-02T08:59:00']);
    expect((await list(`?start_time=${Math.floor(startMs / 1000) - 90 * 86_400}`)).status).toBe(400);
    expect((await list(`?start_time=${Math.floor(startMs / 1000) - 60}`)).starts).toEqual(['2026-03-02T08:59:00']);
  });

  test('page by ten or up to a hundred, those of one second included', async () => {
    const { add, list } = await start();
    for (let index = 0; index < 25; index += 1) add(hourMs + (index % 2) * 100, minuteMs);
    const seen = new Set<unknown>();
    let query = '';
    for (let page = 0; page < 3; page += 1) {
      const { json, rows } = await list(query);
      expect(json.has_more).toBe(page < 2);
      for (const row of rows) seen.add(JSON.stringify(row));
      query = json.next_page_url?.split('engagements')[1] ?? '';
    }
    expect(seen.size).toBe(25);
    expect((await list('?page_size=1000')).rows).toHaveLength(25);
  });

  test('are of every channel or of messaging alone, where none is named', async () => {
    const channelsOf = async (unnamed: 'all' | 'MESSAGING', query = '') => {
      const { add, list } = await start(unnamed);
      add(hourMs, minuteMs, 'MESSAGING');
      add(hourMs, minuteMs, 'SUPPORT');
      const { rows, status } = await list(query);
      return status === 200 ? rows.map(({ channel }) => channel).toSorted() : status;
    };
    expect(await channelsOf('all')).toEqual(['MESSAGING', 'SUPPORT']);
    expect(await channelsOf('MESSAGING')).toEqual(['MESSAGING']);
    expect(await channelsOf('MESSAGING', '?channel=SUPPORT')).toEqual(['SUPPORT']);
    expect(await channelsOf('all', '?channel=FAX')).toBe(400);
  });

  test('are asked for 200 times a minute at most, and are not there without omnichannel routing', async () => {
    const { get, clock } = await start();
    for (let index = 0; index < 200; index += 1) expect((await get('engagements')).status).toBe(200);
    const refused = await get('engagements');
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await clock.sleep(minuteMs);
    expect((await get('engagements')).status).toBe(200);
    const without = await startZendesk();
    expect((await without.get('engagements')).status).toBe(404);
  });
});
