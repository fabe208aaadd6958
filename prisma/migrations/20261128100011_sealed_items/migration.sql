-- What each sealed figure is counted on, item by item, so that what is counted differently later can be told with its reason; and
-- what partnerships cost and bring, as of its last revision. Seals of before keep none of it.
create table sealed_item (
  seal_id integer not null,
  book text not null,
  part integer not null,
  items jsonb not null,
  constraint sealed_item_pkey primary key (seal_id, book, part),
  constraint sealed_item_seal_id_fkey foreign key (seal_id) references seal(id) on delete restrict on update cascade
);

create trigger sealed_item_is_immutable before update or delete or truncate on sealed_item
  for each statement execute function refuse_seal_change();

alter table seal
  add column partnerships jsonb,
  add column last_item_id integer,
  add check ((partnerships is null) = (last_item_id is null));

-- Costs and benefits of partnerships are revised: what was told before stays, and a store takes none of it along.
alter table partnership_item
  add column revision integer not null default 1,
  add column superseded_at timestamptz(6),
  add column recorded_by text;
alter table partnership_item
  alter column revision drop default,
  add check (revision >= 1),
  add check (superseded_at >= recorded_at),
  drop constraint partnership_item_connection_id_fkey,
  add constraint partnership_item_connection_id_fkey foreign key (connection_id) references connection(id) on delete restrict on update cascade;

drop index partnership_item_side_reference_key;
create unique index partnership_item_side_reference_revision_key on partnership_item (side, reference, revision);
-- One revision of a reference holds at a time.
create unique index partnership_item_holding on partnership_item (side, reference) where superseded_at is null;
create index partnership_item_connection_id_idx on partnership_item (connection_id);

create function refuse_item_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.superseded_at is null and new.superseded_at is not null
     and to_jsonb(new) - 'superseded_at' = to_jsonb(old) - 'superseded_at' then
    return new;
  end if;
  raise exception 'what a partnership costs or brings is never changed or deleted; import its reference again, which revises it'
    using errcode = 'restrict_violation';
end $$;

create trigger partnership_item_is_kept before update or delete on partnership_item
  for each row execute function refuse_item_change();
create trigger partnership_item_is_not_emptied before truncate on partnership_item
  for each statement execute function refuse_item_change();
