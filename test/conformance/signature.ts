import { createHmac } from 'node:crypto';

/** How the deliveries of both adapters in memory are signed. */
export const signatureOf = (body: string | Buffer, secret: string, at: Date): Record<string, string> => {
  const sent = at.toISOString();
  return {
    'content-type': 'application/json',
    'x-sent-at': sent,
    'x-signature': createHmac('sha256', secret).update(sent).update(body).digest('hex'),
  };
};
