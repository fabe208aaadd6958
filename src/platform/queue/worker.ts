import { within } from '../deadline.ts';
import type { Log } from '../log.ts';
import type { Backend, Consumer, ConsumerOptions } from './backend.ts';
import type { Disturbance } from './disturbance.ts';
import type { JobHandler } from './queues.ts';

const firstPauseMs = 250;
const longestPauseMs = 5000;
/** Starts a worker as soon as its server can be reached, and keeps trying until then. */
export const runWorker = (
  backend: Backend,
  queue: string,
  handler: JobHandler,
  {
    closeWithinMs,
    log,
    disturbance,
    ...options
  }: ConsumerOptions & { readonly closeWithinMs: number; readonly log: Log; readonly disturbance: Disturbance },
): { close(): Promise<void> } => {
  const stop = new AbortController();
  const stopped = new Promise<'stopped'>((resolve) => {
    stop.signal.addEventListener('abort', () => resolve('stopped'));
  });
  const report = (error: unknown): void => disturbance.met(error, queue);
  let consumer: Consumer | undefined;

  const open = (): Consumer => {
    const opened = backend.consumer(queue, (job) => handler(job.data, job.name), options);
    opened.on('error', report);
    opened.on('active', disturbance.well);
    opened.on('failed', (job, err) => log.error({ queue, job: job?.name, jobId: job?.id, err }, 'job failed'));
    opened.on('stalled', (jobId) => log.warn({ queue, jobId }, 'job of a dead process is run again'));
    return opened;
  };

  const start = async (): Promise<void> => {
    for (let pauseMs = firstPauseMs; !stop.signal.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const opened = open();
      consumer = opened;
      try {
        if ((await Promise.race([opened.waitUntilReady(), stopped])) === 'stopped') return;
        opened.run().catch(report);
        return;
      } catch (error) {
        report(error);
        consumer = undefined;
        await opened.close(true).catch(report);
        await pause(pauseMs, stop.signal);
      }
    }
  };

  const starting = start();
  return {
    async close() {
      stop.abort();
      await starting;
      if (!consumer) return;
      try {
        await within(consumer.close(), closeWithinMs, `handlers of queue "${queue}" did not end`);
      } catch (err) {
        log.warn({ queue, err }, 'worker closed while handlers were running; their jobs are run again');
        await consumer.disconnect();
      }
    },
  };
};

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
