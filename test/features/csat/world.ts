import { randomBytes } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import type { InvitationCandidate } from '../../../src/features/csat/index.ts';
import { inviteFor, surveyRoutes } from '../../../src/features/csat/index.ts';
import { surveyToken } from '../../../src/features/csat/invite.ts';
import { createVault } from '../../../src/platform/crypto.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { standingClock } from '../../support/standing-clock.ts';

export const vault = createVault('a key for tests that is long enough to be one');
export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

let serial = 0;

/** A database with the rows that a survey needs, made one by one and never shared. */
export const createWorld = async (start = '2026-03-02T10:00:00Z') => {
  const db: Database = await testDatabase();
  const clock = standingClock(start);
  const surveysSince = new Date(clock.now().getTime() - 30 * day);

  const connection = async (mode: 'observe' | 'act' = 'act'): Promise<number> => {
    serial += 1;
    const [row] = await db.query<{ id: number }>(
      `INSERT INTO connection (kind, name, mode, settings, secrets, webhook_key, surveys_since, created_at)
       VALUES ('zendesk', $1, $2, '{}', '', $1, $3, $3) RETURNING id`,
      [`desk-${serial}`, mode, surveysSince],
    );
    if (!row) throw new Error('no connection was made');
    return row.id;
  };

  const ticket = async (connectionId: number, status = 'solved'): Promise<bigint> => {
    serial += 1;
    const [row] = await db.query<{ id: bigint }>(
      `INSERT INTO ticket (connection_id, external_id, first_seen_at, status, solved_at, assignee_id)
       VALUES ($1, $2, $3, $4, $3, 'agent-now') RETURNING id`,
      [connectionId, `${serial}`, clock.now(), status],
    );
    if (!row) throw new Error('no ticket was made');
    return row.id;
  };

  const attribute = async (ticketId: bigint, version: number, partner: string | null): Promise<void> => {
    await db.transaction(async (tx) => {
      await tx.query(`UPDATE attribution SET current = false WHERE ticket_id = $1`, [ticketId]);
      const [row] = await tx.query<{ id: bigint }>(
        `INSERT INTO attribution (ticket_id, version, method, confidence, evidence, decided_at, current)
         VALUES ($1, $2, 'field', 'high', '{}', $3, true) RETURNING id`,
        [ticketId, version, clock.now()],
      );
      await tx.query(
        `INSERT INTO attribution_share (attribution_id, share_no, partner, region, country, ppm) VALUES ($1, 1, $2, 'nordics', 'SE', 1000000)`,
        [row?.id, partner],
      );
    });
  };

  const candidate = async (
    connectionId: number,
    change: Partial<InvitationCandidate> & { readonly address?: string } = {},
  ): Promise<InvitationCandidate> => {
    serial += 1;
    const { address = `person-${serial}@example.org`, ...rest } = change;
    return {
      ticketId: await ticket(connectionId),
      connection: { mode: 'act', surveysSince, surveyDelayMinutes: 0 },
      solvedAt: clock.now(),
      fromBackfill: false,
      merged: false,
      deleted: false,
      publicReplies: 1,
      requesterHash: vault.hashAddress(address),
      requesterSealed: vault.seal(address, 'address'),
      language: { language: 'en', reason: 'default' },
      shares: [{ partner: 'nord', region: 'nordics', country: 'SE', ppm: 1_000_000 }],
      agentId: 'agent-then',
      ...rest,
    };
  };

  const invite = (candidates: readonly InvitationCandidate[]) =>
    db.transaction((tx) => inviteFor(tx, candidates, { vault, now: clock.now() }));

  /** An invitation whose mail has arrived, with its link's token. */
  const invited = async (change: Parameters<typeof candidate>[1] = {}): Promise<{ id: bigint; token: string }> => {
    const made = await candidate(await connection(), change);
    await invite([made]);
    const [row] = await db.query<{ id: bigint }>(
      `UPDATE invitation SET state = 'delivered', sent_at = $2, due_at = NULL WHERE ticket_id = $1 RETURNING id`,
      [made.ticketId, clock.now()],
    );
    if (!row) throw new Error('the candidate was not invited');
    return { id: row.id, token: surveyToken(vault, row.id) };
  };

  const outcomes: string[] = [];
  const app: FastifyInstance = Fastify();
  await app.register(
    surveyRoutes({
      db,
      vault,
      clock,
      reportingTimezone: 'Europe/Stockholm',
      random: randomBytes,
      onVote: (outcome) => outcomes.push(outcome),
    }),
  );

  const form = (url: string, fields: Record<string, string>) =>
    app.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(fields).toString(),
    });

  const nonceOf = async (token: string): Promise<string> => {
    const page = await app.inject({ url: `/s/${token}` });
    const nonce = /name="nonce" value="([^"]+)"/.exec(page.body)?.[1];
    if (!nonce) throw new Error(`the page has no nonce: ${page.statusCode}`);
    return nonce;
  };

  return {
    db,
    clock,
    app,
    surveysSince,
    connection,
    ticket,
    attribute,
    candidate,
    invite,
    invited,
    outcomes,
    form,
    nonceOf,
    vote: async (token: string, score: number) =>
      form(`/s/${token}`, { nonce: await nonceOf(token), score: `${score}` }),
    scoreOf: async (id: bigint): Promise<number | null> =>
      (await db.query<{ score: number }>(`SELECT score FROM response WHERE invitation_id = $1`, [id]))[0]?.score ??
      null,
    votesOf: (id: bigint) =>
      db.query<{ score: number; voided: boolean }>(
        `SELECT score, voided FROM vote WHERE invitation_id = $1 ORDER BY at, id`,
        [id],
      ),
  };
};

export type World = Awaited<ReturnType<typeof createWorld>>;
