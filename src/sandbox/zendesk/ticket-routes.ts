import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isoSeconds, type SandboxClock } from '../clock.ts';
import { boundedInt, sendText } from '../http.ts';
import type { Archive } from './archive.ts';
import { normalTags } from './changes.ts';
import type { Desk } from './desk.ts';
import { peopleOf, ticketText, usersText } from './json.ts';
import type { Ticket } from './model.ts';
import { viaOf } from './model.ts';

export interface RouteDeps {
  readonly desk: Desk;
  readonly archive: Archive;
  readonly clock: SandboxClock;
  readonly apiUserId: number;
  /** Who asks: the API user, or an agent with a browser. */
  readonly actorOf: (request: FastifyRequest) => number;
  readonly baseUrl: () => string;
}

type Query = Readonly<Record<string, string | undefined>>;

export const notFound = (reply: FastifyReply): FastifyReply =>
  reply.code(404).send({ error: 'RecordNotFound', description: 'Not found' });

export const invalid = (reply: FastifyReply, field: string, description: string, status = 422): FastifyReply =>
  reply.code(status).send({
    error: 'RecordInvalid',
    description: 'Record validation errors',
    details: { [field]: [{ description, error: 'InvalidValue' }] },
  });

const mostIds = 100;

/** Ids of `?ids=`, or null where there are too many for one call. */
export const idsIn = (query: Query): number[] | null => {
  const ids = (query.ids ?? '').split(',').map(Number).filter(Number.isSafeInteger);
  return ids.length > mostIds ? null : ids;
};

const wantsUsers = (query: Query): boolean => (query.include ?? '').split(',').includes('users');

const cursorOf = (no: number): string => Buffer.from(`audit ${no}`).toString('base64url');
const placeOf = (cursor: string): number =>
  Number.parseInt(Buffer.from(cursor, 'base64url').toString().slice('audit '.length), 10) || 0;

