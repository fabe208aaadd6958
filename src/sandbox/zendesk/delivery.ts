import { createHmac } from 'node:crypto';
import pLimit from 'p-limit';
import { Agent, errors, request } from 'undici';
import { isoSeconds, type SandboxClock } from '../clock.ts';

export interface Outgoing {
  readonly webhookId: string;
  readonly endpoint: string;
  readonly method: string;
  readonly secret: string;
  readonly body: string;
  /** Stable over the retries of one delivery. */
  readonly invocationId: string;
}

export interface DeliveryCounts {
  /** Requests made, retries included. */
  attempts: number;
  delivered: number;
  retried: number;
  /** Given up: nobody sends these again. */
  lost: number;
  timeouts: number;
  /** How often a circuit breaker opened. */
  trips: number;
  /** Deliveries that are neither delivered nor lost yet. */
  pending: number;
}

export interface Sender {
  readonly counts: Readonly<DeliveryCounts>;
  send(delivery: Outgoing, delayMs?: number): void;
  /** Resolves when nothing is pending. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export interface DeliverySettings {
  /** Requests in flight at once. */
  readonly concurrency?: number;
  /** Wall time after which an answer is too late: bytes on loopback do not run faster because a clock does. */
  readonly timeoutMs?: number;
}

type Answer = { readonly status: number; readonly retryAfterSeconds: number | null } | 'timeout' | 'no answer';

const windowMs = 5 * 60_000;
const pauseMs = 5_000;
/** Below this many attempts in the window a share of errors says nothing. */
const fewestAttempts = 20;

/** Per webhook: opens at 70 % errors or more than 1000 errors within 5 minutes, and probes again after about 5 s. */
const createBreaker = (clock: SandboxClock, onTrip: () => void) => {
  let attempts: { readonly atMs: number; readonly ok: boolean }[] = [];
  let errorCount = 0;
  let first = 0;
  let openUntilMs = 0;
  return {
    pauseLeftMs: () => openUntilMs - clock.now().getTime(),
    note(ok: boolean) {
      const nowMs = clock.now().getTime();
      attempts.push({ atMs: nowMs, ok });
      if (!ok) errorCount += 1;
      for (let oldest = attempts[first]; oldest && oldest.atMs <= nowMs - windowMs; oldest = attempts[first]) {
        if (!oldest.ok) errorCount -= 1;
        first += 1;
      }
      if (first > 5_000) {
        attempts = attempts.slice(first);
        first = 0;
      }
      const count = attempts.length - first;
      if (errorCount <= 1000 && (count < fewestAttempts || errorCount / count < 0.7)) return;
      openUntilMs = nowMs + pauseMs;
      attempts = [];
      first = 0;
      errorCount = 0;
      onTrip();
    },
  };
};

/** How long to wait before another try, or null where the event is lost: 409 three times; 429 and 503 with `Retry-After` of at most 60 s five times; timeouts five times. */
const nextTryMs = (answer: Answer, tries: number): number | null => {
  if (answer === 'timeout') return tries <= 5 ? 1_000 * tries : null;
  if (answer === 'no answer') return null;
  if (answer.status === 409) return tries <= 3 ? 1_000 * tries : null;
  const { retryAfterSeconds } = answer;
  const told = answer.status === 429 || answer.status === 503;
  return told && retryAfterSeconds !== null && retryAfterSeconds <= 60 && tries <= 5 ? retryAfterSeconds * 1000 : null;
};

/** Sends signed webhooks as the helpdesk does, with its retries and its circuit breaker. */
export const createSender = (clock: SandboxClock, accountId: number, settings: DeliverySettings = {}): Sender => {
  const concurrency = settings.concurrency ?? 8;
  const timeoutMs = settings.timeoutMs ?? 10_000;
  const agent = new Agent({
    connections: concurrency,
    pipelining: 1,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });
  const slots = pLimit(concurrency);
  const closing = new AbortController();
  const counts: DeliveryCounts = { attempts: 0, delivered: 0, retried: 0, lost: 0, timeouts: 0, trips: 0, pending: 0 };
  const breakers = new Map<string, ReturnType<typeof createBreaker>>();
  let waiting: (() => void)[] = [];

  const breakerOf = (webhookId: string) => {
    let breaker = breakers.get(webhookId);
    if (!breaker) {
      breaker = createBreaker(clock, () => {
        counts.trips += 1;
      });
      breakers.set(webhookId, breaker);
    }
    return breaker;
  };

  const post = async (delivery: Outgoing): Promise<Answer> => {
    const timestamp = isoSeconds(clock.now().getTime());
    counts.attempts += 1;
    try {
      const { statusCode, headers, body } = await request(delivery.endpoint, {
        method: delivery.method as 'POST',
        dispatcher: agent,
        signal: closing.signal,
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'Zendesk Webhook',
          'x-zendesk-account-id': String(accountId),
          'x-zendesk-webhook-id': delivery.webhookId,
          'x-zendesk-webhook-invocation-id': delivery.invocationId,
          'x-zendesk-webhook-signature': createHmac('sha256', delivery.secret)
            .update(timestamp)
            .update(delivery.body)
            .digest('base64'),
          'x-zendesk-webhook-signature-timestamp': timestamp,
        },
        body: delivery.body,
      });
      await body.dump();
      const seconds = Number.parseInt(String(headers['retry-after'] ?? ''), 10);
      return { status: statusCode, retryAfterSeconds: Number.isNaN(seconds) ? null : seconds };
    } catch (error) {
      return error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError
        ? 'timeout'
        : 'no answer';
    }
  };

  const deliver = async (delivery: Outgoing, delayMs: number): Promise<void> => {
    if (delayMs > 0) await clock.sleep(delayMs, closing.signal);
    const breaker = breakerOf(delivery.webhookId);
    for (let tries = 1; !closing.signal.aborted; tries += 1) {
      const answer = await slots(async () => {
        for (let left = breaker.pauseLeftMs(); left > 0 && !closing.signal.aborted; left = breaker.pauseLeftMs())
          await clock.sleep(left, closing.signal);
        const result = await post(delivery);
        breaker.note(typeof result === 'object' && result.status < 300);
        return result;
      });
      if (answer === 'timeout') counts.timeouts += 1;
      if (typeof answer === 'object' && answer.status < 300) {
        counts.delivered += 1;
        return;
      }
      const waitMs = nextTryMs(answer, tries);
      if (waitMs === null) break;
      counts.retried += 1;
      await clock.sleep(waitMs, closing.signal);
    }
    counts.lost += 1;
  };

  return {
    counts,
    send(delivery, delayMs = 0) {
      counts.pending += 1;
      void deliver(delivery, delayMs).finally(() => {
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
