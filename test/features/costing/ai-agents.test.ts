import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { importConstants } from '../../../src/features/costing/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { type Ledger, now, openLedger, reading, reply } from './ledger.ts';

let db: Database;
let ledger: Ledger;

beforeAll(async () => {
  db = await testDatabase();
});
beforeEach(async () => {
  await db.query('truncate rate, fx_rate, costing_constant, agent');
  ledger = await openLedger(db);
  await ledger.rates('default,,30,USD,2026-01-01');
});

const entries = (ticketId: bigint) =>
  db.query<{ actor: string; state: string; seconds: number; unpriced: string | null }>(
    'select actor, state, costed_seconds as seconds, unpriced from work_entry where ticket_id = $1 order by id',
    [ticketId],
  );
const bot = (more: object = {}) => reply({ agentId: 'bot', actor: 'ai_agent', ...more });

describe('replies of an AI agent', () => {
  test('without a rate of their own are kept: no cost, no seconds and no gap, whatever the default is', async () => {
    const ticketId = await ledger.ticket();
    const { name } = ledger.connection;
    await ledger.rates(`agent,${name}:bot,90,USD,2026-01-01`);
    expect(await ledger.cost(ticketId, { readings: [], touches: [bot(), reply()] })).toEqual([2_500_000n, 300, 0]);
    expect(await entries(ticketId)).toEqual([
      { actor: 'ai_agent', state: 'kept', seconds: 0, unpriced: null },
      { actor: 'agent', state: 'costed', seconds: 300, unpriced: null },
    ]);
    expect(await ledger.toReprice('2026-05-01')).toEqual([]);
  });

  test('cost by the rate of the role ai_agent and the constant of the day, found when the rate is imported', async () => {
    const ticketId = await ledger.ticket();
    const given = { readings: [reading()], touches: [bot(), bot({ kind: 'internal_note' }), reply()] };
    expect(await ledger.cost(ticketId, given)).toEqual([5_000_000n, 600, 0]);
    await ledger.rates('role,ai_agent,6,USD,2026-01-01');
    expect(await ledger.toReprice('2026-05-01')).toEqual([ticketId]);
    expect(await ledger.cost(ticketId, { reprice: true })).toEqual([5_100_000n, 660, 0]);
    expect(await ledger.toReprice('2026-05-01')).toEqual([]);
    await db.transaction((tx) =>
      importConstants(tx, 'name,channel,seconds,valid_from\nai_public_reply,*,120,2026-01-01', { dryRun: false, now }),
    );
    expect(await ledger.cost(ticketId)).toEqual([5_200_000n, 720, 0]);
  });

  test('lack a price where the rate has no exchange rate: that is a gap', async () => {
    await ledger.rates('role,ai_agent,6,EUR,2026-01-01');
    expect(await ledger.cost(await ledger.ticket(), { readings: [], touches: [bot()] })).toEqual([0n, 0, 1]);
  });

  test('that were taken for a person’s are taken back once somebody names the AI agent', async () => {
    const ticketId = await ledger.ticket();
    const one = bot();
    const { actor: _, ...asPerson } = one;
    expect(await ledger.cost(ticketId, { readings: [], touches: [asPerson] })).toEqual([2_500_000n, 300, 0]);
    expect(await ledger.cost(ticketId, { readings: [], touches: [one] })).toEqual([0n, 0, 0]);
    expect(await ledger.cost(ticketId)).toEqual([0n, 0, 0]);
    expect(await entries(ticketId)).toEqual([{ actor: 'ai_agent', state: 'kept', seconds: 0, unpriced: null }]);
    await ledger.rates('role,ai_agent,6,USD,2026-01-01');
    expect(await ledger.cost(ticketId)).toEqual([100_000n, 60, 0]);
  });
});
