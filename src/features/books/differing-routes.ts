import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Conflict, InvalidInput } from '../../core/errors.ts';
import { type Cell, writeCsv } from '../../platform/csv.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import { answersOrTable } from '../../platform/http/answers.ts';
import { requestText } from '../../platform/http/request-text.ts';
import { type Access, costBasisFor, maySeeRates, requireScope } from '../access/index.ts';
import type { ReportingBasis } from '../directory/index.ts';
import {
  books,
  cellId,
  changedItems,
  changedLabels,
  csvReply,
  isRebased,
  nextLink,
  pageLimit,
  postedItems,
  postingsBook,
  queryFormat,
  queryPage,
  sealedFigureNames,
  toldCells,
} from '../reports/index.ts';
import { changedItemsAnswer, differingAnswer, type FigureAnswer } from './differing-answers.ts';
import { type RestatedFigure, restatedSince } from './restated.ts';
import type { Seal } from './store.ts';

/** A figure in one cell of a table: money as its amount, answers of customers and flags as JSON. */
const cellOf = (figure: FigureAnswer): string | number | null => {
  if (figure === null || typeof figure !== 'object') return figure;
  return 'amount' in figure ? figure.amount : JSON.stringify(figure);
};

/** The id of a row and a figure of it. */
interface Place {
  readonly cell: string;
  readonly figure: RestatedFigure['figure'];
}

const placeShape = z.tuple([z.string(), z.enum(sealedFigureNames)]);

const cursorOf = ({ cell, figure }: Place): string => Buffer.from(JSON.stringify([cell, figure])).toString('base64url');

/** Throws InvalidInput. */
const parseCursor = (text: string): Place => {
  try {
    const [cell, figure] = placeShape.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    return { cell, figure };
  } catch (error) {
    throw new InvalidInput(
      'The cursor is not one of ours',
      [{ field: 'after', reason: 'take it from `next` of the page before' }],
      { cause: error },
    );
  }
};

/** Whether a figure of a row comes after a place, whether or not anything is still at that place. */
const isBehind = (one: Place, place: Place): boolean => {
  const orderOf = ({ figure }: Place) => sealedFigureNames.indexOf(figure);
  return one.cell === place.cell ? orderOf(one) > orderOf(place) : one.cell > place.cell;
};

/** Throws Conflict where a seal has no items that today's can be held against; what was posted since lies in the ledger. */
const refuseWithoutItems = (seal: Seal, of: string, basis: ReportingBasis): void => {
  const revise = `seal a revision to keep them ("deskledger seal --${seal.kind} ... --revise")`;
  if (!seal.keepsItems && of !== postingsBook)
    throw new Conflict(`Seal ${seal.id} kept no items, for it is older than they are; ${revise}`);
  if (isRebased(seal, basis))
    throw new Conflict(
      `The items of seal ${seal.id} are of another reporting currency or time zone than today's (rebase): ${seal.currency} and ${seal.timeZone}, now ${basis.currency} and ${basis.timeZone}; ${revise}`,
    );
};

