import { z } from 'zod';
import type { Day } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { heldUpBy, isHeld, isUnheld, type KnownDays } from '../directory/index.ts';
import { ticketsKnown } from '../ingest/index.ts';
import { ordersKnown } from '../orders/index.ts';
import { type LedgerSide, ledgerSides } from './facts/fact-statements.ts';
import type { Period } from './facts/facts.ts';

/** The days of which we hold everything, by side. */
export type Known = Readonly<Record<LedgerSide, KnownDays>>;

export const loadKnown = async (sql: Sql): Promise<Known> => {
  const [orders, walked] = await Promise.all([ordersKnown(sql), ticketsKnown(sql)]);
  if (walked) return { orders, ...walked };
  // Of what no walk brought the oldest row is all there is to go by.
  const [row] = await sql.query<{ tickets: Day | null; work: Day | null }>(
    'select (select min(created_day) from ticket)::text as "tickets", (select min(worked_day) from posting)::text as "work"',
  );
  const from = (since: Day | null): KnownDays => ({ since, until: null, sources: [] });
  return { orders, tickets: from(row?.tickets ?? null), work: from(row?.work ?? null) };
};

/** Sides that a period knows nothing of. */
export const unknownSides = (period: Period, known: Known): LedgerSide[] =>
  ledgerSides.filter((side) => isUnheld(known[side], period));

/** Sides of which we hold everything on some days of the period, and not on others. */
export const partlyKnown = (period: Period, known: Known): LedgerSide[] =>
  ledgerSides.filter((side) => !isUnheld(known[side], period) && !isHeld(known[side], period));

/** By side the connections that hold up what is not wholly known; none where nothing was ever walked. */
export const sidesHeldUp = (period: Period, known: Known): { side: LedgerSide; connections: string[] }[] =>
  ledgerSides
    .map((side) => ({ side, connections: heldUpBy(known[side], period) }))
    .filter(({ connections }) => connections.length > 0);

const side = z.enum(ledgerSides);
export const notHeldAnswer = z
  .array(side)
  .describe(
    'Of which not all is held on the days that have begun: figures that rest on it are of what is held, and rates may be far off',
  );

export const heldUpByAnswer = z
  .array(z.object({ side, connections: z.array(z.string()) }))
  .describe(
    'By side the names of the connections of which something is missing on these days: read from later on, not read to the end yet, or no more; read their history, or disconnect what is given up',
  );

/** How much of the asked days an answer is of. */
export const daysAnswers = {
  partial: z
    .boolean()
    .describe(
      'The last day is not over: what comes until then is not in it, and a whole period held against it is more',
    ),
  held: z
    .object({
      unknown: z.array(side).describe('Of none of the days that have begun we hold all of these'),
      partlyKnown: z.array(side).describe('We hold all of these on some of them, and not on others'),
      heldUpBy: heldUpByAnswer,
    })
    .describe(
      'Of which sides not all is held: figures that rest on them are of what is held, and rates of it may be far off; what rests on which says `/api/v1/reports/definitions`',
    ),
};
export interface HeldDays {
  readonly partial: boolean;
  readonly held: z.output<typeof daysAnswers.held>;
}

const begun = ({ from, to }: Period, today: Day): Period => ({ from, to: to < today ? to : today });

/** Whether a period goes on. */
export const isRunning = ({ to }: Period, today: Day): boolean => to >= today;

/** Sides of which not all is held on the days of a period that have begun; of those to come nothing is missing. */
export const notHeld = (
  period: Period,
  { known, today }: { readonly known: Known; readonly today: Day },
): LedgerSide[] =>
  period.from > today || period.from > period.to
    ? []
    : ledgerSides.filter((one) => !isHeld(known[one], begun(period, today)));

export const heldDays = (
  period: Period,
  { known, today }: { readonly known: Known; readonly today: Day },
): HeldDays => {
  const days = begun(period, today);
  const nothing = { unknown: [], partlyKnown: [], heldUpBy: [] };
  return {
    partial: isRunning(period, today),
    held:
      period.from > today
        ? nothing
        : {
            unknown: unknownSides(days, known),
            partlyKnown: partlyKnown(days, known),
            heldUpBy: sidesHeldUp(days, known),
          },
  };
};

/** The same in a cell of a table. */
export const notHeldCell = (sides: readonly LedgerSide[]): string => sides.join('|');
export const notHeldOf = ({ held }: HeldDays): LedgerSide[] =>
  ledgerSides.filter((one) => held.unknown.includes(one) || held.partlyKnown.includes(one));

/**
 * The same of an answer, and for a row of some of its days. To be asked before the figures are counted, or in their snapshot:
 * later, the end of a walk might speak of rows that they lack.
 */
export const loadHeldDays = async (sql: Sql, period: Period, today: Day) => {
  const known = await loadKnown(sql);
  return {
    ...heldDays(period, { known, today }),
    notHeldIn: (days: Period): LedgerSide[] => notHeld(days, { known, today }),
  };
};
