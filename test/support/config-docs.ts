import { readFileSync, writeFileSync } from 'node:fs';
import { entries } from '../../src/config.ts';

const start = '<!-- config:start -->';
const end = '<!-- config:end -->';

/** The README's table of settings, from the schema. */
export const configTable = (): string =>
  [
    '| variable | meaning | default |',
    '|---|---|---|',
    ...Object.entries(entries).map(([name, { about, otherwise }]) => `| \`${name}\` | ${about} | ${otherwise} |`),
  ].join('\n');

/** The text of .env.example: every setting, commented out. */
export const envExample = (): string =>
  [
    '# Every setting has a default; take the # away from those you change.',
    ...Object.entries(entries).map(
      ([name, { about, otherwise }]) => `\n# ${about}\n# Default: ${otherwise.replaceAll('`', '')}\n#${name}=`,
    ),
    '',
  ].join('\n');

/** The README with its table replaced; throws where the markers are not there. */
export const withConfigTable = (readme: string): string => {
  const from = readme.indexOf(start);
  const to = readme.indexOf(end);
  if (from < 0 || to < from)
    throw new Error(`README.md needs the lines ${start} and ${end} around its configuration table`);
  return `${readme.slice(0, from)}${start}\n${configTable()}\n${readme.slice(to)}`;
};

if (import.meta.main) {
  writeFileSync('.env.example', envExample());
  writeFileSync('README.md', withConfigTable(readFileSync('README.md', 'utf8')));
}
