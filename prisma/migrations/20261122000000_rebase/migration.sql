-- A change of the reporting currency or time zone states every posting anew.
alter table posting drop constraint posting_cause_check;
alter table posting add constraint posting_cause_check
  check (cause in ('work', 'correction', 'reattribution', 'rate', 'estimate replaced', 'hold', 'decision', 'rebase'));
