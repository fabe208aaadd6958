import { createHmac, randomUUID } from 'node:crypto';
import type { KustomerSettings } from './settings.ts';

/** A delivery as Kustomer would sign it with the connection's own token, of no conversation; null while there is no token. */
export const selfTest = (
  { webhookToken: [token] }: KustomerSettings,
  now: Date,
): { readonly headers: Readonly<Record<string, string>>; readonly body: string } | null => {
  if (token === undefined) return null;
  const name = 'deskledger.test';
  const body = JSON.stringify({ id: randomUUID(), name, createdAt: now.toISOString() });
  return {
    headers: {
      'content-type': 'application/json',
      'x-kustomer-webhook-event': name,
      'x-kustomer-webhook-signature': createHmac('sha256', token).update(body).digest('hex'),
    },
    body,
  };
};
