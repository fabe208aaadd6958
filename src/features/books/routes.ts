import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { InvalidInput, NotFound } from '../../core/errors.ts';
import { type Cell, writeCsv } from '../../platform/csv.ts';
import type { Database } from '../../platform/database/open.ts';
import { answers, answersLater, answersOrTable } from '../../platform/http/answers.ts';
import { requestCount } from '../../platform/http/request-text.ts';
import { type Access, type CostBasis, costBasisFor, identityOf, maySeeRates, requireScope } from '../access/index.ts';
import type { ReportingBasis } from '../directory/index.ts';
import {
  csvReply,
  differencesSince,
  nextLink,
  pageLimit,
  queryFormat,
  queryPage,
  restatementItems,
  restatementOf,
  sealedRow,
  toldChanges,
} from '../reports/index.ts';
import { askedAnswer, reconciliationAnswer, restatementAnswer, sealAnswer, sealsAnswer } from './answers.ts';
import type { FigureAnswer } from './differing-answers.ts';
import { differingRoutes } from './differing-routes.ts';
import { parseMonth, parseWeek, periodFrom, type SealPeriod } from './period.ts';
import { reconciliations } from './reconcile.ts';
import { listSeals, revisionsOf, type Seal, sealById } from './store.ts';
import { createTouchedOf } from './touched.ts';

/** A line of the list may cost a report. */
const usualSeals = 20;

const sealId = z.string().regex(/^\d{1,9}$/, "a seal's id as `GET /api/v1/seals` gives it");

const periodOf = ({ week, month }: { week?: string | undefined; month?: string | undefined }): SealPeriod => {
  if ((week === undefined) === (month === undefined))
    throw new InvalidInput('A seal is of one week or one month', [
      { field: 'month', reason: 'either `week` or `month`' },
    ]);
  return week === undefined ? parseMonth(month ?? '') : parseWeek(week);
};

const sealJson = (seal: Seal, costBasis: CostBasis) => ({
  id: seal.id,
  kind: seal.kind,
  period: periodFrom(seal.kind, seal.from).name,
  from: seal.from,
  to: seal.to,
  revision: seal.revision,
  asOf: seal.asOf.toISOString(),
  sealedAt: seal.sealedAt.toISOString(),
  sealedBy: seal.sealedBy,
  supportCost: sealedRow(seal.account, { currency: seal.currency, costBasis }).supportCost,
  gaps: seal.gaps,
  restates: seal.restates?.[costBasis] ?? null,
});

