import { z } from 'zod';
import { faultsOf, type InputFault, InvalidInput } from '../../core/errors.ts';
import type { MappingRule } from './mapping.ts';

const name = z.string().trim().min(1, 'is empty');

const source = z.discriminatedUnion('place', [
  z.strictObject({ place: z.literal('channel') }),
  z.strictObject({ place: z.literal('external_source') }),
  z.strictObject({ place: z.literal('metafield'), namespace: name, key: name }),
  z.strictObject({ place: z.literal('form_field'), name }),
  z.strictObject({ place: z.literal('line_brand') }),
]);

/** Two spellings of one value would let the order of the file decide. */
const values = z
  .record(z.string(), name)
  .default({})
  .superRefine((map, context) => {
    const seen = new Map<string, string>();
    for (const raw of Object.keys(map)) {
      const folded = raw.trim().toLowerCase();
      const other = seen.get(folded);
      if (other !== undefined)
        context.addIssue({
          code: 'custom',
          path: [raw],
          message: `differs from "${other}" in case or spaces alone; keep one of them`,
        });
      seen.set(folded, raw);
    }
  });

const rule = z
  .strictObject({ gives: z.enum(['partner', 'country']), from: source, values })
  .superRefine(({ gives, from, values: map }, context) => {
    if (gives !== 'country') return;
    if (from.place === 'line_brand')
      context.addIssue({
        code: 'custom',
        path: ['from', 'place'],
        message: 'line_brand gives partners; a country needs a place on the order',
      });
    for (const [raw, country] of Object.entries(map))
      if (!/^[A-Za-z]{2}$/.test(country))
        context.addIssue({
          code: 'custom',
          path: ['values', raw],
          message: `"${country}" is not an ISO 3166 code of two letters, e.g. SE`,
        });
  });

/**
 * Reads the file of `import mapping-rules`: a JSON array of rules, the first of which decides first. Throws InvalidInput
 * with every fault, each with a field such as "rule 2, from.place"; rules count from 1.
 */
export const readMappingRules = (text: string): MappingRule[] => {
  let content: unknown;
  try {
    content = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new InvalidInput(
      'The mapping rules are not readable as JSON; write an array such as [{"gives": "partner", "from": {"place": "channel"}, "values": {"7": "nord"}}]',
      [{ field: 'file', reason: error instanceof Error ? error.message : 'not JSON' }],
      { cause: error },
    );
  }
  if (!Array.isArray(content))
    throw new InvalidInput('The mapping rules must be a JSON array of rules', [
      { field: 'file', reason: 'is not an array' },
    ]);
  const rules: MappingRule[] = [];
  const faults: InputFault[] = [];
  for (const [index, entry] of content.entries()) {
    const parsed = rule.safeParse(entry);
    if (parsed.success) rules.push(parsed.data);
    else
      for (const { field, reason } of faultsOf(parsed.error.issues, ''))
        faults.push({ field: [`rule ${index + 1}`, field].filter(Boolean).join(', '), reason });
  }
  if (faults.length > 0)
    throw new InvalidInput(
      `The mapping rules have ${faults.length === 1 ? '1 fault' : `${faults.length} faults`}; nothing was imported`,
      faults,
    );
  return rules;
};
