import type { z } from 'zod';
import type { Clock } from '../platform/clock.ts';
import type { CallCounts } from '../platform/http/call-count.ts';
import type { CallObserver } from '../platform/http/client.ts';
import type { Headers, RemoteOf, VerificationOf } from '../platform/vendor.ts';

/** The kinds there are, by the lines of the registry. */
export type { StoreKind } from './registry.ts';

/** An amount as the store wrote it: decimal text in the order's currency. Never a float. */
export type DecimalText = string;

export interface StoreOrderLine {
  readonly externalId: string;
  readonly sku: string | null;
  readonly productName: string | null;
  /** Of a store that knows vendors, the vendor. */
  readonly brand: string | null;
  /** What the customer pays for the line, on the same tax side as the order's revenue. */
  readonly revenue: DecimalText;
  /** Before discounts, on that side too. */
  readonly gross: DecimalText;
  /** What the goods of the line cost the company, tax out; null or absent where the store does not say. */
  readonly cost?: DecimalText | null;
}

/** A category of the store's catalogue; its name is null where we may not read it. */
export interface StoreCategory {
  readonly id: string;
  readonly name: string | null;
}

/** How metafields are named among an order's places. */
export const metafieldName = (field: { readonly namespace: string; readonly key: string }): string =>
  `${field.namespace}.${field.key}`;

/**
 * What mapping rules may read of an order, by place: {"channel": "7", "externalSource": "POS", "metafields": {"ns.key": "v"},
 * "formFields": {"Name": "v"}, ...}. Absent: the store has no such place, or nobody asked for it.
 */
