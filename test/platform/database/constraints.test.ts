import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Sql } from '../../../src/platform/database/database.ts';
import { testDatabase } from '../../support/database.ts';

const database = await testDatabase();

const [connection] = await database.query<{ id: number }>(
  `insert into connection (kind, name, settings, secrets, webhook_key, created_at)
   values ('zendesk', 'main', '{}', '', 'key', now()) returning id`,
);

const newTicket = async (sql: Sql = database): Promise<bigint> => {
  const [row] = await sql.query<{ id: bigint }>(
    'insert into ticket (connection_id, external_id, first_seen_at) values ($1, $2, now()) returning id',
    [connection?.id, randomBytes(8).toString('hex')],
  );
  return row?.id as bigint;
};

const newWork = async (
  values: { state?: string; costedSeconds?: number } = {},
): Promise<{ ticket: bigint; work: bigint }> => {
  const ticket = await newTicket();
  const [row] = await database.query<{ id: bigint }>(
    `insert into work_entry (connection_id, ticket_id, source_key, clock, kind, actor, raw_seconds, costed_seconds, state, worked_at, worked_day, recorded_at)
     values ($1, $2, $3, 'total time', 'measured', 'agent', 600, $4, $5, now(), current_date, now()) returning id`,
    [connection?.id, ticket, randomBytes(8).toString('hex'), values.costedSeconds ?? 600, values.state ?? 'costed'],
  );
  return { ticket, work: row?.id as bigint };
};

interface Line {
  readonly entry?: { readonly ticket: bigint; readonly work: bigint };
  readonly revision?: number;
  readonly partner?: string | null;
  readonly reversesId?: bigint | null;
}

const addPosting = async (costMicros: bigint, line: Line = {}): Promise<bigint> => {
  const { entry = await newWork(), revision = 1, partner = null, reversesId = null } = line;
  const [row] = await database.query<{ id: bigint }>(
    `insert into posting (work_entry_id, revision, share_no, reverses_id, ticket_id, attribution_version, partner, measured, microseconds,
       cost_micros, currency, native_micros, native_currency, hourly_micros, rate_scope, rate_key, rate_valid_from,
       fx_numerator, fx_denominator, worked_at, worked_day, posted_at, cause)
     values ($1, $5, 0, $2, $3, 1, $6, true, $4, $4, 'USD', $4, 'USD', 30000000, 'default', '', '2026-01-01', 1, 1, now(), current_date, now(), 'work')
     returning id`,
    [entry.work, reversesId, entry.ticket, costMicros, revision, partner],
  );
  return row?.id as bigint;
};

test('a posting is neither changed nor deleted, by whatever way', async () => {
  const id = await addPosting(5_000_000n);
  const attempts = [
    ['update posting set cost_micros = 0 where id = $1', [id]],
    ['delete from posting where id = $1', [id]],
    ['truncate posting cascade', []],
    ['delete from ticket where id = (select ticket_id from posting where id = $1)', [id]],
  ] as const;
  for (const [text, parameters] of attempts)
    await expect(database.query(text, parameters)).rejects.toMatchObject({
      code: expect.stringMatching(/^23001$|^23503$/),
    });
  expect(await database.query('select cost_micros from posting where id = $1', [id])).toEqual([
    { cost_micros: 5_000_000n },
  ]);
});

test('a reversal is negative, all else is not, and nothing is reversed twice', async () => {
  const entry = await newWork();
  const id = await addPosting(5_000_000n, { entry });
  await expect(addPosting(-1n)).rejects.toMatchObject({ code: '23514' });
  await expect(addPosting(1n, { entry, revision: 2, reversesId: id })).rejects.toMatchObject({ code: '23514' });
  await addPosting(-5_000_000n, { entry, revision: 2, reversesId: id });
  await expect(addPosting(-5_000_000n, { entry, revision: 3, reversesId: id })).rejects.toMatchObject({
    code: '23505',
  });
});

test('a reversal takes back a whole posting of the same entry and share, and no reversal', async () => {
  const entry = await newWork();
  const id = await addPosting(5_000_000n, { entry, partner: 'nord' });
  const whole = { entry, partner: 'nord', revision: 2, reversesId: id };
  const refused = { code: '23514', message: expect.stringContaining('a whole posting') };
  await expect(addPosting(-4_999_999n, whole)).rejects.toMatchObject(refused);
  await expect(addPosting(-5_000_000n, { ...whole, partner: 'sud' })).rejects.toMatchObject(refused);
  await expect(addPosting(-5_000_000n, { ...whole, entry: await newWork() })).rejects.toMatchObject(refused);
  await expect(addPosting(-5_000_000n, { ...whole, revision: 4 })).rejects.toMatchObject(refused);
  const nothing = await addPosting(0n, { entry, revision: 3 });
  const back = await addPosting(0n, { entry, revision: 4, reversesId: nothing });
  await expect(addPosting(0n, { entry, revision: 5, reversesId: back })).rejects.toMatchObject(refused);
  await addPosting(-5_000_000n, whole);
});

