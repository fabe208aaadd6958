import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { text as bodyOf } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Refused } from '../../../src/core/errors.ts';
import { type CallSeen, createHttp, type HttpOptions } from '../../../src/platform/http/client.ts';
import { caught } from '../../support/caught.ts';
import { standingClock } from '../../support/standing-clock.ts';

let seen: CallSeen[];

const client = (options: Partial<HttpOptions> & Pick<HttpOptions, 'baseUrl'>) =>
  createHttp({
    headers: {},
    clock: standingClock(),
    allowPrivate: false,
    observe: (call) => seen.push(call),
    ...options,
  });

beforeEach(() => {
  seen = [];
});
describe('on a real socket', () => {
  let server: Server | undefined;
  const listen = async (listener: RequestListener): Promise<string> => {
    server = createServer(listener);
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  it('keeps connections alive', async () => {
    const ports = new Set<number | undefined>();
    const baseUrl = await listen((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('{}');
    });
    const http = client({ baseUrl, allowPrivate: true });
    for (let n = 0; n < 20; n++) await http.request({ path: '/v2/me' });
    // The second call may begin before the first connection is idle again.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  it('sends a body whole, with every method', async () => {
    const bodies: string[] = [];
    const baseUrl = await listen(async (request, response) => {
      bodies.push(`${request.method} ${request.headers['content-length']} ${await bodyOf(request)}`);
      response.end();
    });
    const http = client({ baseUrl, allowPrivate: true });
    for (const method of ['POST', 'PUT', 'DELETE'] as const)
      await http.request({ method, path: '/v2/me', body: ['ä'] });
    expect(bodies).toEqual(['POST 6 ["ä"]', 'PUT 6 ["ä"]', 'DELETE 6 ["ä"]']);
  });

  it('reads a compressed answer, and bounds what it unfolds to', async () => {
    const baseUrl = await listen((request, response) => {
      expect(request.headers['accept-encoding']).toBe('gzip');
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(JSON.stringify('x'.repeat(5000))));
    });
    const http = client({ baseUrl, allowPrivate: true });
    expect((await http.request({ path: '/v2/me' })).body).toBe('x'.repeat(5000));
    const narrow = client({ baseUrl, allowPrivate: true, longestBodyBytes: 1000 });
    expect(await caught(narrow.request({ path: '/v2/me' }))).toMatchObject({ status: 200, retryable: false });
  });

  it.each([204, 200])('bug: an empty answer of %i that is called compressed was no answer', async (status) => {
    const baseUrl = await listen((_request, response) => {
      response.writeHead(status, { 'content-encoding': 'gzip' }).end();
    });
    const http = client({ baseUrl, allowPrivate: true, retries: 0 });
    expect(await http.request({ method: 'DELETE', path: '/v2/hooks' })).toMatchObject({ status });
  });

  it('bug: what went wrong while the head of an answer was read ended the process', async () => {
    const baseUrl = await listen((_request, response) => {
      response.end('{}');
    });
    const rate = () => {
      throw new RangeError('a quota nobody can read');
    };
    const http = client({ baseUrl, allowPrivate: true, retries: 0, readRate: rate });
    expect(String(await caught(http.request({ path: '/v2/me' })))).toContain('could not be reached');
  });

  it('knows that where no connection comes about in time nothing changed', async () => {
    const seen = Promise.withResolvers<void>();
    const silent = createTcpServer(() => seen.resolve());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const http = client({
        baseUrl: `https://127.0.0.1:${(silent.address() as AddressInfo).port}`,
        allowPrivate: true,
        retries: 0,
      });
      const call = caught(http.request({ method: 'POST', path: '/v2/hooks' }));
      await seen.promise;
      vi.advanceTimersByTime(5000);
      const error = await call;
      expect(error).toMatchObject({ retryable: true, inDoubt: false });
      expect(String(error)).toContain('did not answer in time');
    } finally {
      vi.useRealTimers();
      silent.close();
    }
  });

  it.each([
    ['stops', 'did not answer in time', 300, () => undefined],
    ['breaks off', 'ECONNRESET', 60_000, (response: ServerResponse) => response.destroy()],
  ])('tries again where an answer %s in its midst', async (_, why, timeoutMs, then) => {
    const baseUrl = await listen((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{', () => then(response));
    });
    const error = await caught(
      client({ baseUrl, allowPrivate: true, timeoutMs, retries: 0 }).request({ path: '/v2/me' }),
    );
    expect(error).toMatchObject({ retryable: true });
    expect(String(error)).toContain(why);
  });

  it('ends a call that is not answered in time, in doubt where it changes something', async () => {
    const baseUrl = await listen(() => undefined);
    const http = client({ baseUrl, allowPrivate: true, timeoutMs: 50, retries: 0 });
    expect(await caught(http.request({ path: '/v2/me' }))).toMatchObject({ retryable: true, inDoubt: false });
    const error = await caught(http.request({ method: 'POST', path: '/v2/hooks', body: {} }));
    expect(error).toMatchObject({ retryable: true, inDoubt: true });
    expect(String(error)).toContain('did not answer in time');
  });

  it('knows that a refused connection changed nothing', async () => {
    const baseUrl = await listen(() => undefined);
    server?.close();
    const http = client({ baseUrl, allowPrivate: true, retries: 0 });
    expect(await caught(http.request({ method: 'POST', path: '/v2/hooks' }))).toMatchObject({
      retryable: true,
      inDoubt: false,
    });
  });

  it('refuses a public name that resolves to a private address, at the moment of connecting', async () => {
    let calls = 0;
    const baseUrl = await listen((_, response) => {
      calls++;
      response.end('{}');
    });
    const port = new URL(baseUrl).port;
    const http = client({ baseUrl: `http://localhost:${port}`, allowPrivate: false });
    const error = await caught(http.request({ path: '/v2/me' }));
    expect(error).toBeInstanceOf(Refused);
    expect(String(error)).toContain('ALLOW_PRIVATE_UPSTREAMS');
    expect(calls).toBe(0);
  });
});
