import type { SidebarChoices, SidebarTicket } from '../../src/features/sidebar/contract.ts';
import { type Expected, type FieldChange, fieldsOf, type Plan, planOf, takenIn, type Wish } from './correction.ts';
import { type Desk, DeskFault, type WriteFault } from './desk.ts';
import type { Memory } from './memory.ts';
import { type Problem, problemOf, ServiceFault } from './problem.ts';
import type { Service } from './service.ts';

export type CorrectionState = 'saving' | 'draft' | 'pending' | 'late' | 'done' | 'failed';

/** The latest correction of this opening. */
export interface Correction {
  readonly wish: Wish;
  readonly isUndo: boolean;
  readonly state: CorrectionState;
  readonly fault: WriteFault | 'notAnOption' | null;
  readonly expected: Expected;
  readonly undo: readonly FieldChange[];
  readonly expectedOfUndo: Expected;
}

export interface View {
  /** Null while nothing is known: loading, or a problem. */
  readonly data: SidebarTicket | null;
  /** True while what is shown comes from an earlier opening. */
  readonly isRemembered: boolean;
  readonly isReading: boolean;
  readonly problem: Problem | null;
  readonly correction: Correction | null;
  /** What was put right before it and still stands beside what the service says: pending, or in the form. One of each kind. */
  readonly earlier: readonly Correction[];
}

export interface Deadlines {
  nowMs(): number;
  after(ms: number, act: () => void): () => void;
}

export interface Session {
  view(): View;
  subscribe(heard: () => void): () => void;
  /** Reads now; what is known stays on the screen meanwhile. */
  read(): Promise<void>;
  choices(): Promise<SidebarChoices>;
  correct(wish: Wish): Promise<void>;
  undo(): Promise<void>;
  /** The tab is shown again: figures older than a while are read anew. */
  shown(): void;
  stop(): void;
}

/** Deskledger decides 3 s after a change and is done in 10; then less and less often, a minute in all. */
export const lookAgainMs: readonly number[] = [3000, 4000, 5000, 8000, 15_000, 30_000];
/** An open tab that comes to the front again after this long is read anew. */
const shownAgainMs = 15 * 60_000;

/** The proxy gives up after 10 s and says so; whoever says nothing at all is given up here. */
export const patienceMs = 12_000;

/** An agent who opens the search waits this long for a fresh list where there is an older one. */
export const keptChoicesAfterMs = 1500;

const standing: ReadonlySet<CorrectionState> = new Set(['pending', 'late', 'draft']);

