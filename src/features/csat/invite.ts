import { createHash } from 'node:crypto';
import { dayMs, minuteMs } from '../../core/time.ts';
import type { Vault } from '../../platform/crypto.ts';
import type { Sql } from '../../platform/database/database.ts';
import { capWindowMs, decideInvitation, type InvitationDecision } from './eligibility.ts';
import type { LanguageChoice } from './language.ts';

/** How long an invitation can be answered. */
export const answerableMs = 30 * dayMs;

export interface InvitationShare {
  readonly partner: string | null;
  readonly region: string | null;
  readonly country: string | null;
  readonly ppm: number;
}

/** A ticket that may deserve the question, as its processing knows it. */
export interface InvitationCandidate {
  readonly ticketId: bigint;
  readonly connection: {
    readonly mode: 'observe' | 'act';
    readonly surveysSince: Date | null;
    readonly surveyDelayMinutes: number;
  };
  /** Null: not solved now. */
  readonly solvedAt: Date | null;
  readonly fromBackfill: boolean;
  readonly merged: boolean;
  readonly deleted: boolean;
  /** Public replies by agents. */
  readonly publicReplies: number;
  readonly requesterHash: Uint8Array | null;
  readonly requesterSealed: Uint8Array | null;
  readonly language: LanguageChoice;
  readonly shares: readonly InvitationShare[];
  readonly agentId: string | null;
}

/** The secret part of a survey link; made again from the invitation's id whenever a mail is written. */
export const surveyToken = (vault: Vault, invitationId: bigint): string => vault.derive('survey', `${invitationId}`);

/** What is stored of a token: who reads the table can open no link. */
export const tokenHash = (token: string): Buffer => createHash('sha256').update(token).digest();

interface Person {
  unsubscribed: boolean;
  readonly invitations: Date[];
}

const hex = (hash: Uint8Array): string => Buffer.from(hash).toString('hex');

/** Locks the persons in one order, so that two lots never decide about one person at the same time, and reads their caps. */
const lockPersons = async (sql: Sql, hashes: readonly Uint8Array[], now: Date): Promise<Map<string, Person>> => {
  const wanted = [...new Map(hashes.map((hash) => [hex(hash), Buffer.from(hash)]))].toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  if (wanted.length === 0) return new Map();
  const parameter = wanted.map(([, hash]) => hash);
  await sql.query(
    `INSERT INTO survey_person (person_hash) SELECT hash FROM unnest($1::bytea[]) AS hash ORDER BY hash ON CONFLICT DO NOTHING`,
    [parameter],
  );
  const people = await sql.query<{ person_hash: Buffer; unsubscribed_at: Date | null }>(
    `SELECT person_hash, unsubscribed_at FROM survey_person WHERE person_hash = ANY($1::bytea[]) ORDER BY person_hash FOR UPDATE`,
    [parameter],
  );
  const persons = new Map<string, Person>(
    people.map((row) => [hex(row.person_hash), { unsubscribed: row.unsubscribed_at !== null, invitations: [] }]),
  );
  const asked = await sql.query<{ person_hash: Buffer; at: Date }>(
    `SELECT person_hash, coalesce(sent_at, due_at, invited_at) AS at FROM invitation
     WHERE person_hash = ANY($1::bytea[]) AND state NOT IN ('cancelled', 'failed') AND coalesce(sent_at, due_at, invited_at) > $2`,
    [parameter, new Date(now.getTime() - capWindowMs)],
  );
  for (const row of asked) persons.get(hex(row.person_hash))?.invitations.push(row.at);
  return persons;
};

interface Insertion {
  readonly id: bigint;
  readonly candidate: InvitationCandidate;
  readonly sendAt: Date;
}

const insert = async (sql: Sql, vault: Vault, now: Date, rows: readonly Insertion[]): Promise<void> => {
  await sql.query(
    `INSERT INTO invitation (id, ticket_id, person_hash, address_sealed, token_hash, language, language_reason, agent_id, shares,
       invited_at, due_at, state, attempts, expires_at)
     SELECT id, ticket_id, person_hash, address_sealed, token_hash, language, language_reason, agent_id, shares::jsonb,
       $10, due_at, 'pending', 0, expires_at
     FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[], $6::text[], $7::text[], $8::text[], $9::text[],
       $11::timestamptz[], $12::timestamptz[])
       AS r (id, ticket_id, person_hash, address_sealed, token_hash, language, language_reason, agent_id, shares, due_at, expires_at)
     ON CONFLICT (ticket_id) DO NOTHING`,
    [
      rows.map(({ id }) => id),
      rows.map(({ candidate }) => candidate.ticketId),
      rows.map(({ candidate }) => candidate.requesterHash),
      rows.map(({ candidate }) => candidate.requesterSealed),
      rows.map(({ id }) => tokenHash(surveyToken(vault, id))),
      rows.map(({ candidate }) => candidate.language.language),
      rows.map(({ candidate }) => candidate.language.reason),
      rows.map(({ candidate }) => candidate.agentId),
      rows.map(({ candidate }) => JSON.stringify(candidate.shares)),
      now,
      rows.map(({ sendAt }) => sendAt),
      rows.map(({ sendAt }) => new Date(sendAt.getTime() + answerableMs)),
    ],
  );
};

