import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { dayMs, secondMs } from '../../core/time.ts';
import { bytesKey, keyWord, refused } from '../../platform/delivery.ts';
import { isObject, jsonIn } from '../../platform/http/body.ts';
import { equalText, signedByOneOf } from '../../platform/signature.ts';
import type { Headers } from '../../platform/vendor.ts';
import type { StoreDelivery, StoreVerification } from '../port.ts';
import type { BigcommerceSettings } from './settings.ts';

/** Our own header of every webhook: a secret that the store sends back. */
export const secretHeader = 'x-deskledger-secret';

/** Request headers worth keeping; neither secret is among them. */
export const keptHeaders = ['webhook-id', 'webhook-timestamp', 'content-type', 'user-agent'] as const;

/** Retries carry a time of their own; whatever is older was recorded and sent again. */
const largestAgeMs = dayMs;

const id = z
  .union([z.number().int().positive().transform(String), z.string().regex(/^[1-9]\d{0,14}$/)])
  .nullish()
  .catch(null);

/** What a body may name; which of it is there differs by scope (https://developer.bigcommerce.com/docs/integrations/webhooks/events). */
const dataSchema = z.looseObject({
  type: z.string().nullish().catch(null),
  id,
  order_id: id,
  orderId: id,
  resource_id: id,
  customer_id: id,
  address: z.looseObject({ customer_id: id }).nullish().catch(null),
});
type Data = z.output<typeof dataSchema>;

const envelopeSchema = z.looseObject({
  scope: z.string().regex(keyWord),
  producer: z.string().nullish().catch(null),
  data: dataSchema,
});
type Envelope = z.output<typeof envelopeSchema>;

/** Channels, shipments, payments and carts tell of orders too. */
const ofOrders = /^store\/(?:channel\/\d+\/)?(?:order\/|shipment\/|cart\/converted$)/;
const ofCustomers = /^store\/(?:channel\/\d+\/)?customer\//;
const ofMetafields = /\/metafield\/(?:created|updated|deleted)$/;

const orderIn = (scope: string, { type, id: own, order_id, orderId, resource_id }: Data): string | null => {
  const named = order_id ?? orderId ?? (ofMetafields.test(scope) ? resource_id : null);
  return named ?? (type === 'order' || type == null ? (own ?? null) : null);
};

const customerIn = (scope: string, { type, id: own, customer_id, address, resource_id }: Data): string | null => {
  const named = customer_id ?? address?.customer_id ?? (ofMetafields.test(scope) ? resource_id : null);
  return named ?? (type === 'customer' || type == null ? (own ?? null) : null);
};

/** The order or customer that an event names; null where it should and does not. */
export const changedBy = ({
  scope,
  data,
}: Pick<Envelope, 'scope' | 'data'>): StoreDelivery['changed'] | 'unknown scope' => {
  const [what, externalId] = ofOrders.test(scope)
    ? (['order', orderIn(scope, data)] as const)
    : ofCustomers.test(scope)
      ? (['customer', customerIn(scope, data)] as const)
      : (['order', undefined] as const);
  if (externalId === undefined) return 'unknown scope';
  return externalId === null ? null : { what, externalId };
};

const envelopeIn = (body: Buffer): Envelope | undefined => envelopeSchema.safeParse(jsonIn(body)).data;

/** What the event says, where the body holds one. */
const deliveryOf = (envelope: Envelope | undefined, headers: Headers, body: Buffer): StoreVerification => {
  const unreadable = (reason: string): StoreVerification => ({
    outcome: 'unreadable',
    deliveryKey: bytesKey(body),
    reason,
  });
  if (!envelope) return unreadable('The body is no event of BigCommerce: it lacks a scope or its data.');
  const changed = changedBy(envelope);
  if (changed === null) return unreadable(`The event ${envelope.scope} names neither an order nor a customer.`);
  const sent = headers['webhook-id'];
  return {
    outcome: 'verified',
    delivery: {
      deliveryKey: sent !== undefined && keyWord.test(sent) ? sent : bytesKey(body),
      eventType: envelope.scope,
      changed: changed === 'unknown scope' ? null : changed,
    },
  };
};

/**
 * Reads an event; it has been proven. The body's own `hash` is no key: the documentation shows one for several events. Bytes
 * that are the same tell of the same second, and whatever changed in it is read seconds later.
 */
