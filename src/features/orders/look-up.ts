import { AppError, UpstreamError } from '../../core/errors.ts';
import { minuteMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { PlacesWanted, StoreClient, StoreOrder } from '../../stores/port.ts';
import type { Coverage } from './sync.ts';

/** What a ticket needs that our own copy did not have. */
export interface LiveWant {
  readonly numbers: readonly string[];
  /** The requester's address; null where it need not be asked for. */
  readonly email: string | null;
  /** Orders of the address placed before this play no part. */
  readonly since: Date;
  readonly ticketCreatedAt: Date;
}

/** One store to ask, with what our copy of it holds whole. */
export interface AskedStore {
  readonly connectionId: number;
  readonly client: StoreClient;
  readonly coverage: Coverage | null;
}

/** A question that found nothing is not put again for so long: a ticket is gathered several times within minutes. */
const forgetAfterMs = 10 * minuteMs;
const mostRemembered = 20_000;
/** Order numbers, marketplaces' included, are shorter; a field may hold any text. */
const longestNumber = 64;

/** Remembers questions without an answer, for a short time and in bounded number. */
const createMisses = (clock: Clock) => {
  const until = new Map<string, number>();
  return {
    has: (question: string): boolean => (until.get(question) ?? 0) > clock.now().getTime(),
    add(question: string): void {
      until.delete(question);
      until.set(question, clock.now().getTime() + forgetAfterMs);
      for (const oldest of until.keys()) {
        if (until.size <= mostRemembered) break;
        until.delete(oldest);
      }
    },
  };
};

/** Without our copy's span an address has to be asked for; within it the store has nothing that we have not. */
const covers = (coverage: Coverage | null, { since, ticketCreatedAt }: LiveWant): boolean =>
  coverage !== null && coverage.since <= since && coverage.until >= ticketCreatedAt;

export interface LookUp {
  /**
   * Orders that the store has and our copy lacks. Throws UpstreamError (always retryable: it is no fault of the ticket) where
   * the store does not answer.
   */
  ask(store: AskedStore, want: LiveWant, wanted: PlacesWanted): Promise<StoreOrder[]>;
}

export const createLookUp = (deps: {
  readonly clock: Clock;
  readonly log: Log;
  readonly hashAddress: (address: string) => Buffer;
}): LookUp => {
  const misses = createMisses(deps.clock);

  const once = async (question: string, ask: () => Promise<readonly StoreOrder[]>): Promise<readonly StoreOrder[]> => {
    if (misses.has(question)) return [];
    const found = await ask();
    if (found.length === 0) misses.add(question);
    return found;
  };

  return {
    async ask({ connectionId, client, coverage }, want, wanted) {
      const numbers = [...new Set(want.numbers.map((number) => number.trim().replace(/^#/, '')))].filter(
        (number) => number !== '' && number.length <= longestNumber,
      );
      const { email } = want;
      try {
        const found: StoreOrder[] = [];
        for (const number of numbers)
          found.push(...(await once(`${connectionId} number ${number}`, () => client.ordersByNumber(number, wanted))));
        if (email !== null && !covers(coverage, want)) {
          const question = `${connectionId} address ${deps.hashAddress(email).toString('hex')} ${want.since.toISOString().slice(0, 10)}`;
          found.push(...(await once(question, () => client.ordersByEmail(email, want.since, wanted))));
        }
        return found;
      } catch (error) {
        if (
          !(error instanceof AppError) ||
          (error instanceof UpstreamError && error.retryable) ||
          error.code === 'limit'
        )
          throw error;
        deps.log.error(
          { step: 'look up orders', connection: connectionId, err: error },
          'the store cannot be asked; tickets are decided by our own copy',
        );
        throw new UpstreamError(
          `The store of connection ${connectionId} cannot be asked for orders; "deskledger doctor" says why`,
          { retryable: true },
          { cause: error },
        );
      }
    },
  };
};
