import { beforeEach, expect, test } from 'vitest';
import { InvalidInput } from '../../../src/core/errors.ts';
import { importPayroll } from '../../../src/features/books/index.ts';
import { importFx, importRates } from '../../../src/features/costing/index.ts';
import { createWorld, type World } from '../reports/world.ts';
import { may, readToEnd, sealIn } from './sealing.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
  await world.rate('36.00');
});

const bring = (rows: string, dryRun = false) =>
  importPayroll(world.db, `month,amount,currency\n${rows}`, { dryRun, actor: 'mia', now: world.clock.now() });
const month = async (query = 'from=2026-05-01&to=2026-05-31', scopes = 'read,rates') =>
  (await (await world.api())(`/api/v1/reports/partners?${query}`, scopes)).json();

test('the report of a month tells what was costed of what was paid, to those alone who may see wages', async () => {
  await world.ticket({
    created: '2026-05-04',
    work: [
      ['ada', 3600, '2026-05-04'],
      ['ben', 1800, '2026-05-31'],
    ],
  });
  await world.ticket({ created: '2026-05-04', work: [['ada', 3600, '2026-06-01']] });
  expect((await month()).payroll).toBeUndefined();
  expect(await bring('2026-05,216.00,USD')).toMatchObject({ added: 1, changed: 0 });
  expect((await month()).payroll).toEqual({
    month: '2026-05',
    costed: { amount: '54.000000', currency: 'USD' },
    paid: { amount: '216.000000', currency: 'USD' },
    difference: { amount: '162.000000', currency: 'USD' },
    utilisation: 0.25,
  });
  expect((await month(undefined, 'read')).payroll).toBeUndefined();
  for (const period of [
    'from=2026-05-01&to=2026-05-30',
    'from=2026-05-02&to=2026-05-31',
    'from=2026-05-01&to=2026-06-30',
  ])
    expect((await month(period)).payroll).toBeUndefined();
});

test('bug: the table of the report lacked what was costed of what was paid; the sum alone has it', async () => {
  await world.ticket({ created: '2026-05-04', work: [['ada', 3600, '2026-05-04']] });
  await bring('2026-05,72.00,USD');
  const table = async (scopes: string, query = 'from=2026-05-01&to=2026-05-31') => {
    const answer = await (await world.api())(`/api/v1/reports/partners?${query}&format=csv`, scopes);
    const [header = '', ...lines] = answer.text.trimEnd().split('\r\n');
    const names = ['payrollCosted', 'payrollPaid', 'payrollDifference', 'payrollUtilisation'];
    return lines.map((line) => {
      const cells = line.split(',');
      return [cells[0], ...names.map((name) => cells[header.split(',').indexOf(name)])];
    });
  };
  const none = ['', '', '', ''];
  expect(await table('read,rates')).toEqual([
    ['nord', ...none],
    ['direct', ...none],
    ['', ...none],
    ['total', '36.000000', '72.000000', '36.000000', '0.5'],
  ]);
  expect((await table('read')).at(-1)).toEqual(['total', ...none]);
  expect((await table('read,rates', 'from=2026-05-01&to=2026-05-30')).at(-1)).toEqual(['total', ...none]);
});

test('pay in several currencies adds up at the exchange rate before the last day; without one it is not known', async () => {
  await world.ticket({ created: '2026-05-04', work: [['ada', 3600, '2026-05-04']] });
  await bring('2026-05,100.00,USD\n2026-05,100.00,EUR');
  expect((await month()).payroll).toMatchObject({
    costed: { amount: '36.000000' },
    paid: null,
    difference: null,
    utilisation: null,
  });
  await importFx(world.db, 'date,base,quote,rate\n2026-05-29,EUR,USD,1.10\n2026-05-31,EUR,USD,9.99', {
    dryRun: false,
    now: world.clock.now(),
  });
  expect((await month()).payroll).toMatchObject({
    paid: { amount: '210.000000' },
    difference: { amount: '174.000000' },
  });
});

test('bug: a sealed report stood beside a payroll of which was costed what was posted later', async () => {
  await readToEnd(world);
  await world.ticket({ created: '2026-05-04', work: [['ada', 3600, '2026-05-04']] });
  await bring('2026-05,216.00,USD');
  await sealIn(world, may);
  await world.ticket({ created: '2026-05-04', work: [['ada', 3600, '2026-05-04']] });
  const period = 'from=2026-05-01&to=2026-05-31';
  expect((await month(period)).payroll).toMatchObject({ costed: { amount: '72.000000' } });
  expect((await month(`${period}&asOf=seal`)).payroll).toMatchObject({
    costed: { amount: '36.000000' },
    difference: { amount: '180.000000' },
  });
});

test('what AI agents cost was paid to nobody', async () => {
  await importRates(world.db, 'scope,key,hourly,currency,valid_from\nrole,ai_agent,60.00,USD,2026-01-01', {
    dryRun: false,
    now: world.clock.now(),
  });
  const id = await world.ticket({
    created: '2026-05-04',
    work: [
      ['ada', 3600, '2026-05-04'],
      ['bot', 3600, '2026-05-04'],
    ],
  });
  await world.db.query("update work_entry set actor = 'ai_agent' where ticket_id = $1 and agent_id = 'bot'", [id]);
  await bring('2026-05,72.00,USD');
  expect((await month()).payroll).toMatchObject({ costed: { amount: '36.000000' }, utilisation: 0.5 });
});

test('a month is corrected by importing it again; faults name their cells and nothing is stored', async () => {
  expect(await bring('2026-05,1.00,USD', true)).toMatchObject({ added: 1, dryRun: true });
  await bring('2026-05,100.00,USD\n2026-04,90.00,USD');
  expect(await bring('2026-05,110.00,USD')).toMatchObject({ added: 0, changed: 1, removed: 0 });
  expect(
    await world.db.query('select month::text as month, amount_micros as micros from payroll order by month'),
  ).toEqual([
    { month: '2026-04-01', micros: 90_000_000n },
    { month: '2026-05-01', micros: 110_000_000n },
  ]);
  await expect(bring('2026-13,x,XX\n2026-05,1,USD\n2026-05,2,USD')).rejects.toMatchObject({
    faults: [{ field: 'row 2, column month' }, { field: 'row 2, column amount' }, { field: 'row 2, column currency' }],
  });
  await expect(bring('2026-05,1,USD\n2026-05,2,USD')).rejects.toThrow(InvalidInput);
});
