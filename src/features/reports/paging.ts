import { z } from 'zod';
import { InvalidInput } from '../../core/errors.ts';
import { requestCount } from '../../platform/http/request-text.ts';
import type { Period } from './facts/facts.ts';
import { parsePeriod } from './partner-report.ts';

/** A day of a query, in the reporting time zone. */
export const queryDay = z
  .string({ error: ({ input }) => (input === undefined ? 'is missing: give a day as YYYY-MM-DD' : undefined) })
  .regex(/^(?!0000)\d{4}-\d{2}-\d{2}$/, 'a day as YYYY-MM-DD, from 0001-01-01 on')
  .describe('A day in the reporting time zone, inclusive');

/**
 * For reports that cannot be told as they were sealed: a seal keeps the sums of its days by partner and region, and orders,
 * refunds, attributions and amounts of partnerships are kept as they are now, not as they were.
 */
export const queryNoSeal = z
  .string()
  .refine(() => false, {
    message:
      'is known to `/api/v1/reports/partners` alone: a seal keeps its days by partner and region, without steps, reasons, languages, order values or amounts of partnerships',
  })
  .optional()
  .describe('Refused: only `/api/v1/reports/partners` can be told as it was sealed');

/** What a partner report is by, in the words of a query. */
export const groupings = {
  partner: ['partner'],
  region: ['region'],
  'partner,region': ['partner', 'region'],
} as const;
export const queryGroupBy = z.enum(Object.keys(groupings) as [keyof typeof groupings]).default('partner');

export const queryFormat = z.enum(['json', 'csv']).default('json');
type Format = z.output<typeof queryFormat>;

/** Rows on one page of a list: as many as a page may show, and as a table may hold. */
const mostItems = { json: 500, csv: 10_000 } as const;
const usualItems = { json: 100, csv: mostItems.csv } as const;

/** `limit` and `after` of a list whose rows have whole numbers as ids; `usual` rows where a request asks for no other number. */
export const queryPage = (rows: string, usual: number = usualItems.json) => ({
  limit: requestCount({ least: 1, most: mostItems.csv })
    .optional()
    .describe(`${rows} on a page: at most ${mostItems.json}, ${usual} unless given; in CSV ${mostItems.csv}`),
  after: z
    .string()
    .regex(/^\d{1,18}$/, 'is not one of our cursors; take it from `next` of the page before')
    .optional()
    .describe('`next` of the page before'),
});

/** The length of a page as this format may have it; throws InvalidInput for a longer one. */
export const pageLimit = (format: Format, limit: number = usualItems[format]): number => {
  if (limit > mostItems[format])
    throw new InvalidInput('The page is too long', [
      { field: 'limit', reason: `at most ${mostItems[format]} as ${format}` },
    ]);
  return limit;
};

/** A period of both ends or of none; throws InvalidInput for one that lacks an end. */
export const optionalPeriod = (
  from: string | undefined,
  to: string | undefined,
  [first, last]: readonly [string, string] = ['from', 'to'],
): Period | Record<string, never> => {
  if ((from === undefined) !== (to === undefined))
    throw new InvalidInput('A period has a first and a last day', [
      { field: from === undefined ? first : last, reason: 'missing' },
    ]);
  return from !== undefined && to !== undefined ? parsePeriod(from, to, [first, last]) : {};
};

/** Where the next page is (RFC 8288): the same question, after the last row of this one. */
export const nextLink = (url: string, next: string): string => {
  const [path, query] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.set('after', next);
  return `<${path}?${parameters}>; rel="next"`;
};

export const csvReply = (name: string) => ({
  'content-type': 'text/csv; charset=utf-8',
  'content-disposition': `attachment; filename="${name}.csv"`,
});
