import type { z } from 'zod';
import type { Clock } from '../platform/clock.ts';
import type { CallCounts } from '../platform/http/call-count.ts';
import type { CallObserver } from '../platform/http/client.ts';

/** An amount as the store wrote it: decimal text in the order's currency. Never a float. */
export type DecimalText = string;

export interface StoreOrderLine {
  readonly externalId: string;
  readonly sku: string | null;
  readonly productName: string | null;
  readonly brand: string | null;
  /** What the customer pays for the line, on the same tax side as the order's revenue. */
  readonly revenue: DecimalText;
}

/** A value that a mapping rule may read, by place: {"channel": "7", "externalSource": "POS", "metafields": {"ns.key": "v"}, "formFields": {"Name": "v"}}. */
export interface OrderPlaces {
  readonly channel: string | null;
  readonly externalSource: string | null;
  readonly metafields: Readonly<Record<string, string>>;
  readonly formFields: Readonly<Record<string, string>>;
}

export interface StoreOrder {
  readonly externalId: string;
  /** The number the customer sees. */
  readonly number: string;
  readonly externalNumber: string | null;
  readonly placedAt: Date;
  readonly modifiedAt: Date;
  readonly statusId: number;
  readonly archived: boolean;
  /** ISO 3166 alpha-2 of the first shipping address, else of billing. */
  readonly country: string | null;
  readonly locale: string | null;
  readonly customerId: string | null;
  /** Every address on the order: of billing, of each shipping address, of the customer's account. */
  readonly emails: readonly string[];
  readonly currency: string;
  /** After discounts, shipping included, tax out (RULES: total_ex_tax, or total_inc_tax - total_tax where prices include tax). */
  readonly revenue: DecimalText;
  readonly lines: readonly StoreOrderLine[];
  readonly places: OrderPlaces;
}

export interface StoreRefund {
  readonly externalId: string;
  readonly orderExternalId: string;
  readonly madeAt: Date;
  /** What the refund is worth in all, and the tax in it (may be negative). */
  readonly totalAmount: DecimalText;
  readonly totalTax: DecimalText;
  /** Sum of the payments not declined; "0" where all were declined. */
  readonly paid: DecimalText;
}

/** Which of the dearer places (metafields, form fields) the mapping rules read at all. */
export interface PlacesWanted {
  readonly metafields: readonly { readonly namespace: string; readonly key: string }[];
  readonly formFields: readonly string[];
}

/** One metafield value as the store holds it now; `name` is "namespace.key", as in OrderPlaces. */
export interface StoreMetafield {
  readonly orderExternalId: string;
  readonly name: string;
  readonly value: string;
}

/** One page of a walk over orders. */
export interface OrderPage {
  readonly orders: readonly StoreOrder[];
  /** Orders that came in a shape we cannot read: id, field and fault of each, no values. They stop nobody else. */
  readonly unreadable: readonly string[];
}

/** One connected store. */
export interface StoreClient {
  /** With what the credentials may not read and would be of use, one sentence each. */
  verify(): Promise<{ readonly storeName: string; readonly lacking: readonly string[] }>;
  /**
   * Orders changed since the instant (the caller overlaps), oldest change first, page by page, with lines and places filled,
   * metafields apart: those have a change feed of their own.
   */
  walkOrders(since: Date, wanted: PlacesWanted): AsyncIterable<OrderPage>;
  /** Wanted metafields changed since the instant, whether or not their orders changed. */
  walkMetafields(since: Date, wanted: PlacesWanted): AsyncIterable<readonly StoreMetafield[]>;
  /** The wanted metafields of one order. */
  metafieldsOf(orderExternalId: string, wanted: PlacesWanted): Promise<readonly StoreMetafield[]>;
  /** The orders that bear a number as the one the customer sees or as a marketplace's, metafields included. */
  ordersByNumber(number: string, wanted: PlacesWanted): Promise<readonly StoreOrder[]>;
  /** The latest orders of an address placed since the instant, metafields included. */
  ordersByEmail(email: string, since: Date, wanted: PlacesWanted): Promise<readonly StoreOrder[]>;
  /** Whether the store knows an address: by an order, however old, or by a customer's account. */
  knowsAddress(email: string): Promise<boolean>;
  /** Every refund of the orders, in batches. */
  refundsOf(orderExternalIds: readonly string[]): Promise<readonly StoreRefund[]>;
  /** Refunds made since the instant. */
  walkRefunds(since: Date): AsyncIterable<readonly StoreRefund[]>;
}

export interface StoreAdapter<Settings extends z.ZodObject = z.ZodObject> {
  readonly kind: string;
  readonly settings: Settings;
  readonly secretKeys: readonly string[];
  connect(
    settings: z.output<Settings>,
    deps: {
      readonly clock: Clock;
      readonly allowPrivate: boolean;
      /** Told of every call, for metrics. */
      readonly observe?: CallObserver;
      /** Counts calls over all processes, so that together they keep to our share; absent: each keeps to it alone. */
      readonly counts?: CallCounts;
    },
  ): StoreClient;
}
