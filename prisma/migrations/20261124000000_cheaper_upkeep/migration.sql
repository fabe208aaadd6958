-- A ticket's row changes several times in its life, and each time every index of the table takes an entry, empty values
-- included. Of these columns most rows hold nothing; a GIN index, besides, gathers entries until one statement pays for all.
drop index ticket_due_at_idx, ticket_deep_due_at_idx, ticket_stale_since_idx, ticket_named_numbers_idx, ticket_order_numbers_idx,
  ticket_connection_id_parent_external_id_idx, ticket_connection_id_merged_into_external_id_idx;
create index ticket_due on ticket (due_at) where due_at is not null;
create index ticket_deep_due on ticket (deep_due_at) where deep_due_at is not null;
create index ticket_stale on ticket (stale_since) where stale_since is not null;
create index ticket_named_numbers on ticket using gin (named_numbers) where named_numbers <> '{}';
create index ticket_order_numbers on ticket using gin (order_numbers) where order_numbers <> '{}';
create index ticket_parent on ticket (connection_id, parent_external_id) where parent_external_id is not null;
create index ticket_merged_into on ticket (connection_id, merged_into_external_id) where merged_into_external_id is not null;

-- Deliveries are found by their keys, whatever the statistics say, and bodies are wide: reading 30,000 of them again after each
-- tenth that was added held up the acknowledgements of that moment.
alter table delivery set (autovacuum_analyze_scale_factor = 1, autovacuum_vacuum_insert_scale_factor = 1);
alter table delivery alter column body set statistics 0, alter column headers set statistics 0;
