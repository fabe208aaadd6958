import { createHmac } from 'node:crypto';
import { isoSeconds, type SandboxClock } from '../clock.ts';
import { type Answer, createSender, type DeliverySettings, isTaken, type Parcel, type Sender } from '../sender.ts';

export type { DeliverySettings } from '../sender.ts';

export interface ZendeskDelivery extends DeliverySettings {
  /** What an open circuit breaker does with deliveries, which is written nowhere: it keeps them (unless given), or nobody sends them again. */
  readonly openBreaker?: 'keeps' | 'loses';
}

export interface Outgoing extends Parcel {
  readonly secret: string;
  /** Stable over the retries of one delivery. */
  readonly invocationId: string;
}

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
    pauseLeftMs: () => Math.max(0, openUntilMs - clock.now().getTime()),
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
export const createZendeskSender = (
  clock: SandboxClock,
  accountId: number,
  settings: ZendeskDelivery = {},
): Sender<Outgoing> =>
  createSender<Outgoing>(clock, settings, (trip) => {
    const breakers = new Map<string, ReturnType<typeof createBreaker>>();
    const breakerOf = ({ webhookId }: Outgoing) => {
      let breaker = breakers.get(webhookId);
      if (!breaker) {
        breaker = createBreaker(clock, trip);
        breakers.set(webhookId, breaker);
      }
      return breaker;
    };
    return {
      headersOf({ webhookId, invocationId, secret, body }) {
        const timestamp = isoSeconds(clock.now().getTime());
        return {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'Zendesk Webhook',
          'x-zendesk-account-id': String(accountId),
          'x-zendesk-webhook-id': webhookId,
          'x-zendesk-webhook-invocation-id': invocationId,
          'x-zendesk-webhook-signature': createHmac('sha256', secret).update(timestamp).update(body).digest('base64'),
          'x-zendesk-webhook-signature-timestamp': timestamp,
        };
      },
      pauseLeftMs(parcel) {
        const left = breakerOf(parcel).pauseLeftMs();
        return left > 0 && settings.openBreaker === 'loses' ? null : left;
      },
      note: (parcel, answer) => breakerOf(parcel).note(isTaken(answer)),
      nextTryMs,
      giveUp: () => undefined,
    };
  });
