import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { minuteMs, secondMs } from '../../../src/core/time.ts';
import { claimDue, claimTags } from '../../../src/features/ingest/index.ts';
import { type Clock, wallClock } from '../../../src/platform/clock.ts';
import { telling } from './told.ts';
import { type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

const { withDueTags, tagStates } = telling(() => w);
const claimed = async () => {
  const [lot] = await claimTags(w.db, w.clock.now());
  if (!lot) throw new Error('nothing was due');
  return lot;
};
const bothDone = ['+partner_nord done', '+region_nordics done'];
const away = () => {
  throw new UpstreamError('away', { status: 503, retryable: true, inDoubt: true });
};

test('bug: a lot whose calls took longer than a lease was written by a second worker too', async () => {
  await w.close();
  const third = Promise.withResolvers<void>();
  const slept: number[] = [];
  const wall: Clock = {
    ...wallClock,
    sleep: (ms, signal) => {
      slept.push(ms);
      const aborted = new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve()));
      return slept.length === 1 ? Promise.race([third.promise, aborted]) : aborted;
    },
  };
  w = await world({ wall });
  // More than are written at once: the claim has another name when the last are looked for.
  const ids = Array.from({ length: 12 }, (_, index) => String(index + 1));
  await withDueTags(...ids);
  const lot = await claimed();
  slept.length = 0;
  const claimEnds = async (): Promise<number> => {
    const [row] = await w.db.query<{ until: Date }>('select min(claimed_until) as until from wanted_tag');
    return row?.until.getTime() ?? 0;
  };
  w.desk.onWrite = async () => {
    w.desk.onWrite = () => undefined;
    const before = await claimEnds();
    third.resolve();
    await vi.waitFor(async () => expect(await claimEnds()).toBeGreaterThan(before));
    expect(await claimTags(w.db, w.clock.now())).toEqual([]);
  };
  await w.first.act(lot);
  expect(slept).toEqual([30_000, 30_000]);
  expect(w.desk.writes.map(({ externalId }) => externalId).toSorted()).toEqual(ids.toSorted());
  for (const id of ids) expect(await tagStates(id)).toEqual(bothDone);
});

test('bug: two workers that claimed at once shared the tags of one ticket, and wrote it twice', async () => {
  await withDueTags('1', '2');
  const one = await w.idOf('1');
  const lots = await w.db.transaction(async (tx) => {
    // Another worker has come as far as the first tag of the first ticket.
    await tx.query("select from wanted_tag where ticket_id = $1 and tag = 'partner_nord' for update", [one]);
    return claimTags(w.db, w.clock.now());
  });
  expect(lots.flatMap(({ ticketIds }) => ticketIds)).toEqual([await w.idOf('2')]);
  expect((await claimed()).ticketIds).toEqual([one]);
});

test('bug: what was written was forgotten where its record met another writer in a ring of locks', async () => {
  await withDueTags('1', '2');
  const [one, two] = [await w.idOf('1'), await w.idOf('2')];
  expect(one < two).toBe(true);
  // The second ticket's tag comes first in a lot: rows that are not sorted are locked in that order.
  await w.db.query("update wanted_tag set tag = 'partner_a' where ticket_id = $1 and tag = 'partner_nord'", [two]);
  const lot = await claimed();
  const written = Promise.withResolvers<void>();
  const locked = Promise.withResolvers<void>();
  const other = w.db.transaction(async (tx) => {
    await written.promise;
    await tx.query('update wanted_tag set attempts = attempts where ticket_id = $1', [one]);
    locked.resolve();
    await vi.waitFor(
      async () =>
        expect(
          await w.db.query(
            "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
          ),
        ).toHaveLength(1),
      { timeout: 10_000, interval: 5 },
    );
    await tx.query('update wanted_tag set attempts = attempts where ticket_id = $1', [two]);
  });
  w.desk.onWrite = async () => {
    written.resolve();
    await locked.promise;
  };
  await Promise.all([w.first.act(lot), other]);
  expect(await tagStates('1')).toEqual(bothDone);
  expect(await tagStates('2')).toEqual(['+partner_a done', '+region_nordics done']);
});

describe('what an earlier call may have written', () => {
  const doubts = () => w.desk.writes.map(({ inDoubt = false }) => inDoubt);

  test('bug: a call whose answer was lost was made again without a look', async () => {
    await withDueTags('1');
    w.desk.onWrite = away;
    await w.first.act(await claimed());
    w.desk.onWrite = () => undefined;
    w.clock.advance(2 * minuteMs);
    await w.drain();
    expect(doubts()).toEqual([false, true]);
    expect(await tagStates('1')).toEqual(bothDone);
  });

  test('bug: tags that a lost worker had were written again without a look', async () => {
    await withDueTags('1');
    await claimed();
    await w.db.query("update wanted_tag set claimed_until = now() - interval '1 s'");
    await w.drain();
    expect(doubts()).toEqual([true]);
  });
});

