import { InvalidInput } from '../core/errors.ts';
import { type ContactReason, contactReasons } from './settings.ts';

export const halves = ['partner', 'region'] as const;
export type Half = (typeof halves)[number];

/** Our tags are `partner_<code>` and `region_<code>` behind the connection's prefix. */
export const tagStartOf = (half: Half, tagPrefix: string): string => `${tagPrefix}${half}_`;

/** Throws InvalidInput on a tag that is none of ours: vendors split, change or make what has other characters or more of them. */
export const checkTags = (tags: readonly string[], longest: number): void => {
  const odd = tags.find((tag) => !/^[a-z0-9_]+$/.test(tag) || tag.length > longest);
  if (odd !== undefined)
    throw new InvalidInput(`"${odd.slice(0, 80)}" is no tag that we write; use up to ${longest} of a-z, 0-9 and _.`);
};

/** A field's value as text: numbers written out, the first of several; null where there is none. */
export const fieldText = (value: unknown): string | null => {
  if (Array.isArray(value)) return fieldText(value[0] ?? null);
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const text = String(value).trim();
  return text === '' ? null : text;
};

/** The codes that tags of one half name, each once; compared in lower case, for people write them as they like. */
export const codesIn = (tags: Iterable<string>, tagStart: string): string[] => [
  ...new Set(
    [...tags].flatMap((tag) => {
      const lower = tag.trim().toLowerCase();
      return lower.startsWith(tagStart) && lower.length > tagStart.length ? [lower.slice(tagStart.length)] : [];
    }),
  ),
];

/** The code in a field's value: a drop-down's value may be the tag `partner_nord`, a text field holds the bare code. */
export const codeInField = (value: unknown, tagStart: string): string | null => {
  const text = fieldText(value);
  return text?.toLowerCase().startsWith(tagStart) ? text.slice(tagStart.length) || null : text;
};

/** As codes stand in tags: lower case, `_` for all else (features/attribution/tags.ts does the same). */
export const codeOf = (value: string): string => value.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_');

/**
 * The contact reason by mapped field, else by one of the names (form, then tags). A filled field whose value nobody mapped is
 * `other`; null where nothing tells.
 */
export const contactReason = (input: {
  readonly reasonValues: Readonly<Record<string, ContactReason>>;
  /** Null or empty: not filled. Of several names of one value the first that is mapped counts. */
  readonly field: string | readonly string[] | null;
  readonly names: readonly string[];
}): ContactReason | null => {
  const mapped = new Map(
    Object.entries(input.reasonValues).map(([raw, reason]) => [raw.trim().toLowerCase(), reason] as const),
  );
  const reasonIn = (name: string): ContactReason | undefined => {
    const lower = name.trim().toLowerCase();
    return mapped.get(lower) ?? contactReasons.find((reason) => reason === lower);
  };
  const values = typeof input.field === 'string' ? [input.field] : (input.field ?? []);
  if (values.length > 0) return values.map(reasonIn).find((reason) => reason !== undefined) ?? 'other';
  return (
    input.names.map((name) => mapped.get(name.trim().toLowerCase())).find((reason) => reason !== undefined) ?? null
  );
};
