import { z } from 'zod';
import { notSafePattern, safePattern } from '../platform/safe-pattern.ts';

/** Settings that mean the same at every store; an adapter spreads them into its own schema. */
export const commonStoreSettings = {
  /** Numbers of this store's orders as texts name them, by the language of the text; "*" in any. */
  orderNumberPatterns: z
    .record(
      z.string().regex(/^(?:\*|[a-z]{2,3})$/, 'is neither a language such as "de" nor "*"'),
      z.string().refine((text) => safePattern(text) !== null, notSafePattern),
    )
    .default({})
    .meta({
      title: 'Patterns of order numbers',
      description:
        'How texts name this store\'s orders beside "#1001" and "order 1001": by language, or "*" for any, a regular expression (RE2) whose first group is the number, looked for among this store\'s orders alone.',
    }),
};
