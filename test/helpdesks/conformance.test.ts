import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { helpdesks } from '../../src/helpdesks/registry.ts';
import { isSpared } from '../conformance/check.ts';
import { isLacking } from './conformance/lacking.ts';
import { families, type Harness, type Optional } from './conformance.ts';
import { adapterWith, clientWith, historyWith } from './memory/breaking.ts';
import { breaks } from './memory/breaks.ts';
import { harness } from './memory/harness.ts';

const checks = Object.values(families).flat();
const here = new URL('.', import.meta.url);
const optional = [
  'count',
  'inspect',
  'discover',
  'fields',
  'remote',
  'changeTagsOfMany',
  'workFeeds',
  'recordScore',
] as const;

describe('the suite', () => {
  it('knows a way to break each of its checks', () => {
    const names = checks.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(60);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(breaks).toSorted()).toEqual(names.toSorted());
  });

  it.each(checks)('finds an adapter of which this does not hold: $name', async (check) => {
    const { name, run } = check;
    const broken = breaks[name]?.({ ...harness, lacks: [] });
    if (!broken) throw new Error('there is no way to break it');
    expect(isSpared(check, broken)).toBe(false);
    await expect((async () => run(broken))()).rejects.toThrow();
  });

  it('holds nothing against an adapter that lacks what is optional', async () => {
    const unclocked = historyWith(() => ({ work: [] }))(harness);
    const whole = adapterWith((adapter) => {
      const { selfTest: _, sidebar: __, ...less } = adapter;
      return { ...less, clock: 'none', selfTest: undefined as never, sidebar: undefined as never };
    })(clientWith(() => Object.fromEntries(optional.map((name) => [name, undefined])))(unclocked));
    const startDesk: Harness['startDesk'] = async (clock) => {
      const {
        assign: _,
        note: __,
        answerAsBot: ___,
        freeze: ____,
        partnerOf: _____,
        ...desk
      } = await harness.startDesk(clock);
      return desk;
    };
    const undone = ['clock', 'assignees', 'notes', 'bots', 'freezing', 'partner field'] as const;
    const lacks: readonly Optional[] = [...optional, ...undone, 'ticket fields', 'selfTest', 'sidebar'];
    const bare = { ...whole, startDesk, lacks };
    for (const what of lacks) expect(await isLacking(bare, what), what).toBe(true);
    for (const check of checks) if (!isSpared(check, bare)) await check.run(bare);
  });

  it.each(['count', 'inspect', 'fields', 'remote', 'changeTagsOfMany', 'recordScore', 'selfTest', 'sidebar'] as const)(
    'bug: an adapter that lost its %s passed, for there was nothing to check',
    async (what) => {
      const lost = optional.some((name) => name === what)
        ? clientWith(() => ({ [what]: undefined }))(harness)
        : adapterWith(() => ({ [what]: undefined }))(harness);
      const concerned = checks.filter(({ needs }) => needs === what);
      expect(concerned.length).toBeGreaterThan(0);
      expect(await isLacking(harness, what)).toBe(false);
      for (const { run } of concerned) await expect((async () => run(lost))()).rejects.toThrow();
    },
  );
});

describe('a helpdesk without a clock of its own', () => {
  const unclocked = historyWith(() => ({ work: [] }))(harness);
  const saying = adapterWith(() => ({ clock: 'none' }));

  it('bug: could not pass, for the suite demanded measured seconds of everybody', async () => {
    const bare = { ...saying(unclocked), lacks: [...harness.lacks, 'clock'] as const };
    expect(await isLacking(bare, 'clock')).toBe(true);
    const check = checks.find(({ name }) => name === 'a solved ticket tells the work of its agents');
    await check?.run(bare);
  });

  it('is one that says so and tells no measured work, both', async () => {
    expect(await isLacking(unclocked, 'clock')).toBe(false);
    expect(await isLacking(saying(harness), 'clock')).toBe(false);
    const concerned = checks.filter(({ needs }) => needs === 'clock');
    expect(concerned).not.toEqual([]);
    for (const { run } of concerned) await expect((async () => run(saying(harness)))()).rejects.toThrow();
  });
});

describe('the helpdesk in memory', () => {
  it('bug: could not be copied as README.md tells, for what goes to src imported what stays among the tests', () => {
    const readme = readFileSync(new URL('../../README.md', here), 'utf8');
    const [, list = ''] = /cp test\/helpdesks\/memory\/\{([\w,]+)\}\.ts src\/helpdesks\//.exec(readme) ?? [];
    const copied = list.split(',');
    expect(copied.length).toBeGreaterThan(3);
    const odd = copied.flatMap((name) => {
      const text = readFileSync(new URL(`memory/${name}.ts`, here), 'utf8');
      const imported = [...text.matchAll(/ from '(\.[^']+)';$/gm)].map(([, path = '']) => path);
      return imported.filter(
        (path) => !path.startsWith('../../../src/') && !copied.some((other) => path === `./${other}.ts`),
      );
    });
    expect(odd).toEqual([]);
  });
});

describe('every helpdesk of the registry', () => {
  const kinds = [...helpdesks.keys()];

  it('has a harness, samples of deliveries and passes the suite', () => {
    expect(kinds).toEqual(expect.arrayContaining(['zendesk', 'gorgias', 'kustomer']));
    for (const kind of kinds) {
      expect(helpdesks.get(kind)?.kind).toBe(kind);
      const folder = new URL(`${kind}/`, here);
      const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
      expect(read('conformance.test.ts')).toMatch(/^conformance\(/m);
      const harnessFile = readdirSync(folder).includes('harness.ts') ? 'harness.ts' : 'conformance.test.ts';
      expect(read(harnessFile)).toContain(`src/helpdesks/${kind}/index.ts`);
      const samples = readdirSync(new URL(`${kind}/fixtures/deliveries/`, here));
      expect(samples.filter((name) => name.endsWith('.json')).length).toBeGreaterThanOrEqual(4);
      expect(samples).toContain('unknown.json');
    }
  });

  it('is the one folder that its kind names', () => {
    const folders = readdirSync(new URL('../../src/helpdesks/', here), { withFileTypes: true });
    const names = folders.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
    expect(names.toSorted()).toEqual(kinds.toSorted());
  });
});