test('nothing is posted twice, no work is kept twice, and no seconds fall below zero', async () => {
  const entry = await newWork();
  await addPosting(5n, { entry });
  await expect(addPosting(5n, { entry })).rejects.toMatchObject({ code: '23505' });
  await expect(
    database.query(
      `insert into work_entry (connection_id, ticket_id, source_key, clock, kind, actor, raw_seconds, costed_seconds, state, worked_at, worked_day, recorded_at)
       select connection_id, ticket_id, source_key, clock, kind, actor, raw_seconds, costed_seconds, state, worked_at, worked_day, now() from work_entry where id = $1`,
      [entry.work],
    ),
  ).rejects.toMatchObject({ code: '23505' });
  await expect(newWork({ costedSeconds: -1 })).rejects.toMatchObject({ code: '23514' });
  await expect(
    database.query('update work_entry set costed_seconds = costed_seconds - 601 where id = $1', [entry.work]),
  ).rejects.toMatchObject({ code: '23514' });
});

const addSeal = (kind: string, startsOn: string, endsOn: string, revision = 1) =>
  database.query(
    `insert into seal (kind, starts_on, ends_on, revision, as_of, last_posting_id, currency, time_zone, totals, account, gaps, restates, sealed_at, sealed_by)
     values ($1, $2, $3, $4, now(), 0, 'USD', 'UTC', '[]', '{}', '{}', case when $4 > 1 then jsonb '{}' end, now(), 'test')`,
    [kind, startsOn, endsOn, revision],
  );

test('a seal is of a whole ISO week or month, has one row for each revision and is never changed', async () => {
  await addSeal('week', '2026-05-04', '2026-05-10');
  await addSeal('month', '2026-02-01', '2026-02-28');
  await addSeal('month', '2026-02-01', '2026-02-28', 2);
  await expect(addSeal('month', '2026-02-01', '2026-02-28', 2)).rejects.toMatchObject({ code: '23505' });
  for (const [kind, startsOn, endsOn] of [
    ['week', '2026-05-05', '2026-05-11'],
    ['week', '2026-05-04', '2026-05-11'],
    ['month', '2026-02-01', '2026-02-27'],
    ['month', '2026-02-02', '2026-03-01'],
    ['day', '2026-05-04', '2026-05-04'],
  ] as const)
    await expect(addSeal(kind, startsOn, endsOn)).rejects.toMatchObject({ code: '23514' });
  for (const text of ["update seal set sealed_by = 'me'", 'delete from seal', 'truncate seal cascade'])
    await expect(database.query(text)).rejects.toMatchObject({ code: '23001' });
});

test('what a seal was counted on is never changed, and a seal keeps all of what partnerships add or nothing', async () => {
  await addSeal('month', '2026-01-01', '2026-01-31');
  await database.query(
    "insert into sealed_item (seal_id, book, part, items) select max(id), 'orders', 0, '[]' from seal",
  );
  for (const text of ["update sealed_item set items = '[1]'", 'delete from sealed_item', 'truncate sealed_item'])
    await expect(database.query(text)).rejects.toMatchObject({ code: '23001' });
  await expect(
    database.query(
      `insert into seal (kind, starts_on, ends_on, revision, as_of, last_posting_id, currency, time_zone, totals, account, gaps, restates, sealed_at, sealed_by, partnerships)
       values ('month', '2026-03-01', '2026-03-31', 1, now(), 0, 'USD', 'UTC', '[]', '{}', '{}', null, now(), 'test', '[]')`,
    ),
  ).rejects.toMatchObject({ code: '23514' });
});

const setShares = (parts: readonly number[]): Promise<unknown> =>
  database.transaction(async (tx) => {
    const ticket = await newTicket(tx);
    const [row] = await tx.query<{ id: bigint }>(
      `insert into attribution (ticket_id, version, method, confidence, evidence, decided_at, current)
       values ($1, 1, 'field', 'high', '{}', now(), true) returning id`,
      [ticket],
    );
    for (const [shareNo, ppm] of parts.entries())
      await tx.query('insert into attribution_share (attribution_id, share_no, ppm) values ($1, $2, $3)', [
        row?.id,
        shareNo,
        ppm,
      ]);
  });

