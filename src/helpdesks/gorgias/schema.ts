import { z } from 'zod';

/** An id as text: Gorgias writes it as a number, webhook forms as a string. */
const id = z.union([z.string().regex(/^\d{1,20}$/), z.int().nonnegative()]).transform(String);

/** An id that may be missing: null, "", 0 and "0" all mean none. */
const optionalId = z
  .union([id, z.literal(''), z.null()])
  .optional()
  .catch(null)
  .transform((value) => (value === undefined || value === null || value === '' || value === '0' ? null : value));

/** Live answers carry an offset, examples of the documentation none: without one it is UTC. Undefined: no instant. */
export const instantOf = (text: string): Date | undefined => {
  const bare = text.trim().replace(' ', 'T');
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(bare)) return undefined;
  const at = new Date(/(?:Z|[+-]\d{2}:?\d{2})$/i.test(bare) ? bare : `${bare}Z`);
  return Number.isNaN(at.getTime()) ? undefined : at;
};

const instant = z.string().transform((text, context) => {
  const at = instantOf(text);
  if (at) return at;
  context.issues.push({ code: 'custom', message: 'is no instant', input: text });
  return z.NEVER;
});
const optionalInstant = z
  .string()
  .nullish()
  .catch(null)
  .transform((text) => (text ? (instantOf(text) ?? null) : null));

const text = z
  .string()
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);
const flag = z
  .boolean()
  .nullish()
  .catch(null)
  .transform((value) => value === true);

const listOf = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);

/** A page of a list; some lists come whole, without `meta`. */
const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({
    data: z.array(item),
    meta: z
      .object({ next_cursor: text })
      .nullish()
      .catch(null)
      .transform((meta) => ({ next_cursor: meta?.next_cursor ?? null })),
  });

const person = z.object({ id: optionalId, email: text, name: text }).nullish().catch(null);

const address = z.object({ address: text }).nullish().catch(null);

export const messageSchema = z.object({
  id,
  public: z.boolean().nullish(),
  channel: text,
  via: text,
  from_agent: flag,
  rule_id: optionalId,
  integration_id: optionalId,
  sender: person,
  source: z
    .object({ from: address, to: listOf(address).catch([]) })
    .nullish()
    .catch(null),
  body_text: text,
  body_html: text,
  stripped_text: text,
  created_datetime: instant,
  sent_datetime: optionalInstant,
  failed_datetime: optionalInstant,
});
export type GorgiasMessage = z.output<typeof messageSchema>;

/** Values by definition id; an object on the ticket, a list elsewhere. */
const fieldValues = z
  .unknown()
  .optional()
  .transform((raw): ReadonlyMap<string, unknown> => {
    const entries = Array.isArray(raw)
      ? raw.map((one): [unknown, unknown] => [one?.field?.id ?? one?.id, one?.value])
      : Object.entries(typeof raw === 'object' && raw !== null ? raw : {}).map(([key, one]): [unknown, unknown] => [
          key,
          typeof one === 'object' && one !== null && 'value' in one ? one.value : one,
        ]);
    return new Map(
      entries.flatMap(([key, value]) =>
        typeof key === 'string' || typeof key === 'number' ? [[String(key), value]] : [],
      ),
    );
  });

export const surveySchema = z.object({
  id,
  ticket_id: optionalId,
  customer_id: optionalId,
  score: z.number().nullish().catch(null),
  body_text: text,
  meta: z.record(z.string(), z.unknown()).nullish().catch(null),
});

const ticketCore = {
  id,
  status: z.string().transform((status) => status.toLowerCase()),
  spam: flag,
  created_datetime: instant,
  updated_datetime: optionalInstant,
  closed_datetime: optionalInstant,
  snooze_datetime: optionalInstant,
  trashed_datetime: optionalInstant,
};

/** A ticket as lists have it: without its messages. */
export const compactSchema = z.object(ticketCore);
export type CompactTicket = z.output<typeof compactSchema>;

