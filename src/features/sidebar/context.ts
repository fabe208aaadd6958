import { daysBetween } from '../../core/time.ts';
import type { TicketContext } from '../../helpdesks/port.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database/open.ts';
import { loadCurrent } from '../attribution/index.ts';
import { accountSettings, type Connection, type Directory } from '../directory/index.ts';
import { type Part, partsOf } from './bearers.ts';
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

type NameOf = (code: string) => string;

const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 });
const wholePpm = 1_000_000;

const textOf = (parts: readonly Part[], nameOf: NameOf): string | null => {
  const named = parts.flatMap(({ code, ppm }) => {
    if (code === null) return [];
    return parts.length === 1 ? [nameOf(code)] : [`${nameOf(code)} ${percent.format(ppm / wholePpm)}`];
  });
  return named.length === 0 ? null : named.join(', ');
};

const countries = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

/** A country that is a region of its own has no name but its code. */
const nameIn =
  (list: readonly { readonly code: string; readonly name: string }[]): NameOf =>
  (code) =>
    list.find((one) => one.code === code)?.name ?? (/^[A-Z]{2}$/.test(code) ? countries.of(code) : undefined) ?? code;

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
      figures: null,
      contactRate: null,
      costPerTicket: null,
      costMultiple: null,
      csat: null,
    };
    const decision = await decisionOn(connection.id, externalId);
    if (!decision) return unknown;
    const [partners, regions, { rows, from, to, notHeld }, { sidebarMoney }] = await Promise.all([
      directory.partners(),
      directory.regions(),
      figures.report.fresh(),
      accountSettings(db),
    ]);
    const { shares, method, confidence } = decision;
    const partnerParts = partsOf('partner', shares);
    const partnerName = nameIn(partners.list());
    const first = partnerParts.find(({ code }) => code !== null)?.code ?? null;
    const row = first === null ? undefined : rows.find(({ partner }) => partner === first);
    return {
      externalId,
      attribution: {
        partner: textOf(partnerParts, partnerName),
        region: textOf(partsOf('region', shares), nameIn(regions.list())),
        method,
        confidence: confidence === 'none' ? null : confidence,
      },
      figures:
        first !== null && row
          ? { partner: partnerName(first), days: daysBetween(from, to) + 1, areWhole: notHeld.length === 0 }
          : null,
      contactRate: row?.contactRate ?? null,
      costPerTicket: sidebarMoney === 'hidden' ? null : (row?.costPerTicket ?? null),
      costMultiple: row?.costMultiple ?? null,
      csat: row?.csat ?? null,
    };
  };
};
