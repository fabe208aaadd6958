import { dayIn } from '../../core/time.ts';
import type { PersonChange, PersonChanges, TicketHistory, TicketSnapshot } from '../../helpdesks/port.ts';
import type { Vault } from '../../platform/crypto.ts';
import { fieldNumbers } from '../attribution/index.ts';
import type { SavedTicket } from './save-tickets.ts';
import type { LockedTicket } from './tickets.ts';

/** What gather brings for one ticket; a null snapshot: the helpdesk no longer has it. */
export type Gathered = {
  readonly ticketId: bigint;
  /** dirty_seq as noted before the pull: what came later stays dirty. */
  readonly notedSeq: bigint;
  readonly pulledAt: Date;
} & (
  | { readonly snapshot: null }
  | {
      readonly snapshot: TicketSnapshot;
      /** The history was asked for outright; where it is absent all the same, asking again at once would not bring it. */
      readonly historyAsked: boolean;
      readonly namedNumbers: readonly string[];
      readonly namedLines: readonly bigint[];
      /** The orders by number that were there when its lines were looked for and the stores were asked. */
      readonly ordersSeen: ReadonlySet<bigint>;
      /** Language of the requester's words, where they are long enough to tell. */
      readonly textLanguage: string | null;
      /** To be gathered again then, because a store did not answer. */
      readonly againAt: Date | null;
    }
);

const union = <Item>(held: readonly Item[] = [], found: readonly Item[]): Item[] => [...new Set([...held, ...found])];

/** Order numbers are compared without regard to case, and found by an index. */
const lowerCase = (numbers: readonly string[]): string[] => numbers.map((number) => number.toLowerCase());

/**
 * What a history tells of people's choices, with what we hold of those of which it can tell nothing. Where it tells nothing
 * at all there is still something held afterwards, so that not every pull asks anew.
 */
const mergeChoices = (held: PersonChanges | null, { choices, choicesSince }: TicketHistory): PersonChanges => {
  if (choices === null) return held ?? { partner: [], region: [] };
  if (!held || !choicesSince) return choices;
  const untold = ({ at }: PersonChange): boolean => at < choicesSince;
  return {
    partner: [...held.partner.filter(untold), ...choices.partner],
    region: [...held.region.filter(untold), ...choices.region],
  };
};

/** The row decided again from what is stored; nothing about its pulls changes. */
export const asStored = (row: LockedTicket, timeZone: string): SavedTicket => ({
  ...row,
  createdDay: row.createdAt && dayIn(timeZone, row.createdAt),
  pull: null,
});

/**
 * Whether a later pull was stored meanwhile. The noted sequence orders pulls whatever the clocks say; between two of one
 * sequence the clock decides, but for a stored time that is still to come: that clock was off, and waiting would not end.
 */
const isOvertaken = (row: LockedTicket, { notedSeq, pulledAt }: Gathered, now: Date): boolean => {
  if (row.pulledAt === null) return false;
  if (notedSeq !== row.settledSeq) return notedSeq < row.settledSeq;
  return pulledAt < row.pulledAt && row.pulledAt <= now;
};

/**
 * The row as a pull makes it. `older`: the helpdesk answered with an earlier state than the one we hold; `overtaken`: a
 * later pull of the same state was stored meanwhile. Neither says anything new.
 */
export const mergePull = (
  row: LockedTicket,
  gathered: Gathered,
  { vault, timeZone, now }: { readonly vault: Vault; readonly timeZone: string; readonly now: Date },
): SavedTicket | 'older' | 'overtaken' => {
  const pull = {
    notedSeq: gathered.notedSeq,
    withHistory: true,
    againAt: null,
    historyAgainAt: null,
    wantsDeep: false,
  };
  const { snapshot } = gathered;
  const overtaken = isOvertaken(row, gathered, now);
  if (!snapshot)
    return overtaken
      ? 'overtaken'
      : { ...asStored(row, timeZone), status: 'deleted', pulledAt: gathered.pulledAt, pull };
  if (row.snapshotAt && snapshot.updatedAt < row.snapshotAt) return 'older';
  if (row.snapshotAt && overtaken && snapshot.updatedAt <= row.snapshotAt) return 'overtaken';
  const address = snapshot.requester?.email ?? null;
  const hash = address === null ? null : vault.hashAddress(address);
  const sameAddress = hash !== null && row.requesterHash !== null && hash.equals(row.requesterHash);
  const { history } = snapshot;
  // A message that an earlier pull read with the audits is not read again without them.
  const unread =
    snapshot.firstMessage === null && row.requesterId === (snapshot.requester?.id ?? null) ? row : undefined;
  const solvedNow = snapshot.status === 'solved' || snapshot.status === 'closed';
  return {
    id: row.id,
    settledSeq: row.settledSeq,
    fromBackfill: row.fromBackfill,
    snapshotAt: snapshot.updatedAt,
    pulledAt: gathered.pulledAt,
    createdAt: snapshot.createdAt,
    createdDay: dayIn(timeZone, snapshot.createdAt),
    // Reopened since, whether or not this pull brought the audits that tell when.
    solvedAt: solvedNow ? (history ? history.solvedAt : row.solvedAt) : null,
    closedAt: history ? history.closedAt : row.closedAt,
    status: snapshot.status,
    channel: snapshot.channel,
    language: row.language,
    languageReason: row.languageReason,
    reason: snapshot.reason,
    requesterId: snapshot.requester?.id ?? null,
    requesterHash: hash,
    requesterSealed:
      address === null
        ? null
        : sameAddress && row.requesterSealed
          ? row.requesterSealed
          : vault.seal(address, 'address'),
    requesterLocale: snapshot.requester?.locale ?? null,
    assigneeId: snapshot.assigneeId,
    brandId: snapshot.brandId,
    organizationId: snapshot.organizationId,
    formId: snapshot.formId,
    inboxId: snapshot.inboxId,
    tags: snapshot.tags,
    orderNumbers: lowerCase(fieldNumbers(snapshot.orderNumber)),
    namedNumbers: union(unread?.namedNumbers, lowerCase(gathered.namedNumbers)),
    namedLines: union(unread?.namedLines, gathered.namedLines),
    personChoice: history ? mergeChoices(row.personChoice, history) : row.personChoice,
    parentExternalId: snapshot.parentExternalId ?? row.parentExternalId,
    mergedIntoExternalId: snapshot.mergedIntoExternalId ?? row.mergedIntoExternalId,
    pull: {
      ...pull,
      withHistory: history !== undefined || gathered.historyAsked,
      againAt: gathered.againAt,
      historyAgainAt: history?.againAt ?? null,
    },
  };
};
