import { ppmOf, wholePpm } from '../../core/money.ts';
import type { OrderPlaces } from '../../stores/port.ts';
import { directPartner } from '../directory/index.ts';

/** Where on an order a rule looks. */
export type MappingSource =
  | { readonly place: 'channel' }
  | { readonly place: 'external_source' }
  | { readonly place: 'metafield'; readonly namespace: string; readonly key: string }
  | { readonly place: 'form_field'; readonly name: string }
  | { readonly place: 'line_brand' };

/** One rule of "whose order": reads a raw value and gives a partner's code or alias, or a country. */
export interface MappingRule {
  readonly gives: 'partner' | 'country';
  readonly from: MappingSource;
  /** Raw value to code; a value that is not listed stands for itself. */
  readonly values: Readonly<Record<string, string>>;
}

/** The partners, as far as mapping needs them: a code or alias to the code, null where nobody is meant. */
export interface KnownPartners {
  resolve(raw: string): string | null;
}

export interface MappedLine {
  readonly brand: string | null;
  readonly revenueMicros: bigint;
}

/** A part of an order; a null partner is unknown. The parts of an order sum to 1,000,000. */
export interface OrderShare {
  readonly partner: string | null;
  readonly ppm: number;
}

/** Values that name no known partner, listed so that a person can map them. */
export interface Unmapped {
  readonly reason: 'unmapped value';
  readonly place: string;
  readonly values: readonly string[];
}

export interface OrderMapping {
  readonly shares: readonly OrderShare[];
  /** The partner of each line, in the order of the lines; null where the order was decided as a whole. */
  readonly linePartners: readonly (string | null)[];
  readonly unmapped: Unmapped | null;
}

/** How faults, warnings and the list of unmapped values name a place. */
export const placeName = (from: MappingSource): string => {
  if (from.place === 'metafield') return `metafield ${from.namespace}.${from.key}`;
  return from.place === 'form_field' ? `form field ${from.name}` : from.place;
};

/** Names and values come from strangers: "constructor" must not find what every object has. */
const own = (record: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

const rawValue = (from: MappingSource, places: OrderPlaces): string | null => {
  switch (from.place) {
    case 'channel':
      return places.channel;
    case 'external_source':
      return places.externalSource;
    case 'metafield':
      return own(places.metafields, `${from.namespace}.${from.key}`) ?? null;
    case 'form_field':
      return own(places.formFields, from.name) ?? null;
    case 'line_brand':
      return null;
  }
};

const present = (raw: string | null): string | null => raw?.trim() || null;

/** The value a rule gives for a raw one: by exact spelling, else by any case, else the raw value itself. */
const given = (rule: MappingRule, raw: string): string => {
  const exact = own(rule.values, raw);
  if (exact !== undefined) return exact;
  const folded = raw.toLowerCase();
  return Object.entries(rule.values).find(([value]) => value.trim().toLowerCase() === folded)?.[1] ?? raw;
};

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

const mapByBrand = (rule: MappingRule, lines: readonly MappedLine[], known: KnownPartners): OrderMapping | null => {
  const brands = lines.map(({ brand }) => present(brand));
  if (brands.every((brand) => brand === null)) return null;
  const linePartners = brands.map((brand) => (brand === null ? null : known.resolve(given(rule, brand))));
  const strangers = new Set(brands.filter((brand, index) => brand !== null && linePartners[index] === null));
  return {
    shares: sharesOfLines(lines, linePartners),
    linePartners,
    unmapped:
      strangers.size === 0
        ? null
        : {
            reason: 'unmapped value',
            place: placeName(rule.from),
            values: [...strangers].filter((brand) => brand !== null).toSorted(),
          },
  };
};

/**
 * Whose order (RULES.md section 2): the first rule that yields a value decides, even where the value names no known
 * partner; no rule yields: Direct.
 */
export const mapPartner = (
  rules: readonly MappingRule[],
  order: { readonly places: OrderPlaces; readonly lines: readonly MappedLine[] },
  known: KnownPartners,
): OrderMapping => {
  const linePartners = order.lines.map(() => null);
  for (const rule of rules) {
    if (rule.gives !== 'partner') continue;
    if (rule.from.place === 'line_brand') {
      const mapping = mapByBrand(rule, order.lines, known);
      if (mapping) return mapping;
      continue;
    }
    const raw = present(rawValue(rule.from, order.places));
    if (raw === null) continue;
    const partner = known.resolve(given(rule, raw));
    return {
      shares: whole(partner),
      linePartners,
      unmapped: partner === null ? { reason: 'unmapped value', place: placeName(rule.from), values: [raw] } : null,
    };
  }
  return { shares: whole(directPartner.code), linePartners, unmapped: null };
};

/** The country a rule gives, ISO 3166 alpha-2, else the address's. A value that is no country code leaves the address's. */
export const mapCountry = (
  rules: readonly MappingRule[],
  places: OrderPlaces,
  addressCountry: string | null,
): string | null => {
  for (const rule of rules) {
    if (rule.gives !== 'country') continue;
    const raw = present(rawValue(rule.from, places));
    if (raw === null) continue;
    const country = given(rule, raw).trim().toUpperCase();
    return /^[A-Z]{2}$/.test(country) ? country : addressCountry;
  }
  return addressCountry;
};
