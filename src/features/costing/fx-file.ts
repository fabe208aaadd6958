import { CsvError, parse } from 'csv-parse/sync';
import { code } from 'currency-codes';
import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { faultsOf, type InputFault, InvalidInput } from '../../core/errors.ts';
import { parseDecimal } from '../../core/money.ts';
import { type Day, isDay } from '../../core/time.ts';
import { cellField, readTable, refuseFaults } from '../../platform/csv.ts';

/** Units of `quote` per one `base` on a day, as decimal text. */
export interface FxRow {
  readonly date: Day;
  readonly base: string;
  readonly quote: string;
  readonly rate: string;
}

export interface FxFile {
  readonly source: 'ecb' | 'own';
  readonly rows: readonly FxRow[];
}

const months = 'January February March April May June July August September October November December'.split(' ');

const isCurrency = (text: string): boolean => /^[A-Z]{3}$/.test(text);

/** "11 October 2024", as the daily file writes it, or an ISO day; null where it is neither. */
const ecbDay = (text: string): Day | null => {
  const match = /^(\d{1,2}) (\w+) (\d{4})$/.exec(text);
  const month = match ? months.indexOf(match[2] ?? '') + 1 : 0;
  const day = match ? `${match[3]}-${String(month).padStart(2, '0')}-${(match[1] ?? '').padStart(2, '0')}` : text;
  return isDay(day) ? day : null;
};

/** Twelve digits on either side hold every currency there is and keep the fractions small. */
const isRate = (text: string): boolean => /^\d{1,12}(\.\d{1,12})?$/.test(text) && parseDecimal(text).numerator > 0n;

const notARate = 'is not a rate above 0; write it as 1.0938';

/** A rate the ECB has for no day of the file (ended, suspended) or not for this one. */
const isAbsent = (cell: string): boolean => cell === '' || cell === 'N/A' || cell === '-';

/** Either CSV of the ECB: both end each line with a delimiter, the daily one writes ", " and spells the month. */
const readEcbCsv = (text: string): FxRow[] => {
  let lines: string[][];
  try {
    lines = parse(text, { bom: true, trim: true, relax_column_count: true, skip_empty_lines: true });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new InvalidInput('The file is not readable as CSV; download it from the ECB again', [], { cause: error });
  }
  const header = lines[0] ?? [];
  const faults: InputFault[] = [];
  const rows: FxRow[] = [];
  for (const [index, cells] of lines.entries()) {
    if (index === 0) continue;
    const date = ecbDay(cells[0] ?? '');
    if (date === null) faults.push({ field: cellField(index + 1, 'Date'), reason: 'is not a day' });
    for (const [column, rate] of cells.entries()) {
      const quote = header[column] ?? '';
      if (column === 0 || isAbsent(rate)) continue;
      if (!isCurrency(quote)) faults.push({ field: cellField(index + 1, quote), reason: 'stands under no currency' });
      else if (!isRate(rate)) faults.push({ field: cellField(index + 1, quote), reason: notARate });
      else if (date !== null) rows.push({ date, base: 'EUR', quote, rate });
    }
  }
  refuseFaults('The ECB file', faults);
  return rows;
};

const list = <Item extends z.ZodType>(item: Item) =>
  z.preprocess(
    (value) => (value === undefined || value === '' ? [] : Array.isArray(value) ? value : [value]),
    z.array(item),
  );

const ecbEnvelope = z.object({
  Envelope: z.object({
    Cube: z.object({
      Cube: list(
        z.object({
          time: z.string().refine(isDay, 'is not a day'),
          Cube: list(
            z.object({
              currency: z.string().refine(isCurrency, 'is not a currency'),
              rate: z.string().refine((rate) => isAbsent(rate) || isRate(rate), notARate),
            }),
          ),
        }),
      ),
    }),
  }),
});

