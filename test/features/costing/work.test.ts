import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { constantsFrom } from '../../../src/features/costing/constants.ts';
import { replayWork, type WorkFact } from '../../../src/features/costing/work.ts';

const constants = constantsFrom([]);

let made = 0;
const fact = (part: Partial<WorkFact>): WorkFact => {
  made += 1;
  const workedAt = part.workedAt ?? new Date(Date.UTC(2026, 4, 4, 9, made));
  return {
    sourceKey: `audit:${made}`,
    kind: 'measured',
    actor: 'agent',
    agentId: 'ada',
    clock: 'time tracking',
    channel: 'email',
    rawSeconds: 60,
    workedAt,
    workedDay: workedAt.toISOString().slice(0, 10),
    held: false,
    ...part,
  };
};

const replay = (facts: readonly WorkFact[], rows: Parameters<typeof constantsFrom>[0] = []) =>
  replayWork(facts, { constants: constantsFrom(rows) }).map((result) => ({
    ...result,
    fact: undefined,
    key: result.fact.sourceKey,
  }));

describe('the cap', () => {
  test('worked example 10: 19,800 s in one update cost 14,400 s, the rest is counted', () => {
    const [entry] = replay([fact({ rawSeconds: 19_800 })]);
    expect(entry).toMatchObject({ costedSeconds: 14_400, cappedSeconds: 5_400, state: 'costed' });
  });

  test('holds to the second', () => {
    expect(replay([fact({ rawSeconds: 14_400 })])[0]).toMatchObject({ costedSeconds: 14_400, cappedSeconds: 0 });
    expect(replay([fact({ rawSeconds: 14_401 })])[0]).toMatchObject({ costedSeconds: 14_400, cappedSeconds: 1 });
  });

  test('is settable per channel and day', () => {
    const rows = [
      { name: 'cap', channel: '*', seconds: 600, validFrom: '2026-05-01' },
      { name: 'cap', channel: 'phone', seconds: 1_800, validFrom: '2026-05-01' },
      { name: 'cap', channel: 'phone', seconds: 900, validFrom: '2026-05-05' },
    ];
    const costed = (channel: 'email' | 'phone', day: string) =>
      replay([fact({ rawSeconds: 5_000, channel, workedDay: day })], rows)[0]?.costedSeconds;
    expect([costed('email', '2026-05-04'), costed('phone', '2026-05-04'), costed('phone', '2026-05-05')]).toEqual([
      600, 1_800, 900,
    ]);
    expect(costed('phone', '2026-04-30')).toBe(5_000);
  });

  test('does not apply to corrections', () => {
    const results = replay([fact({ rawSeconds: 14_000 }), fact({ rawSeconds: 14_000 }), fact({ rawSeconds: -20_000 })]);
    expect(results.map(({ costedSeconds }) => costedSeconds)).toEqual([8_000, 0, 0]);
  });
});

describe('a correction', () => {
  test('worked example 2: takes the latest seconds first, across agents', () => {
    const facts = [
      fact({ sourceKey: 'audit:1', rawSeconds: 600 }),
      fact({ sourceKey: 'audit:2', rawSeconds: 600 }),
      fact({ sourceKey: 'audit:3', rawSeconds: 120, agentId: 'ben' }),
      fact({ sourceKey: 'audit:4', rawSeconds: -700, agentId: 'ben' }),
    ].map((one, index) => ({ ...one, workedAt: new Date(Date.UTC(2026, 4, 4, 10, index)) }));
    expect(replay(facts)).toMatchObject([
      { costedSeconds: 600, takeBacks: [] },
      { costedSeconds: 20, takeBacks: [{ by: 'audit:4', seconds: 580 }] },
      { costedSeconds: 0, takeBacks: [{ by: 'audit:4', seconds: 120 }] },
      { costedSeconds: 0, untakenSeconds: 0, state: 'costed' },
    ]);
  });

  test('never takes more than there is; what is left over is kept and later work is whole', () => {
    const results = replay([fact({ rawSeconds: 100 }), fact({ rawSeconds: -250 }), fact({ rawSeconds: 40 })]);
    expect(results).toMatchObject([{ costedSeconds: 0 }, { untakenSeconds: 150 }, { costedSeconds: 40 }]);
  });

  test('takes nothing from work that came after it, and nothing from held or kept work', () => {
    const results = replay([
      fact({ rawSeconds: 100 }),
      fact({ rawSeconds: 500, actor: 'rule' }),
      fact({ rawSeconds: 500, held: true }),
      fact({ rawSeconds: -120 }),
      fact({ rawSeconds: 70 }),
    ]);
    expect(results.map(({ costedSeconds }) => costedSeconds)).toEqual([0, 0, 0, 0, 70]);
    expect(results[3]?.untakenSeconds).toBe(20);
  });

  test('that is held, or that no agent made, takes nothing', () => {
    expect(replay([fact({ rawSeconds: 100 }), fact({ rawSeconds: -100, held: true })])).toMatchObject([
      { costedSeconds: 100 },
      { state: 'held' },
    ]);
    expect(replay([fact({ rawSeconds: 100 }), fact({ rawSeconds: -100, actor: 'system' })])).toMatchObject([
      { costedSeconds: 100 },
      { state: 'kept' },
    ]);
  });

  test('of the same second goes by the number of its source, not by its text', () => {
    const workedAt = new Date('2026-05-04T09:00:00Z');
    const results = replay([
      fact({ sourceKey: 'audit:10', rawSeconds: -60, workedAt }),
      fact({ sourceKey: 'audit:9', rawSeconds: 60, workedAt }),
    ]);
    expect(results.map(({ key, costedSeconds }) => [key, costedSeconds])).toEqual([
      ['audit:9', 0],
      ['audit:10', 0],
    ]);
    expect(results[1]?.untakenSeconds).toBe(0);
  });
});

