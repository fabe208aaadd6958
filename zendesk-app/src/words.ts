import { createContext, useContext } from 'react';
import type en from '../translations/en.json';
import { createFormat, type Format } from './format.ts';
import { fill, type Locale } from './locale.ts';

export type Words = (typeof en)['sidebar'];

/** One small file per language, loaded when it is spoken. */
const files = import.meta.glob<Words>('../translations/*.json', { import: 'sidebar' });

export const loadWords = async ({ language }: Locale): Promise<Words> => {
  const load = files[`../translations/${language}.json`];
  if (!load) throw new Error(`translations/${language}.json is not in the app`);
  return load();
};

export interface Speech {
  readonly words: Words;
  readonly format: Format;
  readonly direction: Locale['direction'];
  fill(text: string, values: Readonly<Record<string, string>>): string;
  /** "1 order", "2 orders"; the number stands in `{n}`. */
  count(texts: { readonly one: string; readonly other: string }, n: number): string;
}

export const createSpeech = (words: Words, { formats, direction }: Locale): Speech => {
  const format = createFormat(formats);
  return {
    words,
    format,
    direction,
    fill: (text, values) => fill(text, values, direction),
    count: ({ one, other }, n) => fill(format.isOne(n) ? one : other, { n: format.count(n) }, direction),
  };
};

const SpeechContext = createContext<Speech | null>(null);
export const SpeechProvider = SpeechContext.Provider;

export const useSpeech = (): Speech => {
  const speech = useContext(SpeechContext);
  if (!speech) throw new Error('words are used outside SpeechProvider');
  return speech;
};
