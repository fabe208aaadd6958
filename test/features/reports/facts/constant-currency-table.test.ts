import { beforeAll, expect, test } from 'vitest';
import { type Asked, asking, may } from '../asking.ts';
import { createWorld } from '../world.ts';

let asked: Asked;

beforeAll(async () => {
  const world = await createWorld();
  await world.rate('60.00');
  await world.ticket({ created: '2026-05-05', work: [['ada', 60, '2026-05-05']] });
  await world.order({ placed: '2026-05-05' });
  asked = await asking(world, 'read,rates');
});

/** What the column says in each line. */
const cellsOf = (csv: string, name: string): (string | undefined)[] => {
  const [header, ...lines] = csv
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));
  const at = header?.indexOf(name) ?? -1;
  expect(at, `the column ${name}`).toBeGreaterThan(0);
  return lines.map((cells) => cells[at]);
};

test.each([
  'reports/partners',
  'reports/series',
  'reports/figures',
  'reports/why-dear',
  'reports/roi',
  'tickets',
  'exports/tickets',
])('bug: the table of %s at constant currency did not say of which day', async (name) => {
  const cells = async (query: string) =>
    new Set(cellsOf(await asked.csv(`/api/v1/${name}?${may}${query}&format=csv`), 'fxDay'));
  expect(await cells('&fxDay=2026-06-10')).toEqual(new Set(['2026-06-10']));
  expect(await cells('')).toEqual(new Set(['']));
});
