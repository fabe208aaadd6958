import type { SandboxClock } from '../clock.ts';
import { createSender, type DeliverySettings, isTaken, type Parcel, type Sender } from '../sender.ts';

export interface GorgiasDelivery extends DeliverySettings {
  /** Failures in a row after which an integration is switched off: 100 says the help centre, 500 a later report. */
  readonly failuresToSwitchOff?: number;
  /** What is counted, which is written nowhere: deliveries whose tries are used up (unless given), or each request, four times as fast. */
  readonly countsFailed?: 'deliveries' | 'requests';
}

export interface Call extends Parcel {
  readonly integrationId: number;
  /** Whose profile a GET's answer goes into. */
  readonly customerId: number | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Waits before the second, third and fourth try; how long the vendor waits is written nowhere. */
const waitsMs = [1_000, 5_000, 25_000];

/**
 * Calls of HTTP integrations: unsigned, tried four times, given up for good after that; so many given up in a row switch the
 * integration off, one that is taken starts the count anew (https://docs.gorgias.com/faq/broken-or-disconnected-http-integration).
 */
export const createGorgiasSender = (
  clock: SandboxClock,
  settings: GorgiasDelivery,
  account: {
    readonly isOn: (integrationId: number) => boolean;
    readonly switchOff: (integrationId: number) => void;
    readonly onAnswer: (call: Call, text: string) => void;
  },
): Sender<Call> & { readonly restart: (integrationId: number) => void } => {
  const most = settings.failuresToSwitchOff ?? 100;
  const counted = settings.countsFailed ?? 'deliveries';
  const failures = new Map<number, number>();
  const sender = createSender<Call>(clock, { timeoutMs: 5_000, ...settings }, (trip) => {
    const failed = ({ integrationId }: Call): void => {
      const count = (failures.get(integrationId) ?? 0) + 1;
      failures.set(integrationId, count);
      if (count < most || !account.isOn(integrationId)) return;
      account.switchOff(integrationId);
      trip();
    };
    return {
      headersOf: ({ headers }) => headers,
      readsAnswer: ({ method }) => method === 'GET',
      pauseLeftMs: ({ integrationId }) => (account.isOn(integrationId) ? 0 : null),
      note(call, answer) {
        if (!isTaken(answer)) {
          if (counted === 'requests') failed(call);
          return;
        }
        failures.delete(call.integrationId);
        if (typeof answer === 'object' && answer.text !== '') account.onAnswer(call, answer.text);
      },
      nextTryMs: (_, tries) => waitsMs[tries - 1] ?? null,
      giveUp(call) {
        if (counted === 'deliveries') failed(call);
      },
    };
  });
  return { ...sender, restart: (integrationId) => void failures.delete(integrationId) };
};
