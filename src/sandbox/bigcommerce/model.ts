/** What a shopper buys: prices in hundredths of the order's currency, on the tax side that is exact. */
export interface LineInput {
  readonly sku: string;
  readonly name: string;
  /** "" where the product has none. */
  readonly brand: string;
  readonly priceCents: number;
  readonly quantity: number;
  /** What one piece costs the company; absent where nobody entered it. */
  readonly costCents?: number;
  /** Of its product, by name; absent: none. */
  readonly categories?: readonly string[];
  readonly customFields?: readonly { readonly name: string; readonly value: string }[];
}

/** A product of the catalogue, as V3 writes it. */
export interface Product {
  readonly id: number;
  readonly name: string;
  readonly sku: string;
  readonly categories: readonly number[];
  readonly custom_fields: readonly { readonly id: number; readonly name: string; readonly value: string }[];
}

export interface Category {
  readonly id: number;
  readonly name: string;
}

export interface MetafieldInput {
  readonly namespace: string;
  readonly key: string;
  readonly value: string;
  /** `app_only` fields of other apps are invisible to our token. */
  readonly permissionSet: 'app_only' | 'read' | 'write';
}

export interface OrderInput {
  readonly placedAtMs: number;
  /** 0: a guest. */
  readonly customerId: number;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly countryIso2: string;
  readonly locale: string;
  /** What the shopper pays in. */
  readonly currency: string;
  readonly channelId: number;
  readonly externalSource: string | null;
  readonly externalOrderId: string;
  readonly formFields: readonly { readonly name: string; readonly value: string }[];
  readonly metafields: readonly MetafieldInput[];
  readonly taxInclusive: boolean;
  readonly taxPercent: number;
  readonly lines: readonly LineInput[];
  readonly discountCents: number;
  readonly shippingCents: number;
  readonly statusId: number;
}

export interface RefundInput {
  readonly reason: string;
  readonly totalCents: number;
  readonly taxCents: number;
  readonly payments: readonly { readonly cents: number; readonly declined: boolean }[];
  /** The lines given back, by their place in the order; empty where a tax adjustment made the refund. */
  readonly lines: readonly { readonly index: number; readonly quantity: number }[];
}

export interface Refund {
  readonly id: number;
  readonly order_id: number;
  readonly user_id: number;
  /** ISO 8601, as V3 writes instants. */
  readonly created: string;
  readonly reason: string;
  /** JSON numbers, in the order's currency. */
  readonly total_amount: number;
  readonly total_tax: number;
  readonly uses_merchant_override_values: boolean;
  readonly items: readonly {
    readonly item_type: string;
    readonly item_id: number;
    readonly quantity: number;
    readonly requested_amount: number | null;
  }[];
  readonly payments: readonly {
    readonly id: number;
    readonly provider_id: string;
    readonly amount: number;
    readonly offline: boolean;
    readonly is_declined: boolean;
    readonly declined_message: string;
  }[];
}

export interface Metafield {
  readonly id: number;
  readonly resource_type: 'order';
  readonly resource_id: number;
  readonly namespace: string;
  readonly key: string;
  readonly value: string;
  readonly permission_set: MetafieldInput['permissionSet'];
  readonly description: string;
  readonly owner_client_id: string;
  readonly date_created: string;
  readonly date_modified: string;
}

/** An order in the store's memory: the input, what was computed from it, and its JSON texts. */
export interface OrderRecord {
  readonly id: number;
  readonly input: OrderInput;
  statusId: number;
  isArchived: boolean;
  modifiedAtMs: number;
  readonly amounts: OrderAmounts;
  readonly metafields: Metafield[];
  readonly refunds: Refund[];
  /** The order without consignments, and its lines; null until asked for again after a change. */
  text: string | null;
  readonly productsText: string;
  readonly addressText: string;
}

export interface LineAmounts {
  readonly exCents: number;
  readonly taxCents: number;
  readonly incCents: number;
  /** The order's discount that falls on the line, tax included. */
  readonly discountIncCents: number;
}

export interface OrderAmounts {
  readonly lines: readonly LineAmounts[];
  readonly totalExCents: number;
  readonly totalIncCents: number;
  readonly totalTaxCents: number;
  readonly shippingExCents: number;
  readonly shippingIncCents: number;
}

export const statusNames: Readonly<Record<number, string>> = {
  0: 'Incomplete',
  1: 'Pending',
  2: 'Shipped',
  3: 'Partially Shipped',
  4: 'Refunded',
  5: 'Cancelled',
  6: 'Declined',
  7: 'Awaiting Payment',
  8: 'Awaiting Pickup',
  9: 'Awaiting Shipment',
  10: 'Completed',
  11: 'Awaiting Fulfillment',
  12: 'Manual Verification Required',
  13: 'Disputed',
  14: 'Partially Refunded',
};
