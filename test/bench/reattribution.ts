import { setTimeout as wait } from 'node:timers/promises';
import type pg from 'pg';
import { openDatabase, withInstallation } from './installation.ts';
import { atLeast, type Measure, plain, rounded } from './measures.ts';
import { cpuSecondsOf, postgresCpuSeconds } from './process-use.ts';
import { prepare } from './reports-ledger.ts';
import { importOtherRules } from './reports-moves.ts';
import { freePort, type Installation, startServer, temporaryFolder } from './server-process.ts';

/** Tickets that the product moves, and as many that plain SQL moves. */
const moving = 10_000;
/** Of each ticket four entries of work, all of them posted to one bearer. */
const postingsPerTicket = 10;
const withinMs = 600_000;
const lookEveryMs = 200;
/** Tickets in one transaction, for plain SQL as for the product. */
const lot = 200;
const goal = 1700;

/**
 * What the product writes of a ticket that goes to another partner or region, as statements over whole lots that know what the
 * bench's tickets are: decided by one rule on their brand, borne by one share, at frozen prices. Triggers and keys do their work.
 */
const plainStatements: readonly string[] = [
  'select id from ticket where id = any($1) order by connection_id, external_id for update',
  `create temporary table if not exists moved (ticket_id bigint, version int, rule_id int, partner text, region text) on commit delete rows`,
  `insert into moved select t.id, a.version + 1, r.id, r.partner, r.region from ticket t join attribution a on a.ticket_id = t.id and a.current
     left join ticket_rule r on r.valid_until is null and r.condition ->> 'brandId' = t.brand_id where t.id = any($1)`,
  'update attribution set current = false where ticket_id = any($1) and current',
  `with appended as (
     insert into attribution (ticket_id, version, method, confidence, evidence, decided_at, current)
     select ticket_id, version, case when rule_id is null then 'unattributed' else 'rule' end, case when rule_id is null then 'none' else 'medium' end,
            case when rule_id is null then '{}' else jsonb_build_object('ruleId', rule_id) end, now(), true from moved where ticket_id = any($1)
     returning id, ticket_id)
   insert into attribution_share (attribution_id, share_no, partner, region, ppm)
   select a.id, 0, m.partner, m.region, 1000000 from appended a join moved m on m.ticket_id = a.ticket_id`,
  `with live as materialized (
     select p.* from posting p where p.ticket_id = any($1) and p.reverses_id is null and not exists (select from posting r where r.reverses_id = p.id)),
   posted as (
     insert into posting (work_entry_id, revision, share_no, reverses_id, ticket_id, attribution_version, partner, region, country, measured, microseconds,
            cost_micros, currency, native_micros, native_currency, hourly_micros, rate_scope, rate_key, rate_valid_from, fx_numerator, fx_denominator,
            fx_date, worked_at, worked_day, posted_at, cause)
     select work_entry_id, revision + 1, share_no, id, ticket_id, attribution_version, partner, region, country, measured, -microseconds,
            -cost_micros, currency, -native_micros, native_currency, hourly_micros, rate_scope, rate_key, rate_valid_from, fx_numerator, fx_denominator,
            fx_date, worked_at, worked_day, now(), 'reattribution' from live
     union all
     select l.work_entry_id, l.revision + 2, 1, null, l.ticket_id, m.version, m.partner, m.region, null, l.measured, l.microseconds,
            l.cost_micros, l.currency, l.native_micros, l.native_currency, l.hourly_micros, l.rate_scope, l.rate_key, l.rate_valid_from, l.fx_numerator,
            l.fx_denominator, l.fx_date, l.worked_at, l.worked_day, now(), 'reattribution' from live l join moved m on m.ticket_id = l.ticket_id
     returning worked_day, partner, region, measured, microseconds, cost_micros)
   insert into rollup_delta (day, partner, region, measured, microseconds, cost_micros)
   select worked_day, partner, region, measured, sum(microseconds), sum(cost_micros) from posted group by 1, 2, 3, 4 having sum(microseconds) <> 0 or sum(cost_micros) <> 0`,
  `insert into wanted_tag (ticket_id, connection_id, tag, wanted, state)
   select t.id, t.connection_id, g.tag, true, 'observed' from moved m join ticket t on t.id = m.ticket_id
    cross join lateral (values ('partner_' || m.partner), ('region_' || m.region)) g(tag) where g.tag is not null and t.id = any($1)
   on conflict (ticket_id, tag) do update set wanted = excluded.wanted, state = excluded.state`,
  'update ticket set stale_since = null, reprice = false, claimed_until = null, attempts = 0, last_error = null where id = any($1)',
];

interface Moved {
  readonly seconds: number;
  /** Processor milliseconds a ticket; null where the system does not tell. */
  readonly productMs: number | null;
  readonly postgresMs: number | null;
}

const perTicketMs = (before: number | null, after: number | null): number | null =>
  before === null || after === null ? null : ((after - before) * 1000) / moving;

const moveByProduct = async (installation: Installation, client: pg.Client): Promise<Moved> => {
  const server = await startServer(installation);
  try {
    const cpu = async () => [await cpuSecondsOf(server.pid), await postgresCpuSeconds(installation.dataDir)] as const;
    const [productBefore, postgresBefore] = await cpu();
    await client.query('update ticket set stale_since = now() where id <= $1', [moving]);
    const startMs = performance.now();
    for (;;) {
      await wait(lookEveryMs);
      const { rows } = await client.query('select from ticket where stale_since is not null limit 1');
      if (rows.length === 0) break;
      if (performance.now() - startMs > withinMs) throw new Error(`not within ${withinMs / 1000} s: tickets decided`);
    }
    const seconds = (performance.now() - startMs) / 1000;
    const [product, postgres] = await cpu();
    return {
      seconds,
      productMs: perTicketMs(productBefore, product),
      postgresMs: perTicketMs(postgresBefore, postgres),
    };
  } finally {
    await server.stop();
  }
};

