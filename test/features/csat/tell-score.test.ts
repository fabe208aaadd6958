import { beforeEach, describe, expect, test } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { createScoreTeller } from '../../../src/features/csat/index.ts';
import type { Connection } from '../../../src/features/directory/index.ts';
import type { HelpdeskClient, Score } from '../../../src/helpdesks/port.ts';
import { createLog } from '../../../src/platform/log.ts';
import { createWorld, minute } from './world.ts';

const w = await createWorld();

let recorded: { readonly ticket: string; readonly score: Score }[];
let failure: Error | null;
let held: Pick<Connection, 'id' | 'mode'>;
let client: Pick<HelpdeskClient, 'recordScore'>;

/** Another process tells the same. */
const teller = () =>
  createScoreTeller({
    sql: w.db,
    clock: w.clock,
    log: createLog({ level: 'silent' }),
    connections: async () => [held as Connection],
    clientOf: () => client,
  });
let tell: ReturnType<typeof teller>;

const answered = async (score: number) => {
  const { id, token } = await w.invited();
  await w.db.query(
    "update ticket set requester_id = 'u7' where id = (select ticket_id from invitation where id = $1)",
    [id],
  );
  const [row] = await w.db.query<{ connection_id: number; external_id: string }>(
    'select connection_id, external_id from ticket where id = (select ticket_id from invitation where id = $1)',
    [id],
  );
  held = { id: row?.connection_id ?? 0, mode: 'act' };
  await w.vote(token, score);
  return { id, token, ticket: row?.external_id };
};

beforeEach(() => {
  recorded = [];
  failure = null;
  client = {
    async recordScore(ticket, score) {
      if (failure) throw failure;
      recorded.push({ ticket, score });
    },
  };
  tell = teller();
});

describe('an answer is told to the helpdesk', () => {
  test('once, when no contradicting vote can come any more', async () => {
    const { id, ticket } = await answered(4);
    expect(await tell()).toBe(0);
    w.clock.advance(minute);
    expect(await tell()).toBe(1);
    expect(recorded).toEqual([
      { ticket, score: expect.objectContaining({ key: `survey-${id}`, requesterId: 'u7', score: 4, language: 'en' }) },
    ]);
    w.clock.advance(minute);
    expect(await tell()).toBe(0);
  });

  test('again when the customer changes it', async () => {
    const { token } = await answered(2);
    w.clock.advance(minute);
    await tell();
    await w.vote(token, 5);
    w.clock.advance(minute);
    expect(await tell()).toBe(1);
    expect(recorded.map(({ score }) => [score.key, score.score])).toEqual([
      [recorded[0]?.score.key, 2],
      [recorded[0]?.score.key, 5],
    ]);
  });

  test('later where the helpdesk is away, and not without end', async () => {
    const { id } = await answered(3);
    w.clock.advance(minute);
    failure = new UpstreamError('away', { status: 503, retryable: true });
    expect(await tell()).toBe(0);
    expect(await tell()).toBe(0);
    for (let times = 0; times < 12; times += 1) {
      w.clock.advance(61 * minute);
      await tell();
    }
    const row = () => w.db.query('select state, attempts, due_at from told_score where invitation_id = $1', [id]);
    expect(await row()).toEqual([{ state: 'failed', attempts: 8, due_at: null }]);
    expect(recorded).toEqual([]);
  });

  test('by one of two processes', async () => {
    await answered(5);
    w.clock.advance(minute);
    const counts = await Promise.all([tell(), teller()()]);
    expect(counts.toSorted()).toEqual([0, 1]);
    expect(recorded).toHaveLength(1);
  });

  test('again where a process died before its answer was recorded', async () => {
    const { id } = await answered(1);
    w.clock.advance(minute);
    failure = new Error('killed');
    await expect(tell()).rejects.toThrow('killed');
    failure = null;
    expect(await tell()).toBe(0);
    w.clock.advance(3 * minute);
    expect(await tell()).toBe(1);
    expect(recorded.map(({ score }) => score.key)).toEqual([`survey-${id}`]);
  });

  test('never in mode observe, nor where the helpdesk keeps no record', async () => {
    await answered(5);
    w.clock.advance(minute);
    held = { ...held, mode: 'observe' };
    expect(await tell()).toBe(0);
    held = { ...held, mode: 'act' };
    client = {};
    expect(await tell()).toBe(0);
    expect(await w.db.query('select 1 from told_score where invitation_id = (select max(id) from invitation)')).toEqual(
      [],
    );
  });
});
