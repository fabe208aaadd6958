import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { changedBy, readDelivery, selfTest, verifyDelivery } from '../../../src/stores/bigcommerce/deliveries.ts';
import { bigcommerceSettings } from '../../../src/stores/bigcommerce/settings.ts';

const now = new Date('2026-03-02T10:00:00Z');
const seconds = String(now.getTime() / 1000);
const clientSecret = 'client-secret-of-the-store';
const secret = 'header-secret-0123456789';
const settingsOf = (more: object = {}) =>
  bigcommerceSettings.parse({
    name: 'lamps',
    storeHash: 'abc123',
    accessToken: 'token',
    clientId: 'id',
    clientSecret,
    webhookHeaderSecret: secret,
    ...more,
  });
const sample = (name: string): string =>
  readFileSync(new URL(`fixtures/deliveries/${name}.json`, import.meta.url), 'utf8').trim();
const body = sample('order-updated');

const signed = (text: string, { id = 'msg_1', at = seconds, key = clientSecret } = {}) => ({
  'webhook-id': id,
  'webhook-timestamp': at,
  'webhook-signature': `v1,${createHmac('sha256', key).update(`${id}.${at}.${text}`).digest('base64')}`,
});
const withSecret = { 'x-deskledger-secret': secret };

const verdict = (headers: Record<string, string>, text = body, settings = settingsOf()) => {
  const found = verifyDelivery({ settings, headers, body: Buffer.from(text), now });
  return found.outcome === 'refused' ? found.status : found.outcome;
};

describe('what an event names', () => {
  it.each([
    ['order-updated', 'order', '1001'],
    ['refund', 'order', '1002'],
    ['metafield', 'order', '1003'],
    ['channel-order', 'order', '1004'],
    ['transaction', 'order', '1005'],
    ['customer', 'customer', '12'],
  ])('%s', (name, what, externalId) => {
    expect(readDelivery({ headers: {}, body: Buffer.from(sample(name)) })).toMatchObject({
      delivery: { changed: { what, externalId } },
    });
  });

  it.each([
    [
      'store/customer/metafield/created',
      { metafield_id: 1, resource_id: '12' },
      { what: 'customer', externalId: '12' },
    ],
    [
      'store/customer/address/updated',
      { type: 'customer', id: 60, address: { customer_id: 12 } },
      { what: 'customer', externalId: '12' },
    ],
    ['store/shipment/created', { type: 'shipment', id: 1, orderId: 77 }, { what: 'order', externalId: '77' }],
    ['store/shipment/created', { type: 'shipment', id: 1 }, null],
    ['store/order/metafield/deleted', { metafield_id: 1 }, null],
    ['store/order/updated', { type: 'order', id: 0 }, null],
    ['store/order/updated', { type: 'order', id: '1 or 1' }, null],
    ['store/orderly/updated', { type: 'order', id: 1 }, 'unknown scope'],
    ['store/cart/updated', { type: 'cart', id: 'x' }, 'unknown scope'],
  ])('%s with %j', (scope, data, expected) => {
    const read = readDelivery({ headers: {}, body: Buffer.from(JSON.stringify({ scope, data })) });
    if (expected === null) return expect(read.outcome).toBe('unreadable');
    expect(read).toMatchObject({ delivery: { changed: expected === 'unknown scope' ? null : expected } });
  });

  it('is nothing where the scope is none of ours', () => {
    const none = { type: null, id: null, order_id: null, orderId: null, resource_id: null, customer_id: null };
    expect(changedBy({ scope: 'store/product/updated', data: { ...none, id: '5', address: null } })).toBe(
      'unknown scope',
    );
  });
});

