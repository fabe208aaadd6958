import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dayMs, hourMs, minuteMs, secondMs } from '../../../src/core/time.ts';
import { importTicketRules } from '../../../src/features/attribution/index.ts';
import {
  claimDue,
  connectionStatuses,
  listQuarantined,
  markAllStale,
  markStale,
} from '../../../src/features/ingest/index.ts';
import { raiseChanged } from '../../../src/features/ingest/raise.ts';
import type { TicketHistory } from '../../../src/helpdesks/port.ts';
import { chosenPartner, type DeskTicket, emptyHistory, reading, reply } from './fake-desk.ts';
import { connectionOf, type World, world } from './world.ts';

let w: World;
beforeEach(async () => {
  w = await world();
});
afterEach(() => w.close());

/** A webhook comes, the burst ends, everything due is done. */
const tell = async (externalId: string, urgency: 'now' | 'now with audits' = 'now with audits') => {
  await w.deliver(externalId, { urgency });
  w.clock.advance(3 * secondMs);
  await w.drain();
};

/** Ten minutes of work and one public reply. */
const worked = (key: string, parts: Partial<TicketHistory> = {}): TicketHistory => ({
  ...emptyHistory,
  work: [reading(key, 600)],
  touches: [reply(key)],
  ...parts,
});

/** Solved a moment after the connection went into mode `act`. */
const solved = (key: string): Partial<DeskTicket> => {
  w.clock.advance(secondMs);
  return { status: 'solved', updatedAt: w.clock.now(), history: worked(key, { solvedAt: w.clock.now() }) };
};

const invitations = () => w.db.query('select state from invitation');

describe('a ticket told of by a webhook', () => {
  test('is attributed, tagged, priced and asked about, in two calls', async () => {
    await w.order(1);
    w.put('1', solved('audit:1'));
    await tell('1');
    expect(await w.decision('1')).toEqual({ method: 'recent orders', partner: 'nord', region: 'nordics' });
    expect(await w.cost('1')).toEqual({ 'nord/nordics': 6_000_000n });
    expect(w.desk.writes).toEqual([{ externalId: '1', add: ['partner_nord', 'region_nordics'], remove: [] }]);
    expect(await invitations()).toEqual([{ state: 'pending' }]);
    expect(w.desk.pulls).toHaveLength(1);
  });

  test('changes nothing when the same pull is processed again', async () => {
    await w.order(1);
    w.put('1', solved('audit:1'));
    await tell('1');
    const before = await w.growth('1');
    for (let times = 0; times < 3; times += 1) await tell('1');
    expect(await w.growth('1')).toEqual(before);
  });

  test('stores no text and no address in the clear', async () => {
    w.put('1', {
      subject: 'Broken vase SECRET',
      firstMessage: 'My SECRET order #1001',
      requester: { id: 'u', email: 'eva@secret.example', locale: null },
    });
    await tell('1');
    const [row] = await w.db.query<{ all: string }>('select row_to_json(t)::text as all from ticket t');
    expect(row?.all).not.toMatch(/secret/i);
    expect(row?.all).toContain('1001');
  });
});

describe('a helpdesk whose clock is a total per closed ticket', () => {
  const closed = (totalSeconds: number, againAt: Date | null): Partial<DeskTicket> => ({
    ...solved('closing'),
    history: worked('message:1', {
      work: [],
      closing: {
        sourceKey: 'closing:1:a',
        at: w.clock.now(),
        clock: 'handle time',
        totalSeconds,
        workers: [{ agentId: 'ada', weight: 1 }],
        channel: 'email',
      },
      againAt,
    }),
  });

  test('is asked again when its total may have settled, and the difference is posted', async () => {
    await w.order(1);
    w.put('1', closed(600, new Date(w.clock.now().getTime() + hourMs)));
    await tell('1');
    expect(await w.cost('1')).toEqual({ 'nord/nordics': 6_000_000n });
    expect(await w.pending()).toBe(0);
    const { history, updatedAt } = w.desk.tickets.get('1') ?? {};
    if (!history?.closing || !updatedAt) throw new Error('no closing');
    w.put('1', { history: { ...history, closing: { ...history.closing, totalSeconds: 700 }, againAt: null } });
    w.clock.advance(hourMs + minuteMs);
    await w.drain();
    expect(await w.cost('1')).toEqual({ 'nord/nordics': 7_000_000n });
    expect(await w.row('1')).toMatchObject({ deep_due_at: null, due_at: null });
  });
});

