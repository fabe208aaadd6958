import { afterEach, beforeEach, expect, test } from 'vitest';
import { claimDue, dismissTicket, runBackfill } from '../../../src/features/ingest/index.ts';
import { watching } from './watching.ts';
import { type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

const since = new Date('2025-12-01T00:00:00Z');
const { watcher, status } = watching(() => w);

/** A backfill that waits for nothing but a count, for the ticket that was set aside is given up. */
const setAside = async (): Promise<void> => {
  const at = new Date('2025-12-05T00:00:00Z');
  for (const id of ['1', '2']) w.put(id, { createdAt: at, updatedAt: at });
  w.desk.feed.push(['1', '2'].map((externalId) => ({ externalId, updatedAt: at, status: 'open' })));
  w.desk.leftOut.add('2');
  w.desk.counted = 2;
  const gatherSome = async (only: number | null) => {
    const lots = await claimDue(w.db, w.clock.now(), { only, most: 100 });
    for (const lot of lots) await w.first.gather(lot);
    return lots.length > 0;
  };
  await runBackfill({ ...w, ...w.first, sql: w.db, gatherSome }, w.connection, { since });
  await dismissTicket(w, { externalId: '2', actor: 'test' });
};

test('bug: a stop waited up to 15 s for tickets on their way, while a backfill was counted again', async () => {
  await setAside();
  w.desk.counted = 4;
  const stopping = new AbortController();
  let naps = 0;
  let discovered = 0;
  const look = watcher({
    clientOf: () => ({
      ...w.first.client,
      discover: async () => {
        discovered += 1;
        return { settings: {} };
      },
    }),
    clock: {
      ...w.clock,
      sleep: (_, signal) =>
        new Promise((resolve) => {
          naps += 1;
          signal?.addEventListener('abort', () => resolve());
          stopping.abort();
        }),
    },
  });
  await look(stopping.signal);
  expect(naps).toBe(1);
  // Nothing of a count that was cut short is noted, and nothing else begins.
  expect((await status())?.backfill).toMatchObject({ state: 'incomplete', counted: { there: 2 } });
  expect(discovered).toBe(0);
  w.clock.advance(60_000);
  await watcher()();
  expect((await status())?.backfill).toMatchObject({ state: 'incomplete', counted: { there: 4 } });
});

test.each([
  ['a backfill that is compared again', setAside, 1],
  ['the count of a day', async () => undefined, 0],
])('bug: a stop waited for a vendor that was still counting: %s', async (_, prepare, noted) => {
  await prepare();
  const counts = () =>
    w.db.query(
      'select counted_at, counted_from, counted_there, counted_here, short_counts from connection_watch where counted_at is not null',
    );
  const countsBefore = await counts();
  expect(countsBefore).toHaveLength(noted);
  w.clock.advance(60_000);
  const before = (await status())?.backfill;
  const stopping = new AbortController();
  const told: (boolean | undefined)[] = [];
  const look = watcher({
    clientOf: () => ({
      ...w.first.client,
      count: (_since, stop) => {
        stopping.abort();
        told.push(stop?.aborted);
        return new Promise(() => undefined);
      },
    }),
  });
  await look(stopping.signal);
  // Whoever counts page by page is told too.
  expect(told).toEqual([true]);
  expect((await status())?.backfill).toEqual(before);
  expect(await counts()).toEqual(countsBefore);
});
