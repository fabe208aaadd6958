import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { entries } from '../../src/config.ts';
import { configTable, envExample, withConfigTable } from '../support/config-docs.ts';

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
