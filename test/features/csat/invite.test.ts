import { beforeAll, describe, expect, it } from 'vitest';
import { inviteFor } from '../../../src/features/csat/index.ts';
import { surveyToken, tokenHash } from '../../../src/features/csat/invite.ts';
import { createWorld, day, hour, minute, vault, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});

const invitationOf = async (ticketId: bigint) =>
  (
    await world.db.query<{
      id: bigint;
      state: string;
      language: string;
      language_reason: string;
      agent_id: string;
      shares: unknown;
      due_at: Date;
      token_hash: Buffer;
      address_sealed: Buffer;
    }>(`SELECT * FROM invitation WHERE ticket_id = $1`, [ticketId])
  )[0];

describe('inviteFor', () => {
  it('writes what was decided, and no address or token that can be read', async () => {
    const made = await world.candidate(await world.connection(), {
      address: 'Ada@Example.org ',
      connection: { mode: 'act', surveysSince: world.surveysSince, surveyDelayMinutes: 90 },
      language: { language: 'sv', reason: 'order' },
    });
    const decisions = await world.invite([made]);
    expect(decisions.get(made.ticketId)).toEqual({ invite: true });
    const row = await invitationOf(made.ticketId);
    expect(row).toMatchObject({ state: 'pending', language: 'sv', language_reason: 'order', agent_id: 'agent-then' });
    expect(row?.shares).toEqual([{ partner: 'nord', region: 'nordics', country: 'SE', ppm: 1_000_000 }]);
    expect(row?.due_at).toEqual(new Date(world.clock.now().getTime() + 90 * minute));
    expect(row?.token_hash).toEqual(tokenHash(surveyToken(vault, row?.id ?? 0n)));
    const [everything] = await world.db.query<{ text: string }>(
      `SELECT i::text AS text FROM invitation i WHERE ticket_id = $1`,
      [made.ticketId],
    );
    expect(everything?.text.toLowerCase()).not.toContain('ada@');
    expect(vault.open(row?.address_sealed ?? Buffer.alloc(0), 'address')).toBe('Ada@Example.org ');
  });

  it('says for each ticket of a lot why it was not invited', async () => {
    const connection = await world.connection();
    const settings = { mode: 'act', surveysSince: world.surveysSince, surveyDelayMinutes: 0 } as const;
    const lot = await Promise.all([
      world.candidate(connection),
      world.candidate(connection, { fromBackfill: true }),
      world.candidate(connection, { merged: true }),
      world.candidate(connection, { publicReplies: 0 }),
      world.candidate(connection, { requesterHash: null, requesterSealed: null }),
      world.candidate(connection, { connection: { ...settings, mode: 'observe' } }),
      world.candidate(connection, { connection: { ...settings, surveysSince: null } }),
      world.candidate(connection, { solvedAt: new Date(world.clock.now().getTime() - 8 * day) }),
    ]);
    const decisions = await world.invite(lot);
    expect(lot.map(({ ticketId }) => decisions.get(ticketId))).toEqual([
      { invite: true },
      { invite: false, reason: 'backfill' },
      { invite: false, reason: 'merged' },
      { invite: false, reason: 'no public reply' },
      { invite: false, reason: 'no address' },
      { invite: false, reason: 'mode observe' },
      { invite: false, reason: 'surveys off' },
      { invite: false, reason: 'solved too long ago' },
    ]);
  });

  it('invites once per ticket, however often it is processed', async () => {
    const made = await world.candidate(await world.connection());
    await world.invite([made]);
    expect((await world.invite([made])).get(made.ticketId)).toEqual({ invite: false, reason: 'already invited' });
  });

  it('asks a person once within one lot, for the ticket solved first', async () => {
    const address = 'twice@example.org';
    const connection = await world.connection();
    const second = await world.candidate(connection, { address });
    const first = await world.candidate(connection, {
      address,
      solvedAt: new Date(world.clock.now().getTime() - hour),
    });
    const decisions = await world.invite([second, first]);
    expect(decisions.get(first.ticketId)).toEqual({ invite: true });
    expect(decisions.get(second.ticketId)).toEqual({ invite: false, reason: 'invited in the last 24 hours' });
  });

  it('counts a person over all connections: 30 days apart, at most 2 in 91 days', async () => {
    const later = await createWorld();
    const seen: string[] = [];
    for (const advance of [0, 29, 1, 30, 30, 1]) {
      later.clock.advance(advance * day);
      const made = await later.candidate(await later.connection(), { address: ' Again@Example.org' });
      const decision = (await later.invite([made])).get(made.ticketId);
      seen.push(decision?.invite ? 'invited' : (decision?.reason ?? 'nothing'));
    }
    // Days 0, 29, 30, 60, 90, 91.
    expect(seen).toEqual([
      'invited',
      'invited in the last 30 days',
      'invited',
      'invited twice in 91 days',
      'invited twice in 91 days',
      'invited',
    ]);
  });

  it('does not ask who unsubscribed', async () => {
    const made = await world.candidate(await world.connection());
    await world.db.query(`INSERT INTO survey_person (person_hash, unsubscribed_at) VALUES ($1, $2)`, [
      made.requesterHash,
      world.clock.now(),
    ]);
    expect((await world.invite([made])).get(made.ticketId)).toEqual({ invite: false, reason: 'unsubscribed' });
  });

  it("takes the database's own 24 hours as a no for that person alone", async () => {
    const connection = await world.connection();
    const [refused, fine] = [await world.candidate(connection), await world.candidate(connection)];
    // Known to the constraint alone, as after an invitation that was deleted with its ticket.
    await world.db.query(`INSERT INTO survey_person (person_hash, last_invited_at) VALUES ($1, $2)`, [
      refused.requesterHash,
      new Date(world.clock.now().getTime() - hour),
    ]);
    const after = await world.db.transaction(async (tx) => {
      const decisions = await inviteFor(tx, [refused, fine], { vault, now: world.clock.now() });
      const [alive] = await tx.query<{ one: number }>('SELECT 1 AS one');
      return { decisions, alive };
    });
    expect(after.alive).toEqual({ one: 1 });
    expect(after.decisions.get(refused.ticketId)).toEqual({ invite: false, reason: 'invited in the last 24 hours' });
    expect(after.decisions.get(fine.ticketId)).toEqual({ invite: true });
    expect(await invitationOf(refused.ticketId)).toBeUndefined();
    expect(await invitationOf(fine.ticketId)).toMatchObject({ state: 'pending' });
  });

  it('two lots at once ask a person once', async () => {
    const address = 'race@example.org';
    const lots = await Promise.all(
      [1, 2, 3, 4].map(async () => [await world.candidate(await world.connection(), { address })]),
    );
    const decided = await Promise.all(lots.map((lot) => world.invite(lot)));
    expect(decided.flatMap((map) => [...map.values()]).filter(({ invite }) => invite)).toHaveLength(1);
  });
});
