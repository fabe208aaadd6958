import { code } from 'currency-codes';
import { z } from 'zod';
import type { InputFault } from '../../core/errors.ts';
import { microsOf, multiply, parseDecimal, rational, roundHalfEven, wholePpm } from '../../core/money.ts';
import { type Day, isDay } from '../../core/time.ts';
import { cellField, readTable, refuseFaults } from '../../platform/csv.ts';
import type { PartnerBook, RegionBook } from '../directory/index.ts';
import { type Every, frequencies } from './amounts.ts';
import { benefitKinds, costKinds, type Item } from './items.ts';

/** What the cells of a file may name. */
export interface Known {
  readonly partners: PartnerBook;
  readonly regions: RegionBook;
  readonly stores: readonly { readonly id: number; readonly name: string }[];
  /** By reference the region that it has, which may be no more. */
  readonly pastRegions: ReadonlyMap<string, string>;
}

const cell = (wrong: string, pattern: RegExp) =>
  z
    .string()
    .default('')
    .refine((text) => text === '' || pattern.test(text), wrong);

const decimal = /^\d{1,12}(\.\d{1,6})?$/;
const day = z.string().refine(isDay, 'is not a day; write it as YYYY-MM-DD');

const common = {
  reference: z.string().min(1).max(100),
  partner: z.string().max(200),
  region: z.string().max(60).default(''),
  amount: cell('is not an amount; write it as 1200.00, without a thousands separator', decimal),
  currency: z
    .string()
    .default('')
    .transform((text) => text.toUpperCase())
    .refine((text) => text === '' || code(text) !== undefined, 'is not an ISO 4217 currency code such as EUR'),
  every: z
    .enum(['', ...frequencies], { error: `must be ${frequencies.join(', ')}` })
    .default('')
    .transform((every): Every => (every === '' ? 'once' : every)),
  from: day,
  to: z
    .string()
    .default('')
    .refine((text) => text === '' || isDay(text), 'is not a day; write it as YYYY-MM-DD, or leave it empty'),
};

const costColumns = z.object({
  ...common,
  kind: z.enum(costKinds, { error: `must be ${costKinds.join(', ')}` }),
  hours: cell('is not a number of hours; write it as 12.50', decimal),
  hourly: cell('is not an hourly amount; write it as 60.00', /^\d{1,9}(\.\d{1,6})?$/),
});

const lineCost = 'line cost';
const benefitColumns = z.object({
  ...common,
  kind: z.enum(benefitKinds, { error: `must be ${benefitKinds.join(', ')}` }),
  store: z.string().default(''),
  percent: z
    .string()
    .default('')
    .refine(
      (text) =>
        text === '' || text === lineCost || (/^\d{1,3}(\.\d{1,4})?$/.test(text) && microsOf(text) <= 100_000_000n),
      `is neither a percentage from 0 to 100, as 12.5, nor "${lineCost}"`,
    ),
});

type Common = z.output<z.ZodObject<typeof common>>;

/** Collects the faults of a file, row by row. */
const createFaults = () => {
  const faults: InputFault[] = [];
  const references = new Map<string, number>();
  return {
    faults,
    say: (row: number, column: string, reason: string) => faults.push({ field: cellField(row, column), reason }),
    repeats(row: number, reference: string) {
      const earlier = references.get(reference);
      if (earlier) faults.push({ field: cellField(row, 'reference'), reason: `repeats that of row ${earlier}` });
      references.set(reference, row);
    },
  };
};
type Faults = ReturnType<typeof createFaults>;

/** Partner, region and days, which both kinds of file have. */
const whereAndWhen = ({ row, value }: { row: number; value: Common }, known: Known, { say, repeats }: Faults) => {
  repeats(row, value.reference);
  const partner = value.partner === '' ? null : known.partners.resolve(value.partner);
  if (value.partner !== '' && partner === null) say(row, 'partner', `"${value.partner}" is no partner's code or alias`);
  const held = known.pastRegions.get(value.reference);
  const past = held === value.region ? held : null;
  const region = value.region === '' ? null : (known.regions.resolve(value.region) ?? past);
  if (value.region !== '' && region === null)
    say(row, 'region', `"${value.region}" is neither a region nor a country's code`);
  if (value.to !== '' && value.to < value.from) say(row, 'to', 'is before `from`');
  return {
    reference: value.reference,
    partner,
    region,
    startsOn: value.from as Day,
    endsOn: value.to === '' ? null : value.to,
  };
};

