import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';

const home = join(import.meta.dirname, '..');
const root = join(home, '..');
const usualCache = join(root, 'node_modules', '.cache', 'deskledger');

/** Everything that a build reads: the same bytes make the same app. */
const sources = [
  ...['src', 'assets', 'translations', 'pack', 'manifest.json'].map((name) => join(home, name)),
  join(root, 'package-lock.json'),
];

const digest = (): string => {
  const hash = createHash('sha256');
  for (const source of sources) {
    const names = statSync(source).isDirectory()
      ? readdirSync(source, { recursive: true, encoding: 'utf8' }).sort()
      : [''];
    for (const name of names) {
      const path = join(source, name);
      if (statSync(path).isFile()) hash.update(`${name}\0`).update(readFileSync(path));
    }
  }
  return hash.digest('hex').slice(0, 16);
};

/** Builds that nobody asked for in this long go with the next one: longer than a demo runs, which reads its files as they are asked for. */
const keptMs = 7 * 24 * 3_600_000;

const tidy = (cache: string, nowMs: number): void => {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    if (name.startsWith('app-') && nowMs - statSync(path).mtimeMs > keptMs)
      rmSync(path, { recursive: true, force: true });
  }
};

/**
 * The app as built from what lies here now, for those who only look at it: built when that changed, and never in `dist/`, where
 * a package for one server may lie. Those who ask at once each build, and one of the builds stays.
 */
export const builtOnce = async (cache = usualCache): Promise<string> => {
  const folder = join(cache, `app-${digest()}`);
  const now = new Date();
  if (existsSync(folder)) {
    utimesSync(folder, now, now);
    return folder;
  }
  mkdirSync(cache, { recursive: true });
  tidy(cache, now.getTime());
  const own = mkdtempSync(`${folder}.`);
  const { buildApp } = await import('./build.ts');
  await buildApp({ service: null, email: null, folder: own });
  try {
    renameSync(own, folder);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
};
