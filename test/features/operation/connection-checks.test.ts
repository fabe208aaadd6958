import { describe, expect, it } from 'vitest';
import type { ConnectionStatus as StatusOfPage } from '../../../src/dashboard/api-types.d.ts';
import type { ConnectionStatus } from '../../../src/features/ingest/index.ts';
import { attentionOf, statusChecks } from '../../../src/features/operation/connection-checks.ts';

const since = '2026-03-02T10:00:00.000Z';
const status = (change: Partial<ConnectionStatus> = {}): ConnectionStatus => ({
  id: 7,
  name: 'main',
  kind: 'zendesk',
  mode: 'observe',
  lagSeconds: 0,
  pending: 0,
  quarantined: 0,
  failed: 0,
  refused: 0,
  doubt: 0,
  completeness: 1,
  toldShare: 1,
  tickets: 10,
  orders: 0,
  lastDeliveryAt: since,
  lastReconcileAt: since,
  lastError: null,
  state: 'ok',
  stateText: null,
  stateNext: null,
  stateSince: null,
  feed: 'tickets',
  feedLagSeconds: 60,
  counted: { at: since, since, there: 1000, here: 1000, shortCounts: 0 },
  webhook: { state: 'fine', text: null, checkedAt: since },
  silentSince: null,
  backfill: null,
  ...change,
});
const refused: Partial<ConnectionStatus> = {
  state: 'credentials',
  stateText: 'Zendesk answered 401.',
  stateNext: 'Give the new key.',
  stateSince: since,
};
const topics = (change: Partial<ConnectionStatus>) => attentionOf(status(change)).map(({ topic }) => topic);

describe('what needs attention', () => {
  it('is nothing where all is well', () => {
    expect(attentionOf(status())).toEqual([]);
    expect(statusChecks('desk', status()).every((check) => check.state === 'ok')).toBe(true);
  });

  it('bug: while the days of a demo passed, what lagged by them was told as a worker that is not running', () => {
    const busy = status({ lagSeconds: 5_762_473, pending: 27 });
    const lagOf = (hurries: boolean) =>
      statusChecks('desk', busy, { hurries }).find(({ what }) => what === 'desk, lag');
    expect(lagOf(false)).toMatchObject({ state: 'fault', next: expect.stringContaining('worker running') });
    expect(lagOf(true)).toEqual({
      what: 'desk, lag',
      state: 'ok',
      found: '27 pending, while the days of a demo pass',
    });
  });

  it('says what the doctor says: what is wrong, since when, and what to do', () => {
    expect(attentionOf(status(refused))).toEqual([
      {
        topic: 'state',
        level: 'fault',
        found: `the credentials are refused since ${since}: Zendesk answered 401.`,
        next: 'Give the new key.',
      },
    ]);
    const check = statusChecks('desk', status(refused)).find(({ what }) => what === 'desk, state');
    expect(check).toMatchObject({ state: 'fault', found: attentionOf(status(refused))[0]?.found });
  });

  it('names the cause and not what follows from it', () => {
    const behind = { lagSeconds: 4000, pending: 9, lastError: 'Zendesk answered 401.' };
    expect(topics(behind)).toEqual(['lag', 'last walk']);
    expect(topics({ ...behind, ...refused })).toEqual(['state']);
  });

  it('leaves out what mends itself: a limit that is used up, and tickets that came while they were counted', () => {
    expect(topics({ ...refused, state: 'limited' })).toEqual([]);
    expect(topics({ counted: { at: since, since, there: 1000, here: 995, shortCounts: 1 } })).toEqual([]);
    expect(topics({ counted: { at: since, since, there: 1000, here: 900, shortCounts: 1 } })).toEqual(['completeness']);
  });

  it('bug: the doctor warned of a count that a moment later is whole', () => {
    const found = (here: number) =>
      statusChecks('desk', status({ counted: { at: since, since, there: 1000, here, shortCounts: 1 } })).find(
        ({ what }) => what === 'desk, completeness',
      );
    expect(found(997)).toMatchObject({ state: 'ok', found: expect.stringContaining('99.7 %: 997 of 1000') });
    expect(found(989)).toMatchObject({ state: 'warning', found: expect.stringContaining('98.9 %') });
  });

  it('bug: up to one in a hundred missing was ok for ever', () => {
    const found = (shortCounts: number) =>
      topics({ counted: { at: since, since, there: 1000, here: 997, shortCounts } });
    expect([1, 2, 3, 20].map(found)).toEqual([[], [], ['completeness'], ['completeness']]);
  });

  it('bug: of a backfill that held all it found the doctor said "incomplete: 5 of 5 are held", and said so for ever', () => {
    const backfill = {
      since,
      found: 5,
      raised: 5,
      done: 5,
      givenUp: 0,
      perMinute: null,
      remainingSeconds: 0,
      state: 'incomplete',
      counted: { there: 9, here: 5 },
    } as const;
    const counted = { at: since, since, there: 9, here: 5, shortCounts: 1 };
    expect(attentionOf(status({ backfill, counted })).find(({ topic }) => topic === 'backfill')).toMatchObject({
      found: 'incomplete: all 5 tickets found are held, but the vendor counted 9 created since and we 5',
      next: expect.stringContaining('may see all tickets'),
    });
    expect(topics({ backfill, counted: { ...counted, here: 9, shortCounts: 0 } })).toEqual([]);
    const less = { ...backfill, done: 4 };
    expect(topics({ backfill: less, counted: { ...counted, here: 9, shortCounts: 0 } })).toEqual(['backfill']);
    const next = (quarantined: number) =>
      attentionOf(status({ backfill: less, quarantined })).find(({ topic }) => topic === 'backfill')?.next;
    expect(next(0)).toContain('deskledger backfill --since');
    expect(next(1)).toContain('deskledger replay --dismiss --ticket');
  });

  it('is all that the page reads of a connection', () => {
    const told = status(refused);
    const shown: StatusOfPage = { ...told, attention: attentionOf(told) };
    expect(shown).toMatchObject({ state: 'credentials', completeness: 1, feed: 'tickets' });
  });

  it('puts faults before warnings', () => {
    const change = { silentSince: since, webhook: { state: 'absent', text: 'gone', checkedAt: since }, quarantined: 2 };
    expect(topics(change)).toEqual(['quarantine', 'webhook', 'silence']);
  });
});
