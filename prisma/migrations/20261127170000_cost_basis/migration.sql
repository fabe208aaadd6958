-- Teams, wages with their factors and the switch of what is applied; own exchange rates; other costs and benefits of partnerships.
create table agent_team (
  connection_id integer not null,
  external_id text not null,
  team text not null,
  valid_from date not null,
  constraint agent_team_pkey primary key (connection_id, external_id, valid_from),
  constraint agent_team_connection_id_fkey foreign key (connection_id) references connection(id) on delete cascade on update cascade
);

create table cost_basis (
  valid_from date not null,
  applied text not null,
  recorded_at timestamptz(6) not null,
  constraint cost_basis_pkey primary key (valid_from)
);

create table own_fx_rate (
  base text not null,
  quote text not null,
  rate decimal not null,
  valid_from date not null,
  valid_to date,
  source text not null,
  recorded_at timestamptz(6) not null,
  constraint own_fx_rate_pkey primary key (base, quote, valid_from)
);

create table partnership_item (
  id serial not null,
  side text not null,
  reference text not null,
  kind text not null,
  partner text,
  region text,
  connection_id integer,
  amount_micros bigint,
  currency text,
  every text,
  hours_micros bigint,
  hourly_micros bigint,
  ppm integer,
  by_line_cost boolean not null default false,
  starts_on date not null,
  ends_on date,
  recorded_at timestamptz(6) not null,
  constraint partnership_item_pkey primary key (id),
  constraint partnership_item_connection_id_fkey foreign key (connection_id) references connection(id) on delete cascade on update cascade
);

create unique index partnership_item_side_reference_key on partnership_item (side, reference);

alter table order_line add column cost_micros bigint;

alter table rate
  add column burden_ppm integer,
  add column shrinkage_ppm integer,
  add column occupancy_ppm integer;

alter table rate drop constraint rate_scope_check;
alter table rate
  add constraint rate_scope_check check (scope in ('agent', 'role', 'team', 'default')),
  add check (burden_ppm between 0 and 10000000),
  add check (shrinkage_ppm >= 0 and shrinkage_ppm < 1000000),
  add check (occupancy_ppm > 0 and occupancy_ppm <= 1000000);

-- Not validated against what is there: the narrower check held for all of it, and the ledger may be long.
alter table posting drop constraint posting_rate_scope_check;
alter table posting add constraint posting_rate_scope_check check (rate_scope in ('agent', 'role', 'team', 'default')) not valid;

alter table cost_basis add check (applied in ('given', 'direct', 'absorbed'));

alter table own_fx_rate
  add check (rate > 0),
  add check (base ~ '^[A-Z]{3}$' and quote ~ '^[A-Z]{3}$' and base <> quote),
  add check (valid_to >= valid_from),
  add check (source <> '');

alter table partnership_item
  add check (case side
    when 'other cost' then kind in ('fee', 'software', 'travel', 'management', 'other')
    when 'benefit' then kind in ('commission', 'margin', 'savings', 'other')
    else false end),
  add check (ends_on >= starts_on),
  add check (case when amount_micros is not null
    then amount_micros >= 0 and partner is not null and currency ~ '^[A-Z]{3}$' and connection_id is null and ppm is null and not by_line_cost
         and case every when 'once' then ends_on is not null else every in ('week', 'month', 'quarter', 'year') end
    else side = 'benefit' and kind in ('commission', 'margin') and currency is null and every is null
         and (ppm is not null) <> by_line_cost and (ppm is null or ppm between 0 and 1000000) and (not by_line_cost or kind = 'margin') end),
  add check ((hours_micros is null) = (hourly_micros is null)),
  add check (hours_micros is null or kind = 'management' and amount_micros is not null and hours_micros >= 0 and hourly_micros >= 0);
