import { readFileSync, writeFileSync } from 'node:fs';
import { entries } from '../../src/config.ts';
import { settingsForm } from '../../src/features/directory/index.ts';
import { helpdesks } from '../../src/helpdesks/registry.ts';
import { storeAdapters } from '../../src/stores/registry.ts';

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

interface SettingsRow {
  /** Settings that mean the same. */
  readonly keys: string[];
  readonly kinds: string[];
  readonly about: string;
  readonly otherwise: string;
}

/** Every setting of every kind of connection there is, from the adapters' schemas; equal ones share a row. */
export const settingsRows = (): SettingsRow[] => {
  const byKey = new Map<string, SettingsRow>();
  for (const adapter of [...helpdesks.values(), ...storeAdapters.values()])
    for (const { key, about, required, otherwise } of settingsForm(adapter)) {
      const held = required ? 'required' : otherwise === null ? '' : `\`${otherwise}\``;
      const id = [key, about, held].join('\n');
      const row = byKey.get(id) ?? { keys: [key], kinds: [], about, otherwise: held };
      row.kinds.push(adapter.kind);
      byKey.set(id, row);
    }
  const rows = new Map<string, SettingsRow>();
  for (const row of byKey.values()) {
    const id = [row.about, row.otherwise, ...row.kinds].join('\n');
    rows.get(id)?.keys.push(...row.keys);
    if (!rows.has(id)) rows.set(id, row);
  }
  return [...rows.values()];
};

/** The README's table of the settings of connections: a row for those of the same kinds, a line in it for each. */
export const settingsTable = (): string => {
  const all = helpdesks.size + storeAdapters.size;
  const kindsOf = (kinds: readonly string[]): string =>
    kinds.length === all
      ? 'all'
      : kinds.length === helpdesks.size && !kinds.some((kind) => storeAdapters.has(kind))
        ? 'helpdesks'
        : kinds.join(', ');
  const lines = ({ keys, about, otherwise }: SettingsRow): string => {
    const names = keys.map((key) => `\`${key}\``).join(' ');
    return `${names}${otherwise && ` (${otherwise})`}: ${about.replaceAll('|', '\\|')}`;
  };
  return [
    '| of | settings, and what holds without them |',
    '|---|---|',
    ...[...Map.groupBy(settingsRows(), ({ kinds }) => kindsOf(kinds))].map(
      ([of, rows]) => `| ${of} | ${rows.map(lines).join('<br>')} |`,
    ),
  ].join('\n');
};

const withTable = (readme: string, name: string, table: string): string => {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const from = readme.indexOf(start);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error(`README.md needs the lines ${start} and ${end} around its table`);
  return `${readme.slice(0, from)}${start}\n${table}\n${readme.slice(to)}`;
};

/** The README with its tables replaced; throws where their markers are not there. */
export const withConfigTable = (readme: string): string =>
  withTable(withTable(readme, 'config', configTable()), 'settings', settingsTable());

if (import.meta.main) {
  writeFileSync('.env.example', envExample());
  writeFileSync('README.md', withConfigTable(readFileSync('README.md', 'utf8')));
}
