import { createHash } from 'node:crypto';
import { minuteMs } from '../../core/time.ts';
import { headerOf, refused } from '../../platform/delivery.ts';
import { isObject, jsonIn } from '../../platform/http/body.ts';
import { equalText } from '../../platform/signature.ts';
import type { DeliveryInput, Headers, Verification, VerifiedDelivery } from '../port.ts';
import { instantOf } from './schema.ts';
import { type GorgiasSettings, secretsOf } from './settings.ts';

/** The header of our HTTP integration that carries the secret; Gorgias signs nothing itself. */
export const secretHeader = 'x-deskledger-secret';

/** Request headers worth keeping; the secret is not among them. */
export const keptHeaders = ['content-type', 'user-agent', 'x-request-id'] as const;

/** A message this long after its ticket's creation is not what the ticket came with. */
const openingMs = 2 * minuteMs;

/** What Gorgias fills in for us: ids, dates and states alone, so that no customer's words reach our storage. */
export const deliveryForm = {
  account: '{{ticket.account.domain}}',
  ticket_id: '{{ticket.id}}',
  ticket_status: '{{ticket.status}}',
  ticket_created_datetime: '{{ticket.created_datetime}}',
  ticket_updated_datetime: '{{ticket.updated_datetime}}',
  message_id: '{{message.id}}',
} as const;

type Fields = Readonly<Record<string, unknown>>;

/** JSON, else a form's pairs; undefined where the bytes are neither. */
const fieldsIn = (body: Buffer, contentType: string): Fields | undefined => {
  const text = body.toString('utf8').trim();
  if (text === '') return undefined;
  if (contentType.includes('x-www-form-urlencoded') && !text.startsWith('{'))
    return Object.fromEntries(new URLSearchParams(text));
  const json = jsonIn(text);
  return isObject(json) ? json : undefined;
};

/** Templates arrive as Python writes them: "None" or "" for nothing, "True" and "False"; a placeholder left unfilled is nothing. */
const textOf = (value: unknown): string | null => {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return null;
  const text = value.trim();
  return text === '' || /^(?:none|null|undefined)$/i.test(text) || text.includes('{{') ? null : text;
};
const idOf = (value: unknown): string | null => {
  const text = textOf(isObject(value) ? value.id : value);
  return text !== null && /^[1-9]\d{0,19}$/.test(text) ? text : null;
};
const flagOf = (value: unknown): boolean => /^(?:true|1|yes)$/i.test(textOf(value) ?? '');
const dateOf = (value: unknown): Date | null => instantOf(textOf(value) ?? '') ?? null;

interface Event {
  readonly account: string | null;
  readonly ticketId: string | null;
  readonly status: string | null;
  readonly settled: boolean;
  readonly createdAt: Date | null;
  readonly updated: string | null;
  readonly messageId: string | null;
  readonly messageAt: Date | null;
  /** Names itself only in the envelope that some accounts send without a form. */
  readonly type: string | null;
  readonly ofTicket: boolean;
  readonly userId: string | null;
}

/** One of the three bodies (a form's pairs, the whole context, neither) or the envelope with `object_type`. */
const eventIn = (json: Fields): Event => {
  const envelope = isObject(json.data) ? json.data : {};
  const nested = isObject(json.ticket) ? json.ticket : isObject(envelope.ticket) ? envelope.ticket : null;
  const message = isObject(json.message) ? json.message : null;
  const objectType = textOf(json.object_type);
  const ofTicket = objectType === null || objectType.toLowerCase() === 'ticket';
  const account = isObject(nested?.account) ? nested.account.domain : (json.account ?? json.account_domain);
  const status = textOf(nested?.status ?? json.ticket_status ?? json.status);
  const updated = textOf(
    nested?.updated_datetime ?? json.ticket_updated_datetime ?? json.updated_datetime ?? json.created_datetime,
  );
  const trashed = textOf(nested?.trashed_datetime ?? json.ticket_trashed_datetime) !== null;
  const type = objectType === null ? null : textOf(json.type);
  return {
    account: textOf(account),
    ticketId:
      idOf(nested) ??
      idOf(json.ticket_id) ??
      idOf(json.ticketId) ??
      idOf(json['ticket.id']) ??
      idOf(json.ticket) ??
      (ofTicket ? (idOf(json.object_id) ?? (objectType === null ? idOf(json.id) : null)) : null),
    status,
    settled: status?.toLowerCase() === 'closed' || type === 'ticket-closed' || trashed || flagOf(nested?.spam),
    createdAt: dateOf(nested?.created_datetime ?? json.ticket_created_datetime),
    updated,
    messageId: idOf(message) ?? idOf(json.message_id),
    messageAt: dateOf(message?.created_datetime ?? json.message_created_datetime ?? updated),
    type: type !== null && /^[\x21-\x7e]{1,64}$/.test(type) ? type : null,
    ofTicket,
    userId: idOf(json.user_id),
  };
};

