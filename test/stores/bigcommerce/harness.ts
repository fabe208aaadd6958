import { createHmac } from 'node:crypto';
import { createBigcommerceSandbox } from '../../../src/sandbox/bigcommerce/index.ts';
import { bigcommerce } from '../../../src/stores/bigcommerce/adapter.ts';
import type { StoreAdapter } from '../../../src/stores/port.ts';
import { orderInput } from '../../support/order-input.ts';
import type { Harness } from '../conformance.ts';

const clientSecret = 'client-secret-of-the-store';
const settings = { name: 'lamps', storeHash: 'abc123', accessToken: 'access-token', clientId: 'id', clientSecret };

export const harness: Harness = {
  adapter: bigcommerce as unknown as StoreAdapter,
  lacks: [],
  fixtures: new URL('./fixtures/', import.meta.url),
  sentAt: new Date('2026-03-02T10:00:00Z'),
  settings,
  // Without a header secret the signature alone would prove a delivery.
  withSecrets: (secrets) => ({
    webhookHeaderSecret: secrets,
    clientSecret,
    signature: secrets.length === 0 ? 'off' : 'checked',
  }),
  sign(body, secret, at) {
    const [messageId, seconds] = [`msg_${body.length}_${body.slice(0, 60).length}`, String(at.getTime() / 1000)];
    const id = `${messageId}_${createHmac('sha1', 'id').update(body).digest('hex')}`;
    const signature = createHmac('sha256', clientSecret).update(`${id}.${seconds}.${body}`).digest('base64');
    return {
      'content-type': 'application/json',
      'x-deskledger-secret': secret,
      'webhook-id': id,
      'webhook-timestamp': seconds,
      'webhook-signature': `v1,${signature}`,
    };
  },
  ofAnother: (body) => body.replace('stores/abc123', 'stores/zzz999'),
  indispensable: ['date_created', 'total_ex_tax'],
  async startShop(clock) {
    const sandbox = await createBigcommerceSandbox({ clock, seed: 'conformance', firstOrderId: 1001, limits: 'off' });
    const { shop, hooks } = sandbox;
    const field = { namespace: 'market', key: 'seller' };
    const ofUrl = (url: string) => [...hooks.hooks.values()].filter(({ destination }) => destination === url);
    return {
      url: sandbox.url,
      settings: { ...sandbox.settings },
      wrongCredentials: { accessToken: 'wrong-token' },
      absentId: '999',
      wanted: { metafields: [field], formFields: [] },
      place: ({ email, customerId, country, lines, discountCents, externalNumber, seller, placedAt }) =>
        String(
          shop.place(
            orderInput({
              placedAtMs: (placedAt ?? clock.now()).getTime(),
              customerId: Number(customerId ?? 0),
              email,
              countryIso2: country,
              externalOrderId: externalNumber ?? '',
              metafields: seller === undefined ? [] : [{ ...field, value: seller, permissionSet: 'read' }],
              lines: lines.map(({ sku, brand, cents }) => ({ sku, name: sku, brand, priceCents: cents, quantity: 1 })),
              discountCents: discountCents ?? 0,
            }),
          ).id,
        ),
      change: (id) => shop.setStatus(Number(id), 2),
      refund: (id, { cents, taxCents, declinedCents }) =>
        void shop.refund(Number(id), {
          reason: '',
          totalCents: cents,
          taxCents,
          payments: [
            { cents: cents - declinedCents, declined: false },
            ...(declinedCents > 0 ? [{ cents: declinedCents, declined: true }] : []),
          ],
          lines: [],
        }),
      setSeller: (id, value) => shop.setMetafield(Number(id), { ...field, value }),
      register: (customerId, email) => shop.register(Number(customerId), email),
      truth: () => new Map([...shop.orders.values()].map(({ id, modifiedAtMs }) => [String(id), modifiedAtMs])),
      // A store that pays no heed to `limit` ends a list with fewer than 50 rows: fewer would end every walk at once.
      smallPages: (request) => request,
      made: () => JSON.stringify([...hooks.hooks.values()].map(({ updatedAtMs: _, ...hook }) => hook)),
      subscribe: (destination) =>
        void hooks.add({ scope: 'store/order/created', destination, headers: {}, isActive: true }),
      spoilWebhook(url, how) {
        const [first] = ofUrl(url);
        if (!first) throw new Error('there is no webhook');
        if (how === 'remove') hooks.remove(first.id);
        else hooks.change(first.id, { isActive: false });
      },
      idle: hooks.sender.idle,
      close: sandbox.close,
    };
  },
};
