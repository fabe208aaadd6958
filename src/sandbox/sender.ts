import pLimit from 'p-limit';
import { Agent, errors, request } from 'undici';
import type { SandboxClock } from './clock.ts';

/** One webhook request that is on its way, over all of its tries. */
export interface Parcel {
  readonly webhookId: string;
  readonly endpoint: string;
  readonly method: string;
  /** Empty: the request has none. */
  readonly body: string;
}

export type Answer =
  | {
      readonly status: number;
      readonly retryAfterSeconds: number | null;
      /** Empty unless the vendor's rules want it. */
      readonly text: string;
    }
  | 'timeout'
  | 'no answer';

export const isTaken = (answer: Answer): boolean =>
  typeof answer === 'object' && answer.status >= 200 && answer.status < 300;

export interface DeliveryCounts {
  /** Requests made, retries included. */
  attempts: number;
  delivered: number;
  retried: number;
  /** Given up: nobody sends these again. */
  lost: number;
  timeouts: number;
  /** How often a webhook was paused by its circuit breaker, or switched off. */
  trips: number;
  /** Deliveries that are neither delivered nor lost yet. */
  pending: number;
}

export interface DeliverySettings {
  /** Requests in flight at once. */
  readonly concurrency?: number;
  /** Wall time after which an answer is too late: bytes on loopback do not run faster because a clock does. */
  readonly timeoutMs?: number;
}

/** What one vendor does of its own: headers, breakers, retries, switching off. */
export interface DeliveryRules<P extends Parcel> {
  /** Made anew for each try. */
  headersOf(parcel: P): Readonly<Record<string, string>>;
  /** Time until the webhook may be called, 0 for now; null: never again, the parcel is lost. */
  pauseLeftMs(parcel: P): number | null;
  /** Whether the vendor keeps what the webhook answers with; absent: it throws that away. */
  readsAnswer?(parcel: P): boolean;
  /** Told of every try. */
  note(parcel: P, answer: Answer): void;
  /** How long to wait after the given number of failed tries; null: the parcel is lost. */
  nextTryMs(answer: Answer, tries: number): number | null;
  /** Told of a parcel whose tries are used up. */
  giveUp(parcel: P): void;
}

export interface Sender<P extends Parcel> {
  readonly counts: Readonly<DeliveryCounts>;
  send(parcel: P, delayMs?: number): void;
  /** Resolves when nothing is pending. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Sends webhooks with a vendor's rules; `trip` counts a breaker that opened or a webhook that was switched off. */
export const createSender = <P extends Parcel>(
  clock: SandboxClock,
  { concurrency = 8, timeoutMs = 10_000 }: DeliverySettings,
  rulesFor: (trip: () => void) => DeliveryRules<P>,
): Sender<P> => {
  const agent = new Agent({
    connections: concurrency,
    pipelining: 1,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  const slots = pLimit(concurrency);
  const closing = new AbortController();
  const counts: DeliveryCounts = { attempts: 0, delivered: 0, retried: 0, lost: 0, timeouts: 0, trips: 0, pending: 0 };
  const rules = rulesFor(() => {
    counts.trips += 1;
  });
  let waiting: (() => void)[] = [];

  const post = async (parcel: P): Promise<Answer> => {
    counts.attempts += 1;
    try {
      const { statusCode, headers, body } = await request(parcel.endpoint, {
        method: parcel.method as 'POST',
        dispatcher: agent,
        signal: closing.signal,
        headers: rules.headersOf(parcel),
        body: parcel.body || null,
      });
      const text = rules.readsAnswer?.(parcel) ? await body.text() : '';
      if (!body.bodyUsed) await body.dump();
      const seconds = Number.parseInt(String(headers['retry-after'] ?? ''), 10);
      return { status: statusCode, retryAfterSeconds: Number.isNaN(seconds) ? null : seconds, text };
    } catch (error) {
      return error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError
        ? 'timeout'
        : 'no answer';
    }
  };

  /** One try, once the webhook may be called; null where it may not any more. */
  const attempt = async (parcel: P): Promise<Answer | null> => {
    for (let left = rules.pauseLeftMs(parcel); left !== 0; left = rules.pauseLeftMs(parcel)) {
      if (left === null || closing.signal.aborted) return null;
      await clock.sleep(left, closing.signal);
    }
    const answer = await post(parcel);
    rules.note(parcel, answer);
    return answer;
  };

  const deliver = async (parcel: P, delayMs: number): Promise<void> => {
    if (delayMs > 0) await clock.sleep(delayMs, closing.signal);
    for (let tries = 1; !closing.signal.aborted; tries += 1) {
      const answer = await slots(() => attempt(parcel));
      if (answer === null) break;
      if (answer === 'timeout') counts.timeouts += 1;
      if (isTaken(answer)) {
        counts.delivered += 1;
        return;
      }
      const waitMs = rules.nextTryMs(answer, tries);
      if (waitMs === null) {
        rules.giveUp(parcel);
        break;
      }
      counts.retried += 1;
      await clock.sleep(waitMs, closing.signal);
    }
    counts.lost += 1;
  };

  return {
    counts,
    send(parcel, delayMs = 0) {
      counts.pending += 1;
      void deliver(parcel, delayMs).finally(() => {
        counts.pending -= 1;
        if (counts.pending > 0) return;
        const done = waiting;
        waiting = [];
        for (const resolve of done) resolve();
      });
    },
    idle: () => (counts.pending === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
    async close() {
      closing.abort();
      await agent.destroy();
    },
  };
};
