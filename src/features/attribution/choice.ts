import type { PersonChange } from '../../helpdesks/port.ts';
import type { Evidence } from './decision.ts';

/** What holds of a half by an agent's word. A null code: no partner or no region. */
interface ChosenHalf {
  readonly code: string | null;
  readonly evidence: Evidence;
}

/** One change as a statement; undefined where it says nothing about what we know. */
const statementOf = (
  change: PersonChange,
  held: ChosenHalf | undefined,
  resolve: (raw: string) => string | null,
): { readonly code: string | null; readonly outcome: Evidence } | undefined => {
  if (change.source === 'field') {
    const code = change.value === null ? null : resolve(change.value);
    if (code !== null) return { code, outcome: {} };
    return { code, outcome: change.value === null ? { takenAway: true } : { reason: 'unmapped value' } };
  }
  const known = (values: readonly string[]): string[] => values.flatMap((value) => resolve(value) ?? []);
  const [added] = known(change.added);
  if (added !== undefined) return { code: added, outcome: {} };
  const removed = known(change.removed);
  const tookWhatHeld = held ? held.code !== null && removed.includes(held.code) : removed.length > 0;
  if (!tookWhatHeld) return undefined;
  const [left] = known(change.left);
  return left === undefined ? { code: null, outcome: { takenAway: true } } : { code: left, outcome: {} };
};

/**
 * The latest statement of agents about a half (RULES section 3, rung 1); undefined where none made one. Anybody may use tags
 * that merely begin like ours: a tag counts only where it names a known code, and taking one away only where it named what
 * held. In the mapped field every value is a statement; one that names nothing known says "none of those we know".
 */
export const latestChoice = (
  changes: readonly PersonChange[],
  resolve: (raw: string) => string | null,
): ChosenHalf | undefined => {
  let held: ChosenHalf | undefined;
  for (const change of changes) {
    const statement = statementOf(change, held, resolve);
    if (statement === undefined) continue;
    const { by, sourceKey, at } = change;
    held = { code: statement.code, evidence: { by, sourceKey, at: at.toISOString(), ...statement.outcome } };
  }
  return held;
};
