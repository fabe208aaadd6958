import { Conflict, NotFound } from '../../core/errors.ts';
import type { Sql } from '../../platform/database/database.ts';
import { recordAudit } from '../directory/index.ts';

/** On what a person decides: held work, what lies above the cap, a correction. */
export const decidables = ['held', 'capped', 'correction'] as const;
export type Decidable = (typeof decidables)[number];

/** Held: accept costs it. Capped: accept costs what lies above the cap. Correction: reject leaves it out. Each can be revised. */
export type WorkDecision = 'accept' | 'reject';

interface DecidableEntry {
  readonly id: bigint;
  readonly state: string;
  readonly isCorrection: boolean;
  readonly isCapped: boolean;
  readonly decision: string | null;
}

/** The most entries decided at once. */
export const mostDecisions = 5000;

/** The given entries and their tickets. Throws NotFound for one that is unknown. */
export const workToDecide = async (
  sql: Sql,
  ids: readonly bigint[],
): Promise<{ readonly id: bigint; readonly ticketId: bigint }[]> => {
  const rows = await sql.query<{ id: bigint; ticketId: bigint }>(
    'select id, ticket_id as "ticketId" from work_entry where id = any($1::bigint[]) order by id',
    [ids],
  );
  const known = new Set(rows.map(({ id }) => id));
  const unknown = ids.find((id) => !known.has(id));
  if (unknown !== undefined)
    throw new NotFound(`There is no work entry ${unknown}; take the id from \`GET /api/v1/work\``);
  return rows;
};

/** All entries of one bulk edit: those of the same author that set the same value in the same second as the given one. */
export const bulkEditOf = async (
  sql: Sql,
  id: bigint,
): Promise<{ readonly id: bigint; readonly ticketId: bigint }[]> => {
  await workToDecide(sql, [id]);
  const rows = await sql.query<{ id: bigint; ticketId: bigint }>(
    `select e.id, e.ticket_id as "ticketId"
       from work_entry one
       join work_entry e on e.connection_id = one.connection_id and e.agent_id = one.agent_id and e.value = one.value
        and e.worked_at >= date_trunc('second', one.worked_at) and e.worked_at < date_trunc('second', one.worked_at) + interval '1 second'
        and e.kind = 'measured' and e.actor = 'agent' and (e.state = 'held' or e.decision is not null)
      where one.id = $1 order by e.id limit $2`,
    [id, mostDecisions],
  );
  if (rows.length === 0)
    throw new Conflict(`Work entry ${id} is part of no bulk edit that is held; only held work is decided as a group`);
  return rows;
};

/** What of an entry a decision is on; throws Conflict where there is nothing to decide, or where it must be said. */
const subjectOf = (entry: DecidableEntry, asked: Decidable | undefined): Decidable => {
  const open: Decidable[] = [];
  if (entry.state === 'held' || (entry.decision !== null && !entry.isCorrection)) open.push('held');
  if (entry.isCapped && entry.state !== 'held') open.push('capped');
  if (entry.isCorrection && entry.state !== 'held') open.push('correction');
  const [only, second] = asked === undefined ? open : open.filter((one) => one === asked);
  if (only === undefined)
    throw new Conflict(
      asked === undefined
        ? `Work entry ${entry.id} is neither held nor capped nor a correction; nothing waits for a decision`
        : `Work entry ${entry.id} is not ${asked === 'correction' ? 'a correction' : asked}; there is nothing to decide`,
    );
  if (second !== undefined)
    throw new Conflict(`Work entry ${entry.id} was held and is capped; say which of the two is meant: "of": "capped"`);
  return only;
};

/**
 * Records a person's decision. Call it in a transaction that has marked the tickets to be decided again, so that nobody
 * settles them meanwhile. Throws Conflict where an entry waits for no decision, and records none then.
 */
export const decideWork = async (
  sql: Sql,
  decided: {
    readonly ids: readonly bigint[];
    readonly of?: Decidable | undefined;
    readonly decision: WorkDecision;
    readonly actor: string;
    readonly at: Date;
  },
): Promise<void> => {
  const { ids, of, decision, actor, at } = decided;
  const entries = await sql.query<DecidableEntry>(
    `select id, state, raw_seconds < 0 as "isCorrection", capped_seconds > 0 or cap_decision is not null as "isCapped", decision
       from work_entry where id = any($1::bigint[]) order by id for update`,
    [ids],
  );
  const bySubject = Map.groupBy(entries, (entry) => subjectOf(entry, of));
  for (const [subject, group] of bySubject) {
    const [what, by, when] =
      subject === 'capped'
        ? ['cap_decision', 'cap_decided_by', 'cap_decided_at']
        : ['decision', 'decided_by', 'decided_at'];
    await sql.query(`update work_entry set ${what} = $2, ${by} = $3, ${when} = $4 where id = any($1::bigint[])`, [
      group.map(({ id }) => id),
      decision,
      actor,
      at,
    ]);
    await recordAudit(sql, {
      at,
      actor,
      action: `${decision} ${subject} work`,
      detail: { workEntries: group.map(({ id }) => String(id)) },
    });
  }
};