/** Tickets, their audits and their tags. */
export const addTicketRoutes = (
  app: FastifyInstance,
  { desk, archive, clock, apiUserId, baseUrl }: RouteDeps,
): void => {
  const found = (id: string): Ticket | undefined => {
    const ticket = desk.tickets.get(Number(id));
    return ticket?.deleted ? undefined : ticket;
  };

  app.get<{ Querystring: Query }>('/api/v2/tickets/show_many', (request, reply) => {
    const ids = idsIn(request.query);
    if (!ids) return invalid(reply, 'ids', `at most ${mostIds} ids`, 400);
    const isShown = (ticket: Ticket): boolean => archive.inBulk === 'shown' || !archive.holds(ticket);
    const tickets = [...new Set(ids)].flatMap((id) => found(String(id)) ?? []).filter(isShown);
    const users = wantsUsers(request.query) ? `,"users":${usersText(desk, tickets.flatMap(peopleOf), baseUrl())}` : '';
    const texts = tickets.map((ticket) => ticketText(desk, ticket, baseUrl()));
    return sendText(
      reply,
      `{"tickets":[${texts.join(',')}]${users},"next_page":null,"previous_page":null,"count":${texts.length}}`,
    );
  });

  /** The list, by cursor alone: archived tickets are not in it. */
  app.get<{ Querystring: Query }>('/api/v2/tickets', ({ query }, reply) => {
    const size = boundedInt(query['page[size]'], { fallback: 100, min: 1, max: 100 });
    const afterId = placeOf(query['page[after]'] ?? '');
    const left = [...desk.tickets.values()].filter(
      (ticket) => ticket.id > afterId && !ticket.deleted && !archive.holds(ticket),
    );
    const page = left.slice(0, size);
    const more = left.length > page.length;
    const after = more ? cursorOf(page.at(-1)?.id ?? 0) : null;
    const texts = page.map((ticket) => ticketText(desk, ticket, baseUrl()));
    const next = after && `${baseUrl()}/api/v2/tickets.json?page%5Bsize%5D=${size}&page%5Bafter%5D=${after}`;
    const paging = { meta: { has_more: more, after_cursor: after, before_cursor: null }, links: { next, prev: null } };
    return sendText(reply, `{"tickets":[${texts.join(',')}],${JSON.stringify(paging).slice(1)}`);
  });

  app.get<{ Params: { id: string }; Querystring: Query }>('/api/v2/tickets/:id', (request, reply) => {
    const ticket = found(request.params.id);
    if (!ticket) return notFound(reply);
    const users = wantsUsers(request.query) ? `,"users":${usersText(desk, peopleOf(ticket), baseUrl())}` : '';
    return sendText(reply, `{"ticket":${ticketText(desk, ticket, baseUrl())}${users}}`);
  });

  app.get<{ Params: { id: string }; Querystring: Query }>('/api/v2/tickets/:id/audits', (request, reply) => {
    const ticket = found(request.params.id);
    if (!ticket) return notFound(reply);
    const { query } = request;
    if (archive.holds(ticket)) {
      if (query['page[size]'] && archive.pagedAudits === 'refused')
        return invalid(reply, 'page', 'Audits of archived tickets do not page', 400);
      const authors = ticket.audits.map(({ author_id }) => author_id);
      const users = wantsUsers(query) ? `,"users":${usersText(desk, authors, baseUrl())}` : '';
      return sendText(
        reply,
        `{"audits":[${ticket.auditTexts.join(',')}]${users},"next_page":null,"previous_page":null,"count":${ticket.audits.length}}`,
      );
    }
    const size = boundedInt(query['page[size]'], { fallback: 100, min: 1, max: 100 });
    const after = query['page[after]'];
    const start = query['page[size]']
      ? after
        ? placeOf(after)
        : 0
      : (boundedInt(query.page, { fallback: 1, min: 1, max: 100 }) - 1) * size;
    const end = Math.min(start + size, ticket.auditTexts.length);
    const people = ticket.audits.slice(start, end).map(({ author_id }) => author_id);
    const users = wantsUsers(query) ? `,"users":${usersText(desk, people, baseUrl())}` : '';
    const more = end < ticket.auditTexts.length;
    const address = `${baseUrl()}/api/v2/tickets/${ticket.id}/audits.json`;
    const paging = query['page[size]']
      ? {
          meta: {
            has_more: more,
            after_cursor: more ? cursorOf(end) : null,
            before_cursor: start > 0 ? cursorOf(start) : null,
          },
          links: {
            next: more ? `${address}?page%5Bsize%5D=${size}&page%5Bafter%5D=${cursorOf(end)}` : null,
            prev: null,
          },
        }
      : {
          next_page: more ? `${address}?page=${start / size + 2}` : null,
          previous_page: null,
          count: ticket.auditTexts.length,
        };
    return sendText(
      reply,
      `{"audits":[${ticket.auditTexts.slice(start, end).join(',')}]${users},${JSON.stringify(paging).slice(1)}`,
    );
  });

  interface TagsBody {
    readonly tags?: unknown;
    readonly updated_stamp?: unknown;
    readonly safe_update?: unknown;
  }

  const changeTags = (
    reply: FastifyReply,
    id: string,
    body: TagsBody | null,
    next: (held: readonly string[], given: readonly string[]) => string[],
    status: number,
  ) => {
    const ticket = found(id);
    if (!ticket) return notFound(reply);
    const given = typeof body?.tags === 'string' ? [body.tags] : body?.tags;
    if (!Array.isArray(given) || given.some((tag) => typeof tag !== 'string'))
      return invalid(reply, 'tags', 'tags: is a list of words', 400);
    if (ticket.status === 'closed') return invalid(reply, 'status', 'Status: closed prevents ticket update');
    const safe = body?.safe_update === true || body?.safe_update === 'true';
    if (safe && body?.updated_stamp !== isoSeconds(ticket.updatedAtMs))
      return reply.code(409).send({ error: 'Conflict', description: 'The ticket was updated since it was read' });
    const values = { tags: next(ticket.tags, normalTags(given as string[])) };
    desk.update(ticket.id, { atMs: clock.now().getTime(), authorId: apiUserId, via: viaOf('api'), values });
    return status === 204 ? reply.code(204).send() : reply.code(status).send({ tags: ticket.tags });
  };

  interface TagsRoute {
    Params: { id: string };
    Body: TagsBody | null;
  }
  const path = '/api/v2/tickets/:id/tags';
  app.get<TagsRoute>(path, (request, reply) => {
    const ticket = found(request.params.id);
    return ticket ? reply.send({ tags: ticket.tags }) : notFound(reply);
  });
  app.put<TagsRoute>(path, ({ params, body }, reply) =>
    changeTags(reply, params.id, body, (held, given) => [...held, ...given], 200),
  );
  app.post<TagsRoute>(path, ({ params, body }, reply) =>
    changeTags(reply, params.id, body, (_, given) => [...given], 201),
  );
  app.delete<TagsRoute>(path, ({ params, body }, reply) =>
    changeTags(reply, params.id, body, (held, given) => held.filter((tag) => !given.includes(tag)), 204),
  );
};
