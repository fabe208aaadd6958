import type { SidebarChoices, SidebarTicket } from '../../src/features/sidebar/contract.ts';
import { type Correction, createCorrecting } from './correcting.ts';
import { type Choosable, type FieldState, type Fields, isMapped, takenIn, type Wish } from './correction.ts';
import { type Deadlines, within } from './deadline.ts';
import type { Desk } from './desk.ts';
import type { Memory } from './memory.ts';
import { type Problem, problemOf, ServiceFault } from './problem.ts';
import type { Service } from './service.ts';

export interface View {
  /** Null while nothing is known: loading, or a problem. */
  readonly data: SidebarTicket | null;
  /** The mapped fields as far as they are known without the ticket; null where nobody has told them yet. */
  readonly fields: Fields | null;
  /** True while what is shown comes from an earlier opening. */
  readonly isRemembered: boolean;
  readonly isReading: boolean;
  readonly problem: Problem | null;
  readonly correction: Correction | null;
  /** What was put right before it and still stands beside what the service says: pending, or in the form. One of each kind. */
  readonly earlier: readonly Correction[];
}

export interface Session {
  view(): View;
  subscribe(heard: () => void): () => void;
  /** Reads now; what is known stays on the screen meanwhile. Of a ticket that is being written only the fields, if none is known. */
  read(): Promise<void>;
  choices(): Promise<SidebarChoices>;
  /** The mapped field as it is in Zendesk now; null where none is mapped. */
  field(kind: Choosable | 'orderNumber'): Promise<FieldState | null>;
  correct(wish: Wish): Promise<void>;
  undo(): Promise<void>;
  /** The tab is shown again: read anew are figures older than a while, and where the last answer failed or was awaited in vain. */
  shown(): void;
  stop(): void;
}

/** Deskledger decides 3 s after a change and is done in 10; then less and less often, a minute in all. */
export const lookAgainMs: readonly number[] = [3000, 4000, 5000, 8000, 15_000, 30_000];
/** A service that was away or busy is asked again ever more seldom, half an hour in all; after that when the tab is shown again. */
export const comeBackMs: readonly number[] = [5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 600_000, 600_000];
const passing: ReadonlySet<Problem> = new Set(['unreachable', 'busy']);

/** An open tab that comes to the front again after this long is read anew. */
const shownAgainMs = 15 * 60_000;

/** The proxy gives up after 10 s and says so; whoever says nothing at all is given up here. */
export const patienceMs = 12_000;

/** An agent who opens the search waits this long for a fresh list where there is an older one. */
export const keptChoicesAfterMs = 1500;

