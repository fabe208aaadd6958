import { statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { firstPaint, firstPaintLimit } from './budget.ts';
import type { Built, Own } from './build.ts';
import { UsageFault, usage, type Work, warningsOf, workOf } from './command-line.ts';
import { builtOnce } from './once.ts';
import { builtFolder, readPackage } from './package-files.ts';
import { validate } from './validate.ts';
import { mostZipBytes, zipNameOf, zipOf } from './zip.ts';

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
const fail = (text: string): void => {
  console.error(text);
  process.exitCode = 1;
};

const buildAndWeigh = async (own: Own): Promise<Built> => {
  const { buildApp } = await import('./build.ts');
  const built = await buildApp(own);
  const files = firstPaint(built.chunks);
  const bytes = [...files.values()].reduce((sum, size) => sum + size, 0);
  console.log(`JavaScript before the first paint: ${kilobytes(bytes)} gzipped of ${kilobytes(firstPaintLimit)}`);
  if (files.size === 0) fail('The build has no entry: nothing was weighed.');
  if (bytes > firstPaintLimit) fail(`Too much: ${[...files].map(([name, size]) => `${name} ${size}`).join(', ')}`);
  return built;
};

/** False where Zendesk would refuse the package. */
const isTaken = (folder: string): boolean => {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    const next = folder === builtFolder ? 'run npm run app:build first' : 'give one that holds a manifest.json';
    fail(`There is no folder ${relative('.', folder)}: ${next}.`);
    return false;
  }
  const findings = validate(readPackage(folder));
  const remarks = findings.filter(({ level }) => level === 'remark');
  const faults = findings.filter(({ level }) => level !== 'remark');
  for (const { level, rule, text } of faults) console.log(`${level}: ${text} (${rule})`);
  if (remarks.length > 0)
    console.log(`Zendesk may remark on ${remarks.map(({ text }) => text).join(', and on ')}: nothing is to be done.`);
  const errors = faults.filter(({ level }) => level === 'error').length;
  console.log(`${relative('.', folder)}: ${errors} errors, ${faults.length - errors} warnings`);
  if (errors > 0) process.exitCode = 1;
  return errors === 0;
};

const makePackage = async ({ service, email }: Own): Promise<void> => {
  const { version } = await buildAndWeigh({ service, email });
  if (isTaken(builtFolder)) {
    const zip = zipOf(readPackage(builtFolder));
    const path = join(builtFolder, '..', zipNameOf(version, service));
    if (zip.length > mostZipBytes)
      fail(`The zip has ${kilobytes(zip.length)}; Zendesk takes ${kilobytes(mostZipBytes)}.`);
    else {
      writeFileSync(path, zip);
      console.log(`${relative('.', path)}: ${kilobytes(zip.length)}`);
    }
  }
  if (service === null)
    console.log('Without --service the package names no server: Zendesk gives the secret to none until it does.');
  if (email === null)
    console.log(
      "The author's e-mail in the manifest is a placeholder, which does for a private app: --email you@example.com puts yours there.",
    );
};

const run = async ({ command, folder, service, email }: Work): Promise<void> => {
  for (const warning of service ? warningsOf(service) : []) console.error(`warning: ${warning}`);
  if (command === 'build') await buildAndWeigh({ service, email });
  else if (command === 'validate') isTaken(folder ?? builtFolder);
  // For the preview and the demo, which start this as a process of its own: its one line says where the built app lies.
  else if (command === 'folder') console.log(await builtOnce());
  else await makePackage({ service, email });
};

try {
  const work = workOf(process.argv.slice(2));
  if (work === 'help') console.log(usage);
  else await run(work);
} catch (error) {
  if (!(error instanceof UsageFault)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
