import type { z } from 'zod';
import { UpstreamError } from '../../core/errors.ts';

/** Undefined where text or UTF-8 bytes are no JSON: a gateway's HTML page, a cut answer, what a stranger sent. */
export const jsonIn = (text: string | Buffer): unknown => {
  try {
    return JSON.parse(String(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

/** True for what JSON writes in braces. */
export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An answer's body as the schema has it; throws UpstreamError, which names fields and never what is in them. */
export const inShape = <Schema extends z.ZodType>(schema: Schema, body: unknown, name: string): z.output<Schema> => {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.slice(0, 5).map(({ path, code }) => `${path.join('.') || 'body'} (${code})`);
  throw new UpstreamError(
    `${name} answered in another shape than documented: ${fields.join(', ')}. See whether the vendor changed its API.`,
    { status: 200, retryable: false },
  );
};

/** An answer's body as the call wants it: parsed, or the text; null where it is empty. */
export const bodyIn = (
  { status, text }: { readonly status: number; readonly text: string },
  { name, as }: { readonly name: string; readonly as: 'json' | 'text' },
): unknown => {
  const trimmed = text.trim();
  if (trimmed === '') return null;
  if (as === 'text') return trimmed;
  const json = jsonIn(trimmed);
  // The parser's own error quotes the text, which may hold personal data.
  if (json === undefined)
    throw new UpstreamError(`${name} answered ${status} with something that is not JSON`, { status, retryable: true });
  return json;
};
