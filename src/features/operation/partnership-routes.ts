import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { moneyJson, wholePpm } from '../../core/money.ts';
import { writeCsv } from '../../platform/csv.ts';
import type { Database } from '../../platform/database/open.ts';
import { answersOrTable, instantAnswer, moneyAnswer, nextAnswer } from '../../platform/http/answers.ts';
import { requestText } from '../../platform/http/request-text.ts';
import { type Access, maySeeRates, requireScope } from '../access/index.ts';
import { type ItemRevision, listItems, type Side } from '../partnerships/index.ts';
import { csvReply, nextLink, pageLimit, queryFormat, queryPage } from '../reports/index.ts';

const itemAnswer = z.object({
  id: z.string().describe('The same for all revisions'),
  reference: z.string().describe('As somebody named it; importing it again revises it'),
  revision: z.int().describe('From 1'),
  recordedAt: instantAnswer,
  recordedBy: z.string().nullable().describe('Null: of before this was kept'),
  supersededAt: instantAnswer.nullable().describe('When the next revision took its place; null: it holds'),
  kind: z.string(),
  partner: z.string().nullable().describe('Null: of any partner'),
  region: z.string().nullable().describe('Null: of the whole partnership, or of any region'),
  store: z.string().nullable().describe('The store whose orders it is a part of; null: any'),
  amount: moneyAnswer.nullable().describe('Null where it is a part of revenue'),
  every: z.string().nullable().describe('once: over all its days; week, month, quarter or year: in each'),
  share: z.number().nullable().describe('Part of net revenue, from 0 to 1'),
  byLineCost: z
    .boolean()
    .describe(
      "Net revenue less what the order's lines cost: of an order with lines of several partners, a partner's part of it less what its own lines cost, and by shares those of nobody with a share. A cost of 0 counts as not told, of a free gift too",
    ),
  from: z.string(),
  to: z.string().nullable().describe('The last day; null: it goes on'),
  hours: z.number().optional().describe('Of management; by the scope `rates` alone, with `hourly`'),
  hourly: moneyAnswer.optional(),
});
type ItemAnswer = z.output<typeof itemAnswer>;

const viewOf = (
  item: ItemRevision & { readonly store: string | null },
  { seesRates }: { readonly seesRates: boolean },
): ItemAnswer => {
  const { id, reference, kind, partner, region, store, every, byLineCost, startsOn: from, endsOn: to } = item;
  const currency = item.currency ?? '';
  return {
    id: String(id),
    reference,
    revision: item.revision,
    recordedAt: item.recordedAt.toISOString(),
    recordedBy: item.recordedBy,
    supersededAt: item.supersededAt?.toISOString() ?? null,
    kind,
    partner,
    region,
    store,
    amount: item.amountMicros === null ? null : moneyJson({ micros: item.amountMicros, currency }),
    every,
    share: item.ppm === null ? null : item.ppm / wholePpm,
    byLineCost,
    from,
    to,
    ...(seesRates && item.hoursMicros !== null && item.hourlyMicros !== null
      ? { hours: Number(item.hoursMicros) / 1_000_000, hourly: moneyJson({ micros: item.hourlyMicros, currency }) }
      : {}),
  };
};

const columns: readonly (readonly [string, (item: ItemAnswer) => string | number | null])[] = [
  ['id', (item) => item.id],
  ['reference', (item) => item.reference],
  ['kind', (item) => item.kind],
  ['partner', (item) => item.partner],
  ['region', (item) => item.region],
  ['store', (item) => item.store],
  ['amount', (item) => item.amount?.amount ?? null],
  ['currency', (item) => item.amount?.currency ?? null],
  ['every', (item) => item.every],
  ['share', (item) => item.share],
  ['byLineCost', (item) => String(item.byLineCost)],
  ['from', (item) => item.from],
  ['to', (item) => item.to],
  ['hours', (item) => item.hours ?? null],
  ['hourly', (item) => item.hourly?.amount ?? null],
  ['revision', (item) => item.revision],
  ['recordedAt', (item) => item.recordedAt],
  ['recordedBy', (item) => item.recordedBy],
  ['supersededAt', (item) => item.supersededAt],
];

const lists: readonly { readonly path: string; readonly side: Side; readonly summary: string }[] = [
  { path: 'other-costs', side: 'other cost', summary: 'What partnerships cost beside support, as imported' },
  { path: 'benefits', side: 'benefit', summary: 'What partnerships bring, as imported: amounts and parts of revenue' },
];

/** /api/v1/other-costs and /api/v1/benefits by scope `read`; hours and what one costs, which may be a wage, by `rates`. */
export const partnershipRoutes =
  (deps: { readonly db: Database; readonly access: Access }): FastifyPluginAsyncZod =>
  async (app) => {
    const read = { onRequest: requireScope(deps.access, 'read') };
    for (const { path, side, summary } of lists)
      app.get(
        `/api/v1/${path}`,
        {
          ...read,
          schema: {
            summary,
            tags: ['partnerships'],
            querystring: z.strictObject({
              partner: requestText(80).optional().describe('A partner code'),
              reference: requestText(100).optional().describe('As somebody named it'),
              revisions: z
                .enum(['latest', 'all'])
                .default('latest')
                .describe('What holds; or all that was ever told, in the order in which it was'),
              format: queryFormat,
              ...queryPage('Items'),
            }),
            ...answersOrTable(
              'The items in the order in which they were first imported',
              z.object({ items: z.array(itemAnswer), next: nextAnswer }),
            ),
          },
        },
        async (request, reply) => {
          const { partner = null, reference = null, revisions, after, limit, format } = request.query;
          const length = pageLimit(format, limit);
          const found = await listItems(deps.db, {
            side,
            partner,
            reference,
            revisions,
            // Ids are whole numbers of four bytes: a longer cursor is behind them all.
            after: after === undefined ? null : Math.min(Number(after), 2_147_483_647),
            limit: length + 1,
          });
          const seesRates = maySeeRates(request);
          const items = found.slice(0, length).map((item) => viewOf(item, { seesRates }));
          const last = found[items.length - 1];
          const next = found.length > length && last ? String(revisions === 'all' ? last.revisionId : last.id) : null;
          if (next !== null) reply.header('link', nextLink(request.url, next));
          if (format === 'csv')
            return reply.headers(csvReply(path)).send(
              writeCsv(
                columns.map(([name]) => name),
                items.map((item) => columns.map(([, of]) => of(item))),
              ),
            );
          return { items, next };
        },
      );
  };