export interface OrderPlaces {
  readonly channel: string | null;
  readonly externalSource: string | null;
  readonly metafields: Readonly<Record<string, string>>;
  /** Of billing, else of the first shipping address that has the field. */
  readonly formFields: Readonly<Record<string, string>>;
  readonly billingFields?: Readonly<Record<string, string>>;
  readonly shippingFields?: Readonly<Record<string, string>>;
  /** How the order came in, e.g. "www", "manual", "amazon". */
  readonly orderSource?: string | null;
  /** What the shop calls the status the order is in. */
  readonly customStatus?: string | null;
  readonly externalId?: string | null;
  readonly externalOrderId?: string | null;
  readonly externalMerchantId?: string | null;
  /** Where the buyer's network address is, ISO 3166 alpha-2. */
  readonly geoipCountry?: string | null;
  readonly shippingZone?: string | null;
  /** ISO 3166 alpha-2, or as the address has it. */
  readonly billingCountry?: string | null;
  /** Of the first shipping address that has one. */
  readonly shippingCountry?: string | null;
  /** Of the checkout, BCP 47. */
  readonly customerLocale?: string | null;
  readonly customerGroup?: string | null;
  readonly customerAttributes?: Readonly<Record<string, string>>;
  readonly customerFields?: Readonly<Record<string, string>>;
  /** By pattern what it matched; the texts themselves never leave the store's adapter. */
  readonly staffNotes?: Readonly<Record<string, string>>;
  readonly customerMessages?: Readonly<Record<string, string>>;
  readonly coupons?: readonly string[];
  /** Custom fields of the products, by the line's external id. */
  readonly productFields?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Of the products that have any, by the line's external id, in the store's own order. */
  readonly productCategories?: Readonly<Record<string, readonly StoreCategory[]>>;
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
  /** Revenue before discounts, on the same side; never less than `revenue`. */
  readonly gross: DecimalText;
  /** Coupon codes that were redeemed on it. */
  readonly coupons: number;
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

/** Which of the dearer places the mapping rules read at all; what stands on each order itself is always filled. */
export interface PlacesWanted {
  readonly metafields: readonly { readonly namespace: string; readonly key: string }[];
  readonly formFields: readonly string[];
  readonly customerGroup?: boolean;
  readonly customerAttributes?: readonly string[];
  readonly customerFields?: readonly string[];
  readonly productFields?: readonly string[];
  readonly productCategories?: boolean;
  readonly coupons?: boolean;
  /** Patterns of RE2 for the shop's notes on an order and for what the customer wrote to it. */
  readonly staffNotes?: readonly string[];
  readonly customerMessages?: readonly string[];
  /** Whatever an order has at any place, patterns apart: for a look at a few orders that is not stored. */
  readonly everything?: boolean;
}

/** Orders with all their places, and what the shop calls its channels and customer groups; for people to choose from. */
export interface OrderSurvey {
  readonly orders: readonly StoreOrder[];
  readonly channelNames: ReadonlyMap<string, string>;
  readonly groupNames: ReadonlyMap<string, string>;
}

/** One metafield value as the store holds it now; `name` is its `metafieldName`. */
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

/** Orders as they stand at the store, asked for by id. */
export interface PulledOrders {
  readonly orders: readonly StoreOrder[];
  /** The store has no such order, or no longer. */
  readonly missing: readonly string[];
  /** Orders that came in a shape we cannot read, and what is wrong with each, no values. */
  readonly unreadable: readonly { readonly externalId: string; readonly fault: string }[];
}

/** What a verified delivery says: what to read again. What is stored comes from that read alone. */
export interface StoreDelivery {
  /** Unique per event within the connection; stable over the store's retries. */
  readonly deliveryKey: string;
  readonly eventType: string;
  /** Null: the event concerns no order and no customer, or its type is not known to us; stored and ignored. */
  readonly changed: { readonly what: 'order' | 'customer'; readonly externalId: string } | null;
}

export type StoreVerification = VerificationOf<StoreDelivery>;

/** What a connection wants to find at its store. */
export interface StoreWish {
  /** Where events are to be sent. */
  readonly webhookUrl: string;
}

/** One connected store. Optional members that are absent are not supported by the store. */
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
  /** These orders as they stand now, metafields included, in as few calls as the store allows. */
  pullOrders(externalIds: readonly string[], wanted: PlacesWanted): Promise<PulledOrders>;
  /** The wanted metafields of one order. */
  metafieldsOf(orderExternalId: string, wanted: PlacesWanted): Promise<readonly StoreMetafield[]>;
  /** The orders that bear a number as the one the customer sees or as a marketplace's, metafields included. */
  ordersByNumber(number: string, wanted: PlacesWanted): Promise<readonly StoreOrder[]>;
  /** The latest orders of an address placed since the instant, metafields included. */
  ordersByEmail(email: string, since: Date, wanted: PlacesWanted): Promise<readonly StoreOrder[]>;
  /** Whether the store knows an address: by an order, however old, or by a customer's account. */
  knowsAddress(email: string): Promise<boolean>;
  /** Addresses of these customers' accounts, by customer id; empty where we may not see customers. */
  addressesOf(customerIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Every refund of the orders, in batches. */
  refundsOf(orderExternalIds: readonly string[]): Promise<readonly StoreRefund[]>;
  /** Refunds made since the instant. */
  walkRefunds(since: Date): AsyncIterable<readonly StoreRefund[]>;
  /** The latest orders with everything that stands at any of their places, and what the patterns of `wanted` match. */
  surveyOrders?(most: number, wanted: PlacesWanted): Promise<OrderSurvey>;
  /** Orders placed since, as the store counts them; null where it does not say. */
  count?(since: Date): Promise<number | null>;
  readonly remote?: RemoteOf<StoreWish>;
}

/**
 * One store: the only thing the rest of the program knows of it. To add a store: write a folder beside this file whose
 * adapter satisfies `StoreAdapter` and name it in registry.ts; give it `test/stores/<kind>/conformance.test.ts` with a
 * harness of a store on loopback, and sample deliveries in `test/stores/<kind>/fixtures/deliveries/`. The suite
 * (test/stores/conformance.ts) holds it to this port; the store in memory beside it is a model to start from.
 */
export interface StoreAdapter<Settings extends z.ZodObject = z.ZodObject> {
  readonly kind: string;
  readonly settings: Settings;
  /** Keys of the settings that are encrypted at rest. */
  readonly secretKeys: readonly string[];
  /** Request headers worth keeping with a delivery; none of them secret. */
  readonly keptHeaders: readonly string[];
  /** Verifies raw bytes before anything parses them; never throws on what a stranger sent. */
  verifyDelivery(input: {
    readonly settings: z.output<Settings>;
    readonly headers: Headers;
    readonly body: Buffer;
    readonly now: Date;
  }): StoreVerification;
  /** Reads a delivery that was verified when it came in, from the headers and bytes that were kept; asks for no proof. */
  readDelivery(input: {
    readonly settings: z.output<Settings>;
    readonly headers: Headers;
    readonly body: Buffer;
  }): StoreVerification;
  /**
   * A delivery that concerns no order, as the store would send it with the connection's own secrets: verified, stored and
   * ignored. It proves that our address leads to us; null while there is no secret. Absent where it cannot be made.
   */
  selfTest?(
    settings: z.output<Settings>,
    now: Date,
  ): { readonly headers: Readonly<Record<string, string>>; readonly body: string } | null;
  /** The page of an order in the store's own administration, for its people; absent: there is none. */
  orderPage?(settings: z.output<Settings>, orderExternalId: string): string;
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
