import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LimitReached, UpstreamError } from '../../../src/core/errors.ts';
import { type CallSeen, createHttp, type HttpOptions } from '../../../src/platform/http/client.ts';
import { caught } from '../../support/caught.ts';
import { type StandingClock, standingClock } from '../../support/standing-clock.ts';

const host = 'https://nord.vendor.example';
let clock: StandingClock;
let seen: CallSeen[];

const client = (options: Partial<HttpOptions> = {}) =>
  createHttp({
    baseUrl: host,
    headers: { authorization: 'Bearer very-secret' },
    clock,
    allowPrivate: false,
    random: () => 0,
    observe: (call) => seen.push(call),
    ...options,
  });

beforeEach(() => {
  clock = standingClock();
  seen = [];
  nock.disableNetConnect();
});
afterEach(() => {
  expect(nock.pendingMocks()).toEqual([]);
  nock.cleanAll();
  nock.restore();
  nock.activate();
});

describe('a call', () => {
  it('sends credentials, query and JSON, and gives back the parsed answer', async () => {
    nock(host, { reqheaders: { authorization: 'Bearer very-secret', 'content-type': 'application/json' } })
      .put('/v2/tickets/a%2Fb/tags', { tags: ['partner_nord'] })
      .query({ safe: 'true', id: ['1', '2'] })
      .reply(200, { tags: ['partner_nord'] }, { 'x-trace': 't1', date: 'Sun, 01 Mar 2026 12:00:07 GMT' });
    const answer = await client().request({
      method: 'PUT',
      path: '/v2/tickets/{id}/tags',
      params: { id: 'a/b' },
      query: { safe: true, id: [1, 2], none: undefined },
      body: { tags: ['partner_nord'] },
    });
    expect(answer.body).toEqual({ tags: ['partner_nord'] });
    expect(answer.headers.get('x-trace')).toBe('t1');
    expect(seen).toEqual([
      {
        method: 'PUT',
        path: '/v2/tickets/{id}/tags',
        status: 200,
        serverAt: new Date('2026-03-01T12:00:07Z'),
        seconds: expect.any(Number),
      },
    ]);
  });

  it.each([
    [204, ''],
    [200, ''],
    [200, '  \n'],
  ])('answers null for %i with "%s"', async (status, body) => {
    nock(host).get('/v2/orders').reply(status, body);
    expect((await client().request({ path: '/v2/orders' })).body).toBeNull();
  });

  it('reads a body through a schema, and names the fields, not the values, when it does not fit', async () => {
    const order = z.object({ order: z.object({ id: z.number() }) });
    nock(host)
      .get('/v2/orders/7')
      .reply(200, { order: { id: 7 } });
    nock(host)
      .get('/v2/orders/7')
      .reply(200, { order: { id: 'kim@example.org' } });
    const call = { path: '/v2/orders/{id}', params: { id: 7 } };
    expect(await client().read(call, order)).toEqual({ order: { id: 7 } });
    const error = await caught(client().read(call, order));
    expect(error).toBeInstanceOf(UpstreamError);
    expect(String(error)).toContain('order.id');
    expect(String(error)).not.toContain('kim');
  });

  it('takes an allowed status for an answer', async () => {
    nock(host).get('/v2/tickets/1').reply(404, { error: 'RecordNotFound' });
    expect(await client().request({ path: '/v2/tickets/1', allow: [404] })).toMatchObject({
      status: 404,
      body: { error: 'RecordNotFound' },
    });
  });

  it('follows a next page of the same host and refuses any other', async () => {
    nock(host).get('/v2/changes').query({ cursor: 'abc' }).reply(200, []);
    expect((await client().request({ path: '/v2/changes', link: `${host}/v2/changes?cursor=abc` })).body).toEqual([]);
    const error = await caught(client().request({ path: '/v2/changes', link: 'https://else.example/v2/changes' }));
    expect(error).toBeInstanceOf(UpstreamError);
  });

  it('refuses a template without its value', async () => {
    await expect(client().request({ path: '/v2/tickets/{id}', params: { id: '' } })).rejects.toThrow(RangeError);
  });
});

