import { describe, expect, it } from 'vitest';
import { withNock } from '../nocked.ts';
import { api, clockAt, connect, day, now, secondsAgo, walk } from './feed-support.ts';
import { anna, ben } from './support.ts';

withNock();

const engagement = (id: string, more: object = {}) => ({
  engagement_id: id,
  ticket_id: '77',
  agent_id: anna,
  channel: 'Messaging',
  engagement_start_time: '2026-03-01T08:00:00',
  engagement_end_time: '2026-03-01T08:10:30',
  ...more,
});
const engagements = (start: number, more: object = {}) =>
  api()
    .get('/api/v2/engagements')
    .query({ start_time: start, page_size: 100, ...more });
/** What is asked besides, where the list without a channel had no e-mail. */
const emailEngagements = (start: number) => engagements(start, { channel: 'SUPPORT' });
const none = { agent_engagement_data: [], next_page_url: null, has_more: false, page_size: 0 };

describe('engagements', () => {
  const on = { engagementClock: 'instead' };

  it('count their length, or the handling time that the account tells, on the moment of their end', async () => {
    engagements(secondsAgo(day)).reply(200, {
      data: [
        engagement('a'),
        engagement('b', { channel: 'Support', handle_time_seconds: 90, agent_id: Number(ben) }),
        engagement('c', { engagement_end_time: null }),
        engagement('d', { ticket_id: null }),
        engagement('e', { agent_id: null }),
        engagement('f', { engagement_end_time: '2026-03-01T07:00:00Z' }),
      ],
    });
    const { work } = await walk(connect(on));
    expect(work.map(({ externalId, reading }) => [externalId, reading.sourceKey, reading.rawSeconds])).toEqual([
      ['77', 'engagement:a', 630],
      ['77', 'engagement:b', 90],
    ]);
    expect(work[0]?.reading).toMatchObject({
      clock: 'engagement',
      agentId: anna,
      actor: 'agent',
      channel: 'messaging',
      workedAt: new Date('2026-03-01T08:10:30Z'),
    });
    expect(work[1]?.reading.channel).toBeNull();
  });

  it('bug: the answer of an account was none that we knew', async () => {
    const next = `https://loom.zendesk.com/api/v2/engagements?start_time=${secondsAgo(day)}&start_time_cursor=1&engagement_id_cursor=B5&page_size=100&channel=MESSAGING`;
    engagements(secondsAgo(day)).reply(200, {
      agent_engagement_data: [engagement('B5', { agent_id: Number(anna), ticket_id: 77, channel: 'MESSAGING' })],
      next_page_url: next,
      has_more: true,
      page_size: 1,
    });
    engagements(secondsAgo(day), { start_time_cursor: 1, engagement_id_cursor: 'B5', channel: 'MESSAGING' }).reply(
      200,
      {
        ...none,
        agent_engagement_data: [engagement('C6', { channel: 'MESSAGING' })],
      },
    );
    emailEngagements(secondsAgo(day)).reply(200, none);
    const { work } = await walk(connect(on));
    expect(work.map(({ reading }) => [reading.sourceKey, reading.channel])).toEqual([
      ['engagement:B5', 'messaging'],
      ['engagement:C6', 'messaging'],
    ]);
  });

  it('of e-mail are asked for by name where the list is of messaging alone', async () => {
    engagements(secondsAgo(day)).reply(200, { ...none, agent_engagement_data: [engagement('a')] });
    const email = engagement('b', { channel: 'SUPPORT' });
    emailEngagements(secondsAgo(day)).reply(200, { ...none, agent_engagement_data: [email] });
    const { work, cursor } = await walk(connect(on));
    expect(work.map(({ reading }) => reading.sourceKey)).toEqual(['engagement:a', 'engagement:b']);
    expect(JSON.parse(cursor ?? '')).toMatchObject({ fromMs: now });
  });

  it.each([400, 422])('are those of the list where the account does not know e-mail (%i)', async (status) => {
    engagements(secondsAgo(day)).reply(200, { ...none, agent_engagement_data: [engagement('a')] });
    emailEngagements(secondsAgo(day)).reply(status);
    const { work, cursor } = await walk(connect(on));
    expect(work).toHaveLength(1);
    expect(JSON.parse(cursor ?? '')).toMatchObject({ fromMs: now });
  });

  it('bug: e-mail whose second page was refused was taken for read to the end', async () => {
    const next_page_url = 'https://loom.zendesk.com/api/v2/engagements?cursor=2';
    const email = engagement('b', { channel: 'SUPPORT' });
    engagements(secondsAgo(day)).reply(200, none);
    emailEngagements(secondsAgo(day)).reply(200, { agent_engagement_data: [email], next_page_url, has_more: true });
    api().get('/api/v2/engagements').query({ cursor: '2' }).reply(400);
    await expect(walk(connect(on))).rejects.toMatchObject({ status: 400 });
  });

  it.each([
    ['links.next', { links: { next: 'https://loom.zendesk.com/api/v2/engagements?cursor=2' } }, { cursor: '2' }],
    ['next_page', { next_page: 'https://loom.zendesk.com/api/v2/engagements?cursor=2' }, { cursor: '2' }],
    [
      'meta',
      { meta: { has_more: true, after_cursor: 'xyz' } },
      { start_time: secondsAgo(day), page_size: 100, 'page[after]': 'xyz' },
    ],
  ])('page by %s to the end', async (_how, paging, query) => {
    engagements(secondsAgo(day)).reply(200, { data: [engagement('a')], ...paging });
    api()
      .get('/api/v2/engagements')
      .query(query)
      .reply(200, { engagements: [engagement('b', { channel: 'Support' })], meta: { has_more: false } });
    const { work } = await walk(connect(on));
    expect(work.map(({ reading }) => reading.sourceKey)).toEqual(['engagement:a', 'engagement:b']);
  });

  it('are asked for 90 days back at most, once an hour, with three days read again', async () => {
    const { clock } = clockAt();
    const client = connect(on, clock);
    const asked = (start: number) => {
      engagements(start).reply(200, none);
      emailEngagements(start).reply(200, none);
    };
    asked(secondsAgo(90 * day - 600));
    const { cursor } = await walk(client, { since: new Date(now - 200 * day * 1000) });
    clock.advance(3_500_000);
    expect((await walk(client, { cursor })).pages).toEqual([]);
    clock.advance(200_000);
    asked(secondsAgo(3 * day));
    expect((await walk(client, { cursor })).cursor).not.toBe(cursor);
  });

  it('bug: what lasted longer than three days was never seen, for it is listed by its start', async () => {
    const { clock } = clockAt();
    const client = connect(on, clock);
    const asked = (start: number) => {
      engagements(start).reply(200, { ...none, agent_engagement_data: [engagement('a', { channel: 'SUPPORT' })] });
    };
    asked(secondsAgo(day));
    let { cursor } = await walk(client);
    clock.advance(day * 1000);
    asked(secondsAgo(30 * day));
    ({ cursor } = await walk(client, { cursor }));
    clock.advance(3_700_000);
    asked(secondsAgo(-day + 3 * day));
    await walk(client, { cursor });
  });

  it('bug: the only clock was refused, and nobody was told', async () => {
    engagements(secondsAgo(day)).reply(403, { error: 'Forbidden' });
    await expect(walk(connect(on))).rejects.toMatchObject({ status: 403, retryable: false });
    expect(connect(on).workFeeds?.map(({ isOptional }) => isOptional)).toEqual([undefined]);
  });
});
