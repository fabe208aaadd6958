import type { Remote, RemoteObject, RemoteWish } from '../../../src/helpdesks/port.ts';
import type { Http } from '../../../src/platform/http/client.ts';
import * as schema from './schema.ts';
import type { Settings } from './settings.ts';

type Held = Pick<Settings, 'webhookSecrets' | 'partnerFieldId' | 'reasonFieldId'>;

/** Ticket fields that are wished and not mapped yet. */
const lackingFields = ({ fields }: RemoteWish, settings: Held) =>
  (fields ? (['partnerFieldId', 'reasonFieldId'] as const) : [])
    .filter((setting) => settings[setting] === undefined)
    .map((setting) => ({ setting, name: setting === 'partnerFieldId' ? 'sales_partner' : 'contact_reason' }));

/** Our webhook and fields there, found again by address and name. */
export const createRemote = (http: Http, settings: Held): Remote => {
  const find = async (url: string) =>
    (await http.read({ path: '/webhooks' }, schema.webhooks)).webhooks.find((one) => one.url === url);
  const fieldNames = async () => (await http.read({ path: '/fields' }, schema.fields)).fields;

  return {
    async plan(wish) {
      const held = await find(wish.webhookUrl);
      return [
        ...(held ? (held.on ? [] : ['switch on the webhook']) : [`create a webhook to ${wish.webhookUrl}`]),
        ...lackingFields(wish, settings).map(({ name }) => `create the ticket field ${name}, or use it where it is`),
      ];
    },
    async make(wish) {
      const held = await find(wish.webhookUrl);
      if (held && !held.on)
        await http.request({ method: 'PUT', path: '/webhooks/{id}', params: { id: held.id }, body: { on: true } });
      const { id, secret } =
        held ??
        (await http.read({ method: 'POST', path: '/webhooks', body: { url: wish.webhookUrl } }, schema.webhook));
      const objects: RemoteObject[] = held ? [] : [{ what: 'webhook', externalId: id, name: 'Deskledger' }];
      const mapped: Record<string, string> = {};
      const lacking = lackingFields(wish, settings);
      const present = lacking.length > 0 ? await fieldNames() : [];
      for (const { setting, name } of lacking) {
        if (!present.includes(name)) {
          await http.request({ method: 'POST', path: '/fields', body: { name } });
          objects.push({ what: 'field', externalId: name, name });
        }
        mapped[setting] = name;
      }
      return { objects, settings: { webhookSecrets: [secret], ...mapped } };
    },
    async check({ webhookUrl }) {
      const held = await find(webhookUrl);
      if (!held) return { state: 'absent', reason: 'No webhook leads to us.' };
      if (!held.on) return { state: 'inactive', reason: 'The webhook is switched off.' };
      return settings.webhookSecrets.includes(held.secret)
        ? { state: 'fine' }
        : { state: 'changed', reason: 'The webhook signs with another secret.' };
    },
    async remove(objects) {
      for (const { what, externalId: id } of objects) {
        const path = what === 'field' ? '/fields/{id}' : '/webhooks/{id}';
        await http.request({ method: 'DELETE', path, params: { id }, allow: [404] });
      }
    },
  };
};
