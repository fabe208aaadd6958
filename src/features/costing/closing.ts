import { split } from '../../core/money.ts';
import type { Closing, WorkReading } from '../../helpdesks/port.ts';

/** What is stored of a closing's work: one entry per closing and worker. */
export interface ClosedWork {
  readonly sourceKey: string;
  readonly clock: string;
  readonly rawSeconds: number;
  readonly workedAt: Date;
}

/** Weights of those who worked after the closing before; all of them where nobody did and it is nobody's. */
const workersSince = ({ workers, assigneeId }: Closing, before: Date | null): Map<string, bigint> => {
  const late = workers.filter(({ at }) => at === undefined || before === null || at > before);
  const weights = new Map<string, bigint>();
  const counted = late.some(({ weight }) => weight > 0)
    ? late
    : assigneeId
      ? [{ agentId: assigneeId, weight: 1 }]
      : workers;
  for (const { agentId, weight } of counted) weights.set(agentId, (weights.get(agentId) ?? 0n) + BigInt(weight));
  return weights;
};

/**
 * The work of a ticket's latest closing: what the ticket's total grew by since the earlier closings that we hold, booked to
 * those who worked since in proportion, on the moment of the closing. Read again with another total it gives the same keys other
 * seconds; a worker who has none any more gets 0. A total that shrank below the earlier closings is a correction, negative.
 * Where nobody worked, as far as the helpdesk tells, there is nobody to book to and nothing changes: its answer decides that,
 * and a later one may know better. RULES section 4, Gorgias.
 */
export const readClosing = (closing: Closing, stored: Iterable<ClosedWork>): WorkReading[] => {
  if (closing.workers.every(({ weight }) => weight === 0)) return [];
  const held = [...stored].filter(({ clock }) => clock === closing.clock);
  const start = `${closing.sourceKey}:`;
  const earlier = held.filter(({ sourceKey, workedAt }) => !sourceKey.startsWith(start) && workedAt < closing.at);
  const seconds = closing.totalSeconds - earlier.reduce((sum, { rawSeconds }) => sum + rawSeconds, 0);
  const before = earlier.reduce<Date | null>((at, { workedAt }) => (at && at > workedAt ? at : workedAt), null);
  const weights = [...workersSince(closing, before)].map(([key, weight]) => ({ key, weight }));
  const parts = split(BigInt(seconds), weights);
  const booked = new Map(weights.map(({ key }, index) => [key, Number(parts[index])]));
  for (const { sourceKey } of held)
    if (sourceKey.startsWith(start) && !booked.has(sourceKey.slice(start.length)))
      booked.set(sourceKey.slice(start.length), 0);
  return [...booked].map(([agentId, rawSeconds]) => ({
    sourceKey: `${start}${agentId}`,
    agentId,
    actor: 'agent',
    clock: closing.clock,
    rawSeconds,
    value: null,
    workedAt: closing.at,
    channel: closing.channel,
  }));
};
