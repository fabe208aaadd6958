import { UpstreamError } from '../../core/errors.ts';
import { minuteMs, secondMs } from '../../core/time.ts';
import type { HelpdeskClient, TicketSnapshot } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import { inBackground } from '../../platform/http/budget.ts';
import type { RunStep, StepLine } from '../../platform/log.ts';
import { fieldNumbers, findNamedLines, findOrderNumbers } from '../attribution/index.ts';
import { detectLanguage } from '../csat/index.ts';
import type { Connection, Directory } from '../directory/index.ts';
import { bearsNumber, namesOrderOfOthers, type Orders, type TicketOrders } from '../orders/index.ts';
import { leaseSeconds } from './coalescing.ts';
import { identified } from './identify.ts';
import { type Claim, type Failure, isolate } from './isolate.ts';
import type { Gathered } from './merge.ts';
import { numberPatterns } from './number-patterns.ts';
import { type DueTicket, keepClaims, type Lot, postpone, renewDue } from './store.ts';
import type { Troubles } from './trouble.ts';

/** Orders older than this before the ticket play no part in attribution (RULES.md section 3, rung 4). */
const recentOrdersMs = 90 * 24 * 60 * minuteMs;

/** When a store did not answer, the ticket is decided by our own copy and looked at again after this long. */
const storeRetryMs = 5 * minuteMs;

/** Lines that a text may name: those of the orders it names and of the requester's recent ones. */
const linesOf = (orders: TicketOrders | undefined) =>
  [...(orders?.byNumber ?? []), ...(orders?.ofRequester ?? [])].flatMap(({ lines }) => lines);

interface Gatherer {
  /** Pulls one lot of tickets and hands them to process. What fails is put back or counted; throws where not even that can be stored. */
  gather(lot: Lot): Promise<void>;
}

const historyWanted = (ticket: DueTicket, now: Date): 'yes' | 'no' | 'if solved' => {
  if (ticket.wantsDeep || (ticket.deepDueAt !== null && ticket.deepDueAt <= now)) return 'yes';
  return ticket.deepDueAt === null ? 'no' : 'if solved';
};

