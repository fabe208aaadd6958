import type { Clock } from '../../platform/clock.ts';
import type { Vault } from '../../platform/crypto.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import type { RunStep } from '../../platform/log.ts';
import { append, currentRules, loadCurrent, wantedTags } from '../attribution/index.ts';
import { settleWork } from '../costing/index.ts';
import { chooseLanguage, inviteFor, type NotInvited } from '../csat/index.ts';
import type { Connection, Directory, ReportingBasis } from '../directory/index.ts';
import { namesOrderOfOthers, type Orders } from '../orders/index.ts';
import { countFailure } from './count-failure.ts';
import { decideLot } from './family.ts';
import { dependantsOf, lockTickets } from './family-locks.ts';
import { foundWorkOf } from './found-work.ts';
import type { Failure } from './isolate.ts';
import { createLots, mostDecidedAgain, Overtaken, pastDeadlocks } from './lots.ts';
import { asStored, type Gathered, mergePull } from './merge.ts';
import { type SavedTicket, saveTickets } from './save-tickets.ts';
import { currentMode, markStale, markUnlessHeld, pullNow, releaseClaims } from './store.ts';
import { loadTagRows, planTags, saveTagPlans } from './want-tags.ts';

const textSetting = (connection: Connection, key: string): string | null => {
  const value = connection.settings[key];
  return typeof value === 'string' ? value : null;
};

export interface Processor {
  /** Decides and stores freshly pulled tickets. Returns those that fail by themselves; all others are stored. Throws where the storage fails. */
  process(connection: Connection, gathered: readonly Gathered[]): Promise<Failure[]>;
  /** Decides tickets again from what is stored: a late order, a rule or a rate changed. */
  decideAgain(connection: Connection, ticketIds: readonly bigint[]): Promise<Failure[]>;
}

interface Item {
  readonly ticketId: bigint;
  readonly gathered: Gathered | null;
}

/** Why solved tickets got no invitation, and how many. */
type Suppressed = Map<NotInvited, number>;

