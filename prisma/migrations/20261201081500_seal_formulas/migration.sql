-- By which version of the formulas a seal was counted: what a fact of before meant otherwise is no other count of the same thing.
alter table seal add column formulas integer not null default 1;
