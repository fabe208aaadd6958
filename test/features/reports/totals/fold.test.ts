import { beforeEach, expect, test } from 'vitest';
import { loadFacts } from '../../../../src/features/reports/facts/facts.ts';
import { addUpMarked } from '../../../../src/features/reports/totals/fold.ts';
import { partnerFacts } from '../../../../src/features/reports/totals/read.ts';
import { createWorld, nord, sud, type World } from '../world.ts';

const timeZone = 'UTC';
const period = { from: '2026-05-01', to: '2026-05-31' };
let world: World;

beforeEach(async () => {
  world = await createWorld();
  await world.rate('36.00');
});

/** Adds up what need not wait; resolves to how many days and months that were. */
const addUp = async ({ patient = true } = {}): Promise<number> => {
  let all = 0;
  for (;;) {
    const done = await addUpMarked(world.db, { timeZone, patient });
    if (done === 0) return all;
    all += done;
  }
};
const mark = (days: number) =>
  world.db.query(
    "insert into rollup_mark (book, day) select 'facts', d::date from generate_series(date '2026-05-01', date '2026-05-01' + $1::int - 1, interval '1 day') d",
    [days],
  );
const pass = async (seconds: number): Promise<void> => {
  await world.db.query("update rollup_mark set at = at - $1 * interval '1 second'", [seconds]);
  await world.db.query("update rollup_day set added_at = added_at - $1 * interval '1 second'", [seconds]);
};
const waiting = async (): Promise<number> =>
  Number((await world.db.query<{ n: bigint }>('select count(*) as n from rollup_mark'))[0]?.n);
const expectRight = async (): Promise<void> => {
  const [kept, ledger] = [
    await partnerFacts(world.db, period, ['partner'], timeZone, 'true'),
    await loadFacts(world.db, period, ['partner'], timeZone, 'true'),
  ];
  const byPartner = (cells: typeof kept) => new Map(cells.map(({ key, facts }) => [key.partner, facts]));
  expect(byPartner(kept)).toEqual(byPartner(ledger));
};

test('bug: a long job that came back to its days every few seconds had each added up every time', async () => {
  const ticket = await world.ticket({ created: '2026-05-01', work: [['ada', 600, '2026-05-02']] });
  await addUp({ patient: false });
  const [days, rounds, seconds] = [40, 20, 11];
  let added = 0;
  for (let round = 0; round < rounds; round += 1) {
    await world.reattribute(ticket, [round % 2 === 0 ? sud : nord]);
    await mark(days);
    await pass(seconds);
    added += await addUp();
    await expectRight();
  }
  // 220 s: a day is added up again after 40, and the month of pooled rates after 10.
  expect(added).toBeLessThanOrEqual(days * 5 + rounds);
  expect(added).toBeGreaterThan(days * 3);
  await pass(days + 1);
  await addUp();
  expect(await waiting()).toBe(0);
  await expectRight();
});

test('where few days are marked none waits but for quiet, and one that was never added up waits for nothing else', async () => {
  for (let round = 0; round < 5; round += 1) {
    await mark(3);
    expect(await addUp()).toBe(0);
    await pass(11);
    expect(await addUp()).toBe(3);
  }
  await mark(40);
  await addUp({ patient: false });
  await mark(60);
  await pass(11);
  expect(await addUp()).toBe(20);
});

test('none waits for longer than ten minutes, however often it is marked', async () => {
  await mark(40);
  await addUp({ patient: false });
  await mark(40);
  await pass(601);
  await world.db.query('update rollup_day set added_at = now()');
  await mark(40);
  expect(await addUp()).toBe(40);
});
