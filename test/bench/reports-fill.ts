import type pg from 'pg';

/** Figures over three years, the last of which ends here. */
export const firstDay = '2023-11-22';
const days = 1095;
/** Work and refunds come some days after what they are of. */
const spread = 15;

export interface Size {
  readonly postings: number;
  readonly tickets: number;
  readonly orders: number;
}

/** Four entries of work a ticket, three of which were attributed anew once: ten postings. Two orders a ticket. */
export const sizeOf = (postings: number): Size => ({
  postings,
  tickets: postings / 10,
  orders: postings / 5,
});

/** A fixed number below `below` for each row: the same ledger each time. */
const drawn = (id: string, salt: number, below: string): string =>
  `(((${id}::bigint * 48271 + ${salt}) * 69621 % 2147483647) % ${below})`;

/** Rows in the order of time, as they come: row `id` of `of` lies on its day. */
const dayOf = (id: string, of: number): string =>
  `(date '${firstDay}' + ((${id} - 1)::bigint * ${days - spread} / ${of})::int)`;

/**
 * Each of 200 partners sells in one to six of 30 regions; Direct in all; some tickets have a region alone, some nothing.
 * Direct and unknown are more than a single cell.
 */
const cellsSql = `
  create table bench_cell as
  select row_number() over (order by partner nulls last, region nulls last) - 1 as no, partner, region from (
    select 'p' || lpad(p::text, 3, '0') as partner, 'r' || lpad(((p * 7 + j * 5) % 30)::text, 2, '0') as region
      from generate_series(1, 200) p cross join lateral generate_series(0, p % 6) j
    union all select 'direct', 'r' || lpad(r::text, 2, '0') from generate_series(0, 29) r
    union all select null, 'r' || lpad(r::text, 2, '0') from generate_series(0, 29, 6) r
    union all select null, null
  ) c`;

