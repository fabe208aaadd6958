-- Roles from a day on; what agent.role says holds before the first of them.
create table agent_role (
  connection_id integer not null,
  external_id text not null,
  role text not null,
  valid_from date not null,
  constraint agent_role_pkey primary key (connection_id, external_id, valid_from),
  constraint agent_role_connection_id_fkey foreign key (connection_id) references connection(id) on delete cascade on update cascade
);

-- Who is in which pool: of the months since.
create function mark_dated_pools() returns trigger language plpgsql as $$
begin
  insert into rollup_mark (book, day)
  select distinct 'pooled', date_trunc('month', starts_on)::date from rollup_pooled
   where span = 1 and starts_on >= date_trunc('month', least(new.valid_from, old.valid_from))::date;
  return null;
end $$;

create trigger agent_role_marks_months after insert or update or delete on agent_role for each row execute function mark_dated_pools();

-- Not validated against what is there: the narrower check held for all of it, and the ledger may be long.
alter table posting drop constraint posting_cause_check;
alter table posting add constraint posting_cause_check
  check (cause in ('work', 'correction', 'reattribution', 'rate', 'role', 'estimate replaced', 'hold', 'decision', 'rebase')) not valid;
