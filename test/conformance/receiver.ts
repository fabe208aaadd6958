import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An address on loopback that keeps what arrives, and answers all of it alike. */
export interface Receiver {
  readonly url: string;
  readonly arrived: { readonly headers: Readonly<Record<string, string>>; readonly body: string }[];
}

const texts = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

/** Listens while the work goes on. */
export const withReceiver = async (
  answer: { readonly status: number; readonly body?: string },
  work: (receiver: Receiver) => Promise<void>,
): Promise<void> => {
  const arrived: Receiver['arrived'] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      arrived.push({ headers: texts(request.headers), body: Buffer.concat(chunks).toString() });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await work({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, arrived });
  } finally {
    server.closeAllConnections();
    server.close();
  }
};
