import { z } from 'zod';

const text = z.string().trim().min(1, 'is empty');

/** What `deskledger connect bigcommerce --settings FILE.json` reads. */
export const bigcommerceSettings = z.object({
  name: text.meta({ title: 'Name', description: 'What the connection is called here.' }),
  /** The part after /stores/ in the API path of the store's control panel. */
  storeHash: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9_-]{1,40}$/, 'is the short code after /stores/ in the API path: letters and digits alone')
    .meta({
      title: 'Store hash',
      description: 'The code after /stores/ in the API path of the API account.',
      identifies: true,
    }),
  /** Access token of a store-level API account with read-only scopes for orders and customers. */
  accessToken: text.meta({
    title: 'Access token',
    description: 'Of a store-level API account with read-only scopes for orders and customers.',
  }),
  clientId: text.meta({ title: 'Client ID', description: 'Shown with the access token.' }),
  /** Signs the store's webhooks. */
  clientSecret: text.meta({
    title: 'Client secret',
    description: 'Shown with the access token.',
  }),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .optional()
    .meta({
      title: 'Address',
      description: "Another address than the vendor's, for tests; needs `ALLOW_PRIVATE_UPSTREAMS`.",
    }),
  /** Sent back by the store in a header of every webhook, beside the signature. */
  webhookHeaderSecret: z.string().min(16, 'needs at least 16 characters').optional().meta({
    title: 'Header secret',
    description: 'Sent back by the store in a header of every webhook.',
  }),
});

export type BigcommerceSettings = z.output<typeof bigcommerceSettings>;

export const bigcommerceSecretKeys = ['accessToken', 'clientSecret', 'webhookHeaderSecret'] as const;
