import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import { UpstreamError } from '../../core/errors.ts';
import { agentsFor } from './address.ts';

/** Time to connect; where nobody answers at all nothing can have been sent. */
const connectWithinMs = 5000;

/** The code of the error then. */
export const notConnected = 'NOT_CONNECTED';

/** Whether an answer was cut off http itself tells; one without a body may be called compressed all the same, by gateways above all. */
const evenEmpty = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };

/** An answer, read to its end. */
export interface Exchanged {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const headersOf = ({ headers }: IncomingMessage): Headers => {
  const read = new Headers();
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) read.set(name, Array.isArray(value) ? value.join(', ') : value);
  return read;
};

/**
 * One request and its answer, read up to a bound so that the connection can be used again; redirects are answers. Rejects with
 * the system's own error, a TimeoutError, or an UpstreamError where the answer is longer than `longestBytes`. By node:http, for
 * fetch takes at least twice the processor time of a call (undici's request is as quick, but nock does not see it). How many run
 * at once is not bounded here: a budget does that.
 */
export const exchange = (
  url: URL,
  {
    name,
    method,
    headers,
    body,
    allowPrivate,
    timeoutMs,
    longestBytes,
    heard,
  }: {
    /** Stands in errors. */
    readonly name: string;
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | null;
    readonly allowPrivate: boolean;
    readonly timeoutMs: number;
    readonly longestBytes: number;
    /** Told of the answer's head, before its body is read. */
    readonly heard: (status: number, headers: Headers) => void;
  },
): Promise<Exchanged> =>
  new Promise((resolve, reject) => {
    const isSecure = url.protocol === 'https:';
    const { httpAgent, httpsAgent } = agentsFor(allowPrivate);
    const request = (isSecure ? https : http).request(url, {
      method,
      headers: {
        'user-agent': 'Deskledger',
        'accept-encoding': 'gzip',
        ...headers,
        ...(body === null ? {} : { 'content-length': Buffer.byteLength(body) }),
      },
      agent: isSecure ? httpsAgent : httpAgent,
    });
    const giveUpAfter = (ms: number, why: string, code?: string) =>
      setTimeout(() => request.destroy(Object.assign(new Error(why), { name: 'TimeoutError', code })), ms);
    const late = giveUpAfter(timeoutMs, 'no answer in time');
    let connecting: NodeJS.Timeout | undefined;
    const end = (): void => {
      clearTimeout(late);
      clearTimeout(connecting);
    };
    let content: Readable | undefined;
    const fail = (error: unknown): void => {
      end();
      reject(error);
      content?.removeAllListeners('data').destroy();
      request.destroy();
    };
    request.on('error', fail);
    request.on('socket', (socket) => {
      if (!socket.connecting) return;
      connecting = giveUpAfter(connectWithinMs, 'no connection in time', notConnected);
      socket.once(isSecure ? 'secureConnect' : 'connect', () => clearTimeout(connecting));
    });
    const read = (answer: IncomingMessage): void => {
      const status = answer.statusCode ?? 0;
      const told = headersOf(answer);
      heard(status, told);
      const chunks: Buffer[] = [];
      let bytes = 0;
      content = told.get('content-encoding') === 'gzip' ? answer.pipe(createGunzip(evenEmpty)) : answer;
      if (content !== answer) content.on('error', fail);
      content.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > longestBytes)
          fail(
            new UpstreamError(`${name} answered more than ${longestBytes} bytes; ask for smaller pages`, {
              status,
              retryable: false,
            }),
          );
      });
      content.on('end', () => {
        end();
        resolve({ status, headers: told, text: Buffer.concat(chunks).toString('utf8') });
      });
    };
    request.on('response', (answer) => {
      answer.on('error', fail);
      // Thrown inside an event it would end the process.
      try {
        read(answer);
      } catch (error) {
        fail(error);
      }
    });
    request.end(body ?? undefined);
  });
