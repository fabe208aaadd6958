import type { FastifyInstance } from 'fastify';
import { normalTags } from './changes.ts';
import { viaOf } from './model.ts';
import { idsIn, invalid, notFound, type RouteDeps } from './ticket-routes.ts';

type Query = Readonly<Record<string, string | undefined>>;

/** What is queued or under way at a time, for everybody. */
const mostJobs = 30;
/** How long a job takes; what it does is done at once, and shows when it is over. */
const jobMs = 800;

interface Job {
  readonly id: string;
  readonly doneAtMs: number;
  readonly results: readonly Readonly<Record<string, unknown>>[];
}

const wordsOf = (value: unknown): string[] | null => {
  const words = value === undefined ? [] : typeof value === 'string' ? [value] : value;
  return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : null;
};

/** Changes of many tickets by job: of tag lists alone, which closed tickets take too. */
export const addJobRoutes = (
  app: FastifyInstance,
  { desk, clock, apiUserId, baseUrl }: Pick<RouteDeps, 'desk' | 'clock' | 'apiUserId' | 'baseUrl'>,
): void => {
  const jobs = new Map<string, Job>();
  const nowMs = (): number => clock.now().getTime();
  const jobJson = ({ id, doneAtMs, results }: Job) => {
    const done = doneAtMs <= nowMs();
    return {
      job_status: {
        id,
        url: `${baseUrl()}/api/v2/job_statuses/${id}.json`,
        total: results.length,
        progress: done ? results.length : 0,
        status: done ? 'completed' : 'queued',
        message: done ? `Completed at ${new Date(doneAtMs).toISOString()}` : null,
        results: done ? results : null,
      },
    };
  };

  const changeTags = (id: number, index: number, { add, remove }: { add: string[]; remove: string[] }) => {
    const ticket = desk.tickets.get(id);
    if (!ticket || ticket.deleted) return { index, id, success: false, error: 'TicketNotFound', details: 'Not found' };
    const gone = normalTags(remove);
    const tags = normalTags([...ticket.tags.filter((tag) => !gone.includes(tag)), ...add]);
    desk.update(id, { atMs: nowMs(), authorId: apiUserId, via: viaOf('api'), values: { tags } });
    return { index, id, action: 'update', status: 'Updated', success: true };
  };

  app.put<{ Querystring: Query; Body: { ticket?: Record<string, unknown> } | null }>(
    '/api/v2/tickets/update_many',
    ({ query, body }, reply) => {
      const ids = idsIn(query);
      if (!ids || ids.length === 0) return invalid(reply, 'ids', 'from 1 to 100 ids', 400);
      const { additional_tags, remove_tags, ...others } = body?.ticket ?? {};
      const [add, remove] = [wordsOf(additional_tags), wordsOf(remove_tags)];
      if (!add || !remove || Object.keys(others).length > 0 || add.length + remove.length === 0)
        return invalid(reply, 'ticket', 'the sandbox changes lists of tags alone', 400);
      const running = [...jobs.values()].filter(({ doneAtMs }) => doneAtMs > nowMs()).length;
      if (running >= mostJobs)
        return reply
          .code(429)
          .header('Retry-After', 1)
          .send({ error: 'TooManyJobs', description: `Only ${mostJobs} jobs may be queued or running` });
      const job: Job = {
        id: `job${String(jobs.size + 1).padStart(29, '0')}`,
        doneAtMs: nowMs() + jobMs,
        results: ids.map((id, index) => changeTags(id, index, { add, remove })),
      };
      jobs.set(job.id, job);
      return reply.send(jobJson(job));
    },
  );

  app.get<{ Params: { id: string } }>('/api/v2/job_statuses/:id', ({ params }, reply) => {
    const job = jobs.get(params.id);
    return job ? reply.send(jobJson(job)) : notFound(reply);
  });
};