describe('pulls that come in another order', () => {
  test('an older state is refused, asked for again a little later, and settles nothing', async () => {
    w.put('1', { status: 'pending', updatedAt: new Date('2026-03-02T10:00:00Z') });
    await tell('1');
    w.put('1', { status: 'open', updatedAt: new Date('2026-03-02T09:59:59Z') });
    await tell('1');
    expect(await w.row('1')).toMatchObject({ status: 'pending', dirty_seq: 2n, settled_seq: 1n, claimed_until: null });
    expect(w.desk.pulls).toHaveLength(2);
    w.put('1', { status: 'open', updatedAt: new Date('2026-03-02T10:00:01Z') });
    w.clock.advance(5 * secondMs);
    await w.drain();
    expect(await w.row('1')).toMatchObject({ status: 'open', settled_seq: 2n, due_at: null });
  });

  test('a helpdesk that keeps to an older state is asked ever less often and not without end; the next event asks again', async () => {
    w.put('1', { status: 'pending', updatedAt: new Date('2026-03-02T10:00:00Z') });
    await tell('1');
    w.put('1', { status: 'open', updatedAt: new Date('2026-03-02T09:59:59Z') });
    await tell('1');
    const waits: number[] = [];
    while (waits.length < 20) {
      const { due_at: due, quarantined_at: aside } = await w.row('1');
      if (aside) break;
      const waitMs = (due?.getTime() ?? Number.NaN) - w.clock.now().getTime();
      waits.push(waitMs / secondMs);
      w.clock.advance(waitMs);
      await w.drain();
    }
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 900]);
    expect(w.desk.pulls).toHaveLength(1 + 10);
    expect((await connectionStatuses(w.db, w.clock.now()))[0]).toMatchObject({ pending: 0, quarantined: 1 });
    expect(await listQuarantined(w.db)).toMatchObject([
      { externalId: '1', error: expect.stringContaining('older state') },
    ]);
    expect(await w.row('1')).toMatchObject({ status: 'pending', claimed_until: null });

    w.put('1', { status: 'solved', updatedAt: new Date('2026-03-02T12:00:00Z') });
    await tell('1');
    expect(await w.row('1')).toMatchObject({ status: 'solved', quarantined_at: null, attempts: 0, due_at: null });
  });

  test('an older state takes no stale mark away', async () => {
    w.put('1', { status: 'pending', updatedAt: new Date('2026-03-02T10:00:00Z') });
    await tell('1');
    w.put('1', { updatedAt: new Date('2026-03-02T09:00:00Z') });
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    const [lot] = await claimDue(w.db, w.clock.now());
    await markStale(w.db, [await w.idOf('1')], { now: w.clock.now(), reprice: true });
    if (lot) await w.first.gather(lot);
    const row = await w.row('1');
    expect(row.stale_since).not.toBeNull();
    expect(row.reprice).toBe(true);
  });

  test('a pull that a later one overtook changes nothing and settles nothing', async () => {
    w.put('1', { status: 'open' });
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    const [lot] = await claimDue(w.db, w.clock.now());
    if (!lot) throw new Error('nothing was due');
    const slow = w.worker();
    const fast = w.worker();
    w.desk.onPull = async () => {
      w.desk.onPull = () => undefined;
      w.clock.advance(secondMs);
      await w.deliver('1');
      w.clock.advance(3 * secondMs);
      await fast.gather({ connectionId: lot.connectionId, ticketIds: lot.ticketIds });
    };
    await slow.gather(lot);
    expect(await w.row('1')).toMatchObject({ dirty_seq: 2n, settled_seq: 2n, due_at: null });
    expect(await w.growth('1')).toMatchObject({ versions: 1n });
  });
});

