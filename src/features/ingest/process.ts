import { dayIn } from '../../core/time.ts';
import type { TicketSnapshot } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Vault } from '../../platform/crypto.ts';
import type { Database } from '../../platform/database/open.ts';
import type { RunStep } from '../../platform/log.ts';
import {
  append,
  attribute,
  currentRules,
  type Decision,
  fieldNumbers,
  loadCurrent,
  mayDecide,
  wantedTags,
} from '../attribution/index.ts';
import { settleWork } from '../costing/index.ts';
import { chooseLanguage, inviteFor } from '../csat/index.ts';
import type { Connection, Directory, ReportingBasis } from '../directory/index.ts';
import type { Orders, TicketOrders } from '../orders/index.ts';
import { markStale } from './store.ts';
import { type LockedTicket, lockTickets, markDependants, type SavedTicket, saveTickets } from './tickets.ts';
import { loadTagRows, planTags, saveTagPlans } from './want-tags.ts';

/** What gather brings for one ticket; a null snapshot: the helpdesk no longer has it. */
export type Gathered =
  | { readonly ticketId: bigint; readonly notedSeq: bigint; readonly pulledAt: Date; readonly snapshot: null }
  | {
      readonly ticketId: bigint;
      /** dirty_seq as noted before the pull: what came later stays dirty. */
      readonly notedSeq: bigint;
      readonly pulledAt: Date;
      readonly snapshot: TicketSnapshot;
      readonly namedNumbers: readonly string[];
      readonly namedLines: readonly bigint[];
      /** Language of the requester's words, where they are long enough to tell. */
      readonly textLanguage: string | null;
      /** To be gathered again then, because a store did not answer. */
      readonly againAt: Date | null;
    };

const textSetting = (connection: Connection, key: string): string | null => {
  const value = connection.settings[key];
  return typeof value === 'string' ? value : null;
};

/** Tickets in one transaction: small, so that the edge never waits long for a ticket's lock. */
const lotInTransaction = 25;

/** A lot that met another writer in a ring of locks is tried again this often before its tickets are tried one by one. */
const deadlockTries = 3;

const isDeadlock = (error: unknown): boolean => {
  const code = (error as { code?: unknown } | null)?.code;
  return code === '40P01' || code === '40001';
};

export interface Processor {
  /** Decides and stores freshly pulled tickets. Rejects only when a single ticket alone fails. */
  process(connection: Connection, gathered: readonly Gathered[]): Promise<void>;
  /** Decides tickets again from what is stored: a late order, a rule or a rate changed. */
  decideAgain(connection: Connection, ticketIds: readonly bigint[]): Promise<void>;
}

interface Item {
  readonly ticketId: bigint;
  readonly gathered: Gathered | null;
}

