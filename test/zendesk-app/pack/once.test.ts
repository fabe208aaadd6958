import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { sdkAddress } from '../../../src/sandbox/zendesk/workspace/sdk.ts';
import { builtOnce } from '../../../zendesk-app/pack/once.ts';
import { builtFolder } from '../../../zendesk-app/pack/package-files.ts';
import { atEndOfFile } from '../../support/cleanup.ts';

const dayMs = 24 * 3_600_000;
const age = (path: string, days: number): void => {
  const at = new Date(Date.now() - days * dayMs);
  utimesSync(path, at, at);
};

const changedAt = (path: string): number | null => (existsSync(path) ? statSync(path).mtimeMs : null);

test('those who only look at the app share one build, also when they ask at once, and leave the package in dist/ alone', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'deskledger-cache-'));
  atEndOfFile(async () => rmSync(cache, { recursive: true }));
  const before = changedAt(join(builtFolder, 'manifest.json'));
  const [one, two] = await Promise.all([builtOnce(cache), builtOnce(cache)]);
  expect(two).toBe(one);
  expect(readdirSync(cache)).toEqual([basename(one)]);
  const madeAt = changedAt(join(one, 'manifest.json'));
  expect(await builtOnce(cache)).toBe(one);
  expect(changedAt(join(one, 'manifest.json'))).toBe(madeAt);
  expect(changedAt(join(builtFolder, 'manifest.json'))).toBe(before);
});

test('a build that is asked for stays; the next build takes away those that nobody asked for in a week', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'deskledger-cache-'));
  atEndOfFile(async () => rmSync(cache, { recursive: true }));
  for (const [name, days] of [
    ['app-old', 8],
    ['app-shown', 2],
    ['else', 9],
  ] as const) {
    mkdirSync(join(cache, name));
    age(join(cache, name), days);
  }
  const folder = await builtOnce(cache);
  expect(readdirSync(cache).sort()).toEqual([basename(folder), 'app-shown', 'else'].sort());
  age(folder, 8);
  await builtOnce(cache);
  expect(Date.now() - (changedAt(folder) ?? 0)).toBeLessThan(dayMs);
});

test('its page loads the SDK from where the simulated workspace looks for it', async () => {
  const html = readFileSync(join(await builtOnce(), 'assets', 'iframe.html'), 'utf8');
  expect(html.split(sdkAddress)).toHaveLength(2);
});
