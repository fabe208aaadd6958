import type { TicketContext } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/open.ts';
import { loadCurrent } from '../attribution/index.ts';
import type { Connection, Directory } from '../directory/index.ts';
import type { Figures } from './figures.ts';

/**
 * Gorgias asks when a ticket is created and keeps the answer with the customer, while we decide some seconds after the webhook:
 * whoever asks waits that long. How long Gorgias waits is not documented; 5 s are assumed (its webhooks' usual bound).
 */
const longestWaitMs = 4500;
const lookEveryMs = 250;
/** More than this many wait at once for no good reason: they hear what is known. */
const mostWaiting = 50;

export interface ContextDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly directory: Directory;
  readonly figures: Figures;
}

/** What agents are shown of a ticket: whose it is and what this partner costs, at pooled rates (RULES.md section 10). */
export const createContexts = ({ db, clock, directory, figures }: ContextDeps) => {
  let waiting = 0;
  /** What is decided of a ticket; after the longest wait what is known so far. */
  const decisionOn = async (connectionId: number, externalId: string) => {
    const look = async () => {
      const [ticket] = await db.query<{ id: bigint; due: boolean }>(
        `select id, due_at is not null and quarantined_at is null and not from_backfill as due
           from ticket where connection_id = $1 and external_id = $2`,
        [connectionId, externalId],
      );
      const decision = ticket && (await loadCurrent(db, [ticket.id])).get(ticket.id)?.decision;
      return { decision, settled: decision !== undefined && ticket?.due === false };
    };
    let seen = await look();
    if (waiting >= mostWaiting) return seen.decision;
    waiting += 1;
    try {
      for (let waitedMs = 0; !seen.settled && waitedMs < longestWaitMs; waitedMs += lookEveryMs) {
        await clock.sleep(lookEveryMs);
        seen = await look();
      }
    } finally {
      waiting -= 1;
    }
    return seen.decision;
  };

  return async (connection: Connection, externalId: string): Promise<TicketContext> => {
    const unknown = {
      externalId,
      attribution: null,
      contactRate: null,
      costPerTicket: null,
      costMultiple: null,
      csat: null,
    };
    const decision = await decisionOn(connection.id, externalId);
    if (!decision) return unknown;
    // Of an order that several partners share, the largest part stands for the ticket.
    const [first] = decision.shares.toSorted((a, b) => b.ppm - a.ppm);
    const partner = first?.partner ?? null;
    const region = first?.region ?? null;
    const [partners, regions, { rows }] = await Promise.all([
      directory.partners(),
      directory.regions(),
      figures.report.fresh(),
    ]);
    const nameOf = (list: readonly { readonly code: string; readonly name: string }[], code: string | null) =>
      code === null ? null : (list.find((one) => one.code === code)?.name ?? code);
    const row = partner === null ? undefined : rows.find((one) => one.partner === partner);
    return {
      externalId,
      attribution: {
        partner: nameOf(partners.list(), partner),
        region: nameOf(regions.list(), region),
        method: decision.method,
        confidence: decision.confidence,
      },
      contactRate: row?.contactRate ?? null,
      costPerTicket: row?.costPerTicket ?? null,
      costMultiple: row?.costMultiple ?? null,
      csat: row?.csat ?? null,
    };
  };
};
