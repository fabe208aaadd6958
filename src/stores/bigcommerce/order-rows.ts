import type { PulledOrders } from '../port.ts';
import type { BigcommerceApi, Query } from './api.ts';
import { defaultPageRows, faultsIn, rowsV2 } from './paging.ts';
import { type Order, type OrderProduct, order } from './schema.ts';

export const ordersPath = '/v2/orders';

/** Folds addresses and lines into the order, so that a page of 250 orders takes one call instead of 501. */
export const folded: Query = { include: 'consignments.line_items', consignment_structure: 'object' };

/** Ids are signed 32-bit integers: a longer number is refused, and can only be a marketplace's. */
export const isOrderId = (number: string): boolean => /^[1-9]\d{0,9}$/.test(number) && Number(number) < 2 ** 31;

/** Folded lines are taken where they are whole: without asking for more the store lists 50 lines of an order. */
export const foldedProducts = ({ consignments, items_total }: Order): OrderProduct[] | null => {
  if (!consignments) return null;
  const { shipping, pickups, downloads, email } = consignments;
  const products: OrderProduct[] = [];
  for (const { line_items } of [...shipping, ...pickups, ...downloads, ...(email?.gift_certificates ?? [])]) {
    if (!line_items) return null;
    products.push(...line_items);
  }
  const items = products
    .filter((product) => product.parent_order_product_id === null)
    .reduce((sum, { quantity }) => sum + quantity, 0);
  return products.length < defaultPageRows && items >= items_total ? products : null;
};

/** Orders of one page, and what is wrong with those that cannot be read. */
export const readOrders = (
  rows: readonly unknown[],
): { readonly orders: Order[]; readonly unreadable: PulledOrders['unreadable'][number][] } => {
  const orders: Order[] = [];
  const unreadable: PulledOrders['unreadable'][number][] = [];
  for (const row of rows) {
    const parsed = order.safeParse(row);
    if (parsed.success) orders.push(parsed.data);
    else
      unreadable.push({
        externalId: String((row as { id?: unknown } | null)?.id ?? 'without id'),
        fault: faultsIn(parsed.error),
      });
  }
  return { orders, unreadable };
};

/** Ids this close to each other are read as one range, which no filter of the store names otherwise ... */
const rangeSpan = 100;
/** ... where so many of them are wanted: the others come for nothing. */
const leastOfRange = 3;

const idOf = (row: unknown): string => String((row as { id?: unknown } | null)?.id);

/** Orders as the store holds them; archived ones are in no range, and are asked for one by one like those far from the others. */
export const rowsById = async (
  api: BigcommerceApi,
  externalIds: readonly string[],
): Promise<{ readonly rows: readonly unknown[]; readonly missing: readonly string[] }> => {
  const wanted = [...new Set(externalIds)].toSorted((a, b) => Number(a) - Number(b));
  const ranges: string[][] = [];
  for (const id of wanted) {
    const range = ranges.at(-1);
    if (range?.[0] !== undefined && Number(id) - Number(range[0]) < rangeSpan) range.push(id);
    else ranges.push([id]);
  }
  const found = new Map<string, unknown>();
  for (const range of ranges.filter(({ length }) => length >= leastOfRange)) {
    const query = { min_id: Number(range[0]), max_id: Number(range.at(-1)), limit: rangeSpan };
    for (const row of rowsV2(await api.get(ordersPath, { ...folded, ...query }), ordersPath)) found.set(idOf(row), row);
  }
  const missing: string[] = [];
  for (const id of wanted) {
    if (found.has(id)) continue;
    const row = await api.get(`${ordersPath}/{id}`, folded, { id });
    if (row === null) missing.push(id);
    else found.set(id, row);
  }
  return { rows: wanted.flatMap((id) => (found.has(id) ? [found.get(id)] : [])), missing };
};
