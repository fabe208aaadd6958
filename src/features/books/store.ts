import type { Sql } from '../../platform/database/database.ts';
import {
  formulasVersion,
  type LedgerSide,
  type Partnerships,
  type Restatement,
  type SealedCell,
  type ToldChange,
} from '../reports/index.ts';
import type { SealKind } from './period.ts';

/** What a seal did not know. */
interface Gaps {
  /** Work without a rate or an exchange rate, bulk edits that nobody has decided on, orders without an exchange rate. */
  readonly unpricedEntries: number;
  readonly heldEntries: number;
  readonly unpricedOrders: number;
  readonly quarantinedTickets: number;
  /** Given up by a person and not read since; absent of seals made before it was kept, and so is `notHeld`. */
  readonly givenUpTickets?: number;
  /** Sides of which not all was held on its days. */
  readonly notHeld?: readonly LedgerSide[];
}

/** What was posted into a seal's days since, and every reason for which they are counted differently. */
export interface Restated extends Restatement {
  /** Absent of what was restated before it was kept. */
  readonly changes?: readonly ToldChange[];
}

/** A published week or month without its cells. */
export interface Seal {
  readonly id: number;
  readonly kind: SealKind;
  readonly from: string;
  readonly to: string;
  readonly revision: number;
  readonly asOf: Date;
  readonly lastPostingId: bigint;
  readonly currency: string;
  readonly timeZone: string;
  readonly account: Pick<SealedCell, 'facts' | 'pooled'>;
  readonly gaps: Gaps;
  /** What the revision before had left open, as those see it who may see wages and as others do. */
  readonly restates: { readonly true: Restated; readonly pooled: Restated } | null;
  /** Whether it kept what its figures are counted on, item by item. */
  readonly keepsItems: boolean;
  readonly sealedAt: Date;
  readonly sealedBy: string;
}

const columns = `s.id, s.kind, s.starts_on::text as "from", s.ends_on::text as "to", s.revision, s.as_of as "asOf", s.last_posting_id as "lastPostingId",
  s.currency, s.time_zone as "timeZone", s.account, s.gaps, s.restates, s.sealed_at as "sealedAt", s.sealed_by as "sealedBy", s.last_item_id is not null as "keepsItems"`;

/** The latest revision of a period; null where it was never sealed. */
export const latestSeal = async (
  sql: Sql,
  { kind, from }: { readonly kind: SealKind; readonly from: string },
): Promise<Seal | null> => {
  const [row] = await sql.query<Seal>(
    `select ${columns} from seal s where s.kind = $1 and s.starts_on = $2 order by s.revision desc limit 1`,
    [kind, from],
  );
  return row ?? null;
};

export const sealById = async (sql: Sql, id: number): Promise<Seal | null> => {
  const [row] = await sql.query<Seal>(`select ${columns} from seal s where s.id = $1`, [id]);
  return row ?? null;
};

/** All revisions of a seal's period, the first one first. */
export const revisionsOf = (sql: Sql, { kind, from }: Pick<Seal, 'kind' | 'from'>): Promise<Seal[]> =>
  sql.query<Seal>(`select ${columns} from seal s where s.kind = $1 and s.starts_on = $2 order by s.revision`, [
    kind,
    from,
  ]);

export interface ListedSeal extends Seal {
  /** Whether anything was posted into it since. */
  readonly posted: boolean;
}

/**
 * The latest revision of each sealed period, the latest sealed first; `posted` where anything was posted into it since. One
 * step down an index for each of its days. `after` is the id of the last one of the page before.
 */
export const listSeals = (
  sql: Sql,
  {
    kind,
    after,
    limit,
  }: { readonly kind?: SealKind | undefined; readonly after?: string | undefined; readonly limit: number },
): Promise<ListedSeal[]> =>
  sql.query<ListedSeal>(
    `select ${columns}, exists (
              select 1 from generate_series(s.starts_on, s.ends_on, interval '1 day') as d(day),
                lateral (select id from posting p where p.worked_day = d.day::date order by p.id desc limit 1) last
               where last.id > s.last_posting_id) as posted
       from seal s
      where ($1::text is null or s.kind = $1) and ($2::int is null or s.id < $2)
        and not exists (select 1 from seal n where n.kind = s.kind and n.starts_on = s.starts_on and n.revision > s.revision)
      order by s.id desc limit $3`,
    [kind ?? null, after === undefined ? null : Number(after), limit],
  );

/** Appends a revision; nothing of a seal ever changes afterwards. */
export const insertSeal = async (
  sql: Sql,
  seal: Omit<Seal, 'id' | 'keepsItems'> & {
    readonly totals: readonly SealedCell[];
    readonly partnerships: Partnerships;
    /** The last revision of a cost or benefit that is in it. */
    readonly lastItemId: number;
  },
): Promise<number> => {
  const [row] = await sql.query<{ id: number }>(
    `insert into seal (kind, starts_on, ends_on, revision, as_of, last_posting_id, currency, time_zone, totals, account, gaps, restates, sealed_at, sealed_by, partnerships, last_item_id, formulas)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10::jsonb, $11::jsonb, $12::jsonb, $13, $14, $15::jsonb, $16, $17) returning id`,
    [
      seal.kind,
      seal.from,
      seal.to,
      seal.revision,
      seal.asOf,
      seal.lastPostingId,
      seal.currency,
      seal.timeZone,
      JSON.stringify(seal.totals),
      JSON.stringify(seal.account),
      JSON.stringify(seal.gaps),
      seal.restates && JSON.stringify(seal.restates),
      seal.sealedAt,
      seal.sealedBy,
      JSON.stringify(seal.partnerships),
      seal.lastItemId,
      formulasVersion,
    ],
  );
  if (!row) throw new RangeError('an insert gave no row');
  return row.id;
};
