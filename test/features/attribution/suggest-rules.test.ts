import { describe, expect, it } from 'vitest';
import { suggestFromCorrections } from '../../../src/features/attribution/suggest-rules.ts';

type Seen = Parameters<typeof suggestFromCorrections>[0][number];
let last = 0n;
const ticket = (conditions: Seen['conditions'], ...chosen: string[]): Seen => {
  last += 1n;
  return { id: last, connectionId: 1, conditions, chosen };
};
const many = (count: number, conditions: Seen['conditions'], ...chosen: string[]): Seen[] =>
  Array.from({ length: count }, () => ticket(conditions, ...chosen));
const brand42 = [['brandId', '42']] as const;

describe('rules that corrections amount to', () => {
  it('say what agents did, in words and as a rule', () => {
    const [suggestion, ...more] = suggestFromCorrections(
      [...many(14, brand42, 'partner nord'), ...many(1, brand42)],
      [],
    );
    expect(more).toEqual([]);
    expect(suggestion).toMatchObject({
      words: 'agents moved 14 of 15 tickets of brand 42 to nord: make a ticket rule',
      rule: { when: { brandId: '42' }, partner: 'nord' },
      tickets: 15,
      moved: 14,
      agreeing: 14,
    });
    expect(suggestion?.examples).toHaveLength(5);
  });

  it.each<[string, Seen[]]>([
    ['too few', many(4, brand42, 'partner nord')],
    ['agents who disagree', [...many(8, brand42, 'partner nord'), ...many(2, brand42, 'partner sud')]],
    ['tickets that agents left as they are', [...many(10, brand42, 'partner nord'), ...many(11, brand42)]],
    ['corrections with nothing in common', many(20, [], 'partner nord')],
  ])('are none of %s', (_, seen) => expect(suggestFromCorrections(seen, [])).toEqual([]));

  it('are none that there is already', () => {
    const seen = many(10, brand42, 'partner nord');
    const rule = { id: 1, condition: { brandId: '42' }, partner: 'nord', region: null };
    expect(suggestFromCorrections(seen, [rule])).toEqual([]);
    expect(suggestFromCorrections(seen, [{ ...rule, partner: 'sud' }])).toHaveLength(1);
  });

  it('give regions too, and the one that moves most comes first', () => {
    const seen = [...many(6, [['tag', 'b2b']], 'partner nord', 'region SE'), ...many(9, [['inbox', '7']], 'region NO')];
    expect(suggestFromCorrections(seen, []).map(({ rule }) => rule)).toEqual([
      { when: { inbox: '7' }, region: 'NO' },
      { when: { tag: 'b2b' }, region: 'SE' },
      { when: { tag: 'b2b' }, partner: 'nord' },
    ]);
  });
});
