import nock from 'nock';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { connectZendesk } from '../../../src/helpdesks/zendesk/client.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import { anna, apiUser, customer, settingsWith, userJson } from './support.ts';

export const origin = 'https://loom.zendesk.com';

export const now = new Date('2026-03-01T10:00:30Z');

/** Stands still, and notes what was slept. */
export const clockAt = () => {
  let nowMs = now.getTime();
  const slept: number[] = [];
  const clock: Clock = {
    now: () => new Date(nowMs),
    async sleep(ms) {
      slept.push(ms);
      nowMs += ms;
    },
    every: () => ({ stop: async () => {} }),
  };
  return { clock, slept };
};

export const connect = (
  more: object = {},
  clock = clockAt().clock,
  deps: Partial<Parameters<typeof connectZendesk>[1]> = {},
) =>
  connectZendesk(settingsWith({ limitShare: 1, ...more }), { clock, allowPrivate: false, apiUserId: apiUser, ...deps });

export const api = () =>
  nock(origin, {
    reqheaders: { authorization: `Basic ${Buffer.from('deskledger@example.com/token:token').toString('base64')}` },
  });

export const customerJson = userJson(customer, 'end-user');

export const annaJson = userJson(anna, 'agent', { name: 'Anna' });

export const id = '4400000001';

export const other = '4400000002';

export const collect = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
};

/** What the adapter asks for is answered by nock alone, and all that was prepared is asked for. */
export const withNock = (): void => {
  beforeAll(() => nock.disableNetConnect());
  afterEach(() => {
    expect(nock.pendingMocks()).toEqual([]);
    nock.cleanAll();
  });
  afterAll(() => {
    nock.enableNetConnect();
    nock.restore();
  });
};
