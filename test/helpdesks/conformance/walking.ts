import { expect } from 'vitest';
import { AppError } from '../../../src/core/errors.ts';
import { hourMs, minuteMs, secondMs } from '../../../src/core/time.ts';
import type { HelpdeskClient } from '../../../src/helpdesks/port.ts';
import { type Check, kim, type World, withDesk, worldStart } from './check.ts';

const ticketCount = 23;
/** A walk that asks more often than this for 23 tickets turns in circles. */
const mostRequests = 300;
const since = new Date(worldStart.getTime() - hourMs);

/** Some tickets, a minute apart, and time enough for the change feed to tell them. */
const filled = async ({ desk, clock, upstream }: World): Promise<string[]> => {
  upstream.rewrite = desk.smallPages;
  const ids: string[] = [];
  for (let made = 0; made < ticketCount; made += 1) {
    ids.push(desk.open(kim));
    await clock.sleep(minuteMs);
  }
  await clock.sleep(5 * minuteMs);
  return ids;
};

type From = Parameters<HelpdeskClient['walkChanges']>[0];

/** The latest change that the pages told of each ticket, and where the walk came to. */
const walked = async (
  client: HelpdeskClient,
  from: From,
  onPage: (told: ReadonlyMap<string, number>, page: number) => void | Promise<void> = () => undefined,
) => {
  const latest = new Map<string, number>();
  let [cursor, pages] = [from.cursor, 0];
  for await (const page of client.walkChanges(from)) {
    for (const { externalId, updatedAt } of page.changed)
      latest.set(externalId, Math.max(updatedAt.getTime(), latest.get(externalId) ?? 0));
    cursor = page.cursor;
    pages += 1;
    await onPage(latest, pages);
    if (pages > mostRequests) throw new Error('the walk does not end');
  }
  return { latest, cursor, pages };
};

/** Vendors tell seconds or microseconds: to the second it is the same. */
const inSeconds = (latest: ReadonlyMap<string, number>) =>
  Object.fromEntries([...latest].map(([id, ms]) => [id, Math.floor(ms / secondMs)]).toSorted());

export const walkingChecks: readonly Check[] = [
  withDesk('a walk tells every ticket to the end of the feed', async (world) => {
    await filled(world);
    const { latest, pages } = await walked(world.client(), { cursor: null, since });
    expect(pages).toBeGreaterThan(2);
    expect(inSeconds(latest)).toEqual(inSeconds(world.desk.truth()));
    expect(latest.size).toBe(ticketCount);
  }),
  withDesk('a walk goes on from any cursor it gave', async (world) => {
    await filled(world);
    for (const stopAfter of [1, 2]) {
      const client = world.client();
      const first = new Map<string, number>();
      let cursor: string | null = null;
      let pages = 0;
      for await (const page of client.walkChanges({ cursor: null, since })) {
        for (const { externalId, updatedAt } of page.changed) first.set(externalId, updatedAt.getTime());
        cursor = page.cursor;
        pages += 1;
        if (pages === stopAfter) break;
      }
      expect(first.size).toBeLessThan(ticketCount);
      const rest = await walked(world.client(), { cursor, since });
      expect(inSeconds(new Map([...first, ...rest.latest]))).toEqual(inSeconds(world.desk.truth()));
    }
  }),
  withDesk('tickets that change while they are walked are told, now or by the next walk', async (world) => {
    const ids = await filled(world);
    const { clock, desk } = world;
    const touched = new Set<string>();
    const first = await walked(world.client(), { cursor: null, since }, async (told, page) => {
      // What is told already moves behind or before the page being read; what is not told yet may slip past it.
      const some = [[...told.keys()][page], page === 2 ? ids.findLast((id) => !told.has(id)) : undefined];
      for (const id of page <= 4 ? some : []) {
        if (id === undefined) continue;
        touched.add(id);
        desk.reply(id);
        await clock.sleep(2 * secondMs);
      }
    });
    await clock.sleep(5 * minuteMs);
    const again = new Date(clock.now().getTime() - hourMs);
    const second = await walked(world.client(), { cursor: null, since: again });
    const all = new Map(first.latest);
    for (const [id, ms] of second.latest) all.set(id, Math.max(ms, all.get(id) ?? 0));
    // What slid past the page being read must not take others with it.
    expect(touched.size).toBeGreaterThan(2);
    expect(ids.filter((id) => !touched.has(id) && !first.latest.has(id))).toEqual([]);
    expect(inSeconds(all)).toEqual(inSeconds(desk.truth()));
  }),
  withDesk('a walk leaves out what is older than asked for', async (world) => {
    await filled(world);
    const { clock, desk } = world;
    const from = new Date(clock.now().getTime() - 12 * minuteMs);
    const { latest } = await walked(world.client(), { cursor: null, since: from });
    const young = [...desk.truth()].filter(([, ms]) => ms >= from.getTime());
    expect(young.length).toBeGreaterThan(3);
    expect(young.length).toBeLessThan(ticketCount - 5);
    expect([...latest.keys()]).toEqual(expect.arrayContaining(young.map(([id]) => id)));
    expect(latest.size).toBeLessThan(ticketCount - 2);
  }),
  withDesk('a walk ends at the date that it is given', async (world) => {
    await filled(world);
    const until = new Date(worldStart.getTime() + 5 * minuteMs);
    const { latest } = await walked(world.client(), { cursor: null, since, until });
    const old = [...world.desk.truth()].filter(([, ms]) => ms <= until.getTime());
    expect(old.length).toBeGreaterThan(3);
    expect([...latest.keys()]).toEqual(expect.arrayContaining(old.map(([id]) => id)));
    // The page in which it ends may tell of more.
    expect(latest.size).toBeLessThan(ticketCount - 8);
  }),
  withDesk('a page that repeats itself ends the walk', async (world) => {
    await filled(world);
    const { upstream } = world;
    const held = new Map<string, string>();
    upstream.after = (answer, { method, url }) => {
      const key = `${method} ${url.split('?')[0]}`;
      const body = held.get(key) ?? answer.body;
      held.set(key, body);
      return { ...answer, body };
    };
    upstream.seen.length = 0;
    await walked(world.client(), { cursor: null, since }).catch((error: unknown) =>
      expect(error).toBeInstanceOf(AppError),
    );
    expect(upstream.seen.length).toBeLessThanOrEqual(mostRequests);
  }),
  withDesk('an empty account is walked in no time', async (world) => {
    const { latest } = await walked(world.client(), { cursor: null, since });
    expect(latest.size).toBe(0);
    expect(world.upstream.seen.length).toBeLessThanOrEqual(3);
  }),
];
