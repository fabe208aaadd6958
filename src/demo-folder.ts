import { appendFileSync } from 'node:fs';
import { access, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { type Config, loadConfig } from './config.ts';
import { secondMs } from './core/time.ts';
import { type CatchingUpClock, type Clock, catchingUpClock, wallClock } from './platform/clock.ts';
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

const demoTimeOf = ({ dataDir }: Pick<Config, 'dataDir'>): string => join(dataDir, 'demo-time.json');
/** Told twice a second while the days pass; what is older is of a demo that was cut off. */
const freshMs = 10 * secondMs;

/** Tells commands beside the demo what time it is in its story; once that met the wall's, nothing. */
export const tellDemoTime = async (
  config: Pick<Config, 'dataDir'>,
  clock: CatchingUpClock,
  speed: number,
): Promise<void> => {
  const path = demoTimeOf(config);
  if (!clock.hurries?.()) return rm(path, { force: true });
  const told = { now: clock.now().toISOString(), at: new Date().toISOString(), speed };
  // In the place of the one before at once: nobody reads half of it.
  await writeFile(`${path}.next`, JSON.stringify(told));
  await rename(`${path}.next`, path);
};

/** No story goes on any more. */
export const forgetDemoTime = (config: Pick<Config, 'dataDir'>): Promise<void> =>
  rm(demoTimeOf(config), { force: true });

/** The clock that the installation of a command lives by: the wall's, but while the days of a demo pass in its folder. */
export const commandClock = async (config: Pick<Config, 'dataDir' | 'databaseUrl'>): Promise<Clock> => {
  if (!(await isDemo(config))) return wallClock;
  const text = await readFile(demoTimeOf(config), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return wallClock;
  const { now, at, speed } = JSON.parse(text) as { now: string; at: string; speed: number };
  const agoMs = Date.now() - Date.parse(at);
  return agoMs > freshMs ? wallClock : catchingUpClock({ startMs: Date.parse(now) + agoMs * speed, speed });
};
