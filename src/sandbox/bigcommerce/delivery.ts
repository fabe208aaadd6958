import { createHmac } from 'node:crypto';
import { minuteMs, secondMs } from '../../core/time.ts';
import type { SandboxClock } from '../clock.ts';
import { createSender, type DeliverySettings, isTaken, type Parcel, type Sender } from '../sender.ts';

export interface HookCall extends Parcel {
  readonly messageId: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface BigcommerceDelivery extends DeliverySettings {
  /** False: the store sends its custom headers alone, as an older page of its documentation has it. */
  readonly signed?: boolean;
}

/** Waits before each further try, about 48 h in all: https://developer.bigcommerce.com/docs/integrations/webhooks#callback-retry-mechanism */
export const retrySeconds: readonly number[] = [60, 180, 300, 600, 900, 1800, 3600, 7200, 21_600, 50_400, 86_400];

/** Of a domain: once so many events were sent within the window and fewer than this share were taken, it is blocked for a while. */
const windowMs = 2 * minuteMs;
const leastEvents = 100;
const leastTaken = 0.9;
const blockedMs = 3 * minuteMs;

/** Sends the store's webhooks by the vendor's rules; `clientSecret` signs them. */
export const createHookSender = (
  clock: SandboxClock,
  { signed = true, ...settings }: BigcommerceDelivery,
  store: {
    readonly clientSecret: string;
    readonly isOn: (hookId: string) => boolean;
    /** Told when all tries of a delivery failed; true where that switched the hook off. */
    readonly onGiveUp: (hookId: string) => boolean;
  },
): Sender<HookCall> & { readonly blockedUntilMs: (origin: string) => number } => {
  const seen = new Map<string, { atMs: number; taken: boolean }[]>();
  const blocked = new Map<string, number>();
  const sender = createSender<HookCall>(clock, { timeoutMs: 10_000, ...settings }, (trip) => ({
    headersOf({ messageId, body, headers }) {
      const seconds = String(Math.floor(clock.now().getTime() / secondMs));
      const signature = createHmac('sha256', store.clientSecret).update(`${messageId}.${seconds}.${body}`);
      return {
        ...headers,
        'content-type': 'application/json',
        ...(signed && {
          'webhook-id': messageId,
          'webhook-timestamp': seconds,
          'webhook-signature': `v1,${signature.digest('base64')}`,
        }),
      };
    },
    pauseLeftMs({ webhookId, endpoint }) {
      if (!store.isOn(webhookId)) return null;
      return Math.max(0, (blocked.get(new URL(endpoint).origin) ?? 0) - clock.now().getTime());
    },
    note({ endpoint }, answer) {
      const { origin } = new URL(endpoint);
      const nowMs = clock.now().getTime();
      const recent = (seen.get(origin) ?? []).filter(({ atMs }) => atMs > nowMs - windowMs);
      recent.push({ atMs: nowMs, taken: isTaken(answer) });
      seen.set(origin, recent);
      const taken = recent.filter((one) => one.taken).length;
      if (recent.length < leastEvents || taken / recent.length >= leastTaken) return;
      blocked.set(origin, nowMs + blockedMs);
      seen.delete(origin);
      trip();
    },
    nextTryMs(_, tries) {
      const seconds = retrySeconds[tries - 1];
      return seconds === undefined ? null : seconds * secondMs;
    },
    giveUp({ webhookId }) {
      if (store.onGiveUp(webhookId)) trip();
    },
  }));
  return { ...sender, blockedUntilMs: (origin) => blocked.get(origin) ?? 0 };
};
