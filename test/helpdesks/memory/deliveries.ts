import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { dayMs } from '../../../src/core/time.ts';
import type { Headers, HelpdeskAdapter, Verification } from '../../../src/helpdesks/port.ts';
import { bytesKey, keyWord, refused } from '../../../src/platform/delivery.ts';
import { jsonIn } from '../../../src/platform/http/body.ts';
import { signedByOneOf } from '../../../src/platform/signature.ts';
import type { Settings } from './settings.ts';

export const keptHeaders = ['content-type'] as const;

/** How deliveries are signed. */
export const signatureOf = (body: string | Buffer, secret: string, at: Date): Record<string, string> => {
  const sent = at.toISOString();
  return {
    'content-type': 'application/json',
    'x-sent-at': sent,
    'x-signature': createHmac('sha256', secret).update(sent).update(body).digest('hex'),
  };
};

const eventSchema = z.object({
  id: z.string().regex(keyWord),
  type: z.string().regex(keyWord),
  ticket: z.string().nullish(),
  by: z.string().nullish(),
});

export const readDelivery = ({
  apiUserId,
  body,
}: {
  readonly settings: Settings;
  readonly apiUserId: string | null;
  readonly headers: Headers;
  readonly body: Buffer;
}): Verification => {
  const event = eventSchema.safeParse(jsonIn(body)).data;
  if (!event)
    return {
      outcome: 'unreadable',
      deliveryKey: bytesKey(body),
      reason: 'The body is no event.',
    };
  const { id, type, ticket, by } = event;
  const isEcho = apiUserId !== null && by === apiUserId;
  const urgency = !ticket || isEcho ? 'ignore' : type === 'ticket.solved' ? 'now with audits' : 'now';
  return {
    outcome: 'verified',
    delivery: { deliveryKey: id, eventType: type, ticketExternalId: ticket ?? null, urgency },
  };
};

export const verifyDelivery: HelpdeskAdapter['verifyDelivery'] = (input) => {
  const { headers, body, now } = input;
  const settings = input.settings as Settings;
  const [presented, sent] = [headers['x-signature'], headers['x-sent-at']];
  if (!presented || !sent) return refused(401, 'The signature of the webhook is missing.');
  if (settings.webhookSecrets.length === 0)
    return refused(401, 'The connection has no webhook secret yet; set that of the webhook.');
  const message = [sent, body];
  const { webhookSecrets: secrets } = settings;
  if (!signedByOneOf({ algorithm: 'sha256', encoding: 'hex', secrets, message, presented }))
    return refused(401, "The signature is wrong; check that the connection has the webhook's secret.", {});
  if (!(Math.abs(now.getTime() - Date.parse(sent)) <= dayMs))
    return refused(401, 'The delivery was sent more than 24 hours from now.');
  return readDelivery({ ...input, settings });
};

export const selfTest = ({ webhookSecrets: [secret] }: Settings, now: Date) => {
  const body = JSON.stringify({ id: `test-${now.getTime()}`, type: 'test' });
  return secret === undefined ? null : { headers: signatureOf(body, secret, now), body };
};
