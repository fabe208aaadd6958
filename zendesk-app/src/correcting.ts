import type { SidebarChoices } from '../../src/features/sidebar/contract.ts';
import {
  type Before,
  type Expected,
  expectedOf,
  type FieldChange,
  type FieldState,
  type Fields,
  fieldsOf,
  heldAfter,
  heldIn,
  isReplaced,
  type Plan,
  planOf,
  type Wish,
} from './correction.ts';
import { type Deadlines, within } from './deadline.ts';
import { type Desk, DeskFault, deskPatienceMs, type WriteFault } from './desk.ts';
import type { View } from './session.ts';

export type CorrectionState = 'saving' | 'draft' | 'pending' | 'late' | 'done' | 'failed';

/** The latest correction of this opening. */
export interface Correction {
  readonly wish: Wish;
  readonly isUndo: boolean;
  readonly state: CorrectionState;
  /** Why it is not written; of one that is, why it could not be taken back. */
  readonly fault: WriteFault | 'notAnOption' | 'changedSince' | null;
  /** Title of the field where the fault lies, if it lies in one. */
  readonly field?: string | undefined;
  readonly expected: Expected;
  readonly undo: readonly FieldChange[];
  /** What its rows said before it, which `undo` writes back. */
  readonly before: Before;
  /** What stood before cannot be written back. */
  readonly isFinal: boolean;
  /** What the fields hold once it is written; empty where that is not sure. */
  readonly written: readonly FieldChange[];
  /** When an agent had chosen last before this, as the service said. */
  readonly since: string | null;
}

/** States in which a correction stands beside what the service says. */
export const standing: ReadonlySet<CorrectionState> = new Set(['pending', 'late', 'draft']);

/** A change that Zendesk did not say it took. */
interface Refusal {
  readonly fault: WriteFault;
  /** True where some of it may be held all the same. What Zendesk takes after it was looked at is not seen. */
  readonly mayStand: boolean;
}

type Told = Pick<Correction, 'fault' | 'field'>;

const faultOf = (error: unknown): DeskFault => (error instanceof DeskFault ? error : new DeskFault('failed'));

