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

/**
 * Reads an answer to its end, so that the connection can be used again, up to a bound. As JSON: parsed; as text: the text; null
 * where the body is empty or nothing of it is wanted.
 */
export const readBody = async (
  response: Response,
  {
    name,
    longestBytes,
    as,
  }: { readonly name: string; readonly longestBytes: number; readonly as: 'json' | 'text' | 'nothing' },
): Promise<unknown> => {
  const tooLong = () =>
    new UpstreamError(`${name} answered more than ${longestBytes} bytes; ask for smaller pages`, {
      status: response.status,
      retryable: false,
    });
  const read = async (): Promise<string> => {
    // An uncompressed answer of a told length cannot be longer; reading it whole costs a fraction of reading its chunks.
    const told = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
    if (told !== null && Number(told) <= longestBytes) return response.text();
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > longestBytes) throw tooLong();
      if (as !== 'nothing') chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  };
  const text = (await read()).trim();
  if (as === 'nothing') return null;
  if (text === '') return null;
  if (as === 'text') return text;
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error quotes the text, which may hold personal data.
    throw new UpstreamError(`${name} answered ${response.status} with something that is not JSON`, {
      status: response.status,
      retryable: true,
    });
  }
};