const customerFields = {
  email: text,
  language: text,
  channels: listOf(z.object({ type: text, address: text })).catch([]),
};
const customer = z
  .object({ id: optionalId, ...customerFields })
  .nullish()
  .catch(null);

/** A customer as asked for alone, or in a list of them. */
export const customerSchema = z.object({ id, ...customerFields });

export const ticketSchema = z.object({
  ...ticketCore,
  channel: text,
  via: text,
  subject: text,
  language: text,
  customer,
  requester: customer,
  assignee_user_id: optionalId,
  assignee_user: person,
  tags: listOf(z.object({ id: optionalId, name: z.string() })),
  custom_fields: fieldValues,
  messages: listOf(messageSchema),
  messages_count: z.int().nullish().catch(null),
  satisfaction_survey: surveySchema.nullish().catch(null),
});
export type GorgiasTicket = z.output<typeof ticketSchema>;

export const eventSchema = z.object({
  id,
  context: text,
  created_datetime: instant,
  data: z.unknown().optional(),
  object_type: text,
  object_id: optionalId,
  type: z.string(),
  user_id: optionalId,
});
export type GorgiasEvent = z.output<typeof eventSchema>;

export const userSchema = z.object({
  id,
  email: text,
  name: text,
  role: z
    .union([z.string(), z.object({ name: text }).transform(({ name }) => name)])
    .nullish()
    .catch(null),
});
export type GorgiasUser = z.output<typeof userSchema>;

export const voiceCallSchema = z.object({
  id,
  created_datetime: instant,
  duration: z.coerce.number().nullish().catch(null),
  last_answered_by_agent_id: optionalId,
  initiated_by_agent_id: optionalId,
});
export type VoiceCall = z.output<typeof voiceCallSchema>;

/** A definition; `choices` null: any text. */
export const fieldSchema = z.object({
  id,
  label: text,
  deactivated_datetime: text,
  definition: z
    .object({
      input_settings: z
        .object({
          choices: z
            .array(z.union([z.string(), z.number(), z.boolean()]).transform(String))
            .nullish()
            .catch(null),
        })
        .nullish()
        .catch(null),
    })
    .nullish()
    .catch(null)
    .transform((definition) => definition?.input_settings?.choices ?? null),
});
export type GorgiasField = z.output<typeof fieldSchema>;

export const integrationSchema = z.object({
  id,
  name: text,
  type: text,
  deactivated_datetime: text,
  http: z
    .object({
      url: text,
      method: text,
      headers: z.record(z.string(), z.unknown()).nullish().catch(null),
      triggers: z.record(z.string(), z.unknown()).nullish().catch(null),
    })
    .nullish()
    .catch(null),
});
export type GorgiasIntegration = z.output<typeof integrationSchema>;

export const widgetSchema = z.object({ id, integration_id: optionalId, type: text });
export type GorgiasWidget = z.output<typeof widgetSchema>;

export const settingSchema = z.object({ id: optionalId, type: z.string(), data: z.unknown().optional() });

/** Rows keyed by the names of the dimensions and measures asked for. */
const statsRow = z.record(z.string(), z.unknown());

export const answers = {
  tickets: pageOf(compactSchema),
  messages: pageOf(messageSchema),
  events: pageOf(eventSchema),
  users: pageOf(userSchema),
  customers: pageOf(customerSchema),
  calls: pageOf(voiceCallSchema),
  fields: pageOf(fieldSchema),
  integrations: pageOf(integrationSchema),
  widgets: pageOf(widgetSchema),
  settings: pageOf(settingSchema),
  stats: pageOf(statsRow),
  tag: z.object({ id, name: z.string() }),
  made: z.object({ id }),
  ticketTags: z.object({ data: z.array(z.object({ id: optionalId, name: z.string() })) }),
  ticketFields: z.object({ data: fieldValues }),
};
