-- Deliveries that cannot be read are given up by a person.
alter table delivery drop constraint delivery_state_check,
  add constraint delivery_state_check check (state in ('stored', 'ignored', 'quarantined', 'replayed', 'dismissed')) not valid;
alter table delivery validate constraint delivery_state_check;
