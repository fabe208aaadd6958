import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const readme = readFileSync('README.md', 'utf8');
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };

/** Commands in code spans and blocks: `npm start`, `npm run demo`. */
const npmCommands = [...readme.matchAll(/\bnpm (?:run ([\w:]+)|(start|test)\b)/g)].map(
  (match) => match[1] ?? (match[2] as string),
);
const folders = '(?:src|test|prisma|zendesk-app|\\.ci)';
const paths = [...readme.matchAll(new RegExp(`(?<![\\w/.-])${folders}/[\\w./-]*[\\w/]`, 'g'))].map(([path]) => path);

test('every npm command of the README exists', () => {
  expect(npmCommands).toEqual(expect.arrayContaining(['start', 'test', 'demo']));
  expect(npmCommands.filter((name) => !(name in scripts))).toEqual([]);
});

test('every path of the README exists', () => {
  expect(paths.length).toBeGreaterThan(5);
  expect(paths.filter((path) => !existsSync(path))).toEqual([]);
});

test('what npm scripts run exists', () => {
  const files = Object.values(scripts).flatMap((script) =>
    [...script.matchAll(/\bnode ([\w./-]+)/g)].map((match) => match[1] as string),
  );
  expect(files.length).toBeGreaterThan(3);
  expect(files.filter((path) => !existsSync(path))).toEqual([]);
});
