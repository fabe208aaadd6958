import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '../../core/errors.ts';

const sqliteBusy = 5;
const pollMs = 25;

/**
 * Runs `work` while no other process holds the lock of this folder. Node offers no flock; SQLite's exclusive transaction is
 * one, and the kernel gives it back when its holder dies, however it dies. Throws AppError when `waitMs` was not enough.
 */
export const withFolderLock = async <T>(folder: string, waitMs: number, work: () => Promise<T>): Promise<T> => {
  const lock = new DatabaseSync(join(folder, 'postgres.lock'));
  try {
    const deadline = performance.now() + waitMs;
    for (;;) {
      try {
        lock.exec('BEGIN EXCLUSIVE');
        break;
      } catch (error) {
        if ((error as { errcode?: number }).errcode !== sqliteBusy) throw error;
        if (performance.now() > deadline)
          throw new AppError(
            'unavailable',
            `Another process holds ${join(folder, 'postgres.lock')} for over ${waitMs / 1000} s; stop it and start again`,
          );
        await wait(pollMs);
      }
    }
    return await work();
  } finally {
    lock.close();
  }
};