const readEcbXml = (text: string): FxRow[] => {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: '',
    parseAttributeValue: false,
    removeNSPrefix: true,
    processEntities: false,
  });
  let parsed: unknown;
  try {
    parsed = parser.parse(text, true);
  } catch (error) {
    throw new InvalidInput('The file is not readable as XML; download it from the ECB again', [], { cause: error });
  }
  const envelope = ecbEnvelope.safeParse(parsed);
  if (!envelope.success) {
    const faults = faultsOf(envelope.error.issues, 'file');
    throw new InvalidInput('The file is no envelope of ECB reference rates; nothing was changed', faults.slice(0, 20));
  }
  return envelope.data.Envelope.Cube.Cube.flatMap(({ time, Cube }) =>
    Cube.filter(({ rate }) => !isAbsent(rate)).map(({ currency, rate }) => ({
      date: time,
      base: 'EUR',
      quote: currency,
      rate,
    })),
  );
};

/** ISO 4217 knows these no more, and the ECB's history has their rates. The ECB's own files are taken at their word. */
const ended = ['CYP', 'EEK', 'HRK', 'LTL', 'LVL', 'MTL', 'ROL', 'SIT', 'SKK', 'TRL'];

/** A currency of a table of our own, those included that have ended. */
export const currencyCell = z
  .string()
  .transform((text) => text.toUpperCase())
  .refine(
    (text) => isCurrency(text) && (code(text) !== undefined || ended.includes(text)),
    'is not an ISO 4217 currency code such as EUR',
  );

export const rateCell = z
  .string()
  .refine(isRate, 'is not a rate above 0; write it as 1.0938, or as 1,0938 where ";" separates the cells');

const ownColumns = z.object({
  date: z.string().refine(isDay, 'is not a day; write it as YYYY-MM-DD'),
  base: currencyCell,
  quote: currencyCell,
  rate: rateCell,
});

const readOwnTable = (text: string): FxRow[] => {
  const table = readTable(text, ownColumns, { decimals: ['rate'] });
  const seen = new Map<string, number>();
  const faults: InputFault[] = [];
  for (const { row, value } of table) {
    const key = `${value.date} ${value.base} ${value.quote}`;
    const earlier = seen.get(key);
    if (value.base === value.quote) faults.push({ field: cellField(row, 'quote'), reason: 'is the base itself' });
    if (earlier) faults.push({ field: `row ${row}`, reason: `repeats the day and pair of row ${earlier}` });
    seen.set(key, row);
  }
  refuseFaults('The file', faults);
  return table.map(({ value }) => value);
};

/**
 * Reads an ECB file (either CSV or XML, daily or history) or a table `date,base,quote,rate`; tells them apart by content.
 * Throws InvalidInput with a fault per bad cell. Formats: https://www.ecb.europa.eu/stats/eurofxref/
 */
export const readFxFile = (text: string): FxFile => {
  if (text.startsWith('PK'))
    throw new InvalidInput('The file is a ZIP archive; unpack it and import the CSV file that is in it');
  const start = text.replace(/^\uFEFF/, '').trimStart();
  const header = (start.split(/\r\n|\n|\r/)[0] ?? '').split(/[,;]/).map((name) => name.trim().replaceAll('"', ''));
  const isEcbCsv =
    header[0] === 'Date' && header.length > 1 && header.slice(1).every((name) => name === '' || isCurrency(name));
  const file: FxFile = start.startsWith('<')
    ? { source: 'ecb', rows: readEcbXml(start) }
    : isEcbCsv
      ? { source: 'ecb', rows: readEcbCsv(start) }
      : { source: 'own', rows: readOwnTable(text) };
  // A table of our own without a row is what an export writes where none is held.
  if (file.rows.length === 0 && file.source === 'ecb')
    throw new InvalidInput('The file holds no rate; nothing was changed. Check that it is whole and give it again');
  const byKey = new Map(file.rows.map((row) => [`${row.date} ${row.base} ${row.quote}`, row]));
  return { source: file.source, rows: [...byKey.values()] };
};
