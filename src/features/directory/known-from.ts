import { type Day, firstWholeDay } from '../../core/time.ts';
import type { Sql } from '../../platform/database/database.ts';
import { storedReportingBasis } from './reporting-basis.ts';

/** A connection that is read by walks. */
export interface Source {
  /** Not disconnected. */
  readonly isLive: boolean;
  /** From when on everything of it is held; null before a walk first reached its end. */
  readonly since: Date | null;
}

/**
 * The first day, in the reporting time zone, from which on everything of all sources is held; null while there is none. Before
 * the latest of their starts one of them is missing. What is held of earlier days, looked up one by one or named by something
 * later, says nothing of them. One that was given up before its first walk ended keeps nobody waiting.
 */
export const knownFrom = async (sql: Sql, sources: readonly Source[]): Promise<Day | null> => {
  const counted = sources.filter(({ isLive, since }) => isLive || since !== null);
  const startsMs = counted.flatMap(({ since }) => since?.getTime() ?? []);
  if (startsMs.length === 0 || startsMs.length < counted.length) return null;
  const timeZone = (await storedReportingBasis(sql))?.timeZone ?? 'UTC';
  return firstWholeDay(timeZone, new Date(Math.max(...startsMs)));
};
