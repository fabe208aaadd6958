import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { dayIn } from '../../../core/time.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/database/open.ts';
import { answersOrTable } from '../../../platform/http/answers.ts';
import { requestText } from '../../../platform/http/request-text.ts';
import { type Access, costBasisFor, requireScope } from '../../access/index.ts';
import { atRatesOf, queryFxDay } from '../facts/constant-currency.ts';
import { loadHeldDays } from '../held-days.ts';
import { refuseUnknownCodes } from '../known-codes.ts';
import { csvReply, groupings, queryDay, queryFormat, queryGroupBy, queryNoSeal } from '../paging.ts';
import { parsePeriod } from '../partner-report.ts';
import { roiReport } from './roi.ts';
import { roiAnswer, roiCsv } from './roi-answers.ts';
import { whyDear } from './why-dear.ts';
import { method, whyDearAnswer, whyDearCsv } from './why-dear-answers.ts';

/** Why a partner is dear, and whether it is worth it: /api/v1/reports/why-dear and /roi, by scope `read`; at true cost by `rates`. */
export const whyRoutes =
  (deps: {
    readonly db: Database;
    readonly access: Access;
    readonly clock: Clock;
    readonly basis: { readonly currency: string; readonly timeZone: string };
  }): FastifyPluginAsyncZod =>
  async (app) => {
    const { db, access, basis } = deps;
    const read = { onRequest: requireScope(access, 'read') };
    const today = () => dayIn(basis.timeZone, deps.clock.now());

    app.get(
      '/api/v1/reports/why-dear',
      {
        ...read,
        schema: {
          summary:
            'Why a partner is dear: its cost above the average, by volume, reason, language, handling time and rate; costs of other periods are beside it in /api/v1/reports/figures',
          tags: ['reports'],
          querystring: z.strictObject({
            from: queryDay,
            to: queryDay,
            partner: requestText(80)
              .optional()
              .describe('A partner code, or "none": that one alone, with its reasons and languages'),
            asOf: queryNoSeal,
            fxDay: queryFxDay,
            format: queryFormat,
          }),
          ...answersOrTable('A row per partner, Direct and Unattributed too', whyDearAnswer),
        },
      },
      async (request, reply) => {
        const { from, to, partner, fxDay, format } = request.query;
        const costBasis = costBasisFor(request);
        const period = parsePeriod(from, to);
        await refuseUnknownCodes(db, { partner });
        const source = await atRatesOf(db, { fxDay, currency: basis.currency, costBasis, periods: [period] });
        const { partial, held } = await loadHeldDays(db, period, today());
        const rows = await whyDear(source, { ...period, partner, ...basis, costBasis });
        if (format === 'csv')
          return reply
            .headers(csvReply(`why-dear-${from}-${to}`))
            .send(whyDearCsv(rows, { currency: basis.currency, costBasis, fxDay, days: { partial, held } }));
        return { ...period, ...basis, costBasis, ...(fxDay !== undefined && { fxDay }), partial, held, method, rows };
      },
    );

    app.get(
      '/api/v1/reports/roi',
      {
        ...read,
        schema: {
          summary:
            'What partnerships bring for what they cost: benefits against support and other costs, with the arithmetic; by time and against other periods in /api/v1/reports/figures',
          tags: ['reports'],
          querystring: z.strictObject({
            from: queryDay,
            to: queryDay,
            groupBy: queryGroupBy,
            asOf: queryNoSeal,
            fxDay: queryFxDay,
            format: queryFormat,
          }),
          ...answersOrTable('A row per partner, region or both, and their sum', roiAnswer),
        },
      },
      async (request, reply) => {
        const { from, to, groupBy: grouping, fxDay, format } = request.query;
        const groupBy = groupings[grouping];
        const costBasis = costBasisFor(request);
        const period = parsePeriod(from, to);
        const source = await atRatesOf(db, { fxDay, currency: basis.currency, costBasis, periods: [period] });
        const { partial, held } = await loadHeldDays(db, period, today());
        const report = await roiReport(source, { ...period, groupBy, ...basis, costBasis });
        if (format === 'csv')
          return reply
            .headers(csvReply(`roi-${from}-${to}`))
            .send(roiCsv(report, { groupBy, currency: basis.currency, costBasis, fxDay, days: { partial, held } }));
        return {
          from,
          to,
          groupBy,
          ...basis,
          costBasis,
          ...(fxDay !== undefined && { fxDay }),
          partial,
          held,
          ...report,
        };
      },
    );
  };
