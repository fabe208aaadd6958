import { z } from 'zod';
import { type Cell, writeCsv } from '../../../platform/csv.ts';
import { moneyAnswer } from '../../../platform/http/answers.ts';
import { fxDayAnswer } from '../answers.ts';
import { daysAnswers, type HeldDays, notHeldCell, notHeldOf } from '../held-days.ts';
import type { CostedAt } from '../tables.ts';
import { type Driver, drivers } from './excess.ts';

const money = moneyAnswer.nullable();
const share = z.number().nullable();

const driverNotes: Readonly<Record<Driver, string>> = {
  volume: 'More tickets for its orders than the account’s average; null where the account has no orders',
  reason:
    'Reasons that cost the others more a ticket than their average; of what they have no tickets of, at its own cost',
  language:
    'Languages that cost the others more a ticket than their average; of what they have no tickets of, at its own cost',
  handlingTime: 'More seconds a ticket than the others take for the same reason and language',
  rate: 'Dearer seconds than the others’ of the same reason and language, and what rounding leaves',
};

const ofAccount = 'Of the whole account, this partner included';

const mixLine = z.object({
  code: z.string().nullable().describe('Null: not known'),
  ticketsWorked: z.number(),
  share: share.describe('Of its tickets worked on'),
  accountShare: share.describe(ofAccount),
  ahtSeconds: share.describe('Handled seconds a ticket'),
  accountAhtSeconds: share.describe(ofAccount),
  costPerTicket: money,
  accountCostPerTicket: money.describe(ofAccount),
  excess: money.describe(
    'Where the excess lies, not why: cost above the part of the expected cost, which goes to all lines as the account’s cost does; the lines add up to the partner’s excess',
  ),
});

const whyDearRow = z.object({
  partner: z.string().nullable().describe('A code; `direct` is Direct, null is none'),
  per: z.enum(['order', 'ticket']).describe('Held against the account’s cost per order; without any orders per ticket'),
  orders: z.number(),
  ticketsWorked: z.number(),
  supportCost: money,
  expectedCost: money.describe('What its orders would have cost at the account’s average'),
  excess: money.describe('supportCost - expectedCost'),
  parts: z
    .object(
      Object.fromEntries(drivers.map((driver) => [driver, money.describe(driverNotes[driver])])) as Record<
        Driver,
        typeof money
      >,
    )
    .describe(
      'They add up to the excess, exactly; all but volume hold it against all others, Direct and Unattributed too, itself left out',
    ),
  coverage: z.object({ measuredShare: share, reasonKnownShare: share, languageKnownShare: share }),
  reasons: z.array(mixLine).optional().describe('Where one partner is asked for; largest excess first'),
  languages: z.array(mixLine).optional(),
});
export type WhyDearRow = z.output<typeof whyDearRow>;

export const whyDearAnswer = z.object({
  from: z.string(),
  to: z.string(),
  currency: z.string(),
  timeZone: z.string(),
  costBasis: z.enum(['true', 'pooled']),
  fxDay: fxDayAnswer,
  ...daysAnswers,
  method: z.string().describe('How the parts are found'),
  rows: z.array(whyDearRow).describe('Largest excess first'),
});

export const method =
  'From the account’s cost per order to its cost per ticket (volume); the rest holds the partner against all others, itself left out, in their part of the account’s tickets: its tickets at their cost, by reason and language (the mean of both orders), by seconds (handling time), by rate. Where the others have no ticket of a reason and language, its own cost is the standard there, so that such cost is reason or language and not handling time. Each step is rounded to micros once; rate takes what is left.';

/** A line per partner; of one partner, its reasons and languages below it, told apart by the column `line`. */
export const whyDearCsv = (
  rows: readonly WhyDearRow[],
  { days, fxDay = '', ...basis }: CostedAt & { readonly currency: string; readonly days: HeldDays },
): string => {
  const about = { ...basis, fxDay, partial: days.partial, notHeld: notHeldCell(notHeldOf(days)) };
  const amount = (value: { readonly amount: string } | null): Cell => value?.amount ?? null;
  const header = [
    'line',
    'partner',
    'code',
    'per',
    'orders',
    'ticketsWorked',
    'currency',
    'supportCost',
    'expectedCost',
    'excess',
    ...drivers,
    'measuredShare',
    'reasonKnownShare',
    'languageKnownShare',
    'share',
    'accountShare',
    'ahtSeconds',
    'accountAhtSeconds',
    'costPerTicket',
    'accountCostPerTicket',
    'partial',
    'notHeld',
    'fxDay',
    'costBasis',
  ];
  type Line = Readonly<Record<string, Cell>>;
  const lines = rows.flatMap((row): Line[] => {
    const mix = (line: string, { costPerTicket, accountCostPerTicket, excess, ...rest }: z.output<typeof mixLine>) => ({
      line,
      partner: row.partner,
      ...rest,
      excess: amount(excess),
      costPerTicket: amount(costPerTicket),
      accountCostPerTicket: amount(accountCostPerTicket),
    });
    return [
      {
        line: 'partner',
        partner: row.partner,
        per: row.per,
        orders: row.orders,
        ticketsWorked: row.ticketsWorked,
        supportCost: amount(row.supportCost),
        expectedCost: amount(row.expectedCost),
        excess: amount(row.excess),
        ...Object.fromEntries(drivers.map((driver) => [driver, amount(row.parts[driver])])),
        ...row.coverage,
      },
      ...(row.reasons ?? []).map((line) => mix('reason', line)),
      ...(row.languages ?? []).map((line) => mix('language', line)),
    ];
  });
  return writeCsv(
    header,
    lines.map((line) =>
      header.map((name) => (name in about ? about[name as keyof typeof about] : (line[name] ?? null))),
    ),
  );
};
