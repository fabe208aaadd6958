import { type ContactReason, contactReasons } from './settings.ts';

export type Half = 'partner' | 'region';

/** Our tags are `partner_<code>` and `region_<code>` behind the connection's prefix. */
export const tagStartOf = (half: Half, tagPrefix: string): string => `${tagPrefix}${half}_`;

/** A field's value as text: numbers written out, the first of several; null where there is none. */
export const fieldText = (value: unknown): string | null => {
  if (Array.isArray(value)) return fieldText(value[0] ?? null);
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const text = String(value).trim();
  return text === '' ? null : text;
};

/** The codes that tags of one half name. */
export const codesIn = (tags: readonly string[], tagStart: string): string[] =>
  tags.flatMap((tag) => {
    const lower = tag.trim().toLowerCase();
    return lower.startsWith(tagStart) && lower.length > tagStart.length ? [lower.slice(tagStart.length)] : [];
  });

/** The code in a field's value: a drop-down's value may be the tag `partner_nord`, a text field holds the bare code. */
export const codeInField = (value: unknown, tagStart: string): string | null => {
  const text = fieldText(value);
  return text?.toLowerCase().startsWith(tagStart) ? text.slice(tagStart.length) || null : text;
};

/**
 * The contact reason by mapped field, else by one of the names (form, then tags). A filled field whose value nobody mapped is
 * `other`; null where nothing tells.
 */
export const contactReason = (input: {
  readonly reasonValues: Readonly<Record<string, ContactReason>>;
  readonly field: string | null;
  readonly names: readonly string[];
}): ContactReason | null => {
  const mapped = new Map(
    Object.entries(input.reasonValues).map(([raw, reason]) => [raw.trim().toLowerCase(), reason] as const),
  );
  const raw = input.field?.toLowerCase();
  if (raw !== undefined) return mapped.get(raw) ?? contactReasons.find((reason) => reason === raw) ?? 'other';
  return (
    input.names.map((name) => mapped.get(name.trim().toLowerCase())).find((reason) => reason !== undefined) ?? null
  );
};
