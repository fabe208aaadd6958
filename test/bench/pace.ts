import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const statusLength = 'HTTP/1.1 202'.length;

/** One keep-alive connection that carries one request at a time; resolves to the status once the answer is whole. */
export const openConnection = async (url: URL) => {
  const socket: Socket = connect(Number(url.port), url.hostname).setNoDelay();
  await once(socket, 'connect');
  let answer = '';
  let done: ((status: number) => void) | undefined;
  const fail = () => {
    done?.(0);
    done = undefined;
  };
  socket.setEncoding('latin1');
  socket.on('error', fail);
  socket.on('close', fail);
  socket.on('data', (chunk) => {
    answer += chunk;
    const headEnd = answer.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(answer.slice(0, headEnd))?.[1] ?? 0);
    if (answer.length < headEnd + 4 + length) return;
    const status = Number(answer.slice(statusLength - 3, statusLength));
    answer = '';
    const resolve = done;
    done = undefined;
    resolve?.(status);
  });
  return {
    send: (request: Buffer): Promise<number> =>
      new Promise((resolve) => {
        done = resolve;
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
};

export interface Pace {
  readonly seconds: number;
  readonly perSecond: number;
}

export interface Paced {
  /** In ms, from the moment each was meant to be sent, so that a stall counts for all that it held up. */
  readonly latencies: readonly number[];
  readonly failed: number;
}

/** Has workers do something at a steady pace, whatever the answers do (open loop), each one thing at a time. */
export const inPace = async (
  { seconds, perSecond }: Pace,
  workers: readonly (() => Promise<boolean>)[],
): Promise<Paced> => {
  const total = seconds * perSecond;
  const free = [...workers];
  // What preparing left behind is collected now: a pause of this process would count as one of what is measured.
  globalThis.gc?.();
  const latencies: number[] = [];
  let failed = 0;
  let sent = 0;
  const startMs = performance.now();
  const intendedMs = (index: number) => startMs + (index * 1000) / perSecond;
  const pump = (): void => {
    while (sent < total && intendedMs(sent) <= performance.now()) {
      const work = free.pop();
      if (!work) return;
      const meantMs = intendedMs(sent);
      sent += 1;
      void work().then((isGood) => {
        latencies.push(performance.now() - meantMs);
        if (!isGood) failed += 1;
        free.push(work);
        pump();
      });
    }
  };
  while (latencies.length < total) {
    pump();
    await wait(1);
  }
  return { latencies, failed };
};