describe('what costs nothing', () => {
  test.each(['rule', 'end_user', 'system'] as const)('a change by %s is kept', (actor) =>
    expect(replay([fact({ actor, rawSeconds: 900 })])).toMatchObject([{ state: 'kept', costedSeconds: 0 }]),
  );

  test('a held entry waits', () =>
    expect(replay([fact({ held: true, rawSeconds: 900 })])).toMatchObject([{ state: 'held', costedSeconds: 0 }]));
});

describe('an estimate', () => {
  const estimate = fact({ kind: 'estimate', sourceKey: 'estimate:audit:1', rawSeconds: 300 });

  test('counts where no clock ran', () => expect(replay([estimate])).toMatchObject([{ costedSeconds: 300 }]));

  test.each([
    ['measured work', fact({ rawSeconds: 5 }), 'replaced'],
    ['a correction by an agent', fact({ rawSeconds: -5 }), 'replaced'],
    ['held work alone', fact({ held: true }), 'costed'],
    ['rule-made work alone', fact({ actor: 'rule' }), 'costed'],
    ['a change of no seconds', fact({ rawSeconds: 0 }), 'costed'],
  ] as const)('beside %s', (_, other, state) => {
    const found = replay([estimate, other]).find(({ key }) => key === estimate.sourceKey);
    expect(found).toMatchObject({ state, costedSeconds: state === 'costed' ? 300 : 0 });
  });
});

describe('several clocks', () => {
  const call = fact({ clock: 'talk', rawSeconds: 240, channel: 'phone' });
  const engaged = fact({ clock: 'engagement', rawSeconds: 500 });
  const tracked = (part: Partial<WorkFact> = {}) => fact({ rawSeconds: 600, ...part });
  const costed = (facts: readonly WorkFact[]) =>
    replay(facts).map(({ state, costedSeconds }) => [state, costedSeconds] as const);

  test('a call counts by itself, and beside another agent’s tracked time', () => {
    expect(costed([call])).toEqual([['costed', 240]]);
    expect(costed([call, tracked({ agentId: 'ben' })])).toEqual([
      ['costed', 240],
      ['costed', 600],
    ]);
  });

  test('a call of an agent whose timer ran on the ticket is kept: no second counts twice', () => {
    expect(costed([call, tracked()])).toEqual([
      ['kept', 0],
      ['costed', 600],
    ]);
    expect(costed([call, tracked({ rawSeconds: -30 })])[0]).toEqual(['kept', 0]);
  });

  test('a timer that counts for nothing leaves the call: held, a rule’s, of no seconds', () => {
    for (const other of [tracked({ held: true }), tracked({ actor: 'rule' }), tracked({ rawSeconds: 0 })])
      expect(costed([call, other])[0]).toEqual(['costed', 240]);
  });

  test('an engagement yields to tracked time, and a call to an engagement', () => {
    expect(costed([call, engaged])).toEqual([
      ['kept', 0],
      ['costed', 500],
    ]);
    expect(costed([call, engaged, tracked()])).toEqual([
      ['kept', 0],
      ['kept', 0],
      ['costed', 600],
    ]);
  });

  test('time that another clock stands for is kept, takes nothing back, and leaves the estimate', () => {
    const uncounted = tracked({ clock: 'not counted', agentId: 'ada' });
    const back = tracked({ clock: 'not counted', rawSeconds: -600 });
    const estimate = fact({ kind: 'estimate', clock: 'estimate: public reply', rawSeconds: 300 });
    expect(costed([uncounted, back, estimate])).toEqual([
      ['kept', 0],
      ['kept', 0],
      ['costed', 300],
    ]);
    expect(costed([engaged, uncounted, back])[0]).toEqual(['costed', 500]);
  });
});

