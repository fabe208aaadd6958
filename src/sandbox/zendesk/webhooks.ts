import { createHash } from 'node:crypto';
import { isoSeconds, type SandboxClock } from '../clock.ts';
import type { Faults } from '../http.ts';
import { share } from '../random.ts';
import type { Sender } from '../sender.ts';
import type { Outgoing } from './delivery.ts';
import type { Desk } from './desk.ts';
import { createEventWriter, eventTypes } from './events.ts';
import type { TicketUpdate } from './model.ts';

export interface Webhook {
  readonly id: string;
  name: string;
  endpoint: string;
  readonly httpMethod: string;
  status: 'active' | 'inactive';
  /** Event types, or "conditional_ticket_events" alone: then triggers call it. */
  subscriptions: readonly string[];
  readonly createdAtMs: number;
  secret: string;
}

export interface Trigger {
  readonly id: number;
  readonly title: string;
  active: boolean;
  readonly webhookId: string;
  /** The body with placeholders such as {{ticket.id}}. */
  readonly body: string;
  /** Updates by this user do not fire it (condition "Current user is not ..."). */
  readonly exceptUserId: number | null;
}

export interface NewWebhook {
  readonly name: string;
  readonly endpoint: string;
  readonly httpMethod?: string;
  readonly status?: 'active' | 'inactive';
  readonly subscriptions: readonly string[];
}

export interface WebhookRegistry {
  readonly webhooks: ReadonlyMap<string, Webhook>;
  readonly triggers: readonly Trigger[];
  /** Throws RangeError, naming the fault, where the subscriptions are not acceptable. */
  add(input: NewWebhook): Webhook;
  /** As `add`; throws RangeError also where the webhook would change its kind, which it has for life. */
  change(id: string, input: Partial<NewWebhook>): Webhook | null;
  addTrigger(input: Omit<Trigger, 'id' | 'active'>): Trigger;
  removeTrigger(id: number): boolean;
  /** Throws RangeError while an active trigger calls it. */
  remove(id: string): boolean;
  /** Sends this body to the webhook, signed as any delivery is; false where there is no such webhook. */
  test(id: string, body: string): boolean;
  resetSecret(id: string): string;
  /** Tells every active webhook what happened. */
  publish(update: TicketUpdate): void;
}

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const conditional = 'conditional_ticket_events';

const placeholder = /\{\{\s*([a-z_.0-9]+)\s*\}\}/g;

/** A trigger's body with its placeholders filled, inserted raw as the helpdesk does. */
const fill = (template: string, { ticket, actorId, atMs }: TicketUpdate, desk: Desk): string => {
  const person = (id: number | null) => (id === null ? undefined : desk.users.get(id));
  const values: Record<string, string | undefined> = {
    'ticket.id': String(ticket.id),
    'ticket.status': ticket.status,
    'ticket.tags': ticket.tags.join(' '),
    'ticket.via': ticket.via.channel,
    'ticket.title': ticket.subject,
    'ticket.requester.id': String(ticket.requesterId),
    'ticket.requester.email': person(ticket.requesterId)?.email ?? '',
    'ticket.assignee.id': ticket.assigneeId === null ? '' : String(ticket.assigneeId),
    'ticket.created_at_with_timestamp': isoSeconds(ticket.createdAtMs),
    'ticket.updated_at_with_timestamp': isoSeconds(ticket.updatedAtMs),
    'current_user.id': String(actorId),
    'current_user.email': person(actorId)?.email ?? '',
    timestamp: isoSeconds(atMs),
  };
  return template.replace(placeholder, (_, name: string) => {
    const field = /^ticket\.ticket_field_(\d+)$/.exec(name);
    return field ? (ticket.fields.get(Number(field[1])) ?? '') : (values[name] ?? '');
  });
};

