import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addFacts, type Cell, noFacts } from '../../../src/features/reports/facts/facts.ts';
import { foldSmallCells, severalPartners } from '../../../src/features/reports/small-cells.ts';

const cell = (partner: string | null, region: string | null, tickets: number, worked = tickets): Cell => ({
  key: { partner, region },
  facts: {
    ...noFacts(),
    ticketsPpm: BigInt(Math.round(tickets * 1e6)),
    ticketsWorkedPpm: BigInt(Math.round(worked * 1e6)),
    costMicros: BigInt(Math.round(tickets * 7e6)),
  },
});
const rows = (cells: readonly Cell[], least = 5) =>
  foldSmallCells(cells, least).map(({ key, facts, folded }) => [
    key.partner,
    key.region,
    Number(facts.ticketsPpm) / 1e6,
    folded?.partners ?? null,
  ]);

describe('small cells of partners', () => {
  it('are put together under their region, with the reason', () => {
    const cells = [cell('nord', 'SE', 5), cell('sud', 'SE', 4.999999), cell('ost', 'SE', 1), cell('sud', 'NO', 2)];
    expect(rows(cells)).toEqual([
      ['nord', 'SE', 5, null],
      [severalPartners, 'SE', 5.999999, ['ost', 'sud']],
      [severalPartners, 'NO', 2, ['sud']],
    ]);
    expect(foldSmallCells(cells, 5)[1]?.folded).toEqual({
      partners: ['ost', 'sud'],
      leastTickets: 5,
      reason: 'fewer than 5 tickets each',
    });
  });

  it.each<[string, Cell]>([
    ['Direct', cell('direct', 'SE', 1)],
    ['Unattributed', cell(null, 'SE', 1)],
    ['enough tickets that were worked on, though few were created', cell('nord', 'SE', 1, 5)],
    ['enough tickets', cell('nord', 'SE', 5, 0)],
  ])('stay a row of their own: %s', (_, one) => expect(foldSmallCells([one], 5)).toEqual([one]));

  it('without a region are put together apart', () => {
    expect(rows([cell('nord', null, 1), cell('sud', 'SE', 1)]).map(([, region]) => region)).toEqual([null, 'SE']);
  });

  it('change no total and no sum of a region, whatever they are', () => {
    const some = fc.array(
      fc.record({
        partner: fc.constantFrom('direct', 'nord', 'sud', 'ost', null),
        region: fc.constantFrom('SE', 'NO', null),
        tickets: fc.nat(10),
      }),
    );
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 12 }), (given, least) => {
        const cells = given.map(({ partner, region, tickets }) => cell(partner, region, tickets));
        const folded = foldSmallCells(cells, least);
        for (const region of ['SE', 'NO', null]) {
          const sum = (all: readonly Cell[]) =>
            addFacts(all.filter(({ key }) => key.region === region).map(({ facts }) => facts));
          expect(sum(folded)).toEqual(sum(cells));
        }
      }),
    );
  });
});