describe('an AI agent', () => {
  const bot = (part: Partial<WorkFact>) => fact({ actor: 'ai_agent', agentId: 'bot', ...part });
  test('has its replies costed beside a person’s measured time, and no correction takes from them', () => {
    const states = replay([
      bot({ kind: 'estimate', rawSeconds: 60 }),
      fact({ rawSeconds: 100 }),
      fact({ rawSeconds: -150 }),
    ]).map(({ state, costedSeconds, untakenSeconds }) => [state, costedSeconds, untakenSeconds]);
    expect(states).toEqual([
      ['costed', 60, 0],
      ['costed', 0, 0],
      ['costed', 0, 50],
    ]);
  });

  test('never replaces a person’s estimate, and its tracked time is kept', () => {
    const states = replay([fact({ kind: 'estimate', rawSeconds: 300 }), bot({ rawSeconds: 900 })]);
    expect(states.map(({ state, costedSeconds }) => [state, costedSeconds])).toEqual([
      ['costed', 300],
      ['kept', 0],
    ]);
  });
});

const anyFact = fc.record({
  kind: fc.constantFrom('measured' as const, 'measured' as const, 'estimate' as const),
  actor: fc.constantFrom('agent' as const, 'agent' as const, 'agent' as const, 'rule' as const, 'ai_agent' as const),
  clock: fc.constantFrom('time tracking', 'time tracking', 'engagement', 'talk', 'not counted'),
  rawSeconds: fc.integer({ min: -3_000, max: 20_000 }),
  minute: fc.integer({ min: 0, max: 3 }),
  held: fc.boolean(),
});
const anyTicket = fc.array(anyFact, { maxLength: 14 }).map((parts) =>
  parts.map(({ minute, ...part }, index) =>
    fact({
      ...part,
      rawSeconds: part.kind === 'estimate' ? Math.abs(part.rawSeconds) : part.rawSeconds,
      sourceKey: `${part.kind === 'estimate' ? 'estimate:' : ''}audit:${index + 7}`,
      workedAt: new Date(Date.UTC(2026, 4, 4, 9, minute)),
    }),
  ),
);

describe('laws', () => {
  test('the order of arrival does not matter', () =>
    fc.assert(
      fc.property(
        anyTicket.chain((facts) =>
          fc.tuple(fc.constant(facts), fc.shuffledSubarray(facts, { minLength: facts.length })),
        ),
        ([facts, shuffled]) => {
          expect(replayWork(shuffled, { constants })).toEqual(replayWork(facts, { constants }));
        },
      ),
    ));

  test('no second is lost or made: raw = costed + capped + taken back + not costed', () =>
    fc.assert(
      fc.property(anyTicket, (facts) => {
        const results = replayWork(facts, { constants });
        expect(results).toHaveLength(facts.length);
        let taken = 0;
        for (const result of results) {
          const back = result.takeBacks.reduce((sum, { seconds }) => sum + seconds, 0);
          taken += back;
          expect(result.costedSeconds).toBeGreaterThanOrEqual(0);
          if (result.state !== 'costed') expect(result.costedSeconds + back).toBe(0);
          else if (result.fact.rawSeconds > 0)
            expect(result.costedSeconds + result.cappedSeconds + back).toBe(result.fact.rawSeconds);
        }
        const corrections = results.filter(({ state, fact: { rawSeconds } }) => state === 'costed' && rawSeconds < 0);
        const owed = corrections.reduce((sum, result) => sum - result.fact.rawSeconds - result.untakenSeconds, 0);
        expect(taken).toBe(owed);
      }),
    ));
});
