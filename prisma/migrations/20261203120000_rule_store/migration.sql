-- Channels, customer groups and categories are each store's own: a rule may be of one store. Those of before are of every store.
alter table mapping_rule add column connection_id integer
  constraint mapping_rule_connection_id_fkey references connection (id) on delete restrict on update cascade;
