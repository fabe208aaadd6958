import nock from 'nock';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { HelpdeskClient } from '../../src/helpdesks/port.ts';
import { standingClock } from '../support/standing-clock.ts';

// What the tests of an adapter's client have in common: nock answers for the vendor.

/** What the adapter asks for is answered by nock alone, and all that was prepared is asked for, unless answers are left standing. */
export const withNock = ({ standing = false }: { readonly standing?: boolean } = {}): void => {
  beforeAll(() => nock.disableNetConnect());
  afterEach(() => {
    const pending = nock.pendingMocks();
    nock.cleanAll();
    if (!standing) expect(pending).toEqual([]);
  });
  afterAll(() => {
    nock.enableNetConnect();
    nock.restore();
  });
};

/** Stands still but for what is slept, which it notes. */
export const clockFrom = (start: Date) => {
  const clock = standingClock(start.toISOString());
  return { clock, slept: clock.slept };
};

export const collect = async <Item>(items: AsyncIterable<Item>): Promise<Item[]> => {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
};

/** Undefined: it did not throw. */
export const thrownBy = (doing: Promise<unknown>): Promise<unknown> =>
  doing.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Pulls what the quota cut short again, as the program does, until all of it is there; each pull gets further. Tells how many it took. */
export const pulledInParts = async (
  client: HelpdeskClient,
  ids: readonly string[],
  withHistory: 'yes' | 'no',
): Promise<number> => {
  let left = ids;
  let pulls = 0;
  while (left.length > 0) {
    pulls++;
    const { tickets, missing, notBegun } = await client.pullTickets(
      left.map((externalId) => ({ externalId, withHistory })),
    );
    expect(missing).toEqual([]);
    expect(tickets.length).toBeGreaterThan(0);
    const done = new Set(tickets.map(({ externalId }) => externalId));
    left = left.filter((id) => !done.has(id));
    expect(notBegun?.externalIds ?? []).toEqual(left);
  }
  return pulls;
};
