import { describe } from 'vitest';
import { testCorrections } from './corrections.ts';
import { testFrames } from './frames.ts';
import { describeInPreview } from './in-browser.ts';
import { testLooks } from './looks.ts';
import { testPooledRates } from './pooled-rates.ts';
import { testProblems } from './problems.ts';
import { testStates } from './states.ts';

describeInPreview(
  'the sidebar app, whole',
  (here) => {
    describe('every state', () => testStates(here));
    describe('what is wrong', () => testProblems(here));
    describe('looks', () => testLooks(here));
    describe('pooled rates', () => testPooledRates(here));
    describe('its frame', () => testFrames(here));
    // Last, for they change the tickets; and at once, for each waits some seconds until Deskledger has decided.
    describe('corrections', { timeout: 120_000 }, () => testCorrections(here));
  },
  { history: true },
);
