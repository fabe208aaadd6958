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
         s.tickets_ppm, s.attributed_ppm, s.microseconds, s.cost_micros, s.measured_cost_micros, s.orders_ppm, s.revenue_micros,
         s.unpriced_orders_ppm, s.unpriced_orders, s.refund_micros, s.unpriced_refunds_ppm, s.unpriced_entries, s.capped_entries,
         s.scores1, s.scores2, s.scores3, s.scores4, s.scores5, s.delivered, s.answered, s.worked_first_ppm, s.return_first_ppm), E'\n' order by s.partner, s.region)
  from rollup_total s group by 2, 3
union all
select 'pooled', s.span, s.starts_on,
       string_agg(to_json(array[nullif(s.partner, ''), nullif(s.region, '')])::text || E'\t' || concat_ws(' ',
         s.cost_micros, s.measured_cost_micros, s.unpooled_microseconds), E'\n' order by s.partner, s.region)
  from rollup_pooled s group by 2, 3;
