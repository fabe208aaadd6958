import { Conflict, NotFound } from '../../core/errors.ts';
import { dayMs } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';

export type JobState = 'queued' | 'running' | 'done' | 'failed';

/** Long work that somebody asked for, as its row tells it. */
export interface Job {
  readonly id: bigint;
  readonly kind: string;
  readonly wanted: unknown;
  readonly state: JobState;
  /** Of `total` things; the total is null until it is known. */
  readonly done: number;
  readonly total: number | null;
  /** Where the worker before stood; null at the start. */
  readonly stand: unknown;
  readonly askedBy: string;
  readonly askedAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  /** Names the claim. */
  readonly attempts: number;
  readonly result: unknown;
  readonly error: string | null;
}

/** A worker that is silent for so long has lost its job. Leases are counted by the database's clock. */
const leaseSeconds = 60;
/** A job that failed for the outside's fault, or whose workers died, is tried so often. */
export const mostJobAttempts = 5;
const retrySeconds = 15;
/** Ended jobs are kept for so long. */
const keptMs = 90 * dayMs;

const columns = `id, kind, wanted, state, done, total, stand, asked_by as "askedBy", asked_at as "askedAt", started_at as "startedAt",
  ended_at as "endedAt", attempts, result, error`;

const json = (value: unknown): string | null => (value === undefined || value === null ? null : JSON.stringify(value));

/** Asks for work, in the caller's transaction: what is rolled back was not asked for. Returns the job's id. */
export const enqueueJob = async (
  sql: Sql,
  {
    kind,
    wanted,
    askedBy,
    now,
  }: { readonly kind: string; readonly wanted: object; readonly askedBy: string; readonly now: Date },
): Promise<bigint> => {
  await sql.query('delete from background_job where ended_at < $1', [new Date(now.getTime() - keptMs)]);
  const [row] = await sql.query<{ id: bigint }>(
    `insert into background_job (kind, wanted, state, asked_by, asked_at) values ($1, $2::jsonb, 'queued', $3, $4) returning id`,
    [kind, JSON.stringify(wanted), askedBy, now],
  );
  if (!row) throw new Error('an insert returned nothing');
  return row.id;
};

/** Throws NotFound. */
export const loadJob = async (sql: Sql, id: bigint): Promise<Job> => {
  const [job] = await sql.query<Job>(`select ${columns} from background_job where id = $1`, [id]);
  if (!job) throw new NotFound(`There is no job ${id}; \`GET /api/v1/jobs\` lists them, those of the last 90 days`);
  return job;
};

/** The newest first; `after` is the id of the last one of the page before. */
export const listJobs = (
  sql: Sql,
  {
    limit,
    after = null,
    state = null,
    kind = null,
  }: {
    readonly limit: number;
    readonly after?: bigint | null;
    readonly state?: JobState | null;
    readonly kind?: string | null;
  },
): Promise<Job[]> =>
  sql.query<Job>(
    `select ${columns} from background_job
      where ($2::int8 is null or id < $2) and ($3::text is null or state = $3) and ($4::text is null or kind = $4) order by id desc limit $1`,
    [limit, after, state, kind],
  );

/**
 * Takes the oldest job that nobody works on, or the one of that id; null where there is none. Of one kind only one runs at a
 * time, over all processes: two of them would undo each other's locks, and the later one ends with the newer state.
 */
export const claimJob = (
  db: Database,
  { kinds, only = null, now }: { readonly kinds: readonly string[]; readonly only?: bigint | null; readonly now: Date },
): Promise<Job | null> =>
  db.transaction(async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(hashtext('background_job'))`);
    const [job] = await tx.query<Job>(
      `with free as (
         select j.id from background_job j
          where j.state in ('queued', 'running') and (j.claimed_until is null or j.claimed_until < now()) and j.kind = any($1) and ($2::int8 is null or j.id = $2)
            and not exists (select from background_job other where other.kind = j.kind and other.id <> j.id and other.state = 'running' and other.claimed_until >= now())
          order by j.id limit 1)
       update background_job set state = 'running', started_at = coalesce(started_at, $3), attempts = attempts + 1, claimed_until = now() + ${leaseSeconds} * interval '1 s'
        where id = (select id from free) returning ${columns}`,
      [kinds, only, now],
    );
    return job ?? null;
  });

export interface JobProgress {
  readonly done: number;
  readonly total: number | null;
  /** Where another worker would go on; what is absent stays as it was. */
  readonly stand?: unknown;
  /** What keeps it from going on, in words for a person, told as its `error` while it runs; null: nothing. Absent: as it was. */
  readonly waitsFor?: string | null;
}

/** Tells how far a job is and renews its lease. Throws Conflict where another worker has taken it over: whoever is told so leaves it alone. */
export const noteJobProgress = async (
  sql: Sql,
  { id, attempts }: Pick<Job, 'id' | 'attempts'>,
  { done, total, stand, waitsFor }: JobProgress,
): Promise<void> => {
  const rows = await sql.query(
    `update background_job set done = $3, total = $4, stand = coalesce($5::jsonb, stand), error = case when $6 then $7 else error end, claimed_until = now() + ${leaseSeconds} * interval '1 s'
      where id = $1 and attempts = $2 and state = 'running' returning id`,
    [id, attempts, done, total, json(stand), waitsFor !== undefined, waitsFor ?? null],
  );
  if (rows.length === 0) throw new Conflict(`Job ${id} was taken over by another worker, which goes on with it`);
};

/** Ends a job, unless another worker has taken it over. */
export const endJob = async (
  sql: Sql,
  { id, attempts }: Pick<Job, 'id' | 'attempts'>,
  end: { readonly now: Date } & ({ readonly result: unknown } | { readonly error: string }),
): Promise<void> => {
  const failed = 'error' in end;
  await sql.query(
    `update background_job set state = $3, ended_at = $4, claimed_until = null, result = $5::jsonb, error = $6
      where id = $1 and attempts = $2 and state = 'running'`,
    [id, attempts, failed ? 'failed' : 'done', end.now, failed ? null : json(end.result), failed ? end.error : null],
  );
};

/** Gives a job back: at once where its worker stops, and uncounted; else after a while. */
export const releaseJob = async (
  sql: Sql,
  { id, attempts }: Pick<Job, 'id' | 'attempts'>,
  { stopped, error = null }: { readonly stopped: boolean; readonly error?: string | null },
): Promise<void> => {
  await sql.query(
    `update background_job set claimed_until = case when $3 then null else now() + ${retrySeconds} * interval '1 s' end,
            attempts = attempts - case when $3 then 1 else 0 end, error = $4
      where id = $1 and attempts = $2 and state = 'running'`,
    [id, attempts, stopped, error],
  );
};
