import type { Sql } from '../../../platform/database/database.ts';
import {
  entries,
  invitations,
  orders,
  refunds,
  responses,
  returns,
  type Statement,
  tickets,
  unpricedOrders,
  worked,
} from '../facts/fact-statements.ts';
import type { CellFacts, CellKey, Dimension, Period } from '../facts/facts.ts';

/** What happened to an item since: it came, it went, it went to other cells, its exchange rate came or is another, or else. */
type Fate = 'came' | 'went' | 'moved' | 'rated' | 'other';

/** One kind of thing that sealed figures are counted on; what a seal keeps of it are its items with what each counted for. */
export interface Book {
  readonly name: string;
  readonly statements: readonly {
    readonly statement: Statement;
    /** The id of an item in the statement's rows, and what tells at which rate it was converted. */
    readonly item: string;
    readonly fx?: string;
    readonly facts: readonly (keyof CellFacts)[];
  }[];
  readonly reasons: Readonly<Record<Fate, string>>;
  /** Items that count nothing are none of it: entries are on a list or not. */
  readonly listed?: true;
}

const scores = ['scores1', 'scores2', 'scores3', 'scores4', 'scores5'] as const;

/** Tickets and entries have no exchange rate: what neither came nor went lies elsewhere. */
const reattributed = { moved: 'reattribution', rated: 'reattribution', other: 'reattribution' } as const;

/** Reasons are told as they stand here. */
export const books: readonly Book[] = [
  {
    name: 'orders',
    statements: [
      { statement: orders, item: 's.id', fx: 'max(s.fx)', facts: ['ordersPpm', 'revenueMicros', 'unpricedOrdersPpm'] },
      { statement: unpricedOrders, item: 's.id', facts: ['unpricedOrders'] },
    ],
    reasons: {
      came: 'order newly counted',
      went: 'order no longer counted',
      moved: 'order of another partner or region',
      rated: 'exchange rate',
      other: 'changed order',
    },
  },
  {
    name: 'returns',
    statements: [{ statement: returns, item: 's.id', facts: ['returnsPpm'] }],
    reasons: {
      came: 'refund newly counted',
      went: 'refund no longer counted',
      moved: 'order of another partner or region',
      rated: 'exchange rate',
      other: 'changed order',
    },
  },
  {
    name: 'refunds',
    statements: [{ statement: refunds, item: 's.id', fx: 'max(s.fx)', facts: ['refundMicros', 'unpricedRefundsPpm'] }],
    reasons: {
      came: 'refund newly counted',
      went: 'refund no longer counted',
      moved: 'order of another partner or region',
      rated: 'exchange rate',
      other: 'changed refund',
    },
  },
  {
    name: 'tickets',
    statements: [{ statement: tickets, item: 't.id', facts: ['ticketsPpm', 'attributedPpm'] }],
    reasons: {
      came: 'late ticket',
      went: 'ticket no longer counted',
      ...reattributed,
    },
  },
  {
    name: 'tickets worked',
    statements: [{ statement: worked, item: 'w.ticket_id', facts: ['ticketsWorkedPpm'] }],
    reasons: {
      came: 'ticket newly worked on',
      went: 'ticket no longer worked on',
      ...reattributed,
    },
  },
  {
    name: 'unpriced entries',
    statements: [{ statement: entries, item: 'e.id', facts: ['unpricedEntries'] }],
    listed: true,
    reasons: {
      came: 'unpriced work',
      went: 'work priced or taken back',
      ...reattributed,
    },
  },
  {
    name: 'capped entries',
    statements: [{ statement: entries, item: 'e.id', facts: ['cappedEntries'] }],
    listed: true,
    reasons: {
      came: 'capped work',
      went: 'cap lifted or work taken back',
      ...reattributed,
    },
  },
  {
    name: 'answers',
    statements: [{ statement: responses, item: 'i.id', facts: scores }],
    reasons: {
      came: 'late answer',
      went: 'answer voided',
      moved: 'changed answer',
      rated: 'changed answer',
      other: 'changed answer',
    },
  },
  {
    name: 'invitations',
    statements: [{ statement: invitations, item: 'i.id', facts: ['delivered', 'answered'] }],
    reasons: {
      came: 'late delivery',
      went: 'invitation not delivered',
      moved: 'late or voided answer',
      rated: 'late or voided answer',
      other: 'late or voided answer',
    },
  },
];

