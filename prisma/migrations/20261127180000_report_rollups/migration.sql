-- What reports are made of, added up by days and by runs of 2 to 64 days. Whatever changes it marks its days here in the same
-- transaction: a marked day is read from the ledger until it is added up again.
create table rollup_mark (
  id bigserial not null,
  book text not null,
  day date not null,
  at timestamptz(6) not null default current_timestamp,
  constraint rollup_mark_pkey primary key (id)
);

create index rollup_mark_book_day_idx on rollup_mark (book, day);

create table rollup_total (
  span integer not null,
  starts_on date not null,
  partner text not null,
  region text not null,
  tickets_ppm bigint not null,
  attributed_ppm bigint not null,
  worked_first_ppm bigint not null,
  microseconds bigint not null,
  cost_micros bigint not null,
  measured_cost_micros bigint not null,
  orders_ppm bigint not null,
  revenue_micros bigint not null,
  unpriced_orders bigint not null,
  refund_micros bigint not null,
  return_first_ppm bigint not null,
  unpriced_entries bigint not null,
  capped_entries bigint not null,
  scores1 bigint not null,
  scores2 bigint not null,
  scores3 bigint not null,
  scores4 bigint not null,
  scores5 bigint not null,
  delivered bigint not null,
  answered bigint not null,
  constraint rollup_total_pkey primary key (span, starts_on, partner, region)
);

create table rollup_pooled (
  span integer not null,
  starts_on date not null,
  partner text not null,
  region text not null,
  cost_micros bigint not null,
  measured_cost_micros bigint not null,
  unpooled_microseconds bigint not null,
  constraint rollup_pooled_pkey primary key (span, starts_on, partner, region)
);

create table rollup_again (
  day date not null,
  what text not null,
  before date not null,
  partner text not null,
  region text not null,
  ppm bigint not null,
  constraint rollup_again_pkey primary key (day, what, before, partner, region)
);

-- Which of them began before a day and lie on or after it.
create index rollup_again_over on rollup_again using gist (daterange(before, day));

-- All days of a ticket's work: what was its first day of work in a period may be its second now.
create function mark_posted() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  insert into rollup_mark (book, day)
  select 'facts', d.worked_day from (
    select worked_day from added
    union select e.worked_day from (select distinct ticket_id from added) t join work_entry e on e.ticket_id = t.ticket_id) d
  union all
  select distinct 'pooled', date_trunc('month', worked_day)::date from added;
  return null;
end $$;

create trigger posting_marks_days after insert on posting referencing new table as added
  for each statement execute function mark_posted();

-- One attribution of a ticket holds at a time.
create unique index attribution_current on attribution (ticket_id) where current;

-- Who bears a ticket: the day it was created, and those of its work. A later version is marked where the one before it ceases
-- to hold, for there is one that holds at a time.
create function mark_attributed() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  insert into rollup_mark (book, day)
  with t as materialized (
    select distinct a.ticket_id as id from (select distinct attribution_id from changed) c join attribution a on a.id = c.attribution_id
     where tg_op <> 'INSERT' or a.version = 1
  )
  select 'facts', d.day from (
    select k.created_day as day from t join ticket k on k.id = t.id where k.created_day is not null
    union select e.worked_day from t join work_entry e on e.ticket_id = t.id) d;
  return null;
end $$;

create trigger attribution_share_marks_inserted after insert on attribution_share referencing new table as changed
  for each statement execute function mark_attributed();
create trigger attribution_share_marks_updated after update on attribution_share referencing new table as changed
  for each statement execute function mark_attributed();
create trigger attribution_share_marks_deleted after delete on attribution_share referencing old table as changed
  for each statement execute function mark_attributed();

create function mark_current() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  insert into rollup_mark (book, day)
  with t as materialized (
    select ticket_id as id from (select id, ticket_id, current from was except select id, ticket_id, current from becomes) gone
    union select ticket_id from (select id, ticket_id, current from becomes except select id, ticket_id, current from was) came
  )
  select 'facts', d.day from (
    select k.created_day as day from t join ticket k on k.id = t.id where k.created_day is not null
    union select e.worked_day from t join work_entry e on e.ticket_id = t.id) d;
  return null;
end $$;

create trigger attribution_marks_current after update on attribution referencing old table as was new table as becomes
  for each statement execute function mark_current();

create function mark_ticket() returns trigger language plpgsql as $$
begin
  insert into rollup_mark (book, day)
  select distinct 'facts', d.day from (values (old.created_day), (case when tg_op = 'UPDATE' then new.created_day end)) d(day) where d.day is not null;
  return null;
