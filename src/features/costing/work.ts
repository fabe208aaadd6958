import type { Day } from '../../core/time.ts';
import { type Actor, type Channel, uncountedClock, yieldingClocks } from '../../helpdesks/port.ts';
import type { Constants } from './constants.ts';

/** One work entry of a ticket as the rules see it. */
export interface WorkFact {
  /** Stable at the vendor and unique within the connection, e.g. "audit:123"; an estimate's is "estimate:audit:123". */
  readonly sourceKey: string;
  readonly kind: 'measured' | 'estimate';
  readonly actor: Actor;
  readonly agentId: string | null;
  readonly clock: string;
  readonly channel: Channel | null;
  /** Signed: a correction is negative. */
  readonly rawSeconds: number;
  readonly workedAt: Date;
  /** The day of `workedAt` in the reporting time zone. */
  readonly workedDay: Day;
  /** Part of a bulk edit that no person has accepted. */
  readonly held: boolean;
  /** A person found all of it true: no cap. */
  readonly uncapped?: boolean;
  /** A person found it wrong: a correction that takes nothing back. */
  readonly rejected?: boolean;
}

/** costed; held (waits for a person); kept (no agent's work, or another clock counts); replaced (an estimate beside measured time). */
export type WorkState = 'costed' | 'held' | 'kept' | 'replaced';

/** Seconds that a correction took back from an entry. */
export interface TakeBack {
  /** The correction's sourceKey. */
  readonly by: string;
  readonly seconds: number;
}

export interface ReplayedWork {
  readonly fact: WorkFact;
  readonly state: WorkState;
  /** What is left to be costed: never negative; 0 for a correction, whose effect lies on the entries it takes from. */
  readonly costedSeconds: number;
  /** Seconds above the cap. */
  readonly cappedSeconds: number;
  /** Seconds of a correction that nothing was left to take from. */
  readonly untakenSeconds: number;
  /** In the order in which they were taken; with `costedSeconds` they add up to the entry after its cap. */
  readonly takeBacks: readonly TakeBack[];
}

const numericIds = (sourceKey: string): bigint[] => (sourceKey.match(/\d+/g) ?? []).map(BigInt);

/** The order in which a helpdesk made its entries: by the numbers in the key, as numbers ("audit:9" before "audit:10"). */
const bySourceOrder = (a: string, b: string): number => {
  const [left, right] = [numericIds(a), numericIds(b)];
  for (const [index, id] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    if (id !== other) return id < other ? -1 : 1;
  }
  if (left.length !== right.length) return -1;
  return a < b ? -1 : a > b ? 1 : 0;
};

const inOrder = (a: WorkFact, b: WorkFact): number =>
  a.workedAt.getTime() - b.workedAt.getTime() || bySourceOrder(a.sourceKey, b.sourceKey);

/** Held or rule-made entries alone are not measured time, nor are those that another clock stands for. */
const countsAsMeasured = (fact: WorkFact): boolean =>
  fact.kind === 'measured' &&
  fact.actor === 'agent' &&
  fact.clock !== uncountedClock &&
  !fact.held &&
  fact.rawSeconds !== 0;

/** How far a clock yields: 0 to none, else to all of lower rank. */
const rankOf = ({ clock }: WorkFact): number => yieldingClocks.indexOf(clock) + 1;

/** Per agent the rank of the clock that counts on the ticket. */
const countingRanks = (facts: readonly WorkFact[]): Map<string | null, number> => {
  const ranks = new Map<string | null, number>();
  for (const fact of facts)
    if (countsAsMeasured(fact)) ranks.set(fact.agentId, Math.min(rankOf(fact), ranks.get(fact.agentId) ?? Infinity));
  return ranks;
};

/**
 * What each entry of ONE ticket counts, whatever order the entries come in: caps, holds, estimates beside measured time,
 * and corrections that take back the latest costed seconds, last in first out. Results stand in the order of the work.
 * RULES section 4. An AI agent's replies are costed beside all that, as far as its rate goes; nobody's correction takes from them.
 */
export const replayWork = (facts: readonly WorkFact[], options: { readonly constants: Constants }): ReplayedWork[] => {
  const ordered = facts.toSorted(inOrder);
  const measured = ordered.some(countsAsMeasured);
  const ranks = countingRanks(ordered);
  const open: { left: number; takeBacks: TakeBack[]; readonly result: number }[] = [];
  const results: ReplayedWork[] = [];
  for (const fact of ordered) {
    const nothing = { fact, costedSeconds: 0, cappedSeconds: 0, untakenSeconds: 0, takeBacks: [] };
    const yields = fact.kind === 'measured' && rankOf(fact) > (ranks.get(fact.agentId) ?? Infinity);
    if (fact.actor === 'ai_agent' && fact.kind === 'estimate')
      results.push({ ...nothing, state: 'costed', costedSeconds: fact.rawSeconds });
    else if (fact.actor !== 'agent' || fact.clock === uncountedClock || yields)
      results.push({ ...nothing, state: 'kept' });
    else if (fact.kind === 'estimate' && measured) results.push({ ...nothing, state: 'replaced' });
    else if (fact.held) results.push({ ...nothing, state: 'held' });
    else if (fact.rawSeconds >= 0) {
      const cap = fact.uncapped ? Infinity : options.constants('cap', fact.channel, fact.workedDay);
      const seconds = Math.min(fact.rawSeconds, cap);
      open.push({ left: seconds, takeBacks: [], result: results.length });
      results.push({ ...nothing, state: 'costed', cappedSeconds: fact.rawSeconds - seconds });
    } else if (fact.rejected) results.push({ ...nothing, state: 'kept' });
    else {
      let owed = -fact.rawSeconds;
      for (const entry of open.toReversed()) {
        const seconds = Math.min(owed, entry.left);
        if (seconds === 0) continue;
        entry.left -= seconds;
        owed -= seconds;
        entry.takeBacks.push({ by: fact.sourceKey, seconds });
      }
      results.push({ ...nothing, state: 'costed', untakenSeconds: owed });
    }
  }
  for (const { left, takeBacks, result } of open) {
    const entry = results[result];
    if (entry) results[result] = { ...entry, costedSeconds: left, takeBacks };
  }
  return results;
};
