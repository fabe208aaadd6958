import { expect, test } from 'vitest';
import { type CellFacts, noFacts } from '../../../../src/features/reports/facts/facts.ts';
import { partnershipFactNames } from '../../../../src/features/reports/facts/partnership-facts.ts';
import {
  againstAccount,
  type FigureName,
  factsOfFigure,
  figuresOf,
  toldFact,
} from '../../../../src/features/reports/seals/figure-facts.ts';
import { books, factsOf } from '../../../../src/features/reports/seals/kept-items.ts';

/** All facts different and far from zero, so that no change of one is hidden. */
const base = (): CellFacts => {
  const facts = noFacts();
  for (const [at, name] of (Object.keys(facts) as (keyof CellFacts)[]).entries())
    facts[name] = BigInt(100_000_000 + at * 7_654_321);
  for (const score of ['scores1', 'scores2', 'scores3', 'scores4', 'scores5'] as const) facts[score] = 20n;
  return { ...facts, delivered: 200n, answered: 100n, unpooledMicroseconds: 0n };
};

/** States in which single facts decide: none of it priced, nothing sold, nobody known. */
const states: readonly Partial<CellFacts>[] = [
  {},
  { revenueMicros: 0n, refundMicros: 0n, unpricedOrdersPpm: 0n, unpricedRefundsPpm: 0n },
  { otherCostMicros: 0n, unpricedCosts: 0n },
  { benefitMicros: 0n, unpricedBenefits: 0n },
  { knownBenefits: 0n },
  { costMicros: 0n, microseconds: 0n, unpricedEntries: 0n },
  { measuredCostMicros: 0n },
];

const changedBy = (state: Partial<CellFacts>, name: keyof CellFacts, of: 'row' | 'account'): FigureName[] => {
  const facts = { ...base(), ...state };
  const other = { ...facts, [name]: facts[name] === 0n ? 1n : facts[name] * 3n };
  const before = figuresOf(facts, facts, 'USD');
  const after = of === 'row' ? figuresOf(other, facts, 'USD') : figuresOf(facts, other, 'USD');
  return (Object.keys(before) as FigureName[]).filter(
    (figure) => JSON.stringify(before[figure]) !== JSON.stringify(after[figure]),
  );
};

test('law: every fact that changes a figure is said to, so that its reasons are the figure’s', () => {
  const said = new Set<string>();
  for (const state of states)
    for (const name of Object.keys(noFacts()) as (keyof CellFacts)[]) {
      for (const figure of changedBy(state, name, 'row')) {
        expect([figure, factsOfFigure[figure]]).toEqual([figure, expect.arrayContaining([name])]);
        said.add(figure);
      }
      for (const figure of changedBy(state, name, 'account')) expect(againstAccount).toContain(figure);
    }
  // Each figure was seen to change; flags alone stay.
  expect(Object.keys(factsOfFigure).filter((figure) => !said.has(figure))).toEqual(expect.not.arrayContaining(['roi']));
  expect(said.size).toBeGreaterThan(20);
});

test('every figure of a row is held against what was sealed', () => {
  expect(Object.keys(figuresOf(base(), base(), 'USD')).toSorted()).toEqual(Object.keys(factsOfFigure).toSorted());
});

test('bug: a reason told nothing of what it added; every fact that one adds to has a name of its own', () => {
  const added = [
    ...books.flatMap(factsOf),
    ...partnershipFactNames,
    'microseconds' as const,
    'costMicros' as const,
    'measuredCostMicros' as const,
  ];
  const names = added.map((fact) => toldFact(fact, { currency: 'USD', seesRates: true })?.name);
  expect(added.filter((_, at) => names[at] === undefined)).toEqual([]);
  expect(new Set(names).size).toBe(new Set(added).size);
});
