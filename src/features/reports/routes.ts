import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { InvalidInput, NotFound } from '../../core/errors.ts';
import { dayIn } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/open.ts';
import { answersOrTable } from '../../platform/http/answers.ts';
import { requestText } from '../../platform/http/request-text.ts';
import { type Access, costBasisFor, requireScope } from '../access/index.ts';
import { accountSettings } from '../directory/index.ts';
import { partnersAnswer, ticketAnswer, ticketsAnswer } from './answers.ts';
import { atRatesOf, queryFxDay } from './facts/constant-currency.ts';
import { noKey } from './facts/facts.ts';
import { daysIn, isCut } from './figures/compare-periods.ts';
import { figureRoutes } from './figures/routes.ts';
import { isRunning, loadHeldDays } from './held-days.ts';
import { refuseUnknownCodes } from './known-codes.ts';
import {
  csvReply,
  groupings,
  nextLink,
  optionalPeriod,
  pageLimit,
  queryDay,
  queryFormat,
  queryGroupBy,
  queryNoSeal,
  queryPage,
} from './paging.ts';
import { parsePeriod, partnerReport } from './partner-report.ts';
import { payrollLine } from './seals/payroll-line.ts';
import { series } from './series.ts';
import { seriesAnswer } from './series-answer.ts';
import { reportCsv, seriesCsv, ticketCsv, ticketsCsv } from './tables.ts';
import { ticketDetail } from './tickets/detail.ts';
import { exportRoutes } from './tickets/export-routes.ts';
import { listTickets } from './tickets/list.ts';
import { whyRoutes } from './worth/routes.ts';

