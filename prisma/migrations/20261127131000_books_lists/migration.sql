-- The lists of work on which a person decides, or that lacks a price, read these rows alone.
create index work_entry_listed on work_entry (id) where state = 'held' or decision is not null or capped_seconds > 0 or cap_decision is not null or raw_seconds < 0 or unpriced is not null;
