import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from './config.ts';

/** The demo's log. Its place in DATA_DIR tells the folder of a demo, whose customers read the outbox, from one of a real server. */
export const demoLogOf = ({ dataDir }: Pick<Config, 'dataDir'>): string => join(dataDir, 'demo.log');

/** Whether a configuration leads to what a demo made. */
export const isDemo = async (config: Pick<Config, 'dataDir' | 'databaseUrl'>): Promise<boolean> => {
  if (config.databaseUrl !== undefined) return false;
  try {
    await access(demoLogOf(config));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
};
