import { stripVTControlCharacters } from 'node:util';
import { code } from 'currency-codes';

/** Money as answers carry it: six decimals and ISO 4217. */
interface MoneyJson {
  readonly amount: string;
  readonly currency: string;
}

/** One column of a table for a person. */
export interface Column<Row> {
  readonly name: string;
  readonly of: (row: Row) => string;
  /** Left out where the terminal is too narrow, the highest number first; absent: it stays. */
  readonly spare?: number;
}

export const dash = '-';

/** What a terminal would obey, or write from right to left, is told as a space: names and values come from strangers. */
const plain = (text: string): string =>
  stripVTControlCharacters(text).replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ');

const twoWide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const noWidth = /\p{M}|\p{Cf}/u;

/** Cells of a terminal that a text takes, as far as its signs tell. */
const widthOf = (text: string): number =>
  [...text].reduce((sum, sign) => sum + (noWidth.test(sign) ? 0 : twoWide.test(sign) ? 2 : 1), 0);

const numeric = /^[+-]?\d[\d.,:]*(?: (?:%|h|min|s|[A-Z]{3}))?$/;
const isNumeric = (cell: string): boolean => cell === '' || cell === dash || numeric.test(cell);

const gap = '  ';

/**
 * A table as lines: each column as wide as it needs, numbers on the right, `total` under a rule of its own. What does not
 * fit is left out and named; a table whose columns must all stay may be wider than the terminal.
 */
export const textTable = <Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { total, width = Number.POSITIVE_INFINITY }: { readonly total?: Row; readonly width?: number | undefined } = {},
): string[] => {
  const all = total === undefined ? rows : [...rows, total];
  let shown = columns.map(({ name, of, spare = 0 }) => {
    const cells = all.map((row) => plain(of(row)));
    return {
      name,
      spare,
      cells,
      width: Math.max(...[name, ...cells].map(widthOf)),
      isRight: all.length > 0 && cells.every(isNumeric) && cells.some((cell) => numeric.test(cell)),
    };
  });
  const leftOut: string[] = [];
  const lineWidth = () => shown.reduce((sum, column) => sum + column.width + gap.length, -gap.length);
  while (lineWidth() > width) {
    const spare = Math.max(...shown.map((column) => column.spare));
    if (spare === 0) break;
    leftOut.push(...shown.filter((column) => column.spare === spare).map(({ name }) => name));
    shown = shown.filter((column) => column.spare !== spare);
  }
  const line = (cellOf: (column: (typeof shown)[number]) => string): string =>
    shown
      .map((column) => {
        const cell = cellOf(column);
        const fill = ' '.repeat(column.width - widthOf(cell));
        return column.isRight ? fill + cell : cell + fill;
      })
      .join(gap)
      .trimEnd();
  const rule = line((column) => '-'.repeat(column.width));
  const lines = all.map((_, at) => line(({ cells }) => cells[at] ?? ''));
  return [
    line(({ name }) => name),
    rule,
    ...lines.slice(0, rows.length),
    ...(total === undefined ? [] : [rule, ...lines.slice(rows.length)]),
    ...(leftOut.length === 0 ? [] : [`(no room for: ${leftOut.join(', ')})`]),
  ];
};

/** Rounded half to even as the decimal that it is written as, as on every screen. */
export const decimalText = (value: number, places: number): string =>
  new Intl.NumberFormat('en', {
    minimumFractionDigits: places,
    maximumFractionDigits: places,
    roundingMode: 'halfEven',
    useGrouping: false,
  }).format(value);

/** A share as per cent with one decimal; a double times a hundred is a hair off its own decimal. */
export const percentText = (share: number): string => `${decimalText(Number((share * 100).toFixed(6)), 1)} %`;

/** Rounded, half to even, to the minor digits of ISO 4217, as on every screen; without the currency's name. */
export const amountText = (money: MoneyJson | null): string => {
  if (money === null) return dash;
  const digits = code(money.currency)?.digits ?? 2;
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits, roundingMode: 'halfEven' } as const;
  // Text is rounded as the decimal that it is, never as a double.
  return new Intl.NumberFormat('en', options).format(money.amount as `${number}`);
};

