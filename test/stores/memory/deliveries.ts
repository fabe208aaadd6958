import { z } from 'zod';
import { dayMs } from '../../../src/core/time.ts';
import { bytesKey, keyWord, refused } from '../../../src/platform/delivery.ts';
import { jsonIn } from '../../../src/platform/http/body.ts';
import { signedByOneOf } from '../../../src/platform/signature.ts';
import type { Headers } from '../../../src/platform/vendor.ts';
import type { StoreVerification } from '../../../src/stores/port.ts';
import { signatureOf } from '../../helpdesks/memory/deliveries.ts';
import type { MemorySettings } from './index.ts';

export const keptHeaders = ['x-sent-at', 'content-type'] as const;

const id = z.string().regex(/^\d{1,9}$/);
const event = z.object({
  event: z.string().regex(keyWord),
  type: z.string().regex(keyWord),
  shop: z.string(),
  order: id.optional(),
  refund: z.object({ order: id }).optional(),
  field: z.object({ of: z.string().regex(/^order\/\d+$/) }).optional(),
  customer: id.optional(),
});

export const readDelivery = ({ body }: { readonly body: Buffer }): StoreVerification => {
  const { data } = event.safeParse(jsonIn(body));
  if (!data) return { outcome: 'unreadable', deliveryKey: bytesKey(body), reason: 'The body is no event of the shop.' };
  const order = data.order ?? data.refund?.order ?? data.field?.of.slice('order/'.length);
  const changed = order
    ? { what: 'order' as const, externalId: order }
    : data.customer
      ? { what: 'customer' as const, externalId: data.customer }
      : null;
  return { outcome: 'verified', delivery: { deliveryKey: data.event, eventType: data.type, changed } };
};

export const verifyDelivery = (input: {
  readonly settings: MemorySettings;
  readonly headers: Headers;
  readonly body: Buffer;
  readonly now: Date;
}): StoreVerification => {
  const { settings, headers, body, now } = input;
  const { 'x-signature': presented = '', 'x-sent-at': sent = '' } = headers;
  const secrets = settings.webhookSecrets;
  const signed =
    secrets.length > 0 &&
    signedByOneOf({ algorithm: 'sha256', encoding: 'hex', secrets, message: [sent, body], presented });
  if (!signed) return refused(401, 'The signature is wrong or missing.');
  if (!(Math.abs(now.getTime() - Date.parse(sent)) <= dayMs)) return refused(401, 'The delivery is of another day.');
  const { data } = event.safeParse(jsonIn(body));
  if (data && data.shop !== settings.shop) return refused(401, 'The delivery is of another shop.');
  return readDelivery({ body });
};

export const selfTest = ({ webhookSecrets: [secret], shop }: MemorySettings, now: Date) => {
  if (!secret) return null;
  const body = JSON.stringify({ event: `test-${now.getTime()}`, type: 'test', shop });
  return { headers: signatureOf(body, secret, now), body };
};
