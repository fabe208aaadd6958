import type { SafePattern } from '../../platform/safe-pattern.ts';
import { numberOfStore } from '../orders/index.ts';
import { fold, plainText } from './text.ts';

/** A line of an order, by what a text may call it. */
export interface NamableLine {
  readonly id: bigint;
  readonly sku: string | null;
  readonly productName: string | null;
}

/** How numbers are written beside the usual ways: a person's pattern, and the store whose orders alone it names; null: any. */
export interface NumberPattern {
  readonly pattern: SafePattern;
  readonly connectionId: number | null;
}

/** No order number stands deeper in a first message; a bound on the work one text can cause. */
const longestText = 50_000;

/**
 * Nouns for order and purchase, folded (lower case, no diacritics), with inflections and compounds. Verbs are left out:
 * "ordered 1500 tiles" names no order.
 */
const orderNouns = [
  // English, and Swedish order
  '(?:web|webb|internet|online|kund|pre|re)?order(?:n|s|ns|rar|rarna)?',
  'ordrar(?:na)?',
  'purchases?',
  // German
  '\\p{L}*bestellung(?:en|s)?',
  'bestell',
  '\\p{L}*auftrag(?:e|es|s)?',
  '(?:ein|online)?kauf(?:e|es|s)?',
  // French
  'commandes?',
  'achats?',
  // Spanish
  'pedidos?',
  'compras?',
  'orden(?:es)?',
  // Swedish
  '\\p{L}*bestallning(?:en|ar|arna|ens|s)?',
  '(?:in)?kop(?:et|en|ets|s)?',
  // Arabic: conjunctions and the article before, possessives and plurals after
  '[وف]?(?:ال|لل|[بكل](?:ال)?)?طلب(?:ي|ك|نا|ه|ها|ات|اتي|يه|ية|يتي|يات)?',
  '[وف]?(?:ال|لل|[بكل](?:ال)?)?(?:شراء|شرا|مشتريات)(?:ي|ك|نا|ه|ها)?',
];

/** Words for number that may stand between, apart or grown together with the noun. */
const numberWords = [
  'numbers?',
  'nummern?',
  'numret',
  'numeros?',
  'num',
  'nro',
  'nr',
  'no',
  'nbr',
  'n\\.o',
  'n',
  'id',
  'ref',
  'reference',
  'referenz',
  'referencia',
  'referens',
  'code',
  'kod',
  'رقم',
];

const copulas = ['is', 'was', 'lautet', 'ist', 'est', 'es', 'ar', 'هو'];

/** Blanks and punctuation, never a blank line; "+" and currency signs are symbols and therefore no part of it. */
const between = '(?:(?!\\n\\s*\\n)[\\s\\p{P}°=|>]){0,10}';
const numberWord = `(?:${numberWords.join('|')})(?!\\p{L})`;
/** A day such as 2026-11-05, an amount such as 1200,50 or 1200 EUR, and a longer run of digits are no order numbers. */
const digits = [
  '(?<number>\\d{4,9})',
  '(?![\\da-z_])',
  '(?![-./]\\d{1,2}[-./]\\d)',
  '(?![.,]\\d{1,2}(?!\\d))',
  '(?!\\s?(?:[€$£]|(?:eur|euros?|usd|gbp|kr|sek|chf)(?!\\p{L})))',
].join('');

const afterNoun = new RegExp(
  `(?<![\\p{L}\\p{N}])(?:${orderNouns.join('|')})(?:-?${numberWord}|(?!\\p{L}))${between}(?:${numberWord}${between})?(?:(?:${copulas.join('|')})(?!\\p{L})${between})?${digits}`,
  'gu',
);
/** Not inside an address of a page ("/a#1234") or a character reference ("&#8364;"). */
const afterHash = new RegExp(`(?<![\\p{L}\\p{N}/&])#[ :.-]{0,2}${digits}`, 'gu');

