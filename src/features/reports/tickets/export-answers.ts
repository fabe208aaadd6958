import { z } from 'zod';
import { type Cell, writeCsv } from '../../../platform/csv.ts';
import { moneyAnswer } from '../../../platform/http/answers.ts';
import { fxDayAnswer } from '../answers.ts';
import { basisColumns, type CostedAt } from '../tables.ts';
import { wageAnswer } from './wages.ts';

const code = z.string().nullable();
const instant = z.string().describe('ISO 8601, in UTC');

/** A part of an entry's cost as it stands, what was taken back left out. */
const costPart = z.object({
  partner: code,
  region: code,
  country: code,
  seconds: z.number().describe('Costed seconds of this share'),
  cost: moneyAnswer.optional().describe('This and what follows: by the scope `rates` alone'),
  native: moneyAnswer.optional().describe("In the rate's currency"),
  rate: z
    .object({ hourly: moneyAnswer, scope: z.string(), key: code, validFrom: z.string(), wage: wageAnswer })
    .optional()
    .describe("The key of an agent's own rate names the agent: null where the setting agentFigures is off"),
  fx: z
    .object({ numerator: z.string(), denominator: z.string(), date: z.string().nullable() })
    .optional()
    .describe('The exact exchange rate as a fraction, and its day; with fxDay those of that day'),
});

const entry = z.object({
  sourceKey: z.string().describe('Stable at the helpdesk'),
  agent: z
    .string()
    .nullable()
    .optional()
    .describe("The helpdesk's id; by the scope `rates` and with the setting agentFigures alone"),
  clock: z.string(),
  measured: z.boolean(),
  actor: z.string(),
  channel: code,
  workedAt: instant,
  rawSeconds: z.number(),
  costedSeconds: z.number(),
  cappedSeconds: z.number(),
  untakenSeconds: z.number(),
  state: z.string(),
  decision: z.string().nullable(),
  unpriced: z.string().nullable(),
  parts: z.array(costPart),
});

const exportItem = z.object({
  id: z.string(),
  connection: z.string(),
  externalId: z.string(),
  createdAt: instant.nullable(),
  solvedAt: instant.nullable(),
  status: code,
  channel: code,
  language: code,
  reason: code,
  method: code.describe('The rung that decided: person, field, text, recent orders, rule ...'),
  confidence: code,
  version: z.int().nullable().describe('Of the attribution'),
  rule: z.string().nullable().describe('The id of the rule that decided, where one did'),
  orders: z.array(z.string()).describe('Numbers of the orders that the attribution rests on'),
  shares: z.array(z.object({ partner: code, region: code, country: code, ppm: z.int() })),
  cellPpm: z.int().describe("The part of the ticket, in millionths, that is the asked cell's"),
  handledSeconds: z.number().describe('The part that falls into the asked cell and period'),
  supportCost: moneyAnswer.nullable().describe('The same of the cost: the rows add up to the report'),
  work: z.array(entry).describe('Work of the period'),
});
export type ExportItem = z.output<typeof exportItem>;

export const exportAnswer = z.object({
  from: z.string(),
  to: z.string(),
  costBasis: z.enum(['true', 'pooled']),
  fxDay: fxDayAnswer,
  items: z.array(exportItem).describe('Newest first: those created in the period, then those only worked on in it'),
  next: z.string().nullable().describe('Give it as `after` for the next page; null on the last'),
});

const list = (values: readonly (string | null | undefined)[]): string =>
  [...new Set(values.filter((value) => value !== null && value !== undefined))].join(' | ');
const total = (values: readonly number[]): number => Math.round(values.reduce((a, b) => a + b, 0) * 1e6) / 1e6;

interface Column {
  readonly name: string;
  readonly of: (item: ExportItem) => Cell;
}

const sharesOf =
  (what: 'partner' | 'region' | 'country') =>
  ({ shares }: ExportItem): string =>
    shares.map((share) => `${share[what] ?? 'none'}:${share.ppm}`).join(' ');
const sumOf =
  (
    what: 'rawSeconds' | 'costedSeconds' | 'cappedSeconds' | 'untakenSeconds',
    wanted?: (measured: boolean) => boolean,
  ) =>
  ({ work }: ExportItem): number =>
    total(work.filter(({ measured }) => wanted?.(measured) ?? true).map((one) => one[what]));
const partsOf = ({ work }: ExportItem) => work.flatMap(({ parts }) => parts);
type Part = ReturnType<typeof partsOf>[number];

const hourlyOf = ({ rate }: Part): string => (rate ? `${rate.hourly.amount} ${rate.hourly.currency}` : '');
const wageOf = ({ rate }: Part): string => {
  if (!rate?.wage) return '';
  const { hourly, applied, ...factors } = rate.wage;
  const named = Object.entries(factors).flatMap(([name, part]) => (part === null ? [] : [`${name} ${part}`]));
  return [`${hourly.amount} ${hourly.currency}`, ...named, applied].join(' ');
};
const rateOf = ({ rate }: Part): string =>
  rate ? `${`${rate.scope} ${rate.key ?? ''}`.trim()} from ${rate.validFrom}` : '';
