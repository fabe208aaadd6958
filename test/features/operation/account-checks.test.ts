import { describe, expect, it } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { accountChecks, measuredCheck, tagRoundTrip } from '../../../src/features/operation/account-checks.ts';
import type { HelpdeskClient } from '../../../src/helpdesks/port.ts';
import { testDatabase } from '../../support/database.ts';

const nothing = { skewMs: null, findings: [], webhook: null, fields: null };

const desk = (id: number, settings: Record<string, unknown> = {}) => ({ id, settings });

describe('a look at an account', () => {
  it.each([
    [0, 'ok'],
    [59_000, 'ok'],
    [-61_000, 'warning'],
    [299_000, 'warning'],
    [301_000, 'fault'],
    [86_400_000, 'fault'],
  ])('a clock %s ms off: %s', (skewMs, state) => {
    const [check] = accountChecks('desk', desk(1), { ...nothing, skewMs });
    expect(check).toMatchObject({ what: 'desk, clock', state });
    if (check?.state !== 'ok') expect(check?.next).toContain('NTP');
  });

  it('has every finding with its own next step, and the webhook with the command that mends it', () => {
    const checks = accountChecks('desk', desk(7), {
      ...nothing,
      findings: [
        { topic: 'own survey', level: 'warn', text: 'on', next: 'off' },
        { topic: 'plan', level: 'ok', text: '700', next: null },
      ],
      webhook: { state: 'inactive', reason: 'The webhook is switched off.' },
    });
    expect(checks).toEqual([
      { what: 'desk, own survey', state: 'warning', found: 'on', next: 'off' },
      { what: 'desk, plan', state: 'ok', found: '700' },
      {
        what: 'desk, webhook at the vendor',
        state: 'fault',
        found: 'The webhook is switched off.',
        next: 'deskledger connection 7 --remote-setup mends it.',
      },
    ]);
    const [unknown] = accountChecks('desk', desk(7), { ...nothing, webhook: { state: 'unknown', reason: '403' } });
    expect(unknown).toMatchObject({ state: 'warning', found: '403' });
  });
});

describe('ticket fields', () => {
  const list = [
    { id: '3', title: 'Order number', holds: 'text' },
    { id: '4', title: 'Bestellnummer', holds: 'text' },
    { id: '5', title: 'Region', holds: 'choice' },
    { id: '6', title: 'Kontaktgrund', holds: 'choice' },
  ] as const;
  const checksOf = (settings: Record<string, unknown>) =>
    accountChecks('desk', desk(7, settings), { ...nothing, fields: { list, accepts: (_, id) => id !== '6' } });

  it('that exist are told once: where they are listed, a finding that says no more is left out', () => {
    const findings = [
      { topic: 'fields', level: 'ok', text: 'they exist', next: null },
      { topic: 'fields', level: 'fail', text: 'one is gone', next: 'map another' },
    ] as const;
    const found = (fields: { list: typeof list; accepts: () => boolean } | null) =>
      accountChecks('desk', desk(7, { regionFieldId: '5' }), { ...nothing, findings, fields })
        .filter(({ what }) => what.endsWith('fields'))
        .map((check) => check.found);
    expect(found(null)).toEqual(['they exist', 'one is gone']);
    expect(found({ list, accepts: () => false })).toEqual(['one is gone', 'regionFieldId is "Region" (5)']);
  });

  it('that are used are named, and candidates for those that are not with the next step', () => {
    expect(checksOf({ regionFieldId: '5', partnerFieldId: '99' })).toEqual([
      { what: 'desk, mapped fields', state: 'ok', found: 'regionFieldId is "Region" (5)' },
      {
        what: 'desk, field of the order number',
        state: 'warning',
        found: 'none is mapped; it may be "Order number" (3) or "Bestellnummer" (4)',
        next: 'If one of them is: deskledger connection 7 --settings FILE.json with {"orderNumberFieldId":"..."}',
      },
    ]);
    expect(checksOf({ orderNumberFieldId: '3' })).toEqual([
      { what: 'desk, mapped fields', state: 'ok', found: 'orderNumberFieldId is "Order number" (3)' },
      {
        what: 'desk, field of the region',
        state: 'warning',
        found: 'none is mapped; it may be "Region" (5)',
        next: 'If it is: deskledger connection 7 --settings FILE.json with {"regionFieldId":"5"}',
      },
    ]);
  });
});