const moveByPlainSql = async (installation: Installation, client: pg.Client): Promise<Moved> => {
  const before = await postgresCpuSeconds(installation.dataDir);
  await client.query('update ticket set stale_since = now() where id > $1 and id <= 2 * $1', [moving]);
  const startMs = performance.now();
  for (let from = moving + 1; from <= 2 * moving; from += lot) {
    const ids = Array.from({ length: lot }, (_, index) => from + index);
    await client.query('begin');
    for (const [index, text] of plainStatements.entries())
      await (text.includes('$1') ? client.query({ name: `plain ${index}`, text, values: [ids] }) : client.query(text));
    await client.query('commit');
  }
  const seconds = (performance.now() - startMs) / 1000;
  return { seconds, productMs: 0, postgresMs: perTicketMs(before, await postgresCpuSeconds(installation.dataDir)) };
};

/** Of each half's tickets. */
const writtenSql = `
  select h.half, count(*) filter (where a.version = 3) as moved,
         count(*) filter (where (r.partner, r.region) is not distinct from (s.partner, s.region)) as borne,
         sum((select count(*) from posting p where p.ticket_id = t.id)) as postings,
         sum((select count(*) from posting p where p.ticket_id = t.id and (p.partner, p.region) is not distinct from (s.partner, s.region)
              and p.reverses_id is null and p.attribution_version = 3)) as anew,
         sum((select count(*) from wanted_tag w where w.ticket_id = t.id and w.wanted)) as tags,
         sum(num_nonnulls(s.partner, s.region)) as named,
         sum((select sum(p.cost_micros) from posting p where p.ticket_id = t.id)
             - (select sum(p.cost_micros) from posting p where p.ticket_id = t.id and p.reverses_id is null and p.attribution_version = 2)) as more
    from ticket t cross join lateral (select case when t.id <= $1 then 'product' else 'plain' end as half) h
    join attribution a on a.ticket_id = t.id and a.current join attribution_share s on s.attribution_id = a.id
    left join ticket_rule r on r.valid_until is null and r.condition ->> 'brandId' = t.brand_id
   where t.id <= 2 * $1 group by 1`;

/** What was written of the tickets of one half; a sum of nothing is null. */
type Written = Readonly<Record<string, string | null>>;

/** What is wrong with what was written: each half is to have exactly what the rules ask for. */
export const faultsOf = (rows: readonly Written[]): string[] =>
  ['product', 'plain'].flatMap((half) => {
    const written = rows.find((row) => row.half === half);
    if (!written) return [`${half}: nothing`];
    const { moved, borne, postings, anew, tags, named, more } = written;
    return Object.entries({
      moved: [moved, moving],
      'borne by the rule': [borne, moving],
      postings: [postings, moving * (postingsPerTicket + 8)],
      'postings anew': [anew, moving * 4],
      tags: [tags, named],
      'micros more': [more, 0],
    }).flatMap(([what, [is, ought]]) =>
      typeof is === 'string' && ought !== null && Number(is) === Number(ought)
        ? []
        : [`${half}: ${is} ${what}, not ${ought}`],
    );
  });

/** Throws where the halves are not what they ought to be: their times then compare nothing. */
const requireAlike = async (client: pg.Client): Promise<void> => {
  const { rows } = await client.query<Written>(writtenSql, [moving]);
  const faults = faultsOf(rows);
  if (faults.length > 0)
    throw new Error(`tickets attributed anew are not what the rules ask for: ${faults.join('; ')}`);
};

const milliseconds = (value: number | null): string => (value === null ? 'not told' : `${value.toFixed(2)} ms`);

const compare = async (installation: Installation): Promise<Measure[]> => {
  const client = await openDatabase(installation);
  try {
    const sql = await moveByPlainSql(installation, client);
    const ours = await moveByProduct(installation, client);
    await requireAlike(client);
    return [
      atLeast('tickets attributed anew', moving / ours.seconds, goal, (rate) => `${rounded(rate)}/s`),
      plain(
        '  processor time per ticket',
        `product ${milliseconds(ours.productMs)}, PostgreSQL ${milliseconds(ours.postgresMs)}`,
      ),
      plain(
        '  plain SQL of the same rows, one connection',
        `${rounded(moving / sql.seconds)}/s, PostgreSQL ${milliseconds(sql.postgresMs)}; the product takes ${(ours.seconds / sql.seconds).toFixed(2)} times as long`,
      ),
      plain('  books afterwards', 'alike'),
    ];
  } finally {
    await client.end();
  }
};

/** Tickets that rules give to another partner or region, a second, and what plain SQL takes to write the same rows. */
export const measureReattribution = async (): Promise<Measure[]> => {
  const folder = await temporaryFolder();
  try {
    const installation: Installation = { dataDir: folder.path, port: await freePort() };
    await prepare(installation, 2 * moving * postingsPerTicket);
    await importOtherRules(installation);
    // The private server lasts while somebody works with it.
    return await withInstallation(installation, () => compare(installation));
  } finally {
    await folder.remove();
  }
};
