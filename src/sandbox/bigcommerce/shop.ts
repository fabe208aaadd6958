import { isoSeconds, type SandboxClock } from '../clock.ts';
import { amountsOf } from './amounts.ts';
import { type Catalog, createCatalog } from './catalog.ts';
import { addressJson, lineId, productsJson } from './json.ts';
import type { Metafield, MetafieldInput, OrderInput, OrderRecord, Refund, RefundInput } from './model.ts';

export interface Shop {
  readonly orders: ReadonlyMap<number, OrderRecord>;
  readonly refunds: readonly Refund[];
  readonly metafields: readonly Metafield[];
  readonly catalog: Catalog;
  byEmail(email: string): readonly OrderRecord[];
  /** Addresses of registered customers, by id. */
  readonly customers: ReadonlyMap<number, string>;
  /** Somebody opens an account, with or without an order. */
  register(customerId: number, email: string): void;
  place(input: OrderInput): OrderRecord;
  setStatus(orderId: number, statusId: number): void;
  /** Makes a refund now; the order becomes refunded, wholly or in part, unless every payment was declined. */
  refund(orderId: number, input: RefundInput): Refund;
  /** Somebody archives an order: the list leaves it out from then on, its id still finds it. */
  archive(orderId: number): void;
  /** Sets a field of an order as another app does; the order's own time of change stays. A null value takes it away. */
  setMetafield(
    orderId: number,
    field: { readonly namespace: string; readonly key: string; readonly value: string | null },
  ): void;
}

/** Told of everything that webhooks may be sent about. */
export type ShopListener = (scope: string, data: Readonly<Record<string, unknown>>) => void;

/** Our own API account's client id: the owner of fields that other apps may hide from it. */
const otherApp = 'sandbox-other-app';

