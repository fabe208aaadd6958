import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const main = join(import.meta.dirname, '..', '..', 'src', 'preview', 'main.ts');

test('an option that there is not is said, and nothing is started', async () => {
  const ended = await new Promise<{ status: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [main, '--dropdowns'], { timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ status: error?.code, stdout, stderr }),
    );
  });
  expect(ended).toEqual({ status: 1, stdout: '', stderr: expect.stringContaining("Unknown option '--dropdowns'") });
});
