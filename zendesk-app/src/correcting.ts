import type { SidebarChoices } from '../../src/features/sidebar/contract.ts';
import {
  type Expected,
  type FieldChange,
  type Fields,
  fieldsOf,
  heldAfter,
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
  readonly expected: Expected;
  readonly undo: readonly FieldChange[];
  readonly expectedOfUndo: Expected;
  /** What the fields hold once it is written; empty where that is not sure. */
  readonly written: readonly FieldChange[];
  /** When an agent had chosen last before this, as the service said. */
  readonly since: string | null;
}

/** States in which a correction stands beside what the service says. */
export const standing: ReadonlySet<CorrectionState> = new Set(['pending', 'late', 'draft']);

const faultOf = (error: unknown): WriteFault => (error instanceof DeskFault ? error.fault : 'failed');

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
  const write = (changes: readonly FieldChange[]): Promise<void> => inTime(desk.write(changes));
  const saidSince = (): string | null => view().data?.attribution?.corrected?.at ?? null;

  let last: Promise<void> = Promise.resolve();
  /** Two changes of one ticket at once would meet in Zendesk, and here in what is shown. */
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    last = last.then(work);
    return last;
  };

  const plan = async (wish: Wish): Promise<Plan | null> => {
    const fields = fieldsNow();
    if (!fields) return null;
    // What a half that was empty is given back with, and what an empty field is filled with, are choices.
    const known = 'choice' in wish || wish.kind === 'notAboutAnOrder' ? await choices().catch(() => null) : null;
    const states = await inTime(desk.fields(fieldsOf(wish, fields)));
    const { data, isRemembered } = view();
    return planOf(wish, { fields, states, data, isRemembered, choices: known ?? knownChoices() });
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
    const blank = { isUndo: false, fault: null, expected: {}, undo: [], expectedOfUndo: {}, written: [] };
    const begun: Correction = { ...blank, wish, state: 'saving', since: saidSince() };
    const kept = fields ? stands.filter((one) => !isReplaced(one.wish, wish, fields)) : stands;
    show({ correction: begun, earlier: kept });
    const failed = (fault: Correction['fault'], undo: readonly FieldChange[] = []): void => {
      // What it would have replaced still stands, where nothing of it was written.
      show({ correction: { ...begun, state: 'failed', fault, undo }, earlier: undo.length > 0 ? kept : stands });
      lookAgain();
    };

    let planned: Plan | null;
    try {
      planned = await plan(wish);
    } catch (error) {
      return failed(faultOf(error));
    }
    if (!planned) return failed('notAnOption');
    const { steps, undo, expected, expectedOfUndo } = planned;
    for (const [at, step] of steps.entries()) {
      try {
        await write(step);
      } catch (error) {
        if (at === 0) return failed(faultOf(error));
        // Half a correction says what nobody meant: it is taken back, now or by the agent.
        const left = await write(undo).then(
          () => [],
          () => undo,
        );
        return failed(faultOf(error), left);
      }
    }
    written({ ...begun, expected, undo, expectedOfUndo, written: heldAfter(steps) });
  };

  /** False where somebody has changed a field since: theirs is not overwritten. */
  const isAsWritten = async (changes: readonly FieldChange[]): Promise<boolean> => {
    if (changes.length === 0) return true;
    const states = await inTime(desk.fields(changes.map(({ id }) => id)));
    return changes.every(({ id, value }) => (states.get(id)?.value ?? null) === value);
  };

  const undoNow = async (): Promise<void> => {
    const { correction } = view();
    if (!correction || correction.isUndo || correction.undo.length === 0) return;
    pause();
    const undoing: Correction = {
      ...correction,
      ...{ isUndo: true, fault: null, expected: correction.expectedOfUndo, undo: [], written: [], since: saidSince() },
    };
    show({ correction: { ...undoing, state: 'saving' } });
    try {
      if (!(await isAsWritten(correction.written))) {
        show({ correction: { ...correction, state: 'done', fault: 'changedSince', undo: [] } });
        return void read();
      }
      await write(correction.undo);
    } catch (error) {
      show({ correction: { ...correction, fault: faultOf(error) } });
      return lookAgain();
    }
    written(undoing);
  };

  return {
    correct: (wish: Wish): Promise<void> => inTurn(() => correctNow(wish)),
    undo: (): Promise<void> => inTurn(undoNow),
  };
};
