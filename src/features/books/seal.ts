import { Conflict, Refused } from '../../core/errors.ts';
import { dayIn } from '../../core/time.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Sql } from '../../platform/database/database.ts';
import type { Database } from '../../platform/database/open.ts';
import { type ReportingBasis, recordAudit } from '../directory/index.ts';
import { givenUpUpTo, type Unsettled, unsettledUpTo } from '../ingest/index.ts';
import { lastItem, lockItems } from '../partnerships/index.ts';
import {
  type Differences,
  differencesSince,
  factsToSeal,
  gapsIn,
  type Imbalance,
  imbalances,
  keepItems,
  loadHeldDays,
  partnershipsIn,
  restatementOf,
  sealedAccount,
  ticketsWorkedIn,
  toldChanges,
} from '../reports/index.ts';
import type { SealPeriod } from './period.ts';
import { differingTickets } from './settle-again.ts';
import { insertSeal, latestSeal, type Restated, type Seal, sealById } from './store.ts';

interface SealDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly basis: ReportingBasis;
}

interface SealWanted {
  readonly period: SealPeriod;
  /** Close what was posted later by a further revision. */
  readonly revise: boolean;
  readonly actor: string;
  /** When the preparation began: of what happened since nothing is awaited. */
  readonly asOf: Date;
}

/** Throws Refused while the period is not over. */
export const refuseUnended = ({ name, to }: SealPeriod, { now, timeZone }: { now: Date; timeZone: string }): void => {
  if (dayIn(timeZone, now) <= to) throw new Refused(`${name} is not over; it can be sealed after ${to}`);
};

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** What a connection still owes, in words; empty where it owes nothing. */
export const owedWords = (unsettled: readonly Unsettled[]): string[] =>
  unsettled.flatMap(({ name, unpulled, undecided, isRead }) => {
    const owed = [
      ...(isRead ? [] : ['its changes were not read since']),
      ...(unpulled > 0 ? [`${plural(unpulled, 'ticket')} to be pulled`] : []),
      ...(undecided > 0 ? [`${plural(undecided, 'ticket')} to be decided again`] : []),
    ];
    return owed.length === 0 ? [] : [`"${name}": ${owed.join(', ')}`];
  });

const refuseUnsettled = (unsettled: readonly Unsettled[], { name }: SealPeriod): void => {
  const owed = owedWords(unsettled);
  if (owed.length > 0)
    throw new Refused(
      `${name} cannot be sealed yet, for not everything is known of it: ${owed.join('; ')}. "deskledger doctor" says what keeps it; a connection that is given up is left out once it is disconnected.`,
    );
};

const refuseImbalanced = (wrong: readonly Imbalance[], { name }: SealPeriod): void => {
  const [first] = wrong;
  if (!first) return;
  const all = wrong.map(({ count, found, examples }) => `${count} ${found} (${examples.join(', ')})`).join('; ');
  throw new Refused(`${name} is not sealed, for its books do not balance: ${all}. ${first.next}`);
};

/**
 * The last posting, and the last revision of a cost or benefit, that are committed as of the moment from which the transaction
 * sees the database. Writers wait for that moment alone: else one that is under way would commit a lower id later, and be
 * neither in the seal nor after it.
 */
const freeze = async (tx: Sql): Promise<{ readonly lastPostingId: bigint; readonly lastItemId: number }> => {
  await tx.query('savepoint before_lock');
  await tx.query('lock table posting in share mode');
  await lockItems(tx);
  const [row] = await tx.query<{ id: bigint | null }>('select max(id) as id from posting');
  const lastItemId = await lastItem(tx);
  await tx.query('rollback to savepoint before_lock');
  return { lastPostingId: row?.id ?? 0n, lastItemId };
};

/** What a seal and its days differ by: as those see it who may see wages, and as others do. */
const restated = async (
  tx: Sql,
  held: Seal,
  { currency, timeZone }: ReportingBasis,
): Promise<{ readonly differences: Differences; readonly restates: { true: Restated; pooled: Restated } }> => {
  const differences = await differencesSince(tx, held.id, {
    currency,
    timeZone,
    groupBy: ['partner'],
    costBasis: 'true',
  });
  const look = async (costBasis: 'true' | 'pooled'): Promise<Restated> => ({
    ...(await restatementOf(tx, held, { currency, costBasis })),
    changes: toldChanges(differences.changes, { currency, seesRates: costBasis === 'true' }),
  });
  return { differences, restates: { true: await look('true'), pooled: await look('pooled') } };
};

