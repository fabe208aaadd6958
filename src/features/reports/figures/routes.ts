import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { InvalidInput } from '../../../core/errors.ts';
import { microsOf, moneyJson } from '../../../core/money.ts';
import { dayIn } from '../../../core/time.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/database/open.ts';
import { answers, answersOrTable } from '../../../platform/http/answers.ts';
import { requestText } from '../../../platform/http/request-text.ts';
import { type Access, costBasisFor, maySeeRates, requireScope } from '../../access/index.ts';
import { accountSettings } from '../../directory/index.ts';
import { agentNames } from '../agent-names.ts';
import { refuseByAgent } from '../by-agent.ts';
import { atRatesOf, queryFxDay } from '../facts/constant-currency.ts';
import { type FigureDimension, figureDimensions } from '../facts/fact-statements.ts';
import { heldDays } from '../held-days.ts';
import { refuseUnknownCodes } from '../known-codes.ts';
import {
  csvReply,
  nextLink,
  optionalPeriod,
  pageLimit,
  queryDay,
  queryFormat,
  queryNoSeal,
  queryPage,
} from '../paging.ts';
import { parsePeriod } from '../partner-report.ts';
import { unpricedAmountsJson } from '../unpriced-amounts.ts';
import { figureRowOf, figuresAnswer, notToldIn, otherPeriodOf } from './answers.ts';
import type { FiguresAsked } from './asked.ts';
import { previousPeriod } from './compare-periods.ts';
import { figuresCsv } from './csv.ts';
import { definitions, definitionsAnswer } from './definitions.ts';
import { comparePlaces, loadFigures, type Place, placeOf } from './figures.ts';
import { keepFigures } from './kept-figures.ts';

const mostDimensions = 3;

/** A list of dimensions in a query; throws InvalidInput. */
const parseDimensions = (list: string): FigureDimension[] => {
  const names = list.split(',').map((name) => name.trim());
  const known: readonly string[] = figureDimensions;
  const unknown = names.filter((name) => !known.includes(name));
  const fault =
    unknown.length > 0
      ? `not known: ${unknown.join(', ')}; there are ${known.join(', ')}`
      : new Set(names).size < names.length
        ? 'names one twice'
        : names.length > mostDimensions
          ? `at most ${mostDimensions} at once`
          : null;
  if (fault !== null) throw new InvalidInput('The grouping is not one of ours', [{ field: 'groupBy', reason: fault }]);
  return names as FigureDimension[];
};

/** Weeks and months of two periods do not lie alike: a row of both, without their days, has no counterpart. */
const refuseUncomparable = (by: readonly FigureDimension[]): void => {
  if (!by.includes('week') || !by.includes('month') || by.includes('day')) return;
  throw new InvalidInput('Rows by week and month are held against no other period', [
    { field: 'groupBy', reason: 'group by one of week and month, or by day beside them, where periods are compared' },
  ]);
};

/** A place in figures that were kept for further pages; `kept` is their id. */
type Cursor = Place & { readonly kept: string };

const cursorShape = z.tuple([z.string(), z.string().regex(/^-?\d{1,30}$/), z.string(), z.string()]);

const cursorOf = ({ step, cost, id, kept }: Cursor): string =>
  Buffer.from(JSON.stringify([step, cost.toString(), id, kept])).toString('base64url');

const parseCursor = (text: string | undefined): Cursor | null => {
  if (text === undefined) return null;
  try {
    const [step, cost, id, kept] = cursorShape.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    return { step, cost: BigInt(cost), id, kept };
  } catch (error) {
    throw new InvalidInput(
      'The cursor is not one of ours',
      [{ field: 'after', reason: 'take it from `next` of the page before' }],
      { cause: error },
    );
  }
};

/** Decimal text of the reporting currency to micros; throws InvalidInput. */
const parseAmount = (text: string | null): bigint | null => {
  if (text === null) return null;
  if (!/^\d{1,12}(\.\d{1,6})?$/.test(text))
    throw new InvalidInput('The amount is not readable', [
      { field: 'highValue', reason: 'is not an amount of the reporting currency; write it as 250 or 250.00' },
    ]);
  return microsOf(text);
};

