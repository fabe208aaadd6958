import { boundedInt } from '../http.ts';

export type Query = Readonly<Record<string, string | undefined>>;

/** A page of a V3 list, by number or by cursor. */
export const pageV3 = <Item extends { readonly id: number }>(items: readonly Item[], query: Query) => {
  const limit = boundedInt(query.limit, { fallback: 50, min: 1, max: 250 });
  const page = boundedInt(query.page, { fallback: 1, min: 1, max: 1_000_000 });
  const after = query.after && Number.parseInt(Buffer.from(query.after, 'base64').toString().slice('id:'.length), 10);
  const data = after
    ? items.filter(({ id }) => id > after).slice(0, limit)
    : items.slice((page - 1) * limit, page * limit);
  const pages = Math.ceil(items.length / limit);
  const cursor = (item: { readonly id: number } | undefined) =>
    item ? Buffer.from(`id:${item.id}`).toString('base64') : null;
  return {
    data,
    meta: {
      pagination: {
        total: items.length,
        count: data.length,
        per_page: limit,
        current_page: page,
        total_pages: pages,
        links: {
          current: `?page=${page}&limit=${limit}`,
          ...(page < pages ? { next: `?page=${page + 1}&limit=${limit}` } : {}),
        },
      },
      cursor_pagination: {
        count: data.length,
        per_page: limit,
        start_cursor: cursor(data[0]),
        end_cursor: cursor(data.at(-1)),
      },
    },
  };
};

/** What a filter lists; null where the query has none of that name. */
export const listIn = (query: Query, name: string): ReadonlySet<string> | null =>
  query[name] === undefined ? null : new Set(query[name].split(','));
