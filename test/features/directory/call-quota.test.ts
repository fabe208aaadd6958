import { beforeEach, describe, expect, test } from 'vitest';
import { sharedCallCounts } from '../../../src/features/directory/index.ts';
import type { Sql } from '../../../src/platform/database/database.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { createBudget } from '../../../src/platform/http/budget.ts';
import { testDatabase } from '../../support/database.ts';
import { standingClock } from '../../support/standing-clock.ts';

const windowMs = 60_000;
const call = async () => undefined;
let db: Database;
let id: number;
beforeEach(async () => {
  db = await testDatabase();
  const [row] = await db.query<{ id: number }>(
    "insert into connection (kind, name, settings, secrets, webhook_key, created_at) values ('desk', 'desk', '{}', '', 'k', now()) returning id",
  );
  id = row?.id ?? 0;
});

/** The database, whose own clock shows the hour of a clock that stands. */
const setting = () => {
  const clock = standingClock();
  const sql: Sql = {
    ...db,
    query: (text, values) =>
      db.query(text.replaceAll('clock_timestamp()', `timestamptz '${clock.now().toISOString()}'`), values),
  };
  const counts = (name = 'account') => sharedCallCounts(sql, id)({ name, windowMs });
  return { clock, counts };
};

describe('calls counted in the database', () => {
  test('are those of all processes: together they keep to one share', async () => {
    const { counts } = setting();
    const [one, other] = [counts(), counts()];
    expect(await one.take({ wanted: 40, most: 50 })).toMatchObject({ granted: 40 });
    expect(await other.take({ wanted: 40, most: 50 })).toMatchObject({ granted: 10 });
    expect(await one.take({ wanted: 1, most: 50 })).toMatchObject({ granted: 0 });
    await other.giveBack(3);
    expect(await one.take({ wanted: 40, most: 50 })).toMatchObject({ granted: 3 });
  });

  test('bug: of calls that were given back after the next ones were taken, some were lost, and a tenth of the share with them', async () => {
    const { clock, counts } = setting();
    const count = counts();
    await count.take({ wanted: 5, most: 100 });
    clock.advance(windowMs / 200);
    await count.take({ wanted: 5, most: 100 });
    await count.giveBack(3);
    await count.giveBack(3);
    expect(await count.take({ wanted: 100, most: 100 })).toMatchObject({ granted: 96 });
    await count.giveBack(1000);
    expect(await count.take({ wanted: 200, most: 100 })).toMatchObject({ granted: 100 });
  });

  test('a process that was told no limit keeps to the one that another knows', async () => {
    const { counts } = setting();
    await counts().take({ wanted: 5, most: 10 });
    expect(await counts().take({ wanted: 100, most: null })).toMatchObject({ granted: 5 });
    expect(await counts().take({ wanted: 100, most: null })).toMatchObject({ granted: 0 });
  });

  test('free up when they are a window old, and say when', async () => {
    const { clock, counts } = setting();
    await counts().take({ wanted: 6, most: 10 });
    clock.advance(20_000);
    await counts().take({ wanted: 6, most: 10 });
    const { granted, againMs } = await counts().take({ wanted: 6, most: 10 });
    expect(granted).toBe(0);
    expect(againMs).toBe(40_600);
    clock.advance(againMs - 1);
    expect(await counts().take({ wanted: 9, most: 10 })).toMatchObject({ granted: 0 });
    clock.advance(1);
    expect(await counts().take({ wanted: 9, most: 10 })).toMatchObject({ granted: 6 });
  });

  test("what was taken before the vendor's own window ended counts no more", async () => {
    const { clock, counts } = setting();
    await counts().take({ wanted: 10, most: 10, resetsInMs: 7000 });
    expect(await counts().take({ wanted: 1, most: 10 })).toEqual({ granted: 0, againMs: 7000 });
    clock.advance(7000);
    expect(await counts().take({ wanted: 4, most: 10 })).toMatchObject({ granted: 4 });
    expect(await counts().take({ wanted: 9, most: 10 })).toMatchObject({ granted: 6 });
  });

  test('asked for at once by many are granted once', async () => {
    const { counts } = setting();
    const grants = await Promise.all(Array.from({ length: 20 }, () => counts().take({ wanted: 7, most: 50 })));
    expect(grants.reduce((sum, { granted }) => sum + granted, 0)).toBe(50);
  });

  test('limits of another name or connection are apart', async () => {
    const { counts } = setting();
    await counts().take({ wanted: 10, most: 10 });
    expect(await counts('exports').take({ wanted: 10, most: 10 })).toMatchObject({ granted: 10 });
  });
});

describe('a budget on them', () => {
  test('asks for a round trip for a few calls, not for each', async () => {
    const { clock, counts } = setting();
    let asked = 0;
    const count = counts();
    const budget = createBudget({
      clock,
      concurrency: 100,
      count: {
        ...count,
        take: (wish) => {
          asked += 1;
          return count.take(wish);
        },
      },
    });
    await Promise.all(Array.from({ length: 1000 }, () => budget.run(call)));
    expect(asked).toBeLessThanOrEqual(10);
  });

  test('bug: calls that came one after the other took a round trip each', async () => {
    const { clock, counts } = setting();
    const wishes: number[] = [];
    const count = counts();
    const take: typeof count.take = (wish) => {
      wishes.push(wish.wanted);
      return count.take(wish);
    };
    const budget = createBudget({ clock, count: { ...count, take } });
    for (let n = 0; n < 500; n += 1) await budget.run(call);
    expect(wishes.slice(0, 8)).toEqual([1, 2, 4, 8, 16, 32, 64, 100]);
    expect(wishes.length).toBeLessThan(15);
    // Later ones are asked for anew: those of before say nothing of them.
    clock.advance(windowMs);
    await budget.run(call);
    expect(wishes.at(-1)).toBe(1);
  });

  test('gives back what it asked for ahead and nobody came for', async () => {
    const { clock } = setting();
    const shortMs = 1000;
    const count = sharedCallCounts(db, id)({ name: 'short', windowMs: shortMs });
    const back = Promise.withResolvers<number>();
    const giveBack = async (calls: number): Promise<void> => {
      await count.giveBack(calls);
      back.resolve(calls);
    };
    const budget = createBudget({ clock, windowMs: shortMs, count: { ...count, giveBack } });
    for (let n = 0; n < 5; n += 1) await budget.run(call);
    expect(await back.promise).toBe(1 + 2 + 4 - 5);
  });

  test('keeps to a quarter of the share while the database does not answer', async () => {
    const clock = standingClock();
    const away = () => Promise.reject(new Error('away'));
    const budget = createBudget({ clock, concurrency: 1, count: { shared: true, take: away, giveBack: away } });
    budget.learn({ limit: 80, remaining: 80 });
    for (let n = 0; n < 10; n += 1) await budget.run(call);
    expect(clock.slept).toEqual([]);
    await budget.run(call);
    expect(clock.slept.length).toBeGreaterThan(0);
  });
});
