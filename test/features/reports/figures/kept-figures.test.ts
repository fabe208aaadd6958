import { beforeEach, expect, test } from 'vitest';
import type { z } from 'zod';
import type { figuresAnswer } from '../../../../src/features/reports/figures/answers.ts';
import type { Figures } from '../../../../src/features/reports/figures/figures.ts';
import { keepFigures } from '../../../../src/features/reports/figures/kept-figures.ts';
import { standingClock } from '../../../support/standing-clock.ts';
import { asking, may } from '../asking.ts';
import { createWorld, nobody, nord, sud, type World } from '../world.ts';

type Answer = z.output<typeof figuresAnswer>;

let world: World;
beforeEach(async () => {
  world = await createWorld();
  await world.rate('36.00');
  for (const [seconds, share] of [
    [300, nord],
    [200, sud],
    [100, nobody],
  ] as const)
    await world.ticket({ created: '2026-05-05', shares: [share], work: [['ada', seconds, '2026-05-05']] });
});

test('bug: figures were computed anew for each page, and what came in between moved rows from page to page', async () => {
  const { get } = await asking(world, 'read,rates');
  const page = (after?: string | null): Promise<Answer> =>
    get(`/api/v1/reports/figures?${may}&limit=1${after ? `&after=${after}` : ''}`);
  const first = await page();
  expect(first.rows[0]?.partner).toBe('nord');
  await world.ticket({ created: '2026-05-06', shares: [sud], work: [['ada', 900, '2026-05-06']] });
  const second = await page(first.next);
  expect(second.total).toEqual(first.total);
  expect(second.rows[0]).toMatchObject({ partner: 'sud', handledSeconds: 200 });
  // A first page is of its own moment, and those behind it are too.
  const anew = await page();
  expect(anew.rows[0]).toMatchObject({ partner: 'sud', handledSeconds: 1100 });
  expect((await page(anew.next)).total).toEqual(anew.total);
  world.clock.advance(120_000);
  await world.ticket({ created: '2026-05-06', shares: [nobody], work: [['ada', 1, '2026-05-06']] });
  expect((await page(anew.next)).total.handledSeconds).toBe(1501);
});

test('who may not see wages gets no page of those who may', async () => {
  const api = await world.api();
  const page = async (scopes: string, after = ''): Promise<Answer> =>
    (await api(`/api/v1/reports/figures?${may}&limit=1${after}`, scopes)).json();
  const { next, costBasis } = await page('read,rates');
  expect(costBasis).toBe('true');
  expect(await page('read', `&after=${next}`)).toMatchObject({ costBasis: 'pooled', total: { supportCost: null } });
});

test('bug: another reader’s first page moved the next page of a reader to figures of another moment', async () => {
  const { get } = await asking(world, 'read,rates');
  const page = (after?: string | null): Promise<Answer> =>
    get(`/api/v1/reports/figures?${may}&limit=1${after ? `&after=${after}` : ''}`);
  const first = await page();
  const second = await page(first.next);
  await world.ticket({ created: '2026-05-06', shares: [sud], work: [['ada', 900, '2026-05-06']] });
  const others = await page();
  expect(others.total).not.toEqual(first.total);
  expect(await page(first.next)).toEqual(second);
  const third = await page(second.next);
  expect(third).toMatchObject({ rows: [{ partner: null, handledSeconds: 100 }], total: first.total });
  expect((await page(others.next)).total).toEqual(others.total);
  // Two minutes after the last look they are gone: computed again, and what follows is of that moment.
  world.clock.advance(120_000);
  const again = await page(first.next);
  expect(again.total).toEqual(others.total);
  await world.ticket({ created: '2026-05-06', shares: [nobody], work: [['ada', 1, '2026-05-06']] });
  expect((await page(again.next)).total).toEqual(again.total);
});

test('what is kept is bounded by its rows, the oldest goes first, and what is too long for all of it drops nobody’s', () => {
  const clock = standingClock();
  const kept = keepFigures(clock);
  const of = (rows: number) =>
    ({
      cells: new Map(Array.from({ length: rows }, (_, n) => [String(n), null])),
      previous: null,
      baseline: null,
    }) as unknown as Figures;
  const rowsOf = (id: string, question: string) => kept.find(id, question)?.cells.size ?? null;
  const [a, b] = [kept.keep('a', of(9000)), kept.keep('b', of(9000))];
  expect(rowsOf(b, 'b')).toBe(9000);
  expect(rowsOf(b, 'a')).toBe(null);
  const c = kept.keep('c', of(9000));
  expect([rowsOf(a, 'a'), rowsOf(b, 'b'), rowsOf(c, 'c')]).toEqual([null, 9000, 9000]);
  const long = kept.keep('long', of(20_001));
  expect([rowsOf(b, 'b'), rowsOf(c, 'c'), rowsOf(long, 'long')]).toEqual([9000, 9000, null]);
});