end $$;

create trigger ticket_marks_moved after update of created_day on ticket for each row
  when (new.created_day is distinct from old.created_day) execute function mark_ticket();
create trigger ticket_marks_deleted after delete on ticket for each row execute function mark_ticket();

-- Entries on a list: capped or without a price.
create function mark_entry() returns trigger language plpgsql as $$
begin
  insert into rollup_mark (book, day)
  select distinct 'facts', d.day from (values (case when tg_op <> 'INSERT' then old.worked_day end), (case when tg_op <> 'DELETE' then new.worked_day end)) d(day)
   where d.day is not null;
  return null;
end $$;

create trigger work_entry_marks_inserted after insert on work_entry for each row
  when (new.unpriced is not null or new.capped_seconds > 0) execute function mark_entry();
create trigger work_entry_marks_updated after update of unpriced, capped_seconds, costed_seconds, worked_day, ticket_id on work_entry for each row
  when ((new.unpriced is not null or new.capped_seconds > 0 or old.unpriced is not null or old.capped_seconds > 0)
    and (new.unpriced, new.capped_seconds, new.costed_seconds, new.worked_day, new.ticket_id)
        is distinct from (old.unpriced, old.capped_seconds, old.costed_seconds, old.worked_day, old.ticket_id))
  execute function mark_entry();
create trigger work_entry_marks_deleted after delete on work_entry for each row
  when (old.unpriced is not null or old.capped_seconds > 0) execute function mark_entry();

-- An order lies on the day it was placed and on those of its refunds.
create function mark_order() returns trigger language plpgsql as $$
begin
  insert into rollup_mark (book, day)
  select 'facts', d.day from (
    select old.placed_day as day
    union select new.placed_day where tg_op = 'UPDATE'
    union select r.made_day from refund r where r.order_id = old.id) d where d.day is not null;
  return null;
end $$;

create trigger order_marks_changed after update of region, placed_day, counted, reporting_micros on "order" for each row
  when ((new.region, new.placed_day, new.counted, new.reporting_micros) is distinct from (old.region, old.placed_day, old.counted, old.reporting_micros))
  execute function mark_order();
create trigger order_marks_deleted after delete on "order" for each row execute function mark_order();

create function mark_order_shares() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  insert into rollup_mark (book, day)
  select 'facts', d.day from (
    select o.placed_day as day from (select distinct order_id from changed) c join "order" o on o.id = c.order_id
    union select r.made_day from (select distinct order_id from changed) c join refund r on r.order_id = c.order_id) d;
  return null;
end $$;

create trigger order_share_marks_inserted after insert on order_share referencing new table as changed
  for each statement execute function mark_order_shares();
create trigger order_share_marks_updated after update on order_share referencing new table as changed
  for each statement execute function mark_order_shares();
create trigger order_share_marks_deleted after delete on order_share referencing old table as changed
  for each statement execute function mark_order_shares();

-- All refunds of an order: which of them makes it a return of a period depends on the others.
create function mark_refund() returns trigger language plpgsql as $$
begin
  insert into rollup_mark (book, day)
  select 'facts', d.day from (
    select old.made_day as day where tg_op <> 'INSERT'
    union select new.made_day where tg_op <> 'DELETE'
    union select r.made_day from refund r where tg_op <> 'INSERT' and r.order_id = old.order_id
    union select r.made_day from refund r where tg_op <> 'DELETE' and r.order_id = new.order_id) d;
  return null;
end $$;

create trigger refund_marks_added after insert or delete on refund for each row execute function mark_refund();
create trigger refund_marks_changed after update of order_id, made_day, reporting_micros on refund for each row
  when ((new.order_id, new.made_day, new.reporting_micros) is distinct from (old.order_id, old.made_day, old.reporting_micros)) execute function mark_refund();

create function mark_refund_shares() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  insert into rollup_mark (book, day)
  select distinct 'facts', r.made_day from (select distinct refund_id from changed) c join refund r on r.id = c.refund_id;
  return null;
end $$;

create trigger refund_share_marks_inserted after insert on refund_share referencing new table as changed
  for each statement execute function mark_refund_shares();
create trigger refund_share_marks_updated after update on refund_share referencing new table as changed
  for each statement execute function mark_refund_shares();
create trigger refund_share_marks_deleted after delete on refund_share referencing old table as changed
  for each statement execute function mark_refund_shares();

