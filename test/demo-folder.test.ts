import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { demoLogOf, isDemo } from '../src/demo-folder.ts';
import { temporaryFolder } from './simulation/server.ts';

test('a folder is the demo’s once its log lies there, and a database of its own is never a demo’s', async () => {
  const dataDir = await temporaryFolder();
  expect(await isDemo({ dataDir, databaseUrl: undefined })).toBe(false);
  await writeFile(demoLogOf({ dataDir }), '');
  expect(await isDemo({ dataDir, databaseUrl: undefined })).toBe(true);
  expect(await isDemo({ dataDir, databaseUrl: 'postgres://127.0.0.1/real' })).toBe(false);
});
