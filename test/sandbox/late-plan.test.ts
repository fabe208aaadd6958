import { expect, test } from 'vitest';
import { minuteMs } from '../../src/core/time.ts';
import { createHelpdesk, type HelpdeskKind, helpdeskKinds } from '../../src/sandbox/helpdesks.ts';
import { createScenario } from '../../src/sandbox/scenario.ts';
import { atEndOfFile } from '../support/cleanup.ts';
import { standingClock } from '../support/standing-clock.ts';

const startsAt = new Date('2026-03-02T00:00:00Z');

/** When a simulated ticket says that it last changed, by helpdesk. */
const changedAt = async (kind: HelpdeskKind) => {
  const clock = standingClock(startsAt.toISOString());
  const helpdesk = await createHelpdesk(kind, { clock, seed: 's', limits: 'off', faults: {}, delivery: {} });
  atEndOfFile(() => helpdesk.close());
  const { sandbox } = helpdesk;
  return {
    helpdesk,
    of: (id: string): number => {
      if (!('tickets' in sandbox.desk)) return sandbox.desk.conversation(id).updatedAtMs;
      return sandbox.desk.ticket(Number(id)).updatedAtMs;
    },
  };
};

test.each(helpdeskKinds)(
  'bug: what %s’s plan played late was stamped before changes that a walk had read',
  async (kind) => {
    const { helpdesk, of } = await changedAt(kind);
    const opened = createScenario({ seed: 's', startsAt, days: 1, scale: 0.1 }).timeline.find(
      (action) => action.kind === 'ticket',
    );
    if (!opened) throw new Error('the plan has no ticket');
    helpdesk.act(opened);
    const [id] = helpdesk.planned.keys();
    if (id === undefined) throw new Error('nothing was opened');
    const note = (minutes: number) =>
      helpdesk.act({
        kind: 'update',
        atMs: opened.atMs + minutes * minuteMs,
        ticketId: opened.ticket.id,
        author: 0,
        comment: { text: 'I look into it.', public: false },
      });
    note(20);
    const before = of(id);
    expect(before).toBe(opened.atMs + 20 * minuteMs);
    note(5);
    expect(Math.floor(of(id) / 1000) - Math.floor(before / 1000)).toBe(kind === 'zendesk' ? 1 : 0);
    expect(of(id)).toBeGreaterThan(before);
  },
);
