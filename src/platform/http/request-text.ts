import { z } from 'zod';

/** Text in a request; without control characters, for PostgreSQL's text takes no NUL and no code or name of ours holds one. */
export const requestText = (longest: number) =>
  z
    .string()
    .max(longest)
    .regex(/^\P{Cc}*$/u, 'holds a control character; send printable text');

/** A whole number in a query, by digits alone: `Number` would take "0x10", "1e2" and "" too. */
export const requestCount = ({ least, most }: { readonly least: number; readonly most: number }) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'is not a whole number; write it in digits')
    .transform(Number)
    .pipe(z.number().min(least).max(most))
    .meta({ type: 'integer', minimum: least, maximum: most });
