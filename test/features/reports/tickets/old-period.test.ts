import { beforeAll, expect, test } from 'vitest';
import { chosenTickets, type TicketFilter } from '../../../../src/features/reports/tickets/chosen.ts';
import { exportTickets } from '../../../../src/features/reports/tickets/export.ts';
import { rowsRead } from '../rows-read.ts';
import { createWorld, type World } from '../world.ts';

const count = 8000;
const quarter = { from: '2022-04-01', to: '2022-06-30' };
let world: World;

/** Eight thousand tickets of four years; ids run against the days, as a walk over history that begins with the newest makes them. */
beforeAll(async () => {
  world = await createWorld();
  await world.db.query(
    `insert into ticket (connection_id, external_id, first_seen_at, snapshot_at, created_at, created_day, status, tags)
     select $1, 'H' || n, now(), now(), d, d::date, 'closed', '{}'
       from generate_series(1, $2::int) n
      cross join lateral (select timestamptz '2025-12-31 12:00Z' - n * (interval '1460 days' / $2::int)) x(d)`,
    [world.connectionId, count],
  );
  await world.db.query(
    `insert into attribution (ticket_id, version, method, confidence, evidence, decided_at, current)
     select id, 1, 'rule', 'medium', '{}', now(), true from ticket`,
  );
  await world.db.query(
    `insert into attribution_share (attribution_id, share_no, partner, region, ppm)
     select id, 0, case when ticket_id % 4 = 0 then 'nord' else 'sud' end, 'nordics', 1000000 from attribution`,
  );
  await world.rate('36.00', '2020-01-01');
  await world.ticket({ created: '2021-12-20', work: [['ada', 60, '2022-05-05']] });
  await world.ticket({ created: '2022-07-02', work: [['ada', 60, '2022-06-30']] });
  await world.db.query('vacuum analyze');
});

const pages = async (filter: Omit<TicketFilter, 'limit'>, limit: number): Promise<bigint[][]> => {
  const all: bigint[][] = [];
  for (let after: string | undefined; ; ) {
    const ids = await chosenTickets(world.db, { ...filter, limit, ...(after !== undefined && { after }) });
    all.push(ids.slice(0, limit));
    if (ids.length <= limit) return all;
    after = String(ids[limit - 1]);
  }
};

test('bug: a list of an old quarter was looked for from the newest ticket on', async () => {
  const first = await rowsRead(world.db, 'ticket', (sql) => chosenTickets(sql, { ...quarter, limit: 10 }));
  expect(first.rows).toBe(11);
  expect(first.conditions.join()).toMatch(/created_day >= .*created_day <= /);
  const [page] = await pages(quarter, 10);
  const second = await rowsRead(world.db, 'ticket', (sql) =>
    chosenTickets(sql, { ...quarter, limit: 10, after: String(page?.at(-1)) }),
  );
  // The place of the cursor, and the page.
  expect(second.rows).toBe(12);
  expect(second.conditions.join()).toContain('ROW(created_day, created_at, id) < ROW(');
});

test('of one partner no ticket of other days is looked at, and an export reads no more than its list', async () => {
  const ofQuarter = count / 16 + 2;
  const one = await rowsRead(world.db, 'ticket', (sql) =>
    chosenTickets(sql, { ...quarter, partner: 'nord', limit: 400 }),
  );
  // Once those created in it, and once those that its work names.
  expect(one.rows).toBeLessThan(2 * ofQuarter);
  const exported = await rowsRead(world.db, 'ticket', (sql) =>
    exportTickets(sql, { ...quarter, limit: 10 }, { currency: 'USD', costBasis: 'true', byAgent: false }),
  );
  expect(exported.rows).toBeLessThan(4 * 11);
});

test('pages hold each ticket of the period once, the newest first, those only worked on in it behind the others', async () => {
  const all = (await pages(quarter, 37)).flat();
  const told = await world.db.query<{ id: bigint; external_id: string; created_at: Date; is_in: boolean }>(
    `select id, external_id, created_at, created_day between $1 and $2 as is_in from ticket t
      where created_day between $1 and $2 or exists (select from posting p where p.ticket_id = t.id and p.worked_day between $1 and $2)
      order by (created_day between $1 and $2) desc, created_at desc, id desc`,
    [quarter.from, quarter.to],
  );
  expect(all).toEqual(told.map(({ id }) => id));
  expect(told.slice(-2).map(({ is_in }) => is_in)).toEqual([false, false]);
  expect((await pages(quarter, 1)).flat().slice(-3)).toEqual(all.slice(-3));
  const ofNord = (await pages({ ...quarter, partner: 'nord' }, 50)).flat();
  expect(ofNord.length).toBeGreaterThan(100);
  expect(all.filter((id) => ofNord.includes(id))).toEqual(ofNord);
});

test('a cursor of no ticket is refused', async () => {
  await expect(chosenTickets(world.db, { ...quarter, limit: 5, after: '999999999' })).rejects.toMatchObject({
    faults: [{ field: 'after' }],
  });
});