/** One opened ticket: its last known data, its reads, and what the agent puts right. */
export const createSession = ({
  ticketId,
  service,
  desk,
  memory,
  clock,
  isSeen = () => true,
}: {
  /** Null: a ticket that is being written. */
  readonly ticketId: string | null;
  readonly service: Service;
  readonly desk: Desk;
  readonly memory: Memory;
  readonly clock: Deadlines;
  /** Whether anybody can see it: who is not seen asks nothing by itself where the service was away. */
  readonly isSeen?: () => boolean;
}): Session => {
  const listeners = new Set<() => void>();
  const fieldsKept = memory.fields();
  let current: View = {
    data: ticketId === null ? null : memory.ticket(ticketId),
    fields: fieldsKept,
    isRemembered: true,
    isReading: ticketId !== null || !isMapped(fieldsKept),
    problem: null,
    correction: null,
    earlier: [],
  };
  let cancelLook = (): void => {};
  let looks = 0;
  let comebacks = 0;
  let readAtMs = 0;
  let isStopped = false;

  const show = (change: Partial<View>): void => {
    current = { ...current, ...change };
    for (const heard of listeners) heard();
  };

  const inTime = <Answer>(asked: Promise<Answer>): Promise<Answer> =>
    within(clock, patienceMs, asked, () => new ServiceFault('unreachable'));
  const isAwaited = (): boolean => {
    const { data, correction, earlier } = current;
    if ([correction, ...earlier].some((one) => one?.state === 'pending')) return true;
    return data?.ticket.state === 'not yet known' || !!data?.attribution?.pending || !!data?.counting;
  };
  /** Quietly: what stands stays, and nobody has to press a button. */
  const awaitComeback = (): void => {
    const waitMs = current.problem !== null && passing.has(current.problem) ? comeBackMs[comebacks] : undefined;
    if (waitMs === undefined) return;
    comebacks += 1;
    cancelLook = clock.after(waitMs, () => {
      if (isSeen()) void read();
    });
  };
  const lookAgain = (): void => {
    cancelLook();
    if (isStopped) return;
    const isLooking = isAwaited();
    const waitMs = isLooking ? lookAgainMs[looks] : undefined;
    if (waitMs === undefined) {
      const late = (one: Correction): Correction => (one.state === 'pending' ? { ...one, state: 'late' } : one);
      if (isLooking)
        show({ correction: current.correction && late(current.correction), earlier: current.earlier.map(late) });
      awaitComeback();
      return;
    }
    looks += 1;
    cancelLook = clock.after(waitMs, () => void read());
  };

  let asked = 0;
  let answered = 0;
  const read = async (): Promise<void> => {
    if (ticketId === null) return readFields();
    cancelLook();
    asked += 1;
    const mine = asked;
    const isLatest = (): boolean => mine === asked;
    show({ isReading: true });
    try {
      const data = await inTime(service.ticket(ticketId));
      // A slow answer tells of an earlier moment than one that overtook it.
      if (mine < answered) return;
      answered = mine;
      readAtMs = clock.nowMs();
      comebacks = 0;
      memory.keepTicket(data);
      const isTaken = (one: Correction): boolean =>
        (one.state === 'pending' || one.state === 'late') && takenIn(one.expected, data, one.since);
      const { correction, earlier } = current;
      show({
        data,
        isRemembered: false,
        isReading: !isLatest(),
        problem: null,
        correction: correction && isTaken(correction) ? { ...correction, state: 'done' } : correction,
        earlier: earlier.filter((one) => !isTaken(one)),
      });
    } catch (error) {
      // Also where it is asked once more already: that answer comes later still.
      if (mine > answered) show({ isReading: !isLatest(), problem: problemOf(error) });
    }
    if (isLatest()) lookAgain();
  };

  let loading: Promise<SidebarChoices> | null = null;
  const loadNow = async (): Promise<SidebarChoices> => {
    try {
      const fresh = await inTime(service.choices());
      memory.keepChoices(fresh);
      if (ticketId === null) show({ fields: fresh.fields });
      return fresh;
    } catch (error) {
      loading = null;
      throw error;
    }
  };
  const load = (): Promise<SidebarChoices> => {
    loading ??= loadNow();
    return loading;
  };
  /** Without them nothing can be said in the form of a new ticket; the choices come with them, and are not asked for again. */
  const readFields = async (): Promise<void> => {
    if (isMapped(current.fields)) return;
    cancelLook();
    show({ isReading: true });
    try {
      await load();
      readAtMs = clock.nowMs();
      show({ isReading: false, problem: null });
    } catch (error) {
      show({ isReading: false, problem: problemOf(error) });
      lookAgain();
    }
  };
  let known: Promise<SidebarChoices> | null = null;
  /** Loaded once per opening; those of an earlier one where our service does not answer, or not soon, and until it does. */
  const choices = (): Promise<SidebarChoices> => {
    known ??= new Promise((resolve, reject) => {
      const kept = memory.choices();
      const cancel = kept ? clock.after(keptChoicesAfterMs, () => resolve(kept)) : () => {};
      const loaded = load();
      loaded
        .then(
          (fresh) => {
            known = loaded;
            resolve(fresh);
          },
          (error: unknown) => {
            known = null;
            if (kept) resolve(kept);
            else reject(error);
          },
        )
        .finally(cancel);
    });
    return known;
  };

  const { correct, undo } = createCorrecting({
    desk,
    clock,
    choices,
    knownChoices: memory.choices,
    fields: () => current.data?.fields ?? current.fields,
    view: () => current,
    show,
    read,
    pause: () => cancelLook(),
    lookAgain,
    lookAnew() {
      looks = 0;
      lookAgain();
    },
  });

  return {
    view: () => current,
    subscribe(heard) {
      listeners.add(heard);
      return () => listeners.delete(heard);
    },
    read,
    choices,
    async field(kind) {
      const id = (current.data?.fields ?? current.fields)?.[kind] ?? null;
      return id === null ? null : ((await desk.fields([id])).get(id) ?? null);
    },

    correct,
    undo,

    shown() {
      const isLate = [current.correction, ...current.earlier].some((one) => one?.state === 'late');
      const hasGivenUp = isLate || (isAwaited() && looks === lookAgainMs.length);
      const isDue = hasGivenUp || current.problem !== null || clock.nowMs() - readAtMs > shownAgainMs;
      if (current.isReading || !isDue) return;
      looks = 0;
      comebacks = 0;
      void read();
    },

    stop() {
      isStopped = true;
      cancelLook();
      listeners.clear();
    },
  };
};
