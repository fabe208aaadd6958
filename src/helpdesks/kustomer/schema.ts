import { z } from 'zod';

/** Ids are 24 hexadecimal digits; whatever else would fit into a path is taken as well. */
export const idSchema = z.string().regex(/^[\w-]{1,64}$/);

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

const amount = z
  .number()
  .nullish()
  .catch(null)
  .transform((value) => (value !== undefined && value !== null && Number.isFinite(value) ? value : null));

const instant = z.string().transform((value, context) => {
  const at = new Date(value);
  if (Number.isNaN(at.getTime())) context.issues.push({ code: 'custom', message: 'is no instant', input: value });
  return at;
});

const optionalInstant = instant
  .nullish()
  .catch(null)
  .transform((at) => at ?? null);

/** A list of ids or names; entries may be objects that hold the id. What is neither is left out. */
const names = z
  .array(z.unknown())
  .nullish()
  .catch(null)
  .transform((entries) =>
    (entries ?? []).flatMap((entry) => {
      const id = typeof entry === 'object' && entry !== null && 'id' in entry ? entry.id : entry;
      return typeof id === 'string' && id.trim() !== '' ? [id.trim()] : [];
    }),
  );

/** What a relationship points to; null where it points to nothing. A bare id and an object are read as well. */
export const reference = z
  .unknown()
  .optional()
  .transform((value): { readonly type: string | null; readonly id: string } | null => {
    const inner = typeof value === 'object' && value !== null && 'data' in value ? value.data : value;
    const parsed = z
      .union([z.object({ type: text, id: idSchema }), idSchema.transform((id) => ({ type: null, id }))])
      .safeParse(inner);
    return parsed.success ? parsed.data : null;
  });

const relations = z
  .object({
    org: reference,
    customer: reference,
    brand: reference,
    queue: reference,
    conversation: reference,
    createdBy: reference,
    modifiedBy: reference,
    user: reference,
    company: reference,
    mergedTarget: reference,
    mergedInto: reference,
  })
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);

const attributesOf = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.object({ id: idSchema, attributes: z.object(shape), relationships: relations });

const moment = z
  .object({ at: optionalInstant, createdAt: optionalInstant, statusAt: optionalInstant, channel: text })
  .nullish()
  .catch(null)
  .transform((value) => value ?? null);

/** https://developer.kustomer.com/api/core-resources/get-conversations */
export const conversationSchema = attributesOf({
  name: text,
  status: text.transform((status) => status?.toLowerCase() ?? ''),
  channels: names,
  createdAt: instant,
  updatedAt: instant,
  spam: flag,
  deleted: flag,
  deletedAt: optionalInstant,
  ended: flag,
  endedAt: optionalInstant,
  messageCount: amount,
  noteCount: amount,
  rev: amount,
  tags: names,
  assignedUsers: names,
  defaultLang: text,
  direction: text,
  firstMessageIn: moment,
  firstMessageOut: moment,
  lastDone: moment,
  mergedTarget: reference,
  mergedInto: reference,
  modificationHistory: z
    .object({ statusAt: optionalInstant, tagsAt: optionalInstant, customAt: optionalInstant })
    .nullish()
    .catch(null)
    .transform((value) => value ?? null),
  custom: z
    .record(z.string(), z.unknown())
    .nullish()
    .catch(null)
    .transform((value) => new Map(Object.entries(value ?? {}))),
});
export type Conversation = z.output<typeof conversationSchema>;

const email = z.object({ email: text, verified: flag }).catch({ email: null, verified: false });

export const customerSchema = attributesOf({
  emails: z
    .array(email)
    .nullish()
    .catch(null)
    .transform((emails) => emails ?? []),
  sharedEmails: z
    .array(email)
    .nullish()
    .catch(null)
    .transform((emails) => emails ?? []),
  defaultLang: text,
});
export type Customer = z.output<typeof customerSchema>;

export const messageSchema = attributesOf({
  channel: text,
  direction: text,
  directionType: text,
  auto: flag,
  deleted: flag,
  createdAt: instant,
  sentAt: optionalInstant,
  preview: text,
  body: text,
  meta: z
    .object({ from: text })
    .nullish()
    .catch(null)
    .transform((value) => value ?? null),
});
export type Message = z.output<typeof messageSchema>;

export const noteSchema = attributesOf({ createdAt: instant, deleted: flag });
export type Note = z.output<typeof noteSchema>;

/** One work session; seconds in v1, milliseconds in v2. */
export const timeSchema = attributesOf({
  handleAt: optionalInstant,
  createdAt: optionalInstant,
  handleTime: amount,
  channels: names,
  assignedUsers: names,
});
export type Time = z.output<typeof timeSchema>;

export const userSchema = attributesOf({ displayName: text, name: text, userType: text });
export type User = z.output<typeof userSchema>;

export const tagSchema = attributesOf({ name: text, deleted: flag });

/** https://developer.kustomer.com/api/core-resources/query-events-associated-with-your-organization */
export const auditSchema = attributesOf({
  eventName: text,
  eventVerb: text,
  objectType: text,
  objectId: text,
  userId: text,
  userType: text,
  createdAt: optionalInstant,
  changes: z.unknown().optional(),
});
export type AuditEntry = z.output<typeof auditSchema>;

export const webhookSchema = attributesOf({
  name: text,
  url: text,
  events: names,
  enabled: z.boolean().nullish().catch(null),
  token: text,
});
export type Webhook = z.output<typeof webhookSchema>;

export const satisfactionSchema = attributesOf({ name: text, enabled: z.boolean().nullish().catch(null) });

/** Of each conversation only what the walk needs is read, so that an odd one does not stop it. */
export const changeSchema = attributesOf({
  status: text.transform((status) => status?.toLowerCase() ?? ''),
  createdAt: instant,
  updatedAt: instant,
  rev: amount,
  spam: flag,
  deleted: flag,
  deletedAt: optionalInstant,
  ended: flag,
});
export type Change = z.output<typeof changeSchema>;

/** https://developer.kustomer.com/api/core-resources/get-custom-attribute-metadata */
export const metadataSchema = z.object({
  data: z.object({
    attributes: z.object({
      properties: z
        .record(z.string(), z.record(z.string(), z.unknown()).catch({}))
        .nullish()
        .transform((properties) => new Map(Object.entries(properties ?? {}))),
    }),
  }),
});

export const oneOf = <Schema extends z.ZodType>(schema: Schema) => z.object({ data: schema });

/** A list in JSON:API's envelope. */
export const pageOf = <Schema extends z.ZodType>(schema: Schema) =>
  z.object({
    data: z.array(schema),
    meta: z
      .object({ total: amount, totalPages: amount, pageSize: amount, timed_out: flag })
      .nullish()
      .catch(null)
      .transform((meta) => meta ?? null),
    links: z
      .object({ next: text })
      .nullish()
      .catch(null)
      .transform((links) => links ?? null),
  });
export type Page<Item> = {
  readonly data: readonly Item[];
  readonly meta: { readonly totalPages: number | null } | null;
  readonly links: { readonly next: string | null } | null;
};
