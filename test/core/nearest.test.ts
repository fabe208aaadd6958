import { expect, it } from 'vitest';
import { nearest } from '../../src/core/nearest.ts';

const known = ['surveyDelayMinutes', 'totalTimeFieldId', 'tagPrefix', 'name'];

it.each([
  ['surveyDelayMinute', 'surveyDelayMinutes'],
  ['totaltimefieldid', 'totalTimeFieldId'],
  ['tagPrefxi', 'tagPrefix'],
  ['nmae', 'name'],
  ['tag_prefix', 'tagPrefix'],
  ['colour', null],
  ['', null],
  ['x'.repeat(10_000), null],
])('%s is nearest to %s', (word, wanted) => expect(nearest(word, known)).toBe(wanted));
