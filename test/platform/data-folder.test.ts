import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AppError } from '../../src/core/errors.ts';
import { makeDataFolder } from '../../src/platform/data-folder.ts';
import { temporaryFolder } from '../simulation/server.ts';

it('makes a folder with all that leads to it, and takes one that is there', async () => {
  const folder = join(await temporaryFolder(), 'a', 'b');
  await makeDataFolder(folder);
  await makeDataFolder(folder, { writable: true });
  expect((await stat(folder)).isDirectory()).toBe(true);
});

it('bug: a DATA_DIR that is a file ended in a stack', async () => {
  const file = join(await temporaryFolder(), 'file');
  await writeFile(file, '');
  await expect(makeDataFolder(file)).rejects.toThrow(
    /DATA_DIR .*file cannot be used: it is a file\. Set it to a folder/,
  );
  await expect(makeDataFolder(join(file, 'data'))).rejects.toThrow(/cannot be used: a part of it is a file/);
  await expect(makeDataFolder(file)).rejects.toThrow(AppError);
});

// Node's own recursive mkdir never ends there.
it.runIf(process.platform === 'linux')('bug: a DATA_DIR where nothing can be made hung', async () => {
  await expect(makeDataFolder('/proc/nope/data')).rejects.toThrow(/cannot be used: nothing can be made there/);
});
