-- Work of AI agents is kept apart from that of people.
alter table work_entry drop constraint work_entry_actor_check;
alter table work_entry add constraint work_entry_actor_check check (actor in ('agent', 'ai_agent', 'rule', 'end_user', 'system')) not valid;
alter table work_entry validate constraint work_entry_actor_check;
