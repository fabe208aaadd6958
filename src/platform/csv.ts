import { CsvError, parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import type { z } from 'zod';
import { type InputFault, InvalidInput } from '../core/errors.ts';

/** One row of a table; `row` counts as a spreadsheet does: the header of a file without leading blank lines is row 1. */
export interface TableRow<Value> {
  readonly row: number;
  readonly value: Value;
}

/** Where a cell stands, as faults name it. */
export const cellField = (row: number, column: string): string => `row ${row}, column ${column}`;

/** Throws one InvalidInput that carries every fault; does nothing where there is none. `parts` are what the faults name. */
export const refuseFaults = (what: string, faults: readonly InputFault[], parts = 'cells'): void => {
  if (faults.length === 0) return;
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  throw new InvalidInput(
    `${what} has ${count}; nothing was changed. Correct the named ${parts} and give it again`,
    faults,
  );
};

const occurrences = (text: string, sign: string): number => text.split(sign).length - 1;

/** Excel writes ";" wherever the comma is the decimal sign; the header tells which of the two it was. */
const delimiterOf = (text: string): ',' | ';' => {
  const header = text.split(/\r\n|\n|\r/).find((line) => line.trim() !== '') ?? '';
  const unquoted = header.replaceAll(/"(?:[^"]|"")*"/g, '');
  return occurrences(unquoted, ';') > occurrences(unquoted, ',') ? ';' : ',';
};

