import { z } from 'zod';
import { dayMs } from '../../core/time.ts';
import { bytesKey, headerOf, isTimely, keyWord, refused } from '../../platform/delivery.ts';
import { isObject, jsonIn } from '../../platform/http/body.ts';
import { signedByOneOf } from '../../platform/signature.ts';
import type { DeliveryInput, Verification } from '../port.ts';
import type { ZendeskSettings } from './settings.ts';
import { isSettled, urgencyOf } from './urgency.ts';

/** Zendesk names no replay window and retries may carry an old timestamp; the delivery key stops replays within it. */
const largestSkewMs = dayMs;

const eventPrefix = 'zen:event-type:';

/** Request headers worth keeping; the signature is not among them. */
export const keptHeaders = [
  'x-zendesk-account-id',
  'x-zendesk-webhook-id',
  'x-zendesk-webhook-invocation-id',
  'x-zendesk-webhook-signature-timestamp',
  'content-type',
  'user-agent',
] as const;

const word = z.string().regex(keyWord);
const ticketId = z
  .union([
    z
      .string()
      .trim()
      .regex(/^[1-9]\d{0,19}$/),
    z.int().positive(),
  ])
  .transform(String);
const userId = z.union([z.string(), z.number()]).transform(String);
const words = z.array(z.string()).nullable().catch(null);
const status = z.string().nullable().catch(null);

const eventSchema = z.object({
  id: word,
  type: word,
  subject: z.string().optional().catch(undefined),
  detail: z
    .object({ id: ticketId.optional().catch(undefined), actor_id: userId.nullable().catch(null), status })
    .catch({ actor_id: null, status: null }),
  event: z
    .object({
      current: z.unknown().optional(),
      custom_field: z.object({ id: userId }).nullable().catch(null),
      tags_added: words,
      tags_removed: words,
    })
    .catch({ current: null, custom_field: null, tags_added: null, tags_removed: null }),
});

/** The body that our documentation asks of a trigger: ids and enums alone, for Zendesk inserts placeholders without escaping. */
const triggerSchema = z.object({
  ticket_id: ticketId.optional().catch(undefined),
  id: ticketId.optional().catch(undefined),
  ticket: z
    .object({ id: ticketId.optional().catch(undefined), updated_at: status, status })
    .optional()
    .catch(undefined),
  updated_at: status,
  status,
  current_user_id: userId.nullable().catch(null),
  actor_id: userId.nullable().catch(null),
});

/** An event of an event-subscribed webhook. Null: it cannot be read. */
const readEvent = (json: object, settings: ZendeskSettings, apiUserId: string | null): Verification | null => {
  const parsed = eventSchema.safeParse(json);
  if (!parsed.success) return null;
  const { id, type, subject, detail, event } = parsed.data;
  const urgency = urgencyOf(
    {
      type: type.slice(eventPrefix.length),
      actorId: detail.actor_id,
      status: type.endsWith('.status_changed') && typeof event.current === 'string' ? event.current : detail.status,
      fieldId: event.custom_field?.id ?? null,
      changedTags:
        event.tags_added || event.tags_removed ? [...(event.tags_added ?? []), ...(event.tags_removed ?? [])] : null,
    },
    settings,
    apiUserId,
  );
  if (urgency === null)
    return {
      outcome: 'verified',
      delivery: { deliveryKey: id, eventType: type, ticketExternalId: null, urgency: 'ignore' },
    };
  const ticketExternalId = /^zen:ticket:([1-9]\d{0,19})$/.exec(subject ?? '')?.[1] ?? detail.id;
  return ticketExternalId
    ? { outcome: 'verified', delivery: { deliveryKey: id, eventType: type, ticketExternalId, urgency } }
    : null;
};

/** A request of a trigger-connected webhook. Null: it names no ticket. */
const readTrigger = (json: object, invocationId: string, apiUserId: string | null): Verification | null => {
  const parsed = triggerSchema.safeParse(json);
  const data = parsed.data;
  const ticketExternalId = data?.ticket_id ?? data?.ticket?.id ?? data?.id;
  if (!data || !ticketExternalId) return null;
  const updatedAt = (data.updated_at ?? data.ticket?.updated_at ?? '').replaceAll(/[^\x20-\x7e]/g, '').slice(0, 64);
  const isEcho = apiUserId !== null && (data.current_user_id ?? data.actor_id) === apiUserId;
  return {
    outcome: 'verified',
    delivery: {
      deliveryKey: `trigger:${invocationId}:${ticketExternalId}:${updatedAt}`,
      eventType: 'trigger',
      ticketExternalId,
      urgency: isEcho
        ? 'if unknown'
        : isSettled(data.status ?? data.ticket?.status ?? null)
          ? 'now with audits'
          : 'now',
    },
  };
};

/** Reads either kind of webhook (https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/); its signature has been checked. */
export const readDelivery = (input: DeliveryInput<ZendeskSettings>): Verification => {
  const { settings, apiUserId, headers, body } = input;
  const ownKey = () => bytesKey(headerOf(headers, 'x-zendesk-webhook-signature-timestamp') ?? '', body);
  // Numbers too large for JavaScript lose digits; none that we read is one.
  const json = jsonIn(body);
  const unreadable = (reason: string): Verification => ({
    outcome: 'unreadable',
    deliveryKey: ownKey(),
    reason,
  });
  if (!isObject(json)) return unreadable('The body is no JSON object.');
  if ('type' in json && typeof json.type === 'string' && json.type.startsWith(eventPrefix))
    return readEvent(json, settings, apiUserId) ?? unreadable('The event has no id, or names no ticket.');
  const invocationId = word.safeParse(headerOf(headers, 'x-zendesk-webhook-invocation-id')).data ?? ownKey();
  return (
    readTrigger(json, invocationId, apiUserId) ??
    unreadable('The body is no event and names no ticket: write "ticket_id" into the body of the trigger.')
  );
};

/**
 * Checks base64(HMAC-SHA256(secret, timestamp + raw body)) before anything of the body is believed, then reads it
 * (https://developer.zendesk.com/documentation/webhooks/verifying/). An older page showed body + timestamp: wrong.
 */
export const verifyDelivery = (input: DeliveryInput<ZendeskSettings> & { readonly now: Date }): Verification => {
  const { settings, headers, body, now } = input;
  const presented = headerOf(headers, 'x-zendesk-webhook-signature');
  const timestamp = headerOf(headers, 'x-zendesk-webhook-signature-timestamp');
  if (!presented || !timestamp)
    return isObject(jsonIn(body))
      ? refused(401, 'The signature headers of a Zendesk webhook are missing.')
      : refused(400, 'This is no delivery of a Zendesk webhook: it is not signed and its body is no JSON object.');
  if (settings.webhookSecrets.length === 0)
    return refused(401, "The connection has no webhook secret yet; set the webhook's signing secret.");
  if (
    !signedByOneOf({
      algorithm: 'sha256',
      encoding: 'base64',
      secrets: settings.webhookSecrets,
      message: [timestamp, body],
      presented,
    })
  )
    return refused(401, "The signature is wrong; check that the connection has this webhook's signing secret.", {
      header: 'x-zendesk-account-id',
    });
  if (!isTimely(timestamp, now, largestSkewMs))
    return refused(401, 'The timestamp of the signature is more than 24 hours off, or no ISO 8601 instant.');
  return readDelivery(input);
};
