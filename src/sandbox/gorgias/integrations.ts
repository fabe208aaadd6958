import type { SandboxClock } from '../clock.ts';
import type { Faults } from '../http.ts';
import { isRecord } from '../http.ts';
import { share, uuidOf } from '../random.ts';
import type { Sender } from '../sender.ts';
import type { Call } from './delivery.ts';
import { emailIntegration } from './json.ts';
import type { AccountEvent, TicketOperation } from './model.ts';
import { stampOf } from './stamps.ts';
import { fill, fillForm, isWholeContext } from './templates.ts';
import type { AccountJson } from './ticket-json.ts';

export const triggerNames = [
  'ticket-created',
  'ticket-updated',
  'ticket-message-created',
  'ticket-message-failed',
  'ticket-self-unsnoozed',
  'ticket-assignment-updated',
  'ticket-status-updated',
  'ticket-handed-over',
] as const;
export type TriggerName = (typeof triggerNames)[number];

/** What an HTTP integration calls, and when. */
export interface HttpSettings {
  readonly url: string;
  readonly method: string;
  readonly request_content_type: string;
  readonly response_content_type: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Key and value templates, the text "{{context}}", or null. */
  readonly form: unknown;
  readonly triggers: Readonly<Partial<Record<TriggerName, boolean>>>;
}

export interface HttpIntegration {
  readonly id: number;
  name: string;
  description: string | null;
  http: HttpSettings;
  readonly userId: number;
  readonly createdAtMs: number;
  updatedAtMs: number;
  deactivatedAtMs: number | null;
}

export interface Integrations {
  readonly all: ReadonlyMap<number, HttpIntegration>;
  add(input: {
    readonly name: string;
    readonly description?: string | null;
    readonly http: HttpSettings;
    readonly userId: number;
  }): HttpIntegration;
  remove(id: number): boolean;
  /** Makes every call that an operation is worth: one per event, all with the state after the whole operation. */
  publish(operation: TicketOperation): void;
}

const triggerOf: Readonly<Record<string, TriggerName>> = {
  'ticket-created': 'ticket-created',
  'ticket-updated': 'ticket-updated',
  'ticket-message-created': 'ticket-message-created',
  'ticket-message-failed': 'ticket-message-failed',
  'ticket-self-unsnoozed': 'ticket-self-unsnoozed',
  'ticket-assigned': 'ticket-assignment-updated',
  'ticket-unassigned': 'ticket-assignment-updated',
  'ticket-closed': 'ticket-status-updated',
  'ticket-reopened': 'ticket-status-updated',
};

const formBody = (form: Record<string, string>, contentType: string): string =>
  contentType === 'application/x-www-form-urlencoded' ? new URLSearchParams(form).toString() : JSON.stringify(form);

export const createIntegrations = (options: {
  readonly seed: string | number;
  readonly clock: SandboxClock;
  readonly account: string;
  readonly faults: Faults;
  readonly sender: () => Sender<Call>;
  readonly json: () => AccountJson;
  /** What is sent where no form is set. */
  readonly bareBody: 'empty' | 'envelope';
}): Integrations => {
  const { seed, clock, faults } = options;
  const all = new Map<number, HttpIntegration>();
  let lastId: number = emailIntegration.id;

  const send = (
    integration: HttpIntegration,
    event: AccountEvent,
    { customerId, context }: { readonly customerId: number; readonly context: () => Record<string, unknown> },
  ): void => {
    const { http } = integration;
    const key = `${integration.id}/${event.id}`;
    if (faults.strikes('loss', key)) return;
    const endpoint = fill(http.url, context());
    // A template may have left no address at all.
    if (!URL.canParse(endpoint)) return;
    const form = isRecord(http.form) ? fillForm(http.form, context()) : null;
    const bodiless = http.method === 'GET' || http.method === 'HEAD';
    let body = '';
    if (isWholeContext(http.form)) body = JSON.stringify(context());
    else if (form) body = formBody(form, http.request_content_type);
    else if (options.bareBody === 'envelope')
      body = JSON.stringify({
        id: uuidOf(seed, 'call', event.id),
        type: event.type,
        object_id: event.objectId,
        object_type: event.objectType,
        created_datetime: stampOf(event.atMs),
        data: { ticket: context().ticket },
      });
    const url = new URL(endpoint);
    if (bodiless && form) for (const [name, value] of Object.entries(form)) url.searchParams.append(name, value);
    const call: Call = {
      webhookId: String(integration.id),
      integrationId: integration.id,
      customerId,
      endpoint: url.href,
      method: http.method,
      headers: {
        accept: http.response_content_type,
        'user-agent': 'Gorgias',
        ...(bodiless || body === '' ? {} : { 'content-type': http.request_content_type }),
        ...fillForm(http.headers, context()),
      },
      body: bodiless ? '' : body,
    };
    const copies = faults.strikes('duplicate', key) ? 2 : 1;
    const delayMs = faults.strikes('reorder', key) ? 1_000 + Math.floor(19_000 * share(seed, 'held', key)) : 0;
    for (let copy = 0; copy < copies; copy += 1) options.sender().send(call, delayMs);
  };

  return {
    all,
    add({ name, description = null, http, userId }) {
      const atMs = clock.now().getTime();
      lastId += 3;
      const made = {
        id: lastId,
        name,
        description,
        http,
        userId,
        createdAtMs: atMs,
        updatedAtMs: atMs,
        deactivatedAtMs: null,
      };
      all.set(made.id, made);
      return made;
    },
    remove: (id) => all.delete(id),
    publish({ ticket, events, messages }) {
      const listening = [...all.values()].filter(({ deactivatedAtMs }) => deactivatedAtMs === null);
      if (listening.length === 0) return;
      const made = new Map<number | null, Record<string, unknown>>();
      for (const event of events) {
        const trigger = triggerOf[event.type];
        if (!trigger) continue;
        const message = event.objectType === 'TicketMessage' ? messages.get(event.objectId) : undefined;
        const key = message?.id ?? null;
        const context = (): Record<string, unknown> => {
          const held = made.get(key) ?? options.json().contextJson(ticket, options.account, message);
          made.set(key, held);
          return held;
        };
        for (const integration of listening)
          if (integration.http.triggers[trigger] === true)
            send(integration, event, { customerId: ticket.customerId, context });
      }
    },
  };
};
