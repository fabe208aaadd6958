import { afterAll } from 'vitest';

const cleanups: (() => Promise<void>)[] = [];

/** Has `cleanup` run when the test file ends, the latest first. */
export const atEndOfFile = (cleanup: () => Promise<void>): void => {
  cleanups.push(cleanup);
};

/** A setup file of vitest.config.ts: this registers for each test file. */
afterAll(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});
