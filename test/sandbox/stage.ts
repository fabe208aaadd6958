import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jsonIn } from '../../src/platform/http/body.ts';
import type { SandboxClock } from '../../src/sandbox/clock.ts';

export const startMs = Date.parse('2026-03-02T09:00:00Z');

const closers: (() => Promise<unknown>)[] = [];

/** Has this closed when the test ends. */
export const closing = (close: () => Promise<unknown>): void => {
  closers.push(close);
};

/** To be called after each test. */
export const closeStages = async (): Promise<void> => {
  for (const close of closers.splice(0)) await close();
};

/** Calls an API as a stranger would: a body that is no text goes as JSON, and the answer is read as what it is. */
export const callerOf =
  (base: string, headers: Readonly<Record<string, string>>) =>
  async (method: string, path: string, body?: unknown, more: Readonly<Record<string, string>> = {}) => {
    const response = await fetch(`${base}${path}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...more },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      // biome-ignore lint/suspicious/noExplicitAny: answers are read as a stranger would read them.
      json: (jsonIn(text) ?? null) as any,
    };
  };

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly atMs: number;
}

/** A webhook receiver on loopback that notes what it is sent. */
export const startReceiver = async (
  clock: Pick<SandboxClock, 'now'>,
  answer: (response: ServerResponse, index: number) => void = (response) => response.writeHead(202).end(),
) => {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
        atMs: clock.now().getTime(),
      });
      answer(response, received.length - 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/key` };
};
