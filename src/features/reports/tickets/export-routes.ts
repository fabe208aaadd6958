import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Database } from '../../../platform/database/open.ts';
import { answersOrTable } from '../../../platform/http/answers.ts';
import { requestText } from '../../../platform/http/request-text.ts';
import { type Access, costBasisFor, requireScope } from '../../access/index.ts';
import { maySeeAgents } from '../by-agent.ts';
import { atRatesOf, queryFxDay } from '../facts/constant-currency.ts';
import { refuseUnknownCodes } from '../known-codes.ts';
import { csvReply, nextLink, pageLimit, queryDay, queryFormat, queryPage } from '../paging.ts';
import { parsePeriod } from '../partner-report.ts';
import { exportTickets } from './export.ts';
import { exportAnswer, exportCsv } from './export-answers.ts';

/** GET /api/v1/exports/tickets: a row per ticket with all inputs of its cost, by scope `read`; rates and amounts by `rates`, agents with the setting agentFigures. */
export const exportRoutes =
  (deps: {
    readonly db: Database;
    readonly access: Access;
    readonly basis: { readonly currency: string };
  }): FastifyPluginAsyncZod =>
  async (app) => {
    const { db, access, basis } = deps;
    app.get(
      '/api/v1/exports/tickets',
      {
        onRequest: requireScope(access, 'read'),
        schema: {
          summary:
            'A row per ticket with every input of its cost: entries, seconds, rates, exchange rates, shares, rule and confidence. In pages: the header Link leads to the next, in CSV too',
          tags: ['tickets'],
          querystring: z.strictObject({
            from: queryDay,
            to: queryDay,
            connection: requestText(80).optional().describe("A connection's id or name"),
            partner: requestText(80).optional().describe('A partner code, or "none"'),
            region: requestText(80).optional().describe('A region code, or "none"'),
            fxDay: queryFxDay,
            ...queryPage('Tickets'),
            format: queryFormat,
          }),
          ...answersOrTable(
            'One page. In CSV a row per ticket, its lists with " | " between: in `seconds`, `hourly`, `wages`, `rates`, `fx` and `costs` the first place of each is of one price, the second of the next, and seconds x hourly / 3600 x fx = cost but for rounding each entry; `nativeCost` is one sum for each currency',
            exportAnswer,
          ),
        },
      },
      async (request, reply) => {
        const { from, to, fxDay, format, limit: asked, ...filter } = request.query;
        const limit = pageLimit(format, asked);
        const period = parsePeriod(from, to);
        await refuseUnknownCodes(db, filter);
        const costBasis = costBasisFor(request);
        const byAgent = await maySeeAgents(request, db);
        const source = await atRatesOf(db, { fxDay, currency: basis.currency, costBasis, periods: [period] });
        const page = await source.transaction(
          (tx) => exportTickets(tx, { ...filter, ...period, limit }, { currency: basis.currency, costBasis, byAgent }),
          { readOnly: true, isolation: 'repeatable read' },
        );
        if (page.next !== null) reply.header('link', nextLink(request.url, page.next));
        if (format === 'csv')
          return reply
            .headers(csvReply(`ticket-costs-${from}-${to}`))
            .send(exportCsv(page.items, { costBasis, fxDay }));
        return { ...period, costBasis, ...(fxDay !== undefined && { fxDay }), ...page };
      },
    );
  };
