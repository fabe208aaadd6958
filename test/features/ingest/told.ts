import { secondMs } from '../../../src/core/time.ts';
import { claimDue } from '../../../src/features/ingest/index.ts';
import type { TicketHistory } from '../../../src/helpdesks/port.ts';
import { chosenPartner, type DeskTicket, emptyHistory, reading, reply } from './fake-desk.ts';
import type { World } from './world.ts';

/** Ten minutes of work and one public reply. */
export const worked = (key: string, parts: Partial<TicketHistory> = {}): TicketHistory => ({
  ...emptyHistory,
  work: [reading(key, 600)],
  touches: [reply(key)],
  ...parts,
});

/** What tests of the line do again and again, in the world of the moment. */
export const telling = (world: () => World) => {
  /** A webhook comes, the burst ends, everything due is done. */
  const tell = async (externalId: string, urgency: 'now' | 'now with audits' = 'now with audits'): Promise<void> => {
    const w = world();
    await w.deliver(externalId, { urgency });
    w.clock.advance(3 * secondMs);
    await w.drain();
  };
  return {
    tell,

    /** A webhook for each; all of them are due together. */
    async deliverAll(...externalIds: string[]): Promise<void> {
      for (const id of externalIds) await world().deliver(id, { urgency: 'now with audits' });
      world().clock.advance(3 * secondMs);
    },

    /** Whether nothing is left to be done about them. */
    async settled(...externalIds: string[]): Promise<boolean> {
      const rows = await Promise.all(externalIds.map((id) => world().row(id)));
      return rows.every((row) => row.dirty_seq === row.settled_seq && row.due_at === null && row.deep_due_at === null);
    },

    /** Solved a moment after the connection went into mode `act`. */
    solved(key: string): Partial<DeskTicket> {
      const { clock } = world();
      clock.advance(secondMs);
      return { status: 'solved', updatedAt: clock.now(), history: worked(key, { solvedAt: clock.now() }) };
    },

    invitations: () => world().db.query('select state from invitation'),

    /** A ticket of a buyer of Nord's; its tags are due or written. */
    async nordTicket(externalId: string, parts: Partial<DeskTicket> = {}): Promise<void> {
      await world().order(Number(externalId));
      world().put(externalId, parts);
      await tell(externalId);
    },

    /** Tickets of buyers of Nord's, decided, whose tags are due and not written. */
    async withDueTags(...externalIds: string[]): Promise<void> {
      const w = world();
      for (const id of externalIds) {
        await w.order(Number(id));
        w.put(id);
        await w.deliver(id);
      }
      w.clock.advance(3 * secondMs);
      for (const lot of await claimDue(w.db, w.clock.now())) await w.first.gather(lot);
    },

    /** An agent names another partner in the mapped field. */
    choose(externalId: string, partner: string): void {
      const { clock, put } = world();
      put(externalId, {
        updatedAt: clock.now(),
        history: { ...emptyHistory, choices: chosenPartner(partner, 'audit:9', clock.now()) },
      });
    },

    /** Our tags as they are wanted, "+partner_nord done". */
    async tagStates(externalId: string): Promise<string[]> {
      const rows = await world().tagRows(externalId);
      return rows.map(({ tag, wanted, state }) => `${wanted ? '+' : '-'}${tag} ${state}`);
    },

    onTicket: (externalId: string) => world().desk.tickets.get(externalId)?.tags.toSorted(),
  };
};
