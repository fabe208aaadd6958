import type { Http } from '../../platform/http/client.ts';
import { signingSecretAnswer, webhookAnswer, webhooksAnswer } from './schema.ts';
import { subscribedEvents } from './urgency.ts';

const path = '/api/v2/webhooks';
/** 1,000 webhooks: no account has as many; a longer list is a loop. */
const mostPages = 10;

/** The webhook that an earlier try, or a person, made for this address; null where there is none that serves. */
const findWebhook = async (http: Http, endpoint: string): Promise<string | null> => {
  let after: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const query = { 'page[size]': 100, 'page[after]': after };
    const { webhooks, meta } = await http.read({ path, query }, webhooksAnswer);
    const serves = webhooks.find(
      (webhook) =>
        webhook.endpoint === endpoint &&
        webhook.status === 'active' &&
        subscribedEvents.every((event) => webhook.subscriptions.includes(event)),
    );
    if (serves) return serves.id;
    after = meta?.has_more ? (meta.after_cursor ?? undefined) : undefined;
    if (after === undefined) return null;
  }
  return null;
};

const createWebhook = async (http: Http, endpoint: string): Promise<string> => {
  const webhook = {
    name: 'Deskledger',
    status: 'active',
    endpoint,
    http_method: 'POST',
    request_format: 'json',
    subscriptions: subscribedEvents,
  };
  const created = await http.read({ method: 'POST', path, body: { webhook } }, webhookAnswer);
  return created.webhook.id;
};

const secretOf = async (http: Http, id: string): Promise<string> => {
  const call = { path: `${path}/{id}/signing_secret`, params: { id } };
  return (await http.read(call, signingSecretAnswer)).signing_secret.secret;
};

/**
 * Has Zendesk call this address, and brings the secret it signs with. A webhook that already leads there is taken, so that
 * trying again after a failure makes no second one; one made just now whose secret cannot be read is taken away again.
 */
export const setUpWebhook = async (
  http: Http,
  endpoint: string,
): Promise<{ readonly webhookSecrets: readonly string[]; readonly created: readonly string[] }> => {
  const held = await findWebhook(http, endpoint);
  if (held !== null) return { webhookSecrets: [await secretOf(http, held)], created: [] };
  const id = await createWebhook(http, endpoint);
  try {
    return { webhookSecrets: [await secretOf(http, id)], created: [`webhook ${id}`] };
  } catch (error) {
    // Where this fails as well, the next try finds the webhook by its address; what is told is the first failure.
    await http.request({ method: 'DELETE', path: `${path}/{id}`, params: { id } }).catch(() => null);
    throw error;
  }
};
