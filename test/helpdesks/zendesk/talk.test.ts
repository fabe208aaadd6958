import { describe, expect, it } from 'vitest';
import { withNock } from '../nocked.ts';
import { api, clockAt, connect, day, iso, now, secondsAgo, walk } from './feed-support.ts';
import { anna, ben } from './support.ts';

withNock();

const exportOf = (what: 'calls' | 'legs', start: number) =>
  api().get(`/api/v2/channels/voice/stats/incremental/${what}.json`).query({ start_time: start });
/** An answer as Talk gives it: the address of a next page is never null. */
const answer = (what: 'calls' | 'legs', rows: readonly object[], end: number, count = rows.length) => ({
  [what]: rows,
  count,
  end_time: end,
  next_page: `https://loom.zendesk.com/api/v2/channels/voice/stats/incremental/${what}.json?start_time=${end}`,
});
const leg = (id: number, more: object = {}) => ({
  id,
  call_id: 900,
  agent_id: Number(anna),
  type: 'agent',
  completion_status: 'completed',
  talk_time: 180,
  hold_time: 20,
  wrap_up_time: 45,
  duration: 200,
  created_at: iso(7200),
  updated_at: iso(6900),
  ...more,
});
const call = (id: number, ticket: number | null) => ({ id, ticket_id: ticket, updated_at: iso(6900) });

describe('calls', () => {
  it('give each agent talk and wrap-up seconds on the ticket of the call, and stop on a small page', async () => {
    exportOf('legs', secondsAgo(day)).reply(
      200,
      answer(
        'legs',
        [
          leg(1),
          leg(2, { agent_id: Number(ben), talk_time: 60, wrap_up_time: null }),
          leg(3, { type: 'customer' }),
          leg(4, { type: 'external', agent_id: null }),
          leg(5, { talk_time: 0, wrap_up_time: 0 }),
          leg(6, { call_id: 901 }),
        ],
        secondsAgo(6900),
      ),
    );
    exportOf('calls', secondsAgo(day + 7200)).reply(
      200,
      answer('calls', [call(900, 4_400_000_001), call(901, null)], secondsAgo(6900)),
    );
    const { work, cursor } = await walk(connect());
    expect(work).toEqual([
      {
        externalId: '4400000001',
        reading: {
          sourceKey: 'talk-leg:1',
          agentId: anna,
          actor: 'agent',
          clock: 'talk',
          rawSeconds: 225,
          value: null,
          workedAt: new Date(now - 7_200_000),
          channel: 'phone',
        },
      },
      {
        externalId: '4400000001',
        reading: expect.objectContaining({ sourceKey: 'talk-leg:2', rawSeconds: 60, agentId: ben }),
      },
    ]);
    expect(JSON.parse(cursor ?? '')).toMatchObject({ fromMs: secondsAgo(6900) * 1000 });
  });

  it('come page by page, and calls are read no further than the legs', async () => {
    exportOf('legs', secondsAgo(day)).reply(200, answer('legs', [leg(1, { call_id: 1 })], secondsAgo(8000), 1000));
    exportOf('calls', secondsAgo(day + 7200)).reply(200, answer('calls', [call(1, 11)], secondsAgo(7000), 1000));
    exportOf('legs', secondsAgo(8000)).reply(200, answer('legs', [leg(2, { call_id: 2 })], secondsAgo(6000), 1000));
    exportOf('calls', secondsAgo(7000)).reply(200, answer('calls', [call(2, 22)], secondsAgo(6000), 1));
    exportOf('legs', secondsAgo(6000)).reply(200, answer('legs', [leg(2, { call_id: 2 })], secondsAgo(6000), 60));
    const { pages } = await walk(connect());
    expect(pages.map(({ work }) => work.map(({ externalId }) => externalId))).toEqual([['11'], ['22'], ['22']]);
  });

  it('that may still change, or whose ticket is not told yet, are read again', async () => {
    exportOf('legs', secondsAgo(day)).reply(
      200,
      answer(
        'legs',
        [leg(1), leg(2, { call_id: 902, updated_at: iso(1800) }), leg(3, { updated_at: iso(300), wrap_up_time: null })],
        secondsAgo(300),
      ),
    );
    exportOf('calls', secondsAgo(day + 7200)).reply(200, answer('calls', [call(900, 1)], secondsAgo(300)));
    const { work, cursor } = await walk(connect());
    expect(work.map(({ reading }) => reading.sourceKey)).toEqual(['talk-leg:1']);
    const { clock } = clockAt();
    clock.advance(1_200_000);
    exportOf('legs', secondsAgo(1800)).reply(
      200,
      answer(
        'legs',
        [leg(2, { call_id: 902, updated_at: iso(1800) }), leg(3, { updated_at: iso(200), wrap_up_time: 90 })],
        secondsAgo(200),
      ),
    );
    exportOf('calls', secondsAgo(1800 + 7200)).reply(
      200,
      answer('calls', [call(900, 1), call(902, 2)], secondsAgo(200)),
    );
    const second = await walk(connect({}, clock), { cursor });
    expect(second.work.map(({ externalId, reading }) => [externalId, reading.sourceKey, reading.rawSeconds])).toEqual([
      ['2', 'talk-leg:2', 225],
      ['1', 'talk-leg:3', 270],
    ]);
  });

  it('of an AI agent are its own', async () => {
    exportOf('legs', secondsAgo(day)).reply(200, answer('legs', [leg(1)], secondsAgo(6900)));
    exportOf('calls', secondsAgo(day + 7200)).reply(200, answer('calls', [call(900, 1)], secondsAgo(6900)));
    const { work } = await walk(connect({ aiAgentIds: [anna] }));
    expect(work[0]?.reading.actor).toBe('ai_agent');
  });

  it('keep to ten requests a minute, of which our share is ours', async () => {
    const { clock, slept } = clockAt();
    const limits = { 'x-rate-limit': '700', 'x-rate-limit-remaining': '650' };
    for (const [page, start] of [day, 8000, 7000, 6000, 5000].entries())
      exportOf('legs', secondsAgo(start)).reply(
        200,
        answer('legs', [], secondsAgo([8000, 7000, 6000, 5000, 5000][page] ?? 0), 1000),
        limits,
      );
    exportOf('calls', secondsAgo(day + 7200)).reply(200, answer('calls', [], secondsAgo(100), 1), limits);
    await walk(connect({ limitShare: 0.5 }, clock));
    expect(slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(10_000);
  });

  it.each([403, 404])('of an account without Talk are none that anybody asked for (%i)', async (status) => {
    exportOf('legs', secondsAgo(day)).reply(status, { error: 'InvalidEndpoint' });
    await expect(walk(connect())).rejects.toMatchObject({ status, retryable: false });
    expect(connect().workFeeds).toMatchObject([{ isOptional: true }]);
  });

  it('bug: a page of a proxy was taken for an account without Talk, for a day', async () => {
    api().get(/legs/).query(true).times(4).reply(404, '<html>Not Found</html>');
    await expect(walk(connect())).rejects.toMatchObject({ status: 404, retryable: true });
  });

  it('are not read where they are off', () => {
    expect(connect({ voiceClock: 'off' }).workFeeds).toEqual([]);
    expect(connect({ engagementClock: 'instead' }).workFeeds?.map(({ name }) => name)).toEqual(['engagements']);
    expect(connect().workFeeds?.map(({ name }) => name)).toEqual(['talk']);
  });
});