describe('relatives', () => {
  test('a merged source takes its target’s attribution, and follows it', async () => {
    await w.order(2);
    w.put('1', { status: 'closed', frozen: true, mergedIntoExternalId: '2', history: worked('audit:1') });
    w.put('2', { status: 'open' });
    await tell('1');
    expect(await w.decision('1')).toMatchObject({ method: 'unattributed' });
    await tell('2');
    expect(await w.decision('1')).toMatchObject({ partner: 'nord' });
    expect(await w.cost('1')).toEqual({ 'nord/nordics': 6_000_000n });
    w.put('2', {
      updatedAt: w.clock.now(),
      history: { ...emptyHistory, choices: chosenPartner('sud', 'audit:5', w.clock.now()) },
    });
    await tell('2');
    expect(await w.decision('1')).toMatchObject({ partner: 'sud' });
    expect(await w.cost('1')).toEqual({ 'sud/nordics': 6_000_000n });
  });

  test('source and target in one lot are decided in one go', async () => {
    await w.order(2);
    w.put('1', { status: 'closed', frozen: true, mergedIntoExternalId: '2' });
    w.put('2');
    await w.deliver('1', { urgency: 'now with audits' });
    await tell('2');
    expect(await w.growth('1')).toMatchObject({ versions: 1n });
    expect(await w.decision('1')).toMatchObject({ partner: 'nord' });
  });

  test('a ring of merges ends', async () => {
    await w.order(1);
    w.put('1', { mergedIntoExternalId: '2' });
    w.put('2', { mergedIntoExternalId: '1' });
    await w.deliver('1', { urgency: 'now with audits' });
    await tell('2');
    const partners = [await w.decision('1'), await w.decision('2')].map((decision) => decision?.partner);
    expect(partners[0]).toBe(partners[1]);
  });

  test('a follow-up inherits where nothing of its own holds, and again when its parent changes', async () => {
    await w.order(1);
    w.put('1', { status: 'closed', frozen: true });
    w.put('2', { parentExternalId: '1' });
    await tell('1');
    await tell('2');
    expect(await w.decision('2')).toMatchObject({ partner: 'nord' });
    await w.order(11, { channel: 8, email: 'buyer1@example.com' });
    await w.drain();
    expect((await w.decision('1'))?.partner).not.toBe('nord');
    expect(await w.decision('2')).toEqual(await w.decision('1'));
  });
});

describe('a person', () => {
  const choosing = (value: string | null): Partial<DeskTicket> => ({
    updatedAt: w.clock.now(),
    history: worked('audit:1', { choices: chosenPartner(value, 'audit:9', w.clock.now()) }),
  });

  test('has the last word, which a late order does not change', async () => {
    await w.order(1);
    w.put('1', { history: worked('audit:1') });
    await tell('1');
    w.put('1', choosing('sud'));
    await tell('1');
    expect(await w.decision('1')).toEqual({ method: 'person', partner: 'sud', region: 'nordics' });
    expect(w.desk.tickets.get('1')?.tags).toEqual(['region_nordics', 'partner_sud']);
    await w.order(12, { email: 'buyer1@example.com' });
    await w.drain();
    expect(await w.decision('1')).toMatchObject({ method: 'person', partner: 'sud' });
  });

  test('who names nobody has no partner written back', async () => {
    await w.order(1);
    w.put('1', { history: worked('audit:1') });
    await tell('1');
    w.put('1', { ...choosing(null), tags: ['region_nordics'] });
    await tell('1');
    expect(await w.decision('1')).toMatchObject({ method: 'person', partner: null });
    expect(w.desk.tickets.get('1')?.tags).toEqual(['region_nordics']);
    expect(w.desk.writes).toHaveLength(1);
  });

  test('who took our tag away is asked of the audits before anything is written back', async () => {
    await w.order(1);
    w.put('1');
    await tell('1', 'now');
    w.put('1', { ...choosing(null), tags: ['region_nordics'] });
    await tell('1', 'now');
    expect(w.desk.pulls.slice(1).map(([one]) => one?.withHistory)).toEqual(['if solved', 'yes']);
    expect(w.desk.writes).toHaveLength(1);
  });
});

