import type { FastifyInstance, FastifyReply } from 'fastify';
import { isRecord } from '../http.ts';
import { bodyOf, empty, fail, invalid, notFound, pagingOf, type Query, sendPage, textOf } from './answers.ts';
import type { Desk } from './desk.ts';
import { fieldJson, tagJson } from './json.ts';
import type { CustomField, FieldValue, Tag, Ticket } from './model.ts';
import { orderedByCreation } from './ordered.ts';
import type { IdRoute, RouteDeps } from './ticket-routes.ts';

/** Whether a field takes the value: exactly one of the choices, or the type. */
const takes = (field: CustomField, value: unknown): value is FieldValue =>
  field.deactivatedAtMs === null &&
  (field.choices
    ? field.choices.includes(value as string)
    : typeof value === (field.dataType === 'text' ? 'string' : field.dataType));

/** Values of ticket fields from a bare array of `{id, value}`; null clears. */
export const readFieldValues = (
  given: unknown,
  desk: Pick<Desk, 'fields'>,
): { readonly values: ReadonlyMap<number, FieldValue | null> } | { readonly wrong: string } => {
  if (!Array.isArray(given)) return { wrong: 'Invalid input type.' };
  const values = new Map<number, FieldValue | null>();
  for (const item of given) {
    const { id, value } = bodyOf(item);
    const field = desk.fields.get(Number(id));
    if (field?.objectType !== 'Ticket') return { wrong: `Custom field ${String(id)} does not exist.` };
    if (value !== null && !takes(field, value)) return { wrong: `Not a valid value of custom field ${field.id}.` };
    values.set(field.id, value as FieldValue | null);
  }
  return { values };
};