/** GET /api/v1/reports/figures: every figure by any dimension, against other periods; by scope `read`, by agent `rates`. */
export const figureRoutes =
  (deps: {
    readonly db: Database;
    readonly access: Access;
    readonly clock: Clock;
    readonly basis: { readonly currency: string; readonly timeZone: string };
  }): FastifyPluginAsyncZod =>
  async (app) => {
    const { db, access, basis } = deps;
    const kept = keepFigures(deps.clock);

    app.get(
      '/api/v1/reports/definitions',
      {
        onRequest: requireScope(access, 'read'),
        schema: {
          summary: 'What each figure is, which coverages tell how far it may be trusted, and what it is not told by',
          tags: ['reports'],
          ...answers('Every figure of `/api/v1/reports/figures`', definitionsAnswer),
        },
      },
      async () => ({ figures: definitions() }),
    );

    app.get(
      '/api/v1/reports/figures',
      {
        onRequest: requireScope(access, 'read'),
        schema: {
          summary: 'Every figure by any dimension, against the period before and a baseline, with what it rests on',
          tags: ['reports'],
          querystring: z.strictObject({
            from: queryDay,
            to: queryDay,
            groupBy: requestText(80)
              .default('partner')
              .describe(
                `Up to ${mostDimensions} of ${figureDimensions.join(', ')}, separated by commas; \`agent\` by the scope \`rates\` and with the setting agentFigures alone; against another period not by week and month without day`,
              ),
            partner: requestText(80).optional().describe('A partner code, or "none": that one alone'),
            region: requestText(80).optional().describe('A region code, or "none": that one alone'),
            compare: z
              .enum(['previous'])
              .optional()
              .describe('Against the period before: as many days, or months where it is made of whole ones'),
            baselineFrom: queryDay
              .optional()
              .describe(
                'First day of a period to hold this one against; amounts and counts are of whole periods, whatever their length',
              ),
            baselineTo: queryDay.optional().describe('Its last day'),
            highValue: requestText(20)
              .optional()
              .describe(
                'What an order of high value brings at least; unless given the setting highValueOrder, else twice the average order',
              ),
            asOf: queryNoSeal,
            fxDay: queryFxDay,
            ...queryPage('Rows'),
            after: requestText(430).optional().describe('`next` of the page before'),
            format: queryFormat,
          }),
          ...answersOrTable('A page of rows, the dearest first, steps of time in order', figuresAnswer),
        },
      },
      async (request, reply) => {
        const { query } = request;
        const by = parseDimensions(query.groupBy);
        const { agentFigures, highValueOrder } = await accountSettings(db);
        if (by.includes('agent')) refuseByAgent(maySeeRates(request), agentFigures);
        const costBasis = costBasisFor(request);
        const limit = pageLimit(query.format, query.limit);
        const after = parseCursor(query.after);
        const period = parsePeriod(query.from, query.to);
        const baseline = optionalPeriod(query.baselineFrom, query.baselineTo, ['baselineFrom', 'baselineTo']);
        await refuseUnknownCodes(db, { partner: query.partner, region: query.region });
        const held = baseline.from === undefined ? null : { from: baseline.from, to: baseline.to };
        const compared = query.compare === 'previous';
        if (compared || held !== null) refuseUncomparable(by);
        const { fxDay } = query;
        const asked: FiguresAsked = {
          ...period,
          by,
          partner: query.partner,
          region: query.region,
          ...basis,
          costBasis,
          highValueMicros: parseAmount(query.highValue ?? highValueOrder),
          previous: compared,
          baseline: held,
        };
        const load = async () => {
          const source = await atRatesOf(db, {
            fxDay,
            currency: basis.currency,
            costBasis,
            periods: [period, ...(compared ? [previousPeriod(period)] : []), ...(held ? [held] : [])],
          });
          return loadFigures(source, asked);
        };
        const question = JSON.stringify([asked, fxDay], (_, value: unknown) =>
          typeof value === 'bigint' ? `${value}` : value,
        );
        const found = after && kept.find(after.kept, question);
        const figures = found ?? (await load());
        const behind = figures.rows.filter((row) => after === null || comparePlaces(placeOf(row, by), after) > 0);
        const shown = behind.slice(0, limit);
        const last = shown.at(-1);
        const keptId = (): string => (found && after ? after.kept : kept.keep(question, figures));
        const next = behind.length > limit && last ? cursorOf({ ...placeOf(last, by), kept: keptId() }) : null;
        const today = dayIn(basis.timeZone, deps.clock.now());
        const look = { currency: basis.currency, today };
        const rows = shown.map((cell) => figureRowOf(cell, figures, look));
        const total = figureRowOf(figures.total, figures, { ...look, isTotal: true });
        if (next !== null) reply.header('link', nextLink(request.url, next));
        const others = {
          ...(figures.previous && { previous: otherPeriodOf(figures.previous, figures, look) }),
          ...(figures.baseline && { baseline: otherPeriodOf(figures.baseline, figures, look) }),
        };
        const about = { groupBy: by, currency: basis.currency, costBasis };
        if (query.format === 'csv') {
          const columns = { ...about, fxDay, compared: Object.keys(others) as (keyof typeof others)[] };
          return reply
            .headers(csvReply(`figures-${period.from}-${period.to}`))
            .send(figuresCsv(rows, next === null ? total : null, columns));
        }
        return {
          ...period,
          ...about,
          ...(fxDay !== undefined && { fxDay }),
          timeZone: basis.timeZone,
          ...heldDays(period, { known: figures.known, today }),
          highValue:
            figures.highValueMicros === null
              ? null
              : moneyJson({ micros: figures.highValueMicros, currency: basis.currency }),
          partnerships: {
            unpriced: unpricedAmountsJson(figures.gaps.unpriced),
            ordersWithoutCost: figures.gaps.ordersWithoutCost,
          },
          lacking: [...figures.lacking],
          notTold: notToldIn(figures),
          ...(by.includes('agent') && {
            agents: await agentNames(
              db,
              rows.map(({ agent }) => agent ?? null),
            ),
          }),
          rows,
          total,
          ...others,
          next,
        };
      },
    );
  };
