/** Our tags are `partner_<code>` and `region_<code>` behind the connection's prefix. */
export type HalfName = 'partner' | 'region';
export const halves = ['partner', 'region'] as const;

export const tagStartOf = (half: HalfName, tagPrefix: string): string => `${tagPrefix}${half}_`;

/** What follows the start in tags of ours; names are compared in lower case, for people write them as they like. */
export const codesIn = (tags: Iterable<string>, tagStart: string): string[] => [
  ...new Set(
    [...tags].flatMap((tag) => {
      const lower = tag.trim().toLowerCase();
      return lower.startsWith(tagStart) && lower.length > tagStart.length ? [lower.slice(tagStart.length)] : [];
    }),
  ),
];

/** A field's value as text; null where there is none. */
export const fieldText = (value: unknown): string | null => {
  if (Array.isArray(value)) return fieldText(value[0] ?? null);
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const text = String(value).trim();
  return text === '' ? null : text;
};

/** What is wanted of a value: the last level of "A::B::C", the code that our own choices carry in "Name (code)", no tag's start. */
export const valueIn = (value: unknown, tagStart: string): string | null => {
  const last = fieldText(value)?.split('::').at(-1)?.trim();
  if (!last) return null;
  const bare = /\(([a-z0-9_-]+)\)$/i.exec(last)?.[1] ?? last;
  return bare.toLowerCase().startsWith(tagStart) ? bare.slice(tagStart.length) || null : bare;
};

/** As codes stand in tags: lower case, `_` for all else (features/attribution/tags.ts does the same). */
export const codeOf = (value: string): string => value.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_');

/** A choice of a field that we make, readable and reversible. */
export const choiceOf = ({ code, name }: { readonly code: string; readonly name: string }): string =>
  name.trim() === '' || codeOf(name) === codeOf(code) ? code : `${name.replaceAll('::', ' ').trim()} (${code})`;
