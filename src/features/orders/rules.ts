import { isDeepStrictEqual } from 'node:util';
import type { Sql } from '../../platform/database/database.ts';
import { metafieldName, type PlacesWanted } from '../../stores/port.ts';
import { countGone, type ImportReport, type PartnerBook, removalWarning } from '../directory/index.ts';
import type { MappingRule } from './mapping.ts';
import { type MappingSource, placeName } from './mapping-source.ts';

/** The rules that hold, in their order. */
export const activeRules = async (sql: Sql): Promise<MappingRule[]> => {
  const rows = await sql.query<{ gives: 'partner' | 'country'; source: MappingSource; values: Record<string, string> }>(
    'select gives, source, "values" from mapping_rule where valid_until is null order by position',
  );
  return rows.map(({ gives, source, values }) => ({ gives, from: source, values }));
};

/** The dearer places that the rules read. */
export const placesWantedBy = (rules: readonly MappingRule[]): PlacesWanted => {
  const metafields = new Map<string, { namespace: string; key: string }>();
  const names = new Map<string, Set<string>>();
  for (const { from } of rules) {
    const add = (name: string): void => void names.set(from.place, (names.get(from.place) ?? new Set()).add(name));
    if (from.place === 'metafield') metafields.set(metafieldName(from), { namespace: from.namespace, key: from.key });
    else if ('name' in from) add(from.name);
    else if (from.place === 'staff_note' || from.place === 'customer_message') add(from.pattern ?? '');
    else add('');
  }
  const of = (place: MappingSource['place']): string[] => [...(names.get(place) ?? [])];
  const some = <Key extends keyof PlacesWanted>(key: Key, found: readonly string[]) =>
    found.length > 0 ? { [key]: found } : {};
  return {
    metafields: [...metafields.values()],
    formFields: of('form_field'),
    ...(names.has('customer_group') && { customerGroup: true }),
    ...(names.has('product_category') && { productCategories: true }),
    ...(names.has('coupon') && { coupons: true }),
    ...some('customerAttributes', of('customer_attribute')),
    ...some('customerFields', of('customer_field')),
    ...some('productFields', of('product_field')),
    ...some('staffNotes', of('staff_note')),
    ...some('customerMessages', of('customer_message')),
  };
};

const previewRow = ({ gives, from, values }: MappingRule): Record<string, string> => ({
  gives,
  from: placeName(from),
  values: Object.entries(values)
    .map(([raw, code]) => `${raw}: ${code}`)
    .join(', '),
});

/** Codes that the partner list lacks: such orders would be unknown, which may be a typing error. */
const warningsOf = (rules: readonly MappingRule[], partners: PartnerBook): string[] =>
  rules.flatMap(({ gives, values }, index) =>
    gives === 'country'
      ? []
      : Object.entries(values)
          .filter(([, code]) => partners.resolve(code) === null)
          .map(
            ([raw, code]) =>
              `rule ${index + 1}: "${raw}" maps to "${code}", which is no partner yet; its orders count as unknown until "${code}" is imported`,
          ),
  );

/** Rules have no name: one that gives the same from the same place is the same, revised or not. */
const subjectOf = ({ gives, from }: MappingRule): string => JSON.stringify([gives, placeName(from)]);

/** What replacing the rules would do, compared position by position. */
export const reportOn = (
  before: readonly MappingRule[],
  after: readonly MappingRule[],
  { partners, dryRun }: { readonly partners: PartnerBook; readonly dryRun: boolean },
): ImportReport => {
  const kept = after.slice(0, before.length);
  const gone = countGone(before.map(subjectOf), after.map(subjectOf));
  const unchanged = kept.filter((rule, index) => isDeepStrictEqual(rule, before[index])).length;
  return {
    what: 'mapping-rules',
    rows: after.length,
    added: Math.max(0, after.length - before.length),
    changed: kept.length - unchanged,
    unchanged,
    removed: Math.max(0, before.length - after.length),
    dryRun,
    preview: after.slice(0, 5).map(previewRow),
    warnings: [
      ...removalWarning({ gone, held: before.length }, { things: 'rules', dryRun }),
      ...warningsOf(after, partners),
    ],
  };
};

/** Closes the set that holds and opens the new one; the old one stays, dated. */
export const replaceRules = async (sql: Sql, rules: readonly MappingRule[], now: Date): Promise<void> => {
  await sql.query('lock table mapping_rule in share row exclusive mode');
  await sql.query('update mapping_rule set valid_until = $1 where valid_until is null', [now]);
  await sql.query(
    `insert into mapping_rule (position, gives, source, "values", valid_from)
     select position, gives, source, "values", $5 from unnest($1::int[], $2::text[], $3::jsonb[], $4::jsonb[]) as r(position, gives, source, "values")`,
    [
      rules.map((_, index) => index + 1),
      rules.map(({ gives }) => gives),
      rules.map(({ from }) => JSON.stringify(from)),
      rules.map(({ values }) => JSON.stringify(values)),
      now,
    ],
  );
};
