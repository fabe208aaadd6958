import { createHash } from 'node:crypto';
import type { SandboxClock } from '../clock.ts';
import type { Faults } from '../http.ts';
import { share } from '../random.ts';
import type { DeliverySettings, Sender } from '../sender.ts';
import { createKustomerSender, type Outgoing } from './delivery.ts';
import { createIds, type Happening, instant } from './model.ts';

export interface WebhookHeader {
  readonly name: string;
  readonly value: string;
}

export interface WebhookValues {
  readonly name: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly headers: readonly WebhookHeader[];
  readonly enabled: boolean;
}

/** A try to deliver, as the vendor's log shows it. */
export interface Transaction {
  readonly eventId: string;
  readonly event: string;
  readonly atMs: number;
  /** The answer's status; null where none came in time. */
  readonly status: number | null;
}

export interface Webhook extends WebhookValues {
  readonly id: string;
  /** The key of the signature. */
  readonly token: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface WebhookRegistry {
  readonly webhooks: ReadonlyMap<string, Webhook>;
  readonly sender: Sender<Outgoing>;
  /** Throws RangeError, naming the fault. */
  add(values: WebhookValues): Webhook;
  /** As `add`; null where there is none of this id. */
  change(id: string, values: Partial<WebhookValues>): Webhook | null;
  remove(id: string): boolean;
  /** The latest tries, newest first. */
  transactions(id: string): readonly Transaction[];
  /** Tells every webhook that is switched on and subscribed. */
  publish(happening: Happening): void;
}

/** What a webhook may subscribe to; deletions are told by none. */
export const eventNames: readonly string[] = ['conversation', 'customer', 'message', 'user', 'team', 'tag'].flatMap(
  (type) => [`kustomer.${type}.create`, `kustomer.${type}.update`],
);

const mostWebhooks = 5;
const mostEvents = 12;
const mostTransactions = 50;

const check = ({ name, url, events }: WebhookValues): void => {
  if (name === '' || name.length > 255) throw new RangeError('name: 1 to 255 characters');
  const address = URL.canParse(url) ? new URL(url) : null;
  // The vendor takes https alone; a receiver on the sandbox's own machine has no certificate.
  const near = address?.hostname === '127.0.0.1' || address?.hostname === 'localhost';
  if (address?.protocol !== 'https:' && !near) throw new RangeError('url: must use https');
  if (events.length === 0 || events.length > mostEvents) throw new RangeError(`events: 1 to ${mostEvents} names`);
  const odd = events.find((event) => !eventNames.includes(event));
  if (odd !== undefined) throw new RangeError(`events: ${odd} is no event`);
};

/** The webhooks of the org, and what each is sent. */
export const createWebhooks = (options: {
  readonly seed: string | number;
  readonly clock: SandboxClock;
  readonly org: { readonly id: () => string; readonly name: string };
  readonly faults: Faults;
  readonly delivery: DeliverySettings;
}): WebhookRegistry => {
  const { seed, clock, org, faults } = options;
  const webhooks = new Map<string, Webhook>();
  const logs = new Map<string, Transaction[]>();
  const nextId = createIds('00e7b2d4');
  const nextEventId = createIds('00f1c3a9');
  let made = 0;

  const sender = createKustomerSender(clock, options.delivery, {
    isOn: (id) => webhooks.get(id)?.enabled === true,
    onTry({ webhookId, event, eventId }, answer) {
      const log = logs.get(webhookId) ?? [];
      const status = typeof answer === 'object' ? answer.status : null;
      log.unshift({ eventId, event, atMs: clock.now().getTime(), status });
      logs.set(webhookId, log.slice(0, mostTransactions));
    },
    onGiveUp(id) {
      const webhook = webhooks.get(id);
      if (!webhook?.enabled) return false;
      webhooks.set(id, { ...webhook, enabled: false, updatedAtMs: clock.now().getTime() });
      return true;
    },
  });

  const bodyOf = ({ objectType, objectId, atMs, by, changes, resource }: Happening, id: string, event: string) =>
    JSON.stringify({
      id,
      name: event,
      org: org.id(),
      partition: org.id(),
      orgName: org.name,
      data: null,
      // The event is written a moment after what it tells.
      createdAt: instant(atMs + 11),
      changes,
      persist: true,
      client: by.client,
      dataId: objectId,
      meta: { customChanged: changes?.attributes.custom !== undefined },
      snsFilters: objectType === 'conversation' ? ['assistant', 'csat'] : [],
    }).replace('"data":null', () => `"data":${resource()}`);

  return {
    webhooks,
    sender,
    add(values) {
      check(values);
      if (webhooks.size >= mostWebhooks) throw new RangeError(`an org has at most ${mostWebhooks} outbound webhooks`);
      const nowMs = clock.now().getTime();
      made += 1;
      const webhook: Webhook = {
        id: nextId(nowMs),
        ...values,
        token: createHash('sha256').update(`${seed}/token/${made}`).digest('hex'),
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
      };
      webhooks.set(webhook.id, webhook);
      return webhook;
    },
    change(id, values) {
      const webhook = webhooks.get(id);
      if (!webhook) return null;
      const changed = { ...webhook, ...values, updatedAtMs: clock.now().getTime() };
      check(changed);
      webhooks.set(id, changed);
      return changed;
    },
    remove: (id) => webhooks.delete(id),
    transactions: (id) => logs.get(id) ?? [],
    publish(happening) {
      const event = `kustomer.${happening.objectType}.${happening.verb}`;
      const eager = [...webhooks.values()].filter(({ enabled, events }) => enabled && events.includes(event));
      if (eager.length === 0) return;
      const eventId = nextEventId(happening.atMs);
      const body = bodyOf(happening, eventId, event);
      if (faults.strikes('loss', eventId)) return;
      const copies = faults.strikes('duplicate', eventId) ? 2 : 1;
      const delayMs = faults.strikes('reorder', eventId)
        ? 1_000 + Math.floor(19_000 * share(seed, 'held', eventId))
        : 0;
      for (const { id, url, token, headers } of eager)
        for (let copy = 0; copy < copies; copy += 1)
          sender.send(
            {
              webhookId: id,
              endpoint: url,
              method: 'POST',
              body,
              event,
              eventId,
              token,
              headers: Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value])),
            },
            delayMs,
          );
    },
  };
};
