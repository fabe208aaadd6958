import countries from 'i18n-iso-countries';

/** What people and shops write and no list of names has; folded. EL is the European Union's own code of Greece. */
const aliases: Readonly<Record<string, string>> = {
  uk: 'GB',
  'great britain': 'GB',
  britain: 'GB',
  england: 'GB',
  scotland: 'GB',
  wales: 'GB',
  'northern ireland': 'GB',
  grossbritannien: 'GB',
  us: 'US',
  usa: 'US',
  america: 'US',
  'united states of america': 'US',
  'estados unidos': 'US',
  'etats unis': 'US',
  uae: 'AE',
  emirates: 'AE',
  holland: 'NL',
  'the netherlands': 'NL',
  turkey: 'TR',
  'czech republic': 'CZ',
  tschechien: 'CZ',
  'south korea': 'KR',
  'north korea': 'KP',
  russia: 'RU',
  'ivory coast': 'CI',
  burma: 'MM',
  macedonia: 'MK',
  swaziland: 'SZ',
  'cape verde': 'CV',
  vatican: 'VA',
  taiwan: 'TW',
  vietnam: 'VN',
  laos: 'LA',
  syria: 'SY',
  iran: 'IR',
  moldova: 'MD',
  bolivia: 'BO',
  tanzania: 'TZ',
  venezuela: 'VE',
  palestine: 'PS',
  kosovo: 'XK',
  el: 'GR',
};

/** Lower case, without diacritics, punctuation and doubled blanks, so that spellings meet. */
const fold = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ı', 'i')
    .replaceAll('ø', 'o')
    .replaceAll('ł', 'l')
    .replaceAll('æ', 'ae')
    .replaceAll('.', '')
    .replaceAll('&', ' and ')
    .replaceAll(/[\p{P}\p{S}\s]+/gu, ' ')
    .trim();

let byName: ReadonlyMap<string, string> | undefined;

/** Every name in every language of the package, English first: where two languages mean different countries, it decides. */
const names = (): ReadonlyMap<string, string> => {
  if (byName) return byName;
  const found = new Map<string, string>(Object.entries(aliases));
  const others = countries.getSupportedLanguages().filter((language) => language !== 'en');
  for (const language of ['en', ...others])
    for (const [code, held] of Object.entries(countries.getNames(language, { select: 'all' })))
      for (const name of held) {
        const folded = fold(name);
        if (folded !== '' && !found.has(folded)) found.set(folded, code);
      }
  byName = found;
  return found;
};

/** Other names of a country than its code and the name that everybody has a list of: of three letters, and what people write. */
export const countryAliases = (code: string): readonly string[] => {
  const ours = Object.entries(aliases).flatMap(([name, of]) => (of === code ? [name] : []));
  const [only, ...others] = countries.getName(code, 'en', { select: 'all' }) ?? [];
  const named = others.length > 0 && only !== undefined ? [only, ...others] : [];
  const all = [countries.alpha2ToAlpha3(code) ?? [], named, ours].flat();
  return [...new Map(all.map((name) => [fold(name), name])).values()].filter((name) => name.toUpperCase() !== code);
};

/** Whether a text is an ISO 3166 alpha-2 code in capitals; XK (Kosovo) is one that the vendors use. */
const isCountryCode = (code: string): boolean => /^[A-Z]{2}$/.test(code) && (code === 'XK' || countries.isValid(code));

/** ISO 3166 alpha-2 of a code of two or three letters, or of a name in any of some 80 languages; null where it is none. */
export const countryCode = (text: string): string | null => {
  const trimmed = text.trim();
  const upper = trimmed.toUpperCase();
  if (isCountryCode(upper)) return upper;
  if (/^[A-Z]{3}$/.test(upper)) {
    const code = countries.alpha3ToAlpha2(upper);
    if (code) return code;
  }
  return names().get(fold(trimmed)) ?? null;
};
