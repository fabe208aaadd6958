import type { HelpdeskAdapter, VerifiedDelivery } from '../../helpdesks/port.ts';
import type { Headers, VerificationOf } from '../../platform/vendor.ts';
import type { StoreAdapter, StoreDelivery } from '../../stores/port.ts';
import type { Connection } from '../directory/index.ts';

/** What a delivery says, whoever sent it: a helpdesk names a ticket, a store an order or a customer. */
export interface Told extends VerifiedDelivery, StoreDelivery {}

type ToldVerification = VerificationOf<Told>;

export interface Adapters {
  readonly helpdesks: ReadonlyMap<string, HelpdeskAdapter>;
  readonly stores: ReadonlyMap<string, StoreAdapter>;
}

interface Request {
  readonly headers: Headers;
  readonly body: Buffer;
}

/** Verifies and reads what is sent to one connection; never throws on what a stranger sent. */
interface Teller {
  /** Request headers worth keeping; none of them secret. */
  readonly keptHeaders: readonly string[];
  verify(request: Request & { readonly now: Date }): ToldVerification;
  /** Reads what was verified when it came in; asks for no proof. */
  read(request: Request): ToldVerification;
}

const map = <Delivery>(
  verification: VerificationOf<Delivery>,
  whole: (delivery: Delivery) => Told,
): ToldVerification =>
  verification.outcome === 'verified' ? { outcome: 'verified', delivery: whole(verification.delivery) } : verification;

const ofTicket = (delivery: VerifiedDelivery): Told => ({ ...delivery, changed: null });
const ofStore = (delivery: StoreDelivery): Told => ({ ...delivery, ticketExternalId: null, urgency: 'now' });

/** Null where the connection's kind sends nothing. */
export const tellerOf = ({ helpdesks, stores }: Adapters, connection: Connection): Teller | null => {
  const { kind, settings, apiUserId } = connection;
  const helpdesk = helpdesks.get(kind);
  if (helpdesk)
    return {
      keptHeaders: helpdesk.keptHeaders,
      verify: (request) => map(helpdesk.verifyDelivery({ settings, apiUserId, ...request }), ofTicket),
      read: (request) => map(helpdesk.readDelivery({ settings, apiUserId, ...request }), ofTicket),
    };
  const store = stores.get(kind);
  if (store)
    return {
      keptHeaders: store.keptHeaders,
      verify: (request) => map(store.verifyDelivery({ settings, ...request }), ofStore),
      read: (request) => map(store.readDelivery({ settings, ...request }), ofStore),
    };
  return null;
};