/** Writes what agents put right, one change after the other, and takes the latest back. */
export const createCorrecting = ({
  desk,
  clock,
  choices,
  knownChoices,
  fields: fieldsNow,
  view,
  show,
  read,
  pause,
  lookAgain,
  lookAnew,
}: {
  readonly desk: Desk;
  readonly clock: Deadlines;
  readonly choices: () => Promise<SidebarChoices>;
  /** Those of an earlier opening, at once. */
  readonly knownChoices: () => SidebarChoices | null;
  readonly fields: () => Fields | null;
  readonly view: () => View;
  readonly show: (change: Partial<View>) => void;
  readonly read: () => Promise<void>;
  /** Looking at the service again waits meanwhile; then it goes on, or starts from the beginning. */
  readonly pause: () => void;
  readonly lookAgain: () => void;
  readonly lookAnew: () => void;
}) => {
  const inTime = <Answer>(asked: Promise<Answer>): Promise<Answer> =>
    within(clock, deskPatienceMs, asked, () => new DeskFault('failed'));
  const statesOf = (ids: readonly string[]): Promise<ReadonlyMap<string, FieldState>> => inTime(desk.fields(ids));
  /** Null: written. Zendesk may have taken what it did not answer for: then the ticket is looked at. */
  const write = async (changes: readonly FieldChange[]): Promise<Refusal | null> => {
    try {
      await inTime(desk.write(changes));
      return null;
    } catch (error) {
      const { fault } = faultOf(error);
      if (fault !== 'failed') return { fault, mayStand: false };
      const held = await statesOf(changes.map(({ id }) => id)).then(
        (states) => heldIn(states, changes),
        () => 'unknown' as const,
      );
      return held === 'all' ? null : { fault, mayStand: held !== 'none' };
    }
  };
  const saidSince = (): string | null => view().data?.attribution?.corrected?.at ?? null;

  let last: Promise<void> = Promise.resolve();
  /** Two changes of one ticket at once would meet in Zendesk, and here in what is shown. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    // Also after one that broke.
    last = last.then(work, work);
    return last;
  };

  const plan = async (wish: Wish, standing: readonly Correction[]): Promise<Plan | null> => {
    const fields = fieldsNow();
    if (!fields) return null;
    // What a half that was empty is given back with, and what an empty field is filled with, are choices.
    const known = 'choice' in wish || wish.kind === 'notAboutAnOrder' ? await choices().catch(() => null) : null;
    const states = await statesOf(fieldsOf(wish, fields));
    return planOf(wish, { fields, states, standing, data: view().data, choices: known ?? knownChoices() });
  };

  const written = (correction: Correction): void => {
    show({ correction: { ...correction, state: desk.keeps === 'draft' ? 'draft' : 'pending' } });
    if (desk.keeps === 'saved') lookAnew();
  };

  const correctNow = async (wish: Wish): Promise<void> => {
    pause();
    const { correction: before, earlier } = view();
    const stands = before !== null && standing.has(before.state) ? [...earlier, before] : earlier;
    const fields = fieldsNow();
    const blank = { isUndo: false, fault: null, expected: {}, undo: [], before: {}, isFinal: false, written: [] };
    const begun: Correction = { ...blank, wish, state: 'saving', since: saidSince() };
    const kept = fields ? stands.filter((one) => !isReplaced(one.wish, wish, fields)) : stands;
    show({ correction: begun, earlier: kept });
    /** What it would have replaced still stands, where nothing of it is left. */
    const failed = ({ fault, field }: Told, undo: readonly FieldChange[] = []): void => {
      show({ correction: { ...begun, state: 'failed', fault, field, undo }, earlier: undo.length > 0 ? kept : stands });
      lookAgain();
    };

    let planned: Plan | null;
    try {
      planned = await plan(wish, stands);
    } catch (error) {
      return failed(faultOf(error));
    }
    if (!planned) return failed({ fault: 'notAnOption' });
    const { steps, undo, ...rest } = planned;
    for (const [at, step] of steps.entries()) {
      const isHalf = (one: Refusal): boolean => at > 0 || (one.mayStand && steps.flat().length > 1);
      let refusal = await write(step);
      // Half a correction says what nobody meant. Where it cannot be taken back it is tried once more to bring it to its end.
      if (refusal && isHalf(refusal) && undo.length === 0) refusal = await write(step);
      if (!refusal) continue;
      if (!isHalf(refusal)) return failed(refusal);
      const back = undo.length > 0 ? undo : (steps.at(-1) ?? []);
      const isBack = undo.length > 0 && !(await write(back));
      // What is left of it is then for the agent.
      return failed(refusal, isBack ? [] : back);
    }
    written({ ...begun, ...rest, undo, written: heldAfter(steps) });
  };

  const undoNow = async (): Promise<void> => {
    const { correction } = view();
    if (!correction || correction.isUndo || correction.undo.length === 0) return;
    pause();
    const undoing: Correction = {
      ...correction,
      ...{
        isUndo: true,
        fault: null,
        expected: expectedOf(correction.before),
        undo: [],
        written: [],
        since: saidSince(),
      },
    };
    show({ correction: { ...undoing, state: 'saving' } });
    const failed = ({ fault, field }: Told): void => {
      show({ correction: { ...correction, fault, field } });
      lookAgain();
    };
    const { written: before, undo } = correction;
    let isUndone = false;
    try {
      const states: ReadonlyMap<string, FieldState> =
        before.length > 0 ? await statesOf(before.map(({ id }) => id)) : new Map();
      // An earlier try may have been taken without an answer.
      isUndone = before.length > 0 && heldIn(states, undo) === 'all';
      if (!isUndone && heldIn(states, before) !== 'all') {
        // Somebody has changed a field since: theirs is not overwritten.
        show({ correction: { ...correction, state: 'done', fault: 'changedSince', undo: [] } });
        return void read();
      }
    } catch (error) {
      return failed(faultOf(error));
    }
    const refusal = isUndone ? null : await write(undo);
    if (refusal) return failed(refusal);
    // The service may have taken in already what was undone before.
    written(isUndone ? { ...undoing, since: correction.since } : undoing);
  };

  return {
    correct: (wish: Wish): Promise<void> => inTurn(() => correctNow(wish)),
    undo: (): Promise<void> => inTurn(undoNow),
  };
};
