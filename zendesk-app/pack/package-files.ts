import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** An app as it is handed to Zendesk: each file's bytes by its path from the root, with "/". */
export interface AppPackage {
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Paths that are symbolic links. */
  readonly links: readonly string[];
}

export const textIn = ({ files }: AppPackage, path: string): string | null => {
  const bytes = files.get(path);
  return bytes === undefined ? null : new TextDecoder().decode(bytes);
};

/** Where the app lies as Zendesk takes it; `npm run app:package` puts the zip beside it. */
export const builtFolder = join(import.meta.dirname, '..', 'dist', 'app');

/** Where zcli keeps the app's id and, as some write them, its settings with the secret: it stays out of every package. */
export const zcliConfig = 'zcli.apps.config.json';
export const zcliIgnore = '.zcliignore';
const notPacked: ReadonlySet<string> = new Set([zcliConfig, zcliIgnore]);

/** Reads a folder whole but for what is zcli's, in the order of the paths. */
export const readPackage = (folder: string): AppPackage => {
  const files = new Map<string, Uint8Array>();
  const links: string[] = [];
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  for (const name of paths) {
    const full = join(folder, name);
    const path = relative(folder, full).split(sep).join('/');
    const stat = lstatSync(full);
    if (stat.isSymbolicLink()) links.push(path);
    else if (stat.isFile() && !notPacked.has(path)) files.set(path, readFileSync(full));
  }
  return { files, links };
};