describe('failures', () => {
  it('names method, host and template, and neither query, header, body nor the cause', async () => {
    nock(host).post('/v2/search').query({ email: 'kim@example.org' }).reply(422, { detail: 'secret detail' });
    const error = await caught(
      client().request({
        method: 'POST',
        path: '/v2/search',
        query: { email: 'kim@example.org' },
        body: { name: 'Kim' },
      }),
    );
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error).toMatchObject({ status: 422, retryable: false, inDoubt: false });
    const text = JSON.stringify(error, Object.getOwnPropertyNames(error));
    expect(text).toContain('POST nord.vendor.example/v2/search answered 422');
    for (const secret of ['kim', 'Kim', 'very-secret', 'secret detail']) expect(text).not.toContain(secret);
  });

  it('does not follow redirects', async () => {
    nock(host).get('/v2/me').reply(302, '', { location: 'https://else.example/' });
    expect(await caught(client().request({ path: '/v2/me' }))).toMatchObject({ status: 302, retryable: false });
  });

  it.each(['<html>maintenance</html>', '{"cut": '])('reports %s as no JSON without quoting it', async (body) => {
    nock(host).get('/v2/me').times(4).reply(200, body);
    const error = await caught(client().request({ path: '/v2/me' }));
    expect(error).toBeInstanceOf(UpstreamError);
    expect(String(error)).not.toContain(body);
  });

  it('bounds the size of an answer', async () => {
    nock(host)
      .get('/v2/me')
      .reply(200, JSON.stringify('x'.repeat(2000)));
    expect(await caught(client({ longestBodyBytes: 1000 }).request({ path: '/v2/me' }))).toMatchObject({
      retryable: false,
    });
  });
});

describe('retries', () => {
  it('tries an idempotent call again after 5xx, twice as long each time, and then gives up', async () => {
    nock(host).get('/v2/me').times(4).reply(500);
    const error = await caught(client().request({ path: '/v2/me' }));
    expect(error).toMatchObject({ status: 500, retryable: true });
    expect(clock.slept).toEqual([500, 1000, 2000]);
    expect(seen.map(({ status }) => status)).toEqual([500, 500, 500, 500]);
  });

  it('takes a random part off the wait', async () => {
    nock(host).get('/v2/me').reply(500).get('/v2/me').reply(200, {});
    await client({ random: () => 0.5 }).request({ path: '/v2/me' });
    expect(clock.slept).toEqual([375]);
  });

  it('tries again after a network error', async () => {
    nock(host)
      .delete('/v2/hooks/1')
      .replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    nock(host).delete('/v2/hooks/1').reply(204);
    expect((await client().request({ method: 'DELETE', path: '/v2/hooks/1' })).status).toBe(204);
  });

  it('never repeats a call that is not idempotent unless told so', async () => {
    nock(host).post('/v2/hooks').reply(500);
    await caught(client().request({ method: 'POST', path: '/v2/hooks' }));
    nock(host).post('/v2/hooks').reply(429, '', { 'retry-after': '1' });
    expect(await caught(client().request({ method: 'POST', path: '/v2/hooks' }))).toBeInstanceOf(LimitReached);
    nock(host).post('/graphql').reply(500).post('/graphql').reply(200, {});
    await client().request({ method: 'POST', path: '/graphql', idempotent: true });
    expect(seen).toHaveLength(4);
  });

  it.each([
    ['7', 7000],
    ['0.5', 500],
    ['Mon, 02 Mar 2026 10:00:30 GMT', 30_000],
    ['Mon, 02 Mar 2026 09:00:00 GMT', 0],
  ])('waits as Retry-After "%s" says', async (header, ms) => {
    nock(host).get('/v2/me').reply(429, '', { 'retry-after': header }).get('/v2/me').reply(200, {});
    await client().request({ path: '/v2/me' });
    expect(clock.slept.reduce((sum, slept) => sum + slept, 0)).toBe(ms);
  });

  it('obeys Retry-After of a 503', async () => {
    nock(host).get('/v2/me').reply(503, '', { 'retry-after': '11' }).get('/v2/me').reply(200, {});
    await client().request({ path: '/v2/me' });
    expect(clock.slept).toEqual([11_000]);
  });

  it('hands a long Retry-After to the caller', async () => {
    nock(host).get('/v2/me').reply(429, '', { 'retry-after': '3600' });
    expect(await caught(client().request({ path: '/v2/me' }))).toMatchObject({
      code: 'limit',
      retryAfterMs: 3_600_000,
    });
    expect(clock.slept).toEqual([]);
  });

  it('does not repeat what the vendor refuses', async () => {
    nock(host).get('/v2/me').reply(401);
    expect(String(await caught(client().request({ path: '/v2/me' })))).toContain('credentials');
    expect(seen).toHaveLength(1);
  });
});
