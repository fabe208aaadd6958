import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Chunk, firstPaint, firstPaintLimit, gzippedBytes } from '../../../zendesk-app/pack/budget.ts';
import { buildApp, manifestFor } from '../../../zendesk-app/pack/build.ts';
import type { JsonObject } from '../../../zendesk-app/pack/json.ts';
import { duplicateKeys } from '../../../zendesk-app/pack/json.ts';
import { readPackage } from '../../../zendesk-app/pack/package-files.ts';
import { validate } from '../../../zendesk-app/pack/validate.ts';
import { mostZipBytes, zipOf } from '../../../zendesk-app/pack/zip.ts';

const folderOf = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'deskledger-app-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

test('the app builds into a package that Zendesk takes, within its weight', { timeout: 120_000 }, async () => {
  const folder = folderOf();
  writeFileSync(join(folder, 'zcli.apps.config.json'), '{"app_id":1}');
  writeFileSync(join(folder, 'of-last-time.js'), '');
  const { chunks } = await buildApp({
    service: new URL('https://desk.example.com/'),
    email: 'mia@example.com',
    folder,
  });
  const app = readPackage(folder);
  expect([...app.files.keys()].filter((path) => /zcli|of-last-time/.test(path))).toEqual([]);
  expect(existsSync(join(folder, 'zcli.apps.config.json'))).toBe(true);
  expect(validate(app).filter(({ level }) => level !== 'remark')).toEqual([]);

  const files = firstPaint(chunks);
  const bytes = [...files.values()].reduce((sum, size) => sum + size, 0);
  expect(files.size).toBeGreaterThan(1);
  expect(bytes).toBeGreaterThan(30_000);
  expect(bytes).toBeLessThanOrEqual(firstPaintLimit);
  // What comes when it is used, and Zendesk's own SDK, are not in it.
  expect([...files.keys()].filter((name) => /editor|sparkline/.test(name))).toEqual([]);
  expect(chunks.some(({ fileName }) => fileName.includes('editor'))).toBe(true);
  const page = readFileSync(join(folder, 'assets/iframe.html'), 'utf8');
  expect(page).toContain('src="https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js"');
  expect(page).not.toMatch(/(?:src|href)="\//);

  const zip = zipOf(app);
  expect(zip.length).toBeLessThan(mostZipBytes);
  expect(zipOf(readPackage(folder))).toEqual(zip);
  const inside = unzipSync(zip);
  expect(Object.keys(inside).toSorted()).toEqual([...app.files.keys()].toSorted());
  const manifest = JSON.parse(new TextDecoder().decode(inside['manifest.json'])) as JsonObject;
  expect(manifest).toMatchObject({ domainWhitelist: ['desk.example.com'], author: { email: 'mia@example.com' } });
});

test('the manifest names the one server that the proxy may give the secret to', () => {
  const manifest = JSON.parse(readFileSync('zendesk-app/manifest.json', 'utf8')) as JsonObject;
  expect(manifestFor(manifest, { service: null, email: null })).toEqual(manifest);
  expect(manifestFor(manifest, { service: new URL('https://example.com:8443/desk/'), email: null })).toMatchObject({
    domainWhitelist: ['example.com'],
    parameters: [{ name: 'service_address', default: 'https://example.com:8443/desk' }, { name: 'shared_secret' }],
  });
  const secret = (manifest.parameters as JsonObject[]).find(({ name }) => name === 'shared_secret');
  expect(secret).toMatchObject({ secure: true, scopes: ['jwt_secret_key'] });
});

test('the first paint is what the entry loads with it and the largest language', () => {
  const chunk = (fileName: string, more: Partial<Chunk> = {}): Chunk => ({
    fileName,
    isEntry: false,
    imports: [],
    code: fileName,
    facadeModuleId: null,
    ...more,
  });
  const files = firstPaint([
    chunk('main.js', { isEntry: true, imports: ['react.js'] }),
    chunk('react.js', { imports: ['main.js', 'shared.js'] }),
    chunk('shared.js'),
    chunk('later.js', { imports: ['shared.js'] }),
    chunk('de.js', { facadeModuleId: '/app/translations/de.json', code: 'a much longer text, in German' }),
    chunk('en.js', { facadeModuleId: '/app/translations/en.json', code: 'a text' }),
  ]);
  expect([...files.keys()]).toEqual(['main.js', 'react.js', 'shared.js', 'de.js']);
  expect(files.get('main.js')).toBe(gzippedBytes('main.js'));
});

test('the same files make the same zip on any day', () => {
  onTestFinished(() => void vi.useRealTimers());
  const app = {
    files: new Map([
      ['b.txt', new Uint8Array([1])],
      ['a.txt', new Uint8Array([2])],
    ]),
    links: [],
  };
  const [early, late] = ['2026-01-01', '2027-07-15'].map((day) => {
    vi.useFakeTimers({ now: new Date(day) });
    return zipOf(app);
  });
  expect(early).toEqual(late);
  expect(Object.keys(unzipSync(zipOf(app)))).toEqual(['a.txt', 'b.txt']);
});

test('a folder is read whole, its links apart, and without what zcli keeps there', () => {
  const folder = folderOf();
  writeFileSync(join(folder, 'zcli.apps.config.json'), '{"parameters":{"shared_secret":"s"}}');
  writeFileSync(join(folder, '.zcliignore'), '');
  writeFileSync(join(folder, 'a.txt'), 'A');
  symlinkSync(join(folder, 'a.txt'), join(folder, 'b.txt'));
  const { files, links } = readPackage(folder);
  expect([...files.keys()]).toEqual(['a.txt']);
  expect(links).toEqual(['b.txt']);
});

test('a key is found twice in one object, and not in two', () => {
  expect(duplicateKeys('{"a": 1, "b": {"a": 2}, "c": [{"a": 1}, {"a": 1}]}')).toEqual([]);
  expect(duplicateKeys('{"a": "a", "b": {"c": ":{", "c": 1}, "a": 2}')).toEqual(['c', 'a']);
});
