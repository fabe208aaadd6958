import type { z } from 'zod';
import { UpstreamError } from '../../core/errors.ts';
import type { BigcommerceApi, Query } from './api.ts';
import { listV3 } from './schema.ts';

/** The largest page the store gives. */
export const pageRows = 250;
/** The page it gives when it pays no heed to `limit`: only fewer rows than these end a list. */
export const defaultPageRows = 50;
/** 5 million rows: a walk that is longer has lost its way. */
export const mostPages = 20_000;
const mostSubPages = 40;

/** Ids named in one call; keeps the address of the request below 2 kB. */
const idsAtOnce = 100;

/** Each id once, in lists that fit into the address of a request, as "7,8,9". */
export const idLists = (ids: readonly string[]): string[] => {
  const wanted = [...new Set(ids)];
  return Array.from({ length: Math.ceil(wanted.length / idsAtOnce) }, (_, index) =>
    wanted.slice(index * idsAtOnce, (index + 1) * idsAtOnce).join(','),
  );
};

/** What is wrong with a value: paths and reasons, never the value. */
export const faultsIn = (error: z.ZodError): string =>
  error.issues.map((issue) => `${issue.path.join('.') || 'the whole'}: ${issue.message}`).join('; ');

/** Throws UpstreamError where the value has not the documented shape. */
export const read = <Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> => {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UpstreamError(
    `BigCommerce sent ${what} that cannot be read (${faultsIn(parsed.error)}); see whether its API changed`,
    {
      retryable: false,
    },
  );
};

/** V2 lists are bare arrays; no match is 204, which the API gives as null. */
export const rowsV2 = (body: unknown, path: string): unknown[] => {
  if (body === null) return [];
  if (Array.isArray(body)) return body;
  throw new UpstreamError(
    `BigCommerce answered ${path} with something other than a list; see whether its API changed`,
    { retryable: false },
  );
};

export const walkTooLong = (path: string) =>
  new UpstreamError(
    `BigCommerce's list ${path} did not end after ${mostPages} pages; the next run continues where this one stopped`,
    { retryable: true },
  );

/** All rows of a list below one order. */
export const listOf = async <Schema extends z.ZodType>(
  api: BigcommerceApi,
  { path, orderId, schema }: { readonly path: string; readonly orderId: string; readonly schema: Schema },
): Promise<z.output<Schema>[]> => {
  const all: z.output<Schema>[] = [];
  for (let page = 1; page <= mostSubPages; page += 1) {
    const rows = rowsV2(await api.get(path, { limit: pageRows, page }, { id: orderId }), path);
    all.push(...rows.map((row) => read(schema, row, `a row of ${path}`)));
    if (rows.length < defaultPageRows) break;
  }
  return all;
};

/** The pages of a V3 list, each not empty. */
export async function* pagesV3(
  api: BigcommerceApi,
  path: string,
  query: Query,
  params: Record<string, string> = {},
): AsyncGenerator<unknown[]> {
  for (let page = 1; page <= mostPages; page += 1) {
    const body = await api.get(path, { ...query, limit: pageRows, page }, params);
    if (body === null) return;
    const { data, meta } = read(listV3, body, `a page of ${path}`);
    if (data.length > 0) yield data;
    const pages = meta?.pagination?.total_pages ?? null;
    if (data.length === 0 || (pages === null ? data.length < defaultPageRows : page >= pages)) return;
  }
  throw walkTooLong(path);
}
