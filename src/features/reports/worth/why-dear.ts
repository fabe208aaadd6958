import { moneyJson, ratio, rational, roundHalfEven, wholePpm } from '../../../core/money.ts';
import type { Database } from '../../../platform/database/open.ts';
import { costStatements } from '../facts/fact-statements.ts';
import { addFacts, type Cell, loadSides, type Period } from '../facts/facts.ts';
import type { CostBasis } from '../facts/pooled-cost.ts';
import { costOf, type MoneyJson } from '../metrics.ts';
import { totalFacts } from '../totals/read.ts';
import { type Borne, drivers, excessOf, type MixLine, mixOf, type WorkCell } from './excess.ts';
import type { WhyDearRow } from './why-dear-answers.ts';

const whole = BigInt(wholePpm);

const workOf = ({ key, facts }: Cell): WorkCell => ({
  reason: key.reason ?? null,
  language: key.language ?? null,
  ticketsPpm: facts.ticketsWorkedPpm,
  microseconds: facts.microseconds,
  costMicros: facts.costMicros,
});

/** Everybody's cost in excess of the account's average, the largest first; reasons and languages where one partner is asked for. */
export const whyDear = async (
  db: Database,
  {
    from,
    to,
    partner,
    currency,
    timeZone,
    costBasis,
  }: Period & {
    /** A code, "none" for Unattributed; undefined: all, without their mix. */
    readonly partner?: string | undefined;
    readonly currency: string;
    readonly timeZone: string;
    readonly costBasis: CostBasis;
  },
): Promise<WhyDearRow[]> => {
  const by = ['partner', 'reason', 'language'] as const;
  const { work, orders } = await db.transaction(
    async (sql) => {
      const period = { from, to };
      // No total knows reasons and languages; of orders the partners are enough.
      const kept = await totalFacts(sql, period, ['partner'], { timeZone, costBasis: 'true' });
      const statements = costStatements(by, costBasis).filter(({ side }) => kept === null || side !== 'orders');
      const sides = await loadSides(sql, period, by, { timeZone, costBasis }, statements);
      const cells = kept?.filter(({ facts }) => facts.ordersPpm > 0n) ?? sides.orders.cells;
      return { work: sides.work, orders: { cells } };
    },
    { readOnly: true, isolation: 'repeatable read' },
  );
  const ordersOf = (cells: readonly Cell[]): bigint => cells.reduce((sum, { facts }) => sum + facts.ordersPpm, 0n);
  const account: Borne = { ordersPpm: ordersOf(orders.cells), cells: work.cells.map(workOf) };
  const isToldToNobody = work.cells.some(({ facts }) => costOf(facts) === null);
  const money = (micros: bigint | null): MoneyJson | null =>
    micros === null || isToldToNobody ? null : moneyJson({ micros, currency });
  const perTicket = ({ costMicros, ticketsPpm }: { costMicros: bigint; ticketsPpm: bigint }): MoneyJson | null =>
    ticketsPpm === 0n ? null : money(roundHalfEven(rational(costMicros * whole, ticketsPpm)));
  const ticketsIn = (cells: readonly WorkCell[]): bigint => cells.reduce((sum, cell) => sum + cell.ticketsPpm, 0n);
  const count = (ppm: bigint): number => ratio(ppm, whole) ?? 0;

  const asked = partner === 'none' ? null : partner;
  const codes = new Set([...work.cells, ...orders.cells].map(({ key }) => key.partner));
  const wanted = partner === undefined ? [...codes] : [asked ?? null];
  const rows = wanted.map((code) => {
    const own = work.cells.filter(({ key }) => key.partner === code);
    const borne: Borne = {
      ordersPpm: ordersOf(orders.cells.filter(({ key }) => key.partner === code)),
      cells: own.map(workOf),
    };
    const { per, costMicros, expectedMicros, excessMicros, parts } = excessOf(borne, account);
    const facts = addFacts(own.map((cell) => cell.facts));
    const known = (what: 'reason' | 'language') =>
      ratio(ticketsIn(borne.cells.filter((cell) => cell[what] !== null)), ticketsIn(borne.cells));
    const lineOf = (line: MixLine) => ({
      code: line.code,
      ticketsWorked: count(line.own.ticketsPpm),
      share: ratio(line.own.ticketsPpm, ticketsIn(borne.cells)),
      accountShare: ratio(line.account.ticketsPpm, ticketsIn(account.cells)),
      ahtSeconds: ratio(line.own.microseconds, line.own.ticketsPpm),
      accountAhtSeconds: ratio(line.account.microseconds, line.account.ticketsPpm),
      costPerTicket: perTicket(line.own),
      accountCostPerTicket: perTicket(line.account),
      excess: money(line.excessMicros),
    });
    return {
      excessMicros,
      row: {
        partner: code,
        per,
        orders: count(borne.ordersPpm),
        ticketsWorked: count(ticketsIn(borne.cells)),
        supportCost: money(costMicros),
        expectedCost: money(expectedMicros),
        excess: money(excessMicros),
        parts: Object.fromEntries(drivers.map((driver) => [driver, money(parts[driver])])) as WhyDearRow['parts'],
        coverage: {
          measuredShare: isToldToNobody ? null : ratio(facts.measuredCostMicros, costMicros),
          reasonKnownShare: known('reason'),
          languageKnownShare: known('language'),
        },
        ...(partner !== undefined && {
          reasons: mixOf(borne, account, 'reason', expectedMicros).map(lineOf),
          languages: mixOf(borne, account, 'language', expectedMicros).map(lineOf),
        }),
      },
    };
  });
  return rows
    .toSorted((a, b) => {
      if (!isToldToNobody && a.excessMicros !== b.excessMicros) return a.excessMicros > b.excessMicros ? -1 : 1;
      return (a.row.partner ?? '~') < (b.row.partner ?? '~') ? -1 : 1;
    })
    .map(({ row }) => row);
};
