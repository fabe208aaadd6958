-- Nobody adds up meanwhile: what one who is at it would bring after these were read would be missing from them for good.
lock table rollup_total, rollup_pooled, rollup_again in access exclusive mode;

-- A whole number as text, whole millions with an m: parts of tickets and seconds are such for the most part.
create function in_short(n bigint) returns text language sql immutable parallel safe as $$
  select case when n <> 0 and n % 1000000 = 0 then (n / 1000000)::text || 'm' else n::text end
$$;

-- What reports of all cells read, one text for each run of days: adding up thousands of rows took most of their time.
create table rollup_written (
  book text not null,
  span integer not null,
  starts_on date not null,
  cells text not null,
  constraint rollup_written_pkey primary key (book, span, starts_on)
);

-- Read whole, many at a time: unpacking them would take longer than reading them.
alter table rollup_written alter column cells set storage external;

insert into rollup_written (book, span, starts_on, cells)
select 'facts', s.span, s.starts_on,
       string_agg(to_json(array[nullif(s.partner, ''), nullif(s.region, '')])::text || E'\t' || concat_ws(' ',
         in_short(s.tickets_ppm), in_short(s.attributed_ppm), in_short(s.microseconds), s.cost_micros, s.measured_cost_micros, in_short(s.orders_ppm), s.revenue_micros,
         in_short(s.unpriced_orders_ppm), s.unpriced_orders, s.refund_micros, in_short(s.unpriced_refunds_ppm), s.unpriced_entries, s.capped_entries,
         s.scores1, s.scores2, s.scores3, s.scores4, s.scores5, s.delivered, s.answered, in_short(s.worked_first_ppm), in_short(s.return_first_ppm)), E'\n' order by s.partner, s.region)
  from rollup_total s group by 2, 3
union all
select 'pooled', s.span, s.starts_on,
       string_agg(to_json(array[nullif(s.partner, ''), nullif(s.region, '')])::text || E'\t' || concat_ws(' ',
         s.cost_micros, s.measured_cost_micros, in_short(s.unpooled_microseconds)), E'\n' order by s.partner, s.region)
  from rollup_pooled s group by 2, 3;

-- Whoever changes rows of a run takes its text away, those too who know of no texts: it is then read from its rows.
create function forget_written() returns trigger language plpgsql as $$
begin
  delete from rollup_written w using (select distinct span, starts_on from changed) c
   where w.book = tg_argv[0] and w.span = c.span and w.starts_on = c.starts_on;
  return null;
end $$;

create trigger rollup_total_written_insert after insert on rollup_total referencing new table as changed for each statement execute function forget_written('facts');
create trigger rollup_total_written_update after update on rollup_total referencing new table as changed for each statement execute function forget_written('facts');
create trigger rollup_total_written_delete after delete on rollup_total referencing old table as changed for each statement execute function forget_written('facts');
create trigger rollup_pooled_written_insert after insert on rollup_pooled referencing new table as changed for each statement execute function forget_written('pooled');
create trigger rollup_pooled_written_update after update on rollup_pooled referencing new table as changed for each statement execute function forget_written('pooled');
create trigger rollup_pooled_written_delete after delete on rollup_pooled referencing old table as changed for each statement execute function forget_written('pooled');

-- Tickets worked on and orders returned on several days, written likewise: a row for each pair of days instead of one for each cell of it.
create table rollup_again_written (
  day date not null,
  before date not null,
  cells text not null
);

insert into rollup_again_written (day, before, cells)
select day, before, string_agg(line, E'\n' order by line)
  from (select day, before, to_json(array[nullif(partner, ''), nullif(region, '')])::text || E'\t' || concat_ws(' ',
               in_short(coalesce(sum(ppm) filter (where what = 'work'), 0)::bigint),
               in_short(coalesce(sum(ppm) filter (where what = 'return'), 0)::bigint)) as line
          from rollup_again group by day, before, partner, region) cell
 group by day, before;

drop table rollup_again;
alter table rollup_again_written rename to rollup_again;
alter table rollup_again add constraint rollup_again_pkey primary key (day, before);

-- Which of them began before a day and lie on or after it.
create index rollup_again_over on rollup_again using gist (daterange(before, day));
