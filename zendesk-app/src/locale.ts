/** Languages that the app speaks: the names of the files in translations/. */
export const languages = ['en', 'de', 'fr', 'es', 'sv', 'ja', 'ar', 'pt-br'] as const;
export type Language = (typeof languages)[number];

export interface Locale {
  /** Whose words are shown. */
  readonly language: Language;
  /** Whose dates and numbers are shown, BCP 47: the agent's own variant where it is one of that language. */
  readonly formats: string;
  readonly direction: 'ltr' | 'rtl';
}

/** The agent's language at Zendesk ("en-GB", "pt-br", "es-419"), as far as we speak it; else English. */
export const localeOf = (agents: unknown): Locale => {
  const asked = typeof agents === 'string' ? agents.trim().toLowerCase() : '';
  const base = asked.split(/[-_]/)[0] ?? '';
  const language = languages.find((one) => one === asked) ?? languages.find((one) => one.split('-')[0] === base);
  return {
    language: language ?? 'en',
    formats: language === undefined ? 'en' : formatsOf(asked, language),
    direction: language === 'ar' ? 'rtl' : 'ltr',
  };
};

const formatsOf = (asked: string, language: Language): string => {
  try {
    return Intl.getCanonicalLocales(asked.replaceAll('_', '-'))[0] ?? language;
  } catch {
    // Zendesk's own names ("en-x-custom"...) need not be BCP 47.
    return language;
  }
};

/** Puts values into a text. In a text from right to left each is isolated, so that "#1001" keeps its order. */
export const fill = (
  text: string,
  values: Readonly<Record<string, string>>,
  direction: Locale['direction'] = 'ltr',
): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return direction === 'rtl' ? `\u2068${value}\u2069` : value;
  });