/** The webhooks and triggers of the account, and what each is sent. */
export const createWebhooks = (options: {
  readonly seed: string | number;
  readonly clock: SandboxClock;
  readonly accountId: number;
  readonly faults: Faults;
  readonly sender: Sender<Outgoing>;
  readonly desk: () => Desk;
  /** False: the plan has none, and triggers are what is left. */
  readonly eventSubscriptions?: boolean | undefined;
}): WebhookRegistry => {
  const { seed, clock, faults, sender } = options;
  const webhooks = new Map<string, Webhook>();
  const triggers: Trigger[] = [];
  const writeEvents = createEventWriter(options);
  let made = 0;
  let lastTriggerId = 360_000_800_000;
  let invocations = 8_350_205_582;

  const digest = (purpose: string): Buffer => {
    made += 1;
    return createHash('sha256').update(`${seed}/${purpose}/${made}`).digest();
  };

  const send = (webhook: Webhook, key: string, body: string): void => {
    if (faults.strikes('loss', key)) return;
    const copies = faults.strikes('duplicate', key) ? 2 : 1;
    const delayMs = faults.strikes('reorder', key) ? 1_000 + Math.floor(19_000 * share(seed, 'held', key)) : 0;
    for (let copy = 0; copy < copies; copy += 1) {
      invocations += 1;
      const { id, endpoint, httpMethod, secret } = webhook;
      sender.send(
        { webhookId: id, endpoint, method: httpMethod, secret, body, invocationId: String(invocations) },
        delayMs,
      );
    }
  };

  const checkSubscriptions = (subscriptions: readonly string[]): void => {
    if (subscriptions.length === 0) throw new RangeError('subscriptions: cannot be blank');
    const odd = subscriptions.find((name) => name !== conditional && !eventTypes.has(name));
    if (odd !== undefined) throw new RangeError(`subscriptions: ${odd} is not a known event type`);
    const isConditional = subscriptions.includes(conditional);
    if (isConditional && subscriptions.length > 1)
      throw new RangeError('subscriptions: a webhook is either event-subscribed or connected to triggers');
    if (!isConditional && options.eventSubscriptions === false)
      throw new RangeError('subscriptions: the account has no event subscriptions');
  };

  return {
    webhooks,
    triggers,
    add(input) {
      checkSubscriptions(input.subscriptions);
      const webhook: Webhook = {
        id: `01${[...digest('webhook').subarray(0, 24)].map((byte) => crockford[byte % 32]).join('')}`,
        name: input.name,
        endpoint: input.endpoint,
        httpMethod: input.httpMethod ?? 'POST',
        status: input.status ?? 'active',
        subscriptions: input.subscriptions,
        createdAtMs: clock.now().getTime(),
        secret: digest('secret').toString('base64'),
      };
      webhooks.set(webhook.id, webhook);
      return webhook;
    },
    addTrigger(input) {
      lastTriggerId += 1;
      const trigger = { id: lastTriggerId, active: true, ...input };
      triggers.push(trigger);
      return trigger;
    },
    removeTrigger(id) {
      const place = triggers.findIndex((trigger) => trigger.id === id);
      if (place >= 0) triggers.splice(place, 1);
      return place >= 0;
    },
    change(id, input) {
      const webhook = webhooks.get(id);
      if (!webhook) return null;
      const { subscriptions = webhook.subscriptions } = input;
      checkSubscriptions(subscriptions);
      if (subscriptions.includes(conditional) !== webhook.subscriptions.includes(conditional))
        throw new RangeError('subscriptions: a webhook keeps its kind');
      const { name = webhook.name, endpoint = webhook.endpoint, status = webhook.status } = input;
      return Object.assign(webhook, { subscriptions, name, endpoint, status });
    },
    remove(id) {
      if (triggers.some(({ active, webhookId }) => active && webhookId === id))
        throw new RangeError('base: the webhook is connected to an active trigger');
      return webhooks.delete(id);
    },
    test(id, body) {
      const webhook = webhooks.get(id);
      if (webhook) send(webhook, `test/${id}/${invocations}`, body);
      return webhook !== undefined;
    },
    resetSecret(id) {
      const webhook = webhooks.get(id);
      if (!webhook) throw new RangeError(`the sandbox has no webhook ${id}`);
      webhook.secret = digest('secret').toString('base64');
      return webhook.secret;
    },
    publish(update) {
      if (webhooks.size === 0) return;
      const events = writeEvents(update);
      for (const webhook of webhooks.values()) {
        if (webhook.status !== 'active') continue;
        for (const event of events) if (webhook.subscriptions.includes(event.type)) send(webhook, event.id, event.body);
      }
      // Triggers run once per update, on creation and change; a deletion fires none.
      if (update.ticket.deleted) return;
      for (const trigger of triggers) {
        const webhook = webhooks.get(trigger.webhookId);
        if (!trigger.active || webhook?.status !== 'active' || trigger.exceptUserId === update.actorId) continue;
        send(webhook, `${trigger.id}/${events[0]?.id}`, fill(trigger.body, update, options.desk()));
      }
    },
  };
};
