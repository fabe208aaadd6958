import { z } from 'zod';
import { faultsOf, type InputFault, InvalidInput } from '../../core/errors.ts';
import { countryCode } from '../../platform/country-names.ts';
import { readJsonList } from '../../platform/json-list.ts';
import { notSafePattern, safePattern } from '../../platform/safe-pattern.ts';
import type { MappingRule } from './mapping.ts';
import { isLinePlace, plainPlaces } from './mapping-source.ts';

const name = z.string().trim().min(1, 'is empty');

const pattern = z.string().refine((text) => safePattern(text) !== null, notSafePattern);
const taking = { pattern: pattern.optional() };

const source = z.discriminatedUnion('place', [
  z.strictObject({ place: z.enum(plainPlaces), ...taking }),
  z.strictObject({ place: z.literal('metafield'), namespace: name, key: name, ...taking }),
  z.strictObject({ place: z.literal('form_field'), name, of: z.enum(['billing', 'shipping']).optional(), ...taking }),
  z.strictObject({ place: z.literal('customer_attribute'), name, ...taking }),
  z.strictObject({ place: z.literal('customer_field'), name, ...taking }),
  z.strictObject({ place: z.literal('product_field'), name, ...taking }),
  z.strictObject({ place: z.literal('line_brand'), ...taking }),
  z.strictObject({ place: z.literal('product_category'), ...taking }),
  z.strictObject({ place: z.literal('coupon'), ...taking }),
  z.strictObject({ place: z.literal('sku_prefix'), separator: z.string().min(1).max(3).optional(), ...taking }),
  z.strictObject({ place: z.literal('staff_note'), pattern }),
  z.strictObject({ place: z.literal('customer_message'), pattern }),
  z.strictObject({ place: z.literal('store') }),
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
  .strictObject({ gives: z.enum(['partner', 'country']), store: name.optional(), from: source, values })
  .superRefine(({ gives, from, values: map }, context) => {
    const fault = (path: string[], message: string): void => context.addIssue({ code: 'custom', path, message });
    const lists = Object.keys(map).length > 0;
    if (from.place === 'store' && !lists) fault(['values'], 'is empty; list the stores by their names');
    if (from.place === 'coupon' && !lists)
      fault(['values'], 'is empty; only coupons that are listed say whose an order is');
    if (from.place === 'sku_prefix' && from.separator === undefined && from.pattern === undefined && !lists)
      fault(['values'], 'is empty; list the prefixes, or give the separator that ends them');
    if (from.place === 'product_category' && from.pattern === undefined && !lists)
      fault(
        ['values'],
        'is empty; list the categories by name or id, or give the pattern that takes a code from a name',
      );
    if (gives !== 'country') return;
    if (isLinePlace(from))
      fault(['from', 'place'], `${from.place} gives partners; a country needs a place on the order`);
    for (const [raw, country] of Object.entries(map))
      if (countryCode(country) === null)
        fault(['values', raw], `"${country}" is no country; write its ISO 3166 code of two letters, e.g. SE`);
  });

/** What a rule calls stores and is none, with where it stands. */
const strangeStores = ({ store, from, values: map }: MappingRule, stores: readonly string[]): InputFault[] => {
  const called = [
    ...(store === undefined ? [] : [{ field: 'store', name: store }]),
    ...(from.place === 'store' ? Object.keys(map).map((raw) => ({ field: `values.${raw}`, name: raw })) : []),
  ];
  return called
    .filter((one) => !stores.includes(one.name))
    .map((one) => ({
      field: one.field,
      reason: `"${one.name}" is no store; known are ${stores.join(', ') || 'none yet'}`,
    }));
};

/**
 * Reads the file of `import mapping-rules`: a JSON array of rules, the first of which decides first, or what the API tells of them. Throws InvalidInput
 * with every fault, each with a field such as "rule 2, from.place"; rules count from 1. `stores` are the names that rules may
 * call stores by, those of disconnected ones among them: their orders stay.
 */
export const readMappingRules = (text: string, stores: readonly string[]): MappingRule[] => {
  const list = readJsonList(text, {
    what: 'The mapping rules',
    name: 'rules',
    example: '[{"gives": "partner", "from": {"place": "channel"}, "values": {"7": "nord"}}]',
  });
  const rules: MappingRule[] = [];
  const faults: InputFault[] = [];
  for (const [index, entry] of list.entries()) {
    const parsed = rule.safeParse(entry);
    if (parsed.success) rules.push(parsed.data);
    const own = parsed.success ? strangeStores(parsed.data, stores) : faultsOf(parsed.error.issues, '');
    for (const { field, reason } of own)
      faults.push({ field: [`rule ${index + 1}`, field].filter(Boolean).join(', '), reason });
  }
  if (faults.length > 0)
    throw new InvalidInput(
      `The mapping rules have ${faults.length === 1 ? '1 fault' : `${faults.length} faults`}; nothing was changed`,
      faults,
    );
  return rules;
};
