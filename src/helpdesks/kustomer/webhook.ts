import { Conflict, UpstreamError } from '../../core/errors.ts';
import type { Http } from '../../platform/http/client.ts';
import type { Remote, RemoteObject } from '../port.ts';
import { attributesPage, type ConversationAttributes } from './attributes.ts';
import { readAll } from './pages.ts';
import { oneOf, type Webhook, webhookSchema } from './schema.ts';
import { subscribedEvents } from './urgency.ts';

const path = '/v1/outbound-webhooks';
const name = 'Deskledger';
/** Kustomer allows 5 webhooks made by people (https://help.kustomer.com/en_us/outbound-webhooks-rkUQvela8). */
const mostWebhooks = 5;

const lacksEvents = ({ attributes }: Webhook): boolean =>
  !subscribedEvents.every((event) => attributes.events.includes(event));
const isOff = ({ attributes }: Webhook): boolean => attributes.enabled === false;
const asBody = (url: string) => ({ name, url, events: subscribedEvents });

/** Our outbound webhook at Kustomer, whose token is the signing key, and attributes of the conversation on wish. */
export const createRemote = (
  http: Http,
  held: {
    readonly tokens: readonly string[];
    readonly orgId: () => Promise<string | null>;
    readonly attributes: Pick<ConversationAttributes, 'plan' | 'make'>;
  },
): Remote => {
  const list = () => readAll(http, { path, of: webhookSchema, mostPages: 10 });
  const ofUrl = (webhooks: readonly Webhook[], url: string): Webhook | undefined => {
    const ours = webhooks.filter(({ attributes }) => attributes.url === url);
    return ours.find((webhook) => !isOff(webhook)) ?? ours[0];
  };
  const find = async (url: string): Promise<Webhook | undefined> => ofUrl(await list(), url);

  const tokenOf = async ({ id, attributes }: Webhook): Promise<string> => {
    if (attributes.token) return attributes.token;
    const { data } = await http.read({ path: `${path}/{id}`, params: { id } }, oneOf(webhookSchema));
    if (data.attributes.token) return data.attributes.token;
    throw new UpstreamError(
      'Kustomer does not tell the token of the webhook; see that the key has the role org.permission.outbound_webhook.',
      { status: 200, retryable: false },
    );
  };

  const create = async (url: string, others: number): Promise<Webhook> => {
    try {
      const { data } = await http.read({ method: 'POST', path, body: asBody(url) }, oneOf(webhookSchema));
      return data;
    } catch (error) {
      const isRefusal = error instanceof UpstreamError && [400, 403, 409, 422].includes(error.status ?? 0);
      if (isRefusal && others >= mostWebhooks)
        throw new Conflict(
          `The account has ${others} outbound webhooks and Kustomer allows ${mostWebhooks}. Delete one under Settings, Platform, Outbound webhooks, and connect again.`,
          { cause: error },
        );
      throw error;
    }
  };

  const remove = (id: string) =>
    http.request({ method: 'DELETE', path: `${path}/{id}`, params: { id }, allow: [404, 410] });

  return {
    byHand: {
      field: `Kustomer lets no program delete an attribute: an administrator does, under ${attributesPage}`,
    },

    async plan({ webhookUrl, fields }) {
      const webhook = await find(webhookUrl);
      const created = `create the outbound webhook "${name}" to ${webhookUrl} for ${subscribedEvents.join(', ')}`;
      return [
        ...(webhook ? [] : [created]),
        ...(webhook && isOff(webhook) ? [`switch on the outbound webhook "${name}" again`] : []),
        ...(webhook && lacksEvents(webhook) ? [`give the outbound webhook "${name}" the events it lacks`] : []),
        ...(fields ? await held.attributes.plan(fields) : []),
      ];
    },

    async make({ webhookUrl, fields }) {
      const webhooks = await list();
      const known = ofUrl(webhooks, webhookUrl);
      let webhook = known ?? (await create(webhookUrl, webhooks.length));
      if (known && (isOff(known) || lacksEvents(known))) {
        // People may have added events of their own for the same address: they stay.
        const events = [...new Set([...known.attributes.events, ...subscribedEvents])];
        const { attributes } = known;
        const body = { name: attributes.name ?? name, url: webhookUrl, events, enabled: true };
        const call = { method: 'PUT', path: `${path}/{id}`, params: { id: known.id }, body } as const;
        await http.request(call);
        webhook = known;
      }
      try {
        const token = await tokenOf(webhook);
        const orgId = await held.orgId();
        const objects: RemoteObject[] = known ? [] : [{ what: 'webhook', externalId: webhook.id, name }];
        const made = fields ? await held.attributes.make(fields) : { objects: [], settings: {} };
        return {
          objects: [...objects, ...made.objects],
          settings: {
            // What another webhook signed may still be on its way.
            webhookToken: [...new Set([token, ...held.tokens])].slice(0, 3),
            ...(orgId ? { orgId } : {}),
            ...made.settings,
          },
        };
      } catch (error) {
        // Where this fails as well, the next try finds the webhook by its address; what is told is the first failure.
        if (!known) await remove(webhook.id).catch(() => null);
        throw error;
      }
    },

    async check({ webhookUrl }) {
      const webhook = await find(webhookUrl);
      if (!webhook) return { state: 'absent', reason: 'Kustomer has no outbound webhook to our address.' };
      if (isOff(webhook))
        return { state: 'inactive', reason: 'The outbound webhook is switched off, as Kustomer does after failures.' };
      if (lacksEvents(webhook)) return { state: 'changed', reason: 'The outbound webhook lacks events that we need.' };
      if (!held.tokens.includes(await tokenOf(webhook)))
        return {
          state: 'changed',
          reason: 'The outbound webhook signs with a token that the connection does not hold.',
        };
      return { state: 'fine' };
    },

    async remove(objects) {
      for (const { what, externalId } of objects) if (what === 'webhook') await remove(externalId);
    },
  };
};