/** What of a seal's figures is different today, row by row, and the orders, refunds, tickets and answers that made it so. */
export const differingRoutes =
  (deps: {
    readonly db: Database;
    readonly access: Access;
    readonly basis: ReportingBasis;
    readonly sealId: z.ZodString;
    /** Throws NotFound. */
    readonly sealOf: (id: string) => Promise<Seal>;
  }): FastifyPluginAsyncZod =>
  async (app) => {
    const { db, access, basis } = deps;
    const read = { onRequest: requireScope(access, 'read') };
    const inSnapshot = <Result>(work: (tx: Sql) => Promise<Result>): Promise<Result> =>
      db.transaction(work, { readOnly: true, isolation: 'repeatable read' });

    app.get(
      '/api/v1/seals/:id/differs',
      {
        ...read,
        schema: {
          summary:
            'Every sealed figure that is another today, of each partner and region, with its reasons; in CSV too',
          tags: ['books'],
          params: z.object({ id: deps.sealId }),
          querystring: z.strictObject({
            groupBy: z.enum(['partner', 'region', 'partner,region']).default('partner'),
            ...queryPage('Figures'),
            after: requestText(400).optional().describe('`next` of the page before'),
            format: queryFormat,
          }),
          ...answersOrTable('One page', differingAnswer),
        },
      },
      async (request, reply) => {
        const { groupBy: asked, after, limit, format } = request.query;
        const place = after === undefined ? null : parseCursor(after);
        const most = pageLimit(format, limit);
        const { id } = await deps.sealOf(request.params.id);
        const costBasis = costBasisFor(request);
        const groupBy = asked.split(',') as ('partner' | 'region')[];
        const { differs: all } = await restatedSince(db, id, { ...basis, groupBy, costBasis });
        const placeOf = (one: RestatedFigure): Place => ({ cell: cellId(one, groupBy), figure: one.figure });
        const behind = place === null ? all : all.filter((one) => isBehind(placeOf(one), place));
        const items = behind.slice(0, most);
        const last = items.at(-1);
        const next = behind.length > most && last ? cursorOf(placeOf(last)) : null;
        if (next !== null) reply.header('link', nextLink(request.url, next));
        if (format === 'json') return { costBasis, items, next };
        const table = items.map(({ partner, region, figure, sealed, now, reasons }): Cell[] => [
          partner,
          region,
          figure,
          cellOf(sealed),
          cellOf(now),
          reasons.join('|'),
          costBasis,
        ]);
        const header = 'partner,region,figure,sealed,now,reasons,costBasis'.split(',');
        return reply.headers(csvReply(`differs-${id}`)).send(writeCsv(header, table));
      },
    );

    app.get(
      '/api/v1/seals/:id/changes',
      {
        ...read,
        schema: {
          summary:
            'The orders, refunds, tickets, entries, answers or invitations that are counted differently than in a seal, and the tickets of what was posted since, the newest first; in CSV too',
          tags: ['books'],
          params: z.object({ id: deps.sealId }),
          querystring: z.strictObject({
            of: z
              .enum([...books.map(({ name }) => name), postingsBook])
              .describe('As `of` in `changes` of the seal; of postings an item per ticket and reason'),
            ...queryPage('Items, of postings tickets,'),
            format: queryFormat,
          }),
          ...answersOrTable('One page', changedItemsAnswer),
        },
      },
      async (request, reply) => {
        const { of, after, limit, format } = request.query;
        const seal = await deps.sealOf(request.params.id);
        refuseWithoutItems(seal, of, basis);
        const book = books.find(({ name }) => name === of);
        const place = { after: after === undefined ? null : BigInt(after), limit: pageLimit(format, limit) };
        const look = { currency: basis.currency, seesRates: maySeeRates(request) };
        const { page, labels } = await inSnapshot(async (tx) => {
          const { id: sealId, from, to } = seal;
          const found = book
            ? await changedItems(tx, book, { sealId, from, to, timeZone: basis.timeZone, ...place })
            : await postedItems(tx, seal, place);
          return {
            page: found,
            labels: await changedLabels(
              tx,
              { name: of },
              found.items.map(({ id }) => id),
            ),
          };
        });
        if (page.next !== null) reply.header('link', nextLink(request.url, page.next));
        const items = page.items.map(({ id, reason, cells }) => {
          const { connection = null, number = null, ticket = null } = labels.get(id) ?? {};
          return { id, connection, number, ticket, reason, cells: toldCells(cells, look) };
        });
        if (format === 'json') return { items, next: page.next };
        const table = items.flatMap(({ id, connection, number, ticket, reason, cells }) =>
          cells.flatMap(({ partner, region, facts }) =>
            facts.map(({ name, added }): Cell[] => [
              id,
              connection,
              number,
              ticket,
              reason,
              partner,
              region,
              name,
              typeof added === 'number' ? added : added.amount,
              typeof added === 'number' ? null : added.currency,
            ]),
          ),
        );
        const header = 'id,connection,number,ticket,reason,partner,region,counted,added,currency'.split(',');
        return reply.headers(csvReply(`changes-${seal.id}`)).send(writeCsv(header, table));
      },
    );
  };
