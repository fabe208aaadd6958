-- Where the next look of a sweep over what we stored ourselves begins: one that looks back from now misses what came before a pause.
create table sweep_mark (
  name text not null,
  looked_until timestamptz(6) not null,
  constraint sweep_mark_pkey primary key (name)
);
