import fc from 'fast-check';
import { test } from 'vitest';
import { minuteMs } from '../../../src/core/time.ts';
import { checkStory } from './check.ts';
import { story } from './story.ts';

/** Another seed, or more runs, find other histories; a failure tells the seed and the path that lead to its story again. */
const seed = 20_260_325;
const runs = 10;
/** No further story, and no smaller one of a failing story, is begun after so long: a busy machine plays fewer. */
const longestMs = 2 * minuteMs;

test('of any history every report is the one that plain code finds, and telling it again changes none', {
  timeout: 3 * longestMs,
}, async () => {
  await fc.assert(fc.asyncProperty(story, checkStory), {
    seed,
    numRuns: runs,
    interruptAfterTimeLimit: longestMs,
  });
});
