-- Tags are claimed connection by connection, so that the backlog of one delays no other's.
alter table wanted_tag add column connection_id integer;
update wanted_tag set connection_id = ticket.connection_id from ticket where ticket.id = wanted_tag.ticket_id;
alter table wanted_tag alter column connection_id set not null;
drop index wanted_tag_due_at_idx;
create index wanted_tag_due on wanted_tag (connection_id, due_at) where state = 'pending';
drop index wanted_tag_claimed;
create index wanted_tag_claimed on wanted_tag (connection_id, claimed_until) where claimed_until is not null;
