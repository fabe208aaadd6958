import { speakOurWords } from '../../src/core/fault-words.ts';

/** A setup file of vitest.config.ts: in tests faults speak as in every process that has read its configuration. */
speakOurWords();