describe('the question', () => {
  test('is not put for a ticket that is open again, though its audits once solved it', async () => {
    w.put('1', { ...solved('audit:1'), status: 'open' });
    await tell('1');
    expect(await invitations()).toEqual([]);
    expect((await w.row('1')).solved_at).toBeNull();
  });

  test('a reopening forgets the solving even without audits', async () => {
    w.put('1', solved('audit:1'));
    await tell('1');
    w.put('1', { status: 'open', updatedAt: w.clock.now() });
    await tell('1', 'now');
    expect((await w.row('1')).solved_at).toBeNull();
  });

  test('is put once, however often the ticket is solved', async () => {
    w.put('1', solved('audit:1'));
    await tell('1');
    w.put('1', solved('audit:1'));
    await tell('1');
    expect(await invitations()).toHaveLength(1);
  });

  test('that is not put is counted by its reason, in the log and for the metrics', async () => {
    w.put('1', { ...solved('audit:1'), requester: null });
    await tell('1');
    expect(w.first.suppressed).toEqual([['no address', 1]]);
    expect(w.lines.filter(({ step }) => step === 'process').at(-1)?.notInvited).toEqual(['no address: 1']);
  });
});

describe('harm that a connection must not do', () => {
  test('mode observe reads and prices; it writes nothing and asks nobody', async () => {
    await w.close();
    w = await world({ mode: 'observe' });
    await w.order(1);
    w.put('1', solved('audit:1'));
    await tell('1');
    expect(await w.cost('1')).toEqual({ 'nord/nordics': 6_000_000n });
    expect(w.desk.writes).toEqual([]);
    expect((await w.tagRows('1')).map(({ tag, state }) => [tag, state])).toEqual([
      ['partner_nord', 'observed'],
      ['region_nordics', 'observed'],
    ]);
    expect(await invitations()).toEqual([]);
    expect(w.first.suppressed).toEqual([['mode observe', 1]]);
    expect(await w.pending()).toBe(0);
  });

  test('the mode counts that holds when the lot is stored, not when it was pulled', async () => {
    await w.order(1);
    w.put('1', solved('audit:1'));
    await w.deliver('1', { urgency: 'now with audits' });
    w.clock.advance(3 * secondMs);
    w.desk.onPull = async () => {
      await w.directory.connections.setMode(w.connection.id, 'observe');
    };
    await w.drain();
    expect((await w.tagRows('1')).map(({ state }) => state)).toEqual(['observed', 'observed']);
    expect(await invitations()).toEqual([]);
  });

  test('a ticket known from history alone is priced, neither tagged nor asked about', async () => {
    await w.order(1);
    w.put('1', solved('audit:1'));
    await raiseChanged(w.db, w.connection.id, [{ externalId: '1', updatedAt: w.clock.now(), status: 'open' }], {
      now: w.clock.now(),
      fromBackfill: true,
    });
    await w.drain();
    expect(await w.cost('1')).toEqual({ 'nord/nordics': 6_000_000n });
    expect(w.desk.writes).toEqual([]);
    expect(await invitations()).toEqual([]);
    expect(w.first.suppressed).toEqual([['backfill', 1]]);
  });

  test('until a webhook tells of it', async () => {
    await w.order(1);
    w.put('1');
    await raiseChanged(w.db, w.connection.id, [{ externalId: '1', updatedAt: w.clock.now(), status: 'open' }], {
      now: w.clock.now(),
      fromBackfill: true,
    });
    await w.drain();
    await tell('1');
    expect(w.desk.tickets.get('1')?.tags).toEqual(['partner_nord', 'region_nordics']);
  });

  test('a deleted ticket loses its due tags without a call', async () => {
    await w.order(1);
    w.put('1');
    w.desk.onWrite = () => {
      w.desk.tickets.delete('1');
    };
    await tell('1');
    w.desk.onWrite = () => undefined;
    await tell('1');
    expect(w.desk.writes).toHaveLength(1);
    expect(await w.pending()).toBe(0);
  });
});