/** The figures of which any partner's, or the account's, is another. */
const differingNames = ({ account, rows }: Differences): string[] => [
  ...new Set([account, ...rows].flatMap(({ figures }) => figures.map(({ figure }) => figure))),
];

/**
 * Seals a period that is over, fully known and in balance: keeps its figures as they are now. Sealed before and unchanged,
 * it answers the seal that holds, and so where orders, refunds, tickets, answers, costs or benefits changed since: `differs`
 * names the figures that are others today, which a revision takes up. Throws Refused where it may not be sealed and says why;
 * Conflict where something was posted into it since and no revision is asked for.
 */
export const sealPeriod = async (
  { db, clock, basis }: SealDeps,
  { period, revise, actor, asOf }: SealWanted,
): Promise<{ readonly seal: Seal; readonly made: boolean; readonly differs: readonly string[] }> => {
  const { timeZone, currency } = basis;
  refuseUnended(period, { now: clock.now(), timeZone });
  const unsettled = await unsettledUpTo(db, { lastDay: period.to, timeZone, asOf });
  refuseUnsettled(unsettled, period);
  return db.transaction(
    async (tx) => {
      const { lastPostingId, lastItemId } = await freeze(tx);
      const frozenAt = clock.now();
      const held = await latestSeal(tx, period);
      const since = held && (await restated(tx, held, basis));
      const isOpen = since?.restates.true.open || since?.differences.open;
      if (held && since && !since.restates.true.open && !(revise && isOpen))
        return { seal: held, made: false, differs: isOpen ? differingNames(since.differences) : [] };
      if (held && since && !revise)
        throw new Conflict(
          `${period.name} is sealed, and ${plural(since.restates.true.tickets, 'ticket')} changed it since; see \`GET /api/v1/seals/${held.id}\`, then seal it with --revise ("revise": true) to close that by a further revision`,
        );
      refuseImbalanced(await imbalances(tx, period, { currency, timeZone }), period);
      const wrong = await differingTickets(tx, await ticketsWorkedIn(tx, period), { basis });
      if (wrong.length > 0)
        throw new Refused(
          `${period.name} is not sealed: ${plural(wrong.length, 'ticket')} would be settled differently from what the ledger holds (ids ${wrong.slice(0, 5).join(', ')}). "deskledger replay --ticket" decides one again; report it where that does not help.`,
        );
      const totals = await factsToSeal(tx, period, timeZone);
      const gaps = {
        ...(await gapsIn(tx, period)),
        quarantinedTickets: unsettled.reduce((sum, { quarantined }) => sum + quarantined, 0),
        givenUpTickets: await givenUpUpTo(tx, period.to),
        notHeld: (await loadHeldDays(tx, period, dayIn(timeZone, frozenAt))).notHeldIn(period),
      };
      const id = await insertSeal(tx, {
        kind: period.kind,
        from: period.from,
        to: period.to,
        revision: (held?.revision ?? 0) + 1,
        asOf: frozenAt,
        lastPostingId,
        currency,
        timeZone,
        totals,
        account: sealedAccount(totals),
        partnerships: await partnershipsIn(tx, { from: period.from, to: period.to, currency }),
        lastItemId,
        gaps,
        restates: since?.restates ?? null,
        sealedAt: clock.now(),
        sealedBy: actor,
      });
      await keepItems(tx, id, { from: period.from, to: period.to, timeZone });
      const seal = await sealById(tx, id);
      if (!seal) throw new RangeError('a seal that was made is not there');
      await recordAudit(tx, {
        at: clock.now(),
        actor,
        action: 'seal',
        detail: { seal: id, period: period.name, revision: seal.revision },
      });
      return { seal, made: true, differs: [] };
    },
    { isolation: 'repeatable read' },
  );
};
