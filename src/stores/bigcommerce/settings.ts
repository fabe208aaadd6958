import { z } from 'zod';

const text = z.string().trim().min(1, 'is empty');

/** What `deskledger connect bigcommerce --settings FILE.json` reads. */
export const bigcommerceSettings = z.object({
  name: text,
  /** The part after /stores/ in the API path of the store's control panel. */
  storeHash: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9_-]{1,40}$/, 'is the short code after /stores/ in the API path: letters and digits alone'),
  /** Access token of a store-level API account with read-only scopes for orders and customers. */
  accessToken: text,
  clientId: text,
  /** Signs the store's webhooks. */
  clientSecret: text,
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** Sent back by the store in a header of every webhook, beside the signature. */
  webhookHeaderSecret: z.string().min(16, 'needs at least 16 characters').optional(),
});

export type BigcommerceSettings = z.output<typeof bigcommerceSettings>;

export const bigcommerceSecretKeys = ['accessToken', 'clientSecret', 'webhookHeaderSecret'] as const;