export const createProcessor = (deps: {
  readonly db: Database;
  readonly clock: Clock;
  readonly runStep: RunStep;
  readonly vault: Vault;
  readonly directory: Directory;
  readonly orders: Orders;
  readonly basis: ReportingBasis;
  /** Whether a connection's helpdesk takes tags of closed tickets; absent: none does. */
  readonly tagsClosed?: (connection: Connection) => boolean;
  /** Told of solved tickets that got no invitation. */
  readonly onSuppressed?: (reason: NotInvited, count: number) => void;
}): Processor => {
  const { db, clock, runStep, vault, directory, orders, basis } = deps;
  const { timeZone } = basis;

  /** `beside` are tickets to be locked with the lot; those that turn out to be are added, where somebody else holds them. */
  const processLot = async (
    tx: Sql,
    connection: Connection,
    items: readonly Item[],
    beside: Set<bigint>,
  ): Promise<Suppressed> => {
    const now = clock.now();
    const tagPrefix = textSetting(connection, 'tagPrefix') ?? '';
    const tagsClosed = deps.tagsClosed?.(connection) ?? false;
    const gatheredById = new Map(items.map(({ ticketId, gathered }) => [ticketId, gathered]));
    const snapshotOf = (id: bigint) => gatheredById.get(id)?.snapshot ?? undefined;
    const { mode, surveysSince, backfillBegan } = await currentMode(tx, connection.id);
    const locked = await lockTickets(
      tx,
      connection.id,
      items.map(({ ticketId }) => ticketId),
      items.flatMap(({ gathered }) =>
        [gathered?.snapshot?.parentExternalId, gathered?.snapshot?.mergedIntoExternalId].filter(
          (id): id is string => typeof id === 'string',
        ),
      ),
      beside,
    );
    const rows = new Map(locked.map((row) => [row.id, row]));
    /** What was created while a backfill ran is no history: its webhook was lost. */
    const isHistory = (id: bigint, createdAt: Date | null): boolean =>
      (rows.get(id)?.fromBackfill ?? true) && !(createdAt && backfillBegan && createdAt >= backfillBegan);

    const saved: SavedTicket[] = [];
    const older: bigint[] = [];
    const overtaken: bigint[] = [];
    for (const { ticketId, gathered } of items) {
      const row = rows.get(ticketId);
      if (!row) continue;
      const next = gathered ? mergePull(row, gathered, { vault, timeZone, now }) : asStored(row, timeZone);
      if (next === 'older') older.push(ticketId);
      else if (next === 'overtaken') overtaken.push(ticketId);
      else saved.push(next);
    }
    await releaseClaims(tx, overtaken);
    for (const ticketId of older)
      await countFailure(tx, ticketId, {
        now,
        error: 'the helpdesk answered with an older state than the one we hold',
        counted: 'older answer',
      });

    const decidable = saved.filter(({ createdAt }) => createdAt !== null);
    const decidableIds = decidable.map(({ id }) => id);
    const current = await loadCurrent(tx, [...rows.keys()]);
    const found = await orders.candidates(
      tx,
      decidable.map((ticket) => ({
        ticketId: ticket.id,
        numbers: [...new Set([...ticket.namedNumbers, ...ticket.orderNumbers])],
        emailHash: ticket.requesterHash,
        createdAt: ticket.createdAt ?? now,
      })),
    );
    // Lists are read under the tickets' locks: whoever changes one later marks these tickets after we have gone.
    const decisions = decideLot(decidable, {
      rows: locked,
      current,
      orders: found,
      rules: await currentRules(tx),
      partners: await directory.partners(tx),
      regions: await directory.regions(tx),
      tagPrefix,
      now,
    });
    const versions = await append(
      tx,
      [...decisions].map(([ticketId, decision]) => ({ ticketId, decision, decidedAt: now })),
      current,
    );
    const foundWork = await foundWorkOf(
      tx,
      connection.id,
      decidable.flatMap(({ id }) => rows.get(id)?.externalId ?? []),
    );
    const settled = await settleWork(tx, {
      tickets: decidable.map((ticket) => {
        const history = snapshotOf(ticket.id)?.history;
        const readings = [...(history?.work ?? []), ...(foundWork.get(rows.get(ticket.id)?.externalId ?? '') ?? [])];
        return {
          ticketId: ticket.id,
          connectionId: connection.id,
          channel: ticket.channel ?? 'email',
          ...(readings.length > 0 && { readings }),
          ...(history && { touches: history.touches, closing: history.closing }),
          shares: decisions.get(ticket.id)?.shares ?? [],
          attributionVersion: versions.get(ticket.id)?.version ?? 0,
          reprice: rows.get(ticket.id)?.reprice ?? false,
        };
      }),
      reportingCurrency: basis.currency,
      reportingTimezone: timeZone,
      now,
    });

    // Without the text, a ticket keeps the language that was found while the text was in memory.
    const spoken = decidable.map((ticket) => {
      const gathered = gatheredById.get(ticket.id);
      const ofTicket = found.get(ticket.id);
      const order = ofTicket?.byNumber.find(({ belongsToRequester }) => belongsToRequester) ?? ofTicket?.ofRequester[0];
      const heldLanguage = ticket.languageReason === 'text' ? ticket.language : null;
      const choice = chooseLanguage({
        textLanguage:
          gathered?.snapshot && gathered.snapshot.firstMessage !== null ? gathered.textLanguage : heldLanguage,
        requesterLocale: ticket.requesterLocale,
        orderLocale: order?.locale ?? null,
        country: order?.country ?? null,
      });
      return { ...ticket, choice, language: choice.language, languageReason: choice.reason };
    });
    const surveyDelayMinutes = Number(connection.settings.surveyDelayMinutes ?? 0);
    const invitations = await inviteFor(
      tx,
      spoken.flatMap((ticket) => {
        const history = snapshotOf(ticket.id)?.history;
        if (!history || !ticket.solvedAt) return [];
        return [
          {
            ticketId: ticket.id,
            connection: { mode, surveysSince, surveyDelayMinutes },
            solvedAt: ticket.solvedAt,
            fromBackfill: isHistory(ticket.id, ticket.createdAt),
            requesterHash: ticket.requesterHash,
            requesterSealed: ticket.requesterSealed,
            merged: ticket.mergedIntoExternalId !== null,
            deleted: ticket.status === 'deleted',
            publicReplies: history.touches.filter(({ kind }) => kind === 'public_reply').length,
            language: ticket.choice,
            shares: decisions.get(ticket.id)?.shares ?? [],
            agentId: ticket.assigneeId,
          },
        ];
      }),
      { vault, now },
    );

    const tagRows = await loadTagRows(tx, decidableIds);
    const askDeep = new Set<bigint>();
    const tagPlans = decidable.map((ticket) => {
      const gathered = gatheredById.get(ticket.id);
      const decision = decisions.get(ticket.id);
      const deleted = ticket.status === 'deleted';
      const closed = !deleted && (gathered?.snapshot?.frozen ?? ticket.status === 'closed');
      const plan = planTags({
        desired: decision && !deleted ? wantedTags(decision, tagPrefix) : [],
        onTicket: gathered?.snapshot
          ? {
              tags: gathered.snapshot.tags,
              readAt: gathered.pulledAt,
              withHistory: gathered.historyAsked || gathered.snapshot.history !== undefined,
            }
          : null,
        rows: tagRows.get(ticket.id) ?? [],
        mayWrite: mode === 'act' && !isHistory(ticket.id, ticket.createdAt),
        frozen: deleted || (closed && !tagsClosed),
        closed,
      });
      if (plan.needsHistory) askDeep.add(ticket.id);
      return { ticketId: ticket.id, changes: plan.changes };
    });
    await saveTagPlans(tx, connection.id, tagPlans, now);

    const spokenById = new Map(spoken.map((ticket) => [ticket.id, ticket]));
    await saveTickets(
      tx,
      saved.map((ticket) => {
        const final = {
          ...(spokenById.get(ticket.id) ?? ticket),
          fromBackfill: isHistory(ticket.id, ticket.createdAt),
        };
        return askDeep.has(ticket.id) && final.pull
          ? { ...final, pull: { ...final.pull, wantsDeep: true, againAt: now } }
          : final;
      }),
    );
    const changed = [...versions].flatMap(([id, { version }]) => (version !== current.get(id)?.version ? [id] : []));
    await markStale(tx, dependantsOf(locked, changed), { now });
    // A bulk edit is found while the lot is locked already: where others hold its tickets, all is locked anew, in order.
    if (!(await markUnlessHeld(tx, settled.heldElsewhere, now))) {
      for (const id of settled.heldElsewhere) beside.add(id);
      throw new Overtaken();
    }
    // A late order that a text names may be its requester's or not: the store is asked when the ticket is pulled, also where
    // the order came while it was pulled.
    await pullNow(
      tx,
      decidable.flatMap(({ id, namedNumbers }) => {
        const ofTicket = found.get(id);
        const gathered = gatheredById.get(id);
        const seen = gathered?.snapshot ? gathered.ordersSeen : null;
        const isLate = ofTicket?.byNumber.some((order) => !seen?.has(order.id));
        const isOpen = ofTicket?.requesterKnown === null && isLate;
        return isOpen && namesOrderOfOthers(ofTicket, namedNumbers) ? [id] : [];
      }),
      now,
    );

    const suppressed: Suppressed = new Map();
    for (const decision of invitations.values())
      if (!decision.invite && decision.reason !== 'already invited')
        suppressed.set(decision.reason, (suppressed.get(decision.reason) ?? 0) + 1);
    return suppressed;
  };

  const inLots = createLots<Connection, Item>({
    runLot: (connection, items) =>
      runStep('process', async (line) => {
        line.connection = connection.id;
        line.tickets = items.length;
        const beside = new Set<bigint>();
        const suppressed = await pastDeadlocks(line, () =>
          db.transaction((tx) => processLot(tx, connection, items, beside), { prepared: true }),
        );
        if (suppressed.size > 0) line.notInvited = [...suppressed].map(([reason, count]) => `${reason}: ${count}`);
        for (const [reason, count] of suppressed) deps.onSuppressed?.(reason, count);
      }),
  });

  return {
    process: (connection, gathered) =>
      inLots(
        connection,
        gathered.map((one) => ({ ticketId: one.ticketId, gathered: one })),
      ),
    decideAgain: (connection, ticketIds) =>
      inLots(
        connection,
        ticketIds.map((ticketId) => ({ ticketId, gathered: null })),
        mostDecidedAgain,
      ),
  };
};
