import nock from 'nock';
import { connectZendesk } from '../../../src/helpdesks/zendesk/client.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import { clockFrom } from '../nocked.ts';
import { apiUser, settingsWith } from './support.ts';

export const now = Date.UTC(2026, 2, 1, 10);
export const clockAt = () => clockFrom(new Date(now));

export const api = () => nock('https://loom.zendesk.com');
export const connect = (settings: object = {}, clock: Clock = clockAt().clock) =>
  connectZendesk(settingsWith({ limitShare: 1, ...settings }), { clock, allowPrivate: false, apiUserId: apiUser });

/** All pages of the connection's only feed: what it told, and where it goes on. */
export const walk = async (client: ReturnType<typeof connect>, from: { cursor?: string | null; since?: Date } = {}) => {
  const feed = client.workFeeds?.[0];
  if (!feed) throw new Error('there is no feed');
  const pages = [];
  for await (const page of feed.walk({ cursor: from.cursor ?? null, since: from.since ?? new Date(now - 86_400_000) }))
    pages.push(page);
  return { pages, work: pages.flatMap(({ work }) => work), cursor: pages.at(-1)?.cursor ?? null };
};

export const secondsAgo = (seconds: number) => Math.floor(now / 1000) - seconds;
export const iso = (ageSeconds: number) => new Date(now - ageSeconds * 1000).toISOString().replace('.000Z', 'Z');
export const day = 86_400;
