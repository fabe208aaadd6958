import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Score } from '../../../src/features/csat/index.ts';
import { contradictionMs, judgeVote, type PastVote } from '../../../src/features/csat/votes.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 2, 2) + seconds * 1000);

/** Plays votes in order and returns them with the answer that holds in the end. */
const play = (votes: readonly (readonly [seconds: number, score: Score])[]) => {
  let history: PastVote[] = [];
  let holding: Score | null = null;
  for (const [index, [seconds, score]] of votes.entries()) {
    const verdict = judgeVote(history, { score, at: at(seconds) });
    history = history.map((vote) => (verdict.voids.includes(vote.id) ? { ...vote, voided: true } : vote));
    history.push({ id: BigInt(index), score, at: at(seconds), voided: verdict.voided });
    holding = verdict.holding?.score ?? null;
  }
  return { holding, voided: history.filter(({ voided }) => voided).length };
};

describe('judgeVote', () => {
  it.each<[string, (readonly [number, Score])[], Score | null, number]>([
    ['one vote holds', [[0, 4]], 4, 0],
    [
      'the last answer wins',
      [
        [0, 4],
        [10, 2],
      ],
      2,
      0,
    ],
    [
      'the same answer twice is no contradiction',
      [
        [0, 4],
        [1, 4],
      ],
      4,
      0,
    ],
    [
      'two different answers within 3 s void one another',
      [
        [0, 4],
        [3, 2],
      ],
      null,
      2,
    ],
    [
      'just over 3 s they do not',
      [
        [0, 4],
        [3.001, 2],
      ],
      2,
      0,
    ],
    [
      'a scanner that sends all five voids them all',
      [
        [0, 1],
        [0.5, 2],
        [1, 3],
        [1.5, 4],
        [2, 5],
      ],
      null,
      5,
    ],
    [
      'also when it goes slowly from one to the next',
      [
        [0, 1],
        [2.5, 2],
        [5, 3],
        [7.5, 4],
        [10, 5],
      ],
      null,
      5,
    ],
    [
      'an earlier answer stays',
      [
        [0, 5],
        [60, 1],
        [61, 2],
      ],
      5,
      2,
    ],
    [
      'a later answer counts',
      [
        [0, 1],
        [1, 2],
        [60, 4],
      ],
      4,
      2,
    ],
  ])('%s', (_, votes, holding, voided) => {
    expect(play(votes)).toEqual({ holding, voided });
  });

  it('never lets two votes that contradict one another within seconds both count', () => {
    const vote = fc.tuple(fc.integer({ min: 0, max: 60_000 }), fc.constantFrom<Score>(1, 2, 3, 4, 5));
    fc.assert(
      fc.property(fc.array(vote, { maxLength: 20 }), (votes) => {
        let history: PastVote[] = [];
        for (const [index, [ms, score]] of votes.toSorted(([a], [b]) => a - b).entries()) {
          const verdict = judgeVote(history, { score, at: at(ms / 1000) });
          history = history.map((past) => (verdict.voids.includes(past.id) ? { ...past, voided: true } : past));
          history.push({ id: BigInt(index), score, at: at(ms / 1000), voided: verdict.voided });
          const valid = history.filter(({ voided }) => !voided);
          for (const a of valid)
            for (const b of valid)
              if (a.score !== b.score) expect(Math.abs(+a.at - +b.at)).toBeGreaterThan(contradictionMs);
          expect(verdict.holding?.score ?? null).toBe(valid.at(-1)?.score ?? null);
        }
      }),
    );
  });
});
