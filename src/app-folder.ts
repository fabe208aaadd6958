import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { AppError } from './core/errors.ts';

const packer = join(import.meta.dirname, '..', 'zendesk-app', 'pack', 'main.ts');
/** A build takes some seconds, on a busy machine a minute. */
const longestMs = 5 * 60_000;

/**
 * Where the sidebar app lies as built from this checkout; built when it is not. In a process of its own, for a build takes the
 * processor; the signal ends it. Throws AppError `unavailable`.
 */
export const builtAppFolder = ({ signal }: { readonly signal?: AbortSignal } = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile(process.execPath, [packer, 'folder'], { timeout: longestMs, signal }, (error, stdout, stderr) => {
      const folder = stdout.trim().split('\n').at(-1);
      if (!error && folder) return resolve(folder);
      const why =
        stderr
          .trim()
          .split('\n')
          .find((line) => /error/i.test(line)) ??
        error?.message ??
        'no folder was named';
      reject(
        new AppError(
          'unavailable',
          `The sidebar app could not be built: ${why}. Run "npm ci", then "npm run app:build".`,
          {
            cause: error,
          },
        ),
      );
    });
  });
