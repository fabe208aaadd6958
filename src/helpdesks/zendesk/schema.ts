import { z } from 'zod';

/** An id as text: Zendesk writes it as a number or as a string. */
const id = z.union([z.string().regex(/^-?\d{1,20}$/), z.int()]).transform(String);

/** An id that may be missing: null, "", 0 and "0" all mean none. */
export const optionalId = z
  .union([id, z.literal(''), z.null()])
  .optional()
  .transform((value) => (value === undefined || value === null || value === '' || value === '0' ? null : value));

export const instant = z.string().transform((text, context) => {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) context.issues.push({ code: 'custom', message: 'is no instant', input: text });
  return at;
});

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);

const viaEnd = z
  .object({ ticket_id: optionalId.catch(null), channel: z.string().nullish().catch(null) })
  .nullish()
  .catch(null)
  .transform((end) => ({ ticketId: end?.ticket_id ?? null, channel: end?.channel ?? null }));

/** How something came about: channel in lower case, and what it derives from. A shape we do not know tells nothing. */
const via = z
  .object({
    channel: z.union([z.string(), z.number()]).nullish(),
    source: z
      .object({ rel: z.string().nullish().catch(null), from: viaEnd, to: viaEnd })
      .nullish()
      .catch(null),
  })
  .nullish()
  .catch(null)
  .transform((value) => ({
    channel: value?.channel === null || value?.channel === undefined ? null : String(value.channel).toLowerCase(),
    rel: value?.source?.rel ?? null,
    fromTicketId: value?.source?.from.ticketId ?? null,
    fromChannel: value?.source?.from.channel ?? null,
    toTicketId: value?.source?.to.ticketId ?? null,
  }));

export type Via = z.output<typeof via>;

const customFields = z
  .array(z.object({ id, value: z.unknown().optional() }))
  .nullish()
  .transform((fields) => new Map(fields?.map((field) => [field.id, field.value])));

export const ticketSchema = z.object({
  id,
  status: z.string().transform((status) => status.toLowerCase()),
  created_at: instant,
  updated_at: instant,
  via,
  subject: text,
  description: text,
  is_public: z.boolean().nullish(),
  requester_id: optionalId,
  submitter_id: optionalId,
  assignee_id: optionalId,
  organization_id: optionalId,
  brand_id: optionalId,
  ticket_form_id: optionalId,
  /** `ai_agent` while an AI agent is assigned. */
  support_type: text.catch(null),
  recipient: text,
  tags: z
    .array(z.string())
    .nullish()
    .transform((tags) => tags ?? []),
  custom_fields: customFields,
});
export type ZendeskTicket = z.output<typeof ticketSchema>;

export const userSchema = z.object({
  id: optionalId,
  name: text,
  email: text,
  locale: text,
  role: text,
});
export type ZendeskUser = z.output<typeof userSchema>;

const auditEventSchema = z.object({
  id: optionalId.catch(null),
  type: z.string().catch(''),
  field_name: z
    .union([z.string(), z.number()])
    .nullish()
    .transform((name) => (name === null || name === undefined ? null : String(name))),
  value: z.unknown().optional(),
  previous_value: z.unknown().optional(),
  via: via.optional(),
  public: z.boolean().nullish().catch(null),
  author_id: optionalId.catch(null),
  body: text.catch(null),
  data: z
    .object({ answered_by_id: optionalId.catch(null), call_duration: z.coerce.number().nullish().catch(null) })
    .nullish()
    .catch(null),
});
export type AuditEvent = z.output<typeof auditEventSchema>;

export const auditSchema = z.object({
  id,
  created_at: instant,
  author_id: optionalId,
  via,
  events: z
    .array(auditEventSchema)
    .nullish()
    .transform((events) => events ?? []),
});
export type Audit = z.output<typeof auditSchema>;

export const ticketsAnswer = z.object({ tickets: z.array(ticketSchema), users: z.array(userSchema).nullish() });
export const ticketAnswer = z.object({ ticket: ticketSchema, users: z.array(userSchema).nullish() });
export const usersAnswer = z.object({ users: z.array(userSchema) });
export const meAnswer = z.object({ user: userSchema });

export const pageMeta = z.object({ has_more: z.boolean().nullish(), after_cursor: z.string().nullish() }).nullish();

/** Cursor pages carry `meta`; archived tickets answer whole, and whoever pages by number gives `next_page`. */
export const auditsAnswer = z.object({
  audits: z.array(auditSchema),
  meta: pageMeta,
  next_page: z.string().nullish(),
  users: z.array(userSchema).nullish(),
});

/** A page of the change feed. Of each ticket only what the walk needs is read, so that an odd one does not stop it. */
export const changesAnswer = z.object({
  /** `generated_timestamp`: epoch seconds of the last change of any kind, by which the export is ordered. */
  tickets: z.array(z.object({ id, updated_at: instant, status: text, generated_timestamp: z.number().nullish() })),
  after_cursor: text,
  end_of_stream: z.boolean().nullish(),
});

export const webhookSchema = z.object({
  id: z.string().min(1),
  endpoint: text,
  status: text,
  subscriptions: z
    .array(z.string())
    .nullish()
    .transform((events) => events ?? []),
});
export type Webhook = z.output<typeof webhookSchema>;
/** https://developer.zendesk.com/api-reference/ticketing/ticket-management/search/#show-results-count */
export const countAnswer = z.object({ count: z.int().nonnegative() });

export const webhooksAnswer = z.object({ webhooks: z.array(webhookSchema), meta: pageMeta });
export const webhookAnswer = z.object({ webhook: webhookSchema });
export const signingSecretAnswer = z.object({ signing_secret: z.object({ secret: z.string().min(1) }) });

/** Of a trigger what tells whether it calls a webhook of ours. */
export const triggerSchema = z.object({
  id,
  title: text,
  active: z.boolean().nullish(),
  actions: z.array(z.object({ field: z.string(), value: z.unknown() })).catch([]),
});
export type Trigger = z.output<typeof triggerSchema>;
export const triggersAnswer = z.object({
  triggers: z.array(triggerSchema),
  meta: pageMeta,
  next_page: z.string().nullish(),
});
export const triggerAnswer = z.object({ trigger: triggerSchema });
export const triggerCategoriesAnswer = z.object({ trigger_categories: z.array(z.object({ id })) });

const ticketFieldSchema = z.object({
  id,
  title: text,
  type: text,
  active: z.boolean().nullish(),
  custom_field_options: z
    .array(z.object({ id: optionalId.catch(null), name: text, value: text }))
    .nullish()
    .transform((options) => options ?? []),
});
export type TicketField = z.output<typeof ticketFieldSchema>;
export const ticketFieldsAnswer = z.object({
  ticket_fields: z.array(ticketFieldSchema),
  meta: pageMeta,
  next_page: z.string().nullish(),
});
export const ticketFieldAnswer = z.object({ ticket_field: ticketFieldSchema });

export const accountSettingsAnswer = z.object({
  settings: z.object({
    active_features: z
      .object({ customer_satisfaction: z.boolean().nullish().catch(null) })
      .nullish()
      .catch(null),
  }),
});

export const installationsAnswer = z.object({
  installations: z.array(
    z.object({
      id,
      settings: z
        .object({ name: text.catch(null), title: text.catch(null) })
        .nullish()
        .catch(null),
    }),
  ),
});
export const requirementsAnswer = z.object({
  requirements: z.array(z.object({ identifier: text, requirement_id: optionalId.catch(null) })),
});