export const readDelivery = ({
  headers,
  body,
}: {
  readonly headers: Headers;
  readonly body: Buffer;
}): StoreVerification => deliveryOf(envelopeIn(body), headers, body);

/** Why a signature does not hold; null where it does. */
const faultOfSignature = (
  headers: Headers,
  { clientSecret, body, now }: { readonly clientSecret: string; readonly body: Buffer; readonly now: Date },
): string | null => {
  const [messageId = '', timestamp = '', presented = ''] = ['id', 'timestamp', 'signature'].map(
    (part) => headers[`webhook-${part}`],
  );
  // The key is the client secret as it is written: a Standard Webhooks library is handed its base64 and takes that off again.
  const signed = presented
    .split(' ')
    .filter((one) => one.startsWith('v1,'))
    .slice(0, 10)
    .some((one) =>
      signedByOneOf({
        algorithm: 'sha256',
        encoding: 'base64',
        secrets: [clientSecret],
        message: [`${messageId}.${timestamp}.`, body],
        presented: one.slice('v1,'.length),
      }),
    );
  if (!signed)
    return "The signature is wrong; check that clientSecret belongs to the connection's access token, or set signature to off.";
  const sentMs = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) * secondMs : Number.NaN;
  if (!(Math.abs(now.getTime() - sentMs) <= largestAgeMs))
    return 'The delivery was signed more than 24 hours from now; see the clock of this machine.';
  return null;
};

/** Another store's webhook may lead here by mistake; its producer tells. */
const producedBy = ({ producer }: Envelope): string | null => /^stores\/(\S+)$/.exec(producer ?? '')?.[1] ?? null;

/**
 * Checks our header secret, and the signature (https://www.standardwebhooks.com: base64(HMAC-SHA256) over id, time and raw
 * body) as far as the settings ask for it, before anything of the body is believed. Without any secret nothing is taken.
 */
export const verifyDelivery = ({
  settings,
  headers,
  body,
  now,
}: {
  readonly settings: BigcommerceSettings;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly now: Date;
}): StoreVerification => {
  const { webhookHeaderSecret: secrets, signature, clientSecret, storeHash } = settings;
  const presented = headers[secretHeader];
  const isSigned = headers['webhook-signature'] !== undefined;
  if (presented === undefined && !isSigned)
    return isObject(jsonIn(body))
      ? refused(401, 'The headers that prove a BigCommerce webhook are missing.')
      : refused(400, 'This is no delivery of a BigCommerce webhook: nothing proves it and its body is no JSON object.');
  // Every secret is compared, so that a rotation takes no longer than a refusal.
  const matches = secrets.map((secret) => equalText(presented ?? '', secret));
  if (secrets.length > 0 && !matches.includes(true))
    return refused(401, `The header ${secretHeader} is missing or wrong; make the webhooks anew with --remote-setup.`);
  if (!isSigned && (signature === 'required' || secrets.length === 0))
    return refused(401, 'The delivery carries no signature, and the connection asks for one.');
  if (signature === 'off' && secrets.length === 0)
    return refused(401, 'The connection has no header secret and checks no signature; run --remote-setup.');
  if (isSigned && signature !== 'off') {
    const fault = faultOfSignature(headers, { clientSecret, body, now });
    if (fault !== null) return refused(401, fault);
  }
  const envelope = envelopeIn(body);
  const producer = envelope ? producedBy(envelope) : null;
  if (producer !== null && producer !== storeHash)
    return refused(401, 'The event comes from another store than the connection; delete that webhook there.');
  return deliveryOf(envelope, headers, body);
};

/** A delivery of no order, proven as the store would prove it. */
export const selfTest = (
  { storeHash, webhookHeaderSecret: [secret], clientSecret }: BigcommerceSettings,
  now: Date,
): { readonly headers: Record<string, string>; readonly body: string } | null => {
  if (secret === undefined) return null;
  const seconds = Math.floor(now.getTime() / secondMs);
  const messageId = `deskledger-test-${now.getTime()}`;
  const body = JSON.stringify({ scope: 'store/deskledger/test', data: {}, producer: `stores/${storeHash}` });
  const signature = createHmac('sha256', clientSecret).update(`${messageId}.${seconds}.${body}`).digest('base64');
  return {
    headers: {
      'content-type': 'application/json',
      [secretHeader]: secret,
      'webhook-id': messageId,
      'webhook-timestamp': String(seconds),
      'webhook-signature': `v1,${signature}`,
    },
    body,
  };
};
