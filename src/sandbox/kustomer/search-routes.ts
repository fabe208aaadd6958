import type { FastifyInstance, FastifyReply } from 'fastify';
import { dayMs } from '../../core/time.ts';
import { isRecord } from '../http.ts';
import { conversationText } from './conversation-json.ts';
import type { RouteDeps } from './conversation-routes.ts';
import { pagingOf, type Query, refuse, sendPage } from './envelope.ts';
import { customerJson } from './json.ts';
import type { Conversation } from './model.ts';
import { conversationField, customerField, readSearch } from './search.ts';

const mostPages = 100;
const mostPerPage = 500;
/** What changed last longer ago than two years is in the archive alone. */
const archiveAfterMs = 2 * 365 * dayMs;

/** Searches over what is recent, and over the archive. */
export const addSearchRoutes = (app: FastifyInstance, { desk, clock, open }: RouteDeps): void => {
  const { orgId } = desk;
  /** The last search and what it found: pages of one walk need not look again while nothing changes. */
  let last: { readonly key: string; readonly hits: readonly Conversation[] } | null = null;

  const findConversations = (body: Record<string, unknown>, archive: boolean): readonly Conversation[] => {
    const search = readSearch<Conversation>(body, conversationField, 'conversation_updated_at');
    const borderMs = clock.now().getTime() - archiveAfterMs;
    const indexedMs = open.indexLagMs ? clock.now().getTime() - open.indexLagMs : Number.POSITIVE_INFINITY;
    const day = Math.floor(borderMs / dayMs);
    const key = `${archive} ${desk.version()} ${day} ${indexedMs} ${JSON.stringify(body)}`;
    if (last?.key === key) return last.hits;
    const hits = [...desk.conversations.values()]
      .filter(
        (one) =>
          one.updatedAtMs < borderMs === archive &&
          one.updatedAtMs <= indexedMs &&
          (one.deletedAtMs === null || search.includeDeleted) &&
          search.holds(one),
      )
      .sort(search.order);
    last = { key, hits };
    return hits;
  };

  const answer = (reply: FastifyReply, body: unknown, query: Query, { archive }: { readonly archive: boolean }) => {
    if (!isRecord(body)) return refuse(reply, 400, 'the body is an object');
    const pageSize = Number(query.pageSize ?? 100);
    const page = Number(query.page ?? 1);
    if (!(page >= 1 && page <= mostPages)) return refuse(reply, 400, `page: from 1 to ${mostPages}`);
    if (!(pageSize >= 1 && pageSize <= mostPerPage)) return refuse(reply, 400, `pageSize: from 1 to ${mostPerPage}`);
    const paging = pagingOf(query, { most: mostPerPage, fallback: 100 });
    const path = archive ? '/v1/customers/archive/search' : '/v1/customers/search';
    const idOnly = (type: string, id: string): string => JSON.stringify(open.idsOnly === 'ids' ? id : { type, id });
    const send = <T extends { readonly id: string }>(hits: readonly T[], type: string, write: (hit: T) => string) => {
      const start = (paging.page - 1) * paging.pageSize;
      const texts = hits
        .slice(start, start + paging.pageSize)
        .map((hit) => (query.idsOnly === 'true' ? idOnly(type, hit.id) : write(hit)));
      return sendPage(reply, texts, { ...paging, total: hits.length, path });
    };
    try {
      if (body.queryContext === 'conversation')
        return send(findConversations(body, archive), 'conversation', (hit) => conversationText(hit, orgId));
      if (body.queryContext === 'customer' && !archive) {
        const search = readSearch(body, customerField, 'customer_created_at');
        const hits = [...desk.customers.values()].filter(search.holds).sort(search.order);
        return send(hits, 'customer', (hit) => JSON.stringify(customerJson(hit, orgId)));
      }
      return refuse(reply, 400, 'queryContext: the sandbox searches conversation and customer');
    } catch (error) {
      if (error instanceof RangeError) return refuse(reply, 400, error.message);
      throw error;
    }
  };

  app.post<{ Querystring: Query; Body: unknown }>('/v1/customers/search', ({ body, query }, reply) =>
    answer(reply, body, query, { archive: false }),
  );
  app.post<{ Querystring: Query; Body: unknown }>('/v1/customers/archive/search', ({ body, query }, reply) =>
    answer(reply, body, query, { archive: true }),
  );
};
