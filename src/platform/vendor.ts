// What helpdesks and stores have in common: deliveries that prove where they come from, and things that we make there.

/** A request's headers, names in lower case. */
export type Headers = Readonly<Record<string, string | undefined>>;

/** What the raw bytes of a webhook request turned out to be. */
export type VerificationOf<Delivery> =
  | { readonly outcome: 'verified'; readonly delivery: Delivery }
  /** Proven by a secret of ours, yet no event can be read from it: stored under a key from its bytes and quarantined. */
  | { readonly outcome: 'unreadable'; readonly deliveryKey: string; readonly reason: string }
  /** 401: the proof is wrong, or absent where one was expected. 400: nothing that looks like a delivery at all. */
  | {
      readonly outcome: 'refused';
      readonly status: 400 | 401;
      readonly reason: string;
      /** It has the vendor's form and a proof that is none of ours: most likely another account's. `header`: one that is kept and names the account. */
      readonly foreign?: { readonly header?: string };
    };

/** One thing we made at a vendor, kept so that `disconnect` takes away exactly that. */
export interface RemoteObject {
  readonly what: 'webhook' | 'trigger' | 'integration' | 'widget' | 'field';
  readonly externalId: string;
  /** As people see it there. */
  readonly name: string;
}

/** How our webhook stands at the vendor; the reason is for a person. */
export type RemoteState =
  | { readonly state: 'fine' }
  | { readonly state: 'absent' | 'inactive' | 'changed'; readonly reason: string };

/** What we have made, and keep alive, at a vendor. */
export interface RemoteOf<Wish> {
  /** What `make` would create or change, one line each; reads only. Empty where everything is there. */
  plan(wish: Wish): Promise<readonly string[]>;
  /**
   * Creates what is lacking and switches on what is off; doing it twice is doing it once. `objects` are those that this call
   * created; `settings` are to be merged into the connection's: secrets that only the vendor knows, ids of new fields.
   */
  make(wish: Wish): Promise<{
    readonly objects: readonly RemoteObject[];
    readonly settings: Readonly<Record<string, unknown>>;
  }>;
  /** Whether the webhook exists, is active, leads to the address and proves itself with a secret that we hold; reads only. */
  check(wish: Wish): Promise<RemoteState>;
  /** Takes away what we made; what is gone already is no error. What is `byHand` it leaves. */
  remove(objects: readonly RemoteObject[]): Promise<void>;
  /** What the vendor lets no program take away again, and who does it where. */
  readonly byHand?: Readonly<Partial<Record<RemoteObject['what'], string>>>;
  /** Has the vendor send a test delivery to the webhook; absent where it cannot. */
  ping?(wish: Wish): Promise<void>;
}
