import { z } from 'zod';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import { writersEnded } from '../../platform/database/under-way.ts';
import { countMovedSince, latestVersion } from '../attribution/index.ts';
import type { JobHandler } from '../directory/index.ts';
import { countOrders, type Orders } from '../orders/index.ts';
import { countMarked, decideMarked } from './decide-marked.ts';
import { type Lot, markStale } from './store.ts';

/** The kind of the job that decides orders and tickets again after rules, partners or regions changed. */
export const remapKind = 'decide again';

/** What is decided again: `touched`, the tickets of orders that changed; `all`, every ticket. */
const remapWanted = z.object({ because: z.string(), tickets: z.enum(['touched', 'all']) });
export type RemapWanted = z.output<typeof remapWanted>;

const id = z.string().transform(BigInt);
const standSchema = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('orders'), last: id, looked: z.number(), changed: z.number() }),
  z.object({ phase: z.literal('mark'), last: id, looked: z.number(), changed: z.number(), marked: z.number() }),
  z.object({
    phase: z.literal('decide'),
    looked: z.number(),
    changed: z.number(),
    marked: z.number().default(0),
    tickets: z.number(),
    until: z.coerce.date(),
  }),
]);
type Stand = z.output<typeof standSchema>;

/** The latest version of any ticket's attribution when the job began: what moved is counted from there, whoever moved it. */
const markSchema = z.object({ since: id.optional() });

const stored = (stand: Stand): object => ({ ...stand, ...('last' in stand && { last: String(stand.last) }) });

const markAtOnce = 1000;

const countTickets = async (sql: Sql): Promise<number> => {
  const [row] = await sql.query<{ n: bigint }>('select count(*) as n from ticket where snapshot_at is not null');
  return Number(row?.n ?? 0n);
};

/**
 * Decides every order again, marks the tickets it bears on, and sees them decided, beside whatever workers run; its result
 * counts the tickets that moved meanwhile. A kill costs one lot: the next worker goes on where the last stored one ended.
 * Reports are right at every moment in between, as each order and each ticket moves in a transaction of its own.
 */
export const createRemapJob = (deps: {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly orders: Pick<Orders, 'remapSome'>;
  readonly decide: (lot: Lot) => Promise<void>;
}): JobHandler => {
  const { sql, clock, orders } = deps;
  return async (job, { progress, stop, rest }) => {
    const wanted = remapWanted.parse(job.wanted);
    const since = markSchema.parse(job.stand ?? {}).since ?? (await latestVersion(sql));
    const everyTicket = wanted.tickets === 'all' ? await countTickets(sql) : 0;
    const total = (await countOrders(sql)) + everyTicket;
    let stand: Stand =
      job.stand === null ? { phase: 'orders', last: 0n, looked: 0, changed: 0 } : standSchema.parse(job.stand);
    const tell = async (done: number, of: number): Promise<void> => {
      await progress({ done: Math.min(done, of), total: of, stand: { ...stored(stand), since: String(since) } });
      stop.throwIfAborted();
    };

    // What stores orders just now may have read the old rules, and is seen by nobody until it ends.
    if (stand.phase === 'orders') {
      const { looked } = stand;
      await writersEnded(sql, async () => {
        await rest();
        // Else the lease ends while we wait, and another worker waits beside us.
        await tell(looked, total);
      });
    }
    while (stand.phase === 'orders') {
      const lot = await orders.remapSome(stand.last);
      const { looked, changed } = stand;
      stand = lot
        ? { phase: 'orders', last: lot.last, looked: looked + lot.looked, changed: changed + lot.changed }
        : { phase: 'mark', last: 0n, looked, changed, marked: 0 };
      await tell(stand.looked, Math.max(total, stand.looked));
    }
    while (stand.phase === 'mark') {
      const rows: { id: bigint }[] =
        wanted.tickets === 'all'
          ? await sql.query<{ id: bigint }>(
              'select id from ticket where id > $1 and snapshot_at is not null order by id limit $2',
              [stand.last, markAtOnce],
            )
          : [];
      const ids = rows.map((row) => row.id);
      await markStale(sql, ids, { now: clock.now() });
      const last = ids.at(-1);
      const { looked, changed, marked }: { looked: number; changed: number; marked: number } = stand;
      const until = clock.now();
      stand =
        last === undefined
          ? { phase: 'decide', looked, changed, marked, tickets: await countMarked(sql, until), until }
          : { phase: 'mark', last, looked, changed, marked: marked + ids.length };
      await tell(looked, Math.max(total, looked));
    }
    const { looked, changed, marked, tickets, until } = stand;
    await decideMarked(deps, {
      until,
      rest,
      tell: (left) => tell(looked + Math.max(0, tickets - left), looked + tickets),
    });
    await tell(looked + tickets, looked + tickets);
    return {
      orders: changed,
      tickets: await countMovedSince(sql, since),
      ...(wanted.tickets === 'all' && { ticketsLookedAt: marked }),
    };
  };
};
