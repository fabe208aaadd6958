import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Http } from '../../../src/platform/http/client.ts';
import type { RemoteOf } from '../../../src/platform/vendor.ts';
import type { StoreWish } from '../../../src/stores/port.ts';

const hookSchema = z.object({ id: z.string(), url: z.string(), on: z.boolean(), secret: z.string() });
const path = '/hooks';

export const createRemote = (http: Http, secrets: readonly string[]): RemoteOf<StoreWish> => {
  const find = async (url: string) => {
    const hooks = await http.read({ path }, z.array(hookSchema));
    return hooks.find((hook) => hook.url === url);
  };
  return {
    async plan({ webhookUrl }) {
      const hook = await find(webhookUrl);
      return hook ? (hook.on ? [] : ['switch on the webhook']) : [`create a webhook to ${webhookUrl}`];
    },
    async make({ webhookUrl }) {
      const held = await find(webhookUrl);
      const secret = held?.secret ?? secrets[0] ?? randomBytes(16).toString('hex');
      const settings = { webhookSecrets: [secret] };
      if (held) {
        if (!held.on) await http.request({ method: 'PUT', path: `${path}/{id}`, params: { id: held.id } });
        return { objects: [], settings };
      }
      const made = await http.read({ method: 'POST', path, body: { url: webhookUrl, secret } }, hookSchema);
      return { objects: [{ what: 'webhook', externalId: made.id, name: 'orders' }], settings };
    },
    async check({ webhookUrl }) {
      const hook = await find(webhookUrl);
      if (!hook) return { state: 'absent', reason: 'There is no webhook to us.' };
      if (!hook.on) return { state: 'inactive', reason: 'The webhook is off.' };
      return secrets.includes(hook.secret) ? { state: 'fine' } : { state: 'changed', reason: 'The secret is another.' };
    },
    async remove(objects) {
      for (const { externalId } of objects)
        await http.request({ method: 'DELETE', path: `${path}/{id}`, params: { id: externalId }, allow: [404] });
    },
  };
};
