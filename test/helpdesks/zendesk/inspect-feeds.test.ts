import { describe, expect, it } from 'vitest';
import { inspectCalls, inspectEngagements } from '../../../src/helpdesks/zendesk/inspect-feeds.ts';
import { createHttp } from '../../../src/platform/http/client.ts';
import { withNock } from '../nocked.ts';
import { api, clockAt, day, secondsAgo } from './feed-support.ts';

withNock();

const parts = () => {
  const { clock } = clockAt();
  const http = createHttp({ baseUrl: 'https://loom.zendesk.com', headers: {}, clock, allowPrivate: false });
  return { http, voiceHttp: http, clock };
};
const legs = () =>
  api()
    .get('/api/v2/channels/voice/stats/incremental/legs.json')
    .query({ start_time: secondsAgo(day) });
const engagements = () =>
  api()
    .get('/api/v2/engagements')
    .query({ start_time: secondsAgo(day), page_size: 1 });
const listed = { agent_engagement_data: [{ engagement_id: 'a' }], has_more: false };
const empty = { ...listed, agent_engagement_data: [] };
const no = { error: 'Forbidden' };

describe('bug: a stream of work that the account refused was nobody’s business', () => {
  it.each([
    [200, { legs: [] }, 'ok'],
    [404, { error: 'InvalidEndpoint' }, 'ok'],
    [402, no, 'warn'],
    [403, no, 'warn'],
  ])('Talk that answers %i', async (status, body, level) => {
    legs().reply(status, body);
    const found = await inspectCalls(parts(), { voiceClock: 'add', engagementClock: 'off' });
    expect(found).toMatchObject([{ topic: 'handle time', level }]);
    expect(found[0]?.next ?? '').toMatch(level === 'ok' ? /^$/ : /"voiceClock": "off"/);
  });

  it.each([
    ['off', 'off'],
    ['add', 'instead'],
  ] as const)('Talk is not asked where its calls are not read (%s, %s)', async (voiceClock, engagementClock) => {
    expect(await inspectCalls(parts(), { voiceClock, engagementClock })).toEqual([]);
  });

  it.each([
    [200, empty, 'ok'],
    [403, no, 'fail'],
    [404, no, 'fail'],
  ])('engagements that are the clock and answer %i', async (status, body, level) => {
    engagements().reply(status, body);
    const found = await inspectEngagements(parts(), { engagementClock: 'instead', totalTimeFieldId: undefined });
    expect(found).toMatchObject([{ topic: 'handle time', level }]);
  });

  it('a page of a proxy is no answer of Talk', async () => {
    legs().times(4).reply(404, '<html>Sign in</html>');
    const asking = inspectCalls(parts(), { voiceClock: 'add', engagementClock: 'off' });
    await expect(asking).rejects.toMatchObject({ status: 404, retryable: true });
  });
});

describe('engagements that are there and not read', () => {
  it.each([
    ['nothing else measures', undefined, 'warn'],
    ['Time Tracking is the clock', '7', 'ok'],
  ])('are suggested where %s', async (_, totalTimeFieldId, level) => {
    engagements().reply(200, listed);
    const [found] = await inspectEngagements(parts(), { engagementClock: 'off', totalTimeFieldId });
    expect(found).toMatchObject({ topic: 'handle time', level });
    expect(`${found?.text} ${found?.next}`).toContain('{"engagementClock": "instead"}');
  });

  it.each([
    [200, empty],
    [403, no],
    [404, no],
  ])('are not where there are none (%i)', async (status, body) => {
    engagements().reply(status, body);
    expect(await inspectEngagements(parts(), { engagementClock: 'off', totalTimeFieldId: undefined })).toEqual([]);
  });
});
