import type { SandboxHistory } from '../../../src/sandbox/index.ts';
import { auditMs, isMergeAudit, nameOf, type Share, type Ticket } from './attribution.ts';
import { dealOut, type Fraction, times, toEven } from './numbers.ts';
import type { Setup } from './setup.ts';

/** A priced part of an agent's work on a ticket, for one bearer. */
export interface Line {
  readonly ticketId: number;
  readonly agentId: number;
  readonly day: string;
  readonly partner: string | null;
  readonly region: string | null;
  readonly measured: boolean;
  /** Seconds times parts per million. */
  readonly microseconds: bigint;
  readonly micros: bigint;
}

/** An update that was cut at the cap, or work that no rate or exchange rate prices. */
export interface Oddity {
  readonly ticketId: number;
  readonly agentId: number;
  readonly day: string;
  readonly what: 'capped' | 'unpriced';
}

interface Piece {
  readonly agentId: number;
  readonly atMs: number;
  readonly measured: boolean;
  readonly seconds: number;
  taken: number[];
}

interface Change {
  readonly ticketId: number;
  readonly agentId: number;
  readonly second: string;
  readonly atMs: number;
  readonly value: number;
  readonly delta: number;
}

const cap = 4 * 3600;
const bulk = 3;
/** Seconds of a public reply by the channel of the ticket: agents write in the helpdesk's own page. */
const replySeconds: Readonly<Record<string, number>> = {
  email: 300,
  web: 300,
  chat: 90,
  native_messaging: 90,
  facebook: 90,
  voice: 360,
};
const noteSeconds = 60;

/** What the audits say of the total of seconds, changes by agents alone. */
const changesOf = (ticket: Ticket, fieldId: string, isAgent: (id: number) => boolean): Change[] =>
  ticket.audits.flatMap((audit) =>
    audit.events.flatMap((event) =>
      event.type === 'Change' &&
      event.field_name === fieldId &&
      isAgent(audit.author_id) &&
      event.via?.channel !== 'rule'
        ? [
            {
              ticketId: ticket.id,
              agentId: audit.author_id,
              second: audit.created_at,
              atMs: auditMs(audit),
              value: Number(event.value ?? 0),
              delta: Number(event.value ?? 0) - Number(event.previous_value ?? 0),
            },
          ]
        : [],
    ),
  );

const groupOf = ({ agentId, second, value }: Change): string => `${agentId} ${second} ${value}`;

/** Seconds as costed: caps, and corrections that take back the latest first (RULES.md section 4). */
const replay = (changes: readonly Change[]): Piece[] => {
  const pieces: Piece[] = [];
  for (const { agentId, atMs, delta } of changes) {
    if (delta > 0) pieces.push({ agentId, atMs, measured: true, seconds: Math.min(delta, cap), taken: [] });
    let owed = Math.max(0, -delta);
    for (const piece of pieces.toReversed()) {
      const left = piece.seconds - piece.taken.reduce((sum, seconds) => sum + seconds, 0);
      const seconds = Math.min(owed, left);
      if (seconds > 0) piece.taken.push(seconds);
      owed -= seconds;
    }
  }
  return pieces;
};

const estimate = (ticket: Ticket, isAgent: (id: number) => boolean): Piece[] => {
  const from = ticket.via.source.rel === 'follow_up' ? String(ticket.via.source.from.channel) : ticket.via.channel;
  return ticket.audits
    .filter((audit) => !isMergeAudit(audit))
    .flatMap((audit) =>
      audit.events.flatMap((event) =>
        event.type === 'Comment' && isAgent(event.author_id ?? audit.author_id)
          ? [
              {
                agentId: event.author_id ?? audit.author_id,
                atMs: auditMs(audit),
                measured: false,
                seconds: event.public ? (replySeconds[from] ?? 300) : noteSeconds,
                taken: [],
              },
            ]
          : [],
      ),
    );
};

/** What is left of a piece's price: each correction is rounded by itself and takes no more than is there, the last takes the rest. */
const priceOf = ({ seconds, taken }: Piece, hourly: Fraction): bigint => {
  const cost = (some: number): bigint => toEven(times([BigInt(some), 3600n], hourly, [1_000_000n, 1n]));
  if (taken.reduce((sum, some) => sum + some, 0) === seconds) return 0n;
  const left = taken.reduce((rest, some) => rest - cost(some), cost(seconds));
  return left < 0n ? 0n : left;
};

/** The whole ledger, line by line. */
export const ledgerOf = (
  tickets: readonly Ticket[],
  sources: {
    readonly history: SandboxHistory;
    readonly setup: Setup;
    readonly totalTimeFieldId: string;
    readonly isAgent: (id: number) => boolean;
    readonly sharesOf: (ticket: Ticket) => readonly Share[];
  },
): {
  readonly lines: Line[];
  readonly heldTickets: ReadonlySet<number>;
  readonly cappedTickets: ReadonlySet<number>;
  readonly oddities: Oddity[];
} => {
  const { setup, isAgent, sharesOf, totalTimeFieldId } = sources;
  const changes = new Map(tickets.map((ticket) => [ticket.id, changesOf(ticket, totalTimeFieldId, isAgent)]));
  const groups = Map.groupBy([...changes.values()].flat(), groupOf);
  const isHeld = (change: Change): boolean =>
    new Set(groups.get(groupOf(change))?.map(({ ticketId }) => ticketId)).size >= bulk;
  const heldTickets = new Set<number>();
  const cappedTickets = new Set<number>();
  const oddities: Oddity[] = [];
  const lines = tickets.flatMap((ticket) => {
    const all = changes.get(ticket.id) ?? [];
    const free = all.filter((change) => change.delta !== 0 && !isHeld(change));
    if (all.some(isHeld)) heldTickets.add(ticket.id);
    for (const { agentId, atMs } of free.filter(({ delta }) => delta > cap)) {
      cappedTickets.add(ticket.id);
      oddities.push({ ticketId: ticket.id, agentId, day: setup.dayOf(atMs), what: 'capped' });
    }
    const shares = sharesOf(ticket);
    const weights = shares.map((share) => ({ weight: share.ppm, name: nameOf(share) }));
    return (free.length > 0 ? replay(free) : estimate(ticket, isAgent)).flatMap((piece) => {
      const day = setup.dayOf(piece.atMs);
      const left = piece.seconds - piece.taken.reduce((sum, some) => sum + some, 0);
      const hourly = setup.hourly(piece.agentId, day);
      if (left > 0 && !hourly) oddities.push({ ticketId: ticket.id, agentId: piece.agentId, day, what: 'unpriced' });
      if (left === 0 || !hourly) return [];
      const parts = dealOut(priceOf(piece, hourly), weights);
      return shares.map(
        ({ partner, region, ppm }, index): Line => ({
          ticketId: ticket.id,
          agentId: piece.agentId,
          day,
          partner,
          region,
          measured: piece.measured,
          microseconds: BigInt(left) * ppm,
          micros: parts[index] ?? 0n,
        }),
      );
    });
  });
  return { lines, heldTickets, cappedTickets, oddities };
};
