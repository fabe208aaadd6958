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
  volume: 'More tickets for its orders than the average; null where the account has no orders',
  reason: 'Reasons that cost more than the average ticket',
  language: 'Languages that cost more than the average ticket',
  handlingTime: 'More seconds a ticket than tickets of the same reason and language take',
  rate: 'Dearer seconds than those of the same reason and language are',
};

const mixLine = z.object({
  code: z.string().nullable().describe('Null: not known'),
  ticketsWorked: z.number(),
  share: share.describe('Of its tickets worked on'),
  accountShare: share.describe('Of the account’s'),
  ahtSeconds: share.describe('Handled seconds a ticket'),
  accountAhtSeconds: share,
  costPerTicket: money,
  accountCostPerTicket: money,
  excess: money.describe('Cost above the part of the expected cost; the lines add up to the partner’s excess'),
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
    .describe('They add up to the excess, exactly'),
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
  'From the account’s cost per order to the true cost: tickets at the average cost (volume), by reason and language (the mean of both orders), by seconds (handling time), by rate; each step rounded to micros once.';

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
