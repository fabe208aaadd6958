import { dayMs } from '../../core/time.ts';
import type { SandboxClock } from '../clock.ts';
import type { Ticket } from './model.ts';

/** How old tickets are kept; what the documentation leaves open, tests play both ways. */
export interface ZendeskArchive {
  /** How long a ticket is closed before it moves there; 120 days unless given, 3 in a vendor's own sandbox. */
  readonly afterMs?: number;
  /** Audits of an archived ticket do not page: whoever asks for a page gets all of them, or 400. */
  readonly pagedAudits?: 'whole' | 'refused';
  /** Whether reading many by their ids shows archived ones. */
  readonly inBulk?: 'shown' | 'left out';
}

export interface Archive {
  readonly pagedAudits: 'whole' | 'refused';
  readonly inBulk: 'shown' | 'left out';
  holds(ticket: Ticket): boolean;
}

/**
 * The archive: closed tickets that lists leave out, while searches, exports and addresses of their own still find them
 * (https://support.zendesk.com/hc/en-us/articles/4408887617050).
 */
export const createArchive = (
  clock: SandboxClock,
  { afterMs = 120 * dayMs, pagedAudits = 'whole', inBulk = 'shown' }: ZendeskArchive,
): Archive => ({
  pagedAudits,
  inBulk,
  holds: ({ closedAtMs }) => closedAtMs !== null && clock.now().getTime() - closedAtMs >= afterMs,
});
