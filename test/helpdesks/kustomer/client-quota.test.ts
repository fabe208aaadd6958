import nock from 'nock';
import { describe, expect, it } from 'vitest';
import { LimitReached } from '../../../src/core/errors.ts';
import { pulledInParts, thrownBy, withNock } from '../nocked.ts';
import {
  anna,
  api,
  apiUser,
  clockAt,
  connect,
  conversationId,
  conversationJson,
  customerJson,
  hex,
  listOf,
  origin,
  path,
  userJson,
} from './support.ts';

withNock();

describe('the quota', () => {
  it('is the account’s by header, and our share of it', async () => {
    const { clock, slept } = clockAt();
    const client = connect({ limitShare: 0.5 }, clock);
    const headers = { 'x-ratelimit-limit': '4', 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': '20' };
    api()
      .get('/v1/users/current')
      .thrice()
      .reply(200, { data: userJson(apiUser, 'D') }, headers);
    for (const _ of [1, 2, 3]) await client.verify();
    expect(slept).toEqual([20_000]);
  });

  it.each([
    ['seconds to go', '30'],
    ['epoch seconds', String(Date.UTC(2026, 2, 1, 12, 0, 30) / 1000)],
    ['epoch milliseconds', String(Date.UTC(2026, 2, 1, 12, 0, 30))],
  ])('ends at the reset, told as %s', async (_what, reset) => {
    const { clock, slept } = clockAt();
    const client = connect({}, clock);
    const headers = { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    api()
      .get('/v1/users/current')
      .twice()
      .reply(200, { data: userJson(apiUser, 'D') }, headers);
    await client.verify();
    await client.verify();
    expect(slept).toEqual([30_000]);
  });

  it('that is used up for long is for the caller to wait for', async () => {
    api().get('/v1/users/current').reply(429, {}, { 'retry-after': '600' });
    expect(await thrownBy(connect().verify())).toBeInstanceOf(LimitReached);
  });
});

describe('a quota that ends within a lot', () => {
  const quotaOf = (limit: number) => ({
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(limit),
    'x-ratelimit-reset': '60',
  });

  it('bug: a lot larger than the quota of a minute was read in vain, again and again', async () => {
    const { clock } = clockAt();
    const ids = Array.from({ length: 40 }, (_, index) => hex('c0', index + 1));
    let calls = 0;
    const answers = (where: RegExp, body: (id: string) => object) =>
      nock(origin)
        .persist()
        .get(where)
        .query(true)
        .reply((request: Request) => {
          calls += 1;
          return [200, body(new URL(request.url).pathname.split('/')[3] ?? ''), quotaOf(60)];
        });
    answers(/^\/v1\/conversations\/[0-9a-f]+$/, (id) => ({ data: conversationJson({}, {}, id) }));
    answers(/^\/v1\/conversations\/[0-9a-f]+\/(messages|notes)$/, () => listOf([]));
    answers(/^\/v2\/conversations\/[0-9a-f]+\/times$/, () => listOf([]));
    answers(/^\/v1\/customers\//, () => ({ data: customerJson() }));
    answers(/^\/v1\/users$/, () => listOf([userJson(anna, 'Anna')]));
    const client = connect({ limitShare: 0.5, timesVersion: 'v2' }, clock);
    const startMs = clock.now().getTime();
    await pulledInParts(client, ids, 'yes');
    nock.cleanAll();
    // Of each the conversation, its customer, messages and times; the users once; what began is begun again at most.
    expect(calls).toBeGreaterThanOrEqual(161);
    expect(calls).toBeLessThanOrEqual(190);
    expect((clock.now().getTime() - startMs) / 60_000).toBeLessThanOrEqual(190 / 30 + 1);
  });

  it('throws where the quota is empty before the first conversation', async () => {
    api().get(path()).reply(429, '', { 'retry-after': '600' });
    const pulling = connect().pullTickets([{ externalId: conversationId, withHistory: 'no' }]);
    expect(await thrownBy(pulling)).toBeInstanceOf(LimitReached);
  });
});
