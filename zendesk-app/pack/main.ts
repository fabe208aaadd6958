import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { firstPaint, firstPaintLimit } from './budget.ts';
import type { Built } from './build.ts';
import { builtOnce } from './once.ts';
import { builtFolder, readPackage } from './package-files.ts';
import { validate } from './validate.ts';
import { mostZipBytes, zipOf } from './zip.ts';

const usage = `node zendesk-app/pack/main.ts build | validate [FOLDER] | package [--service https://desk.example.com] | folder`;

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
const fail = (text: string): void => {
  console.error(text);
  process.exitCode = 1;
};

const serviceOf = (text: string | undefined): URL | null => {
  if (text === undefined) return null;
  if (!URL.canParse(text) || new URL(text).protocol !== 'https:')
    throw new RangeError(`--service ${text} is not an https address such as https://desk.example.com`);
  return new URL(text);
};

const buildAndWeigh = async (service: URL | null): Promise<Built> => {
  const { buildApp } = await import('./build.ts');
  const built = await buildApp({ service });
  const files = firstPaint(built.chunks);
  const bytes = [...files.values()].reduce((sum, size) => sum + size, 0);
  console.log(`JavaScript before the first paint: ${kilobytes(bytes)} gzipped of ${kilobytes(firstPaintLimit)}`);
  if (files.size === 0) fail('The build has no entry: nothing was weighed.');
  if (bytes > firstPaintLimit) fail(`Too much: ${[...files].map(([name, size]) => `${name} ${size}`).join(', ')}`);
  return built;
};

/** False where Zendesk would refuse the package. */
const isTaken = (folder: string): boolean => {
  const findings = validate(readPackage(folder));
  for (const { level, rule, text } of findings) console.log(`${level}: ${text} (${rule})`);
  const errors = findings.filter(({ level }) => level === 'error').length;
  console.log(`${relative('.', folder)}: ${errors} errors, ${findings.length - errors} warnings`);
  if (errors > 0) process.exitCode = 1;
  return errors === 0;
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { service: { type: 'string' } } });
const [command, folder = builtFolder] = positionals;
const service = serviceOf(values.service);

if (command === 'build') await buildAndWeigh(service);
else if (command === 'validate') isTaken(folder);
// For the preview and the demo, which start this as a process of its own: its one line says where the built app lies.
else if (command === 'folder') console.log(await builtOnce());
else if (command === 'package') {
  const { version } = await buildAndWeigh(service);
  if (isTaken(builtFolder)) {
    const zip = zipOf(readPackage(builtFolder));
    const path = join(builtFolder, '..', `deskledger-${version}.zip`);
    if (zip.length > mostZipBytes)
      fail(`The zip has ${kilobytes(zip.length)}; Zendesk takes ${kilobytes(mostZipBytes)}.`);
    else {
      writeFileSync(path, zip);
      console.log(`${relative('.', path)}: ${kilobytes(zip.length)}`);
    }
    if (service === null)
      console.log('Without --service the package names no server: Zendesk gives the secret to none until it does.');
  }
} else fail(usage);
