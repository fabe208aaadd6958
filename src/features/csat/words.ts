import { strings } from './strings.ts';
import type { SurveyLanguage, SurveyStrings } from './survey-language.ts';

/** Stands for the shop's name in the strings that name it. */
const placeholder = '{shop}';

/** What is said in a shop's name, where its connection has one; else the wording that names none. */
export const wordsFor = (language: SurveyLanguage, shopName: string | null): SurveyStrings => {
  const words = strings[language];
  if (shopName === null) return words;
  // A function, for a name may hold "$&".
  const name = (text: string): string => text.replace(placeholder, () => shopName);
  const question = name(words.named.question);
  return { ...words, question, mail: { ...words.mail, subject: question, why: name(words.named.why) } };
};
