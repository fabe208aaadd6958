import type { FastifyReply } from 'fastify';
import { boundedInt, sendText } from '../http.ts';

export type Query = Readonly<Record<string, string | undefined>>;

const codes: Readonly<Record<number, string>> = {
  400: 'bad_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  429: 'too_many_requests',
};

/** An error as most endpoints tell it. */
export const refuse = (reply: FastifyReply, status: number, message: string): FastifyReply =>
  reply.code(status).send({ errors: [{ code: codes[status] ?? 'server_error', message, meta: {} }] });

/** An error as the other endpoints tell it: the JSON:API object that points at the field. */
export const refuseField = (reply: FastifyReply, pointer: string, detail: string): FastifyReply =>
  reply.code(400).send({
    errors: [{ status: '400', code: 'bad_request', title: 'Bad Request', detail, source: { pointer }, meta: {} }],
  });

export const notFound = (reply: FastifyReply): FastifyReply => refuse(reply, 404, 'Not found');

/** One resource, given as JSON text. */
export const sendOne = (reply: FastifyReply, text: string, status = 200): FastifyReply =>
  sendText(reply, `{"data":${text}}`, status);

export interface Paging {
  readonly page: number;
  readonly pageSize: number;
}

export const pagingOf = (query: Query, { most, fallback = 25 }: { most: number; fallback?: number }): Paging => ({
  page: boundedInt(query.page, { fallback: 1, min: 1, max: Number.MAX_SAFE_INTEGER }),
  pageSize: boundedInt(query.pageSize, { fallback, min: 1, max: most }),
});

/** A page of a list that was cut already, each item as JSON text. */
export const sendPage = (
  reply: FastifyReply,
  texts: readonly string[],
  { page, pageSize, total, path }: Paging & { readonly total: number; readonly path: string },
): FastifyReply => {
  const totalPages = Math.ceil(total / pageSize);
  const link = (no: number) => `${path}${path.includes('?') ? '&' : '?'}page=${no}&pageSize=${pageSize}`;
  const meta = { pageSize, page, total, totalPages };
  const links = {
    self: link(page),
    first: link(1),
    prev: page > 1 ? link(page - 1) : null,
    next: page < totalPages ? link(page + 1) : null,
  };
  return sendText(
    reply,
    `{"meta":${JSON.stringify(meta)},"links":${JSON.stringify(links)},"data":[${texts.join(',')}]}`,
  );
};

/** The page of the list that the query asks for. */
export const sendList = <T>(
  reply: FastifyReply,
  items: readonly T[],
  write: (item: T) => unknown,
  { query, path, most = 100 }: { readonly query: Query; readonly path: string; readonly most?: number },
): FastifyReply => {
  const paging = pagingOf(query, { most, fallback: Math.min(most, 100) });
  const start = (paging.page - 1) * paging.pageSize;
  const texts = items.slice(start, start + paging.pageSize).map((item) => {
    const written = write(item);
    return typeof written === 'string' ? written : JSON.stringify(written);
  });
  return sendPage(reply, texts, { ...paging, total: items.length, path });
};