describe('the tag round trip', () => {
  const clientWith = (tags: Set<string>, parts: Partial<HelpdeskClient> = {}) =>
    ({
      async changeTags(_: string, { add, remove }: { add: readonly string[]; remove: readonly string[] }) {
        for (const tag of add) tags.add(tag);
        for (const tag of remove) tags.delete(tag);
      },
      pullTickets: async () => ({ tickets: [{ tags: [...tags] }], missing: [], agents: [] }),
      ...parts,
    }) as unknown as HelpdeskClient;
  const of = (client: HelpdeskClient, externalId: string | null = '5') =>
    tagRoundTrip('desk', client, { externalId, tag: 'deskledger_test' });

  it('leaves the ticket as it was', async () => {
    const tags = new Set(['vip']);
    expect(await of(clientWith(tags))).toMatchObject({ state: 'ok', found: expect.stringContaining('taken away') });
    expect([...tags]).toEqual(['vip']);
    expect(await of(clientWith(tags), null)).toMatchObject({
      state: 'ok',
      found: expect.stringContaining('not tried'),
    });
  });

  it('is a fault where the tag does not arrive, stays, or may not be written', async () => {
    const lost = clientWith(new Set(), { changeTags: async () => undefined });
    expect(await of(lost)).toMatchObject({ state: 'fault', found: expect.stringContaining('did not arrive') });
    const stuck = clientWith(new Set(['deskledger_test']), { changeTags: async () => undefined });
    expect(await of(stuck)).toMatchObject({ state: 'fault', found: expect.stringContaining('stayed') });
    const forbidden = clientWith(new Set(), {
      changeTags: () => Promise.reject(new UpstreamError('403', { status: 403, retryable: false })),
    });
    expect(await of(forbidden)).toMatchObject({ state: 'fault', found: '403' });
  });
});

describe('the share of measured time', () => {
  it('counts tickets of 30 days, warns below half, and says nothing where nothing was worked', async () => {
    const db = await testDatabase();
    const now = new Date('2026-03-02T10:00:00Z');
    const of = () => measuredCheck(db, 'desk', { id: 1, now });
    await db.query(
      `insert into connection (id, kind, name, mode, settings, secrets, webhook_key, created_at)
       values (1, 'desk', 'main', 'observe', '{}', '', 'k', now())`,
    );
    expect(await of()).toBeNull();
    const work = async (ticket: number, kind: string, at: string) => {
      await db.query(
        `insert into ticket (id, connection_id, external_id, first_seen_at) values ($1::bigint, 1, $1::bigint::text, now()) on conflict do nothing`,
        [ticket],
      );
      await db.query(
        `insert into work_entry (connection_id, ticket_id, source_key, clock, kind, actor, raw_seconds, costed_seconds, state, worked_at, worked_day, recorded_at)
         values (1, $1, $2, 'c', $3, 'agent', 60, 60, 'costed', $4::timestamptz, $4::timestamptz::date, now())`,
        [ticket, `${kind} ${ticket} ${at}`, kind, at],
      );
    };
    await work(1, 'measured', '2026-03-01T00:00:00Z');
    await work(1, 'estimate', '2026-03-01T01:00:00Z');
    await work(2, 'estimate', '2026-02-20T00:00:00Z');
    expect(await of()).toMatchObject({ state: 'ok', found: expect.stringContaining('50 % of 2 tickets') });
    await work(3, 'estimate', '2026-02-21T00:00:00Z');
    await work(4, 'measured', '2026-01-01T00:00:00Z');
    expect(await of()).toMatchObject({ state: 'warning', found: expect.stringContaining('33 % of 3 tickets') });
    // Bug: of a helpdesk without a clock it warned for ever, and sent people to look for one.
    const unclocked = await measuredCheck(db, 'desk', { id: 1, now, unclocked: true });
    expect(unclocked).toMatchObject({ state: 'ok', found: expect.stringContaining('3 tickets worked') });
    await db.close();
  });
});
