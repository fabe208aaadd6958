import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { UpstreamError } from '../../core/errors.ts';
import type { RemoteObject, RemoteOf } from '../../platform/vendor.ts';
import type { StoreWish } from '../port.ts';
import type { BigcommerceApi } from './api.ts';
import { secretHeader } from './deliveries.ts';
import { pagesV3, read } from './paging.ts';

const path = '/v3/hooks';

/**
 * What we want to be told. A status change comes as an update too; both name the order, which is read once. Of customers:
 * addresses and groups, by which orders are found and mapped.
 */
export const subscribedScopes = [
  'store/order/created',
  'store/order/updated',
  'store/order/archived',
  'store/order/statusUpdated',
  'store/order/refund/created',
  'store/order/metafield/created',
  'store/order/metafield/updated',
  'store/order/metafield/deleted',
  'store/customer/created',
  'store/customer/updated',
] as const;

const hook = z.looseObject({
  id: z.union([z.string(), z.number()]).transform(String),
  scope: z.string(),
  destination: z.string(),
  is_active: z.boolean(),
  headers: z.record(z.string(), z.string()).nullish().catch(null),
});
type Hook = z.output<typeof hook>;

const one = z.looseObject({ data: hook });
const secretBytes = 24;

const carries = ({ headers }: Hook, secrets: readonly string[]): boolean =>
  Object.entries(headers ?? {}).some(([name, value]) => name.toLowerCase() === secretHeader && secrets.includes(value));

/**
 * Our webhooks at a store, one per scope, each with our own secret header. A store shows hooks to the account that made
 * them alone, and switches them off after 48 h of failures or 90 days without an event.
 */
export const createHooks = (
  api: BigcommerceApi,
  { secrets }: { readonly secrets: readonly string[] },
): RemoteOf<StoreWish> => {
  const ours = async (webhookUrl: string): Promise<Hook[]> => {
    const hooks: Hook[] = [];
    for await (const rows of pagesV3(api, path, { destination: webhookUrl }))
      hooks.push(...rows.map((row) => read(hook, row, 'a webhook')));
    // The filter may match more than the very address.
    return hooks.filter(({ destination }) => destination === webhookUrl);
  };

  const look = async (webhookUrl: string) => {
    const hooks = await ours(webhookUrl);
    const byScope = new Map(hooks.map((held) => [held.scope, held]));
    const wanted = subscribedScopes.map((scope) => ({ scope, held: byScope.get(scope) }));
    return {
      lacking: wanted.flatMap(({ scope, held }) => (held ? [] : [scope])),
      off: wanted.flatMap(({ held }) => (held && !held.is_active ? [held] : [])),
      strange: wanted.flatMap(({ held }) => (held && !carries(held, secrets) ? [held] : [])),
    };
  };

  const remove = async (id: string): Promise<void> => {
    await api.send({ method: 'DELETE', path: `${path}/{id}`, params: { id } });
  };

  const create = async (scope: string, destination: string, secret: string): Promise<RemoteObject> => {
    const headers = { [secretHeader]: secret };
    try {
      const body = await api.send({ method: 'POST', path, body: { scope, destination, is_active: true, headers } });
      return { what: 'webhook', externalId: read(one, body, 'a webhook').data.id, name: scope };
    } catch (error) {
      if (!(error instanceof UpstreamError) || error.status !== 422) throw error;
      throw new UpstreamError(
        `BigCommerce took no webhook for ${scope} (422); its address must be https at port 443, and an account may have 10 for each scope`,
        { status: 422, retryable: false },
        { cause: error },
      );
    }
  };

  return {
    async plan({ webhookUrl }) {
      const { lacking, off, strange } = await look(webhookUrl);
      const scopes = (hooks: readonly Hook[]) => hooks.map(({ scope }) => scope).join(', ');
      return [
        ...(lacking.length > 0 ? [`create webhooks to ${webhookUrl} for ${lacking.join(', ')}`] : []),
        ...(off.length > 0 ? [`switch on the webhooks for ${scopes(off)} again`] : []),
        ...(strange.length > 0 ? [`give the webhooks for ${scopes(strange)} our header secret`] : []),
      ];
    },

    async make({ webhookUrl }) {
      const { lacking, off, strange } = await look(webhookUrl);
      const secret = secrets[0] ?? randomBytes(secretBytes).toString('base64url');
      for (const { id } of new Set([...off, ...strange]))
        await api.send({
          method: 'PUT',
          path: `${path}/{id}`,
          params: { id },
          body: { is_active: true, headers: { [secretHeader]: secret } },
        });
      const objects: RemoteObject[] = [];
      try {
        for (const scope of lacking) objects.push(await create(scope, webhookUrl, secret));
      } catch (error) {
        // Half of them would stand there without a record; where this fails as well the next try finds them by their address.
        for (const { externalId } of objects) await remove(externalId).catch(() => null);
        throw error;
      }
      return { objects, settings: { webhookHeaderSecret: [secret] } };
    },

    async check({ webhookUrl }) {
      const { lacking, off, strange } = await look(webhookUrl);
      if (lacking.length > 0)
        return { state: 'absent', reason: `The store has no webhook to our address for ${lacking.join(', ')}.` };
      if (off.length > 0)
        return {
          state: 'inactive',
          reason: `The store has switched off the webhooks for ${off.map(({ scope }) => scope).join(', ')}, as it does after failures.`,
        };
      if (strange.length > 0)
        return { state: 'changed', reason: 'The webhooks carry a header secret that the connection does not hold.' };
      return { state: 'fine' };
    },

    async remove(objects) {
      for (const { what, externalId } of objects) if (what === 'webhook') await remove(externalId);
    },
  };
};
