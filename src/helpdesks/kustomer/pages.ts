import type { z } from 'zod';
import { UpstreamError } from '../../core/errors.ts';
import type { Http } from '../../platform/http/client.ts';
import { type Page, pageOf } from './schema.ts';

/** The most that lists give per page. */
export const pageSize = 100;

/** The key may not read or write it, or the account has no such thing. */
export const isRefused = (error: unknown): boolean =>
  error instanceof UpstreamError && [401, 403, 404].includes(error.status ?? 0);

export const hasMore = ({ data, meta, links }: Page<unknown>, page: number): boolean => {
  if (data.length === 0) return false;
  if (meta?.totalPages !== undefined && meta?.totalPages !== null) return page < meta.totalPages;
  return links ? links.next !== null : data.length >= pageSize;
};

/**
 * A list to its end, each record once. Pages are asked for by number, and a page that brings nothing new ends the list.
 * Throws UpstreamError where it has more than `mostPages`.
 */
export const readAll = async <Schema extends z.ZodType<{ readonly id: string }>>(
  http: Http,
  list: {
    readonly path: string;
    readonly params?: Readonly<Record<string, string>>;
    readonly query?: Readonly<Record<string, string>>;
    readonly of: Schema;
    readonly mostPages: number;
    readonly saysGone?: (body: unknown) => boolean;
  },
): Promise<z.output<Schema>[]> => {
  const { path, params = {}, query = {}, of, mostPages, saysGone } = list;
  const found = new Map<string, z.output<Schema>>();
  for (let page = 1; page <= mostPages; page++) {
    const call = { path, params, query: { ...query, page, pageSize }, ...(saysGone && { saysGone }) };
    const answer = await http.read(call, pageOf(of));
    const before = found.size;
    for (const item of answer.data) found.set(item.id, item);
    if (found.size === before || !hasMore(answer, page)) return [...found.values()];
  }
  throw new UpstreamError(`${path} of Kustomer has more than ${mostPages} pages; look at it there.`, {
    retryable: false,
  });
};
