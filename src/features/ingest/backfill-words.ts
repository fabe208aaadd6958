import type { BackfillProgress } from './backfill-progress.ts';
import type { Comparison } from './compare.ts';

const number = (count: number): string => Math.round(count).toLocaleString('en-US');

const durationOf = (seconds: number): string => {
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
};

/** A backfill's progress for a person. The rest is told only where it was measured. */
export const backfillWords = (
  { found, raised, done, perMinute, remainingSeconds, state }: Omit<BackfillProgress, 'counted' | 'givenUp'>,
  what: 'tickets' | 'orders' = 'tickets',
): string =>
  [
    `${number(found)} ${what} found${state === 'walking' ? ' so far' : ''}`,
    `${number(raised)} to be read`,
    `${number(done)} ${what === 'tickets' ? 'pulled and posted' : 'stored'}`,
    perMinute === null ? 'rate not measured yet' : `${number(perMinute)} a minute`,
    `time left ${remainingSeconds === null ? 'unknown' : `about ${durationOf(remainingSeconds)}`}`,
  ].join(', ');

/** How a backfill ended: complete, or what is missing and what to do about it. */
export const verdictOf = (
  { complete, found, held, quarantined, missing, givenUp, countedThere, countedHere }: Comparison,
  connectionId: number,
  what: 'tickets' | 'orders' = 'tickets',
): string => {
  const vendor = what === 'tickets' ? 'helpdesk' : 'store';
  const all = `${number(held)} of ${number(found)} ${what} found are held${givenUp > 0 ? `, ${number(givenUp)} of them given up and not read` : ''}`;
  if (complete)
    return countedThere === null
      ? `complete: ${all}`
      : `complete: ${all}; the ${vendor} counts ${number(countedThere)}, we ${number(countedHere)}`;
  const again = `call "deskledger backfill" again for connection ${connectionId}`;
  const reasons = [
    ...(quarantined > 0
      ? [
          `${number(quarantined)} are set aside: GET /api/v1/quarantine says why, "deskledger replay" tries them again, with --dismiss --ticket ID it gives one up; it completes by itself then`,
        ]
      : []),
    ...(missing > 0 ? [`${number(missing)} were found and not pulled: ${again}`] : []),
    ...(countedThere !== null && countedThere > countedHere
      ? [
          `the ${vendor} counts ${number(countedThere)} ${what} created since then, we hold ${number(countedHere)}, ${number(countedThere - countedHere)} less: ${what === 'tickets' ? `see whether our user may see all tickets (an admin does), then ${again}` : again}`,
        ]
      : []),
  ];
  if (reasons.length === 0) reasons.push(`the walk and what was noted of it differ: ${again}`);
  return `not complete: ${reasons.join('; ')}`;
};