/** The amount of a row and how it is spread; what is once and names no last day is of its first day alone. */
const amountOf = ({ row, value }: { row: number; value: Common }, amountMicros: bigint, { say }: Faults) => {
  if (value.partner === '') say(row, 'partner', 'is empty; an amount is of a partner');
  if (value.currency === '') say(row, 'currency', 'is empty; write the currency of the amount');
  return {
    connectionId: null,
    amountMicros,
    currency: value.currency,
    every: value.every,
    ppm: null,
    byLineCost: false,
    ...(value.every === 'once' && value.to === '' ? { endsOn: value.from } : {}),
  };
};

/** `reference,partner,region,kind,amount,currency,every,hours,hourly,from,to`. Throws InvalidInput with a fault per bad cell. */
export const readOtherCosts = (text: string, known: Known): Item[] => {
  const all = createFaults();
  const items = readTable(text, costColumns, { decimals: ['amount', 'hours', 'hourly'] }).map(
    ({ row, value }): Item => {
      const { amount, hours, hourly, kind } = value;
      const byHours = hours !== '' || hourly !== '';
      if (amount === '' && !byHours) all.say(row, 'amount', 'is empty; an amount is needed, or `hours` and `hourly`');
      if (amount !== '' && byHours) all.say(row, 'amount', 'stands beside hours; give one or the other');
      if (byHours && kind !== 'management') all.say(row, 'hours', 'are of the kind management alone');
      if (byHours && (hours === '' || hourly === ''))
        all.say(row, hours === '' ? 'hours' : 'hourly', 'is empty; hours and what one costs go together');
      const whole = byHours
        ? roundHalfEven(
            multiply(multiply(parseDecimal(hours || '0'), parseDecimal(hourly || '0')), rational(1_000_000n)),
          )
        : microsOf(amount || '0');
      return {
        side: 'other cost',
        kind,
        ...whereAndWhen({ row, value }, known, all),
        ...amountOf({ row, value }, whole, all),
        hoursMicros: byHours ? microsOf(hours || '0') : null,
        hourlyMicros: byHours ? microsOf(hourly || '0') : null,
      };
    },
  );
  refuseFaults('The file', all.faults);
  return items;
};

/** `reference,partner,region,store,kind,amount,currency,every,percent,from,to`. Throws InvalidInput with a fault per bad cell. */
export const readBenefits = (text: string, known: Known): Item[] => {
  const all = createFaults();
  const table = readTable(text, benefitColumns, { decimals: ['amount', 'percent'] });
  const items = table.map(({ row, value }): Item => {
    const { amount, percent, kind, store } = value;
    const found = known.stores.find(({ id, name }) => store === name || store === String(id));
    if (store !== '' && !found)
      all.say(
        row,
        'store',
        `"${store}" is no store; known are ${known.stores.map(({ name }) => name).join(', ') || 'none yet'}`,
      );
    if ((amount === '') === (percent === ''))
      all.say(row, 'amount', 'either an amount or a percentage is needed, not both');
    const where = whereAndWhen({ row, value }, known, all);
    const both = { side: 'benefit', kind, ...where, hoursMicros: null, hourlyMicros: null } as const;
    if (percent === '') {
      if (store !== '') all.say(row, 'store', 'goes with a percentage alone');
      return { ...both, ...amountOf({ row, value }, microsOf(amount || '0'), all) };
    }
    if (kind !== 'commission' && kind !== 'margin')
      all.say(row, 'percent', 'goes with the kinds commission and margin');
    if (percent === lineCost && kind !== 'margin') all.say(row, 'percent', `"${lineCost}" goes with the kind margin`);
    if (value.currency !== '') all.say(row, 'currency', 'goes with an amount alone');
    if (value.every !== 'once') all.say(row, 'every', 'goes with an amount alone');
    return {
      ...both,
      connectionId: found?.id ?? null,
      amountMicros: null,
      currency: null,
      every: null,
      ppm: percent === lineCost ? null : Number((microsOf(percent) * BigInt(wholePpm)) / 100_000_000n),
      byLineCost: percent === lineCost,
    };
  });
  refuseFaults('The file', all.faults);
  return items;
};
