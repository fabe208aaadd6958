import { beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import { importFx } from '../../../../src/features/costing/index.ts';
import type { exportAnswer } from '../../../../src/features/reports/tickets/export-answers.ts';
import { type Asked, asking, may, sum } from '../asking.ts';
import { createWorld, nord, sud, type World } from '../world.ts';

type Answer = z.output<typeof exportAnswer>;

let world: World;
let asked: Asked;
let both: bigint;
const path = `/api/v1/exports/tickets?${may}`;
const dollars = (amount: string) => ({ amount, currency: 'USD' });

beforeAll(async () => {
  world = await createWorld();
  asked = await asking(world, 'read,rates');
  await world.rate('36.00');
  await world.rate('72.00', '2026-03-01', 'ben');
  const order = await world.order({ placed: '2026-05-01' });
  both = await world.ticket({
    created: '2026-05-05',
    reason: 'return',
    language: '=cmd()',
    orders: [order],
    shares: [
      { ...nord, country: 'SE', ppm: 600_000 },
      { ...sud, ppm: 400_000 },
    ],
    work: [
      ['ada', 600, '2026-05-05'],
      ['ben', 20_000, '2026-05-06'],
      ['ada', 60, '2026-06-03'],
    ],
  });
  const moved = await world.ticket({ created: '2026-05-06', work: [['ada', 100, '2026-05-07']] });
  await world.reattribute(moved, [sud]);
  await world.ticket({ created: '2026-05-07', work: [['ada', 1, '2026-05-07']], estimated: true });
  await world.ticket({ created: '2026-02-01', work: [['ada', 1, '2026-02-07']] });
});

test('each ticket has all that its cost in the period is made of', async () => {
  await world.setting('agentFigures', true);
  const { items } = (await asked.get(path)) as Answer;
  await world.setting('agentFigures', false);
  expect(items).toHaveLength(3);
  const ticket = items.find(({ id }) => id === both.toString());
  expect(ticket).toMatchObject({
    method: 'field',
    confidence: 'high',
    version: 1,
    orders: [expect.stringMatching(/^\d+$/)],
    shares: [
      { partner: 'nord', region: 'nordics', country: 'SE', ppm: 600_000 },
      { partner: 'sud', region: 'iberia', country: null, ppm: 400_000 },
    ],
    // 600 s at 36.00 and, of 20,000 s, the 4 h below the cap at 72.00.
    handledSeconds: 15_000,
    supportCost: dollars('294.000000'),
  });
  expect(ticket?.work).toHaveLength(2);
  expect(ticket?.work[1]).toMatchObject({
    clock: 'time tracking',
    measured: true,
    rawSeconds: 20_000,
    costedSeconds: 14_400,
    cappedSeconds: 5600,
    parts: [
      {
        partner: 'nord',
        country: 'SE',
        seconds: 8640,
        cost: dollars('172.800000'),
        native: dollars('172.800000'),
        rate: { hourly: dollars('72.000000'), scope: 'agent', key: 'desk:ben', validFrom: '2026-03-01' },
        fx: { numerator: '1', denominator: '1' },
      },
      { partner: 'sud', seconds: 5760, cost: dollars('115.200000') },
    ],
  });
});

test('what was taken back is left out, and the parts add up to each ticket and to the report', async () => {
  const { items } = (await asked.get(path)) as Answer;
  for (const { work, supportCost } of items)
    expect(sum(work.flatMap(({ parts }) => parts.map(({ cost }) => cost ?? null)))).toBe(sum([supportCost]));
  const { total } = await asked.report(may);
  expect(sum(items.map(({ supportCost }) => supportCost))).toBe(sum([total.supportCost]));
  expect(items.flatMap(({ work }) => work.flatMap(({ parts }) => parts)).every(({ seconds }) => seconds > 0)).toBe(
    true,
  );
});

test('one cell has its part alone', async () => {
  const { items } = (await asked.get(`${path}&partner=sud`)) as Answer;
  expect(items.map(({ cellPpm }) => cellPpm)).toEqual([1_000_000, 400_000]);
  const { rows } = await asked.report(may);
  expect(sum(items.map(({ supportCost }) => supportCost))).toBe(
    sum(rows.filter(({ partner }) => partner === 'sud').map(({ supportCost }) => supportCost)),
  );
});

test('without the permission `rates` there is no rate, amount, exchange rate or agent', async () => {
  await world.setting('agentFigures', true);
  const text = JSON.stringify(await (await asking(world, 'read')).get(path));
  for (const secret of ['"rate"', '"native"', '"fx"', '"agent":', 'ben', '172.8']) expect(text).not.toContain(secret);
  expect(text).toContain('"costBasis":"pooled"');
  expect(JSON.stringify(await asked.get(path))).toContain('"agent":"ben"');
  await world.setting('agentFigures', false);
  expect(JSON.stringify(await asked.get(path))).not.toContain('"agent":');
});

test("bug: the key of an agent's own rate named the agent where figures by agent are switched off", async () => {
  const { items } = (await asked.get(path)) as Answer;
  const rates = items.flatMap(({ work }) => work.flatMap(({ parts }) => parts.flatMap(({ rate }) => rate ?? [])));
  expect(rates.filter(({ scope }) => scope === 'agent')).toMatchObject([{ key: null }, { key: null }]);
  expect(rates.filter(({ scope }) => scope === 'default').every(({ key }) => key === '')).toBe(true);
  for (const text of [JSON.stringify(items), await asked.csv(`${path}&format=csv`)]) expect(text).not.toContain('ben');
});

test('is a table of a line per ticket that no spreadsheet evaluates', async () => {
  const [header = '', ...lines] = (await asked.csv(`${path}&format=csv`)).trimEnd().split('\r\n');
  expect(lines).toHaveLength(3);
  const line = lines.find((one) => one.startsWith(`${both},`))?.split(',') ?? [];
  const cell = (name: string) => line[header.split(',').indexOf(name)];
  expect(cell('language')).toBe("'=cmd()");
  expect(cell('hourly')).toBe('36.000000 USD | 72.000000 USD');
  expect(cell('rates')).toBe('default from 2026-01-01 | agent from 2026-03-01');
  expect(cell('partners')).toBe('nord:600000 sud:400000');
  expect([cell('rawSeconds'), cell('measuredSeconds'), cell('cappedSeconds')]).toEqual(['20600', '15000', '5600']);
  expect([cell('nativeCost'), cell('supportCost'), cell('currency')]).toEqual(['294.000000 USD', '294.000000', 'USD']);
});

test('comes in pages', async () => {
  const first = (await asked.get(`${path}&limit=2`)) as Answer;
  const second = (await asked.get(`${path}&limit=2&after=${first.next}`)) as Answer;
  expect([first.items.length, second.items.length, second.next]).toEqual([2, 1, null]);
});

test('bug: the wage and the factors that an hourly price was made of were nowhere in the export', async () => {
  const waged = await createWorld();
  await waged.db.query(
    `insert into rate (scope, key, hourly_micros, currency, valid_from, burden_ppm, shrinkage_ppm, occupancy_ppm, recorded_at)
     values ('default', '', 24000000, 'USD', '2026-01-01', 250000, 200000, null, now())`,
  );
  await waged.db.query(
    "insert into cost_basis (valid_from, applied, recorded_at) values ('2026-05-06', 'absorbed', now())",
  );
  await waged.ticket({
    created: '2026-05-05',
    work: [
      ['ada', 3600, '2026-05-05'],
      ['ada', 3600, '2026-05-06'],
    ],
  });
  const all = await asking(waged, 'read,rates');
  const { items } = (await all.get(path)) as Answer;
  const wage = { hourly: dollars('24.000000'), burden: 0.25, shrinkage: 0.2, occupancy: null };
  expect(items[0]?.work.map(({ parts }) => parts[0]?.rate)).toMatchObject([
    { hourly: dollars('24.000000'), wage: { ...wage, applied: 'given' } },
    { hourly: dollars('37.500000'), wage: { ...wage, applied: 'absorbed' } },
  ]);
  expect(await all.csv(`${path}&format=csv`)).toContain(
    '24.000000 USD burden 0.25 shrinkage 0.2 given | 24.000000 USD burden 0.25 shrinkage 0.2 absorbed',
  );
  expect(JSON.stringify(await (await asking(waged, 'read')).get(path))).not.toContain('wage');
});

test('bug: of a ticket of several prices nobody could work out the cost from its row', async () => {
  const sold = await createWorld();
  await sold.db.query(
    `insert into rate (scope, key, hourly_micros, currency, valid_from, recorded_at)
     values ('default', '', 34000000, 'USD', '2026-01-01', now()), ('agent', $1, 27500000, 'EUR', '2026-01-01', now())`,
    [`${sold.connectionId}:ben`],
  );
  await importFx(sold.db, 'date,base,quote,rate\n2026-05-04,EUR,USD,1.1\n2026-05-05,EUR,USD,1.2\n', {
    dryRun: false,
    now: new Date('2026-05-20T12:00:00Z'),
  });
  await sold.ticket({
    created: '2026-05-05',
    work: [
      ['ada', 600, '2026-05-05'],
      ['ben', 900, '2026-05-05'],
      ['ada', 300, '2026-05-06'],
      ['ben', 1000, '2026-05-06'],
    ],
  });
  const [header = '', line = ''] = (await (await asking(sold, 'read,rates')).csv(`${path}&format=csv`)).split('\r\n');
  const cells = line.split(',');
  const places = (name: string) => (cells[header.split(',').indexOf(name)] ?? '').split(' | ');
  expect(places('seconds')).toEqual(['900', '900', '1000']);
  expect(places('costs')).toEqual(['8.500000', '7.562500', '9.166667']);
  const workedOut = places('seconds').map((seconds, at) => {
    const [above = 0, below = 1] = (places('fx')[at] ?? '').split(' of ')[0]?.split('/').map(Number) ?? [];
    return ((Number(seconds) * Number.parseFloat(places('hourly')[at] ?? '')) / 3600) * (above / below);
  });
  expect(workedOut.map((cost) => cost.toFixed(6))).toEqual(places('costs'));
  expect(places('supportCost')).toEqual(['25.229167']);
  const [, poor = ''] = (await (await asking(sold, 'read')).csv(`${path}&format=csv`)).split('\r\n');
  expect(poor.split(',')[header.split(',').indexOf('seconds')]).toBe('2800');
  expect(poor.split(',')[header.split(',').indexOf('costs')]).toBe('');
});