export const statements = ({ tickets, orders }: Size, cells: number): readonly (readonly [string, string])[] => {
  const cell = (id: string, salt: number) => drawn(id, salt, String(cells));
  return [
    [
      'tickets',
      `insert into ticket (id, connection_id, external_id, dirty_seq, settled_seq, first_seen_at, from_backfill, snapshot_at, created_at, created_day,
              solved_at, status, channel, language, language_reason, reason, brand_id)
       select i, (select id from connection limit 1), i::text, 1, 1, d, true, d, d, d, d + interval '1 day', 'closed',
              (array['email', 'chat', 'form', 'phone'])[1 + i % 4], (array['en', 'de', 'sv', 'fr'])[1 + i % 4], 'text',
              (array['shipping', 'return', 'damage', 'product', 'payment', 'other'])[1 + i % 6], 'b' || ${cell('i', 1)}
         from generate_series(1, ${tickets}) i cross join lateral (select ${dayOf('i', tickets)}) x(d)`,
    ],
    [
      'attributions',
      `insert into attribution (id, ticket_id, version, method, confidence, evidence, decided_at, current)
       select i * 2 + v - 2, i, v, 'rule', 'medium', '{}', ${dayOf('i', tickets)}, v = 2 from generate_series(1, ${tickets}) i cross join generate_series(1, 2) v`,
    ],
    [
      'attribution shares',
      `insert into attribution_share (attribution_id, share_no, partner, region, ppm)
       select i * 2 + v - 2, 0, c.partner, c.region, 1000000 from generate_series(1, ${tickets}) i cross join generate_series(1, 2) v
         join bench_cell c on c.no = (${cell('i', 1)} + 2 - v) % ${cells}`,
    ],
    [
      'work',
      `insert into work_entry (id, connection_id, ticket_id, source_key, agent_id, clock, kind, actor, raw_seconds, costed_seconds, capped_seconds, state,
              worked_at, worked_day, recorded_at)
       select (i - 1) * 4 + e, (select id from connection limit 1), i, 'audit:' || ((i - 1) * 4 + e), 'a' || (i * 4 + e) % 50, 'time tracking',
              case when i % 5 = 0 then 'estimate' else 'measured' end, 'agent', s, s, case when i % 97 = 0 and e = 1 then 60 else 0 end, 'costed', d, d, d
         from generate_series(1, ${tickets}) i cross join generate_series(1, 4) e
        cross join lateral (select ${dayOf('i', tickets)} + case when e > 2 and i % 2 = 1 then (case e when 3 then 1 else 2 + i % 12 end)::int else 0 end,
                                   60 + ${drawn('((i - 1) * 4 + e)', 3, '840')}) x(d, s)`,
    ],
    [
      'postings',
      `insert into posting (id, work_entry_id, revision, share_no, reverses_id, ticket_id, attribution_version, partner, region, measured, microseconds, cost_micros,
              currency, native_micros, native_currency, hourly_micros, rate_scope, rate_key, rate_valid_from, fx_numerator, fx_denominator,
              worked_at, worked_day, posted_at, cause)
       select case e when 4 then first + 10 else first + (e - 1) * 3 + r end, w.id, case e when 4 then 1 else r end, 0, case when r = 2 then first + (e - 1) * 3 + 1 end,
              w.ticket_id, least(r, 2), c.partner, c.region, w.kind = 'measured', sign * w.costed_seconds * 1000000::bigint,
              sign * cost, 'USD', sign * cost, 'USD', hourly, 'default', '', '${firstDay}', 1, 1, w.worked_at, w.worked_day, w.worked_at,
              case r when 1 then 'work' else 'reattribution' end
         from work_entry w
        cross join generate_series(1, 3) r
        cross join lateral (select (w.ticket_id - 1) * 10, w.id - (w.ticket_id - 1) * 4, case r when 2 then -1 else 1 end) n(first, e, sign)
        cross join lateral (select (20 + (w.ticket_id * 4 + e) % 50 % 25) * 1000000::bigint) p(hourly)
        cross join lateral (select round(w.costed_seconds * hourly / 3600.0)::bigint) k(cost)
         join bench_cell c on c.no = (${cell('w.ticket_id', 1)} + case when r = 3 then 0 else 1 end) % ${cells}
        where e < 4 or r = 3 order by 1`,
    ],
    [
      'orders',
      `insert into "order" (id, connection_id, external_id, number, placed_at, placed_day, modified_at, status_id, counted, region, customer_id, currency,
              revenue_micros, gross_micros, coupons, reporting_micros, fx_numerator, fx_denominator, places, first_seen_at)
       select i, (select id from connection limit 1), i::text, i::text, d, d, d, 11, i % 50 <> 0, c.region, (i % ${Math.max(1, Math.round(orders / 3))})::text, 'USD',
              m, m, (i % 5 = 0)::int, case when i % 401 = 0 then null else m end, 1, 1, '{}', d
         from generate_series(1, ${orders}) i cross join lateral (select ${dayOf('i', orders)}, (40 + ${drawn('i', 4, '200')}) * 1000000::bigint) x(d, m)
         join bench_cell c on c.no = ${cell('i', 2)}`,
    ],
    [
      'order shares',
      `insert into order_share (order_id, share_no, partner, ppm, reporting_micros)
       select o.id, n, case n when 0 then c.partner else 'direct' end, case when o.id % 40 <> 0 then 1000000 when n = 0 then 750000 else 250000 end,
              case when o.id % 40 <> 0 then o.reporting_micros when n = 0 then o.reporting_micros * 3 / 4 else o.reporting_micros - o.reporting_micros * 3 / 4 end
         from "order" o join bench_cell c on c.no = ${cell('o.id', 2)} cross join generate_series(0, 1) n where n = 0 or o.id % 40 = 0`,
    ],
    [
      'refunds',
      `insert into refund (id, order_id, external_id, made_at, made_day, total_micros, tax_micros, paid_micros, net_micros, reporting_micros)
       select o.id * 2 + n, o.id, n::text, d, d, m, 0, m, m, case when o.reporting_micros is not null then m end
         from "order" o cross join generate_series(0, 1) n
        cross join lateral (select o.placed_day + (3 + o.id % 6 + n * 5)::int, case n when 0 then 20 else 10 end * 1000000::bigint) x(d, m)
        where o.id % 12 = 0 and (n = 0 or o.id % 120 = 0)`,
    ],
    [
      'refund shares',
      `insert into refund_share (refund_id, share_no, partner, ppm, reporting_micros)
       select r.id, s.share_no, s.partner, s.ppm, r.reporting_micros * s.ppm / 1000000 from refund r join order_share s on s.order_id = r.order_id`,
    ],
    [
      'invitations',
      `insert into invitation (id, ticket_id, person_hash, token_hash, language, language_reason, shares, invited_at, state, sent_at, expires_at)
       select i, i, int8send(i), int8send(i), 'en', 'default', jsonb_build_array(jsonb_build_object('partner', c.partner, 'region', c.region, 'country', null, 'ppm', 1000000)),
              d, 'delivered', d, d + interval '30 days'
         from generate_series(1, ${tickets}) i cross join lateral (select (${dayOf('i', tickets)} + 1)::timestamp at time zone 'UTC' + interval '10 hours') x(d)
         join bench_cell c on c.no = ${cell('i', 1)} where i % 10 < 6`,
    ],
    [
      'responses',
      `insert into response (invitation_id, score, given_at, given_day)
       select id, 5 - (${drawn('id', 5, '8')} / 2)::int, sent_at + interval '1 day', (sent_at + interval '1 day')::date from invitation where id % 3 <> 0`,
    ],
    [
      'daily totals',
      `insert into rollup_daily (day, partner, region, measured, microseconds, cost_micros)
       select worked_day, coalesce(partner, ''), coalesce(region, ''), measured, sum(microseconds), sum(cost_micros) from posting group by 1, 2, 3, 4`,
    ],
    [
      'marks',
      `insert into rollup_mark (book, day) select 'facts', d::date from generate_series(date '${firstDay}', date '${firstDay}' + ${days}, interval '1 day') d
       union all select 'pooled', d::date from generate_series(date_trunc('month', date '${firstDay}'), date '${firstDay}' + ${days}, interval '1 month') d`,
    ],
    [
      'partners',
      "insert into partner (code, name, aliases, created_at) select distinct partner, partner, '{}'::text[], now() from bench_cell where partner <> 'direct'",
    ],
    [
      'regions',
      'insert into region (code, name) select distinct region, region from bench_cell where region is not null',
    ],
    [
      'agents',
      `insert into agent (connection_id, external_id, name, role) select (select id from connection limit 1), 'a' || n, 'Agent ' || n, 'role ' || n % 5 from generate_series(0, 49) n`,
    ],
  ];
};

