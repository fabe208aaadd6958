-- Published weeks and months, the check of each night, and what the team was paid.
create table seal (
  id serial not null,
  kind text not null,
  starts_on date not null,
  ends_on date not null,
  revision integer not null,
  as_of timestamptz(6) not null,
  last_posting_id bigint not null,
  currency text not null,
  time_zone text not null,
  totals jsonb not null,
  gaps jsonb not null,
  restates jsonb,
  sealed_at timestamptz(6) not null,
  sealed_by text not null,
  constraint seal_pkey primary key (id)
);

create unique index seal_kind_starts_on_revision_key on seal (kind, starts_on, revision);

create table reconciliation (
  id serial not null,
  night date not null,
  started_at timestamptz(6) not null,
  ended_at timestamptz(6) not null,
  last_posting_id bigint not null,
  balanced boolean not null,
  completeness jsonb not null,
  timeliness jsonb not null,
  balance jsonb not null,
  constraint reconciliation_pkey primary key (id)
);

create unique index reconciliation_night_key on reconciliation (night);

create table payroll (
  month date not null,
  currency text not null,
  amount_micros bigint not null,
  recorded_at timestamptz(6) not null,
  constraint payroll_pkey primary key (month, currency)
);

alter table work_entry add column cap_decision text;

-- Finds what was posted into a day after a seal without reading the day.
create index posting_worked_day_id_idx on posting (worked_day, id);

alter table seal
  add check (case kind
    when 'week' then extract(isodow from starts_on) = 1 and ends_on = starts_on + 6
    when 'month' then extract(day from starts_on) = 1 and ends_on = (starts_on + interval '1 month')::date - 1
    else false end),
  add check (revision >= 1 and (revision = 1) = (restates is null)),
  add check (last_posting_id >= 0),
  add check (currency ~ '^[A-Z]{3}$');

alter table payroll
  add check (extract(day from month) = 1),
  add check (amount_micros >= 0),
  add check (currency ~ '^[A-Z]{3}$');

alter table work_entry
  add constraint work_entry_cap_decision_check check (cap_decision in ('accept', 'reject')) not valid;
alter table work_entry validate constraint work_entry_cap_decision_check;

-- What was published stays as it was: a seal is followed by its next revision.
create function refuse_seal_change() returns trigger language plpgsql as $$
begin
  raise exception 'a seal is never changed or deleted; seal the period again' using errcode = 'restrict_violation';
end $$;

create trigger seal_is_immutable before update or delete or truncate on seal
  for each statement execute function refuse_seal_change();

-- What takes a posting back is its mirror. Together with the unique key on reverses_id nothing ever falls below zero.
-- The settings: a plan made while the ledger was small would read all of it later.
create function check_reversals() returns trigger language plpgsql
  set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  if exists (
    select 1 from added a join posting p on p.id = a.reverses_id
     where p.reverses_id is not null
        or (a.work_entry_id, a.share_no, a.ticket_id, a.partner, a.region, a.country, a.measured, a.worked_day, a.currency, a.native_currency,
            -a.microseconds, -a.cost_micros, -a.native_micros)
           is distinct from
           (p.work_entry_id, p.share_no, p.ticket_id, p.partner, p.region, p.country, p.measured, p.worked_day, p.currency, p.native_currency,
            p.microseconds, p.cost_micros, p.native_micros)
        or a.revision <> p.revision + 1)
  then
    raise exception 'a reversal takes back a whole posting and nothing else' using errcode = 'check_violation';
  end if;
  return null;
end $$;

create trigger posting_reversals_mirror after insert on posting
  referencing new table as added for each statement execute function check_reversals();
