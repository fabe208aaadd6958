import type { FastifyInstance, FastifyReply } from 'fastify';
import { isoSeconds } from '../clock.ts';
import { isRecord, sendText } from '../http.ts';
import { ticketText } from './json.ts';
import { type Status, type Ticket, type TicketField, type TicketValues, viaOf } from './model.ts';
import { invalid, notFound, type RouteDeps } from './ticket-routes.ts';

const statuses: readonly Status[] = ['new', 'open', 'pending', 'hold', 'solved'];
const known = new Set([
  'custom_fields',
  'subject',
  'status',
  'tags',
  'assignee_id',
  'comment',
  'requester',
  'safe_update',
  'updated_stamp',
]);

/** A request that the account does not take: which part of it, and why. */
class NotTaken extends Error {
  readonly field: string;
  constructor(field: string, description: string) {
    super(description);
    this.field = field;
  }
}

/** Custom fields hold text; nothing and the empty text are the same. */
const fieldValue = (field: TicketField, value: unknown): string | null => {
  if (value === null || value === undefined || value === '') return null;
  const text = typeof value === 'string' || typeof value === 'number' ? String(value) : null;
  const isOption = field.type !== 'tagger' || field.options?.includes(text ?? '');
  if (text === null || !isOption) throw new NotTaken('base', `${field.title}: ${text ?? 'this'} is not a valid value`);
  return text;
};

/** Of a drop-down the chosen option is a tag of the ticket, and the one chosen before is none any more. */
const tagsWith = (held: readonly string[], field: TicketField, value: string | null): string[] =>
  field.type === 'tagger'
    ? [...held.filter((tag) => !field.options?.includes(tag)), ...(value === null ? [] : [value])]
    : [...held];

const fieldsIn = (list: unknown, fields: readonly TicketField[]): Map<TicketField, string | null> => {
  if (list === undefined) return new Map();
  if (!Array.isArray(list) || !list.every(isRecord))
    throw new NotTaken('custom_fields', 'custom_fields: is a list of {id, value}');
  return new Map(
    list.map(({ id, value }) => {
      const field = fields.find((one) => String(one.id) === String(id));
      if (!field || field.active === false) throw new NotTaken('custom_fields', `custom_fields: ${id} is no field`);
      return [field, fieldValue(field, value)];
    }),
  );
};

interface Wanted {
  readonly values: TicketValues & { readonly fields: ReadonlyMap<number, string | null> };
  readonly comment: { readonly body: string; readonly public: boolean } | undefined;
}

/** What an update asks for, as far as the sandbox has it; throws NotTaken. */
const wantedOf = (
  asked: Readonly<Record<string, unknown>>,
  held: readonly string[],
  fields: readonly TicketField[],
): Wanted => {
  const odd = Object.keys(asked).find((name) => !known.has(name));
  if (odd !== undefined) throw new NotTaken(odd, `${odd}: the sandbox does not change it`);
  const { subject, status, tags, assignee_id: assigneeId, comment } = asked;
  if (status !== undefined && !statuses.some((one) => one === status))
    throw new NotTaken('status', `Status: ${status} is not a valid status`);
  const given = fieldsIn(asked.custom_fields, fields);
  let next = Array.isArray(tags) ? tags.map(String) : held;
  for (const [field, value] of given) next = tagsWith(next, field, value);
  const body = isRecord(comment) ? comment.body : undefined;
  return {
    values: {
      ...(typeof subject === 'string' && { subject }),
      ...(typeof status === 'string' && { status: status as Status }),
      ...((assigneeId === null || typeof assigneeId === 'number') && { assigneeId }),
      tags: next,
      fields: new Map([...given].map(([{ id }, value]) => [id, value])),
    },
    comment:
      isRecord(comment) && typeof body === 'string' && body.trim() !== ''
        ? { body, public: comment.public !== false }
        : undefined,
  };
};

interface Body {
  readonly ticket?: Readonly<Record<string, unknown>>;
}

/** Update Ticket and Create Ticket, by whoever asks: an agent with a browser, or the API user. */
export const addUpdateRoutes = (
  app: FastifyInstance,
  { desk, clock, apiUserId, actorOf, baseUrl }: RouteDeps,
): void => {
  const taken = (reply: FastifyReply, work: () => FastifyReply): FastifyReply => {
    try {
      return work();
    } catch (error) {
      if (error instanceof NotTaken) return invalid(reply, error.field, error.message);
      throw error;
    }
  };
  const viaOfActor = (actorId: number) => viaOf(actorId === apiUserId ? 'api' : 'web');
  const answer = (reply: FastifyReply, ticket: Ticket, status: number, audit = ticket.auditTexts.at(-1)) =>
    sendText(reply, `{"ticket":${ticketText(desk, ticket, baseUrl())},"audit":${audit ?? 'null'}}`, status);

  app.put<{ Params: { id: string }; Body: Body | null }>('/api/v2/tickets/:id', (request, reply) => {
    const ticket = desk.tickets.get(Number(request.params.id));
    if (!ticket || ticket.deleted) return notFound(reply);
    const asked = request.body?.ticket;
    if (!isRecord(asked)) return invalid(reply, 'ticket', 'ticket: cannot be blank', 400);
    if (ticket.status === 'closed') return invalid(reply, 'status', 'Status: closed prevents ticket update');
    if (asked.safe_update === true && asked.updated_stamp !== isoSeconds(ticket.updatedAtMs))
      return reply.code(409).send({ error: 'UpdateConflict', description: 'The ticket was updated since it was read' });
    return taken(reply, () => {
      const { values, comment } = wantedOf(asked, ticket.tags, desk.fields);
      const authorId = actorOf(request);
      const audit = desk.update(ticket.id, {
        atMs: clock.now().getTime(),
        authorId,
        via: viaOfActor(authorId),
        values,
        ...(comment && { comment }),
      });
      return answer(reply, ticket, 200, audit ? JSON.stringify(audit) : 'null');
    });
  });

  /** Of the requester the address is looked up, or a person is made. */
  const requesterOf = (asked: unknown, actorId: number): number => {
    if (!isRecord(asked) || typeof asked.email !== 'string' || asked.email === '') return actorId;
    const { email, name } = asked;
    const found = [...desk.users.values()].find((user) => user.email === email);
    const person = { name: typeof name === 'string' && name !== '' ? name : email, email };
    return (found ?? desk.addUser({ ...person, role: 'end-user', locale: null, organizationId: null })).id;
  };

  app.post<{ Body: Body | null }>('/api/v2/tickets', (request, reply) => {
    const asked = request.body?.ticket;
    if (!isRecord(asked)) return invalid(reply, 'ticket', 'ticket: cannot be blank', 400);
    return taken(reply, () => {
      const { values, comment } = wantedOf(asked, [], desk.fields);
      if (!comment) throw new NotTaken('description', 'Description: cannot be blank');
      const authorId = actorOf(request);
      const ticket = desk.create({
        atMs: clock.now().getTime(),
        subject: values.subject ?? '',
        body: comment.body,
        requesterId: requesterOf(asked.requester, authorId),
        submitterId: authorId,
        via: viaOfActor(authorId),
        brandId: desk.tickets.values().next().value?.brandId ?? 1,
        tags: values.tags ?? [],
        fields: values.fields,
      });
      return answer(reply, ticket, 201);
    });
  });
};
