-- Who decided on work, and when, stands beside the decision: lists of work tell it.
alter table work_entry
  add column decided_by text,
  add column decided_at timestamptz(6),
  add column cap_decided_by text,
  add column cap_decided_at timestamptz(6);

-- Of decisions made before, the last one that the log tells.
create temporary table decided on commit drop as
select distinct on (w.id, a.action like '% capped work') w.id::bigint as id, a.action like '% capped work' as is_capped, a.actor, a.at
  from audit_log a cross join lateral jsonb_array_elements_text(a.detail -> 'workEntries') w(id)
 where a.action in ('accept held work', 'reject held work', 'accept correction work', 'reject correction work', 'accept capped work', 'reject capped work')
 order by w.id, a.action like '% capped work', a.at desc, a.id desc;

update work_entry e set decided_by = d.actor, decided_at = d.at
  from decided d where d.id = e.id and not d.is_capped and e.decision is not null;
update work_entry e set cap_decided_by = d.actor, cap_decided_at = d.at
  from decided d where d.id = e.id and d.is_capped and e.cap_decision is not null;