/**
 * The order numbers that a text names (RULES section 3, rung 3): 4 to 9 digits after "#" or after a word for order, order
 * number or purchase in English, German, French, Spanish, Swedish or Arabic; bare digits never. `extra` are the
 * patterns that people set; the first group, else the whole match, is the number. One that a store's pattern alone found is of
 * that store (numberOfStore); found in another way too, of any. In order of appearance, each once; digits of any script come back as 0 to 9.
 */
export const findOrderNumbers = (text: string, extra: readonly NumberPattern[] = []): string[] => {
  const plain = plainText(text.slice(0, longestText));
  const { folded, at } = fold(plain);
  const found: { number: string; connectionId: number | null; position: number }[] = [];
  for (const pattern of [afterNoun, afterHash]) {
    for (const match of folded.matchAll(pattern)) {
      const number = match.groups?.number ?? '';
      found.push({ number, connectionId: null, position: at[match.index + match[0].length - number.length] ?? 0 });
    }
  }
  for (const { pattern, connectionId } of extra) {
    for (const { value, index } of pattern.matchesIn(plain)) {
      const number = value.trim();
      // What is found is stored, so a pattern that is too wide must not carry words of the text along.
      if (/^(?=.*\d)\S{1,40}$/.test(number))
        found.push({ number, connectionId, position: index + value.indexOf(number) });
    }
  }
  found.sort((a, b) => a.position - b.position);
  const ofAny = new Set(found.flatMap(({ number, connectionId }) => (connectionId === null ? [number] : [])));
  return [
    ...new Set(found.map(({ number, connectionId }) => numberOfStore(number, ofAny.has(number) ? null : connectionId))),
  ];
};

/** A field that lists more than this is no order number; a bound on the look-ups one ticket can cause. */
const mostFieldNumbers = 10;

/**
 * The order numbers that the mapped field may hold: its value or, where it lists several, each of them, without "#" and
 * with the digits of any script as 0 to 9. A word without a digit is none.
 */
export const fieldNumbers = (value: string | null): string[] => {
  const parts = plainText(value ?? '')
    .split(/[\s,;|#]+/)
    .filter((part) => /\d/.test(part) && part.length <= 40);
  return [...new Set(parts)].slice(0, mostFieldNumbers);
};

interface Span {
  readonly id: bigint;
  readonly start: number;
  readonly end: number;
}

/** Shorter SKUs and names are everyday words or counts. */
const shortestName = 3;

const comparable = (text: string): string => fold(plainText(text)).folded.replaceAll(/\s+/g, ' ').trim();

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

const spansOf = (id: bigint, text: string, name: string | null): Span[] => {
  const wanted = comparable(name ?? '');
  if (wanted.length < shortestName || !text.includes(wanted)) return [];
  const whole = new RegExp(
    `(?<![\\p{L}\\p{N}]|[\\p{L}\\p{N}][-_./])${escaped(wanted)}(?![\\p{L}\\p{N}]|[-_./][\\p{L}\\p{N}])`,
    'gu',
  );
  return [...text.matchAll(whole)].map((match) => ({ id, start: match.index, end: match.index + wanted.length }));
};

/**
 * Ids of the order lines that a text names, in the order of `lines`: by SKU as a whole token or by product name, case and
 * blanks aside. A name inside a longer one that is named there ("Lamp" in "Lamp Nord") does not count.
 */
export const findNamedLines = (text: string, lines: readonly NamableLine[]): bigint[] => {
  const searched = comparable(text.slice(0, longestText));
  const spans = lines.flatMap((line) => [
    ...spansOf(line.id, searched, line.sku),
    ...spansOf(line.id, searched, line.productName),
  ]);
  const hidden = (span: Span): boolean =>
    spans.some(
      (other) => other.start <= span.start && other.end >= span.end && other.end - other.start > span.end - span.start,
    );
  const named = new Set(spans.filter((span) => !hidden(span)).map(({ id }) => id));
  return [...new Set(lines.map(({ id }) => id))].filter((id) => named.has(id));
};
