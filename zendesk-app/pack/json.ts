export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value at a path of keys; undefined where there is none. */
export const at = (value: unknown, ...keys: readonly string[]): Json | undefined => {
  let here = value as Json | undefined;
  for (const key of keys) here = isObject(here) ? here[key] : undefined;
  return here;
};

const token = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;

/** Keys that one object of the text has twice: JSON.parse takes the last and says nothing. The text must be valid JSON. */
export const duplicateKeys = (text: string): string[] => {
  const objects: (Set<string> | null)[] = [];
  const found: string[] = [];
  const tokens = text.match(token) ?? [];
  tokens.forEach((one, index) => {
    if (one === '{') objects.push(new Set());
    else if (one === '[') objects.push(null);
    else if (one === '}' || one === ']') objects.pop();
    else if (one.startsWith('"') && tokens[index + 1] === ':') {
      const keys = objects.at(-1);
      const key = JSON.parse(one) as string;
      if (keys?.has(key)) found.push(key);
      keys?.add(key);
    }
  });
  return found;
};
