import { hourMs } from '../../core/time.ts';
import { BoundedMap } from '../../platform/bounded-map.ts';
import type { Clock } from '../../platform/clock.ts';
import type { PlacesWanted, StoreCategory } from '../port.ts';
import { type BigcommerceApi, isHidden, type Query } from './api.ts';
import { idLists, pagesV3, read } from './paging.ts';
import { fieldText } from './places.ts';
import {
  catalogProduct,
  category,
  customerAttribute,
  customerAttributeValue,
  customerFieldValue,
  type Metafield,
  metafield,
  namedThing,
  type Order,
} from './schema.ts';

/** In a look at the latest orders. */
const mostMetafieldPages = 40;
/** Their form fields cost a call for each customer. */
const mostFieldCustomers = 50;
/** Names of categories are asked for again this often. */
const categoryNameMs = hourMs;
const mostCategoryNames = 10_000;

type Texts = Record<string, string>;

const namesById = (rows: readonly { readonly id: string; readonly name: string | null }[]): Map<string, string> =>
  new Map(rows.flatMap(({ id, name }) => (name === null ? [] : [[id, name] as const])));

/**
 * What a rule may read of an order's customer and products, in as few calls as the store allows. A token that may not read a
 * place finds nothing there; `verify` and the list of suggestions show what is lacking.
 */