describe('deciding again', () => {
  test('a late order changes a ticket without a call to the helpdesk but for its tags', async () => {
    w.put('1', { history: worked('audit:1') });
    await tell('1');
    expect(await w.cost('1')).toEqual({ '-/-': 6_000_000n });
    await w.order(1);
    expect((await w.row('1')).stale_since).not.toBeNull();
    expect(await w.pending()).toBe(1);
    await w.drain();
    expect(await w.cost('1')).toEqual({ 'nord/nordics': 6_000_000n });
    expect(w.desk.pulls).toHaveLength(1);
    expect(w.desk.writes).toHaveLength(1);
  });

  test('a rule that comes while its ticket is processed is not missed', async () => {
    w.put('1', { tags: ['vip'] });
    await tell('1');
    await w.deliver('1');
    w.clock.advance(3 * secondMs);
    w.desk.onPull = async () => {
      w.desk.onPull = () => undefined;
      await importTicketRules(w, JSON.stringify([{ when: { tag: 'vip' }, partner: 'sud' }]), {
        dryRun: false,
        actor: 'test',
      });
      await markAllStale(w.db, w.clock.now());
    };
    await w.drain();
    expect(await w.decision('1')).toMatchObject({ method: 'rule', partner: 'sud' });
  });

  test('ends 30 days after closing', async () => {
    w.put('1', { status: 'closed', frozen: true, history: worked('audit:1', { closedAt: w.clock.now() }) });
    await tell('1');
    w.clock.advance(31 * dayMs);
    await w.order(1);
    await w.drain();
    expect(await w.cost('1')).toEqual({ '-/-': 6_000_000n });
  });
});

describe('two workers', () => {
  test('on the same tickets post once', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => String(index + 1));
    for (const id of ids)
      w.put(id, { ...solved(`audit:${id}`), requester: { id: `u${id}`, email: `p${id}@example.com`, locale: null } });
    for (const id of ids) await w.deliver(id, { urgency: 'now with audits' });
    w.clock.advance(3 * secondMs);
    const [lot] = await claimDue(w.db, w.clock.now());
    if (!lot) throw new Error('nothing was due');
    // Without the claim, which would leave the tickets to the first of them.
    const { connectionId, ticketIds } = lot;
    await Promise.all(
      [ticketIds, ticketIds.toReversed()].map((ids) => w.worker().gather({ connectionId, ticketIds: ids })),
    );
    await w.drain();
    const [sums] = await w.db.query(
      `select (select count(*) from posting)::int as postings, (select sum(cost_micros)::text from posting) as cost,
              (select count(*) from attribution)::int as versions, (select count(*) from invitation)::int as invitations,
              (select count(*) from ticket where settled_seq = dirty_seq and claimed_until is null and attempts = 0)::int as settled`,
    );
    expect(sums).toEqual({ postings: 40, cost: '240000000', versions: 40, invitations: 40, settled: 40 });
  });

  test('on families that cross each other finish without blame', async () => {
    for (let id = 1; id <= 30; id += 1)
      w.put(String(id), {
        ...(id > 1 && { mergedIntoExternalId: String(((id * 7) % 30) + 1) }),
        history: worked(`audit:${id}`),
      });
    for (let id = 1; id <= 30; id += 1) await w.deliver(String(id), { urgency: 'now with audits' });
    w.clock.advance(3 * secondMs);
    const [lot] = await claimDue(w.db, w.clock.now());
    const ids = lot?.ticketIds ?? [];
    const connection = await connectionOf(w);
    await Promise.all(
      [ids.slice(0, 15), ids.slice(15), ids.filter((_, index) => index % 2 === 0)].map((ticketIds) =>
        w.worker().gather({ connectionId: connection.id, ticketIds }),
      ),
    );
    await w.drain();
    const [sums] = await w.db.query(
      `select count(*) filter (where settled_seq = dirty_seq and attempts = 0 and quarantined_at is null)::int as settled,
              (select sum(cost_micros)::text from posting) as cost from ticket`,
    );
    expect(sums).toEqual({ settled: 30, cost: '180000000' });
  });
});