const recordsOf = (text: string, delimiter: string): string[][] => {
  try {
    return parse(text, {
      bom: true,
      delimiter,
      trim: true,
      relax_column_count: true,
      skip_empty_lines: false,
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const row = typeof error.lines === 'number' ? error.lines : 1;
    throw new InvalidInput(
      'The file is not readable as CSV; check that every quoted cell is closed and its inner quotes are doubled',
      [{ field: `row ${row}`, reason: 'a quote is opened or closed where it may not be' }],
      { cause: error },
    );
  }
};

/** "30,50": one comma, no dot and no other sign; with a thousands separator of any kind it stays as it is, to be refused. */
const decimalComma = /^(\d+),(\d+)$/;
/** "1,200": the comma may part decimals or thousands; behind a leading 0 it can only part decimals. */
const eitherComma = /^([1-9]\d*),(\d{3})$/;

/** What is wrong with a cell whose comma can be read in two ways; null where it cannot. */
const commaFault = (cell: string): string | null => {
  const [, whole, three] = eitherComma.exec(cell) ?? [];
  if (whole === undefined || three === undefined) return null;
  return `can be read as ${whole}.${three} or as ${whole}${three}; write the first as ${whole},${three}0, the second as ${whole}${three}`;
};

const isBlank = (cells: readonly string[]): boolean => cells.every((cell) => cell === '');

/** What makes a spreadsheet evaluate a cell (owasp.org/www-community/attacks/CSV_Injection), full-width forms included; behind apostrophes it does not. */
const formulaStart = /^'*\s*[=+\-@\t\r\n＝＋－＠]/;
/** A cell without the apostrophe that `writeCsv` puts before what would start a formula. */
const unguarded = (cell: string): string =>
  cell.startsWith("'") && formulaStart.test(cell) ? cell.slice(1).trim() : cell;

/** Whether a column may be absent. */
const isOptional = (columns: z.ZodObject, name: string): boolean =>
  columns.shape[name]?.safeParse(undefined).success ?? false;

/** The columns that a header must have, and those that it may leave out. */
const neededHeader = (columns: z.ZodObject): string => {
  const names = Object.keys(columns.shape);
  const optional = names.filter((name) => isOptional(columns, name));
  const needed = names.filter((name) => !optional.includes(name)).join(',');
  return optional.length === 0 ? needed : `${needed}; ${optional.join(',')} may be left out`;
};

const headerFaults = (row: number, header: readonly string[], columns: z.ZodObject): InputFault[] => {
  const known = Object.keys(columns.shape);
  const faults: InputFault[] = [];
  for (const name of known) {
    if (!header.includes(name) && !isOptional(columns, name))
      faults.push({
        field: cellField(row, name),
        reason: `the column is missing; the header needs ${neededHeader(columns)}`,
      });
  }
  for (const [index, name] of header.entries()) {
    if (header.indexOf(name) !== index)
      faults.push({ field: cellField(row, name), reason: 'the column stands twice in the header' });
    else if (!known.includes(name)) {
      faults.push({
        field: cellField(row, name || `${index + 1}`),
        reason: name ? `the column is unknown; known are ${known.join(', ')}` : 'the column has no name',
      });
    }
  }
  return faults;
};

/**
 * Reads CSV with a header into one value per row. Cells are trimmed text (an empty one is ''); columns may stand in any
 * order and case, and those whose schema accepts undefined may be absent. A BOM, CRLF and ";" are understood, blank lines
 * are skipped, the apostrophe of `writeCsv` before a formula is taken off. Cells of the columns named in `decimals` may have a decimal comma where ";" is the delimiter, as European
 * spreadsheets write them, but for one like "1,200", which is refused with both its readings. Throws InvalidInput with every fault of the file, each with a field such as "row 3, column hourly".
 */
export const readTable = <Columns extends z.ZodObject>(
  text: string,
  columns: Columns,
  { decimals = [] }: { readonly decimals?: readonly (keyof z.output<Columns> & string)[] } = {},
): TableRow<z.output<Columns>>[] => {
  const delimiter = delimiterOf(text);
  const records = recordsOf(text, delimiter).map((cells) => cells.map(unguarded));
  const withComma: readonly string[] = delimiter === ';' ? decimals : [];
  const headerIndex = records.findIndex((cells) => !isBlank(cells));
  const known = Object.keys(columns.shape);
  if (headerIndex < 0)
    throw new InvalidInput(`The file is empty; its first row must be the header ${neededHeader(columns)}`);
  const header = (records[headerIndex] ?? []).map(
    (name) => known.find((column) => column.toLowerCase() === name.toLowerCase()) ?? name,
  );
  const faults = headerFaults(headerIndex + 1, header, columns);
  refuseFaults('The header', faults);
  const rows: TableRow<z.output<Columns>>[] = [];
  for (const [index, cells] of records.entries()) {
    if (index <= headerIndex || isBlank(cells)) continue;
    const row = index + 1;
    if (cells.length !== header.length) {
      faults.push({
        field: `row ${row}`,
        reason: `has ${cells.length} cells where the header has ${header.length}; quote a cell that holds the delimiter`,
      });
      continue;
    }
    const raw = Object.fromEntries(
      header.map((name, at) => [
        name,
        withComma.includes(name) ? cells[at]?.replace(decimalComma, '$1.$2') : cells[at],
      ]),
    );
    const ambiguous = header.flatMap((name, at): InputFault[] => {
      const reason = withComma.includes(name) ? commaFault(cells[at] ?? '') : null;
      return reason === null ? [] : [{ field: cellField(row, name), reason }];
    });
    faults.push(...ambiguous);
    const parsed = columns.safeParse(raw);
    if (parsed.success) rows.push({ row, value: parsed.data });
    else {
      for (const issue of parsed.error.issues) {
        const column = String(issue.path[0] ?? header[0]);
        faults.push({
          field: cellField(row, column),
          reason: raw[column] === '' ? 'is empty; a value is needed' : issue.message,
        });
      }
    }
  }
  refuseFaults('The file', faults);
  return rows;
};

export type Cell = string | number | bigint | boolean | null;

const plainNumber = /^[+-]?\d+(?:\.\d+)?$/;

const safeCell = (cell: Cell): string => {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  return formulaStart.test(cell) && !plainNumber.test(cell) ? `'${cell}` : cell;
};

/**
 * CSV (RFC 4180, CRLF) that no spreadsheet evaluates: text that would start a formula gets a leading apostrophe, which
 * `readTable` takes off again; null is an empty cell.
 */
export const writeCsv = (header: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  stringify(
    [header, ...rows].map((row) => row.map(safeCell)),
    { record_delimiter: '\r\n' },
  );
