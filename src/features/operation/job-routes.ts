import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Sql } from '../../platform/database/database.ts';
import { answers } from '../../platform/http/answers.ts';
import { requestText } from '../../platform/http/request-text.ts';
import { type Access, maySeeRates, requireScope } from '../access/index.ts';
import { type Job, listJobs, loadJob } from '../directory/index.ts';
import { nextLink, pageLimit, queryPage, withoutTrueCost } from '../reports/index.ts';
import { type JobAnswer, type JobItem, jobAnswer, jobsAnswer } from './job-answers.ts';

/** A job as a list tells it. */
const itemOf = ({ id, kind, state, done, total, askedBy, askedAt, startedAt, endedAt, error }: Job): JobItem => ({
  id: String(id),
  kind,
  state,
  done,
  total,
  progress: total === null || total === 0 ? null : Math.round((done / total) * 1000) / 1000,
  askedBy,
  askedAt: askedAt.toISOString(),
  startedAt: startedAt?.toISOString() ?? null,
  endedAt: endedAt?.toISOString() ?? null,
  error,
});

/** With what was asked and what came out, as the handler of its kind takes and gives it; at true rates only to those who may see them. */
const viewOf = (job: Job, { seesRates }: { readonly seesRates: boolean }): JobAnswer => ({
  ...itemOf(job),
  wanted: job.wanted as JobAnswer['wanted'],
  result: (job.result === null || seesRates ? job.result : withoutTrueCost(job.result)) as JobAnswer['result'],
});

/** /api/v1/jobs: long work that somebody asked for, by scope `read`. */
export const jobRoutes =
  (deps: { readonly sql: Sql; readonly access: Access }): FastifyPluginAsyncZod =>
  async (app) => {
    const { sql, access } = deps;
    const read = { onRequest: requireScope(access, 'read') };

    app.get(
      '/api/v1/jobs',
      {
        ...read,
        schema: {
          summary: 'Background jobs of the last 90 days with their progress, the newest first',
          tags: ['operation'],
          querystring: z.strictObject({
            state: z.enum(['queued', 'running', 'done', 'failed']).optional(),
            kind: requestText(60).optional(),
            ...queryPage('Jobs'),
          }),
          ...answers('One page', jobsAnswer),
        },
      },
      async (request, reply) => {
        const { state = null, kind = null, after, limit } = request.query;
        const length = pageLimit('json', limit);
        const jobs = await listJobs(sql, { limit: length + 1, after: after ? BigInt(after) : null, state, kind });
        const items = jobs.slice(0, length);
        const last = items.at(-1);
        const next = jobs.length > length && last ? String(last.id) : null;
        if (next !== null) reply.header('link', nextLink(request.url, next));
        // A list shows how far each is; what came out of one stands at its own address.
        return { items: items.map(itemOf), next };
      },
    );

    app.get(
      '/api/v1/jobs/:id',
      {
        ...read,
        schema: {
          summary: 'One background job: what was asked, how far it is, what came out',
          tags: ['operation'],
          params: z.object({ id: z.string().regex(/^\d{1,18}$/, "a job's id as `GET /api/v1/jobs` gives it") }),
          ...answers('The job', jobAnswer),
        },
      },
      async (request) => viewOf(await loadJob(sql, BigInt(request.params.id)), { seesRates: maySeeRates(request) }),
    );
  };
