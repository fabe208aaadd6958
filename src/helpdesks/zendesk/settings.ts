import { z } from 'zod';
import { accountName, commonSettings, fieldId, ticketFieldSettings } from '../settings.ts';

/**
 * The secret that Zendesk's documentation publishes for test requests of webhooks that do not exist yet
 * (https://developer.zendesk.com/documentation/webhooks/verifying/): whoever accepts it accepts everybody.
 */
export const publicTestingSecret = 'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==';

const webhookSecret = z
  .string()
  .trim()
  .min(1, 'is empty; copy the signing secret that Zendesk shows for the webhook')
  .refine(
    (secret) => secret !== publicTestingSecret,
    "is Zendesk's public testing secret, with which anybody can sign; copy the webhook's own",
  );

export const settingsSchema = z.object({
  ...commonSettings,
  subdomain: accountName('Subdomain', 'zendesk.com'),
  /** The user whose token is used: one of its own, for what it changes counts as ours. */
  email: z.string().trim().pipe(z.email()).meta({
    title: 'E-mail',
    description: 'Of the admin whose token is used; best a user of its own, for what it changes counts as ours.',
  }),
  apiToken: z.string().trim().min(1, 'is empty').meta({
    title: 'API token',
    description: 'Admin Center > Apps and integrations > APIs > API tokens > Add API token.',
  }),
  /** Two during a rotation; none until the webhook exists, and nothing is accepted until then. */
  webhookSecrets: z
    .array(webhookSecret)
    .max(10)
    .default([])
    .meta({ title: 'Signing secrets', description: 'Of the webhook; set when we make it. Two during a rotation.' }),
  /** Two during a rotation; none until somebody makes one, and the sidebar app is answered nothing until then. */
  sidebarSecrets: z
    .array(z.string().regex(/^[\x21-\x7e]{32,200}$/, 'needs 32 to 200 characters, printable and without spaces'))
    .max(2)
    .default([])
    .meta({
      title: 'Sidebar secrets',
      description: 'Of the sidebar app; `connection <id> --sidebar` makes one. Two during a rotation.',
    }),
  /** The Time Tracking app's "Total time spent (sec)". */
  totalTimeFieldId: fieldId.optional().meta({
    title: 'Field of the total time',
    description: 'The Time Tracking app\'s "Total time spent (sec)"; found by itself where it has that name.',
  }),
  ...ticketFieldSettings,
  aiAgentIds: z.array(fieldId).max(100).default([]).meta({
    title: 'AI agents',
    description:
      'Ids of users that are AI agents, beside those that Zendesk marks as such: what they write is no human work.',
  }),
  voiceClock: z.enum(['add', 'off']).default('add').meta({
    title: 'Calls',
    description:
      '"add": talk and wrap-up seconds count where their agent has no Time Tracking entry on the ticket, for that timer runs during calls too: no second counts twice. "off": calls are not read.',
  }),
  engagementClock: z.enum(['off', 'instead']).default('off').meta({
    title: 'Omnichannel engagements',
    description:
      '"instead": the lengths of engagements, from assignment to end with the waiting in between, are the only clock; Time Tracking is kept without cost and calls are not read. Zendesk has the last 90 days.',
  }),
});

export type ZendeskSettings = z.output<typeof settingsSchema>;
