import { createHmac } from 'node:crypto';
import { minuteMs } from '../../core/time.ts';
import type { SandboxClock } from '../clock.ts';
import { type Answer, createSender, type DeliverySettings, type Parcel, type Sender } from '../sender.ts';

export interface Outgoing extends Parcel {
  readonly event: string;
  readonly eventId: string;
  readonly token: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** About 64 minutes in all: https://developer.kustomer.com/docs/events/delivery-and-retries */
const retryAfterMinutes: readonly number[] = [1, 1, 2, 5, 10, 15, 30];

/** Sends signed webhooks as the helpdesk does: any failure is tried again seven times, whatever the answer says, then the webhook is switched off. */
export const createKustomerSender = (
  clock: SandboxClock,
  settings: DeliverySettings,
  watch: {
    /** Whether the webhook exists and is switched on. */
    readonly isOn: (webhookId: string) => boolean;
    readonly onTry: (parcel: Outgoing, answer: Answer) => void;
    /** Told when all tries of a delivery failed; true where that switched the webhook off. */
    readonly onGiveUp: (webhookId: string) => boolean;
  },
): Sender<Outgoing> =>
  createSender<Outgoing>(clock, { timeoutMs: 5_000, ...settings }, (trip) => ({
    headersOf: ({ event, token, body, headers }) => ({
      ...headers,
      'content-type': 'application/json',
      'x-kustomer-webhook-event': event,
      'x-kustomer-webhook-signature': createHmac('sha256', token).update(body).digest('hex'),
    }),
    pauseLeftMs: ({ webhookId }) => (watch.isOn(webhookId) ? 0 : null),
    note: watch.onTry,
    nextTryMs(_, tries) {
      const minutes = retryAfterMinutes[tries - 1];
      return minutes === undefined ? null : minutes * minuteMs;
    },
    giveUp({ webhookId }) {
      if (watch.onGiveUp(webhookId)) trip();
    },
  }));
