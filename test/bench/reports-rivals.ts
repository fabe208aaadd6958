import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type pg from 'pg';

export interface Period {
  readonly from: string;
  readonly to: string;
}

/** A row of the report as a rival answers it: whole numbers, as text. */
export type Answer = Readonly<Record<string, string | null>>;

/** Answers the report of a period from what it holds. */
export type Rival = (period: Period) => Promise<Answer[]>;

/**
 * The partner x region report over the ledger, in SQL that PostgreSQL and DuckDB both speak. The shares that an invitation
 * froze are read from `invited`, which each keeps in its own way.
 */
const reportSql = ({ from, to }: Period): string => {
  const within = (column: string): string => `${column} between date '${from}' and date '${to}'`;
  const facts = {
    tickets: 0,
    worked: 0,
    us: 0,
    cost: 0,
    measured: 0,
    orders: 0,
    unpriced_orders: 0,
    revenue: 0,
    returns: 0,
    refunded: 0,
    capped: 0,
    unpriced: 0,
    scores: 0,
    top: 0,
    delivered: 0,
    answered: 0,
  };
  const part = (told: Readonly<Record<string, string>>, from: string): string =>
    `select s.partner, s.region, ${Object.keys(facts)
      .map((name) => `cast(${told[name] ?? 0} as bigint) as ${name}`)
      .join(', ')} from ${from}`;
  const held = 'join attribution a on a.current and a.ticket_id =';
  const shares = 'join attribution_share s on s.attribution_id = a.id';
  const parts = [
    part({ tickets: 's.ppm' }, `ticket t ${held} t.id ${shares} where ${within('t.created_day')}`),
    part(
      { worked: 's.ppm' },
      `(select ticket_id from posting where ${within('worked_day')} group by 1 having sum(microseconds) > 0) w ${held} w.ticket_id ${shares}`,
    ),
    part(
      { us: 's.microseconds', cost: 's.cost_micros', measured: 'case when s.measured then s.cost_micros else 0 end' },
      `posting s where ${within('s.worked_day')}`,
    ),
    part(
      { orders: 's.ppm', revenue: 'coalesce(s.reporting_micros, 0)' },
      `(select os.partner, o.region, os.ppm, os.reporting_micros from "order" o join order_share os on os.order_id = o.id where o.counted and ${within('o.placed_day')}) s`,
    ),
    part(
      { unpriced_orders: '1' },
      `(select os.partner, o.region from "order" o join order_share os on os.order_id = o.id and os.share_no = 0 where o.counted and o.reporting_micros is null and ${within('o.placed_day')}) s`,
    ),
    part(
      { returns: 's.ppm' },
      `(select os.partner, o.region, os.ppm from (select distinct order_id from refund where ${within('made_day')}) r
          join "order" o on o.id = r.order_id join order_share os on os.order_id = o.id where o.counted) s`,
    ),
    part(
      { refunded: 'coalesce(s.reporting_micros, 0)' },
      `(select rs.partner, o.region, rs.reporting_micros from refund r join "order" o on o.id = r.order_id join refund_share rs on rs.refund_id = r.id where o.counted and ${within('r.made_day')}) s`,
    ),
    part(
      {
        capped: 'case when e.capped_seconds > 0 then 1 else 0 end',
        unpriced: 'case when e.unpriced is not null then 1 else 0 end',
      },
      `work_entry e ${held} e.ticket_id ${shares} where ${within('e.worked_day')} and (e.capped_seconds > 0 or e.unpriced is not null)`,
    ),
    part(
      { scores: '1', top: 'case when r.score >= 4 then 1 else 0 end' },
      `response r join invited s on s.id = r.invitation_id where ${within('r.given_day')}`,
    ),
    part(
      { delivered: '1', answered: 'case when r.invitation_id is null then 0 else 1 end' },
      `invited s left join response r on r.invitation_id = s.id where s.state = 'delivered'
          and s.sent_at >= timestamptz '${from} 00:00:00+00' and s.sent_at < timestamptz '${to} 00:00:00+00' + interval '1 day'`,
    ),
  ];
  const sums = Object.keys(facts).map((name) => `cast(sum(${name}) as varchar) as ${name}`);
  return `select partner, region, ${sums.join(', ')} from (${parts.join(' union all ')}) p group by 1, 2`;
};

/** Plain SQL over the ledger, by a client of its own with its statements planned for what they ask. */
export const plainSql =
  (client: pg.Client): Rival =>
  async (period) =>
    (await client.query<Answer>(reportSql(period))).rows;

export const prepareInvited = (client: pg.Client): Promise<unknown> =>
  client.query(`create view invited as
    select i.id, i.state, i.sent_at, s.partner, s.region from invitation i
     cross join lateral (select x.partner, x.region from jsonb_to_recordset(i.shares) as x(partner text, region text, ppm bigint) order by x.ppm desc limit 1) s`);

/** What DuckDB gets of each table, in the order of the ledger. */
const copied: Readonly<Record<string, string>> = {
  ticket: 'select id, created_day from ticket order by id',
  attribution: 'select id, ticket_id, current from attribution order by id',
  attribution_share: 'select attribution_id, partner, region, ppm from attribution_share order by attribution_id',
  posting:
    'select ticket_id, worked_day, partner, region, measured, microseconds, cost_micros from posting order by id',
  order: 'select id, placed_day, counted, region, reporting_micros from "order" order by id',
  order_share: 'select order_id, share_no, partner, ppm, reporting_micros from order_share order by order_id',
  refund: 'select id, order_id, made_day from refund order by id',
  refund_share: 'select refund_id, partner, ppm, reporting_micros from refund_share order by refund_id',
  work_entry: 'select id, ticket_id, worked_day, capped_seconds, unpriced from work_entry order by id',
  invited: 'select id, state, sent_at, partner, region from invited order by id',
  response: 'select invitation_id, score, given_day from response order by invitation_id',
};

/** Types that a CSV does not tell. */
const types: Readonly<Record<string, string>> = {
  sent_at: 'TIMESTAMPTZ',
  partner: 'VARCHAR',
  region: 'VARCHAR',
  unpriced: 'VARCHAR',
};

/** DuckDB in this process over Parquet files copied from the ledger into a folder that the database's server can write to; those that are there already are used. */
export const duckdb = async (client: pg.Client, folder: string): Promise<{ readonly ask: Rival; end(): void }> => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run("set timezone = 'UTC'");
  for (const [table, query] of Object.entries(copied)) {
    const [csv, part, parquet] = ['csv', 'part', 'parquet'].map((ending) => join(folder, `${table}.${ending}`)) as [
      string,
      string,
      string,
    ];
    if (!existsSync(parquet)) {
      await client.query(`copy (${query}) to '${csv}' with (format csv, header)`);
      const told = Object.entries(types).filter(([column]) => new RegExp(`\\b${column}\\b`).test(query));
      const typed =
        told.length === 0 ? '' : `, types = {${told.map(([column, type]) => `'${column}': '${type}'`).join(', ')}}`;
      await connection.run(
        `copy (select * from read_csv('${csv}', header = true${typed})) to '${part}' (format parquet)`,
      );
      await rename(part, parquet);
      await rm(csv);
    }
    await connection.run(`create view "${table}" as select * from read_parquet('${parquet}')`);
  }
  return {
    ask: async (period) => {
      const reader = await connection.runAndReadAll(reportSql(period));
      return reader.getRowObjectsJson() as Answer[];
    },
    end() {
      connection.closeSync();
      instance.closeSync();
    },
  };
};