const id = z.string().regex(/^\d{1,18}$/, "a ticket's id as `GET /api/v1/tickets` gives it");
const text = requestText(80).optional();

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
    const today = () => dayIn(basis.timeZone, deps.clock.now());
    await app.register(figureRoutes(deps));
    await app.register(whyRoutes(deps));
    await app.register(exportRoutes(deps));

    app.get(
      '/api/v1/reports/partners',
      {
        ...read,
        schema: {
          summary: 'Cost, orders and CSAT by partner and region',
          tags: ['reports'],
          querystring: z.strictObject({
            from: queryDay,
            to: queryDay,
            groupBy: queryGroupBy,
            asOf: z
              .union([
                z.literal('seal'),
                z
                  .string()
                  .regex(/^\d{1,9}$/, '`seal`, or the id of a seal')
                  .transform(Number),
              ])
              .optional()
              .describe('`seal`: as these days, one week or month, were last sealed; or the id of a seal of them'),
            smallCells: z
              .enum(['apart', 'under region'])
              .default('apart')
              .describe(
                'By partner and region: `under region` puts partners with fewer tickets there than the setting leastTicketsPerCell into one row, partner "*"',
              ),
            fxDay: queryFxDay,
            format: queryFormat,
          }),
          ...answersOrTable(
            'A row per partner, region or both, and their sum; in CSV an empty `partner` is Unattributed, and the last row, "total" in its first cell, the sum: it alone has `payrollCosted` and what follows',
            partnersAnswer,
          ),
        },
      },
      async (request, reply) => {
        const { from, to, groupBy, asOf, smallCells, fxDay, format: wanted } = request.query;
        const folds = smallCells === 'under region';
        const period = parsePeriod(from, to);
        if (fxDay !== undefined && asOf !== undefined)
          throw new InvalidInput('What was sealed keeps its own exchange rates', [
            { field: 'fxDay', reason: 'does not go with `asOf`' },
          ]);
        const costBasis = costBasisFor(request);
        const source = await atRatesOf(db, { fxDay, currency: basis.currency, costBasis, periods: [period] });
        // Before the figures: what a walk brings between the two is counted, and at worst said to be missing. What a seal did not
        // hold stands with the seal.
        const days = asOf === undefined ? await loadHeldDays(db, period, today()) : null;
        const report = await partnerReport(source, {
          ...period,
          groupBy: groupings[groupBy],
          ...basis,
          costBasis,
          asOf,
          leastTicketsPerCell: folds ? (await accountSettings(db)).leastTicketsPerCell : undefined,
        });
        const payroll = report.costBasis === 'true' ? await payrollLine(source, { from, to }, report) : null;
        if (wanted === 'csv')
          return reply.headers(csvReply(`partners-${from}-${to}`)).send(reportCsv(report, { days, fxDay, payroll }));
        return {
          ...report,
          ...(days && { partial: days.partial, held: days.held }),
          ...(payroll && { payroll }),
          ...(fxDay !== undefined && { fxDay }),
        };
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
            from: queryDay,
            to: queryDay,
            step: z.enum(['day', 'week', 'month']).default('day'),
            partner: text.describe('A partner code, or "none"'),
            region: text.describe('A region code, or "none"'),
            asOf: queryNoSeal,
            fxDay: queryFxDay,
            format: queryFormat,
          }),
          ...answersOrTable('A point per day, week or month', seriesAnswer),
        },
      },
      async (request, reply) => {
        const { from, to, step, partner, region, fxDay, format: wanted } = request.query;
        const { currency } = basis;
        const costBasis = costBasisFor(request);
        await refuseUnknownCodes(db, { partner, region });
        const period = parsePeriod(from, to);
        const source = await atRatesOf(db, { fxDay, currency, costBasis, periods: [period] });
        const day = today();
        const { partial, held, notHeldIn } = await loadHeldDays(db, period, day);
        const counted = await series(source, { ...period, step, partner, region, ...basis, costBasis });
        const points = counted.map((point) => {
          const key = { ...noKey, [step]: point.day };
          const days = daysIn(key, [step], period);
          const isPart = isCut(key, [step], period) || isRunning(days, day);
          return { ...point, partial: isPart, notHeld: notHeldIn(days) };
        });
        if (wanted === 'csv')
          return reply
            .headers(csvReply(`series-${from}-${to}`))
            .send(seriesCsv(points, { currency, costBasis, fxDay }));
        return {
          from,
          to,
          step,
          partner: partner ?? null,
          region: region ?? null,
          costBasis,
          ...(fxDay !== undefined && { fxDay }),
          partial,
          held,
          points,
        };
      },
    );

    app.get(
      '/api/v1/tickets',
      {
        ...read,
        schema: {
          summary:
            'Tickets with their part of the cost in a cell and period, newest first; of a period those created in it, then those only worked on in it. In pages: the header Link leads to the next, in CSV too',
          tags: ['tickets'],
          querystring: z.strictObject({
            connection: text.describe("A connection's id or name"),
            externalId: text,
            partner: text.describe('A partner code, or "none"'),
            region: text.describe('A region code, or "none"'),
            from: queryDay.optional(),
            to: queryDay.optional(),
            fxDay: queryFxDay,
            ...queryPage('Tickets'),
            format: queryFormat,
          }),
          ...answersOrTable('One page', ticketsAnswer),
        },
      },
      async (request, reply) => {
        const { from, to, fxDay, format: wanted, limit: asked, ...filter } = request.query;
        const limit = pageLimit(wanted, asked);
        const period = optionalPeriod(from, to);
        await refuseUnknownCodes(db, filter);
        const costBasis = costBasisFor(request);
        const periods = period.from === undefined ? [] : [{ from: period.from, to: period.to }];
        const source = await atRatesOf(db, { fxDay, currency: basis.currency, costBasis, periods });
        const view = { currency: basis.currency, costBasis };
        const page = await source.transaction((tx) => listTickets(tx, { ...filter, limit, ...period }, view), {
          readOnly: true,
          isolation: 'repeatable read',
        });
        if (page.next !== null) reply.header('link', nextLink(request.url, page.next));
        if (wanted === 'csv')
          return reply.headers(csvReply('tickets')).send(ticketsCsv(page.items, { costBasis, fxDay }));
        return { ...page, ...(fxDay !== undefined && { fxDay }) };
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
          querystring: z.strictObject({ fxDay: queryFxDay, format: queryFormat }),
          ...answersOrTable('The ticket', ticketAnswer),
        },
      },
      async (request, reply) => {
        const ticketId = BigInt(request.params.id);
        const { fxDay } = request.query;
        const view = { currency: basis.currency, costBasis: costBasisFor(request) };
        const source = await atRatesOf(db, { ...view, fxDay, periods: [], ticketId });
        const ticket = await source.transaction((tx) => ticketDetail(tx, ticketId, view), {
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
        return { ...ticket, ...(fxDay !== undefined && { fxDay }) };
      },
    );
  };