export const createGatherer = (deps: {
  readonly sql: Sql;
  readonly clock: Clock;
  /** The wall's time, in which leases are counted. */
  readonly wall: Clock;
  readonly runStep: RunStep;
  readonly directory: Directory;
  readonly orders: Orders;
  readonly clientOf: (connection: Connection) => HelpdeskClient;
  readonly process: (connection: Connection, gathered: readonly Gathered[]) => Promise<readonly Failure[]>;
  readonly hashAddress: (address: string) => Buffer;
  readonly troubles: Troubles;
}): Gatherer => {
  const { sql, clock, directory, orders } = deps;

  /** Fills our own copy with the orders that these tickets need and we lack. Returns tickets whose store did not answer. */
  const bringOrders = async (
    snapshots: readonly {
      readonly id: bigint;
      readonly snapshot: TicketSnapshot;
      readonly allNumbers: readonly string[];
    }[],
  ) => {
    const wants = snapshots.map(({ id, snapshot, allNumbers }) => ({
      ticketId: id,
      numbers: [...new Set([...allNumbers, ...fieldNumbers(snapshot.orderNumber)])],
      emailHash: snapshot.requester?.email ? deps.hashAddress(snapshot.requester.email) : null,
      createdAt: snapshot.createdAt,
    }));
    const held = await orders.candidates(sql, wants);
    const lookedUp = await orders.lookUpLive(
      wants.map(({ ticketId, numbers, createdAt }, index) => {
        const found = held.get(ticketId);
        return {
          ticketId,
          numbers: numbers.filter((number) => !found?.byNumber.some((order) => bearsNumber(order, number))),
          email: found?.requesterKnown ? null : (snapshots[index]?.snapshot.requester?.email ?? null),
          since: new Date(createdAt.getTime() - recentOrdersMs),
          ticketCreatedAt: createdAt,
        };
      }),
    );
    const candidates = lookedUp.changed.length > 0 ? await orders.candidates(sql, wants) : held;
    const unanswered = await orders.askAddresses(
      snapshots.flatMap(({ id, snapshot, allNumbers }) => {
        const found = candidates.get(id);
        const email = snapshot.requester?.email;
        return found && email && namesOrderOfOthers(found, allNumbers) ? [{ ticketId: id, email }] : [];
      }),
    );
    return { unanswered: new Set([...lookedUp.unanswered, ...unanswered]), candidates };
  };

  const pullLot = async (
    connection: Connection,
    due: readonly DueTicket[],
    line: StepLine,
  ): Promise<readonly Failure[]> => {
    const pulledAt = clock.now();
    const pulled = await deps.clientOf(connection).pullTickets(
      due.map((ticket) => ({
        externalId: ticket.externalId,
        withHistory: historyWanted(ticket, pulledAt),
        historyHeld: ticket.historyHeld,
      })),
    );
    await deps.troubles.well(connection.id, 'tickets');
    if (pulled.agents.length > 0) await directory.saveAgents(connection.id, pulled.agents);
    const snapshots = new Map(pulled.tickets.map((snapshot) => [snapshot.externalId, snapshot]));
    const patternsFor = await numberPatterns(directory, connection);
    const present = due.flatMap((ticket) => {
      const snapshot = snapshots.get(ticket.externalId);
      if (!snapshot) return [];
      const text = [snapshot.subject ?? '', snapshot.firstMessage ?? ''].join('\n\n');
      const spoken = detectLanguage(snapshot.firstMessage ?? '') ?? snapshot.language ?? null;
      const numbers = findOrderNumbers(text, patternsFor(spoken));
      // Where the message is not read again, its numbers may still be to be looked up: a store had not answered.
      const held = snapshot.firstMessage === null ? ticket.namedNumbers : [];
      return [
        { id: ticket.id, ticket, snapshot, text, spoken, numbers, allNumbers: [...new Set([...held, ...numbers])] },
      ];
    });
    const { unanswered, candidates } = await bringOrders(present);
    const gathered: Gathered[] = present.map(({ id, ticket, snapshot, text, spoken, numbers }) => ({
      ticketId: id,
      notedSeq: ticket.dirtySeq,
      pulledAt,
      snapshot,
      historyAsked: historyWanted(ticket, pulledAt) === 'yes',
      namedNumbers: numbers,
      namedLines: findNamedLines(text, linesOf(candidates.get(id))),
      ordersSeen: new Set(candidates.get(id)?.byNumber.map((order) => order.id)),
      textLanguage: spoken,
      againAt: unanswered.has(id) ? new Date(pulledAt.getTime() + storeRetryMs) : null,
    }));
    const gone = due.filter((ticket) => pulled.missing.includes(ticket.externalId));
    gathered.push(
      ...gone.map((ticket): Gathered => ({ ticketId: ticket.id, notedSeq: ticket.dirtySeq, pulledAt, snapshot: null })),
    );
    line.deep = pulled.tickets.filter(({ history }) => history).length;
    line.gone = gone.length;
    line.storeUnanswered = unanswered.size;
    const failures = await deps.process(connection, gathered);
    const { externalIds, retryAfterMs } = pulled.notBegun ?? { externalIds: [], retryAfterMs: 0 };
    const later = new Set(externalIds);
    const notBegun = due.filter(({ externalId }) => later.has(externalId)).map(({ id }) => id);
    line.notBegun = notBegun.length;
    if (notBegun.length > 0)
      await postpone(sql, notBegun, {
        until: new Date(clock.now().getTime() + retryAfterMs),
        error: 'not begun: our part of the call quota, or the time for its lot, was used up',
      });
    const answered = new Set([...gathered.map(({ ticketId }) => ticketId), ...notBegun]);
    const lost = due.filter(({ id }) => !answered.has(id));
    return [
      ...failures,
      ...lost.map(({ id, externalId }) => ({
        ticketId: id,
        error: new UpstreamError(`The helpdesk left ticket ${externalId} out of its answer; look at it there.`, {
          retryable: false,
        }),
      })),
    ];
  };

  /** Keeps a lot while it is pulled: a short quota makes a hundred histories take longer than a lease. */
  const whileHeld = async <Result>(
    due: readonly DueTicket[],
    { claim, pull }: { readonly claim: Claim; readonly pull: () => Promise<Result> },
  ): Promise<Result> => {
    const done = new AbortController();
    const keep = async () => {
      for (;;) {
        await deps.wall.sleep((leaseSeconds * secondMs) / 3, done.signal);
        if (done.signal.aborted) return;
        if (!claim.until) return;
        const ids = due.map(({ id }) => id);
        claim.until = await keepClaims(sql, ids, claim.until);
      }
    };
    // Where the lease cannot be renewed the pull goes on: at worst another worker makes its calls again.
    const kept = keep().catch((error: unknown) => error);
    try {
      return await pull();
    } finally {
      done.abort();
      await kept;
    }
  };

  const gatherLot = (lot: Lot): Promise<void> =>
    isolate(deps, 'gather', lot, async (part, line, claim) => {
      const due = await renewDue(sql, part, clock.now());
      line.tickets = due.length;
      if (due.length === 0) return [];
      claim.until = due[0]?.claimedUntil;
      const connection = await identified(deps, await directory.connections.get(String(part.connectionId)));
      return whileHeld(due, { claim, pull: () => pullLot(connection, due, line) });
    });

  return {
    async gather(lot) {
      // Lots that were claimed before the trouble began are not tried one after the other.
      const until = await deps.troubles.heldUntil(lot.connectionId, 'tickets');
      if (until)
        return postpone(sql, lot.ticketIds, { until, error: 'the connection is in trouble; its status tells' });
      return lot.history ? inBackground(() => gatherLot(lot)) : gatherLot(lot);
    },
  };
};
