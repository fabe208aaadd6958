import { existsSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

/** Shared examples that lie beside a checkout where there are any. */
const hasContracts = existsSync(new URL('../shared/contracts', import.meta.url));

export default defineConfig({
  test: {
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
        },
      },
    ],
  },
});
