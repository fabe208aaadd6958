import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongFirst } from './test/support/long-first.ts';

/** Shared examples that lie beside a checkout where there are any. */
const hasContracts = existsSync(new URL('../shared/contracts', import.meta.url));

export default defineConfig({
  test: {
    // Also on two cores, where one would be the default: much of the time is waiting.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: LongFirst },
    projects: [
      { test: { name: 'rules', include: ['test/rules/**/*.test.ts'] } },
      {
        test: {
          name: 'product',
          include: ['test/**/*.test.ts'],
          exclude: ['test/rules/**', ...(hasContracts ? [] : ['test/contracts/**'])],
          globalSetup: ['test/support/server.ts'],
          setupFiles: ['test/support/cleanup.ts', 'test/support/fault-words.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 15_000 } },
        },
      },
    ],
  },
});
