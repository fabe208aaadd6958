import { UpstreamError } from '../../core/errors.ts';
import type { Http } from '../../platform/http/client.ts';
import { pagesOf } from './pages.ts';
import { signingSecretAnswer, type Webhook, webhookAnswer, webhooksAnswer } from './schema.ts';
import { subscribedEvents } from './urgency.ts';

const path = '/api/v2/webhooks';
/** 1,000 webhooks: no account has as many; a longer list is a loop. */
const mostPages = 10;
/** Instead of event types: triggers call the webhook (https://developer.zendesk.com/documentation/webhooks/creating-and-monitoring-webhooks/). */
const conditional = 'conditional_ticket_events';

export const webhookName = 'Deskledger';

/** Triggers call it; a webhook is of one kind or the other for life. */
export const isConditional = ({ subscriptions }: Webhook): boolean => subscriptions.includes(conditional);

const lacksEvents = (webhook: Webhook): boolean =>
  !isConditional(webhook) && !subscribedEvents.every((event) => webhook.subscriptions.includes(event));

/** The last part of our addresses is a secret of the connection: a webhook that leads to it was made for us, whatever its host. */
const keyOf = (url: string | null): string | null => /\/webhooks\/([\w-]{16,})$/.exec(url ?? '')?.[1] ?? null;

/** Of several that lead to us the one that needs least. */
const pick = (webhooks: readonly Webhook[], url: string): Webhook | null => {
  const key = keyOf(url);
  const ours = webhooks.filter(({ endpoint }) => endpoint === url || (key !== null && keyOf(endpoint) === key));
  const wants = (webhook: Webhook): number =>
    (webhook.endpoint === url ? 0 : 4) + (webhook.status === 'active' ? 0 : 2) + (lacksEvents(webhook) ? 1 : 0);
  return ours.toSorted((one, other) => wants(one) - wants(other))[0] ?? null;
};

/** What keeps a webhook of ours from serving this address, in words; empty where it serves. */
export const webhookFaults = (webhook: Webhook, url: string): string[] => [
  ...(webhook.status === 'active' ? [] : ['is switched off']),
  ...(webhook.endpoint === url ? [] : [`leads to ${URL.parse(webhook.endpoint ?? '')?.origin ?? 'no address'}`]),
  ...(lacksEvents(webhook) ? ['lacks events that we need'] : []),
];

/** True where Zendesk understood and said no: the account, the plan or our rights do not allow it. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof UpstreamError && [400, 402, 403, 404, 405, 422].includes(error.status ?? 0);

/** Webhooks of one account. */
export const createWebhooks = (http: Http) => {
  const create = async (endpoint: string, subscriptions: readonly string[]): Promise<Webhook> => {
    const webhook = {
      name: webhookName,
      status: 'active',
      endpoint,
      http_method: 'POST',
      request_format: 'json',
      subscriptions,
    };
    const created = await http.read({ method: 'POST', path, body: { webhook } }, webhookAnswer);
    return { ...webhook, id: created.webhook.id, subscriptions: [...subscriptions] };
  };

  return {
    /** The webhook that an earlier try, or a person, made for this address; null where there is none. */
    async find(url: string): Promise<Webhook | null> {
      const all: Webhook[] = [];
      for await (const { webhooks } of pagesOf(http, { path }, webhooksAnswer, { mostPages })) all.push(...webhooks);
      return pick(all, url);
    },

    /** Subscribed to ticket events; where the account or its plan refuses that, one for triggers to call. */
    async create(url: string): Promise<Webhook> {
      try {
        return await create(url, subscribedEvents);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        // Refused as well: what is told is why the kind that we wanted was.
        return await create(url, [conditional]).catch((second: unknown) => {
          throw isRefusal(second) ? error : second;
        });
      }
    },

    async mend({ id, subscriptions }: Webhook, url: string): Promise<void> {
      // People may have subscribed it to more: that stays.
      const events = subscriptions.includes(conditional) ? subscriptions : [...subscriptions, ...subscribedEvents];
      const webhook = { status: 'active', endpoint: url, subscriptions: [...new Set(events)] };
      await http.request({
        method: 'PATCH',
        path: `${path}/{id}`,
        params: { id },
        body: { webhook },
        idempotent: true,
      });
    },

    async secretOf(id: string): Promise<string> {
      const call = { path: `${path}/{id}/signing_secret`, params: { id } };
      return (await http.read(call, signingSecretAnswer)).signing_secret.secret;
    },

    async remove(id: string): Promise<void> {
      await http.request({ method: 'DELETE', path: `${path}/{id}`, params: { id }, allow: [404, 410] });
    },

    /** Has Zendesk send this body to the webhook, signed with the webhook's own secret. */
    async test(id: string, payload: string): Promise<void> {
      await http.request({
        method: 'POST',
        path: `${path}/test`,
        query: { webhook_id: id },
        body: { request: { payload } },
      });
    },
  };
};
