/** Below this many agents a pool would give a wage away (RULES.md section 10). */
const leastAgentsInPool = 3;

/**
 * Cost per second of each role and month, over everyone in the role; over all roles where the role has too few agents;
 * nothing where even they are too few. Joined as `pool` on role and month.
 */
export const poolSql = `
  ledger as (
    select w.month, coalesce(ag.role, '') as role, e.agent_id, sum(m.cost) as cost, sum(m.us) as us
      from wanted_months w cross join lateral (
        select p.work_entry_id, sum(p.cost_micros) as cost, sum(p.microseconds) as us from posting p
         where p.worked_day >= w.month and p.worked_day < w.month + interval '1 month' group by 1) m
      join work_entry e on e.id = m.work_entry_id
      left join agent ag on ag.connection_id = e.connection_id and ag.external_id = e.agent_id
     group by 1, 2, 3
  ), by_role as (
    select month, role, count(distinct agent_id) filter (where us > 0) as agents, sum(cost) as cost, sum(us) as us from ledger group by 1, 2
  ), by_month as (
    select month, count(distinct agent_id) filter (where us > 0) as agents, sum(cost) as cost, sum(us) as us from ledger group by 1
  ), pool as (
    select r.month, r.role,
           case when r.agents >= ${leastAgentsInPool} and r.us > 0 then r.cost / r.us
                when m.agents >= ${leastAgentsInPool} and m.us > 0 then m.cost / m.us end as micros_per_us
      from by_role r join by_month m using (month)
  )`;
