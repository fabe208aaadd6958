import { dayMs } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Log } from '../../platform/log.ts';
import type { StoreClient } from '../../stores/port.ts';
import { putQuestions, type Question } from './questions.ts';

/** A requester of whom we hold no order, and whose ticket names one of somebody. */
export interface AddressWant {
  readonly ticketId: bigint;
  readonly email: string;
}

/** Strangers open accounts: that an address is unknown holds for so long, then the store is asked again. */
const unknownForMs = dayMs;

/** What a store answered of an address, by its keyed hash in hex. */
interface AddressAnswer {
  readonly hash: string;
  readonly known: boolean;
}

/** Stores what a store said of addresses, each once; every writer takes the rows in the same order. */
export const noteAddresses = async (
  sql: Sql,
  connectionId: number,
  { answers, now }: { readonly answers: readonly AddressAnswer[]; readonly now: Date },
): Promise<void> => {
  if (answers.length === 0) return;
  const sorted = answers.toSorted((a, b) => (a.hash < b.hash ? -1 : 1));
  await sql.query(
    `insert into store_address (connection_id, email_hash, known, asked_at)
     select $1::int, decode(hash, 'hex'), known, $4::timestamptz from unnest($2::text[], $3::bool[]) as a(hash, known)
     on conflict (connection_id, email_hash) do update set known = excluded.known, asked_at = excluded.asked_at`,
    [connectionId, sorted.map(({ hash }) => hash), sorted.map(({ known }) => known), now],
  );
};

/**
 * Asks one store whether it knows these addresses at all, however old their orders, and stores what it answers. Each is
 * asked once; only that it is unknown is asked again after a day. Returns the tickets that the store did not answer.
 */
export const askAddresses = async (
  deps: {
    readonly sql: Sql;
    readonly clock: Clock;
    readonly log: Log;
    readonly hashAddress: (address: string) => Buffer;
  },
  { connectionId, client }: { readonly connectionId: number; readonly client: StoreClient },
  wants: readonly AddressWant[],
): Promise<Set<bigint>> => {
  const now = deps.clock.now();
  const byAddress = Map.groupBy(wants, ({ email }) => deps.hashAddress(email).toString('hex'));
  const rows = await deps.sql.query<{ email_hash: Buffer }>(
    'select email_hash from store_address where connection_id = $1 and email_hash = any($2) and (known or asked_at > $3)',
    [
      connectionId,
      [...byAddress.keys()].map((hash) => Buffer.from(hash, 'hex')),
      new Date(now.getTime() - unknownForMs),
    ],
  );
  for (const { email_hash } of rows) byAddress.delete(email_hash.toString('hex'));

  const answers: AddressAnswer[] = [];
  const questions = [...byAddress].flatMap(([hash, askers]): Question<boolean>[] => {
    const [first] = askers;
    if (!first) return [];
    return [
      {
        ticketIds: askers.map(({ ticketId }) => ticketId),
        ask: () => client.knowsAddress(first.email),
        // What the store takes for no address at all is on none of its orders.
        answered: (known) => void answers.push({ hash, known: known ?? false }),
      },
    ];
  });
  const unanswered = await putQuestions(deps.log, connectionId, questions);
  await noteAddresses(deps.sql, connectionId, { answers, now });
  return unanswered;
};