const dimensions: readonly Dimension[] = ['partner', 'region'];

export const factsOf = ({ statements }: Book): (keyof CellFacts)[] => statements.flatMap(({ facts }) => facts);

const quoted = (fact: string): string => `"${fact}"`;
const isAny = (facts: readonly string[], of = quoted): string => facts.map((fact) => `${of(fact)} <> 0`).join(' or ');

/** The items of today: item, partner, region, fx and what each counts for. $1 and $2 are the days, $3 the time zone. */
const itemsSql = (book: Book): string => {
  const facts = factsOf(book);
  const parts = book.statements.map(({ statement, item, fx, facts: own }) => {
    const columns = `${item} as item, ${statement.by.partner} as partner, ${statement.by.region} as region, ${fx ?? 'null::text'} as fx,`;
    const counted = facts.map((fact) => `${own.includes(fact) ? `${quoted(fact)}::bigint` : '0'} as ${quoted(fact)}`);
    return `select item, partner, region, fx, ${counted.join(', ')} from (${statement.sql({ columns, grouped: 'group by 1, 2, 3', dimensions })}) one`;
  });
  return `select item, partner, region, max(fx) as fx, ${facts.map((fact) => `sum(${quoted(fact)})::bigint as ${quoted(fact)}`).join(', ')}
      from (${parts.join(' union all ')}) counted where $3::text is not null group by 1, 2, 3
      ${book.listed ? `having ${isAny(facts, (fact) => `sum(${quoted(fact)})`)}` : ''}`;
};

/** A row of sealed_item holds so many items: a value of the database has a limit, and so has memory. */
const itemsAtOnce = 5000;

/** Keeps what each item counts for in the figures of a seal, in its transaction. */
export const keepItems = async (
  sql: Sql,
  sealId: number,
  { from, to, timeZone }: Period & { readonly timeZone: string },
): Promise<void> => {
  for (const book of books)
    await sql.query(
      `insert into sealed_item (seal_id, book, part, items)
       select $4::int, $5::text, part, jsonb_agg(jsonb_build_array(item, partner, region, fx, ${factsOf(book).map(quoted).join(', ')}) order by item, partner, region)
         from (select *, (row_number() over (order by item, partner, region) - 1) / ${itemsAtOnce} as part from (${itemsSql(book)}) one) numbered group by part`,
      [from, to, timeZone, sealId, book.name],
    );
};

/** What became different since the seal $4, item by item, as `fated`: item, partner, region, fate and the differences. */
const fatedSql = (book: Book): string => {
  const facts = factsOf(book);
  const list = facts.map(quoted).join(', ');
  const sums = facts.map((fact) => `sum(${quoted(fact)}) as ${quoted(fact)}`).join(', ');
  return `
  with both_sides as (
    select item, partner, region, fx, true as is_now, ${list} from (${itemsSql(book)}) today
    union all
    select (e ->> 0)::bigint, e ->> 1, e ->> 2, e ->> 3, false, ${facts.map((_, at) => `-(e ->> ${at + 4})::bigint`).join(', ')}
      from sealed_item k cross join jsonb_array_elements(k.items) e where k.seal_id = $4 and k.book = $5
  ), differing as (
    select item, partner, region, ${sums} from both_sides group by 1, 2, 3 having ${isAny(facts, (fact) => `sum(${quoted(fact)})`)}
  ), fates as (
    select item, case when bool_and(is_now) then 'came' when not bool_or(is_now) then 'went'
             when ${facts.map((fact) => `sum(${quoted(fact)}) = 0`).join(' and ')} then 'moved'
             when max(fx) filter (where is_now) is distinct from max(fx) filter (where not is_now) then 'rated' else 'other' end as fate
      from both_sides where item in (select item from differing) group by item
  ), fated as (
    select d.*, f.fate from differing d join fates f on f.item = d.item
  )`;
};

