import { InvalidInput } from '../../../core/errors.ts';
import type { Sql } from '../../../platform/database/database.ts';

/** Which tickets a list shows. Without a period all of them; with one those created in it or worked on in it. */
export interface TicketFilter {
  /** One ticket by our own id. */
  readonly id?: bigint | undefined;
  readonly connection?: string | undefined;
  readonly externalId?: string | undefined;
  /** A partner or region code; "none" for what has none. */
  readonly partner?: string | undefined;
  readonly region?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly limit: number;
  /** The id of the last ticket of the page before. */
  readonly after?: string | undefined;
}

/** Where a ticket stands among those of a period. */
interface Place {
  readonly id: bigint;
  readonly day: string | null;
  /** To the microsecond. */
  readonly at: string;
}

const parseAfter = (after: string | undefined): bigint | null => {
  if (after === undefined) return null;
  if (!/^\d{1,18}$/.test(after)) throw foreignCursor();
  return BigInt(after);
};

const foreignCursor = (): InvalidInput =>
  new InvalidInput('The cursor is not one of ours', [
    { field: 'after', reason: 'take it from `next` of the page before' },
  ]);

/** The condition that a row is of the asked cell. */
export const inCell = (column: string, value: string | undefined, parameter: string): string =>
  value === undefined
    ? `${parameter}::text is null`
    : `${column} is not distinct from nullif(${parameter}::text, 'none')`;

/** The texts and values of one statement, as they are asked for. */
const statement = (filter: TicketFilter) => {
  const values: unknown[] = [];
  const given = (value: unknown): string => `$${values.push(value)}`;
  const conditions = ['t.created_at is not null'];
  const { id, connection, externalId, partner, region, from, to } = filter;
  if (id !== undefined) conditions.push(`t.id = ${given(id)}`);
  if (connection !== undefined) {
    const name = given(connection);
    conditions.push(
      `t.connection_id in (select c.id from connection c where c.id::text = ${name} or c.name = ${name})`,
    );
  }
  if (externalId !== undefined) conditions.push(`t.external_id = ${given(externalId)}`);
  const period = from === undefined ? null : { from: `${given(from)}::date`, to: `${given(to)}::date` };
  if (partner !== undefined || region !== undefined) {
    const [first, second] = [given(partner ?? null), given(region ?? null)];
    const ofCell = `${inCell('s.partner', partner, first)} and ${inCell('s.region', region, second)}`;
    const worked = period ? `s.worked_day between ${period.from} and ${period.to} and` : '';
    conditions.push(`(exists (select 1 from attribution a join attribution_share s on s.attribution_id = a.id
                        where a.ticket_id = t.id and a.current and ${ofCell})
            or exists (select 1 from posting s where s.ticket_id = t.id and ${worked} ${ofCell}
                        group by s.ticket_id having sum(s.microseconds) <> 0 or sum(s.cost_micros) <> 0))`);
  }
  return { values, given, conditions, period };
};

const run = async (
  sql: Sql,
  { values, given, conditions }: ReturnType<typeof statement>,
  { order, limit }: { readonly order: string; readonly limit: number },
): Promise<bigint[]> => {
  const rows = await sql.query<{ id: bigint }>(
    `select t.id from ticket t where ${conditions.join('\n   and ')} order by ${order} limit ${given(limit)}`,
    values,
  );
  return rows.map(({ id }) => id);
};

const placeOf = async (sql: Sql, id: bigint): Promise<Place> => {
  const [place] = await sql.query<Place>(
    'select id, created_day::text as day, created_at::text as at from ticket where id = $1 and created_at is not null',
    [id],
  );
  if (!place) throw foreignCursor();
  return place;
};

/** Those created in the period, by the index that starts at its end. */
const createdIn = (sql: Sql, filter: TicketFilter, behind: Place | null, limit: number): Promise<bigint[]> => {
  const asked = statement(filter);
  const { given, conditions, period } = asked;
  conditions.push(`t.created_day between ${period?.from} and ${period?.to}`);
  if (behind)
    conditions.push(
      `(t.created_day, t.created_at, t.id) < (${given(behind.day)}::date, ${given(behind.at)}::timestamptz, ${given(behind.id)}::bigint)`,
    );
  return run(sql, asked, { order: 't.created_day desc, t.created_at desc, t.id desc', limit });
};

/** Those created before or after it that were worked on in it: found by the work of the period. */
const onlyWorkedIn = (sql: Sql, filter: TicketFilter, behind: Place | null, limit: number): Promise<bigint[]> => {
  const asked = statement(filter);
  const { given, conditions, period } = asked;
  conditions.push(
    `(t.created_day is null or t.created_day not between ${period?.from} and ${period?.to})`,
    `exists (select 1 from posting p where p.ticket_id = t.id and p.worked_day between ${period?.from} and ${period?.to})`,
  );
  if (behind) conditions.push(`(t.created_at, t.id) < (${given(behind.at)}::timestamptz, ${given(behind.id)}::bigint)`);
  return run(sql, asked, { order: 't.created_at desc, t.id desc', limit });
};

/**
 * The ids of a page and, where there are more, of the one behind it: the newest first; of a period those created in it, then
 * those only worked on in it. `sql` is a repeatable-read transaction. Throws InvalidInput for a cursor of no ticket.
 */
export const chosenTickets = async (sql: Sql, filter: TicketFilter): Promise<bigint[]> => {
  const after = parseAfter(filter.after);
  const limit = filter.limit + 1;
  if (filter.from === undefined) {
    const asked = statement(filter);
    if (after !== null) asked.conditions.push(`t.id < ${asked.given(after)}`);
    return run(sql, asked, { order: 't.id desc', limit });
  }
  const behind = after === null ? null : await placeOf(sql, after);
  const isCreatedIn = behind?.day != null && behind.day >= filter.from && behind.day <= (filter.to ?? filter.from);
  const created = behind === null || isCreatedIn ? await createdIn(sql, filter, behind, limit) : [];
  if (created.length === limit) return created;
  const worked = await onlyWorkedIn(sql, filter, isCreatedIn ? null : behind, limit - created.length);
  return [...created, ...worked];
};
