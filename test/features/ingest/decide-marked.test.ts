import { afterEach, beforeEach, expect, test } from 'vitest';
import { decideMarked } from '../../../src/features/ingest/decide-marked.ts';
import type { Lot } from '../../../src/features/ingest/index.ts';
import { mostDecidedAgain } from '../../../src/features/ingest/lots.ts';
import { type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

/** Tickets that wait to be decided, of a connection. */
const waiting = (connectionId: number, count: number) =>
  w.db.query(
    `insert into ticket (connection_id, external_id, first_seen_at, snapshot_at, stale_since)
     select $1, 'waits ' || n, $3::timestamptz, $3, $3 from generate_series(1, $2::int) n`,
    [connectionId, count, w.clock.now()],
  );
const settle = ({ ticketIds }: Pick<Lot, 'ticketIds'>) =>
  w.db.query('update ticket set stale_since = null, claimed_until = null where id = any($1)', [ticketIds]);
const count = async (condition: string) => {
  const [row] = await w.db.query<{ n: bigint }>(`select count(*) as n from ticket where ${condition}`);
  return Number(row?.n);
};
const twoDesksWaiting = async (each: number) => {
  const other = await w.directory.connections.create({ kind: 'desk', settings: { name: 'other' }, mode: 'act' });
  await waiting(w.connection.id, each);
  await waiting(other.id, each);
};
const quiet = { tell: async () => undefined, rest: async () => undefined };

test('bug: the more connections a job decided for the more lots held locks and connections of the pool at once', async () => {
  await twoDesksWaiting(3 * mostDecidedAgain);
  let underWay = 0;
  const seen: number[] = [];
  const left: number[] = [];
  await decideMarked(
    {
      sql: w.db,
      async decide(lot) {
        underWay += 1;
        seen.push(underWay);
        await settle(lot);
        underWay -= 1;
      },
    },
    {
      ...quiet,
      until: w.clock.now(),
      async tell(now) {
        left.push(now / mostDecidedAgain);
      },
    },
  );
  expect(seen).toHaveLength(6);
  expect(Math.max(...seen)).toBe(4);
  expect(left).toEqual([6, 2]);
  expect(await count('stale_since is not null')).toBe(0);
});

test('waits for what another worker holds, and decides what that one gives back', async () => {
  await waiting(w.connection.id, 3);
  await w.db.query("update ticket set claimed_until = now() + interval '1 min' where external_id <> 'waits 1'");
  const decided: number[] = [];
  let rests = 0;
  await decideMarked(
    {
      sql: w.db,
      async decide(lot) {
        decided.push(lot.ticketIds.length);
        await settle(lot);
      },
    },
    {
      ...quiet,
      until: w.clock.now(),
      async rest() {
        rests += 1;
        // The other decides one of them; of the other its worker was lost.
        if (rests === 2) await settle({ ticketIds: [await w.idOf('waits 2')] });
        if (rests === 3) await w.db.query('update ticket set claimed_until = null');
      },
    },
  );
  expect([rests, decided]).toEqual([3, [1, 1]]);
});

test('a job that stops keeps no claim on what it does not decide', async () => {
  await twoDesksWaiting(3 * mostDecidedAgain);
  const stop = new Error('stopped');
  let told = 0;
  const deciding = decideMarked(
    { sql: w.db, decide: async (lot) => void (await settle(lot)) },
    {
      ...quiet,
      until: w.clock.now(),
      async tell() {
        told += 1;
        if (told === 2) throw stop;
      },
    },
  );
  await expect(deciding).rejects.toBe(stop);
  expect(await count('stale_since is not null')).toBe(2 * mostDecidedAgain);
  expect(await count('claimed_until is not null')).toBe(0);
});
