import { AppError } from '../../core/errors.ts';
import type { VerifiedDelivery } from '../../helpdesks/port.ts';
import type { Sql } from '../../platform/database/database.ts';
import { within } from '../../platform/deadline.ts';
import type { StoreDelivery } from '../../stores/port.ts';
import { storeArrivals } from './raise.ts';

/** A verified webhook request, ready to be stored. */
export interface Arrival {
  readonly connectionId: number;
  readonly deliveryKey: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly eventType: string | null;
  readonly ticketExternalId: string | null;
  readonly urgency: VerifiedDelivery['urgency'];
  /** Of a store's: what it names. */
  readonly changed?: StoreDelivery['changed'];
  /** Why a signed delivery could not be read; it is stored as quarantined. */
  readonly unreadable: string | null;
  readonly receivedAt: Date;
}

type Receipt = 'new' | 'duplicate';

export interface Receiver {
  /**
   * Resolves once the delivery is durable; rejects when nothing could be written, at once where too much waits already, and
   * after a few seconds at the latest. What is stored after that does no harm: its sender's retry is a duplicate.
   */
  receive(arrival: Arrival): Promise<Receipt>;
}

interface Waiting {
  readonly arrival: Arrival;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
}

/** More arrivals than this wait for the next transaction; the bound keeps one statement's memory and lock time small. */
const largestBatch = 500;

interface Limits {
  /** With the look for its connection (routes.ts) well under the 10 s in which Zendesk wants its answer. */
  readonly storedWithinMs: number;
  /** What may wait or be under way at once: a server that hangs costs no more memory than this. */
  readonly mostHeld: number;
  readonly mostHeldBytes: number;
}

const usualLimits: Limits = { storedWithinMs: 4000, mostHeld: 10_000, mostHeldBytes: 64 * 1024 * 1024 };

/** Statements under way at once: while some wait for the disk, which then serves them together, the next ones run. */
const writersAtOnce = 4;
/** From the third on a statement starts only when this many wait: fewer are cheaper in the next than in one of their own. */
const readyWriters = 2;
const worthAnother = 16;

/** SQLSTATE classes 22 (data), 23 (constraints) and 40 (rollback, e.g. a deadlock): the server is well, the statement was not. */
const isRowsFault = (error: unknown): boolean => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^(22|23|40)\w{3}$/.test(code);
};

const identity = (arrival: Arrival): string => `${arrival.connectionId} ${arrival.deliveryKey}`;

/**
 * Stores arrivals of the same few milliseconds in one transaction: while writers are busy, what comes in gathers into
 * the next batch. A batch that fails is retried row by row, so that one bad row costs nobody else their acknowledgement.
 */
export const createReceiver = ({
  sql,
  limits: { storedWithinMs, mostHeld, mostHeldBytes } = usualLimits,
}: {
  readonly sql: Sql;
  readonly limits?: Limits;
}): Receiver => {
  let waiting: Waiting[] = [];
  let held = 0;
  let heldBytes = 0;
  let writing = 0;
  let scheduled = false;

  const storeOne = async (one: Waiting): Promise<void> => {
    try {
      const stored = await storeArrivals(sql, [one.arrival]);
      one.resolve(stored.has(identity(one.arrival)) ? 'new' : 'duplicate');
    } catch (error) {
      one.reject(error);
    }
  };

  const storeBatch = async (batch: readonly Waiting[]): Promise<void> => {
    const firsts = new Map<string, Waiting>();
    for (const one of batch) if (!firsts.has(identity(one.arrival))) firsts.set(identity(one.arrival), one);
    try {
      const stored = await storeArrivals(
        sql,
        [...firsts.values()].map(({ arrival }) => arrival),
      );
      for (const one of batch)
        one.resolve(
          firsts.get(identity(one.arrival)) === one && stored.has(identity(one.arrival)) ? 'new' : 'duplicate',
        );
    } catch (error) {
      // Which row was at fault is unknown: each answers for itself. A server that is gone would keep each waiting in turn.
      if (isRowsFault(error)) for (const one of batch) await storeOne(one);
      else for (const one of batch) one.reject(error);
    }
  };

  const mayWrite = (): boolean =>
    writing < writersAtOnce && waiting.length >= (writing < readyWriters ? 1 : worthAnother);

  const drain = (): void => {
    scheduled = false;
    while (mayWrite()) {
      const batch = waiting.slice(0, largestBatch);
      waiting = waiting.slice(largestBatch);
      writing += 1;
      void storeBatch(batch).finally(() => {
        writing -= 1;
        drain();
      });
    }
  };

  const queue = (arrival: Arrival): Promise<Receipt> =>
    new Promise((resolve, reject) => {
      waiting.push({ arrival, resolve, reject });
      if (scheduled || !mayWrite()) return;
      scheduled = true;
      setImmediate(drain);
    });

  return {
    async receive(arrival) {
      const { byteLength } = arrival.body;
      if (held >= mostHeld || heldBytes + byteLength > mostHeldBytes)
        throw new AppError('unavailable', 'Too many deliveries wait to be stored; send it again later.');
      held += 1;
      heldBytes += byteLength;
      const stored = queue(arrival).finally(() => {
        held -= 1;
        heldBytes -= byteLength;
      });
      return within(stored, storedWithinMs, 'the database did not store the delivery');
    },
  };
};
