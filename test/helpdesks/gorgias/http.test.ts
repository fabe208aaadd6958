import nock from 'nock';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { LimitReached, Refused, UpstreamError } from '../../../src/core/errors.ts';
import { createBucket } from '../../../src/helpdesks/gorgias/bucket.ts';
import { createGorgiasHttp } from '../../../src/helpdesks/gorgias/http.ts';
import type { CallSeen } from '../../../src/platform/http/client.ts';
import { thrownBy, withNock } from '../nocked.ts';
import { clockAt, origin } from './support.ts';

const apiKey = 'the-api-key';
const email = 'deskledger@example.com';
const authorization = `Basic ${Buffer.from(`${email}:${apiKey}`).toString('base64')}`;

const create = (baseUrl = origin, allowPrivate = false) => {
  const { clock, slept } = clockAt();
  const seen: CallSeen[] = [];
  const bucket = createBucket({ clock, share: 1 });
  const http = createGorgiasHttp({
    baseUrl,
    email,
    apiKey,
    clock,
    allowPrivate,
    bucket,
    observe: (call) => seen.push(call),
    random: () => 0,
  });
  return { http, slept, seen, bucket };
};
const api = () => nock(origin, { reqheaders: { authorization, accept: 'application/json' } });
const ticket = { path: '/api/tickets/{id}', params: { id: '7' } };
/** All that a log could write of an error. */
const everything = (error: unknown): string => {
  const parts: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause)
    parts.push(at.message, at.stack ?? '', JSON.stringify(at), JSON.stringify(Object.entries(at)));
  return parts.join('\n');
};

withNock();

