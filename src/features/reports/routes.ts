import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { InvalidInput, NotFound } from '../../core/errors.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/open.ts';
import { requestCount, requestText } from '../../platform/http/request-text.ts';
import { type Access, identityOf, requireScope } from '../access/index.ts';
import { parsePeriod, partnerReport } from './partner-report.ts';
import type { CostBasis } from './pooled-cost.ts';
import { series } from './series.ts';
import { reportCsv, seriesCsv, ticketCsv, ticketsCsv } from './tables.ts';
import { ticketDetail } from './ticket-detail.ts';
import { listTickets } from './ticket-list.ts';

const day = z
  .string()
  .regex(/^(?!0000)\d{4}-\d{2}-\d{2}$/, 'a day as YYYY-MM-DD, from 0001-01-01 on')
  .describe('A day in the reporting time zone, inclusive');
const format = z.enum(['json', 'csv']).default('json');
const groupings = {
  partner: ['partner'],
  region: ['region'],
  'partner,region': ['partner', 'region'],
} as const;

/** Tickets on one page of the list: as many as a page may show, and as a table may hold. */
const mostItems = { json: 500, csv: 10_000 } as const;
const usualItems = { json: 100, csv: mostItems.csv } as const;

/** Where the next page is (RFC 8288): the same question, after the last ticket of this one. */
const nextLink = (url: string, next: string): string => {
  const [path, query] = url.split('?', 2);
  const parameters = new URLSearchParams(query);
  parameters.set('after', next);
  return `<${path}?${parameters}>; rel="next"`;
};

const id = z.string().regex(/^\d{1,18}$/, "a ticket's id as `GET /api/v1/tickets` gives it");
const text = requestText(80).optional();

const csvReply = (name: string) => ({
  'content-type': 'text/csv; charset=utf-8',
  'content-disposition': `attachment; filename="${name}.csv"`,
});

/** /api/v1/reports and /api/v1/tickets: figures of RULES.md section 7 as JSON or CSV, by scope `read`; cost at true rates by `rates`, else pooled. */
export const reportRoutes =
  (deps: {
    readonly db: Database;
    readonly access: Access;
    readonly clock: Clock;
    readonly basis: { readonly currency: string; readonly timeZone: string };
    /** Told that somebody looks at a ticket, so that its work is pulled. */
    readonly onLook: (ticketId: bigint) => Promise<void>;
  }): FastifyPluginAsyncZod =>
  async (app) => {
    const { db, access, basis } = deps;
    const read = { onRequest: requireScope(access, 'read') };
    const costBasisOf = (request: Parameters<typeof identityOf>[0]): CostBasis =>
      identityOf(request).scopes.includes('rates') ? 'true' : 'pooled';

    app.get(
      '/api/v1/reports/partners',
      {
        ...read,
        schema: {
          summary: 'Cost, orders and CSAT by partner and region',
          tags: ['reports'],
          querystring: z.strictObject({
            from: day,
            to: day,
            groupBy: z.enum(Object.keys(groupings) as [keyof typeof groupings]).default('partner'),
            format,
          }),
        },
      },
      async (request, reply) => {
        const { from, to, groupBy, format: wanted } = request.query;
        const report = await partnerReport(db, {
          ...parsePeriod(from, to),
          groupBy: groupings[groupBy],
          ...basis,
          costBasis: costBasisOf(request),
        });
        if (wanted === 'csv') return reply.headers(csvReply(`partners-${from}-${to}`)).send(reportCsv(report));
        return report;
      },
    );

    app.get(
      '/api/v1/reports/series',
      {
        ...read,
        schema: {
          summary: 'Cost, handled seconds, tickets and orders over time',
          tags: ['reports'],
          querystring: z.strictObject({
            from: day,
            to: day,
            step: z.enum(['day', 'week', 'month']).default('day'),
            partner: text.describe('A partner code, or "none"'),
            region: text.describe('A region code, or "none"'),
            format,
          }),
        },
      },
      async (request, reply) => {
        const { from, to, step, partner, region, format: wanted } = request.query;
        const { currency } = basis;
        const costBasis = costBasisOf(request);
        const points = await series(db, { ...parsePeriod(from, to), step, partner, region, currency, costBasis });
        if (wanted === 'csv')
          return reply.headers(csvReply(`series-${from}-${to}`)).send(seriesCsv(points, { currency, costBasis }));
        return { from, to, step, partner: partner ?? null, region: region ?? null, costBasis, points };
      },
    );

    app.get(
      '/api/v1/tickets',
      {
        ...read,
        schema: {
          summary:
            'Tickets, newest first, with their part of the cost in a cell and period. In pages: the header Link leads to the next, in CSV too',
          tags: ['tickets'],
          querystring: z.strictObject({
            connection: text.describe("A connection's id or name"),
            externalId: text,
            partner: text.describe('A partner code, or "none"'),
            region: text.describe('A region code, or "none"'),
            from: day.optional(),
            to: day.optional(),
            limit: requestCount({ least: 1, most: mostItems.csv })
              .optional()
              .describe(
                `Tickets on a page: at most ${mostItems.json}, ${usualItems.json} unless given; in CSV ${mostItems.csv}`,
              ),
            after: z
              .string()
              .regex(/^\d{1,18}$/, 'is not one of our cursors; take it from `next` of the page before')
              .optional()
              .describe('`next` of the page before'),
            format,
          }),
        },
      },
      async (request, reply) => {
        const { from, to, format: wanted, limit = usualItems[wanted], ...filter } = request.query;
        if (limit > mostItems[wanted])
          throw new InvalidInput('The page is too long', [
            { field: 'limit', reason: `at most ${mostItems[wanted]} as ${wanted}` },
          ]);
        if ((from === undefined) !== (to === undefined))
          throw new InvalidInput('A period has a first and a last day', [
            { field: from === undefined ? 'from' : 'to', reason: 'missing' },
          ]);
        const period = from !== undefined && to !== undefined ? parsePeriod(from, to) : {};
        const page = await listTickets(
          db,
          { ...filter, limit, ...period },
          { currency: basis.currency, costBasis: costBasisOf(request) },
        );
        if (page.next !== null) reply.header('link', nextLink(request.url, page.next));
        if (wanted === 'csv') return reply.headers(csvReply('tickets')).send(ticketsCsv(page.items, page.costBasis));
        return page;
      },
    );

    app.get(
      '/api/v1/tickets/:id',
      {
        ...read,
        schema: {
          summary: 'Why this number: one ticket with its attribution, work, postings, rates and versions',
          tags: ['tickets'],
          params: z.object({ id }),
          querystring: z.strictObject({ format }),
        },
      },
      async (request, reply) => {
        const ticketId = BigInt(request.params.id);
        const view = { currency: basis.currency, costBasis: costBasisOf(request) };
        const ticket = await db.transaction((tx) => ticketDetail(tx, ticketId, view), {
          readOnly: true,
          isolation: 'repeatable read',
        });
        if (!ticket)
          throw new NotFound(
            'No ticket has this id; `GET /api/v1/tickets?externalId=` finds one by its number at the helpdesk.',
          );
        await deps.onLook(ticketId);
        if (request.query.format === 'csv')
          return reply.headers(csvReply(`ticket-${request.params.id}`)).send(ticketCsv(ticket));
        return ticket;
      },
    );
  };
