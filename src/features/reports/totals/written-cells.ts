import type { FigureDimension } from '../facts/fact-statements.ts';
import { type Cell, type CellFacts, type CellKey, cellId, keyBy, noFacts } from '../facts/facts.ts';

/*
 * A report of many cells travels as one text, a line per cell: ["partner","region"], a tab, and its whole numbers with blanks
 * between them, whole millions as "12m". Row by row, each number a value of its own, it took most of a report's time and filled the memory.
 */

/** The line of a cell; its codes are '' or null for none. To be grouped by both. */
export const writtenCell = (partner: string, region: string, numbers: readonly string[]): string =>
  `to_json(array[nullif(${partner}, ''), nullif(${region}, '')])::text || E'\\t' || concat_ws(' ', ${numbers.join(', ')})`;

/** Lines as one text; null where there is none. */
export const writtenCells = (line: string, ordered = ''): string => `string_agg(${line}, E'\\n' ${ordered})`;

/** So many digits, with a sign, a double holds exactly. */
const mostPlainDigits = 15;
const [lineEnd, blank, minus, zero, nine, millions] = [10, 32, 45, 48, 57, 109];

/** Room for so many lines at first: a series by day reads few of each, and has hundreds of days. */
const firstLines = 32;

/** What is read at the moment, as bytes: of a string each character is asked for several times as long. */
const bytes = Buffer.alloc(2 ** 18);

/** One byte per character, so that both have the same places; all but codes, whose letters are lost here, is ASCII. */
const toBytes = (text: string): Buffer => {
  if (text.length > bytes.length) return Buffer.from(text, 'latin1');
  bytes.write(text, 'latin1');
  return bytes;
};

const eightBytes = new DataView(new ArrayBuffer(8));
/** A whole number that a double holds exactly. By its bytes: thousands of times a report `BigInt` takes half as long again. */
const wholeOf = (value: number): bigint => {
  const high = Math.floor(value / 2 ** 32);
  eightBytes.setInt32(0, high);
  eightBytes.setUint32(4, value - high * 2 ** 32);
  return eightBytes.getBigInt64(0);
};

/** Sums of whole numbers by line, `width` each: doubles while these hold them exactly, and what goes beyond. */
interface Sums {
  readonly width: number;
  /** The codes of each line as written, and which line has them. */
  readonly codes: string[];
  readonly lines: Map<string, number>;
  held: Float64Array;
  readonly beyond: Map<number, bigint>;
}

const lineOf = (sums: Sums, codes: string): number => {
  const known = sums.lines.get(codes);
  if (known !== undefined) return known;
  const line = sums.codes.push(codes) - 1;
  sums.lines.set(codes, line);
  if ((line + 1) * sums.width > sums.held.length) {
    const more = new Float64Array(sums.held.length * 2);
    more.set(sums.held);
    sums.held = more;
  }
  return line;
};

const addBeyond = ({ beyond }: Sums, place: number, value: bigint): void => {
  beyond.set(place, (beyond.get(place) ?? 0n) + value);
};

const isNoTotal = ({ width }: Sums): Error => new Error(`A kept total is not made of ${width} numbers`);

const addText = (sums: Sums, text: string): void => {
  const read = toBytes(text);
  const end = text.length;
  let at = 0;
  let line = -1;
  while (at < end) {
    // Texts are in one order: what came after the last line before most likely comes after it again. No codes begin with others.
    const likely = sums.codes[line + 1];
    if (likely !== undefined && text.startsWith(likely, at)) {
      line += 1;
      at += likely.length + 1;
    } else {
      const codesEnd = text.indexOf('\t', at);
      if (codesEnd < 0) throw isNoTotal(sums);
      line = lineOf(sums, text.slice(at, codesEnd));
      at = codesEnd + 1;
    }
    const { held } = sums;
    const first = line * sums.width;
    const last = first + sums.width - 1;
    for (let place = first; place <= last; place += 1) {
      const begin = at;
      const isBelow = read[at] === minus;
      if (isBelow) at += 1;
      const digits = at;
      let value = 0;
      let byte = at < end ? (read[at] as number) : lineEnd;
      while (byte >= zero && byte <= nine) {
        value = value * 10 + byte - zero;
        at += 1;
        byte = at < end ? (read[at] as number) : lineEnd;
      }
      const length = at - digits;
      const isMillions = byte === millions;
      if (isMillions) {
        value *= 1_000_000;
        at += 1;
        byte = at < end ? (read[at] as number) : lineEnd;
      }
      if (length === 0 || byte !== (place < last ? blank : lineEnd)) throw isNoTotal(sums);
      if (length > (isMillions ? mostPlainDigits - 6 : mostPlainDigits))
        addBeyond(sums, place, BigInt(text.slice(begin, digits + length)) * (isMillions ? 1_000_000n : 1n));
      else if (value !== 0) {
        if (isBelow) value = -value;
        const before = held[place] as number;
        const sum = before + value;
        if (sum <= Number.MAX_SAFE_INTEGER && sum >= Number.MIN_SAFE_INTEGER) held[place] = sum;
        else {
          addBeyond(sums, place, BigInt(before));
          held[place] = value;
        }
      }
      at += 1;
    }
  }
};

/**
 * Adds what texts say of cells to those by these dimensions; the numbers of each line are facts of these names, in
 * their order, none of them twice, and null is not asked for.
 */
export const addWrittenCells = (
  texts: readonly string[],
  names: readonly (keyof CellFacts | null)[],
  {
    dimensions,
    times = {},
    into,
  }: {
    readonly dimensions: readonly FigureDimension[];
    /** The step of time that all of the texts are of. */
    readonly times?: Readonly<Partial<Record<FigureDimension, string | null>>>;
    readonly into: Map<string, Cell>;
  },
): void => {
  const width = names.length;
  const sums: Sums = {
    width,
    codes: [],
    lines: new Map(),
    held: new Float64Array(width * firstLines),
    beyond: new Map(),
  };
  for (const text of texts) addText(sums, text);
  const isWhole = dimensions.includes('partner') && dimensions.includes('region');
  for (const [line, codes] of sums.codes.entries()) {
    const first = line * width;
    const [partner, region] = JSON.parse(codes) as [string | null, string | null];
    const written: CellKey = { partner, region, ...times };
    const id = cellId(written, dimensions);
    const known = into.get(id);
    const cell = known ?? { key: isWhole ? written : keyBy(written, dimensions), facts: noFacts() };
    if (!known) into.set(id, cell);
    for (let offset = 0; offset < width; offset += 1) {
      const name = names[offset];
      if (name == null) continue;
      const sum = sums.held[first + offset] as number;
      if (sum !== 0) cell.facts[name] = known ? cell.facts[name] + wholeOf(sum) : wholeOf(sum);
      const rest = sums.beyond.size === 0 ? undefined : sums.beyond.get(first + offset);
      if (rest !== undefined) cell.facts[name] += rest;
    }
  }
};
