import { describe, expect, test } from 'vitest';
import { planTags, type TagFacts, type TagRow } from '../../../src/features/ingest/want-tags.ts';

const wrote = new Date('2026-03-02T10:00:00Z');
const before = new Date('2026-03-02T09:59:00Z');
const after = new Date('2026-03-02T10:01:00Z');

const row = (parts: Partial<TagRow> = {}): TagRow => ({
  tag: 'partner_nord',
  wanted: true,
  state: 'done',
  attempts: 1,
  doneAt: wrote,
  tried: true,
  callFailed: false,
  ...parts,
});
const fresh = (parts: Partial<TagRow> = {}): TagRow =>
  row({ state: 'pending', attempts: 0, doneAt: null, tried: false, ...parts });
const read = (tags: string[], { readAt = after, withHistory = true } = {}) => ({ tags, readAt, withHistory });

const plan = (parts: Partial<TagFacts>) =>
  planTags({ desired: [], onTicket: null, rows: [], mayWrite: true, frozen: false, ...parts });
const outcome = (parts: Partial<TagFacts>): string => {
  const { changes, needsHistory } = plan(parts);
  return [
    ...changes.map(({ tag, wanted, state }) => `${wanted ? '+' : '-'}${tag} ${state}`),
    ...(needsHistory ? ['ask'] : []),
  ].join(', ');
};

const nord = ['partner_nord'];

describe('a tag that the attribution asks for', () => {
  test.each<[string, Partial<TagFacts>, string]>([
    ['is written where it is new', { onTicket: read([]) }, '+partner_nord pending'],
    [
      'is only observed where nothing may be written',
      { onTicket: read([]), mayWrite: false },
      '+partner_nord observed',
    ],
    ['is refused on a closed ticket', { onTicket: read([]), frozen: true }, '+partner_nord refused'],
    [
      'is written on a closed ticket where the helpdesk can',
      { onTicket: read([]), closed: true },
      '+partner_nord pending',
    ],
    [
      'that was only observed stays so on a closed ticket',
      { onTicket: read([]), rows: [fresh({ state: 'observed' })], closed: true },
      '',
    ],
    ['is not recorded as ours where somebody else set it', { onTicket: read(nord) }, ''],
    ['is settled', { onTicket: read(nord), rows: [row()] }, ''],
    ['is settled when seen before its answer came', { onTicket: read(nord), rows: [fresh()] }, '+partner_nord done'],
    [
      'is tried again on a fresh pull after its calls failed',
      { onTicket: read([]), rows: [row({ state: 'failed', attempts: 5, doneAt: null, callFailed: true })] },
      '+partner_nord pending',
    ],
    [
      'stays given up where it is decided again without a pull',
      { rows: [row({ state: 'failed', attempts: 5, doneAt: null, callFailed: true })] },
      '',
    ],
    [
      'stays given up where somebody took it away each time',
      { onTicket: read([], { readAt: before }), rows: [row({ state: 'failed', attempts: 5 })] },
      '',
    ],
    ['waits for its write', { onTicket: read([]), rows: [fresh()] }, ''],
    ['is not written twice because of an older read', { onTicket: read([], { readAt: before }), rows: [row()] }, ''],
    ['is not written twice without a read', { rows: [row()] }, ''],
    [
      'that vanished: the audits tell who took it',
      { onTicket: read([], { withHistory: false }), rows: [row()] },
      'ask',
    ],
    ['that vanished by no person is written again', { onTicket: read([]), rows: [row()] }, '+partner_nord pending'],
    [
      'that vanishes time and again is given up',
      { onTicket: read([]), rows: [row({ attempts: 5 })] },
      '+partner_nord failed',
    ],
    [
      'is written once the mode allows',
      { onTicket: read([]), rows: [fresh({ state: 'observed' })] },
      '+partner_nord pending',
    ],
    ['stays observed', { onTicket: read([]), rows: [fresh({ state: 'observed' })], mayWrite: false }, ''],
    ['stays refused', { onTicket: read([]), rows: [fresh({ state: 'refused' })], frozen: true }, ''],
    [
      'comes back while its removal waits',
      { onTicket: read(nord), rows: [row({ wanted: false, state: 'pending' })] },
      '+partner_nord done',
    ],
    ['comes back after its removal', { onTicket: read([]), rows: [row({ wanted: false })] }, '+partner_nord pending'],
  ])('%s', (_, facts, expected) => expect(outcome({ desired: nord, ...facts })).toBe(expected));
});

describe('a tag of ours that the attribution asks for no more', () => {
  test.each<[string, Partial<TagFacts>, string]>([
    ['is taken away', { onTicket: read(nord), rows: [row()] }, '-partner_nord pending'],
    ['is taken away without a read', { rows: [row()] }, '-partner_nord pending'],
    [
      'is only noted where nothing may be written',
      { onTicket: read(nord), rows: [row()], mayWrite: false },
      '-partner_nord observed',
    ],
    ['that is gone already needs no call', { onTicket: read([]), rows: [row()] }, '-partner_nord done'],
    [
      'written after the read is taken away',
      { onTicket: read([], { readAt: before }), rows: [row()] },
      '-partner_nord pending',
    ],
    ['never written needs no call', { onTicket: read([]), rows: [fresh()] }, '-partner_nord done'],
    ['never written, only observed, needs no call', { rows: [fresh({ state: 'observed' })] }, '-partner_nord done'],
    ['under way may land yet', { onTicket: read([]), rows: [fresh({ tried: true })] }, '-partner_nord pending'],
    ['whose answer was lost may have landed', { rows: [fresh({ tried: true })] }, '-partner_nord pending'],
    ['written, then only observed, is taken away', { rows: [row({ state: 'observed' })] }, '-partner_nord pending'],
    [
      'that was refused is not there',
      { rows: [fresh({ state: 'refused', attempts: 1, tried: true })] },
      '-partner_nord done',
    ],
    ['waits for its removal', { onTicket: read(nord), rows: [row({ wanted: false, state: 'pending' })] }, ''],
    [
      'gone before its removal went needs no call',
      { onTicket: read([]), rows: [row({ wanted: false, state: 'pending', tried: false })] },
      '-partner_nord done',
    ],
    [
      'whose removal was only noted goes once the mode allows',
      { onTicket: read(nord), rows: [row({ wanted: false, state: 'observed' })] },
      '-partner_nord pending',
    ],
    ['is settled once taken away', { onTicket: read([]), rows: [row({ wanted: false })] }, ''],
    ['on a closed ticket stays', { onTicket: read(nord), rows: [row()], frozen: true }, '-partner_nord refused'],
  ])('%s', (_, facts, expected) => expect(outcome(facts)).toBe(expected));
});

test('a tag of others is never taken away, whatever it looks like', () => {
  expect(plan({ desired: ['partner_sud'], onTicket: read(['partner_nord', 'vip']) }).changes).toEqual([
    { tag: 'partner_sud', wanted: true, state: 'pending' },
  ]);
});

test('one plan adds and takes away', () => {
  expect(outcome({ desired: ['partner_sud'], onTicket: read(nord), rows: [row()] })).toBe(
    '+partner_sud pending, -partner_nord pending',
  );
});