describe('the proof', () => {
  it('is the header secret, and the signature where one comes', () => {
    expect(verdict(withSecret)).toBe('verified');
    expect(verdict({ ...withSecret, ...signed(body) })).toBe('verified');
    expect(verdict({ ...withSecret, ...signed(body, { key: 'another-secret' }) })).toBe(401);
    expect(verdict({ ...withSecret, ...signed(`${body} `) })).toBe(401);
    expect(verdict(signed(body))).toBe(401);
    expect(verdict({ 'x-deskledger-secret': 'another-secret-0123456', ...signed(body) })).toBe(401);
  });

  it('is both where the settings require the signature', () => {
    const required = settingsOf({ signature: 'required' });
    expect(verdict(withSecret, body, required)).toBe(401);
    expect(verdict({ ...withSecret, ...signed(body) }, body, required)).toBe('verified');
  });

  it('is the header secret alone where the signature is off', () => {
    const off = settingsOf({ signature: 'off' });
    expect(verdict({ ...withSecret, ...signed(body, { key: 'another-secret' }) }, body, off)).toBe('verified');
    expect(verdict(signed(body), body, settingsOf({ signature: 'off', webhookHeaderSecret: [] }))).toBe(401);
  });

  it('is the signature where a person made the webhook without our header', () => {
    const bare = settingsOf({ webhookHeaderSecret: [] });
    expect(verdict(signed(body), body, bare)).toBe('verified');
    expect(verdict({ ...withSecret }, body, bare)).toBe(401);
    expect(verdict({ 'x-deskledger-secret': '' }, body, bare)).toBe(401);
  });

  it('takes one of several signatures, and of two header secrets either', () => {
    const { 'webhook-signature': good, ...rest } = signed(body);
    const settings = settingsOf({ webhookHeaderSecret: ['new-secret-0123456789', secret] });
    expect(verdict({ ...withSecret, ...rest, 'webhook-signature': `v1,AAAA v2,x ${good}` }, body, settings)).toBe(
      'verified',
    );
    expect(verdict({ 'x-deskledger-secret': 'new-secret-0123456789' }, body, settings)).toBe('verified');
  });

  it('ends after 24 hours', () => {
    const at = (hours: number) => String(now.getTime() / 1000 + hours * 3600);
    for (const hours of [-23, 23])
      expect(verdict({ ...withSecret, ...signed(body, { at: at(hours) }) })).toBe('verified');
    for (const hours of [-25, 25]) expect(verdict({ ...withSecret, ...signed(body, { at: at(hours) }) })).toBe(401);
    expect(verdict({ ...withSecret, ...signed(body, { at: 'yesterday' }) })).toBe(401);
  });

  it("refuses another store's event, whatever proves it", () => {
    const foreign = body.replace('stores/abc123', 'stores/zzz999');
    expect(verdict({ ...withSecret, ...signed(foreign) }, foreign)).toBe(401);
  });

  it('tells what is no delivery at all from one that lacks its proof', () => {
    expect(verdict({}, 'hello')).toBe(400);
    expect(verdict({}, '')).toBe(400);
    expect(verdict({}, body)).toBe(401);
  });

  it('keeps what is proven and cannot be read', () => {
    for (const text of ['{', '[]', '{"scope":5,"data":{}}', '{"scope":"store/order/updated"}'])
      expect(verdict({ ...withSecret, ...signed(text) }, text)).toBe('unreadable');
  });
});

it('names a delivery by the id it was sent with, else by its bytes', () => {
  const keyOf = (headers: Record<string, string>, text = body) => {
    const read = readDelivery({ headers, body: Buffer.from(text) });
    return read.outcome === 'verified' ? read.delivery.deliveryKey : read.outcome;
  };
  expect(keyOf({ 'webhook-id': 'msg_1' })).toBe('msg_1');
  expect(keyOf({})).toMatch(/^bytes:[0-9a-f]{64}$/);
  expect(keyOf({ 'webhook-id': 'a b' })).toBe(keyOf({}));
  // One hash of the vendor stands on several events: it is no key.
  expect(keyOf({}, body.replace('1772445600', '1772445601'))).not.toBe(keyOf({}));
});

it('proves its own address to itself', () => {
  const test = selfTest(settingsOf({ signature: 'required' }), now);
  expect(test && verdict(test.headers, test.body, settingsOf({ signature: 'required' }))).toBe('verified');
  expect(selfTest(settingsOf({ webhookHeaderSecret: [] }), now)).toBeNull();
});
