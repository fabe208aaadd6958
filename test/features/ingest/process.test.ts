import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { dayMs, hourMs, minuteMs, secondMs } from '../../../src/core/time.ts';
import { importTicketRules } from '../../../src/features/attribution/index.ts';
import { markAllStale } from '../../../src/features/ingest/index.ts';
import { chosenPartner, type DeskTicket, emptyHistory } from './fake-desk.ts';
import { telling, worked } from './told.ts';
import { type World, world } from './world.ts';

let w: World;

beforeEach(async () => {
  w = await world();
});

afterEach(() => w.close());

const { tell, solved, invitations } = telling(() => w);

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

  test('bug: who chose was forgotten once the helpdesk let us read it no more', async () => {
    await w.order(1);
    w.put('1', choosing('sud'));
    await tell('1');
    expect(await w.decision('1')).toMatchObject({ method: 'person', partner: 'sud' });
    w.clock.advance(hourMs);
    w.put('1', { updatedAt: w.clock.now(), history: worked('audit:1', { choices: null }) });
    await tell('1');
    expect(await w.decision('1')).toMatchObject({ method: 'person', partner: 'sud' });
    expect(w.desk.tickets.get('1')?.tags).toContain('partner_sud');
    w.put('1', choosing('nord'));
    await tell('1');
    expect(await w.decision('1')).toMatchObject({ method: 'person', partner: 'nord' });
  });

  test('bug: who chose was forgotten once the helpdesk kept the event no more', async () => {
    await w.order(1);
    w.put('1', choosing('sud'));
    await tell('1');
    const yearMs = 366 * 24 * hourMs;
    w.clock.advance(yearMs);
    const noneSince = { choices: { partner: [], region: [] }, choicesSince: w.clock.now() };
    w.put('1', { updatedAt: w.clock.now(), history: worked('audit:1', noneSince) });
    await tell('1');
    expect(await w.decision('1')).toMatchObject({ method: 'person', partner: 'sud' });
    const since = w.clock.now();
    w.clock.advance(hourMs);
    const later = { choices: chosenPartner('nord', 'audit:10', w.clock.now()), choicesSince: since };
    w.put('1', { updatedAt: w.clock.now(), history: worked('audit:1', later) });
    await tell('1');
    expect(await w.decision('1')).toMatchObject({ method: 'person', partner: 'nord' });
    // All is told: what is not among it was never so.
    w.put('1', { updatedAt: w.clock.now(), history: worked('audit:1') });
    await tell('1');
    expect(await w.decision('1')).toMatchObject({ partner: 'nord', method: expect.not.stringMatching('person') });
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

  test('from what is stored changes nothing of what was pulled', async () => {
    await w.order(1);
    w.put('1', {
      ...solved('audit:1'),
      tags: ['vip'],
      firstMessage: 'My order #1001 is late and I wonder where it is',
    });
    await tell('1');
    const row = () => w.db.query('select to_jsonb(t) as row from ticket t');
    const before = await row();
    await markAllStale(w.db, w.clock.now());
    expect(await row()).not.toEqual(before);
    await w.drain();
    expect(await row()).toEqual(before);
    expect(w.desk.pulls).toHaveLength(1);
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