-- The day an invitation was sent is that of the reporting time zone, which may lie 12 h behind or 14 h before UTC.
create function mark_sent(sent timestamptz) returns void language sql as $$
  insert into rollup_mark (book, day)
  select 'facts', d::date from generate_series(((sent at time zone 'UTC') - interval '12 hours')::date, ((sent at time zone 'UTC') + interval '14 hours')::date, interval '1 day') d
   where sent is not null
$$;

create function mark_invitation() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then perform mark_sent(old.sent_at); end if;
  if tg_op <> 'DELETE' and (tg_op = 'INSERT' or new.sent_at is distinct from old.sent_at) then perform mark_sent(new.sent_at); end if;
  return null;
end $$;

create trigger invitation_marks_sent after insert on invitation for each row when (new.state = 'delivered') execute function mark_invitation();
create trigger invitation_marks_changed after update of state, sent_at, shares, ticket_id on invitation for each row
  when ((new.state = 'delivered' or old.state = 'delivered') and (new.state, new.sent_at, new.shares) is distinct from (old.state, old.sent_at, old.shares))
  execute function mark_invitation();
create trigger invitation_marks_deleted after delete on invitation for each row when (old.state = 'delivered') execute function mark_invitation();

-- Of an answer: its own day, and the one on which it was asked for.
create function mark_response() returns trigger language plpgsql as $$
declare
  answer response := case when tg_op = 'DELETE' then old else new end;
begin
  insert into rollup_mark (book, day)
  select distinct 'facts', d.day from (values (answer.given_day), (case when tg_op = 'UPDATE' then old.given_day end)) d(day) where d.day is not null;
  if tg_op <> 'UPDATE' then
    perform mark_sent(i.sent_at) from invitation i where i.id = answer.invitation_id;
  end if;
  return null;
end $$;

create trigger response_marks_days after insert or delete on response for each row execute function mark_response();
create trigger response_marks_changed after update of score, given_day on response for each row
  when ((new.score, new.given_day) is distinct from (old.score, old.given_day)) execute function mark_response();

-- Who is in which pool: all months.
create function mark_pools() returns trigger language plpgsql as $$
begin
  insert into rollup_mark (book, day) select distinct 'pooled', date_trunc('month', starts_on)::date from rollup_pooled where span = 1;
  return null;
end $$;

create trigger agent_marks_role after update of role, external_id, connection_id on agent for each row
  when ((new.role, new.external_id, new.connection_id) is distinct from (old.role, old.external_id, old.connection_id)) execute function mark_pools();
create trigger agent_marks_added after insert on agent for each row when (new.role is not null) execute function mark_pools();
create trigger agent_marks_deleted after delete on agent for each row when (old.role is not null) execute function mark_pools();

-- Whose work an entry is.
create function mark_worker() returns trigger language plpgsql as $$
begin
  insert into rollup_mark (book, day)
  select 'pooled', date_trunc('month', d.worked_day)::date from (select distinct p.worked_day from posting p where p.work_entry_id = new.id) d;
  return null;
end $$;

create trigger work_entry_marks_worker after update of actor, agent_id, connection_id on work_entry for each row
  when ((new.actor, new.agent_id, new.connection_id) is distinct from (old.actor, old.agent_id, old.connection_id)) execute function mark_worker();

-- Another reporting time zone: the days of invitations are kept nowhere else.
create function mark_basis() returns trigger language plpgsql as $$
begin
  insert into rollup_mark (book, day)
  select distinct 'facts', starts_on from rollup_total where span = 1
  union select distinct 'facts', d::date from (select min(sent_at) as first, max(sent_at) as last from invitation where state = 'delivered') i
    cross join lateral generate_series(i.first - interval '1 day', i.last + interval '1 day', interval '1 day') d
  union select distinct 'pooled', date_trunc('month', starts_on)::date from rollup_pooled where span = 1;
  return null;
end $$;

create trigger setting_marks_basis after update on setting for each row
  when (new.key = 'reportingBasis' and new.value is distinct from old.value) execute function mark_basis();

-- What is there already is still to be added up.
insert into rollup_mark (book, day)
select 'facts', day from (
  select created_day as day from ticket union select worked_day from posting union select worked_day from work_entry
  union select placed_day from "order" union select made_day from refund union select given_day from response
  union select sent_at::date + d from invitation cross join generate_series(-1, 1) d where state = 'delivered') known where day is not null
union all
select distinct 'pooled', date_trunc('month', worked_day)::date from posting;
