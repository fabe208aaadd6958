-- Customers' answers as the helpdesk's own record has them.
create table told_score (
  invitation_id bigint not null references invitation (id) on delete cascade on update cascade,
  score integer not null,
  state text not null,
  due_at timestamptz(6),
  attempts integer not null default 0,
  last_error text,
  constraint told_score_pkey primary key (invitation_id)
);
