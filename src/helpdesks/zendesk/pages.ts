import type { z } from 'zod';
import { UpstreamError } from '../../core/errors.ts';
import type { Http, HttpCall } from '../../platform/http/client.ts';
import type { pageMeta } from './schema.ts';

/** The most that lists give per page. */
const pageSize = 100;

interface Page {
  /** Whoever pages by number has none. */
  readonly meta?: z.output<typeof pageMeta>;
  readonly next_page?: string | null | undefined;
}

/**
 * A list page by page to its end, by cursor, or by the address of the next page where the list has no cursor. Throws
 * UpstreamError where it has more than `mostPages`. `byCursor` false: the first page is asked for without a size.
 */
export async function* pagesOf<Schema extends z.ZodType<Page>>(
  http: Pick<Http, 'read'>,
  call: HttpCall,
  schema: Schema,
  { mostPages, byCursor = true }: { readonly mostPages: number; readonly byCursor?: boolean },
): AsyncGenerator<z.output<Schema>> {
  let after: string | undefined;
  let link: string | undefined;
  for (let page = 0; page < mostPages; page++) {
    const query = { ...call.query, ...(byCursor ? { 'page[size]': pageSize, 'page[after]': after } : {}) };
    const answer = await http.read({ ...call, query, ...(link ? { link } : {}) }, schema);
    yield answer;
    const { meta, next_page } = answer;
    after = meta?.has_more ? (meta.after_cursor ?? undefined) : undefined;
    link = meta ? undefined : (next_page ?? undefined);
    if (after === undefined && link === undefined) return;
  }
  throw new UpstreamError(`${call.path} of Zendesk has more than ${mostPages} pages; look at it there.`, {
    retryable: false,
  });
}
