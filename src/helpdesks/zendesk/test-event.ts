import { createHmac, randomUUID } from 'node:crypto';
import type { ZendeskSettings } from './settings.ts';

/** An event that concerns no ticket: it is verified, stored and ignored. */
export const testEvent = (): string =>
  JSON.stringify({ type: 'zen:event-type:deskledger.test', id: randomUUID(), detail: {}, event: {} });

/** A delivery as Zendesk would sign it with the connection's own secret; null while there is none. */
export const selfTest = (
  { webhookSecrets: [secret] }: ZendeskSettings,
  now: Date,
): { readonly headers: Readonly<Record<string, string>>; readonly body: string } | null => {
  if (secret === undefined) return null;
  const body = testEvent();
  const timestamp = now.toISOString();
  return {
    headers: {
      'content-type': 'application/json',
      'x-zendesk-webhook-signature-timestamp': timestamp,
      'x-zendesk-webhook-signature': createHmac('sha256', secret).update(timestamp).update(body).digest('base64'),
    },
    body,
  };
};
