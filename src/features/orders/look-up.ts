import { minuteMs } from '../../core/time.ts';
import { BoundedMap } from '../../platform/bounded-map.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Log } from '../../platform/log.ts';
import type { PlacesWanted, StoreClient, StoreOrder } from '../../stores/port.ts';
import { readNumber } from './named-number.ts';
import { putQuestions, type Question } from './questions.ts';
import type { Coverage } from './sync.ts';

/** What a ticket needs that our own copy did not have. */
export interface LiveWant {
  readonly ticketId: bigint;
  /** Those of one store, as numberOfStore writes them, are asked of it alone. */
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
  const until = new BoundedMap<string, number>(mostRemembered);
  return {
    has: (question: string): boolean => (until.get(question) ?? 0) > clock.now().getTime(),
    add: (question: string): void => void until.set(question, clock.now().getTime() + forgetAfterMs),
  };
};

const numbersOf = ({ numbers }: LiveWant) =>
  [...new Set(numbers.map((number) => number.trim().replace(/^#/, '')))]
    .map(readNumber)
    .filter(({ number }) => number !== '' && number.length <= longestNumber);

/** False where nothing in a want is a question to any store. */
export const asksAnything = (want: LiveWant): boolean => want.email !== null || numbersOf(want).length > 0;

/** Without our copy's span an address has to be asked for; within it the store has nothing that we have not. */
const covers = (coverage: Coverage | null, { since, ticketCreatedAt }: LiveWant): boolean =>
  coverage !== null && coverage.since <= since && coverage.until >= ticketCreatedAt;

export interface Found {
  readonly orders: readonly StoreOrder[];
  /** Tickets that the store did not answer. */
  readonly unanswered: ReadonlySet<bigint>;
}

export interface LookUp {
  /** Orders that the store has and our copy lacks, for a whole lot of tickets; what several want is asked once. */
  ask(store: AskedStore, wants: readonly LiveWant[], wanted: PlacesWanted): Promise<Found>;
}

export const createLookUp = (deps: {
  readonly clock: Clock;
  readonly log: Log;
  readonly hashAddress: (address: string) => Buffer;
}): LookUp => {
  const misses = createMisses(deps.clock);

  return {
    async ask({ connectionId, client, coverage }, wants, wanted) {
      const askers = new Map<
        string,
        { readonly ticketIds: bigint[]; readonly ask: () => Promise<readonly StoreOrder[]> }
      >();
      const want = (key: string, { ticketId }: LiveWant, ask: () => Promise<readonly StoreOrder[]>): void => {
        if (misses.has(key)) return;
        const asker = askers.get(key);
        if (asker) asker.ticketIds.push(ticketId);
        else askers.set(key, { ticketIds: [ticketId], ask });
      };
      for (const one of wants) {
        for (const { number, connectionId: store } of numbersOf(one))
          if (store === null || store === connectionId)
            want(`${connectionId} number ${number.toLowerCase()}`, one, () => client.ordersByNumber(number, wanted));
        const { email, since } = one;
        if (email === null || covers(coverage, one)) continue;
        const hash = deps.hashAddress(email).toString('hex');
        const day = since.toISOString().slice(0, 10);
        want(`${connectionId} address ${hash} ${day}`, one, () => client.ordersByEmail(email, since, wanted));
      }

      const orders: StoreOrder[] = [];
      const questions = [...askers].map(
        ([key, { ticketIds, ask }]): Question<readonly StoreOrder[]> => ({
          ticketIds,
          ask,
          answered(found) {
            if (found === null || found.length === 0) misses.add(key);
            else orders.push(...found);
          },
        }),
      );
      return { unanswered: await putQuestions(deps.log, connectionId, questions), orders };
    },
  };
};
