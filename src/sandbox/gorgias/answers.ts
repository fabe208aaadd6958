import type { FastifyReply, FastifyRequest } from 'fastify';
import { isRecord } from '../http.ts';
import { share } from '../random.ts';
import type { Mark, Ordered } from './ordered.ts';
import { instantOf, stampOf } from './stamps.ts';

export type Query = Readonly<Record<string, string | string[] | undefined>>;
export type Body = Readonly<Record<string, unknown>>;

export const bodyOf = (value: unknown): Body => (isRecord(value) ? value : {});

/** The error form of the API; `data` names fields with what is wrong with each. */
export const fail = (
  reply: FastifyReply,
  status: number,
  msg: string,
  data?: Readonly<Record<string, readonly string[]>>,
): FastifyReply => reply.code(status).send({ error: data ? { msg, data } : { msg } });

export const notFound = (reply: FastifyReply): FastifyReply => fail(reply, 404, 'Resource not found.');

export const invalid = (reply: FastifyReply, field: string, why: string): FastifyReply =>
  fail(reply, 400, 'The request is not valid.', { [field]: [why] });

/** A success without a body that still says it is JSON, as was recorded. */
export const empty = (reply: FastifyReply, status: number): FastifyReply =>
  status === 204
    ? reply.code(204).send()
    : reply.code(status).header('content-type', 'application/json').send(Buffer.alloc(0));

const htmlPage =
  '<!DOCTYPE html><html><head><title>Error | gorgias.com | Cloudflare</title></head><body><h1>Error</h1></body></html>';

/** A failure in one of the forms that bodies of errors were seen in, an HTML page of the proxy in front among them. */
export const breakDown = (reply: FastifyReply, status: number, ...words: readonly (string | number)[]): void => {
  if (status === 429 || status === 503) void reply.header('Retry-after', 1);
  const form = Math.floor(share('form', ...words) * 4);
  if (form === 3) void reply.code(status).header('content-type', 'text/html; charset=UTF-8').send(htmlPage);
  else
    void reply
      .code(status)
      .send(
        [
          { error: { msg: 'The sandbox was told to fail here.' } },
          { error: 'told to fail' },
          { message: 'told to fail' },
        ][form],
      );
};

/** Values of a repeated key; of `key[]` too where that is read. */
export const listOf = (query: Query, key: string, brackets: boolean): string[] => {
  const given = query[key] ?? (brackets ? query[`${key}[]`] : undefined);
  return given === undefined ? [] : [given].flat();
};

export const textOf = (query: Query, key: string): string | undefined => {
  const given = query[key];
  return Array.isArray(given) ? given.at(-1) : given;
};

/** A number from a query or a path; NaN where it is none, so that it equals nothing. */
export const numberOf = (text: string | undefined): number => (text?.trim() ? Number(text) : Number.NaN);

const cursorOf = ({ atMs, id, towards }: Mark): string =>
  Buffer.from(`["${towards}", "${stampOf(atMs).slice(0, 26)}", ${id}]`).toString('base64');

const markOf = (cursor: string): Mark | null => {
  const match = /^\["(next|prev)", "([^"]+)", (\d+)\]$/.exec(Buffer.from(cursor, 'base64').toString());
  const atMs = instantOf(match?.[2]);
  return match && atMs !== null ? { towards: match[1] as Mark['towards'], atMs, id: Number(match[3]) } : null;
};

export interface Paging {
  readonly mark: Mark | null;
  readonly limit: number;
  readonly field: string;
  readonly descending: boolean;
}

/** `limit`, `cursor` and `order_by` of a list, or null where one is wrong and was answered. The first of `fields` is the default, downwards unless told. */
export const pagingOf = (
  reply: FastifyReply,
  query: Query,
  {
    fields = ['created_datetime'],
    descending = true,
    most = 100,
  }: { fields?: readonly string[]; descending?: boolean; most?: number } = {},
): Paging | null => {
  const limit = numberOf(textOf(query, 'limit') ?? '30');
  if (!Number.isInteger(limit) || limit < 1 || limit > most) {
    void invalid(reply, 'limit', `Must be between 1 and ${most}.`);
    return null;
  }
  const cursor = textOf(query, 'cursor');
  const mark = cursor ? markOf(cursor) : null;
  if (cursor && !mark) {
    void invalid(reply, 'cursor', 'Invalid cursor.');
    return null;
  }
  const order = /^([a-z_]+)(?::(asc|desc))?$/.exec(textOf(query, 'order_by') ?? (fields[0] as string));
  const field = order?.[1] ?? '';
  if (!fields.includes(field)) {
    void invalid(reply, 'order_by', 'Not a valid choice.');
    return null;
  }
  return { mark, limit, field, descending: order?.[2] ? order[2] === 'desc' : descending };
};

/** One page in the envelope of all lists. */
export const sendPage = <T extends { readonly id: number }>(
  request: FastifyRequest,
  reply: FastifyReply,
  rows: Ordered<T>,
  paging: Paging,
  { json, ...which }: { json: (row: T) => unknown; keep?: (row: T) => boolean; fromMs?: number; toMs?: number },
): FastifyReply => {
  const page = rows.page({ ...paging, ...which });
  return reply.send({
    data: page.rows.map(json),
    object: 'list',
    uri: request.url,
    meta: { prev_cursor: page.prev && cursorOf(page.prev), next_cursor: page.next && cursorOf(page.next) },
  });
};
