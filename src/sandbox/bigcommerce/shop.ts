import { isoSeconds, type SandboxClock } from '../clock.ts';
import { amountsOf } from './amounts.ts';
import { addressJson, lineId, productsJson } from './json.ts';
import type { Metafield, OrderInput, OrderRecord, Refund, RefundInput } from './model.ts';

export interface Shop {
  readonly orders: ReadonlyMap<number, OrderRecord>;
  readonly refunds: readonly Refund[];
  readonly metafields: readonly Metafield[];
  byEmail(email: string): readonly OrderRecord[];
  /** Addresses of registered customers, by id. */
  readonly customers: ReadonlyMap<number, string>;
  /** Somebody opens an account, with or without an order. */
  register(customerId: number, email: string): void;
  place(input: OrderInput): OrderRecord;
  setStatus(orderId: number, statusId: number): void;
  /** Makes a refund now; the order becomes refunded, wholly or in part, unless every payment was declined. */
  refund(orderId: number, input: RefundInput): Refund;
}

/** Our own API account's client id: the owner of fields that other apps may hide from it. */
const otherApp = 'sandbox-other-app';

/** The store's memory. Changes carry the clock's time, so that a walk over changes never misses one. */
export const createShop = ({
  clock,
  firstOrderId,
}: {
  readonly clock: SandboxClock;
  readonly firstOrderId: number;
}): Shop => {
  const orders = new Map<number, OrderRecord>();
  const refunds: Refund[] = [];
  const metafields: Metafield[] = [];
  const emails = new Map<string, OrderRecord[]>();
  const customers = new Map<number, string>();

  const orderOf = (id: number): OrderRecord => {
    const order = orders.get(id);
    if (!order) throw new RangeError(`the sandbox has no order ${id}`);
    return order;
  };
  const touch = (order: OrderRecord): void => {
    order.modifiedAtMs = clock.now().getTime();
    order.text = null;
  };

  return {
    orders,
    refunds,
    metafields,
    customers,
    register: (customerId, email) => void customers.set(customerId, email),
    byEmail: (email) => emails.get(email.toLowerCase()) ?? [],
    place(input) {
      const id = firstOrderId + orders.size;
      const amounts = amountsOf(input);
      const nowMs = clock.now().getTime();
      const fields = input.metafields.map(
        ({ namespace, key, value, permissionSet }, index): Metafield => ({
          id: metafields.length + index + 1,
          resource_type: 'order',
          resource_id: id,
          namespace,
          key,
          value,
          permission_set: permissionSet,
          description: '',
          owner_client_id: otherApp,
          date_created: isoSeconds(nowMs),
          date_modified: isoSeconds(nowMs),
        }),
      );
      metafields.push(...fields);
      const parts = { id, input, amounts };
      const order: OrderRecord = {
        ...parts,
        statusId: input.statusId,
        modifiedAtMs: nowMs,
        metafields: fields,
        refunds: [],
        text: null,
        productsText: JSON.stringify(productsJson(parts)),
        addressText: JSON.stringify(addressJson(parts)),
      };
      orders.set(id, order);
      if (input.customerId !== 0 && !customers.has(input.customerId)) customers.set(input.customerId, input.email);
      const key = input.email.toLowerCase();
      const held = emails.get(key);
      if (held) held.push(order);
      else emails.set(key, [order]);
      return order;
    },
    setStatus(orderId, statusId) {
      const order = orderOf(orderId);
      order.statusId = statusId;
      touch(order);
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
      if (given > 0) order.statusId = given >= order.amounts.totalIncCents ? 4 : 14;
      touch(order);
      return refund;
    },
  };
};
