import { isDeepStrictEqual } from 'node:util';
import { Conflict } from '../../core/errors.ts';
import type { Sql } from '../../platform/database/database.ts';
import { metafieldName, type PlacesWanted } from '../../stores/port.ts';
import { countGone, type ImportReport, type PartnerBook, removalWarning } from '../directory/index.ts';
import type { MappingRule } from './mapping.ts';
import { type MappingSource, placeName } from './mapping-source.ts';

/** The rules that hold, in their order, with what connections are called at the same moment, by id: rules call stores so. */
export interface RulesHeld {
  readonly rules: readonly MappingRule[];
  readonly stores: ReadonlyMap<number, string>;
}

/** Values of the place "store" are kept by the connection's id and read by its name: a rule goes with a store that is renamed. */
const storesTo = (from: MappingSource, values: MappingRule['values'], word: (store: string) => string) =>
  from.place === 'store'
    ? Object.fromEntries(Object.entries(values).map(([store, code]) => [word(store), code]))
    : values;

export const rulesHeld = async (sql: Sql): Promise<RulesHeld> => {
  const [row] = await sql.query<{
    rules: (Pick<MappingRule, 'gives' | 'from' | 'values'> & { storeId: number | null })[];
    names: [number, string][];
  }>(
    `select (select coalesce(jsonb_agg(jsonb_build_object('gives', gives, 'from', source, 'values', "values", 'storeId', connection_id) order by position), '[]')
               from mapping_rule where valid_until is null) as rules,
            (select coalesce(jsonb_agg(jsonb_build_array(id, name)), '[]') from connection) as names`,
  );
  const stores = new Map(row?.names);
  const rules = (row?.rules ?? []).map(({ gives, from, values, storeId }) => ({
    gives,
    ...(storeId !== null && { store: stores.get(storeId) }),
    from,
    values: storesTo(from, values, (id) => stores.get(Number(id)) ?? id),
  }));
  return { rules, stores };
};

export const activeRules = async (sql: Sql): Promise<readonly MappingRule[]> => (await rulesHeld(sql)).rules;

/** The names that rules may call stores by, disconnected ones among them. */
export const storeNames = async (sql: Sql, kinds: readonly string[]): Promise<string[]> => {
  const rows = await sql.query<{ name: string }>('select name from connection where kind = any($1) order by id', [
    kinds,
  ]);
  return rows.map(({ name }) => name);
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

const previewRow = ({ gives, store, from, values }: MappingRule): Record<string, string> => ({
  gives,
  ...(store !== undefined && { store }),
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

/** Rules have no name: one that gives the same from the same place, of the same store, is the same, revised or not. */
const subjectOf = ({ gives, store, from }: MappingRule): string => JSON.stringify([gives, store, placeName(from)]);

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
  const { stores } = await rulesHeld(sql);
  const ids = new Map([...stores].map(([id, name]) => [name, id]));
  const idOf = (store: string): number => {
    const id = ids.get(store);
    // Renamed since the file was read.
    if (id === undefined) throw new Conflict(`"${store}" is no store any more; nothing was changed`);
    return id;
  };
  await sql.query(
    `insert into mapping_rule (position, gives, source, "values", connection_id, valid_from)
     select position, gives, source, "values", store, $5
       from unnest($1::int[], $2::text[], $3::jsonb[], $4::jsonb[], $6::int[]) as r(position, gives, source, "values", store)`,
    [
      rules.map((_, index) => index + 1),
      rules.map(({ gives }) => gives),
      rules.map(({ from }) => JSON.stringify(from)),
      rules.map(({ from, values }) => JSON.stringify(storesTo(from, values, (store) => String(idOf(store))))),
      now,
      rules.map(({ store }) => (store === undefined ? null : idOf(store))),
    ],
  );
};
