import { z } from 'zod';
import { dayMs } from '../../core/time.ts';
import { bytesKey, headerOf, isTimely, keyWord, refused } from '../../platform/delivery.ts';
import { isObject, jsonIn } from '../../platform/http/body.ts';
import { signedByOneOf } from '../../platform/signature.ts';
import type { DeliveryInput, Verification } from '../port.ts';
import { idSchema, reference } from './schema.ts';
import type { KustomerSettings } from './settings.ts';
import { urgencyOf } from './urgency.ts';

/** Retries end after some 64 minutes; the delivery key stops replays within this. */
const largestAgeMs = dayMs;

const eventPrefix = 'kustomer.';

/** Request headers worth keeping; the signature is not among them. */
export const keptHeaders = ['x-kustomer-webhook-event', 'content-type', 'user-agent'] as const;

const word = z.string().regex(keyWord);
const text = z.string().nullish().catch(null);
const record = z.record(z.string(), z.unknown()).nullish().catch(null);

/** The event envelope (https://developer.kustomer.com/docs/events); of the resource only what bears on the pull is read. */
const envelopeSchema = z.object({
  id: word,
  name: word,
  org: text,
  createdAt: text,
  dataId: idSchema.nullish().catch(null),
  data: z
    .object({
      id: idSchema.nullish().catch(null),
      attributes: z.object({ status: text, directionType: text }).nullish().catch(null),
      relationships: z.object({ conversation: reference, modifiedBy: reference }).nullish().catch(null),
    })
    .nullish()
    .catch(null),
  changes: z.object({ attributes: record, relationships: record }).nullish().catch(null),
});
type Envelope = z.output<typeof envelopeSchema>;

const entriesOf = (value: unknown): ReadonlyMap<string, unknown> =>
  new Map(isObject(value) ? Object.entries(value) : []);

/** Names of what changed; of `custom`, whose change holds all of its attributes, those that differ. */
const changedIn = ({ changes }: Envelope): readonly string[] | null => {
  if (!changes) return null;
  const attributes = Object.entries(changes.attributes ?? {}).flatMap(([name, change]) => {
    if (name !== 'custom') return [name];
    const [before, after] = ['before', 'after'].map((side) => entriesOf(entriesOf(change).get(side)));
    const keys = new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])]);
    return [...keys]
      .filter((key) => JSON.stringify(before?.get(key) ?? null) !== JSON.stringify(after?.get(key) ?? null))
      .map((key) => `custom.${key}`);
  });
  return [...attributes, ...Object.keys(changes.relationships ?? {})];
};

const envelopeIn = (body: Buffer): Envelope | undefined => envelopeSchema.safeParse(jsonIn(body)).data;

/** What the event says; undefined: the body holds none. */
const deliveryOf = (
  envelope: Envelope | undefined,
  input: Omit<DeliveryInput<KustomerSettings>, 'headers'>,
): Verification => {
  const { settings, apiUserId, body } = input;
  const unreadable = (reason: string): Verification => ({
    outcome: 'unreadable',
    deliveryKey: bytesKey(body),
    reason,
  });
  if (!envelope) return unreadable('The body is no event of Kustomer: it lacks an id or a name.');
  const { id, name, data, dataId } = envelope;
  const type = name.startsWith(eventPrefix) ? name.slice(eventPrefix.length) : name;
  const delivery = { deliveryKey: id, eventType: name };
  const urgency = urgencyOf(
    {
      type,
      modifiedBy: data?.relationships?.modifiedBy?.id ?? null,
      status: data?.attributes?.status?.toLowerCase() ?? null,
      directionType: data?.attributes?.directionType ?? null,
      changed: changedIn(envelope),
    },
    settings,
    apiUserId,
  );
  if (urgency === null)
    return { outcome: 'verified', delivery: { ...delivery, ticketExternalId: null, urgency: 'ignore' } };
  const ticketExternalId = type.startsWith('message.')
    ? data?.relationships?.conversation?.id
    : (data?.id ?? dataId ?? undefined);
  return ticketExternalId
    ? { outcome: 'verified', delivery: { ...delivery, ticketExternalId, urgency } }
    : unreadable('The event names no conversation.');
};

/** Reads an event; its signature has been checked. */
export const readDelivery = (input: DeliveryInput<KustomerSettings>): Verification =>
  deliveryOf(envelopeIn(input.body), input);

/**
 * Checks hex(HMAC-SHA256(token, raw body)) before anything of the body is believed
 * (https://developer.kustomer.com/docs/events/delivery-and-retries). The signature holds no time of its own: the event's
 * signed `createdAt` tells its age, its id stops replays.
 */
export const verifyDelivery = (input: DeliveryInput<KustomerSettings> & { readonly now: Date }): Verification => {
  const { settings, headers, body, now } = input;
  const presented = headerOf(headers, 'x-kustomer-webhook-signature');
  if (!presented)
    return isObject(jsonIn(body))
      ? refused(401, 'The signature header of a Kustomer webhook is missing.')
      : refused(400, 'This is no delivery of a Kustomer webhook: it is not signed and its body is no JSON object.');
  if (settings.webhookToken.length === 0)
    return refused(401, "The connection has no webhook token yet; set the webhook's token.");
  const signed = signedByOneOf({
    algorithm: 'sha256',
    encoding: 'hex',
    secrets: settings.webhookToken,
    message: [body],
    presented,
  });
  if (!signed) return refused(401, "The signature is wrong; check that the connection has this webhook's token.", {});
  const envelope = envelopeIn(body);
  if (envelope) {
    if (settings.orgId && envelope.org && envelope.org !== settings.orgId)
      return refused(
        401,
        'The event comes from another organisation than the connection; delete that webhook there.',
        {},
      );
    if (!isTimely(envelope.createdAt ?? '', now, largestAgeMs))
      return refused(401, 'The event was created more than 24 hours from now, or tells no ISO 8601 instant.');
  }
  return deliveryOf(envelope, input);
};
