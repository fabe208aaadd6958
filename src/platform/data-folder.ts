import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { AppError } from '../core/errors.ts';

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/** As `mkdir -p`. Node's own never ends where a folder takes no new ones and says that it is not there, as /proc does. */
const makeWithParents = async (path: string, mayRepeat = true): Promise<void> => {
  try {
    await mkdir(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' && (await stat(path)).isDirectory()) return;
    const parent = dirname(path);
    if (codeOf(error) !== 'ENOENT' || !mayRepeat || parent === path) throw error;
    await makeWithParents(parent);
    await makeWithParents(path, false);
  }
};

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'it is a file',
  ENOTDIR: 'a part of it is a file',
  ENOENT: 'nothing can be made there',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'that disk is read-only',
  ENOSPC: 'the disk is full',
};

/** Makes DATA_DIR where it is not there yet; throws AppError where it cannot be had or, on request, not be written to. */
export const makeDataFolder = async (dataDir: string, { writable = false } = {}): Promise<void> => {
  try {
    await makeWithParents(resolve(dataDir));
    if (writable) await access(dataDir, constants.W_OK);
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw new AppError(
      'unavailable',
      `DATA_DIR ${dataDir} cannot be used: ${reasons[code] ?? code}. Set it to a folder that this user may write to.`,
      { cause: error },
    );
  }
};
