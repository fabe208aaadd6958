import { z } from 'zod';
import { commonStoreSettings } from '../settings.ts';

const text = z.string().trim().min(1, 'is empty');
const headerSecret = z
  .string()
  .regex(/^[\x21-\x7e]{16,200}$/, 'needs 16 to 200 characters, printable and without spaces');

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
  accessToken: text.meta({
    title: 'Access token',
    description:
      'Of a store-level API account with read-only scopes for orders and customers, and for products where a mapping rule reads them.',
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
  /** Sent back by the store in a header of every webhook, beside the signature. Two during a rotation. */
  webhookHeaderSecret: z
    .union([headerSecret.transform((one) => [one]), z.array(headerSecret).max(3)])
    .default([])
    .meta({
      title: 'Header secret',
      description: 'Sent back by the store in a header of every webhook; set when we make the webhooks.',
    }),
  /**
   * The vendor's page shows no sample of its signature's headers, so that what comes without them is taken by the header
   * secret alone, until somebody who has seen them come says `required`.
   */
  signature: z.enum(['required', 'checked', 'off']).default('checked').meta({
    title: 'Signature',
    description:
      '"required": webhooks without a signature are refused; "checked": those with a wrong one are; "off": the header secret alone proves them.',
  }),
  ...commonStoreSettings,
});

export type BigcommerceSettings = z.output<typeof bigcommerceSettings>;

export const bigcommerceSecretKeys = ['accessToken', 'clientSecret', 'webhookHeaderSecret'] as const;
