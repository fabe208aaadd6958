import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import { answers } from '../../platform/http/answers.ts';
import { type Access, identityOf, requireScope } from '../access/index.ts';
import { bulkEditOf, decidables, decideWork, mostDecisions, workToDecide } from '../costing/index.ts';
import { markStale } from '../ingest/index.ts';

const entryId = z.string().regex(/^\d{1,18}$/, "a work entry's id as `GET /api/v1/work` gives it");
const decision = {
  decision: z.enum(['accept', 'reject']),
  of: z
    .enum(decidables)
    .optional()
    .describe('On what, where an entry was held and is capped: held, capped or correction'),
};

/** Decisions on held, capped and corrected work, by scope `write`; each is audited, and its tickets are decided again. */
export const decisionRoutes =
  (deps: { readonly db: Database; readonly clock: Clock; readonly access: Access }): FastifyPluginAsyncZod =>
  async (app) => {
    const { db, clock } = deps;
    const write = { onRequest: requireScope(deps.access, 'write') };

    /** The tickets are marked first: their rows are locked before those of their work, as everywhere. */
    const decide = (
      find: (tx: Sql) => Promise<readonly { readonly id: bigint; readonly ticketId: bigint }[]>,
      decided: Pick<Parameters<typeof decideWork>[1], 'decision' | 'of' | 'actor'>,
    ): Promise<number> =>
      db.transaction(async (tx) => {
        const now = clock.now();
        const entries = await find(tx);
        await markStale(tx, [...new Set(entries.map(({ ticketId }) => ticketId))], { now });
        await decideWork(tx, { ...decided, ids: entries.map(({ id }) => id), at: now });
        return entries.length;
      });

    app.post(
      '/api/v1/work/:id/decision',
      {
        ...write,
        schema: {
          summary:
            'Decide on one entry. Held: accept costs it. Capped: accept costs what lies above the cap. Correction: reject leaves it out',
          tags: ['tickets'],
          params: z.object({ id: entryId }),
          body: z.strictObject(decision),
          ...answers('Decided', z.object({ status: z.literal('decided') })),
        },
      },
      async (request) => {
        const id = BigInt(request.params.id);
        await decide((tx) => workToDecide(tx, [id]), { ...request.body, actor: identityOf(request).name });
        return { status: 'decided' as const };
      },
    );

    app.post(
      '/api/v1/work/decisions',
      {
        ...write,
        schema: {
          summary: 'Decide on several entries, or on the whole bulk edit that an entry is part of; on all or on none',
          tags: ['tickets'],
          body: z
            .strictObject({
              ...decision,
              ids: z.array(entryId).min(1).max(mostDecisions).optional(),
              groupOf: entryId.optional().describe('An entry of the bulk edit'),
            })
            .refine(({ ids, groupOf }) => (ids === undefined) !== (groupOf === undefined), {
              path: ['ids'],
              message: 'either `ids` or `groupOf`',
            }),
          ...answers('Decided', z.object({ status: z.literal('decided'), entries: z.int().describe('On how many') })),
        },
      },
      async (request) => {
        const { ids, groupOf, ...decided } = request.body;
        const count = await decide(
          (tx) => (groupOf === undefined ? workToDecide(tx, (ids ?? []).map(BigInt)) : bulkEditOf(tx, BigInt(groupOf))),
          { ...decided, actor: identityOf(request).name },
        );
        return { status: 'decided' as const, entries: count };
      },
    );
  };
