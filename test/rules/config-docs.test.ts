import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { entries } from '../../src/config.ts';
import { helpdesks } from '../../src/helpdesks/registry.ts';
import { storeAdapters } from '../../src/stores/registry.ts';
import { configTable, envExample, settingsRows, settingsTable, withConfigTable } from '../support/config-docs.ts';

const names = Object.keys(entries);

describe('what is written of the configuration comes from its schema (npm run docs:config)', () => {
  it('in the README', () => {
    const readme = readFileSync('README.md', 'utf8');
    expect(withConfigTable(readme)).toBe(readme);
    for (const name of names) expect(readme).toContain(`| \`${name}\` |`);
  });

  it('in .env.example', () => {
    expect(readFileSync('.env.example', 'utf8')).toBe(envExample());
    expect([...envExample().matchAll(/^#(\w+)=$/gm)].map((match) => match[1])).toEqual(names);
  });

  it('in one line for each setting', () => {
    expect(names.length).toBeGreaterThan(10);
    for (const { about, otherwise } of Object.values(entries)) {
      expect(about).toMatch(/^[A-Z].*\.$/);
      expect(`${about}${otherwise}`).not.toMatch(/[\n|]/);
    }
    expect(configTable().split('\n')).toHaveLength(names.length + 2);
  });
});

describe('what is written of connections comes from their schemas', () => {
  const adapters = [...helpdesks.values(), ...storeAdapters.values()];

  it('names every setting of every kind, each in one line with a meaning', () => {
    const rows = settingsRows();
    for (const { kind, settings } of adapters)
      for (const key of Object.keys(settings.shape)) {
        const row = rows.find((one) => one.keys.includes(key) && one.kinds.includes(kind));
        expect(`${kind} ${key}: ${row?.about ?? 'no row'}`).toMatch(/: [A-Z"].{8,}\.$/);
        expect(row?.about).not.toContain('\n');
      }
    expect(adapters.length).toBeGreaterThanOrEqual(2);
    expect(settingsTable().split(/\n|<br>/)).toHaveLength(rows.length + 2);
    // One row for all that means the same: what a kind lacks is in no row of its.
    for (const { keys, kinds } of rows)
      for (const kind of kinds)
        for (const key of keys) expect(adapters.find((one) => one.kind === kind)?.settings.shape).toHaveProperty(key);
  });

  it('lets a form tell which account a connection leads to', () => {
    for (const { settings } of adapters)
      expect(Object.values(settings.shape).filter((schema) => schema.meta()?.identifies === true)).toHaveLength(1);
  });
});
