import type { FastifyInstance } from 'fastify';
import { boundedInt, sendText } from '../http.ts';
import { ticketText, userJson, usersText } from './json.ts';
import { idsIn, invalid, notFound, type RouteDeps } from './ticket-routes.ts';

type Query = Readonly<Record<string, string | undefined>>;

/** Changes of the last minute are not in the export yet. */
const exportDelayMs = 60_000;

const cursorOf = (place: number): string => Buffer.from(`feed ${place}`).toString('base64url');
const placeOf = (cursor: string): number | null => {
  const match = /^feed (\d+)$/.exec(Buffer.from(cursor, 'base64url').toString());
  return match ? Number(match[1]) : null;
};

/** The change feed and people. */
export const addAccountRoutes = (app: FastifyInstance, { desk, clock, actorOf, baseUrl }: RouteDeps): void => {
  /** The first entry of the feed at or after the instant. */
  const placeAt = (atMs: number): number => {
    let low = 0;
    let high = desk.feed.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((desk.feed[middle]?.atMs ?? 0) < atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  app.get<{ Querystring: Query }>('/api/v2/incremental/tickets/cursor', ({ query }, reply) => {
    const untilMs = clock.now().getTime() - exportDelayMs;
    const startMs = Number(query.start_time) * 1000;
    if (query.cursor === undefined && !(startMs <= untilMs))
      return invalid(reply, 'start_time', 'Too recent start_time. Use a start_time older than 60 seconds', 400);
    const start = query.cursor === undefined ? placeAt(startMs) : placeOf(query.cursor);
    if (start === null || start > desk.feed.length) return invalid(reply, 'cursor', 'cursor: is not valid', 400);
    const end = placeAt(untilMs + 1);
    const most = boundedInt(query.per_page, { fallback: 1000, min: 1, max: 1000 });
    const texts: string[] = [];
    let place = start;
    for (; place < end && texts.length < most; place += 1) {
      const ticket = desk.tickets.get(desk.feed[place]?.ticketId ?? 0);
      // An entry is stale once its ticket changed again: the ticket stands further on.
      if (ticket?.feedNo !== place || (ticket.deleted && query.exclude_deleted === 'true')) continue;
      texts.push(ticketText(desk, ticket, baseUrl()));
    }
    const address = `${baseUrl()}/api/v2/incremental/tickets/cursor.json?cursor=`;
    const paging = {
      after_cursor: cursorOf(place),
      after_url: `${address}${cursorOf(place)}`,
      before_cursor: null,
      before_url: null,
      end_of_stream: place >= end,
    };
    return sendText(reply, `{"tickets":[${texts.join(',')}],${JSON.stringify(paging).slice(1)}`);
  });

  // Of the search language what counts tickets since a moment; deleted ones are in no search.
  app.get<{ Querystring: Query }>('/api/v2/search/count', ({ query }, reply) => {
    const sinceMs = Date.parse(/^type:ticket created>=(\S+)$/.exec(query.query ?? '')?.[1] ?? '');
    if (Number.isNaN(sinceMs)) return invalid(reply, 'query', 'the sandbox counts tickets by created>= alone', 422);
    const found = [...desk.tickets.values()].filter(({ deleted, createdAtMs }) => !deleted && createdAtMs >= sinceMs);
    return reply.send({ count: found.length });
  });

  app.get('/api/v2/users/me', (request, reply) => {
    const user = desk.users.get(actorOf(request));
    return user ? reply.send({ user: userJson(user, baseUrl()) }) : notFound(reply);
  });
  app.get<{ Querystring: Query }>('/api/v2/users/show_many', ({ query }, reply) => {
    const ids = idsIn(query);
    if (!ids) return invalid(reply, 'ids', 'at most 100 ids', 400);
    const count = new Set(ids.filter((id) => desk.users.has(id))).size;
    return sendText(
      reply,
      `{"users":${usersText(desk, ids, baseUrl())},"next_page":null,"previous_page":null,"count":${count}}`,
    );
  });
  app.get<{ Params: { id: string } }>('/api/v2/users/:id', ({ params }, reply) => {
    const user = desk.users.get(Number(params.id));
    return user ? reply.send({ user: userJson(user, baseUrl()) }) : notFound(reply);
  });
};
