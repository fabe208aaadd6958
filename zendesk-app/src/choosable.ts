import type { SidebarChoices } from '../../src/features/sidebar/contract.ts';
import { type Choice, type Choosable, type FieldState, valueFor } from './correction.ts';
import { reasonName, regionName } from './names.ts';
import type { Speech } from './words.ts';

/** A country that is in no group of the account, and so a region of its own. */
const isCountry = ({ code, name }: Choice): boolean => code === name;

const regionsOf = (
  { regions }: SidebarChoices,
  options: FieldState['options'] | undefined,
  { format }: Speech,
): readonly Choice[] => {
  const inOrder = new Intl.Collator(format.locale);
  // A drop-down has the options that an admin gave it: of all countries of the world they are few or none.
  const isTaken = (one: Choice): boolean => options !== undefined && valueFor(one, { options }) !== null;
  const countries = regions
    .filter((one) => isCountry(one) && isTaken(one))
    .map((one) => ({ ...one, name: regionName(one, format) }))
    .sort((a, b) => inOrder.compare(a.name, b.name));
  const groups = regions
    .filter((one) => !isCountry(one))
    .map((one) => ({
      ...one,
      aliases: [...one.aliases, ...one.countries.flatMap((code) => [code, regionName({ code, name: code }, format)])],
    }));
  return [...groups, ...countries];
};

/**
 * What the search of a row offers, by the names that its reader knows. `options` are those of the drop-down that is written, null
 * of a field that takes any text; undefined: not known (yet).
 */
export const choosableOf = (
  kind: Choosable,
  choices: SidebarChoices,
  options: FieldState['options'] | undefined,
  speech: Speech,
): readonly Choice[] => {
  const { words } = speech;
  if (kind === 'region') return regionsOf(choices, options, speech);
  if (kind === 'reason') return choices.reasons.map((one) => ({ ...one, name: reasonName(one.code, words) }));
  return choices.partners.map((one) => (one.code === 'direct' ? { ...one, name: words.whose.direct } : one));
};

/**
 * Choices that a search finds: every word of it stands somewhere in the name, the code or an alias. First those that are called so
 * ("UK" before Ukraine), then those whose name begins so.
 */
export const matching = (choices: readonly Choice[], search: string, locale: string): readonly Choice[] => {
  const plain = (text: string): string =>
    text
      .normalize('NFKD')
      .replaceAll(/\p{Mn}/gu, '')
      .toLocaleLowerCase(locale);
  const wanted = plain(search).trim();
  const words = wanted.split(/\s+/).filter(Boolean);
  if (words.length === 0) return choices;
  const found = choices.flatMap((choice) => {
    const calls = [choice.name, choice.code, ...(choice.aliases ?? [])].map(plain);
    const text = calls.join(' ');
    if (!words.every((word) => text.includes(word))) return [];
    return [{ choice, rank: calls.includes(wanted) ? 0 : calls[0]?.startsWith(wanted) ? 1 : 2 }];
  });
  return found.sort((a, b) => a.rank - b.rank).map(({ choice }) => choice);
};