/** The store's memory. Changes carry the clock's time, so that a walk over changes never misses one. */
export const createShop = ({
  clock,
  firstOrderId,
  tell = () => undefined,
}: {
  readonly clock: SandboxClock;
  readonly firstOrderId: number;
  readonly tell?: ShopListener;
}): Shop => {
  const orders = new Map<number, OrderRecord>();
  const refunds: Refund[] = [];
  const metafields: Metafield[] = [];
  const emails = new Map<string, OrderRecord[]>();
  const customers = new Map<number, string>();
  const catalog = createCatalog();

  const orderOf = (id: number): OrderRecord => {
    const order = orders.get(id);
    if (!order) throw new RangeError(`the sandbox has no order ${id}`);
    return order;
  };
  const touch = (order: OrderRecord): void => {
    order.modifiedAtMs = clock.now().getTime();
    order.text = null;
  };
  const ofOrder = (id: number) => ({ type: 'order', id });
  const ofStatus = (id: number, before: number, after: number) => ({
    ...ofOrder(id),
    status: { previous_status_id: before, new_status_id: after },
  });
  let nextFieldId = 1;
  const newField = (orderId: number, { namespace, key, value, permissionSet }: MetafieldInput): Metafield => {
    const at = isoSeconds(clock.now().getTime());
    return {
      id: nextFieldId++,
      resource_type: 'order',
      resource_id: orderId,
      namespace,
      key,
      value,
      permission_set: permissionSet,
      description: '',
      owner_client_id: otherApp,
      date_created: at,
      date_modified: at,
    };
  };
  const tellOfField = (what: 'created' | 'updated' | 'deleted', field: Metafield): void => {
    if (field.permission_set === 'app_only') return;
    tell(`store/order/metafield/${what}`, { metafield_id: field.id, resource_id: String(field.resource_id) });
  };

  return {
    orders,
    refunds,
    metafields,
    customers,
    catalog,
    register(customerId, email) {
      const isNew = !customers.has(customerId);
      customers.set(customerId, email);
      tell(`store/customer/${isNew ? 'created' : 'updated'}`, { type: 'customer', id: customerId });
    },
    byEmail: (email) => emails.get(email.toLowerCase()) ?? [],
    place(input) {
      const id = firstOrderId + orders.size;
      const amounts = amountsOf(input);
      const nowMs = clock.now().getTime();
      const fields = input.metafields.map((field) => newField(id, field));
      metafields.push(...fields);
      const parts = { id, input, amounts };
      const order: OrderRecord = {
        ...parts,
        statusId: input.statusId,
        isArchived: false,
        modifiedAtMs: nowMs,
        metafields: fields,
        refunds: [],
        text: null,
        productsText: JSON.stringify(productsJson(parts)),
        addressText: JSON.stringify(addressJson(parts)),
      };
      orders.set(id, order);
      for (const line of input.lines) catalog.hold(line);
      if (input.customerId !== 0 && !customers.has(input.customerId)) customers.set(input.customerId, input.email);
      const key = input.email.toLowerCase();
      const held = emails.get(key);
      if (held) held.push(order);
      else emails.set(key, [order]);
      tell('store/order/created', ofOrder(id));
      for (const field of fields) tellOfField('created', field);
      return order;
    },
    setStatus(orderId, statusId) {
      const order = orderOf(orderId);
      const before = order.statusId;
      order.statusId = statusId;
      touch(order);
      tell('store/order/statusUpdated', ofStatus(orderId, before, statusId));
      tell('store/order/updated', ofOrder(orderId));
    },
    refund(orderId, input) {
      const order = orderOf(orderId);
      const id = refunds.length + 1;
      const refund: Refund = {
        id,
        order_id: orderId,
        user_id: 0,
        created: `${isoSeconds(clock.now().getTime()).slice(0, -1)}+00:00`,
        reason: input.reason,
        total_amount: input.totalCents / 100,
        total_tax: input.taxCents / 100,
        uses_merchant_override_values: input.lines.length === 0,
        items: input.lines.map(({ index, quantity }) => ({
          item_type: 'PRODUCT',
          item_id: lineId(orderId, index),
          quantity,
          requested_amount: null,
        })),
        payments: input.payments.map(({ cents, declined }, index) => ({
          id: id * 10 + index,
          provider_id: index === 0 ? 'card' : 'storecredit',
          amount: cents / 100,
          offline: index > 0,
          is_declined: declined,
          declined_message: declined ? 'Declined by the issuer' : '',
        })),
      };
      refunds.push(refund);
      order.refunds.push(refund);
      const given = input.payments.reduce((sum, { cents, declined }) => sum + (declined ? 0 : cents), 0);
      const before = order.statusId;
      if (given > 0) order.statusId = given >= order.amounts.totalIncCents ? 4 : 14;
      touch(order);
      tell('store/order/refund/created', { ...ofOrder(orderId), refund: { refund_id: id } });
      if (order.statusId !== before) tell('store/order/statusUpdated', ofStatus(orderId, before, order.statusId));
      tell('store/order/updated', ofOrder(orderId));
      return refund;
    },
    archive(orderId) {
      const order = orderOf(orderId);
      order.isArchived = true;
      touch(order);
      tell('store/order/archived', ofOrder(orderId));
    },
    setMetafield(orderId, { namespace, key, value }) {
      const order = orderOf(orderId);
      const held = order.metafields.find((field) => field.namespace === namespace && field.key === key);
      const gone = (fields: Metafield[]): void => {
        const at = held ? fields.indexOf(held) : -1;
        if (at >= 0) fields.splice(at, 1);
      };
      gone(order.metafields);
      gone(metafields);
      if (value === null) {
        if (held) tellOfField('deleted', held);
        return;
      }
      const permissionSet = held?.permission_set ?? 'read';
      const made = newField(orderId, { namespace, key, value, permissionSet });
      const field = held ? { ...made, id: held.id, date_created: held.date_created } : made;
      order.metafields.push(field);
      metafields.push(field);
      tellOfField(held ? 'updated' : 'created', field);
    },
  };
};
