import { z } from 'zod';
import { accountName, commonSettings } from '../settings.ts';

/** Names of custom attributes as the API has them; the end tells the type (https://developer.kustomer.com/docs/concepts/custom-attributes). */
const attribute = z
  .string()
  .trim()
  .regex(
    /^[A-Za-z][A-Za-z0-9_-]{0,80}(Str|Txt|Tree|Num|Id|Url)$/,
    'write the name as the API has it, its type at the end: "orderNumberStr"',
  );

const textAttribute = z
  .string()
  .trim()
  .regex(
    /^[A-Za-z][A-Za-z0-9_-]{0,80}(Str|Txt|Tree)$/,
    'write the name of a text attribute as the API has it, its type at the end: "partnerStr"',
  );

const token = z.string().trim().min(1, 'is empty; copy the token that Kustomer shows for the webhook');

export const settingsSchema = z.object({
  ...commonSettings,
  org: accountName('Organisation', 'kustomerapp.com'),
  /** Of a key of our own: what its machine user changes counts as ours. */
  apiKey: z.string().trim().min(1, 'is empty').meta({
    title: 'API key',
    description: 'Settings > Security > API keys; best a key of its own, for what it changes counts as ours.',
  }),
  /** Two during a rotation; "" or none until the webhook exists, and nothing is accepted until then. */
  webhookToken: z
    .union([z.literal('').transform(() => []), token.transform((one) => [one]), z.array(token).max(10)])
    .default([])
    .meta({
      title: 'Webhook token',
      description: 'Of the webhook; set when we make it. A list of two during a rotation.',
    }),
  /** The organisation's id: deliveries of another one are refused. Set when the webhook is made. */
  orgId: z
    .string()
    .trim()
    .regex(/^[\w-]{1,64}$/)
    .optional()
    .meta({
      title: "Organisation's id",
      description: 'Deliveries of another organisation are refused; set when the webhook is made.',
    }),
  /** Custom attributes of the conversation. */
  orderNumberFieldId: attribute.optional().meta({
    title: 'Attribute of the order number',
    description: 'Conversation attribute that holds an order number, e.g. "orderNumberStr".',
  }),
  partnerFieldId: textAttribute.optional().meta({
    title: 'Attribute of the partner',
    description: 'Conversation attribute by which people correct the partner, e.g. "partnerStr"; `--fields` makes one.',
  }),
  regionFieldId: textAttribute.optional().meta({
    title: 'Attribute of the region',
    description: 'Conversation attribute by which people correct the region, e.g. "regionStr"; `--fields` makes one.',
  }),
  reasonFieldId: attribute.optional().meta({
    title: 'Attribute of the reason',
    description: 'Conversation attribute of the contact reason, e.g. "reasonStr"; `--fields` makes one.',
  }),
  /** Which of Kustomer's two handle timers counts; absent: v2, or v1 where the account has no v2. */
  timesVersion: z.enum(['v1', 'v2']).optional().meta({
    title: 'Handle timer',
    description: 'Which of the two handle timers counts, "v1" or "v2"; without it v2, or v1 where there is no v2.',
  }),
});

export type KustomerSettings = z.output<typeof settingsSchema>;
