import { appendFileSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { type Config, loadConfig } from './config.ts';
import { createLog, type Log } from './platform/log.ts';

/** The demo's log. Its place in DATA_DIR tells the folder of a demo, whose customers read the outbox, from one of a real server. */
export const demoLogOf = ({ dataDir }: Pick<Config, 'dataDir'>): string => join(dataDir, 'demo.log');

/** Warnings and worse, to the demo's log: the terminal is for the story. */
export const demoLog = (config: Pick<Config, 'dataDir'>): Log =>
  createLog({ level: 'warn', destination: { write: (line) => appendFileSync(demoLogOf(config), line) } });

/** A path as a person in the current folder types it. */
export const typedPath = (path: string): string => {
  const near = relative(process.cwd(), path);
  return near === '' || near.startsWith('..') || isAbsolute(near) ? path : near;
};

const quoted = (word: string): string => (/^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** What a person types to get another sign-in link of the demo: its folder, and its address where that is not the default. */
export const demoSignInCommand = ({ dataDir, publicUrl }: Pick<Config, 'dataDir' | 'publicUrl'>): string =>
  [
    `DATA_DIR=${quoted(typedPath(dataDir))}`,
    ...(publicUrl === loadConfig({}).publicUrl ? [] : [`PUBLIC_URL=${quoted(publicUrl)}`]),
    'npx deskledger user sign-in',
  ].join(' ');

/** The configuration of a command. In a demo's folder the vendors are its simulators, on loopback: they may be reached there. */
export const commandConfig = async (config = loadConfig()): Promise<Config> =>
  (await isDemo(config)) ? { ...config, allowPrivateUpstreams: true } : config;

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
