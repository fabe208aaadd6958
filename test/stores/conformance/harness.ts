import type { Clock } from '../../../src/platform/clock.ts';
import type { PlacesWanted, StoreAdapter } from '../../../src/stores/port.ts';
import type { ProofHarness, ProofOptional } from '../../conformance/proofs.ts';

/** What an adapter or its store may lack. */
export type Optional = 'count' | 'remote' | 'store named in deliveries' | ProofOptional;

/** What one adapter brings to the suite: how its store proves deliveries, samples of them, and a store to talk to. */
export interface Harness extends ProofHarness {
  readonly adapter: StoreAdapter;
  readonly lacks: readonly Optional[];
  /**
   * A folder with `deliveries/*.json`: at least three that name orders in different ways, at least one that names a customer
   * (its name holds "customer"), and `unknown.json`, an event that concerns neither.
   */
  readonly fixtures: URL;
  /** The delivery as another store would send it; absent: deliveries do not say whose they are. */
  ofAnother?(body: string): string;
  /** Names in the JSON of answers without which no order can be read. */
  readonly indispensable: readonly string[];
  startShop(clock: Clock): Promise<Shop>;
}

export interface NewOrder {
  readonly email: string;
  /** "": a guest. */
  readonly customerId?: string;
  readonly country: string;
  /** Hundredths; prices without tax. */
  readonly lines: readonly { readonly sku: string; readonly brand: string; readonly cents: number }[];
  readonly discountCents?: number;
  readonly coupon?: boolean;
  /** The number it has at a marketplace. */
  readonly externalNumber?: string;
  /** What a mapping rule reads. */
  readonly seller?: string;
  /** Now, unless given. */
  readonly placedAt?: Date;
}

/** A store on loopback, and hands to do there what people do. Holds no order at the start; its currency is USD. */
export interface Shop {
  readonly url: string;
  /** What a connection to it needs, without the secrets of webhooks. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly wrongCredentials: Readonly<Record<string, unknown>>;
  /** Of no order. */
  readonly absentId: string;
  /** The place where `seller` stands. */
  readonly wanted: PlacesWanted;
  place(order: NewOrder): string;
  /** Something about the order changes, e.g. it is sent. */
  change(id: string): void;
  refund(
    id: string,
    refund: { readonly cents: number; readonly taxCents: number; readonly declinedCents: number },
  ): void;
  setSeller(id: string, value: string | null): void;
  /** A customer opens an account. */
  register(customerId: string, email: string): void;
  /** Every order and when it last changed, in ms. */
  truth(): ReadonlyMap<string, number>;
  /** Lists come in pages of few rows from now on. */
  smallPages(request: { url: string; body: string }): { url: string; body: string };
  /** All webhooks that an admin sees, as text. */
  made(): string;
  /** Has somebody else make a webhook for an address. */
  subscribe(url: string): void;
  spoilWebhook(url: string, how: 'remove' | 'switch off'): void;
  /** Resolves when no webhook is on its way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}
