import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Database } from '../../../platform/database/open.ts';
import { answersOrTable } from '../../../platform/http/answers.ts';
import { requestText } from '../../../platform/http/request-text.ts';
import { type Access, requireScope } from '../../access/index.ts';
import { maySeeAgents } from '../by-agent.ts';
import { csvReply, nextLink, optionalPeriod, pageLimit, queryDay, queryFormat, queryPage } from '../paging.ts';
import { workCsv } from '../tables.ts';
import { workAnswer, workStates } from './work-answers.ts';
import { listWork } from './work-list.ts';

/** GET /api/v1/work: held, capped, corrected and unpriced work, by scope `read`; what an entry costs by `rates` and agentFigures. */
export const workRoutes =
  (deps: {
    readonly db: Database;
    readonly access: Access;
    readonly basis: { readonly currency: string };
  }): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/api/v1/work',
      {
        onRequest: requireScope(deps.access, 'read'),
        schema: {
          summary:
            'Work on which a person decides, or that lacks a price: held bulk edits, what lies above the cap, corrections, unpriced entries',
          tags: ['tickets'],
          querystring: z.strictObject({
            state: z.enum(workStates),
            connection: requestText(80).optional().describe("A connection's id or name"),
            from: queryDay.optional(),
            to: queryDay.optional(),
            decided: z
              .enum(['yes', 'no'])
              .optional()
              .describe(
                'Whether a person has decided on it: who, when and what stands with it. What was decided stays in its list, so that each decision can be looked at and revised',
              ),
            ...queryPage('Entries'),
            format: queryFormat,
          }),
          ...answersOrTable('One page', workAnswer),
        },
      },
      async (request, reply) => {
        const { from, to, format, limit: asked, decided, ...filter } = request.query;
        const limit = pageLimit(format, asked);
        const page = await listWork(
          deps.db,
          {
            ...filter,
            ...optionalPeriod(from, to),
            limit,
            ...(decided !== undefined && { decided: decided === 'yes' }),
          },
          { currency: deps.basis.currency, byAgent: await maySeeAgents(request, deps.db) },
        );
        if (page.next !== null) reply.header('link', nextLink(request.url, page.next));
        if (format === 'csv') return reply.headers(csvReply(`work-${page.state}`)).send(workCsv(page.items));
        return page;
      },
    );
  };
