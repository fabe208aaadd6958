-- Orders and refunds without an exchange rate, by shares: what is zero for want of one is told from what is nothing.
alter table rollup_total
  add column unpriced_orders_ppm bigint not null default 0,
  add column unpriced_refunds_ppm bigint not null default 0;
alter table rollup_total
  alter column unpriced_orders_ppm drop default,
  alter column unpriced_refunds_ppm drop default;

-- Days that have some are added up anew.
insert into rollup_mark (book, day)
select 'facts', day from (
  select placed_day as day from "order" where counted and reporting_micros is null
  union select r.made_day from refund r join "order" o on o.id = r.order_id where o.counted and r.reporting_micros is null) gaps
 where day is not null;

-- A list of a period starts at the period's end, the newest first.
create index ticket_created_day_created_at_id_idx on ticket (created_day, created_at, id);
drop index ticket_created_day_idx;
