import { z } from 'zod';
import { LimitReached, UpstreamError } from '../../core/errors.ts';
import { secondMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Http } from '../../platform/http/client.ts';
import { checkTags } from '../mapping.ts';
import type { HelpdeskClient, TagChange } from '../port.ts';
import { optionalId } from './schema.ts';
import { longestTag } from './tags.ts';

/** The most that one job takes. */
const jobSize = 100;
/** The account runs 30 jobs at a time, for everybody; the rest is refused (https://developer.zendesk.com/api-reference/introduction/rate-limits/). */
const jobsAtOnce = 3;
/** Waits between looks at a job, 30 s in all; then it is asked again later, which does nothing twice. */
const waitsMs = [1, 1, 2, 3, 5, 8, 10].map((seconds) => seconds * secondMs);
const againMs = 60 * secondMs;
/** Rows that met somebody else's save are given to another job this often. */
const mostClashes = 2;

const row = z
  .object({
    id: optionalId.catch(null),
    index: z.int().nullish().catch(null),
    success: z.boolean().nullish().catch(null),
    error: z.string().nullish().catch(null),
  })
  .catch({ id: null, index: null, success: null, error: null });

/** Results are a list, or one object where the job fails whole; a job may be completed and hold rows that failed. */
const jobAnswer = z.object({
  job_status: z.object({
    id: z.string().min(1),
    status: z
      .string()
      .nullish()
      .transform((status) => status?.toLowerCase() ?? ''),
    results: z.array(row).nullish().catch(null),
  }),
});
type Job = z.output<typeof jobAnswer>['job_status'];

interface Failure {
  readonly externalId: string;
  /** Zendesk's code, never its words: these may quote the ticket. */
  readonly code: string;
}

const codeOf = (error: string | null | undefined): string =>
  error && /^[A-Za-z_]{1,60}$/.test(error) ? error : 'no reason given';

const failuresOf = (job: Job, ids: readonly string[]): Failure[] =>
  (job.results ?? []).flatMap((result) => {
    if (result.success !== false && !result.error) return [];
    const externalId = result.id ?? (typeof result.index === 'number' ? ids[result.index] : undefined);
    return externalId === undefined ? [] : [{ externalId, code: codeOf(result.error) }];
  });

const isClash = ({ code }: Failure): boolean => /conflict|collision/i.test(code);

/** Tickets with the same change, at most a job's worth together. */
const batchesOf = (changes: Parameters<NonNullable<HelpdeskClient['changeTagsOfMany']>>[0]) => {
  const wanted = changes.filter(({ add, remove }) => add.length + remove.length > 0);
  const groups = Map.groupBy(wanted, ({ add, remove }) => JSON.stringify([add.toSorted(), remove.toSorted()]));
  return [...groups.values()].flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / jobSize) }, (_, index) => {
      const part = group.slice(index * jobSize, (index + 1) * jobSize);
      return { ids: part.map(({ externalId }) => externalId), change: part[0] ?? { add: [], remove: [] } };
    }),
  );
};

/**
 * Changes tags of many tickets by Zendesk's jobs, closed tickets too, which the tag endpoints refuse
 * (https://developer.zendesk.com/rest_api/docs/support/tags, "Tag Endpoint Limitations"). One job holds one change for up to
 * 100 ids: that lists of tickets take `additional_tags` as well is told by some revisions of the documentation and denied by
 * others. Throws a retryable UpstreamError where a job fails whole, LimitReached where it takes too long.
 */
export const createBulkTagChange = ({
  http,
  clock,
}: {
  readonly http: Http;
  readonly clock: Clock;
}): NonNullable<HelpdeskClient['changeTagsOfMany']> => {
  const finished = async (started: Job): Promise<Job> => {
    let job = started;
    for (const waitMs of waitsMs) {
      if (job.status === 'completed') return job;
      if (job.status === 'failed' || job.status === 'killed') break;
      await clock.sleep(waitMs);
      const call = { path: '/api/v2/job_statuses/{id}.json', params: { id: job.id } };
      job = (await http.read(call, jobAnswer)).job_status;
    }
    if (job.status === 'completed') return job;
    if (job.status === 'failed' || job.status === 'killed')
      throw new UpstreamError('A job that changes tags failed at Zendesk as a whole; it is started again.', {
        retryable: true,
        inDoubt: true,
      });
    // A queue of the account that is long is no fault of it: tags alone wait, and are looked at before they are written again.
    throw new LimitReached(
      'Zendesk still works on a job that changes tags; its tickets are looked at again later.',
      againMs,
    );
  };

  const change = async (ids: readonly string[], { add, remove }: TagChange): Promise<Failure[]> => {
    const ticket = {
      ...(add.length > 0 ? { additional_tags: add } : {}),
      ...(remove.length > 0 ? { remove_tags: remove } : {}),
    };
    const call = {
      method: 'PUT',
      path: '/api/v2/tickets/update_many.json',
      query: { ids: ids.join(',') },
      body: { ticket },
    } as const;
    const job = await finished((await http.read(call, jobAnswer)).job_status);
    return failuresOf(job, ids);
  };

  const changeAll = async (ids: readonly string[], wanted: TagChange): Promise<Failure[]> => {
    const failures = await change(ids, wanted);
    for (let clashes = 0; clashes < mostClashes; clashes += 1) {
      const again = failures.filter(isClash).map(({ externalId }) => externalId);
      if (again.length === 0) break;
      const settled = failures.filter((failure) => !isClash(failure));
      failures.splice(0, Number.POSITIVE_INFINITY, ...settled, ...(await change(again, wanted)));
    }
    return failures;
  };

  return async (changes) => {
    checkTags(
      changes.flatMap(({ add, remove }) => [...add, ...remove]),
      longestTag,
    );
    const batches = batchesOf(changes);
    const failures: Failure[] = [];
    for (let start = 0; start < batches.length; start += jobsAtOnce) {
      const part = batches.slice(start, start + jobsAtOnce);
      failures.push(...(await Promise.all(part.map((batch) => changeAll(batch.ids, batch.change)))).flat());
    }
    return {
      refused: failures.map(({ externalId, code }) => ({
        externalId,
        reason: `Zendesk did not change the tags of the ticket: ${code}`,
      })),
    };
  };
};
