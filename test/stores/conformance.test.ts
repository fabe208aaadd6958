import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { storeAdapters } from '../../src/stores/registry.ts';
import { isSpared } from '../conformance/check.ts';
import { isLacking } from './conformance/lacking.ts';
import { families } from './conformance.ts';
import { adapterWith, breaks, clientWith } from './memory/breaks.ts';
import { harness } from './memory/harness.ts';

const checks = Object.values(families).flat();
const here = new URL('.', import.meta.url);
const without = (name: string) => ({ [name]: undefined });
const lost = {
  count: clientWith(() => without('count')),
  remote: clientWith(() => without('remote')),
  selfTest: adapterWith(() => without('selfTest')),
};

describe('the suite', () => {
  it('knows a way to break each of its checks', () => {
    const names = checks.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(50);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(breaks).toSorted()).toEqual(names.toSorted());
  });

  it.each(checks)('finds an adapter of which this does not hold: $name', async (check) => {
    const broken = breaks[check.name]?.({ ...harness, lacks: [] });
    if (!broken) throw new Error('there is no way to break it');
    await expect((async () => check.run(broken))()).rejects.toThrow();
  });

  it('holds nothing against an adapter that lacks what is optional', async () => {
    const lacks = ['count', 'remote', 'selfTest', 'store named in deliveries'] as const;
    const { ofAnother: _, ...unnamed } = lost.selfTest(lost.remote(lost.count(harness)));
    const bare = { ...unnamed, lacks };
    for (const what of lacks) expect(await isLacking(bare, what), what).toBe(true);
    for (const check of checks) if (!isSpared(check, bare)) await check.run(bare);
  });

  it.each(['count', 'remote', 'selfTest'] as const)(
    'bug: an adapter that lost its %s passed, for there was nothing to check',
    async (what) => {
      const concerned = checks.filter(({ needs }) => needs === what);
      expect(concerned.length).toBeGreaterThan(0);
      expect(await isLacking(harness, what)).toBe(false);
      for (const { run } of concerned) await expect((async () => run(lost[what](harness)))()).rejects.toThrow();
    },
  );
});

describe('every store of the registry', () => {
  const kinds = [...storeAdapters.keys()];

  it('has a harness, samples of deliveries and passes the suite', () => {
    expect(kinds).toContain('bigcommerce');
    for (const kind of kinds) {
      const folder = new URL(`${kind}/`, here);
      const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
      expect(read('conformance.test.ts')).toMatch(/^conformance\(/m);
      expect(read('harness.ts')).toContain(`src/stores/${kind}/`);
      const samples = readdirSync(new URL(`${kind}/fixtures/deliveries/`, here));
      expect(samples.filter((name) => name.endsWith('.json')).length).toBeGreaterThanOrEqual(5);
      expect(samples).toContain('unknown.json');
    }
  });

  it('is the one folder that its kind names', () => {
    const folders = readdirSync(new URL('../../src/stores/', here), { withFileTypes: true });
    const names = folders.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
    expect(names.toSorted()).toEqual(kinds.toSorted());
  });
});