/** Tags and custom fields: those of a ticket, and their definitions. */
export const addFieldRoutes = (app: FastifyInstance, { desk, clock, apiUserId, readings }: RouteDeps): void => {
  const nowMs = (): number => clock.now().getTime();

  const changeTags = (
    reply: FastifyReply,
    id: string,
    body: unknown,
    how: 'addTags' | 'removeTags' | 'tags',
    status: number,
  ): FastifyReply => {
    const ticket = desk.tickets.get(Number(id));
    if (!ticket) return notFound(reply);
    const { names = [], ids = [] } = bodyOf(body);
    if (!Array.isArray(names) || names.some((name) => typeof name !== 'string' || name === '' || name.length > 256))
      return invalid(reply, 'names', 'Not a valid list of names.');
    if (!Array.isArray(ids) || ids.some((tagId) => !desk.tags.has(tagId as number)))
      return invalid(reply, 'ids', 'Some tags do not exist.');
    if (how !== 'tags' && names.length + ids.length === 0) return invalid(reply, 'ids', 'Missing data.');
    const all = [...names, ...ids.map((tagId) => (desk.tags.get(tagId as number) as Tag).name)] as string[];
    desk.act(ticket.id, { atMs: nowMs(), userId: apiUserId, values: { [how]: all } });
    return empty(reply, status);
  };

  const tagsPath = '/api/tickets/:id/tags';
  app.get<IdRoute>(tagsPath, ({ params }, reply) => {
    const ticket = desk.tickets.get(Number(params.id));
    if (!ticket) return notFound(reply);
    return reply.send({ data: ticket.tagIds.flatMap((id) => desk.tags.get(id) ?? []).map((tag) => tagJson(tag, 0)) });
  });
  // Recorded: 200 and no body; documented: 201.
  app.post<IdRoute>(tagsPath, ({ params, body }, reply) => changeTags(reply, params.id, body, 'addTags', 200));
  app.put<IdRoute>(tagsPath, ({ params, body }, reply) => changeTags(reply, params.id, body, 'tags', 202));
  app.delete<IdRoute>(tagsPath, ({ params, body }, reply) => changeTags(reply, params.id, body, 'removeTags', 204));

  const valuesJson = (ticket: Ticket, ids: Iterable<number>) => ({
    data: [...ids].flatMap((id) => {
      const field = desk.fields.get(id);
      return field ? [{ field: fieldJson(field), prediction: null, value: ticket.fields.get(id) ?? null }] : [];
    }),
  });
  const setFields = (reply: FastifyReply, id: string, given: unknown): FastifyReply => {
    const ticket = desk.tickets.get(Number(id));
    if (!ticket) return notFound(reply);
    const read = readFieldValues(given, desk);
    if ('wrong' in read) return fail(reply, 400, read.wrong);
    desk.act(ticket.id, { atMs: nowMs(), userId: apiUserId, values: { fields: read.values } });
    return reply.send(valuesJson(ticket, read.values.keys()));
  };

  const fieldsPath = '/api/tickets/:id/custom-fields';
  app.get<IdRoute>(fieldsPath, ({ params }, reply) => {
    const ticket = desk.tickets.get(Number(params.id));
    return ticket ? reply.send(valuesJson(ticket, ticket.fields.keys())) : notFound(reply);
  });
  app.put<IdRoute>(fieldsPath, ({ params, body }, reply) => setFields(reply, params.id, body));
  interface FieldRoute {
    Params: { id: string; fieldId: string };
    Body: unknown;
  }
  app.put<FieldRoute>(`${fieldsPath}/:fieldId`, ({ params, body }, reply) => {
    if (isRecord(body) !== (readings.oneFieldBody === 'object')) return invalid(reply, 'value', 'Invalid input type.');
    const value = isRecord(body) ? body.value : body;
    return setFields(reply, params.id, [{ id: Number(params.fieldId), value }]);
  });
  app.delete<FieldRoute>(`${fieldsPath}/:fieldId`, ({ params }, reply) => {
    const ticket = desk.tickets.get(Number(params.id));
    const fieldId = Number(params.fieldId);
    if (!ticket?.fields.has(fieldId)) return notFound(reply);
    desk.act(ticket.id, { atMs: nowMs(), userId: apiUserId, values: { fields: new Map([[fieldId, null]]) } });
    return empty(reply, 204);
  });

  const usageOf = (): ReadonlyMap<number, number> => {
    const usage = new Map<number, number>();
    for (const { tagIds } of desk.tickets.values()) for (const id of tagIds) usage.set(id, (usage.get(id) ?? 0) + 1);
    return usage;
  };
  app.get<{ Querystring: Query }>('/api/tags', (request, reply) => {
    const paging = pagingOf(reply, request.query, { descending: false });
    if (!paging) return reply;
    const search = textOf(request.query, 'search')?.toLowerCase();
    const usage = usageOf();
    return sendPage(request, reply, orderedByCreation(desk.tags.values()), paging, {
      json: (tag) => tagJson(tag, usage.get(tag.id) ?? 0),
      keep: ({ name }) => search === undefined || name.toLowerCase().includes(search),
    });
  });
  app.get<IdRoute>('/api/tags/:id', ({ params }, reply) => {
    const tag = desk.tags.get(Number(params.id));
    return tag ? reply.send(tagJson(tag, usageOf().get(tag.id) ?? 0)) : notFound(reply);
  });
  app.post<IdRoute>('/api/tags', (request, reply) => {
    const { name, description, decoration } = bodyOf(request.body);
    if (typeof name !== 'string' || name === '' || name.length > 256)
      return invalid(reply, 'name', 'Length must be between 1 and 256.');
    if (desk.tagsByName.has(name)) return fail(reply, 409, 'The resource already exists.');
    const color = bodyOf(decoration).color;
    const tag = desk.addTag({
      name,
      description: typeof description === 'string' ? description : null,
      color: typeof color === 'string' ? color : null,
    });
    desk.log('tag-created', { type: 'Tag', id: tag.id }, apiUserId);
    return reply.code(201).send(tagJson(tag, 0));
  });

  app.get<{ Querystring: Query }>('/api/custom-fields', (request, reply) => {
    const type = textOf(request.query, 'object_type');
    if (type !== 'Ticket' && type !== 'Customer')
      return invalid(reply, 'object_type', 'Missing data for required field.');
    const paging = pagingOf(reply, request.query, { fields: ['priority'] });
    if (!paging) return reply;
    return sendPage(request, reply, orderedByCreation(desk.fields.values()), paging, {
      json: fieldJson,
      keep: ({ objectType }) => objectType === type,
    });
  });
  app.get<IdRoute>('/api/custom-fields/:id', ({ params }, reply) => {
    const field = desk.fields.get(Number(params.id));
    return field ? reply.send(fieldJson(field)) : notFound(reply);
  });
  app.post<IdRoute>('/api/custom-fields', (request, reply) => {
    const body = bodyOf(request.body);
    const { label, object_type: objectType, definition, required, external_id: externalId, description } = body;
    const { data_type: dataType, input_settings: input } = bodyOf(definition);
    const { input_type: inputType, choices } = bodyOf(input);
    if (typeof label !== 'string' || label === '') return invalid(reply, 'label', 'Missing data for required field.');
    if (objectType !== 'Ticket' && objectType !== 'Customer') return invalid(reply, 'object_type', 'Invalid value.');
    if (dataType !== 'text' && dataType !== 'number' && dataType !== 'boolean')
      return invalid(reply, 'definition', 'Missing data for required field.');
    if (inputType === 'dropdown' && (!Array.isArray(choices) || choices.length === 0))
      return invalid(reply, 'definition', 'choices: Missing data for required field.');
    const field = desk.addField({
      label,
      objectType,
      dataType,
      choices: inputType === 'dropdown' && Array.isArray(choices) ? choices.map(String) : null,
      required: required === true,
      externalId: typeof externalId === 'string' ? externalId : null,
      description: typeof description === 'string' ? description : null,
    });
    desk.log('custom-field-created', { type: 'CustomField', id: field.id }, apiUserId);
    return reply.code(201).send(fieldJson(field));
  });
  app.put<IdRoute>('/api/custom-fields/:id', ({ params, body: given }, reply) => {
    const field = desk.fields.get(Number(params.id));
    if (!field) return notFound(reply);
    const body = bodyOf(given);
    const { choices } = bodyOf(bodyOf(body.definition).input_settings);
    if (typeof body.label === 'string') field.label = body.label;
    if (Array.isArray(choices)) field.choices = choices.map(String);
    if (body.deactivated_datetime !== undefined)
      field.deactivatedAtMs = body.deactivated_datetime === null ? null : nowMs();
    field.updatedAtMs = nowMs();
    desk.log('custom-field-updated', { type: 'CustomField', id: field.id }, apiUserId);
    return reply.send(fieldJson(field));
  });
};
