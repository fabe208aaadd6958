import { secondMs } from '../../../src/core/time.ts';
import type { TicketHistory } from '../../../src/helpdesks/port.ts';
import { type DeskTicket, emptyHistory, reading, reply } from './fake-desk.ts';
import type { World } from './world.ts';

/** Ten minutes of work and one public reply. */
export const worked = (key: string, parts: Partial<TicketHistory> = {}): TicketHistory => ({
  ...emptyHistory,
  work: [reading(key, 600)],
  touches: [reply(key)],
  ...parts,
});

/** What tests of the line do again and again, in the world of the moment. */
export const telling = (world: () => World) => ({
  /** A webhook comes, the burst ends, everything due is done. */
  async tell(externalId: string, urgency: 'now' | 'now with audits' = 'now with audits') {
    const w = world();
    await w.deliver(externalId, { urgency });
    w.clock.advance(3 * secondMs);
    await w.drain();
  },

  /** Solved a moment after the connection went into mode `act`. */
  solved(key: string): Partial<DeskTicket> {
    const { clock } = world();
    clock.advance(secondMs);
    return { status: 'solved', updatedAt: clock.now(), history: worked(key, { solvedAt: clock.now() }) };
  },

  invitations: () => world().db.query('select state from invitation'),
});
