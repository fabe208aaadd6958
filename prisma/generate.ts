import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

/**
 * Generates the Prisma client offline. The CLI insists on a schema engine, which `generate` never runs and would have to be
 * downloaded: any executable that exists will do.
 */
const cli = createRequire(import.meta.url).resolve('prisma/build/index.js');
const env = {
  ...process.env,
  PRISMA_SCHEMA_ENGINE_BINARY: process.env.PRISMA_SCHEMA_ENGINE_BINARY ?? process.execPath,
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
};
const { status } = spawnSync(process.execPath, [cli, 'generate', '--no-hints'], {
  env,
  stdio: ['ignore', 'ignore', 'inherit'],
});
process.exitCode = status ?? 1;