/** All that our own writes cause, where an event names itself; others look like anybody's. */
const echoes: ReadonlySet<string> = new Set(['ticket-tags-added', 'ticket-tags-removed']);

const urgencyOf = (event: Event, apiUserId: string | null): VerifiedDelivery['urgency'] => {
  const { type, userId, messageId, messageAt, createdAt } = event;
  if (apiUserId !== null && userId === apiUserId && type !== null && echoes.has(type)) return 'ignore';
  if (event.settled || type === 'ticket-merged') return 'now with audits';
  if (type !== null && echoes.has(type)) return 'now with audits';
  // A further message changes neither the order nor the partner; the update that comes with it tells of all else.
  const opening = !createdAt || !messageAt || messageAt.getTime() - createdAt.getTime() <= openingMs;
  return messageId !== null && !opening ? 'later' : 'now';
};

const keyOf = (kind: string, parts: readonly (string | Buffer)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return `${kind}:${hash.digest('hex')}`;
};

const domainOf = (account: string): string =>
  account
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\.gorgias\..*$/, '');

/** Reads a delivery whose secret has been checked. Gorgias gives it no id: the key is made of what tells the event from others. */
export const readDelivery = (input: DeliveryInput<GorgiasSettings>): Verification => {
  const { settings, apiUserId, headers, body } = input;
  const unreadable = (reason: string): Verification => ({
    outcome: 'unreadable',
    deliveryKey: keyOf('bytes', [body]),
    reason,
  });
  const json = fieldsIn(body, headerOf(headers, 'content-type')?.toLowerCase() ?? '');
  if (json === undefined)
    return unreadable(
      'The body holds neither a JSON object nor a form: give the HTTP integration a request body with "ticket_id".',
    );
  const event = eventIn(json);
  if (event.account !== null && domainOf(event.account) !== settings.account)
    return unreadable(
      `The delivery is of another Gorgias account than "${settings.account}": its HTTP integration carries our address and secret by mistake.`,
    );
  if (event.ticketId === null) {
    if (!event.ofTicket && event.type !== null)
      return {
        outcome: 'verified',
        delivery: {
          deliveryKey: keyOf('bytes', [body]),
          eventType: event.type,
          ticketExternalId: null,
          urgency: 'ignore',
        },
      };
    return unreadable(
      'The body names no ticket: write "ticket_id": "{{ticket.id}}" into the body of the HTTP integration.',
    );
  }
  const { ticketId, updated, messageId, status, type } = event;
  const told = updated !== null || messageId !== null;
  return {
    outcome: 'verified',
    delivery: {
      deliveryKey: told
        ? keyOf('event', [ticketId, updated ?? '', messageId ?? '', status ?? '', type ?? ''])
        : keyOf('bytes', [body]),
      eventType: type ?? (messageId === null ? 'ticket' : 'message'),
      ticketExternalId: ticketId,
      urgency: urgencyOf(event, apiUserId),
    },
  };
};

/** Digests are of one length, so that comparing tells nothing of the secret's. */
const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Whether the request carries a secret of the connection. */
export const presentsSecret = (headers: Headers, settings: GorgiasSettings): boolean => {
  const presented = headerOf(headers, secretHeader);
  if (!presented) return false;
  const digest = digestOf(presented);
  let known = false;
  for (const secret of secretsOf(settings)) if (equalText(digest, digestOf(secret))) known = true;
  return known;
};

/**
 * Checks the secret that our HTTP integration sends in a header before anything of the body is believed, then reads it.
 * Gorgias signs no delivery (no header was ever seen with `hmac_secret` set), and tells no time of sending.
 */
export const verifyDelivery = (input: DeliveryInput<GorgiasSettings> & { readonly now: Date }): Verification => {
  const { settings, headers, body } = input;
  const presented = headerOf(headers, secretHeader);
  const isOfTheForm = () => fieldsIn(body, headerOf(headers, 'content-type')?.toLowerCase() ?? '') !== undefined;
  if (!presented)
    return isOfTheForm()
      ? refused(401, `The header ${secretHeader} of our HTTP integration is missing.`)
      : refused(
          400,
          'This is no delivery of our HTTP integration: it carries no secret and its body is neither JSON nor a form.',
        );
  if (secretsOf(settings).length === 0)
    return refused(
      401,
      'The connection has no webhook secret yet; have connect make the HTTP integration, or set webhookSecret.',
    );
  if (!presentsSecret(headers, settings))
    return refused(
      401,
      `The secret in ${secretHeader} is wrong; check that integration and connection have the same.`,
      isOfTheForm() ? {} : undefined,
    );
  return readDelivery(input);
};
