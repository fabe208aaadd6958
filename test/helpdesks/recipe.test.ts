import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = new URL('../../', import.meta.url);
const copied = [
  'src',
  'zendesk-app',
  'test/helpdesks',
  'test/conformance',
  'test/sandbox',
  'test/support',
  'test/rules',
];
const alone = ['README.md', 'package.json', 'tsconfig.json', 'biome.json'];
const settings = {
  test: { setupFiles: ['test/support/fault-words.ts'], testTimeout: 60_000, hookTimeout: 60_000 },
};

let folder: string;
/** What a program of the checkout says in the copy of it; throws where it does not end well. */
const ran = async (program: string, ...args: string[]): Promise<string> => {
  const path = new URL(`node_modules/${program}`, root).pathname;
  const env = { ...process.env, NO_COLOR: '1' };
  try {
    return (await run(process.execPath, [path, ...args], { cwd: folder, env, maxBuffer: 1e7 })).stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${program} ${args.join(' ')}:\n${stdout.slice(-3000)}\n${stderr.slice(-1000)}`, { cause: error });
  }
};

/** A copy of the tree to which "acme" was added as README.md tells, to the letter. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deskledger-recipe-'));
  // What is a whole page's is no part of this.
  const filter = (path: string): boolean => !['dashboard', 'dist', 'recipe.test.ts'].includes(basename(path));
  for (const name of [...copied, ...alone])
    await cp(new URL(name, root), join(folder, name), { recursive: true, filter });
  await symlink(new URL('node_modules', root), join(folder, 'node_modules'));
  await writeFile(join(folder, 'vitest.config.ts'), `export default ${JSON.stringify(settings)};`);
  const readme = await readFile(join(folder, 'README.md'), 'utf8');
  const [, block = ''] = /## Add a helpdesk\n.*?```bash\n(.*?)```/s.exec(readme) ?? [];
  expect(block).toContain('KIND=acme');
  await run('bash', ['-euc', block], { cwd: folder });
  const registry = join(folder, 'src/helpdesks/registry.ts');
  const text = await readFile(registry, 'utf8');
  const named = text.replace(
    '\nconst adapters = {',
    "\nimport { acme } from './acme/index.ts';\nconst adapters = {\n  acme,",
  );
  expect(named).not.toBe(text);
  await writeFile(registry, named);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('what README.md tells whoever adds a helpdesk', () => {
  it('gives one that type-checks', async () => {
    const files = [
      'src/helpdesks/acme/index.ts',
      'test/helpdesks/acme/conformance.test.ts',
      'src/helpdesks/registry.ts',
    ];
    const config = { extends: './tsconfig.json', files, include: [] };
    await writeFile(join(folder, 'tsconfig.recipe.json'), JSON.stringify(config));
    await ran('typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.recipe.json');
  }, 120_000);

  it('gives one that passes the suite, is in the registry, and imports what an adapter may', async () => {
    const files = ['test/helpdesks/acme', 'test/helpdesks/conformance.test.ts', 'test/rules/arrows.test.ts'];
    const names = '^acme: |every helpdesk of the registry|import';
    await ran('vitest/vitest.mjs', 'run', ...files, '-t', names, '--reporter=json', '--outputFile=report.json');
    const report = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as {
      readonly numPassedTests: number;
      readonly numFailedTests: number;
    };
    expect(report.numFailedTests).toBe(0);
    expect(report.numPassedTests).toBeGreaterThan(70);
  }, 240_000);
});
