import { once } from 'node:events';
import { createServer } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { atEndOfFile } from './cleanup.ts';

/** An address on loopback that is known before the app behind it is built, and hands requests to it. */
export const publicAddress = async (): Promise<{
  readonly url: string;
  /** Absent: it answers 503. */
  app: FastifyInstance | null;
}> => {
  const server = createServer((incoming, answer) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', async () => {
      if (!address.app) return void answer.writeHead(503).end();
      const { method, url, headers } = incoming;
      const reply = await address.app.inject({
        method: method as 'POST',
        url: url ?? '/',
        headers,
        payload: Buffer.concat(parts),
      });
      answer
        .writeHead(reply.statusCode, { 'content-type': String(reply.headers['content-type']) })
        .end(reply.rawPayload);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEndOfFile(async () => {
    server.closeAllConnections();
    server.close();
  });
  const at = server.address();
  if (at === null || typeof at === 'string') throw new Error('no port was given');
  const address = { url: `http://127.0.0.1:${at.port}`, app: null as FastifyInstance | null };
  return address;
};
