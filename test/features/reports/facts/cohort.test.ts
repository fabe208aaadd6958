import { beforeAll, expect, test } from 'vitest';
import { addDays } from '../../../../src/core/time.ts';
import { loadSides } from '../../../../src/features/reports/facts/facts.ts';
import { cohortTickets } from '../../../../src/features/reports/facts/order-statements.ts';
import { rowsRead } from '../rows-read.ts';
import { createWorld, type World } from '../world.ts';

const period = { from: '2023-05-01', to: '2023-05-31' };
let world: World;

beforeAll(async () => {
  world = await createWorld();
});

test('bug: the cohort of an old period was looked for in every ticket since', async () => {
  const order = await world.order({ placed: '2023-05-10' });
  for (const days of [-1, 0, 365]) await world.ticket({ created: addDays('2023-05-10', days), orders: [order] });
  const cohort = async (): Promise<bigint> => {
    const { tickets } = await loadSides(world.db, period, ['day'], { timeZone: 'UTC', costBasis: 'true' }, [
      cohortTickets,
    ]);
    expect(tickets.cells.map(({ key }) => key.day)).toEqual(['2023-05-10']);
    return tickets.cells[0]?.facts.cohortTicketsPpm ?? 0n;
  };
  expect(await cohort()).toBe(3_000_000n);
  await world.ticket({ created: addDays('2023-05-10', 366), orders: [order] });
  expect(await cohort()).toBe(3_000_000n);
  // Within the days that are read at all, and yet too late for its order.
  await world.ticket({ created: '2024-05-20', orders: [order] });
  expect(await cohort()).toBe(3_000_000n);

  await world.db.query(
    `insert into ticket (connection_id, external_id, first_seen_at, created_at, created_day, tags)
     select $1, 'later ' || n, now(), d, d::date, '{}' from generate_series(1, 3000) n
      cross join lateral (select timestamptz '2024-07-01 12:00Z' + n * interval '6 hours') x(d)`,
    [world.connectionId],
  );
  await world.db.query(
    `insert into attribution (ticket_id, version, method, confidence, evidence, decided_at, current)
     select id, 1, 'rule', 'medium', '{}', now(), true from ticket t where not exists (select from attribution a where a.ticket_id = t.id)`,
  );
  await world.db.query('vacuum analyze');
  const readOf = (table: string) =>
    rowsRead(world.db, table, (sql) =>
      loadSides(sql, period, ['partner'], { timeZone: 'UTC', costBasis: 'true' }, [cohortTickets]),
    );
  const { rows, conditions } = await readOf('ticket');
  expect(rows).toBe(5);
  expect(conditions.join()).toMatch(/created_day >= .*created_day <= /);
  expect((await readOf('attribution')).rows).toBe(5);
});

test('bug: a ticket older than its order was of its cohort where the period began early enough', async () => {
  const order = await world.order({ placed: '2024-08-20' });
  await world.ticket({ created: '2024-08-19', orders: [order] });
  await world.ticket({ created: '2024-08-05', orders: [order] });
  const cohortIn = async (from: string, to: string) => {
    const { tickets } = await loadSides(world.db, { from, to }, ['month'], { timeZone: 'UTC', costBasis: 'true' }, [
      cohortTickets,
    ]);
    return tickets.cells.map(({ facts }) => facts.cohortTicketsPpm);
  };
  expect(await cohortIn('2024-08-20', '2024-08-20')).toEqual([1_000_000n]);
  expect(await cohortIn('2024-08-01', '2024-08-31')).toEqual([1_000_000n]);
});