export const bulk = [
  'ticket',
  'attribution',
  'work_entry',
  'posting',
  'order',
  'order_share',
  'refund',
  'refund_share',
  'invitation',
  'response',
];

/**
 * Fills an empty installation that has one connection, by SQL in bulk: without triggers, and with indexes made afterwards. What
 * triggers would have marked is marked. Tells each step and its seconds.
 */
export const fillLedger = async (
  client: pg.Client,
  size: Size,
  tell: (step: string, seconds: number) => void,
): Promise<void> => {
  const timed = async (step: string, text: string): Promise<void> => {
    const startMs = performance.now();
    await client.query(text);
    tell(step, (performance.now() - startMs) / 1000);
  };
  await client.query(
    "set session_replication_role = replica; set maintenance_work_mem = '512MB'; set work_mem = '256MB'",
  );
  await client.query("alter system set max_wal_size = '8GB'");
  await client.query('select pg_reload_conf()');
  await client.query(cellsSql);
  const { rows: counted } = await client.query<{ cells: string }>('select count(*) as cells from bench_cell');
  const { rows: indexes } = await client.query<{ name: string; definition: string }>(
    `select i.relname as name, pg_get_indexdef(x.indexrelid) as definition
       from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
      where t.relname = any($1) and t.relnamespace = 'public'::regnamespace and not x.indisprimary
        and not exists (select from pg_constraint c where c.conindid = x.indexrelid)`,
    [bulk],
  );
  for (const { name } of indexes) await client.query(`drop index "${name}"`);
  for (const [step, text] of statements(size, Number(counted[0]?.cells))) await timed(step, text);
  for (const { name, definition } of indexes) await timed(name, definition);
  for (const table of bulk.filter((name) => !['order_share', 'refund_share', 'response'].includes(name)))
    await client.query(`select setval(pg_get_serial_sequence('"${table}"', 'id'), (select max(id) from "${table}"))`);
  await timed('vacuum', 'vacuum analyze');
  await client.query('set session_replication_role = origin');
};
