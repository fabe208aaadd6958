import { ppmOf, wholePpm } from '../../core/money.ts';
import { countryCode } from '../../platform/country-names.ts';
import { directPartner } from '../directory/index.ts';
import {
  isLinePlace,
  lineValue,
  type MappedLine,
  type MappedPlaces,
  type MappingSource,
  orderValue,
  own,
  placeName,
} from './mapping-source.ts';

/** One rule of "whose order": reads a raw value and gives a partner's code or alias, or a country. */
export interface MappingRule {
  readonly gives: 'partner' | 'country';
  readonly from: MappingSource;
  /** Raw value to code; a value that is not listed stands for itself. */
  readonly values: Readonly<Record<string, string>>;
  /** The store, by its name, whose orders alone it reads; absent: every store's. */
  readonly store?: string | undefined;
}

/** The partners, as far as mapping needs them: a code or alias to the code, null where nobody is meant. */
export interface KnownPartners {
  resolve(raw: string): string | null;
}

/** A part of an order; a null partner is unknown. The parts of an order sum to 1,000,000. */
export interface OrderShare {
  readonly partner: string | null;
  readonly ppm: number;
}

/** Raw values of one place. */
export interface PlaceValues {
  readonly place: string;
  readonly values: readonly string[];
}

/** Values that name no known partner, listed so that a person can map them; and one that names no country. */
export interface Unmapped extends Partial<PlaceValues> {
  readonly reason: 'unmapped value';
  readonly country?: PlaceValues;
}

export interface OrderMapping {
  readonly shares: readonly OrderShare[];
  /** The partner of each line, in the order of the lines; null where the order was decided as a whole. */
  readonly linePartners: readonly (string | null)[];
  readonly unmapped: PlaceValues | null;
  /** Which rule decided, from 0; null: none yielded a value. */
  readonly rule: number | null;
}

/** The value a rule gives for a raw one: by exact spelling, else by any case, else the raw value itself. */
const given = (rule: MappingRule, raw: string): string => {
  const exact = own(rule.values, raw);
  if (exact !== undefined) return exact;
  const folded = raw.toLowerCase();
  return Object.entries(rule.values).find(([value]) => value.trim().toLowerCase() === folded)?.[1] ?? raw;
};

/** Whether a rule reads orders of this store. */
export const isOf = (rule: MappingRule, { store }: Pick<MappedPlaces, 'store'>): boolean =>
  rule.store === undefined || rule.store === store;

const whole = (partner: string | null): OrderShare[] => [{ partner, ppm: wholePpm }];

/** Behind every code, so that of two equal remainders the known partner takes the odd millionth. */
const unknownKey = '\u{10FFFF}';

/** Shares by line revenue. Lines that earn nothing, or less, weigh nothing, unless all do: then each weighs the same. */
const sharesOfLines = (lines: readonly MappedLine[], partners: readonly (string | null)[]): OrderShare[] => {
  const earns = lines.some(({ revenueMicros }) => revenueMicros > 0n);
  const weights = new Map<string | null, bigint>();
  for (const [index, line] of lines.entries()) {
    const partner = partners[index] ?? null;
    const weight = earns ? (line.revenueMicros > 0n ? line.revenueMicros : 0n) : 1n;
    weights.set(partner, (weights.get(partner) ?? 0n) + weight);
  }
  const parts = [...weights].map(([partner, weight]) => ({ partner, weight, key: partner ?? unknownKey }));
  const ppm = ppmOf(parts);
  return parts
    .map(({ partner, key }, index) => ({ partner, key, ppm: ppm[index] ?? 0 }))
    .filter((share) => share.ppm > 0)
    .toSorted((a, b) => b.ppm - a.ppm || (a.key < b.key ? -1 : 1))
    .map(({ partner, ppm: part }) => ({ partner, ppm: part }));
};

const mapByLines = (
  rule: MappingRule,
  { places, lines }: { readonly places: MappedPlaces; readonly lines: readonly MappedLine[] },
  known: KnownPartners,
): Omit<OrderMapping, 'rule'> | null => {
  const raw = lines.map((line) => lineValue(rule.from, line, { places, values: rule.values }));
  if (raw.every((value) => value === null)) return null;
  const linePartners = raw.map((value) => (value === null ? null : known.resolve(given(rule, value))));
  const strangers = new Set(raw.filter((value, index) => value !== null && linePartners[index] === null));
  const values = [...strangers].filter((value) => value !== null).toSorted();
  return {
    shares: sharesOfLines(lines, linePartners),
    linePartners,
    unmapped: values.length === 0 ? null : { place: placeName(rule.from), values },
  };
};

/**
 * Whose order (RULES.md section 2): the first rule that yields a value decides, even where the value names no known
 * partner; no rule yields: Direct.
 */
export const mapPartner = (
  rules: readonly MappingRule[],
  order: { readonly places: MappedPlaces; readonly lines: readonly MappedLine[] },
  known: KnownPartners,
): OrderMapping => {
  const linePartners = order.lines.map(() => null);
  for (const [index, rule] of rules.entries()) {
    if (rule.gives !== 'partner' || !isOf(rule, order.places)) continue;
    if (isLinePlace(rule.from)) {
      const mapping = mapByLines(rule, order, known);
      if (mapping) return { ...mapping, rule: index };
      continue;
    }
    const raw = orderValue(rule.from, order.places, rule.values);
    if (raw === null) continue;
    const partner = known.resolve(given(rule, raw));
    return {
      shares: whole(partner),
      linePartners,
      unmapped: partner === null ? { place: placeName(rule.from), values: [raw] } : null,
      rule: index,
    };
  }
  return { shares: whole(directPartner.code), linePartners, unmapped: null, rule: null };
};

export interface CountryMapping {
  /** ISO 3166 alpha-2. */
  readonly country: string | null;
  readonly unmapped: PlaceValues | null;
  readonly rule: number | null;
}

/**
 * The country that the first rule with a value gives, as a code or as a name in any language; else the address's. A value
 * that is no country leaves the address's and is listed.
 */
export const mapCountry = (
  rules: readonly MappingRule[],
  places: MappedPlaces,
  addressCountry: string | null,
): CountryMapping => {
  for (const [index, rule] of rules.entries()) {
    if (rule.gives !== 'country' || !isOf(rule, places)) continue;
    const raw = orderValue(rule.from, places, rule.values);
    if (raw === null) continue;
    const country = countryCode(given(rule, raw));
    return country === null
      ? { country: addressCountry, unmapped: { place: placeName(rule.from), values: [raw] }, rule: index }
      : { country, unmapped: null, rule: index };
  }
  return { country: addressCountry, unmapped: null, rule: null };
};

/** Both lists of an order as one row holds them; null where there is nothing to map. */
export const unmappedOf = (partner: PlaceValues | null, country: PlaceValues | null): Unmapped | null =>
  partner || country ? { reason: 'unmapped value', ...partner, ...(country && { country }) } : null;
