import { dayMs } from '../core/time.ts';
import { type SandboxClock, waitUntil } from './clock.ts';
import type { Action, PlannedTicket } from './scenario/actions.ts';
import type { Scenario } from './scenario.ts';
import { trickle } from './trickle.ts';

export interface Progress {
  /** Whole days played, of `days`, the last of which may be a part. */
  readonly day: number;
  readonly days: number;
  readonly orders: number;
  readonly tickets: number;
  /** True once the days are over and the live trickle runs. */
  readonly live: boolean;
}

export interface PlayOptions {
  readonly scenario: Scenario;
  /** Does one planned thing at the vendors. */
  readonly act: (action: Action) => void;
  readonly clock: SandboxClock;
  readonly seed: string | number;
  readonly signal: AbortSignal;
  /** Called once a day, and at every event of the live trickle. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Told of every ticket before it opens. */
  readonly onTicket: (ticket: PlannedTicket, live: boolean) => unknown;
  /** Ends after the last day instead of going on with the trickle. */
  readonly endAfterDays?: boolean | undefined;
}

/** Lets the plan happen as the clock passes, then the trickle. Ends when the signal aborts. */
export const playScenario = async ({
  scenario,
  act,
  clock,
  seed,
  signal,
  onProgress,
  onTicket,
  endAfterDays = false,
}: PlayOptions): Promise<void> => {
  const { timeline } = scenario;
  const days = Math.ceil(scenario.days);
  let orders = 0;
  let tickets = 0;
  let toldDay = -1;
  const tell = (live: boolean): void => {
    const day = Math.min(days, Math.max(0, Math.floor((clock.now().getTime() - scenario.startsAtMs) / dayMs)));
    if (!live && day === toldDay) return;
    toldDay = day;
    onProgress?.({ day, days, orders, tickets, live });
  };
  const note = (action: Action, live: boolean): void => {
    if (action.kind === 'order') orders += 1;
    if (action.kind === 'ticket') {
      tickets += 1;
      onTicket(action.ticket, live);
    }
  };

  let next = 0;
  for (; next < timeline.length; next += 1) {
    const action = timeline[next];
    if (!action || action.atMs >= scenario.endsAtMs) break;
    await waitUntil(clock, action.atMs, signal);
    if (signal.aborted) return;
    note(action, false);
    act(action);
    tell(false);
  }
  await waitUntil(clock, scenario.endsAtMs, signal);
  if (signal.aborted) return;
  tell(false);
  if (endAfterDays) return;
  await trickle({
    scenario,
    left: timeline.slice(next),
    act,
    clock,
    seed,
    signal,
    onAction(action) {
      note(action, true);
      tell(true);
    },
  });
};
