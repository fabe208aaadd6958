-- When a person gave up a ticket of a backfill that can never be read: the rest of it is then complete.
alter table backfill_ticket add column given_up_at timestamptz;
