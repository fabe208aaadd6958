import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { atEndOfFile } from '../support/cleanup.ts';

/** `away`: answers 503 as a proxy without its server does; `gone`: nobody answers. */
export type FrontState = 'open' | 'away' | 'gone';

export interface Front {
  readonly url: string;
  state: FrontState;
  /** Requests by what became of them. */
  readonly counts: Record<FrontState, number>;
}

/** The public address of a server that may be down behind it; closed after the file. */
export const openFront = async (port: number): Promise<Front> => {
  const server = createServer((incoming, answer) => {
    front.counts[front.state] += 1;
    if (front.state === 'gone') return void incoming.socket.destroy();
    if (front.state === 'away') return void answer.writeHead(503, { 'retry-after': '30' }).end();
    const { method, url, headers } = incoming;
    const passed = request({ host: '127.0.0.1', port, method, path: url, headers }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    incoming.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEndOfFile(async () => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  const front: Front = {
    url: `http://127.0.0.1:${address.port}`,
    state: 'open',
    counts: { open: 0, away: 0, gone: 0 },
  };
  return front;
};
