import { beforeEach, expect, test } from 'vitest';
import { reportLines } from '../../../src/report-view.ts';
import { type Asked, asking } from '../reports/asking.ts';
import { createWorld, type World } from '../reports/world.ts';
import { may, readToEnd, sealIn } from './sealing.ts';

const sealed = '/api/v1/reports/partners?from=2026-05-01&to=2026-05-31&asOf=seal';
let world: World;
let asked: Asked;

beforeEach(async () => {
  world = await createWorld();
  await world.rate('36.00');
  await readToEnd(world);
  await world.ticket({ created: '2026-05-04', work: [['ada', 3600, '2026-05-04']] });
  await world.order({ placed: '2026-05-04' });
  asked = await asking(world, 'read,rates');
});

/** What the table says in its first line. */
const cellsOf = async (...names: string[]) => {
  const [header = [], first = []] = (await asked.csv(`${sealed}&format=csv`))
    .split('\r\n')
    .map((line) => line.split(','));
  return names.map((name) => first[header.indexOf(name)]);
};

test('bug: a report as of a seal did not say what was not held when it was made', async () => {
  await sealIn(world, may);
  const notHeld = ['orders', 'tickets', 'work'];
  const report = await asked.get(sealed);
  expect(report).toMatchObject({ seal: { notHeld } });
  expect(report).not.toHaveProperty('held');
  expect(await cellsOf('partial', 'notHeld')).toEqual(['false', 'orders|tickets|work']);
  expect(reportLines(report)).toContain(
    'Not held whole when it was sealed: orders, tickets, work. What rests on them is of what was held, and rates may be far off; `deskledger seal --revise` takes up what was read since.',
  );
});

test('and goes on saying it, whatever is read later', async () => {
  await sealIn(world, may);
  await world.db.query("update connection set created_at = '2026-01-01'");
  expect(await cellsOf('notHeld')).toEqual(['orders|tickets|work']);
});

test('of a seal that knew all it says nothing', async () => {
  await world.db.query("update connection set created_at = '2026-01-01'");
  await world.order({ placed: '2026-05-01' });
  await sealIn(world, may);
  const report = await asked.get(sealed);
  expect(report).toMatchObject({ seal: { notHeld: [] } });
  expect(await cellsOf('partial', 'notHeld')).toEqual(['false', '']);
  expect(reportLines(report).join('\n')).not.toContain('Not held');
});