describe('the axios client', () => {
  it('signs each request, fills path and query, and learns the bucket from the header', async () => {
    const { http, bucket, seen } = create();
    api()
      .get('/api/tickets/a%2Fb')
      .query({ types: ['x', 'y'], limit: '100' })
      .reply(
        200,
        { id: 1 },
        {
          'X-Gorgias-Account-Api-Call-Limit': '8/80',
          date: 'Sun, 01 Mar 2026 12:00:07 GMT',
        },
      );
    const { body } = await http.request({
      path: '/api/tickets/{id}',
      params: { id: 'a/b' },
      query: { types: ['x', 'y'], limit: 100, cursor: undefined },
    });
    expect(body).toEqual({ id: 1 });
    expect(bucket.reading()).toEqual({ limit: 80, remaining: 72 });
    const serverAt = new Date('2026-03-01T12:00:07Z');
    expect(seen).toMatchObject([{ method: 'GET', path: '/api/tickets/{id}', status: 200, serverAt }]);
  });

  it('sends a DELETE with its body', async () => {
    const { http } = create();
    nock(origin, { reqheaders: { 'content-type': 'application/json' } })
      .delete('/api/tickets/7/tags', { names: ['partner_nord'] })
      .reply(204);
    const call = { method: 'DELETE', path: '/api/tickets/{id}/tags', params: { id: 7 } } as const;
    expect(await http.request({ ...call, body: { names: ['partner_nord'] } })).toMatchObject({
      status: 204,
      body: null,
    });
  });

  it.each([200, 201, 202, 204])('takes an empty %i that calls itself JSON', async (status) => {
    const { http } = create();
    api().put('/api/tickets/7').reply(status, '', { 'content-type': 'application/json' });
    expect(await http.request({ ...ticket, method: 'PUT', body: {} })).toMatchObject({ status, body: null });
  });

  it('waits as long as a 429 says and tries again', async () => {
    const { http, slept, seen } = create();
    api()
      .get('/api/tickets/7')
      .reply(429, { error: { msg: 'slow down' } }, { 'Retry-after': '5' });
    api().get('/api/tickets/7').reply(200, { id: 7 });
    expect((await http.request(ticket)).body).toEqual({ id: 7 });
    expect(slept).toEqual([5000]);
    expect(seen.map(({ status }) => status)).toEqual([429, 200]);
  });

  it('gives up after four tries, each later than the last', async () => {
    const { http, slept } = create();
    api().get('/api/tickets/7').times(4).reply(500, '<html>oops</html>');
    expect(await thrownBy(http.request(ticket))).toMatchObject({ status: 500, retryable: true });
    expect(slept).toEqual([500, 1000, 2000]);
  });

  it('tries nothing again that might happen twice', async () => {
    const { http } = create();
    api().post('/api/integrations').reply(502, '<html>Bad gateway</html>');
    const error = await thrownBy(http.request({ method: 'POST', path: '/api/integrations', body: {} }));
    expect(error).toMatchObject({ status: 502, retryable: true, inDoubt: true });
  });

  it('takes a page of HTML for a disturbance, not for an answer', async () => {
    const { http } = create();
    api().get('/api/tickets/7').times(4).reply(200, '<!DOCTYPE html><title>Just a moment</title>');
    expect(await thrownBy(http.request(ticket))).toMatchObject({ status: 200, retryable: true });
  });

  it.each([
    [
      'the documented error',
      400,
      { error: { msg: 'kim@example.com is taken', data: { sender: ['Missing'], 'kim@example.com': ['x'] } } },
      'sender',
    ],
    ['a text', 403, { error: 'kim@example.com may not' }, undefined],
    ['a message', 404, { message: 'kim@example.com not found' }, undefined],
    ['nothing', 409, '', undefined],
    ['HTML', 405, '<html>kim@example.com</html>', undefined],
  ])('keeps %s of an error to itself, but for the fields', async (_what, status, body, named) => {
    const { http } = create();
    api()
      .get('/api/tickets/7')
      .reply(status, body as string);
    const error = await thrownBy(http.request(ticket));
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error).toMatchObject({ status, retryable: false });
    expect(String(error)).toContain('GET loom.gorgias.com/api/tickets/{id}');
    if (named) expect(String(error)).toContain(named);
    expect(everything(error)).not.toContain('kim@example.com');
  });

  it.each([
    ['a broken connection', { code: 'ECONNRESET' }, true],
    ['a name that does not resolve', { code: 'ENOTFOUND' }, false],
  ])('bug: %s would have carried the request with its credentials in the error', async (_what, fault, inDoubt) => {
    const { http } = create();
    api()
      .put('/api/tickets/7')
      .times(4)
      .replyWithError(Object.assign(new Error('broken'), fault));
    const error = await thrownBy(http.request({ ...ticket, method: 'PUT', body: { secret: 'of the body' } }));
    expect(error).toMatchObject({ retryable: true, inDoubt });
    expect(String(error)).toContain(fault.code);
    for (const word of [apiKey, authorization, email, 'of the body']) expect(everything(error)).not.toContain(word);
  });

  it('follows no redirect', async () => {
    const { http } = create();
    api().get('/api/tickets/7').reply(302, '', { location: 'https://evil.example/' });
    expect(await thrownBy(http.request(ticket))).toMatchObject({ status: 302, retryable: false });
  });

  it('hands a long silence to the caller', async () => {
    const { http } = create();
    api().get('/api/tickets/7').reply(429, '', { 'retry-after': '600' });
    const error = await thrownBy(http.request(ticket));
    expect(error).toBeInstanceOf(LimitReached);
    expect(error).toMatchObject({ retryAfterMs: 600_000 });
  });

  it('sends nothing to a name that leads into a private network', async () => {
    nock.restore();
    try {
      const { http, slept } = create('https://localhost:1');
      expect(await thrownBy(http.request(ticket))).toBeInstanceOf(Refused);
      expect(slept).toEqual([]);
    } finally {
      nock.activate();
    }
  });

  it('says which fields of an answer have another shape, and none of its values', async () => {
    const { http } = create();
    api().get('/api/tickets/7').reply(200, { id: 'kim@example.com' });
    const error = await thrownBy(http.read(ticket, z.object({ id: z.number() })));
    expect(error).toMatchObject({ retryable: false });
    expect(String(error)).toContain('id (invalid_type)');
    expect(everything(error)).not.toContain('kim@');
  });

  it('asks for no page by link', async () => {
    await expect(create().http.request({ path: '/api/tickets', link: 'https://evil.example/' })).rejects.toThrow(
      RangeError,
    );
  });
});
