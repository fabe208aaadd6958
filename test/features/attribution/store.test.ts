import { beforeAll, describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../src/core/errors.ts';
import {
  append,
  attribute,
  currentRules,
  type Decision,
  history,
  importTicketRules,
  loadCurrent,
} from '../../../src/features/attribution/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { standingClock } from '../../support/standing-clock.ts';
import { choice, input, ofPartner, order, partners, regions, shared } from './facts.ts';

let db: Database;
const clock = standingClock();
let tickets: bigint[];

beforeAll(async () => {
  db = await testDatabase();
  await db.query(
    `insert into connection (kind, name, settings, secrets, webhook_key, created_at) values ('desk', 'desk', '{}', '', 'key', now())`,
  );
  const rows = await db.query<{ id: bigint }>(
    `insert into ticket (connection_id, external_id, first_seen_at, tags, named_numbers, named_lines)
     select c.id, n::text, now(), '{}', '{}', '{}' from connection c, generate_series(1, 4) n returning id`,
  );
  tickets = rows.map(({ id }) => id);
});

const field = { orderNumber: '1001' };
const nord = attribute(input({ ticket: field, byNumber: [order(1n)] }));
const sud = attribute(input({ ticket: field, byNumber: [order(1n, ofPartner('sud'))] }));
const both = attribute(input({ ticket: field, byNumber: [order(1n, shared)] }));
const byAgent = attribute(input({ ticket: { ...field, choices: { partner: choice('sud') } }, byNumber: [order(1n)] }));
const nobody = attribute(input({}));

const decidedAt = new Date('2026-06-01T12:00:05Z');
const decide = (decisions: [bigint | undefined, Decision][]) =>
  append(
    db,
    decisions.map(([ticketId, decision]) => ({ ticketId: ticketId ?? 0n, decision, decidedAt })),
  );

describe('versions of an attribution', () => {
  it('appends for many tickets at once, and gives back what it was given', async () => {
    const [a, b, c] = tickets;
    const now = await decide([
      [a, both],
      [b, byAgent],
      [c, nobody],
    ]);
    expect([...now.values()].map(({ version }) => version)).toEqual([1, 1, 1]);
    const held = await loadCurrent(db, tickets);
    expect(held.get(a ?? 0n)).toEqual({ version: 1, decision: both });
    expect(held.get(b ?? 0n)).toEqual({ version: 1, decision: byAgent });
    expect(held.get(c ?? 0n)).toEqual({ version: 1, decision: nobody });
    expect(held.size).toBe(3);
    expect(await loadCurrent(db, [])).toEqual(new Map());
  });

  it('appends nothing where nothing differs', async () => {
    const [a, b, c] = tickets;
    const now = await decide([
      [a, structuredClone(both)],
      [b, nord],
      [c, nobody],
    ]);
    expect([a, b, c].map((id) => now.get(id ?? 0n)?.version)).toEqual([1, 2, 1]);
    const [count] = await db.query<{ n: bigint }>('select count(*) as n from attribution');
    expect(count?.n).toBe(4n);
  });

  it('keeps three versions of Nord, Sud, Nord, of which the last holds (example 7)', async () => {
    const ticket = tickets[3];
    for (const decision of [nord, sud, nord]) await decide([[ticket, decision]]);
    const versions = await history(db, ticket ?? 0n);
    expect(versions.map(({ version, decision }) => [version, decision.shares[0]?.partner])).toEqual([
      [1, 'nord'],
      [2, 'sud'],
      [3, 'nord'],
    ]);
    expect(versions[0]?.decidedAt).toEqual(decidedAt);
    expect((await loadCurrent(db, tickets)).get(ticket ?? 0n)?.version).toBe(3);
    const current = await db.query('select 1 from attribution where ticket_id = $1 and current', [ticket]);
    expect(current).toHaveLength(1);
  });
});

describe('ticket rules', () => {
  const books = { partners: async () => partners, regions: async () => regions };
  const load = (rules: unknown, dryRun = false) =>
    importTicketRules({ db, clock, directory: books }, typeof rules === 'string' ? rules : JSON.stringify(rules), {
      dryRun,
    });
  const first = [
    { when: { tag: 'b2b' }, partner: 'Nord AB' },
    { when: { brandId: 42, formId: '7' }, partner: 'sud', region: 'dach' },
  ];

  it('previews without writing, then imports with codes in place of aliases', async () => {
    const preview = await load(first, true);
    expect(preview).toMatchObject({
      rows: 2,
      added: 2,
      dryRun: true,
      preview: [
        { when: 'tag=b2b', partner: 'nord', region: '' },
        { when: 'brandId=42 and formId=7', partner: 'sud', region: 'DACH' },
      ],
    });
    expect(await currentRules(db)).toEqual([]);
    await load(first);
    expect(await currentRules(db)).toMatchObject([
      { condition: { tag: 'b2b' }, partner: 'nord', region: null },
      { condition: { brandId: '42', formId: '7' }, partner: 'sud', region: 'DACH' },
    ]);
  });

  it('changes nothing when the same file comes again', async () => {
    const before = await currentRules(db);
    expect(await load(first)).toMatchObject({ added: 0, changed: 0, unchanged: 2, removed: 0 });
    expect(await currentRules(db)).toEqual(before);
  });

  it('warns of how many rules the file would take away, and not of such as it revises', async () => {
    expect((await load([first[1]], true)).warnings).toEqual([
      expect.stringContaining('1 of the 2 rules that hold now'),
    ]);
    expect((await load([{ ...first[0], partner: 'sud' }, first[1]], true)).warnings).toEqual([]);
  });

  it('bug: faults of a JSON file told to correct its cells', async () => {
    await expect(load([{ when: {}, partner: 'nord' }])).rejects.toThrow('Correct the named rules');
  });

  it('closes the set that held when another comes', async () => {
    clock.advance(1000);
    expect(await load([first[1]])).toMatchObject({ added: 1, removed: 2 });
    expect(await currentRules(db)).toHaveLength(1);
    const closed = await db.query<{ valid_until: Date }>(
      'select valid_until from ticket_rule where valid_until is not null',
    );
    expect(closed.map(({ valid_until }) => valid_until)).toEqual([clock.now(), clock.now()]);
    const log = await db.query<{ action: string }>(`select action from audit_log where action = 'import ticket-rules'`);
    expect(log).toHaveLength(2);
  });

  it.each([
    ['{', 'not JSON'],
    ['{}', 'list of rules'],
  ])('refuses %s', async (text, said) => {
    await expect(load(text)).rejects.toThrow(said);
  });

  it('names every fault with its rule and field', async () => {
    const bad = [
      { when: {}, partner: 'nord' },
      { when: { tag: 'x' } },
      { when: { tag: 'x', colour: 'red' }, partner: 'nord' },
      { when: { tag: 'x' }, partner: 'ost', region: 'XX' },
      7,
    ];
    const error = await load(bad).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidInput);
    expect((error as InvalidInput).faults.map(({ field: where }) => where)).toEqual([
      'rule 1, when',
      'rule 2',
      'rule 3, when.colour',
      'rule 4, partner',
      'rule 4, region',
      'rule 5',
    ]);
    expect(await currentRules(db)).toHaveLength(1);
  });
});
