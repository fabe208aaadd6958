import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InvalidInput, LimitReached, Refused, UpstreamError } from '../../../src/core/errors.ts';
import { bigcommerce } from '../../../src/stores/bigcommerce/adapter.ts';
import { createBigcommerceApi, readRate } from '../../../src/stores/bigcommerce/api.ts';
import { bigcommerceSettings } from '../../../src/stores/bigcommerce/settings.ts';
import { storeAdapters } from '../../../src/stores/registry.ts';
import { caught } from '../../support/caught.ts';
import { type StandingClock, standingClock } from '../../support/standing-clock.ts';

const host = 'https://api.bigcommerce.com';
const given = {
  name: 'shop',
  storeHash: 'abc123',
  accessToken: 'token-of-the-store',
  clientId: 'client',
  clientSecret: 'secret-of-the-client',
};
const settings = bigcommerceSettings.parse(given);
let clock: StandingClock;

const api = () => createBigcommerceApi(settings, { clock, allowPrivate: false });
beforeEach(() => {
  clock = standingClock();
  nock.disableNetConnect();
});
afterEach(() => {
  expect(nock.pendingMocks()).toEqual([]);
  nock.cleanAll();
  nock.restore();
  nock.activate();
});

describe('a call', () => {
  it('goes to the store with its token', async () => {
    nock(host, { reqheaders: { 'x-auth-token': 'token-of-the-store', accept: 'application/json' } })
      .get('/stores/abc123/v2/orders')
      .query({ limit: 1 })
      .reply(200, [{ id: 1 }]);
    expect(await api().get('/v2/orders', { limit: 1 })).toEqual([{ id: 1 }]);
  });

  it('gives null for 204, and for 404 where it names one thing', async () => {
    nock(host).get('/stores/abc123/v2/orders').reply(204);
    nock(host)
      .get('/stores/abc123/v2/orders/9')
      .reply(404, [{ status: 404 }]);
    expect(await api().get('/v2/orders')).toBeNull();
    expect(await api().get('/v2/orders/{id}', {}, { id: 9 })).toBeNull();
  });

  it('of a list that is not found fails: the store hash is wrong', async () => {
    nock(host).get('/stores/abc123/v2/orders').reply(404);
    expect(await caught(api().get('/v2/orders'))).toMatchObject({ code: 'upstream', status: 404 });
  });

  it('waits for the window to end when the quota is used up', async () => {
    const rate = {
      'X-Rate-Limit-Requests-Quota': '150',
      'X-Rate-Limit-Requests-Left': '0',
      'X-Rate-Limit-Time-Reset-Ms': '7000',
      'X-Rate-Limit-Time-Window-Ms': '30000',
    };
    nock(host).get('/stores/abc123/v2/orders').reply(429, {}, rate);
    nock(host).get('/stores/abc123/v2/orders').reply(204);
    expect(await api().get('/v2/orders')).toBeNull();
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThanOrEqual(7000);
  });

  it('backs off and gives up for now after 429s that name no window', async () => {
    nock(host).get('/stores/abc123/v2/orders').times(4).reply(429);
    expect(await caught(api().get('/v2/orders'))).toBeInstanceOf(LimitReached);
    expect(clock.slept.length).toBeGreaterThanOrEqual(3);
  });

  it('never names the token in an error', async () => {
    nock(host).get('/stores/abc123/v2/orders').reply(401, { title: 'token-of-the-store' });
    const error = await caught(api().get('/v2/orders'));
    expect(error).toBeInstanceOf(UpstreamError);
    expect(String(error)).not.toContain('token-of-the-store');
  });
});

describe('rate headers', () => {
  it('are read where they are whole', () => {
    const headers = new Headers({
      'x-rate-limit-requests-quota': '450',
      'x-rate-limit-requests-left': '449',
      'x-rate-limit-time-reset-ms': '29999',
    });
    expect(readRate(headers)).toEqual({ limit: 450, remaining: 449, resetMs: 29_999 });
    expect(readRate(new Headers({ 'x-rate-limit-requests-quota': '450' }))).toBeNull();
  });
});

describe('verifying', () => {
  const client = () => bigcommerce.connect(settings, { clock, allowPrivate: false });

  it('gives the name of the store', async () => {
    nock(host).get('/stores/abc123/v2/orders').query({ limit: 1 }).reply(204);
    nock(host).get('/stores/abc123/v2/store').reply(200, { name: 'Lamps & more' });
    nock(host).get('/stores/abc123/v3/customers').query({ limit: 1 }).reply(200, { data: [] });
    expect(await client().verify()).toEqual({ storeName: 'Lamps & more', lacking: [] });
  });

  it('takes the hash where the token may not read the name, and says that it may not read customers', async () => {
    nock(host).get('/stores/abc123/v2/orders').query({ limit: 1 }).reply(200, []);
    nock(host).get('/stores/abc123/v2/store').reply(403);
    nock(host).get('/stores/abc123/v3/customers').query({ limit: 1 }).reply(403);
    expect(await client().verify()).toEqual({
      storeName: 'abc123',
      lacking: [expect.stringContaining('may not read customers')],
    });
  });

  it.each([401, 403, 404])('refuses a token that is answered %i', async (status) => {
    nock(host).get('/stores/abc123/v2/orders').query({ limit: 1 }).reply(status);
    expect(await caught(client().verify())).toBeInstanceOf(Refused);
  });
});

describe('settings', () => {
  it('are those of the registry', () =>
    expect(storeAdapters.get('bigcommerce')?.secretKeys).toEqual([
      'accessToken',
      'clientSecret',
      'webhookHeaderSecret',
    ]));

  it.each([
    ['storeHash', { storeHash: 'a/../b' }],
    ['accessToken', { accessToken: ' ' }],
    ['baseUrl', { baseUrl: 'ftp://x' }],
    ['webhookHeaderSecret', { webhookHeaderSecret: 'short' }],
  ])('refuse a bad %s', (field, bad) => {
    const parsed = bigcommerceSettings.safeParse({ ...given, ...bad });
    expect(parsed.error?.issues.map((issue) => issue.path[0])).toEqual([field]);
  });

  it('lead to another host only where that is allowed', () => {
    const local = { ...settings, baseUrl: 'http://127.0.0.1:9/api' };
    expect(() => createBigcommerceApi(local, { clock, allowPrivate: false })).toThrow(Refused);
    expect(() => createBigcommerceApi(local, { clock, allowPrivate: true })).not.toThrow();
    expect(() =>
      createBigcommerceApi({ ...settings, baseUrl: 'https://user@host.example' }, { clock, allowPrivate: true }),
    ).toThrow(InvalidInput);
  });
});