const fxOf = ({ fx }: Part): string =>
  fx ? `${fx.numerator}/${fx.denominator}${fx.date ? ` of ${fx.date}` : ''}` : '';

/** Parts by the rate and exchange rate that they were priced at: of each seconds x hourly / 3600 x fx is the cost, but for its rounding. */
const pricesOf = (item: ExportItem): Part[][] => [
  ...Map.groupBy(partsOf(item), (part) =>
    JSON.stringify([hourlyOf, wageOf, rateOf, fxOf].map((of) => of(part))),
  ).values(),
];

/** A cell that tells something of each price, in the one order that all such cells have; empty where it tells nothing. */
const byPrice =
  (of: (parts: readonly Part[]) => string) =>
  (item: ExportItem): string => {
    const cells = pricesOf(item).map(of);
    return cells.every((cell) => cell === '') ? '' : cells.join(' | ');
  };
const ofFirst = (of: (part: Part) => string) => byPrice(([first]) => (first ? of(first) : ''));

/** Millionths as an amount with six decimals. */
const decimal = (micros: bigint): string => {
  const digits = (micros < 0n ? -micros : micros).toString().padStart(7, '0');
  return `${micros < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
};
const microsOf = ({ amount }: { readonly amount: string }): bigint => BigInt(amount.replace('.', ''));

/** What was paid in each currency, exact. */
const nativeOf = (item: ExportItem): string => {
  const sums = new Map<string, bigint>();
  for (const { native } of partsOf(item))
    if (native) sums.set(native.currency, (sums.get(native.currency) ?? 0n) + microsOf(native));
  return [...sums].map(([currency, micros]) => `${decimal(micros)} ${currency}`).join(' | ');
};

const costOf = (parts: readonly Part[]): string =>
  parts.some(({ cost }) => cost)
    ? decimal(parts.reduce((sum, { cost }) => sum + (cost ? microsOf(cost) : 0n), 0n))
    : '';

const columns: readonly Column[] = [
  { name: 'id', of: ({ id }) => id },
  { name: 'connection', of: ({ connection }) => connection },
  { name: 'externalId', of: ({ externalId }) => externalId },
  { name: 'createdAt', of: ({ createdAt }) => createdAt },
  { name: 'solvedAt', of: ({ solvedAt }) => solvedAt },
  { name: 'status', of: ({ status }) => status },
  { name: 'channel', of: ({ channel }) => channel },
  { name: 'language', of: ({ language }) => language },
  { name: 'reason', of: ({ reason }) => reason },
  { name: 'method', of: ({ method }) => method },
  { name: 'confidence', of: ({ confidence }) => confidence },
  { name: 'version', of: ({ version }) => version },
  { name: 'rule', of: ({ rule }) => rule },
  { name: 'orders', of: ({ orders }) => list(orders) },
  { name: 'partners', of: sharesOf('partner') },
  { name: 'regions', of: sharesOf('region') },
  { name: 'countries', of: sharesOf('country') },
  { name: 'cellPpm', of: ({ cellPpm }) => cellPpm },
  { name: 'entries', of: ({ work }) => work.length },
  { name: 'agents', of: ({ work }) => list(work.map(({ agent }) => agent)) },
  { name: 'clocks', of: ({ work }) => list(work.map(({ clock }) => clock)) },
  { name: 'rawSeconds', of: sumOf('rawSeconds') },
  { name: 'measuredSeconds', of: sumOf('costedSeconds', (measured) => measured) },
  { name: 'estimatedSeconds', of: sumOf('costedSeconds', (measured) => !measured) },
  { name: 'cappedSeconds', of: sumOf('cappedSeconds') },
  { name: 'untakenSeconds', of: sumOf('untakenSeconds') },
  { name: 'heldEntries', of: ({ work }) => work.filter(({ state }) => state === 'held').length },
  { name: 'unpriced', of: ({ work }) => list(work.map(({ unpriced }) => unpriced)) },
  { name: 'seconds', of: byPrice((parts) => String(total(parts.map(({ seconds }) => seconds)))) },
  { name: 'hourly', of: ofFirst(hourlyOf) },
  { name: 'wages', of: ofFirst(wageOf) },
  { name: 'rates', of: ofFirst(rateOf) },
  { name: 'fx', of: ofFirst(fxOf) },
  { name: 'costs', of: byPrice(costOf) },
  { name: 'nativeCost', of: nativeOf },
  { name: 'handledSeconds', of: ({ handledSeconds }) => handledSeconds },
  { name: 'supportCost', of: ({ supportCost }) => supportCost?.amount ?? null },
  { name: 'currency', of: ({ supportCost }) => supportCost?.currency ?? null },
];

/**
 * A line per ticket; what it has several of is a list with bars between. Those from `seconds` to `costs` are of its prices, a
 * place for each in one order, so that a spreadsheet can work each out; in other lists everything stands once.
 */
export const exportCsv = (items: readonly ExportItem[], at: CostedAt): string => {
  const all = [...columns, ...basisColumns(at)];
  return writeCsv(
    all.map(({ name }) => name),
    items.map((item) => all.map(({ of }) => of(item))),
  );
};
