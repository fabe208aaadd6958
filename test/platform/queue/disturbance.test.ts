import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createDisturbance } from '../../../src/platform/queue/disturbance.ts';

it('bug: a queue that was away filled the log: it is told once per change, and rarely in between', () => {
  const lines: { queue?: string; untold: number; msg: string }[] = [];
  const log = pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line)) });
  let ms = 0;
  const disturbance = createDisturbance(log, () => ms);
  disturbance.well();
  expect(lines).toEqual([]);
  for (; ms < 14_000; ms += 100) for (const queue of ['gather', 'act']) disturbance.met(new Error('away'), queue);
  expect(lines).toMatchObject([{ queue: 'gather', msg: expect.stringContaining('nothing is lost') }]);
  ms = 300_001;
  disturbance.met(new Error('away'), 'gather');
  expect(lines[1]).toMatchObject({ untold: 279 });
  // One job that got through does not make it well.
  disturbance.well();
  expect(lines).toHaveLength(2);
  ms += 10_000;
  disturbance.well();
  disturbance.well();
  expect(lines.slice(2)).toMatchObject([{ msg: 'The queue works again.' }]);
  disturbance.met(new Error('away'), 'gather');
  expect(lines).toHaveLength(4);
});
