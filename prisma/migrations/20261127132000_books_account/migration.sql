-- The sum of a seal's cells, so that a list of seals reads no cell. Nothing was sealed before.
alter table seal add column account jsonb not null;