export const createExtras = (api: BigcommerceApi, clock: Clock) => {
  const rowsOf = async <Row>(path: string, query: Query, parse: (row: unknown) => Row): Promise<Row[]> => {
    const rows: Row[] = [];
    try {
      for await (const page of pagesV3(api, path, query)) rows.push(...page.map(parse));
    } catch (error) {
      if (!isHidden(error)) throw error;
    }
    return rows;
  };
  const rowsOfIds = async <Row>(
    path: string,
    { name, ids, query = {} }: { readonly name: string; readonly ids: readonly string[]; readonly query?: Query },
    parse: (row: unknown) => Row,
  ): Promise<Row[]> => {
    const rows: Row[] = [];
    for (const list of idLists(ids)) rows.push(...(await rowsOf(path, { ...query, [name]: list }, parse)));
    return rows;
  };
  const add = (all: Map<string, Texts>, key: string | null, name: string, text: string): void => {
    if (key === null || text === '') return;
    const held = all.get(key) ?? {};
    all.set(key, { ...held, [name]: held[name] ?? text });
  };

  /** Attributes by customer id: the values name them by id alone. */
  const attributesOf = async (customerIds: readonly string[]): Promise<Map<string, Texts>> => {
    const all = new Map<string, Texts>();
    if (customerIds.length === 0) return all;
    const known = await rowsOf('/v3/customers/attributes', {}, (row) => read(customerAttribute, row, 'an attribute'));
    const names = new Map(known.map(({ id, name }) => [id, name]));
    const values = await rowsOfIds(
      '/v3/customers/attribute-values',
      { name: 'customer_id:in', ids: customerIds },
      (row) => read(customerAttributeValue, row, "an attribute's value"),
    );
    for (const { customer_id, attribute_id, text } of values) {
      const name = names.get(attribute_id);
      if (name !== undefined) add(all, customer_id, name, text);
    }
    return all;
  };

  /** Form fields of accounts by customer id: the list can be asked for one customer at a time. */
  const fieldsOf = async (customerIds: readonly string[]): Promise<Map<string, Texts>> => {
    const all = new Map<string, Texts>();
    for (const id of customerIds)
      for (const { customer_id, name, value } of await rowsOf(
        '/v3/customers/form-field-values',
        { customer_id: id },
        (row) => read(customerFieldValue, row, 'a form field'),
      ))
        if (customer_id === id) add(all, id, name, fieldText(value));
    return all;
  };

  const categoryNames = new BoundedMap<string, { readonly name: string | null; readonly untilMs: number }>(
    mostCategoryNames,
  );
  /** These categories by id; one that may not be read has no name, and is not asked for sooner than the others. */
  const categoriesOf = async (ids: readonly string[]): Promise<Map<string, StoreCategory>> => {
    const nowMs = clock.now().getTime();
    const stale = ids.filter((id) => (categoryNames.get(id)?.untilMs ?? 0) <= nowMs);
    const rows = await rowsOfIds(
      '/v3/catalog/trees/categories',
      { name: 'category_id:in', ids: stale, query: { include_fields: 'category_id,name' } },
      (row) => read(category, row, 'a category'),
    );
    const named = new Map(rows.map(({ category_id, name }) => [category_id, name]));
    for (const id of stale) categoryNames.set(id, { name: named.get(id) ?? null, untilMs: nowMs + categoryNameMs });
    return new Map(ids.map((id) => [id, { id, name: categoryNames.get(id)?.name ?? null }]));
  };

  /** What products bear, by product id; custom fields and categories stand in one answer. */
  const productsOf = async (
    productIds: readonly string[],
    { withCategories }: { readonly withCategories: boolean },
  ) => {
    const products = await rowsOfIds(
      '/v3/catalog/products',
      { name: 'id:in', ids: productIds, query: { include: 'custom_fields', include_fields: 'categories' } },
      (row) => read(catalogProduct, row, 'a product'),
    );
    const fields = new Map<string, Texts>();
    for (const { id, custom_fields } of products)
      for (const { name, value } of custom_fields) add(fields, id, name, value);
    const known = await categoriesOf(withCategories ? products.flatMap(({ categories }) => categories) : []);
    const categories = new Map(products.map((one) => [one.id, one.categories.flatMap((id) => known.get(id) ?? [])]));
    return { fields, categories };
  };

  return {
    /** By customer id and by product id, only what is wanted. */
    async of(
      { customerIds, productIds }: { readonly customerIds: readonly string[]; readonly productIds: readonly string[] },
      wanted: PlacesWanted,
    ) {
      const asks = (names: readonly string[] | undefined): boolean =>
        wanted.everything === true || (names?.length ?? 0) > 0;
      const customers = [...new Set(customerIds)];
      const withCategories = wanted.everything === true || wanted.productCategories === true;
      return {
        attributes: asks(wanted.customerAttributes) ? await attributesOf(customers) : new Map<string, Texts>(),
        fields: asks(wanted.customerFields)
          ? await fieldsOf(wanted.everything ? customers.slice(0, mostFieldCustomers) : customers)
          : new Map<string, Texts>(),
        products: await productsOf(withCategories || asks(wanted.productFields) ? productIds : [], { withCategories }),
      };
    },

    /** Every metafield of these orders: there is no filter by order, so that all are listed that changed since the oldest of them was placed. */
    async metafieldsOf(orders: readonly Order[]): Promise<Map<string, Metafield[]>> {
      const found = new Map<string, Metafield[]>(orders.map(({ id }) => [id, []]));
      if (orders.length === 0) return found;
      const oldest = new Date(Math.min(...orders.map(({ date_created }) => date_created.getTime())));
      const query = { 'date_modified:min': oldest.toISOString().slice(0, 19) };
      let pages = 0;
      for await (const rows of pagesV3(api, '/v3/orders/metafields', query)) {
        for (const row of rows) {
          const field = read(metafield, row, 'a metafield');
          found.get(field.resource_id ?? '')?.push(field);
        }
        pages += 1;
        if (pages === mostMetafieldPages) break;
      }
      return found;
    },

    /** What the shop calls its channels and its customer groups, by id; empty where we may not know. */
    async channelNames(): Promise<Map<string, string>> {
      return namesById(await rowsOf('/v3/channels', {}, (row) => read(namedThing, row, 'a channel')));
    },
    async groupNames(): Promise<Map<string, string>> {
      try {
        const body = await api.get('/v2/customer_groups', { limit: 250 });
        return namesById(Array.isArray(body) ? body.map((row) => read(namedThing, row, 'a customer group')) : []);
      } catch (error) {
        if (!isHidden(error)) throw error;
        return new Map();
      }
    },
  };
};
