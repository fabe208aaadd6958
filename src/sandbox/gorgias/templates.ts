import { isRecord } from '../http.ts';

const placeholder = /\{\{\s*([\w.-]+)\s*\}\}/g;

/** A value as the template language, which is Python's, prints it. */
const printed = (value: unknown, nested = false): string => {
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'string') return nested ? `'${value.replaceAll("'", "\\'")}'` : value;
  if (Array.isArray(value)) return `[${value.map((item) => printed(item, true)).join(', ')}]`;
  if (isRecord(value))
    return `{${Object.entries(value)
      .map(([key, item]) => `'${key}': ${printed(item, true)}`)
      .join(', ')}}`;
  return String(value);
};

/** Null where the context has no such place. */
const valueAt = (context: unknown, path: string): { readonly value: unknown } | null => {
  let value = context;
  for (const key of path.split('.')) {
    if (Array.isArray(value) && /^\d+$/.test(key)) value = value[Number(key)];
    else if (isRecord(value) && key in value) value = value[key];
    else return null;
  }
  return { value };
};

/** Text with its placeholders filled, unescaped: nothing for what the context lacks, "None" for what is null in it. */
export const fill = (template: string, context: unknown): string =>
  template.replace(placeholder, (_, path: string) => {
    const found = valueAt(context, path);
    return found ? printed(found.value) : '';
  });

/** A form with every value as text. */
export const fillForm = (form: Readonly<Record<string, unknown>>, context: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(form).map(([key, value]) => [
      key,
      typeof value === 'string' ? fill(value, context) : printed(value),
    ]),
  );

export const isWholeContext = (form: unknown): boolean =>
  typeof form === 'string' && /^\s*\{\{\s*context\s*\}\}\s*$/.test(form);
