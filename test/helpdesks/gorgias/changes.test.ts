import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { createWalk } from '../../../src/helpdesks/gorgias/changes.ts';
import type { GorgiasClient } from '../../../src/helpdesks/gorgias/client.ts';
import { compactSchema } from '../../../src/helpdesks/gorgias/schema.ts';
import { collect } from '../nocked.ts';
import { clockAt } from './support.ts';

const startMs = Date.UTC(2026, 1, 1);
const ofMinute = (minute: number) => new Date(startMs + minute * 60_000);

/** An account whose tickets move while they are listed: by keyset cursor, latest change first, as Gorgias does it. */
const account = (minutes: readonly number[], pageSize = 3) => {
  const tickets = new Map(minutes.map((minute, index) => [String(index + 1), ofMinute(minute).getTime()]));
  let lastMs = Math.max(startMs, ...tickets.values());
  const asked: (string | null)[] = [];
  let onPage: (page: number) => void = () => {};
  const rows = () =>
    [...tickets].map(([id, ms]) => ({ id, ms })).sort((a, b) => b.ms - a.ms || Number(b.id) - Number(a.id));
  const list: GorgiasClient['tickets'] = async function* ({ cursor: from, orderBy, trashed }) {
    expect({ orderBy, trashed }).toEqual({ orderBy: 'updated_datetime:desc', trashed: true });
    let cursor = from;
    for (;;) {
      asked.push(cursor);
      const [ms, id] = (cursor ?? 'Infinity:0').split(':').map(Number) as [number, number];
      const rest = rows().filter((row) => row.ms < ms || (row.ms === ms && Number(row.id) < id));
      const page = rest.slice(0, pageSize);
      const last = page.at(-1);
      cursor = last && rest.length > pageSize ? `${last.ms}:${last.id}` : null;
      const data = page.map((row) =>
        compactSchema.parse({
          id: row.id,
          status: 'open',
          created_datetime: ofMinute(0).toISOString(),
          updated_datetime: new Date(row.ms).toISOString(),
        }),
      );
      yield { data, next: cursor };
      onPage(asked.length);
      if (cursor === null) return;
    }
  };
  return {
    list,
    asked,
    tickets,
    touch: (id: string) => {
      lastMs += 1000;
      tickets.set(id, lastMs);
    },
    whenPageRead: (act: (page: number) => void) => {
      onPage = act;
    },
  };
};
const { clock } = clockAt();
const idsOf = (pages: readonly { changed: readonly { externalId: string }[] }[]) => [
  ...new Set(pages.flatMap(({ changed }) => changed.map(({ externalId }) => externalId))),
];

describe('the walk', () => {
  it('tells what changed since, latest first, and no more', async () => {
    const held = account([10, 20, 30, 40, 50, 60, 70]);
    const pages = await collect(createWalk(held.list, clock)({ cursor: null, since: ofMinute(30) }));
    expect(idsOf(pages)).toEqual(['7', '6', '5', '4', '3']);
    expect(pages[0]?.changed[0]).toEqual({ externalId: '7', updatedAt: ofMinute(70), status: 'open' });
    // Two pages, and a look at the first whether anything moved.
    expect(held.asked).toHaveLength(3);
  });

  it('takes one call where a page holds all', async () => {
    const held = account([10, 20, 30]);
    await collect(createWalk(held.list, clock)({ cursor: null, since: ofMinute(25) }));
    expect(held.asked).toEqual([null]);
    const none = account([]);
    expect(await collect(createWalk(none.list, clock)({ cursor: null, since: ofMinute(0) }))).toMatchObject([
      { changed: [] },
    ]);
  });

  it('bug: a ticket that changed while the list was read jumped past us', async () => {
    const held = account([10, 20, 30, 40, 50, 60, 70]);
    held.whenPageRead((page) => page === 1 && held.touch('2'));
    const pages = await collect(createWalk(held.list, clock)({ cursor: null, since: ofMinute(5) }));
    expect(idsOf(pages).sort()).toEqual(['1', '2', '3', '4', '5', '6', '7']);
  });

  it('ends though a thousand tickets changed in the same second', async () => {
    const held = account(Array.from({ length: 200 }, () => 10));
    const pages = await collect(createWalk(held.list, clock)({ cursor: null, since: ofMinute(5) }));
    expect(idsOf(pages)).toHaveLength(200);
    expect(held.asked.length).toBeLessThanOrEqual(70);
  });

  it('misses nothing, whatever moves between its pages and wherever it is cut off', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 25 }),
        fc.array(fc.array(fc.nat(24), { maxLength: 3 }), { maxLength: 12 }),
        fc.array(fc.nat(6), { maxLength: 3 }),
        fc.nat(60),
        async (minutes, moves, cuts, sinceMinute) => {
          const held = account(minutes, 4);
          const since = ofMinute(sinceMinute);
          const wanted = [...held.tickets].filter(([, ms]) => ms >= since.getTime()).map(([id]) => id);
          const touched = new Set<string>();
          held.whenPageRead((page) => {
            for (const index of moves[page - 1] ?? []) {
              const id = String((index % minutes.length) + 1);
              touched.add(id);
              held.touch(id);
            }
          });
          const seen = new Set<string>();
          let cursor: string | null = null;
          for (const cut of [...cuts, Number.POSITIVE_INFINITY]) {
            let pages = 0;
            // A new walk each time, as after a restart.
            for await (const page of createWalk(held.list, clock)({ cursor, since })) {
              for (const { externalId } of page.changed) seen.add(externalId);
              cursor = page.cursor;
              if (++pages > cut) break;
            }
          }
          for (const id of wanted) expect(seen).toContain(id);
          for (const id of seen) expect(wanted.includes(id) || touched.has(id)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of an older stretch ends at its lower end, and the next one goes on there', async () => {
    const held = account([10, 20, 30, 40, 50, 60, 70, 80, 90]);
    const walk = createWalk(held.list, clock);
    const newest = await collect(walk({ cursor: null, since: ofMinute(55), until: ofMinute(100) }));
    expect(idsOf(newest)).toEqual(['9', '8', '7', '6']);
    const callsBefore = held.asked.length;
    const older = await collect(walk({ cursor: null, since: ofMinute(25), until: ofMinute(55) }));
    expect(idsOf(older)).toEqual(['5', '4', '3']);
    expect(held.asked[callsBefore]).not.toBeNull();
    // A client that remembers nothing pages down to it.
    expect(
      idsOf(await collect(createWalk(held.list, clock)({ cursor: null, since: ofMinute(25), until: ofMinute(55) }))),
    ).toEqual(['5', '4', '3']);
  });

  it.each(['{', '{"floorMs":"x"}', 'eyJ9'])('starts again where the stored place is %s', async (cursor) => {
    const error = await collect(createWalk(account([1]).list, clock)({ cursor, since: ofMinute(0) })).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UpstreamError);
    expect(error).toMatchObject({ retryable: false });
  });

  it('tells of trash and spam as deleted', async () => {
    const json = { id: 1, status: 'closed', created_datetime: ofMinute(1).toISOString() };
    const tickets = [
      { ...json, trashed_datetime: ofMinute(2).toISOString() },
      { ...json, id: 2, spam: true },
      { ...json, id: 3 },
    ];
    const list: GorgiasClient['tickets'] = async function* () {
      yield { data: tickets.map((ticket) => compactSchema.parse(ticket)), next: null };
    };
    const [page] = await collect(createWalk(list, clock)({ cursor: null, since: ofMinute(0) }));
    expect(page?.changed.map(({ status }) => status)).toEqual(['deleted', 'deleted', 'solved']);
  });
});