/** The same with it. */
export const moneyText = (money: MoneyJson): string => `${amountText(money)} ${money.currency}`;

/** 2026-05-04T09:00:07.000Z to the minute. */
const instant = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z$/;
export const instantText = (iso: string | null): string => (iso === null ? dash : iso.replace(instant, '$1 $2 UTC'));

type Values = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Values =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date);
const isMoney = (value: unknown): value is MoneyJson =>
  isRecord(value) &&
  Object.keys(value).toSorted().join() === 'amount,currency' &&
  /^-?\d+\.\d+$/.test(String(value.amount));
const isNested = (value: unknown): value is Values => isRecord(value) && !isMoney(value);
const isScalar = (value: unknown): boolean => !isNested(value) && !Array.isArray(value);

/** As many decimals as the API tells of money. */
const places = 6;

const cellOf = (value: unknown): string => {
  if (value === null || value === undefined || value === '') return dash;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'number') return String(Number(value.toFixed(places)));
  if (value instanceof Date) return instantText(value.toISOString());
  if (isMoney(value)) return moneyText(value);
  if (Array.isArray(value)) return value.every(isScalar) ? value.map(cellOf).join(', ') || dash : JSON.stringify(value);
  if (isRecord(value)) return JSON.stringify(value);
  return instantText(String(value));
};

/** ticketsLookedAt to "tickets looked at". */
const words = (name: string): string =>
  /^[a-z]+(?:[A-Z][a-z]*)+$/.test(name) ? name.replaceAll(/[A-Z]/g, (sign) => ` ${sign.toLowerCase()}`) : name;

/** What stands one level deeper gets columns of its own; what is deeper still stays together, as JSON. */
const flatten = (record: Values): [string, unknown][] =>
  Object.entries(record).flatMap(([name, value]): [string, unknown][] =>
    isNested(value) && Object.keys(value).length > 0 && Object.values(value).every(isScalar)
      ? Object.entries(value).map(([inner, one]) => [`${words(name)} ${words(inner)}`, one])
      : [[words(name), value]],
  );

const indent = (lines: readonly string[]): string[] => lines.map((line) => (line === '' ? '' : `  ${line}`));

/** As a table, or where that is too wide one after the other. */
const recordLines = (records: readonly Values[], width: number): string[] => {
  const rows = records.map((record) => new Map(flatten(record)));
  const names = [...new Set(rows.flatMap((row) => [...row.keys()]))];
  const told = names.filter((name) => rows.some((row) => cellOf(row.get(name)) !== dash));
  const table = textTable(
    told.map((name) => ({ name, of: (row: (typeof rows)[number]) => cellOf(row.get(name)) })),
    rows,
  );
  if (table.every((line) => widthOf(line) <= width)) return table;
  return records.flatMap((record, index) => [...(index === 0 ? [] : ['']), ...readableLines(record, width)]);
};

/** An answer for a person at a terminal of that width: names and values under one another, lists as tables. */
export const readableLines = (answer: object, width: number): string[] => {
  const entries = Object.entries(answer).filter(([, value]) => value !== undefined);
  const plainOnes = entries.filter(([, value]) => isScalar(value));
  const widest = Math.max(0, ...plainOnes.map(([name]) => widthOf(words(name))));
  const lines = plainOnes.map(([name, value]) => `${words(name).padEnd(widest)}${gap}${plain(cellOf(value))}`);
  for (const [name, value] of entries.filter(([, one]) => !isScalar(one))) {
    const list: readonly unknown[] | null = Array.isArray(value) ? value : null;
    const inner =
      list === null
        ? readableLines(value as object, width - 2)
        : list.length > 0 && list.every(isNested)
          ? recordLines(list, width - 2)
          : list.map((one) => plain(cellOf(one)));
    lines.push(...(inner.length === 0 ? [`${words(name)}: none`] : [`${words(name)}:`, ...indent(inner)]));
  }
  return lines;
};
