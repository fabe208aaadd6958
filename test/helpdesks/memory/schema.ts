import { z } from 'zod';
import { channels } from '../../../src/helpdesks/port.ts';

const instant = z.string().transform((text, context) => {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) context.issues.push({ code: 'custom', message: 'is no instant', input: text });
  return at;
});
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);
const words = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);

/** Values that we do not know are the plainest ones: the vendor may add others. */
const status = z.enum(['open', 'solved', 'closed']).catch('open');
const channel = z.enum(channels).catch('api');
const role = z.enum(['agent', 'bot']).catch('agent');
const message = z.enum(['public', 'internal']).nullish().catch(null);

const ticket = z.object({
  id: z.string(),
  status,
  channel,
  created_at: instant,
  updated_at: instant,
  assignee_id: text,
  subject: text,
  text,
  requester: z
    .object({ id: z.string(), email: text })
    .nullish()
    .catch(null)
    .transform((value) => value ?? null),
  tags: words,
  fields: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((value) => value ?? {}),
});
export type Ticket = z.output<typeof ticket>;

const change = z.object({
  id: z.string(),
  by: text,
  name: text,
  role,
  at: instant,
  seconds: z
    .number()
    .nullish()
    .transform((value) => value ?? null),
  message,
  status: text,
  field: text,
  value: z.unknown().optional(),
  tags_added: words,
  tags_removed: words,
  tags_left: words,
});
export type Change = z.output<typeof change>;

export const me = z.object({ id: z.string() });
export const tickets = z.object({ tickets: z.array(ticket) });
export const changes = z.object({ changes: z.array(change) });
export const feed = z.object({
  tickets: z.array(z.object({ id: z.string(), updated_at: instant, status })),
  next: text,
});
export const count = z.object({ count: z.number() });
export const webhook = z.object({ id: z.string(), url: z.string(), on: z.boolean(), secret: z.string() });
export const webhooks = z.object({ webhooks: z.array(webhook) });
export const fields = z.object({ fields: z.array(z.string()) });