interface Look extends Period {
  readonly sealId: number;
  readonly timeZone: string;
}

const parametersOf = (book: Book, { from, to, timeZone, sealId }: Look): readonly unknown[] => [
  from,
  to,
  timeZone,
  sealId,
  book.name,
];

export type Deltas = Readonly<Partial<Record<keyof CellFacts, bigint>>>;

/** What one reason made different, in all and by cell. */
export interface Change {
  readonly reason: string;
  /** The book, "postings", "costs and benefits" or "reporting basis". */
  readonly of: string;
  /** How many orders, refunds, tickets ... */
  readonly items: number;
  readonly cells: readonly {
    readonly key: CellKey;
    readonly deltas: Deltas;
    /** Null in the key is any. */
    readonly ofAny?: true;
  }[];
}

type FatedRow = CellKey & Readonly<Record<string, unknown>> & { readonly fate: Fate };

const cellsOf = (rows: readonly FatedRow[], facts: readonly (keyof CellFacts)[]): Change['cells'] =>
  rows.map((row) => ({
    key: { partner: row.partner, region: row.region },
    deltas: Object.fromEntries(facts.map((fact) => [fact, BigInt(row[fact] as string)])),
  }));

/** What is different since a seal in one book, by reason; what came back to where it was is none of it. */
export const changesIn = async (sql: Sql, book: Book, look: Look): Promise<Change[]> => {
  const facts = factsOf(book);
  const rows = await sql.query<FatedRow & { items: bigint }>(
    `${fatedSql(book)}
     select fate, partner, region, c.items, ${facts.map((fact) => `sum(${quoted(fact)})::text as ${quoted(fact)}`).join(', ')}
       from fated join (select fate, count(distinct item) as items from fated group by 1) c using (fate)
      group by 1, 2, 3, 4 order by 1, 2, 3`,
    parametersOf(book, look),
  );
  return [...Map.groupBy(rows, ({ fate }) => book.reasons[fate])].map(([reason, own]) => ({
    reason,
    of: book.name,
    items: [...new Map(own.map(({ fate, items }) => [fate, Number(items)])).values()].reduce((a, b) => a + b, 0),
    cells: cellsOf(own, facts),
  }));
};

/** One order, refund, ticket, entry or invitation that is different. */
export interface ChangedItem {
  readonly id: string;
  readonly reason: string;
  readonly cells: Change['cells'];
}

/** They, by id, the newest first; `after` is the last one of the page before. */
export const changedItems = async (
  sql: Sql,
  book: Book,
  { limit, after, ...look }: Look & { readonly limit: number; readonly after: bigint | null },
): Promise<{ readonly items: readonly ChangedItem[]; readonly next: string | null }> => {
  const facts = factsOf(book);
  const rows = await sql.query<FatedRow & { item: bigint }>(
    `${fatedSql(book)}, page as (
       select distinct item from fated where $6::bigint is null or item < $6 order by item desc limit $7
     )
     select fated.item, fate, partner, region, ${facts.map((fact) => `${quoted(fact)}::text`).join(', ')}
       from page join fated on fated.item = page.item order by fated.item desc, partner, region`,
    [...parametersOf(book, look), after, limit + 1],
  );
  const all = [...Map.groupBy(rows, ({ item }) => item)];
  const shown = all.slice(0, limit);
  return {
    items: shown.map(([item, own]) => ({
      id: String(item),
      reason: book.reasons[own[0]?.fate ?? 'other'],
      cells: cellsOf(own, facts),
    })),
    next: all.length > limit ? String(shown.at(-1)?.[0]) : null,
  };
};
