import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { storeAdapters } from '../../src/stores/registry.ts';
import { families } from './conformance.ts';
import { adapterWith, breaks, clientWith } from './memory/breaks.ts';
import { harness } from './memory/harness.ts';

const checks = Object.values(families).flat();
const here = new URL('.', import.meta.url);

describe('the suite', () => {
  it('knows a way to break each of its checks', () => {
    const names = checks.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(50);
    expect(new Set(names).size).toBe(names.length);
    expect(Object.keys(breaks).toSorted()).toEqual(names.toSorted());
  });

  it.each(checks)('finds an adapter of which this does not hold: $name', async ({ name, run, spared }) => {
    const broken = breaks[name]?.(harness);
    if (!broken) throw new Error('there is no way to break it');
    expect(spared?.(broken) ?? null).toBeNull();
    await expect((async () => run(broken))()).rejects.toThrow();
  });

  it('holds nothing against an adapter that lacks what is optional', async () => {
    const bare = adapterWith((adapter) => ({ ...adapter, selfTest: undefined as never }))(
      clientWith((client) => {
        for (const name of ['count', 'remote']) delete (client as unknown as Record<string, unknown>)[name];
        return {};
      })(harness),
    );
    for (const { spared, run } of checks) if ((spared?.(bare) ?? null) === null) await run(bare);
  });
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
