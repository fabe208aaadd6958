-- Tickets are claimed connection by connection, oldest first: the backlog of one helpdesk is neither read nor sorted to find what
-- is due of another.
drop index ticket_due, ticket_deep_due, ticket_stale;
create index ticket_due on ticket (connection_id, due_at) where due_at is not null and not from_backfill;
create index ticket_deep_due on ticket (connection_id, deep_due_at) where deep_due_at is not null;
create index ticket_stale on ticket (connection_id, stale_since) where stale_since is not null;
