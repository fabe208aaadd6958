import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import type { Clock } from '../../src/platform/clock.ts';

/** A request as it arrived. */
export interface Seen {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly atMs: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Verdict = 'pass' | 'hang' | 'reset' | Partial<Answer>;

/** Stands before a helpdesk or a store: notes every request, and answers in its stead or alters its answers where told. */
export interface Upstream {
  readonly url: string;
  readonly seen: Seen[];
  before: (seen: Seen, index: number) => Verdict;
  rewrite: (request: { url: string; body: string }) => { url: string; body: string };
  after: (answer: Answer, seen: Seen) => Answer;
  close(): Promise<void>;
}

const kept = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || ['host', 'connection', 'content-length', 'transfer-encoding', 'keep-alive'].includes(name)
        ? []
        : [[name, String(value)]],
    ),
  );

export const startUpstream = async (clock: Clock, target: string): Promise<Upstream> => {
  const seen: Seen[] = [];
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = 'GET', url = '/', headers } = incoming;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString(), atMs: clock.now().getTime() };
      seen.push(one);
      void answer(one).then((said) => {
        if (said === 'hang') return;
        if (said === 'reset') return void incoming.socket.destroy();
        const empty = said.body === '';
        const { 'content-type': type = 'application/json', ...more } = said.headers;
        outgoing.writeHead(said.status, { ...more, ...(empty ? {} : { 'content-type': type }) });
        outgoing.end(said.body);
      });
    });
  });
  const answer = async (one: Seen): Promise<Answer | 'hang' | 'reset'> => {
    const verdict = upstream.before(one, seen.length - 1);
    if (verdict === 'hang' || verdict === 'reset') return verdict;
    if (verdict !== 'pass') return { status: 200, headers: {}, body: '', ...verdict };
    const { url, body } = upstream.rewrite({ url: one.url, body: one.body });
    const response = await request(`${target}${url}`, {
      method: one.method as 'GET',
      headers: kept(one.headers),
      body: body || null,
    });
    const text = await response.body.text();
    return upstream.after({ status: response.statusCode, headers: kept(response.headers), body: text }, one);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const upstream: Upstream = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    before: () => 'pass',
    rewrite: (one) => one,
    after: (one) => one,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return upstream;
};
