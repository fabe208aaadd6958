import { addDays, dayIn, minuteMs } from '../../core/time.ts';
import type { TicketContext } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/open.ts';
import { loadCurrent } from '../attribution/index.ts';
import type { Connection, Directory, ReportingBasis } from '../directory/index.ts';
import { type PartnerReport, partnerReport } from '../reports/index.ts';

/** The last 90 days, today included. */
const daysShown = 90;
/** A partner's figures hold this long: agents open more tickets than figures change. */
const figuresHoldMs = 5 * minuteMs;

export interface ContextDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly directory: Directory;
  readonly basis: ReportingBasis;
}

/** What agents are shown of a ticket: whose it is and what this partner costs, at pooled rates (RULES.md section 10). */
export const createContexts = ({ db, clock, directory, basis }: ContextDeps) => {
  let held: { readonly untilMs: number; readonly report: Promise<PartnerReport> } | undefined;

  const figures = (): Promise<PartnerReport> => {
    const now = clock.now();
    if (held && now.getTime() < held.untilMs) return held.report;
    const to = dayIn(basis.timeZone, now);
    const period = { from: addDays(to, 1 - daysShown), to };
    const report = partnerReport(db, { ...period, groupBy: ['partner'], ...basis, costBasis: 'pooled' });
    held = { untilMs: now.getTime() + figuresHoldMs, report };
    // A failure is told to those who waited for it and to nobody after them.
    report.catch(() => {
      if (held?.report === report) held = undefined;
    });
    return report;
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
    const [ticket] = await db.query<{ id: bigint }>(
      'select id from ticket where connection_id = $1 and external_id = $2',
      [connection.id, externalId],
    );
    const decision = ticket && (await loadCurrent(db, [ticket.id])).get(ticket.id)?.decision;
    if (!decision) return unknown;
    // Of an order that several partners share, the largest part stands for the ticket.
    const [first] = decision.shares.toSorted((a, b) => b.ppm - a.ppm);
    const partner = first?.partner ?? null;
    const region = first?.region ?? null;
    const [partners, regions, { rows }] = await Promise.all([directory.partners(), directory.regions(), figures()]);
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
