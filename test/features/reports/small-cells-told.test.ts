import { beforeAll, expect, test } from 'vitest';
import { type Asked, asking, may } from './asking.ts';
import { createWorld, nord, sud } from './world.ts';

let asked: Asked;
const report = `/api/v1/reports/partners?${may}&groupBy=partner,region`;

beforeAll(async () => {
  const world = await createWorld();
  await world.rate('36.00');
  for (const partner of ['nord', 'ost'])
    await world.ticket({
      created: '2026-05-05',
      shares: [{ ...nord, partner }],
      work: [['ada', 600, '2026-05-05']],
    });
  for (let many = 0; many < 5; many += 1)
    await world.ticket({ created: '2026-05-06', shares: [sud], work: [['ada', 60, '2026-05-06']] });
  asked = await asking(world, 'read,rates');
});

const table = async (query: string): Promise<Record<string, string | undefined>[]> => {
  const [header = [], ...lines] = (await asked.csv(`${report}${query}&format=csv`))
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));
  return lines.map((cells) => Object.fromEntries(header.map((name, at) => [name, cells[at]])));
};

test('stand apart unless asked otherwise, in every form', async () => {
  const partners = ['nord', 'ost', 'sud'];
  const { rows } = await asked.report(may, 'partner,region');
  expect(rows.map(({ partner }) => partner).toSorted()).toEqual(partners);
  const lines = await table('');
  expect(lines.map(({ partner }) => partner).toSorted()).toEqual([...partners, 'total']);
  expect(new Set(lines.map(({ folded }) => folded))).toEqual(new Set(['']));
});

test('bug: the table did not say why partners stood in one row', async () => {
  const lines = await table('&smallCells=under region');
  const { rows } = await asked.get(`${report}&smallCells=under region`);
  expect(lines.map(({ foldedReason }) => foldedReason)).toEqual([rows[0]?.folded?.reason, '', '']);
});

test('bug: the table named none of the partners that a row stood for', async () => {
  const query = '&smallCells=under region';
  const { rows, total } = await asked.get(`${report}${query}`);
  expect(rows[0]).toMatchObject({ partner: '*', region: nord.region, folded: { partners: ['nord', 'ost'] } });
  const lines = await table(query);
  expect(lines.map(({ partner, folded }) => [partner, folded])).toEqual([
    ['*', 'nord|ost'],
    ['sud', ''],
    ['total', ''],
  ]);
  expect(lines.at(-1)?.supportCost).toBe(total.supportCost.amount);
});