/** SQLSTATE exclusion_violation: what the trigger on `invitation` raises for a second one to a person within 24 hours. */
const oneInADay = '23P01';
const isOneInADay = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === oneInADay;

/** Inserts within a savepoint; false when the database's own constraint says no, with the transaction still whole. */
const tryInsert = async (sql: Sql, vault: Vault, now: Date, rows: readonly Insertion[]): Promise<boolean> => {
  await sql.query('SAVEPOINT invite');
  try {
    await insert(sql, vault, now, rows);
  } catch (error) {
    await sql.query('ROLLBACK TO SAVEPOINT invite');
    if (isOneInADay(error)) return false;
    throw error;
  }
  await sql.query('RELEASE SAVEPOINT invite');
  return true;
};

/**
 * Decides for a lot of tickets, inside the caller's transaction and with their rows locked by it, and writes the invitations.
 * An invitation that was cancelled before it went gives way to a new one. Returns what was decided for each ticket, and why not.
 */
export const inviteFor = async (
  sql: Sql,
  candidates: readonly InvitationCandidate[],
  { vault, now }: { readonly vault: Vault; readonly now: Date },
): Promise<Map<bigint, InvitationDecision>> => {
  const sendAtOf = ({ connection }: InvitationCandidate) =>
    new Date(now.getTime() + connection.surveyDelayMinutes * minuteMs);
  const decide = (candidate: InvitationCandidate, alreadyInvited: boolean, person: Person): InvitationDecision =>
    decideInvitation({
      sendAt: sendAtOf(candidate),
      mode: candidate.connection.mode,
      surveysSince: candidate.connection.surveysSince,
      solvedAt: candidate.solvedAt,
      fromBackfill: candidate.fromBackfill,
      merged: candidate.merged,
      deleted: candidate.deleted,
      publicReplies: candidate.publicReplies,
      hasAddress: candidate.requesterHash !== null && candidate.requesterSealed !== null,
      alreadyInvited,
      unsubscribed: person.unsubscribed,
      otherInvitations: person.invitations,
    });

  const stranger: Person = { unsubscribed: false, invitations: [] };
  const decisions = new Map(candidates.map((candidate) => [candidate.ticketId, decide(candidate, false, stranger)]));
  const inOrder = candidates
    .filter(({ ticketId }) => decisions.get(ticketId)?.invite)
    .toSorted((a, b) => Number(a.solvedAt) - Number(b.solvedAt) || (a.ticketId < b.ticketId ? -1 : 1));
  if (inOrder.length === 0) return decisions;

  const known = await sql.query<{ ticket_id: bigint; cancelled: boolean }>(
    `SELECT ticket_id, state = 'cancelled' AS cancelled FROM invitation WHERE ticket_id = ANY($1::bigint[])`,
    [inOrder.map(({ ticketId }) => ticketId)],
  );
  const invited = new Set(known.flatMap(({ ticket_id, cancelled }) => (cancelled ? [] : [ticket_id])));
  const persons = await lockPersons(
    sql,
    inOrder.flatMap(({ ticketId, requesterHash }) => (invited.has(ticketId) || !requesterHash ? [] : [requesterHash])),
    now,
  );
  const chosen: InvitationCandidate[] = [];
  for (const candidate of inOrder) {
    const person = (candidate.requesterHash && persons.get(hex(candidate.requesterHash))) ?? stranger;
    const decision = decide(candidate, invited.has(candidate.ticketId), person);
    decisions.set(candidate.ticketId, decision);
    if (!decision.invite) continue;
    person.invitations.push(sendAtOf(candidate));
    chosen.push(candidate);
  }
  if (chosen.length === 0) return decisions;

  if (known.some(({ cancelled }) => cancelled))
    await sql.query(`DELETE FROM invitation WHERE ticket_id = ANY($1::bigint[]) AND state = 'cancelled'`, [
      chosen.map(({ ticketId }) => ticketId),
    ]);
  const ids = await sql.query<{ id: bigint }>(
    `SELECT nextval(pg_get_serial_sequence('invitation', 'id')) AS id FROM generate_series(1, $1::int)`,
    [chosen.length],
  );
  const rows = chosen.flatMap((candidate, index): Insertion[] => {
    const id = ids[index]?.id;
    return id === undefined ? [] : [{ id, candidate, sendAt: sendAtOf(candidate) }];
  });
  if (await tryInsert(sql, vault, now, rows)) return decisions;
  for (const row of rows) {
    if (!(await tryInsert(sql, vault, now, [row])))
      decisions.set(row.candidate.ticketId, { invite: false, reason: 'invited in the last 24 hours' });
  }
  return decisions;
};
