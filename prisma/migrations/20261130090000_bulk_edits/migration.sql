-- A bulk edit is asked for by author, value and second: without the value all that an author did in a second was read.
create index work_entry_connection_id_agent_id_value_worked_at_idx on work_entry (connection_id, agent_id, value, worked_at);
drop index work_entry_connection_id_agent_id_worked_at_idx;