const setOrderShares = (parts: readonly number[]): Promise<unknown> =>
  database.transaction(async (tx) => {
    const [row] = await tx.query<{ id: bigint }>(
      `insert into "order" (connection_id, external_id, number, placed_at, placed_day, modified_at, status_id, counted, currency, revenue_micros, places, first_seen_at)
       values ($1, $2, '1', now(), current_date, now(), 11, true, 'EUR', 1, '{}', now()) returning id`,
      [connection?.id, randomBytes(8).toString('hex')],
    );
    for (const [shareNo, ppm] of parts.entries())
      await tx.query('insert into order_share (order_id, share_no, ppm) values ($1, $2, $3)', [row?.id, shareNo, ppm]);
    // Replaced within one transaction: the sum is looked at when it ends.
    await tx.query('delete from order_share where order_id = $1 and share_no = 0', [row?.id]);
    await tx.query('insert into order_share (order_id, share_no, ppm) values ($1, 0, $2)', [row?.id, parts[0]]);
  });

test.each([
  ['of a ticket', setShares],
  ['of an order', setOrderShares],
])('the shares %s sum to 1,000,000 when the transaction ends', async (_, set) => {
  await set([1_000_000]);
  await set([333_334, 333_333, 333_333]);
  await expect(set([700_000, 299_999])).rejects.toMatchObject({
    code: '23514',
    message: expect.stringContaining('999999'),
  });
  await expect(set([700_000, 300_001])).rejects.toMatchObject({ code: '23514' });
  await expect(set([1_000_001, -1])).rejects.toMatchObject({ code: '23514' });
});

const invite = async (person: Buffer, at: string, ticket?: bigint): Promise<void> => {
  await database.query(
    `insert into invitation (ticket_id, person_hash, token_hash, language, language_reason, shares, invited_at, state, expires_at)
     values ($1, $2, $3, 'en', 'default', '[]', $4, 'pending', timestamptz '2027-01-01') on conflict (ticket_id) do nothing`,
    [ticket ?? (await newTicket()), person, randomBytes(32), at],
  );
};

test('a person is invited once in 24 h', async () => {
  const person = randomBytes(32);
  await invite(person, '2026-03-01T12:00:00Z');
  await expect(invite(person, '2026-03-02T11:59:59Z')).rejects.toMatchObject({ code: '23P01' });
  await expect(invite(person, '2026-02-27T12:00:00Z')).rejects.toMatchObject({ code: '23P01' });
  await invite(randomBytes(32), '2026-03-01T12:00:01Z');
  await invite(person, '2026-03-02T12:00:00Z');
  expect(await database.query('select last_invited_at from survey_person where person_hash = $1', [person])).toEqual([
    { last_invited_at: new Date('2026-03-02T12:00:00Z') },
  ]);
});

test('of many tickets of one person that invite at once, one does; a replay of it is not refused', async () => {
  const person = randomBytes(32);
  const tickets = await Promise.all(Array.from({ length: 6 }, () => newTicket()));
  const attempts = await Promise.allSettled(tickets.map((ticket) => invite(person, '2026-03-01T12:00:00Z', ticket)));
  expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const [made] = await database.query<{ ticket_id: bigint }>(
    'select ticket_id from invitation where person_hash = $1',
    [person],
  );
  await invite(person, '2026-03-01T12:00:00Z', made?.ticket_id);
  expect(await database.query('select count(*) as n from invitation where person_hash = $1', [person])).toEqual([
    { n: 1n },
  ]);
});

test.each([
  ['a mode', "update connection set mode = 'write'"],
  ['a settled event that never came', 'update ticket set settled_seq = dirty_seq + 1'],
  ['a ticket status', "update ticket set status = 'done'"],
  ['a channel', "update ticket set channel = 'fax'"],
  ['a reason', "update ticket set reason = 'weather'"],
  ['costed seconds below zero', 'update work_entry set costed_seconds = -1'],
  ['a state of work', "update work_entry set state = 'lost'"],
  [
    'a negative rate',
    "insert into rate (scope, key, hourly_micros, currency, valid_from, recorded_at) values ('default', '', -1, 'EUR', '2026-01-01', now())",
  ],
  [
    'a currency in words',
    "insert into rate (scope, key, hourly_micros, currency, valid_from, recorded_at) values ('default', '', 1, 'euro', '2026-01-01', now())",
  ],
  ['an exchange rate of nothing', "insert into fx_rate values ('2026-01-01', 'EUR', 'USD', 0, 'test', now())"],
])('%s is refused', async (_, text) => {
  await newWork();
  await expect(database.query(text)).rejects.toMatchObject({ code: '23514' });
});

test.each([0, 6])('a score of %i is refused, as response and as vote', async (score) => {
  const ticket = await newTicket();
  await invite(randomBytes(32), '2026-03-01T12:00:00Z', ticket);
  const inserts = [
    "insert into response (invitation_id, score, given_at, given_day) select id, $2, now(), '2026-03-01' from invitation where ticket_id = $1",
    "insert into vote (invitation_id, score, at, nonce_hash) select id, $2, now(), '\\x00' from invitation where ticket_id = $1",
  ];
  for (const text of inserts)
    await expect(database.query(text, [ticket, score])).rejects.toMatchObject({ code: '23514' });
});