test('bug: a lot that was claimed before a trouble began waited for the end of its lease', async () => {
  await withDueTags('1');
  const lot = await claimed();
  const trouble = new UpstreamError('away', { status: 503, retryable: true });
  await w.first.troubles.met(w.connection.id, 'tags', trouble);
  w.clock.advance(secondMs);
  await w.first.troubles.met(w.connection.id, 'tags', trouble);
  await w.first.act(lot);
  expect(w.desk.writes).toEqual([]);
  w.clock.advance(minuteMs);
  await w.drain();
  expect(w.desk.writes).toHaveLength(1);
  expect(await tagStates('1')).toEqual(bothDone);
});

describe('a backlog of tags', () => {
  test('delays neither a fresh ticket nor another connection', async () => {
    const waiting = 5000;
    await w.db.query(
      `insert into ticket (connection_id, external_id, first_seen_at) select $1, 'old ' || n, $2 from generate_series(1, $3::int) n`,
      [w.connection.id, w.clock.now(), waiting],
    );
    await w.db.query(
      `insert into wanted_tag (ticket_id, connection_id, tag, wanted, state, due_at)
       select id, connection_id, 'partner_nord', true, 'pending', $1 from ticket where external_id like 'old %'`,
      [w.clock.now()],
    );
    w.clock.advance(secondMs);
    await w.order(2);
    w.put('2');
    await w.deliver('2');
    w.clock.advance(3 * secondMs);
    for (const lot of await claimDue(w.db, w.clock.now())) await w.first.gather(lot);
    const lots = await claimTags(w.db, w.clock.now());
    expect(lots.flatMap(({ ticketIds }) => ticketIds)).toContain(await w.idOf('2'));
    expect(lots.flatMap(({ ticketIds }) => ticketIds).length).toBeLessThan(waiting);
    // Another connection has room of its own while the first one's is used up.
    expect(await claimTags(w.db, w.clock.now())).toEqual([]);
    const other = await w.directory.connections.create({ kind: 'desk', settings: { name: 'other' }, mode: 'act' });
    await w.db.query(
      `with t as (insert into ticket (connection_id, external_id, first_seen_at) values ($1, 'theirs', $2) returning id)
       insert into wanted_tag (ticket_id, connection_id, tag, wanted, state, due_at) select id, $1, 'partner_nord', true, 'pending', $2 from t`,
      [other.id, w.clock.now()],
    );
    expect(await claimTags(w.db, w.clock.now())).toMatchObject([{ connectionId: other.id }]);
  });
});

describe('a slow helpdesk', () => {
  const ids = Array.from({ length: 12 }, (_, index) => String(index + 1));

  test('has no ticket written twice when the lease ends midway and another worker goes on', async () => {
    await withDueTags(...ids);
    const lot = await claimed();
    let others: Promise<void> | undefined;
    w.desk.onWrite = async () => {
      w.desk.onWrite = () => undefined;
      await w.db.query("update wanted_tag set claimed_until = now() - interval '1 s' where state = 'pending'");
      const again = await claimed();
      others = w.worker().act(again);
      await others;
    };
    await w.first.act(lot);
    await others;
    const written = w.desk.writes.map(({ externalId }) => externalId);
    // Only what was under way when the lease ended may have been written by both.
    expect(written.length).toBeLessThanOrEqual(ids.length + 8);
    expect(new Set(written).size).toBe(ids.length);
    for (const id of ids) expect(await tagStates(id)).toEqual(bothDone);
    expect(w.lines.some(({ step, left }) => step === 'act' && Number(left) > 0)).toBe(true);
  });

  test('is written to no more once a switch to observe comes midway, but for the calls under way', async () => {
    await withDueTags(...ids);
    const lot = await claimed();
    w.desk.onWrite = async () => {
      w.desk.onWrite = () => undefined;
      await w.db.query("update connection set mode = 'observe' where id = $1", [w.connection.id]);
    };
    await w.first.act(lot);
    expect(w.desk.writes.length).toBeLessThanOrEqual(8);
  });

  test('leaves what it cannot take in the table: a job whose claim has gone does nothing', async () => {
    await withDueTags('1');
    const lot = await claimed();
    await w.db.query("update wanted_tag set claimed_until = now() - interval '1 s'");
    await claimed();
    await w.first.act(lot);
    expect(w.desk.writes).toEqual([]);
  });
});