export const createProcessor = (deps: {
  readonly db: Database;
  readonly clock: Clock;
  readonly runStep: RunStep;
  readonly vault: Vault;
  readonly directory: Directory;
  readonly orders: Orders;
  readonly basis: ReportingBasis;
}): Processor => {
  const { db, clock, runStep, vault, directory, orders, basis } = deps;

  /** The row as the snapshot makes it; null when the snapshot is older than what we hold. */
  const merge = (row: LockedTicket, gathered: Gathered | null): SavedTicket | null => {
    const kept = { ...row, createdDay: row.createdAt && dayIn(basis.timeZone, row.createdAt) };
    if (!gathered) return { ...kept, pull: null };
    const pull = { notedSeq: gathered.notedSeq, withHistory: false, againAt: null, wantsDeep: false };
    if (!gathered.snapshot)
      return { ...kept, status: 'deleted', pulledAt: gathered.pulledAt, pull: { ...pull, withHistory: true } };
    const { snapshot } = gathered;
    if (row.snapshotAt && (snapshot.updatedAt < row.snapshotAt || (row.pulledAt && gathered.pulledAt < row.pulledAt)))
      return null;
    const address = snapshot.requester?.email ?? null;
    const hash = address ? vault.hashAddress(address) : null;
    const sameAddress = hash !== null && row.requesterHash !== null && hash.equals(row.requesterHash);
    const history = snapshot.history;
    return {
      id: row.id,
      settledSeq: row.settledSeq,
      snapshotAt: snapshot.updatedAt,
      pulledAt: gathered.pulledAt,
      createdAt: snapshot.createdAt,
      createdDay: dayIn(basis.timeZone, snapshot.createdAt),
      solvedAt: history ? history.solvedAt : row.solvedAt,
      closedAt: history ? history.closedAt : row.closedAt,
      status: snapshot.status,
      channel: snapshot.channel,
      language: row.language,
      languageReason: row.languageReason,
      reason: snapshot.reason,
      requesterId: snapshot.requester?.id ?? null,
      requesterHash: hash,
      requesterSealed:
        address === null ? null : sameAddress && row.requesterSealed ? row.requesterSealed : vault.seal(address),
      requesterLocale: snapshot.requester?.locale ?? null,
      assigneeId: snapshot.assigneeId,
      brandId: snapshot.brandId,
      organizationId: snapshot.organizationId,
      formId: snapshot.formId,
      inboxId: snapshot.inboxId,
      tags: snapshot.tags,
      orderNumbers: fieldNumbers(snapshot.orderNumber),
      namedNumbers: gathered.namedNumbers,
      namedLines: gathered.namedLines,
      personChoice: history ? history.choices : row.personChoice,
      parentExternalId: snapshot.parentExternalId ?? row.parentExternalId,
      mergedIntoExternalId: snapshot.mergedIntoExternalId ?? row.mergedIntoExternalId,
      pull: { ...pull, withHistory: history !== undefined, againAt: gathered.againAt },
    };
  };

  const processLot = async (connection: Connection, items: readonly Item[]): Promise<void> => {
    // Read before the transaction: inside it, a second connection could be waited for while holding the first.
    const [partners, regions] = await Promise.all([directory.partners(), directory.regions()]);
    const tagPrefix = textSetting(connection, 'tagPrefix') ?? '';
    const surveyDelayMinutes = Number(connection.settings.surveyDelayMinutes ?? 0);
    await db.transaction(async (tx) => {
      const now = clock.now();
      const gatheredById = new Map(items.map(({ ticketId, gathered }) => [ticketId, gathered]));
      const relatives = items.flatMap(({ gathered }) => {
        const snapshot = gathered?.snapshot;
        return snapshot ? [snapshot.parentExternalId, snapshot.mergedIntoExternalId].filter((id) => id !== null) : [];
      });
      const locked = await lockTickets(
        tx,
        connection.id,
        items.map(({ ticketId }) => ticketId),
        relatives,
      );
      const rows = new Map(locked.map((row) => [row.id, row]));
      const rowByExternalId = new Map(locked.map((row) => [row.externalId, row]));

      const saved: SavedTicket[] = [];
      const outdated: LockedTicket[] = [];
      for (const { ticketId, gathered } of items) {
        const row = rows.get(ticketId);
        if (!row) continue;
        const next = merge(row, gathered);
        if (next) saved.push(next);
        else outdated.push(row);
      }
      // A pull that a newer one overtook settles nothing but what it was asked for: the newer state is already stored.
      saved.push(
        ...outdated.map((row): SavedTicket => {
          const gathered = gatheredById.get(row.id);
          return {
            ...row,
            createdDay: row.createdAt && dayIn(basis.timeZone, row.createdAt),
            pull: gathered ? { notedSeq: row.settledSeq, withHistory: false, againAt: null, wantsDeep: false } : null,
          };
        }),
      );
      const outdatedIds = new Set(outdated.map(({ id }) => id));
      const decidable = saved.filter((ticket) => ticket.createdAt !== null && !outdatedIds.has(ticket.id));

      const decidableIds = decidable.map(({ id }) => id);
      const rules = await currentRules(tx);
      const current = await loadCurrent(tx, [...rows.keys()]);
      const tagRows = await loadTagRows(tx, decidableIds);
      const found = await orders.candidates(
        tx,
        decidable.map((ticket) => ({
          ticketId: ticket.id,
          numbers: [...new Set([...ticket.namedNumbers, ...ticket.orderNumbers])],
          emailHash: ticket.requesterHash,
          createdAt: ticket.createdAt ?? now,
        })),
      );
      const none: TicketOrders = { byNumber: [], ofRequester: [], requesterKnown: false };

      // Targets before their sources, parents before their follow-ups; a ring of merges ends where it was entered.
      const decisions = new Map<bigint, Decision>();
      const byId = new Map(decidable.map((ticket) => [ticket.id, ticket]));
      const decisionOf = (externalId: string | null, underWay: ReadonlySet<bigint>): Decision | undefined => {
        const relative = externalId === null ? undefined : rowByExternalId.get(externalId);
        if (!relative) return undefined;
        const inLot = byId.get(relative.id);
        return inLot && !underWay.has(relative.id) ? decide(inLot, underWay) : current.get(relative.id)?.decision;
      };
      const decide = (ticket: SavedTicket, underWay: ReadonlySet<bigint>): Decision => {
        const done = decisions.get(ticket.id);
        if (done) return done;
        const held = current.get(ticket.id)?.decision;
        const within = new Set([...underWay, ticket.id]);
        const target = decisionOf(ticket.mergedIntoExternalId, within);
        const parent = decisionOf(ticket.parentExternalId, within);
        const decision =
          held &&
          !mayDecide(
            { closedAt: ticket.closedAt, mergedIntoExternalId: ticket.mergedIntoExternalId, decided: true },
            now,
          )
            ? held
            : attribute({
                ticket: {
                  createdAt: ticket.createdAt ?? now,
                  orderNumber: ticket.orderNumbers.length > 0 ? ticket.orderNumbers.join(' ') : null,
                  namedNumbers: ticket.namedNumbers,
                  namedLines: ticket.namedLines,
                  requesterHashKnown: ticket.requesterHash !== null,
                  choices: ticket.personChoice ?? {},
                  brandId: ticket.brandId,
                  organizationId: ticket.organizationId,
                  formId: ticket.formId,
                  inboxId: ticket.inboxId,
                  tags: ticket.tags,
                  tagPrefix,
                },
                orders: found.get(ticket.id) ?? none,
                rules,
                partners,
                regions,
                ...(target && { target }),
                ...(parent && { parent }),
              });
        decisions.set(ticket.id, decision);
        return decision;
      };
      for (const ticket of decidable) decide(ticket, new Set());

      const versions = await append(
        tx,
        decidable.flatMap((ticket) => {
          const decision = decisions.get(ticket.id);
          return decision ? [{ ticketId: ticket.id, decision, decidedAt: now }] : [];
        }),
      );
      const settled = await settleWork(tx, {
        tickets: decidable.map((ticket) => {
          const history = gatheredById.get(ticket.id)?.snapshot?.history;
          return {
            ticketId: ticket.id,
            connectionId: connection.id,
            connectionName: connection.name,
            channel: ticket.channel ?? 'email',
            ...(history && { readings: history.work, touches: history.touches }),
            shares: decisions.get(ticket.id)?.shares ?? [],
            attributionVersion: versions.get(ticket.id)?.version ?? 0,
            reprice: rows.get(ticket.id)?.reprice ?? false,
          };
        }),
        reportingCurrency: basis.currency,
        reportingTimezone: basis.timeZone,
        now,
      });

      // Decided again without the text, a ticket keeps the language that was found while the text was in memory.
      const spoken = decidable.map((ticket) => {
        const gathered = gatheredById.get(ticket.id);
        const ofTicket = found.get(ticket.id) ?? none;
        const order = ofTicket.byNumber.find(({ belongsToRequester }) => belongsToRequester) ?? ofTicket.ofRequester[0];
        const choice = chooseLanguage({
          textLanguage: gathered?.snapshot
            ? gathered.textLanguage
            : ticket.languageReason === 'text'
              ? ticket.language
              : null,
          requesterLocale: ticket.requesterLocale,
          orderLocale: order?.locale ?? null,
          country: order?.country ?? null,
        });
        return { ...ticket, choice, language: choice.language, languageReason: choice.reason };
      });
      await inviteFor(
        tx,
        spoken.flatMap((ticket) => {
          const history = gatheredById.get(ticket.id)?.snapshot?.history;
          if (!history || !ticket.solvedAt) return [];
          return [
            {
              ticketId: ticket.id,
              connection: { mode: connection.mode, surveysSince: connection.surveysSince, surveyDelayMinutes },
              solvedAt: ticket.solvedAt,
              fromBackfill: rows.get(ticket.id)?.fromBackfill ?? true,
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

      const askDeep = new Set<bigint>();
      const tagPlans = decidable.map((ticket) => {
        const gathered = gatheredById.get(ticket.id);
        const decision = decisions.get(ticket.id);
        const plan = planTags({
          desired: decision && ticket.status !== 'deleted' ? wantedTags(decision, tagPrefix) : [],
          onTicket: gathered?.snapshot
            ? {
                tags: gathered.snapshot.tags,
                readAt: gathered.pulledAt,
                withHistory: gathered.snapshot.history !== undefined,
              }
            : null,
          rows: ticket.status === 'deleted' ? [] : (tagRows.get(ticket.id) ?? []),
          mayWrite: connection.mode === 'act' && !(rows.get(ticket.id)?.fromBackfill ?? false),
          frozen: gathered?.snapshot?.frozen ?? ticket.status === 'closed',
        });
        if (plan.needsHistory) askDeep.add(ticket.id);
        return { ticketId: ticket.id, changes: plan.changes };
      });
      await saveTagPlans(tx, tagPlans, now);

      const spokenById = new Map(spoken.map((ticket) => [ticket.id, ticket]));
      await saveTickets(
        tx,
        saved.map((ticket) => {
          const final = spokenById.get(ticket.id) ?? ticket;
          return askDeep.has(ticket.id) && final.pull
            ? { ...final, pull: { ...final.pull, wantsDeep: true, againAt: now } }
            : final;
        }),
      );
      await markDependants(
        tx,
        [...versions].flatMap(([id, { version }]) => (version !== current.get(id)?.version ? [id] : [])),
        now,
      );
      await markStale(tx, settled.heldElsewhere, { now });
    });
  };

  const runLot = (connection: Connection, items: readonly Item[]): Promise<void> =>
    runStep('process', async (line) => {
      line.connection = connection.id;
      line.tickets = items.length;
      for (let tries = 1; ; tries += 1) {
        line.tries = tries;
        try {
          return await processLot(connection, items);
        } catch (error) {
          if (!isDeadlock(error) || tries >= deadlockTries) throw error;
        }
      }
    });

  const inLots = async (connection: Connection, items: readonly Item[]): Promise<void> => {
    for (let start = 0; start < items.length; start += lotInTransaction)
      await runLot(connection, items.slice(start, start + lotInTransaction));
  };

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
      ),
  };
};
