import { createRequire } from 'node:module';
import { defaultLanguage, type SurveyLanguage, surveyLanguages } from './survey-language.ts';

export interface LanguageChoice {
  readonly language: SurveyLanguage;
  readonly reason: 'text' | 'profile' | 'order' | 'country' | 'default';
}

/** Letters below which words such as "ok thanks" or a product name decide at random. */
const shortestText = 16;
/** A ticket's first sentences tell its language; the rest costs time and holds quoted mails. */
const longestText = 600;
const confident = 0.1;
const lead = 3;

type Detector = typeof import('tinyld');
let detector: Detector | undefined;

/**
 * tinyld (MIT, no dependencies, 62 languages): tells Danish from Swedish, Persian from Arabic and Portuguese from Spanish,
 * which franc-min and tinyld/light do not, in half the memory of eld. Its tables take 45 MB, so they wait for the first text.
 */
const loadDetector = (): Detector => {
  detector ??= createRequire(import.meta.url)('tinyld') as Detector;
  return detector;
};

const noise = /^>.*$|https?:\/\/\S+|\S+@\S+|[#\p{N}]+/gmu;

/** The language a text is written in, as its BCP 47 primary subtag, be it one of the survey's or not; null where the text is short or unclear. */
export const detectLanguage = (text: string): string | null => {
  const words = text.replace(noise, ' ').replace(/\s+/g, ' ').trim().slice(0, longestText);
  if ((words.match(/\p{L}/gu)?.length ?? 0) < shortestText) return null;
  const [first, second] = loadDetector().detectAll(words);
  if (!first || first.accuracy < confident || first.accuracy < lead * (second?.accuracy ?? 0)) return null;
  return first.lang;
};

/** A tag as vendors write it ("de_AT", "sv-SE-x-mobile") in canonical form; null where it is none. */
const canonical = (tag: string): string | null => {
  try {
    return Intl.getCanonicalLocales(tag.trim().replaceAll('_', '-'))[0] ?? null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
};

/** The survey's language for a BCP 47 tag, by taking subtags away from its end; null where it speaks none of them. */
const spoken = (tag: string | null): SurveyLanguage | null => {
  let rest = tag ? canonical(tag)?.toLowerCase() : undefined;
  while (rest) {
    const match = surveyLanguages.find((language) => language === rest);
    if (match) return match;
    rest = rest.includes('-') ? rest.slice(0, rest.lastIndexOf('-')) : undefined;
  }
  return null;
};

/** Countries where an address alone does not tell the language: official ones, the first by number of speakers (CLDR territoryInfo). */
const multilingual: Readonly<Record<string, readonly [string, ...string[]]>> = {
  BE: ['nl', 'fr', 'de'],
  CA: ['en', 'fr'],
  CH: ['de', 'fr', 'it'],
  LU: ['fr', 'de', 'lb'],
};

const primary = (tag: string | null): string | null => (tag ? (canonical(tag)?.split('-')[0] ?? null) : null);

const languageOfCountry = (country: string, known: readonly (string | null)[]): SurveyLanguage | null => {
  const code = country.trim().toUpperCase();
  if (!/^[A-Z]{2}$/.test(code)) return null;
  const official = multilingual[code];
  // Someone known to use another of the country's languages would rather read the default than a neighbour's.
  if (official) return known.some((tag) => official.includes(primary(tag) ?? '')) ? null : spoken(official[0]);
  return spoken(new Intl.Locale(`und-${code}`).maximize().language);
};

/**
 * In which language a person is asked: that of their text, else their profile's, else their order's, else their country's,
 * else English. A source in a language that the survey does not speak gives way to the next. Source: DESIGN.md section 7.
 */
export const chooseLanguage = (sources: {
  /** What `detectLanguage` found in the requester's words while they were in memory. */
  readonly textLanguage: string | null;
  readonly requesterLocale: string | null;
  readonly orderLocale: string | null;
  /** ISO 3166 alpha-2. */
  readonly country: string | null;
}): LanguageChoice => {
  const { textLanguage, requesterLocale, orderLocale, country } = sources;
  const text = spoken(textLanguage);
  if (text) return { language: text, reason: 'text' };
  const profile = spoken(requesterLocale);
  if (profile) return { language: profile, reason: 'profile' };
  const order = spoken(orderLocale);
  if (order) return { language: order, reason: 'order' };
  const byCountry = country ? languageOfCountry(country, [textLanguage, requesterLocale, orderLocale]) : null;
  if (byCountry) return { language: byCountry, reason: 'country' };
  return { language: defaultLanguage, reason: 'default' };
};

/** Best guess for a visitor we know nothing else of, from Accept-Language. */
export const languageOfVisitor = (acceptLanguage: string | undefined): SurveyLanguage => {
  const wishes = (acceptLanguage ?? '')
    .slice(0, 500)
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.split(';');
      const quality = parameters
        .find((parameter) => parameter.trim().startsWith('q='))
        ?.trim()
        .slice(2);
      return { tag, quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ quality }) => quality > 0)
    .toSorted((a, b) => b.quality - a.quality);
  for (const { tag } of wishes) {
    const language = spoken(tag);
    if (language) return language;
  }
  return defaultLanguage;
};
