import { beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import type { whyDearAnswer } from '../../../../src/features/reports/worth/why-dear-answers.ts';
import { type Asked, asking, may, micros, sum } from '../asking.ts';
import { createWorld, nobody, nord, sud, type World } from '../world.ts';

type Answer = z.output<typeof whyDearAnswer>;

let world: World;
let asked: Asked;
const whyDear = (query = ''): Promise<Answer> => asked.get(`/api/v1/reports/why-dear?${may}${query}`);
const dollars = (amount: string) => ({ amount, currency: 'USD' });

beforeAll(async () => {
  world = await createWorld();
  asked = await asking(world, 'read,rates');
  await world.rate('36.00');
  await world.rate('72.00', '2026-01-01', 'ben');
  for (const day of ['01', '02']) await world.order({ placed: `2026-05-${day}` });
  for (const day of ['03', '04']) await world.order({ placed: `2026-05-${day}`, shares: [sud] });
  // Nord: three tickets, two of them damage in Finnish, one by a dear agent.
  await world.ticket({ created: '2026-05-05', reason: 'damage', language: 'fi', work: [['ada', 900, '2026-05-05']] });
  await world.ticket({ created: '2026-05-06', reason: 'damage', language: 'fi', work: [['ben', 700, '2026-05-06']] });
  await world.ticket({ created: '2026-05-07', reason: 'payment', language: 'de', work: [['ada', 301, '2026-05-07']] });
  await world.ticket({
    created: '2026-05-08',
    shares: [
      { ...nord, ppm: 333_333 },
      { ...sud, ppm: 666_667 },
    ],
    reason: 'damage',
    language: 'de',
    work: [['ada', 407, '2026-05-09']],
  });
  await world.ticket({
    created: '2026-05-08',
    shares: [sud],
    reason: 'payment',
    language: 'de',
    work: [['ada', 100, '2026-05-08']],
  });
  await world.ticket({ created: '2026-05-09', shares: [nobody], work: [['ada', 50, '2026-05-09']] });
});

test('the excess over the average is split into parts that add up to the micro', async () => {
  const { rows } = await whyDear();
  expect(rows.map(({ partner }) => partner)).toEqual(['nord', null, 'sud']);
  for (const { supportCost, expectedCost, excess, parts } of rows) {
    expect(micros(excess)).toBe((micros(supportCost) ?? 0n) - (micros(expectedCost) ?? 0n));
    expect(sum(Object.values(parts))).toBe(micros(excess));
  }
  const [nordRow] = rows;
  // 31.58 in all for four orders; Nord bears 9 + 14 + 3.01 + a third of 4.07.
  expect(nordRow).toMatchObject({
    per: 'order',
    orders: 2,
    ticketsWorked: 3.333333,
    supportCost: dollars('27.366665'),
    expectedCost: dollars('15.790000'),
    coverage: { measuredShare: 1, reasonKnownShare: 1, languageKnownShare: 1 },
  });
  for (const driver of ['volume', 'reason', 'language', 'handlingTime'] as const)
    expect(micros(nordRow?.parts[driver] ?? null), driver).toBeGreaterThan(0n);
  // The others took 100 s for a payment in German, Nord 301, each at 0.01: 2.01 more. They have 2.666667 of the 6 tickets:
  // 0.893333. Nobody else has Finnish: the dear agent is in the language.
  expect(nordRow?.parts).toMatchObject({ handlingTime: dollars('0.893333'), rate: dollars('0.000000') });
});

test('one partner alone has its reasons and languages, which add up to its excess too', async () => {
  const { rows } = await whyDear('&partner=nord');
  expect(rows).toHaveLength(1);
  const { excess = null, reasons = [], languages = [] } = rows[0] ?? {};
  expect(reasons.map(({ code }) => code)).toEqual(['damage', 'payment', null]);
  expect(sum(reasons.map((line) => line.excess))).toBe(micros(excess));
  expect(sum(languages.map((line) => line.excess))).toBe(micros(excess));
  expect(reasons[0]).toMatchObject({ ticketsWorked: 2.333333, share: 0.7, accountShare: 0.5 });
  expect((await whyDear('&partner=none')).rows).toMatchObject([
    { partner: null, orders: 0, expectedCost: dollars('0.000000') },
  ]);
});

test('without the permission `rates` nothing is told that no pool tells', async () => {
  const pooled: Answer = await (await asking(world, 'read')).get(`/api/v1/reports/why-dear?${may}`);
  expect(pooled).toMatchObject({ costBasis: 'pooled', rows: [{ excess: null, parts: { rate: null } }, {}, {}] });
});

test('comes as a table', async () => {
  const lines = (await asked.csv(`/api/v1/reports/why-dear?${may}&partner=nord&format=csv`)).trimEnd().split('\r\n');
  expect(lines[0]).toMatch(/^line,partner,code,per,orders,/);
  expect(lines.slice(1).map((line) => line.split(',').slice(0, 3))).toEqual([
    ['partner', 'nord', ''],
    ['reason', 'nord', 'damage'],
    ['reason', 'nord', 'payment'],
    ['reason', 'nord', ''],
    ['language', 'nord', 'fi'],
    ['language', 'nord', 'de'],
    ['language', 'nord', ''],
  ]);
});