/** One opened ticket: its last known data, its reads, and what the agent puts right. */
export const createSession = ({
  ticketId,
  service,
  desk,
  memory,
  clock,
}: {
  /** Null: a ticket that is being written. */
  readonly ticketId: string | null;
  readonly service: Service;
  readonly desk: Desk;
  readonly memory: Memory;
  readonly clock: Deadlines;
}): Session => {
  const listeners = new Set<() => void>();
  let current: View = {
    data: ticketId === null ? null : memory.ticket(ticketId),
    isRemembered: true,
    isReading: ticketId !== null,
    problem: null,
    correction: null,
    earlier: [],
  };
  let cancelLook = (): void => {};
  let looks = 0;
  let readAtMs = 0;

  const show = (change: Partial<View>): void => {
    current = { ...current, ...change };
    for (const heard of listeners) heard();
  };
  const showCorrection = (change: Partial<Correction>): void => {
    if (current.correction) show({ correction: { ...current.correction, ...change } });
  };

  const inTime = <Answer>(asked: Promise<Answer>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const cancel = clock.after(patienceMs, () => reject(new ServiceFault('unreachable')));
      asked.then(resolve, reject).finally(cancel);
    });

  const isAwaited = (): boolean => {
    const { data, correction, earlier } = current;
    if (earlier.some(({ state }) => state === 'pending')) return true;
    return correction?.state === 'pending' || data?.ticket.state === 'not yet known' || !!data?.attribution?.pending;
  };
  const lookAgain = (): void => {
    cancelLook();
    if (!isAwaited()) return;
    const waitMs = lookAgainMs[looks];
    if (waitMs === undefined) {
      if (current.correction?.state === 'pending') showCorrection({ state: 'late' });
      show({ earlier: current.earlier.map((one) => (one.state === 'pending' ? { ...one, state: 'late' } : one)) });
      return;
    }
    looks += 1;
    cancelLook = clock.after(waitMs, () => void read());
  };

  const read = async (): Promise<void> => {
    if (ticketId === null) return;
    show({ isReading: true });
    try {
      const data = await inTime(service.ticket(ticketId));
      readAtMs = clock.nowMs();
      memory.keepTicket(data);
      show({ data, isRemembered: false, isReading: false, problem: null });
      const isTaken = (one: Correction): boolean =>
        (one.state === 'pending' || one.state === 'late') && takenIn(one.expected, data);
      if (current.correction && isTaken(current.correction)) showCorrection({ state: 'done' });
      if (current.earlier.some(isTaken)) show({ earlier: current.earlier.filter((one) => !isTaken(one)) });
    } catch (error) {
      show({ isReading: false, problem: problemOf(error) });
    }
    lookAgain();
  };

  let known: Promise<SidebarChoices> | null = null;
  const load = async (): Promise<SidebarChoices> => {
    const fresh = await inTime(service.choices());
    memory.keepChoices(fresh);
    return fresh;
  };
  /** Loaded once per opening; those of an earlier one where our service does not answer, or not soon. */
  const choices = (): Promise<SidebarChoices> => {
    known ??= new Promise((resolve, reject) => {
      const kept = memory.choices();
      const cancel = kept ? clock.after(keptChoicesAfterMs, () => resolve(kept)) : () => {};
      load()
        .then(resolve, (error: unknown) => {
          known = null;
          if (kept) resolve(kept);
          else reject(error);
        })
        .finally(cancel);
    });
    return known;
  };

  const fieldsNow = () => current.data?.fields ?? memory.fields();

  const write = async (steps: Plan['steps']): Promise<void> => {
    showCorrection({ state: 'saving', fault: null });
    try {
      for (const step of steps) await desk.write(step);
    } catch (error) {
      showCorrection({ state: 'failed', fault: error instanceof DeskFault ? error.fault : 'failed' });
      return;
    }
    showCorrection({ state: desk.keeps === 'draft' ? 'draft' : 'pending' });
    looks = 0;
    if (desk.keeps === 'saved') lookAgain();
  };

  return {
    view: () => current,
    subscribe(heard) {
      listeners.add(heard);
      return () => listeners.delete(heard);
    },
    read,
    choices,

    async correct(wish) {
      cancelLook();
      const blank = { wish, isUndo: false, fault: null, expected: {}, undo: [], expectedOfUndo: {} };
      const before = current.correction;
      const stands = before !== null && standing.has(before.state) ? [before] : [];
      const earlier = [...current.earlier, ...stands].filter(({ wish: { kind } }) => kind !== wish.kind);
      show({ correction: { ...blank, state: 'saving' }, earlier });
      const fields = fieldsNow();
      let plan: Plan | null = null;
      try {
        const ids = fields ? fieldsOf(wish, fields) : [];
        // What a half that was empty is given back with, and what an empty field is filled with, are choices.
        const known = wish.kind === 'orderNumber' || wish.kind === 'reason' ? memory.choices() : await choices();
        const states = await desk.fields(ids);
        plan = fields && planOf(wish, { fields, states, data: current.data, choices: known });
      } catch (error) {
        showCorrection({ state: 'failed', fault: error instanceof DeskFault ? error.fault : 'failed' });
        return;
      }
      if (!plan) return showCorrection({ state: 'failed', fault: 'notAnOption' });
      const { steps, undo, expected, expectedOfUndo } = plan;
      showCorrection({ expected, undo, expectedOfUndo });
      await write(steps);
    },

    async undo() {
      const { correction } = current;
      if (!correction || correction.isUndo || correction.undo.length === 0) return;
      cancelLook();
      const { undo, expectedOfUndo } = correction;
      show({ correction: { ...correction, isUndo: true, expected: expectedOfUndo, undo: [] } });
      await write([undo]);
    },

    shown() {
      if (!current.isReading && clock.nowMs() - readAtMs > shownAgainMs) void read();
    },

    stop() {
      cancelLook();
      listeners.clear();
    },
  };
};
