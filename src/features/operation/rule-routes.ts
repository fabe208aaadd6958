import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { writeCsv } from '../../platform/csv.ts';
import type { Database } from '../../platform/database/open.ts';
import { answers, answersLater, answersOrTable } from '../../platform/http/answers.ts';
import { requestCount } from '../../platform/http/request-text.ts';
import { type Access, identityOf, requireScope } from '../access/index.ts';
import { currentRules } from '../attribution/index.ts';
import { activeRules, unmappedValues } from '../orders/index.ts';
import { csvReply, previewable, queryFormat } from '../reports/index.ts';
import {
  changeAnswer,
  coverageAnswer,
  mappingRulesAnswer,
  mappingSuggestionsAnswer,
  ticketRulesAnswer,
  ticketSuggestionsAnswer,
  unmappedAnswer,
} from './rule-answers.ts';
import type { RuleChanges } from './rule-changes.ts';

const change = z.strictObject({
  what: z.enum(previewable),
  content: z
    .union([
      z.string().max(5_000_000),
      z.array(z.unknown()).max(10_000),
      z.strictObject({ rules: z.array(z.unknown()).max(10_000) }),
    ])
    .describe(
      'As the file of `import`: CSV text of partners and regions, a JSON list of rules or what GET tells of them',
    ),
});

const textOf = (content: string | object): string => (typeof content === 'string' ? content : JSON.stringify(content));

/** Rules that say whose orders and tickets are: what they leave open, what a change would move, and the change itself. */
export const ruleRoutes =
  (deps: { readonly db: Database; readonly access: Access; readonly changes: RuleChanges }): FastifyPluginAsyncZod =>
  async (app) => {
    const { db, access, changes } = deps;
    const read = { onRequest: requireScope(access, 'read') };
    const write = { onRequest: requireScope(access, 'write') };

    app.get(
      '/api/v1/mapping-rules',
      {
        ...read,
        schema: {
          summary:
            'The mapping rules that hold, in their order; `import` and `POST /api/v1/rules` take the answer back',
          tags: ['rules'],
          ...answers('The first that yields a value decides', mappingRulesAnswer),
        },
      },
      async () => ({ rules: await activeRules(db) }),
    );

    app.get(
      '/api/v1/ticket-rules',
      {
        ...read,
        schema: {
          summary: 'The ticket rules that hold, in their order; `import` and `POST /api/v1/rules` take the answer back',
          tags: ['rules'],
          ...answers('The first whose condition is met decides', ticketRulesAnswer),
        },
      },
      async () => ({
        rules: (await currentRules(db)).map(({ condition, partner, region }) => ({ when: condition, partner, region })),
      }),
    );

    app.get(
      '/api/v1/mapping-rules/unmapped',
      {
        ...read,
        schema: {
          summary: 'Values on orders that name no known partner or country, with how many orders have them',
          tags: ['rules'],
          querystring: z.strictObject({
            limit: requestCount({ least: 1, most: 10_000 }).default(500),
            format: queryFormat,
          }),
          ...answersOrTable('Values to be mapped', unmappedAnswer),
        },
      },
      async (request, reply) => {
        const items = await unmappedValues(db, { limit: request.query.limit });
        if (request.query.format === 'csv')
          return reply.headers(csvReply('unmapped')).send(
            writeCsv(
              ['gives', 'place', 'value', 'orders', 'lastDay', 'store'],
              items.map((item) => [item.gives, item.place, item.value, item.orders, item.lastDay, item.store]),
            ),
          );
        return { items };
      },
    );

    app.get(
      '/api/v1/mapping-rules/coverage',
      {
        ...read,
        schema: {
          summary: 'How many of the latest orders tell their partner and their country, and by which rule',
          tags: ['rules'],
          querystring: z.strictObject({ orders: requestCount({ least: 1, most: 10_000 }).default(500) }),
          ...answers('Of the latest orders, by our own copy', coverageAnswer),
        },
      },
      async (request) => changes.coverage(request.query.orders),
    );

    app.get(
      '/api/v1/suggestions/mapping-rules',
      {
        ...read,
        schema: {
          summary:
            "Mapping rules that the stores' latest orders suggest, by all that stands on them; asks the stores, and stores nothing",
          tags: ['rules'],
          querystring: z.strictObject({ orders: requestCount({ least: 10, most: 500 }).default(500) }),
          ...answers('By store', mappingSuggestionsAnswer),
        },
      },
      async (request) => ({ stores: await changes.suggestMapping(request.query.orders) }),
    );

    app.get(
      '/api/v1/suggestions/rules',
      {
        ...read,
        schema: {
          summary: 'Ticket rules that the corrections of agents amount to',
          tags: ['rules'],
          querystring: z.strictObject({ days: requestCount({ least: 1, most: 1100 }).default(90) }),
          ...answers('Rules that would have done it', ticketSuggestionsAnswer),
        },
      },
      async (request) => ({ items: await changes.suggestTicketRules(request.query.days) }),
    );

    app.post(
      '/api/v1/rules/dry-run',
      {
        ...write,
        schema: {
          summary:
            'Try a change of rules, partners or regions out: a job tells tickets and money that would move, from whom to whom',
          tags: ['rules'],
          body: change,
          ...answersLater('What it would change in the list, and the job', changeAnswer),
        },
      },
      async (request, reply) => {
        const { what, content } = request.body;
        const actor = identityOf(request).name;
        const report = await changes.read(what, textOf(content), { dryRun: true, actor });
        const job = await changes.askPreview(what, textOf(content), actor);
        return reply
          .code(202)
          .header('location', `/api/v1/jobs/${job}`)
          .send({ report, job: String(job) });
      },
    );

    app.post(
      '/api/v1/rules',
      {
        ...write,
        schema: {
          summary: 'Change rules, partners or regions as `import` does; a job decides orders and tickets by them',
          tags: ['rules'],
          body: change,
          ...answersLater('What it changed in the list, and the job', changeAnswer),
        },
      },
      async (request, reply) => {
        const { what, content } = request.body;
        const { report, job } = await changes.make(what, textOf(content), { actor: identityOf(request).name });
        return reply
          .code(202)
          .header('location', `/api/v1/jobs/${job}`)
          .send({ report, job: String(job) });
      },
    );
  };