/** Seals, what was posted into them since, and the check of each night. Amounts are true cost by scope `rates`, else pooled. */
export const bookRoutes =
  (deps: {
    readonly db: Database;
    readonly access: Access;
    readonly basis: ReportingBasis;
    /** Has workers prepare and make the seal; resolves to the job's id. Throws Refused for a period that is not over. */
    readonly askForSeal: (
      period: SealPeriod,
      options: { readonly revise: boolean; readonly actor: string },
    ) => Promise<bigint>;
  }): FastifyPluginAsyncZod =>
  async (app) => {
    const { db, access, basis } = deps;
    const read = { onRequest: requireScope(access, 'read') };
    const asked = async (id: string): Promise<Seal> => {
      const seal = await sealById(db, Number(id));
      if (!seal) throw new NotFound(`There is no seal ${id}; \`GET /api/v1/seals\` lists them`);
      return seal;
    };
    const touchedOf = createTouchedOf(basis);
    await app.register(differingRoutes({ db, access, basis, sealId, sealOf: asked }));

    app.get(
      '/api/v1/seals',
      {
        ...read,
        schema: {
          summary:
            'Sealed weeks and months, the latest sealed first; `touched` where something was posted into one, or is counted differently, since',
          tags: ['books'],
          querystring: z.strictObject({
            kind: z.enum(['week', 'month']).optional(),
            ...queryPage('Seals', usualSeals),
          }),
          ...answers('One page', sealsAnswer),
        },
      },
      async (request, reply) => {
        const { kind, after, limit } = request.query;
        const length = pageLimit('json', limit ?? usualSeals);
        const rows = await listSeals(db, { kind, after, limit: length + 1 });
        const shown = rows.slice(0, length);
        const next = rows.length > length ? String(shown.at(-1)?.id) : null;
        if (next !== null) reply.header('link', nextLink(request.url, next));
        const costBasis = costBasisFor(request);
        const touched = await db.transaction((tx) => touchedOf(tx, shown), {
          readOnly: true,
          isolation: 'repeatable read',
        });
        return {
          costBasis,
          items: shown.map((seal) => ({ ...sealJson(seal, costBasis), touched: touched.has(seal.id) })),
          next,
        };
      },
    );

    app.post(
      '/api/v1/seals',
      {
        onRequest: requireScope(access, 'write'),
        schema: {
          summary:
            'Seal a week or month: a background job pulls what is open, checks the books and keeps the figures. `revise` closes what was posted later by a further revision',
          tags: ['books'],
          body: z.strictObject({
            week: z.string().max(10).optional().describe('2026-W21'),
            month: z.string().max(10).optional().describe('2026-05'),
            revise: z.boolean().default(false),
          }),
          ...answersLater('The job that seals it', askedAnswer),
        },
      },
      async (request, reply) => {
        const { revise, ...wanted } = request.body;
        const job = await deps.askForSeal(periodOf(wanted), { revise, actor: identityOf(request).name });
        return reply.code(202).send({ job: job.toString() });
      },
    );

    app.get(
      '/api/v1/seals/:id',
      {
        ...read,
        schema: {
          summary:
            'One seal: its figures, which of them are others today and why, its revisions, and what was posted into its days since',
          tags: ['books'],
          params: z.object({ id: sealId }),
          ...answers('The seal', sealAnswer),
        },
      },
      async (request) => {
        const seal = await asked(request.params.id);
        const costBasis = costBasisFor(request);
        const revisions = await revisionsOf(db, seal);
        const { restatement, differences } = await db.transaction(
          async (tx) => ({
            restatement: await restatementOf(tx, seal, { currency: basis.currency, costBasis }),
            differences: await differencesSince(tx, seal.id, { ...basis, groupBy: ['partner'], costBasis }),
          }),
          { readOnly: true, isolation: 'repeatable read' },
        );
        const isLast = revisions.at(-1)?.id === seal.id;
        return {
          ...sealJson(seal, costBasis),
          costBasis,
          figures: sealedRow(seal.account, { currency: seal.currency, costBasis }),
          differs: differences.account.figures.map(({ sealed, now, ...figure }) => ({
            ...figure,
            sealed: sealed as FigureAnswer,
            now: now as FigureAnswer,
          })),
          changes: toldChanges(differences.changes, { currency: basis.currency, seesRates: maySeeRates(request) }),
          restatement: { ...restatement, open: isLast && (restatement.open || differences.open) },
          revisions: revisions.map((one) => ({
            id: one.id,
            revision: one.revision,
            asOf: one.asOf.toISOString(),
            sealedBy: one.sealedBy,
          })),
        };
      },
    );

    app.get(
      '/api/v1/seals/:id/restatement',
      {
        ...read,
        schema: {
          summary:
            'What was posted into sealed days since: each ticket with its reasons and cells, in pages; in CSV too',
          tags: ['books'],
          params: z.object({ id: sealId }),
          querystring: z.strictObject({ ...queryPage('Tickets'), format: queryFormat }),
          ...answersOrTable('One page', restatementAnswer),
        },
      },
      async (request, reply) => {
        const { format, after, limit } = request.query;
        const seal = await asked(request.params.id);
        const costBasis = costBasisFor(request);
        const page = await restatementItems(db, seal, {
          currency: basis.currency,
          costBasis,
          after,
          limit: pageLimit(format, limit),
        });
        if (page.next !== null) reply.header('link', nextLink(request.url, page.next));
        if (format === 'json') return { costBasis, ...page };
        const rows = page.items.flatMap(({ ticket, reason, postedAt, cells }) =>
          cells.map(({ partner, region, amount }): Cell[] => [
            ticket.connection,
            ticket.externalId,
            reason,
            postedAt,
            partner,
            region,
            amount?.amount ?? null,
            basis.currency,
            costBasis,
          ]),
        );
        const header = 'connection,ticket,reason,postedAt,partner,region,amount,currency,costBasis'.split(',');
        return reply.headers(csvReply(`restatement-${seal.id}`)).send(writeCsv(header, rows));
      },
    );

    app.get(
      '/api/v1/reconciliation',
      {
        ...read,
        schema: {
          summary: 'What the check of each night found: completeness, timeliness, and whether the books balance',
          tags: ['books'],
          querystring: z.strictObject({ nights: requestCount({ least: 1, most: 400 }).default(30) }),
          ...answers('The latest nights', reconciliationAnswer),
        },
      },
      async (request) => {
        const nights = (await reconciliations(db, request.query.nights)).map(
          ({ lastPostingId: _, startedAt, endedAt, ...night }) => ({
            ...night,
            startedAt: startedAt.toISOString(),
            endedAt: endedAt.toISOString(),
          }),
        );
        return { latest: nights[0] ?? null, nights };
      },
    );
  };
