import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Rolldown } from 'vite';
import type { Chunk } from './budget.ts';
import { iconPlugin } from './icon-plugin.ts';
import type { JsonObject } from './json.ts';
import { builtFolder, zcliConfig, zcliIgnore } from './package-files.ts';

const home = join(import.meta.dirname, '..');

export interface Built {
  readonly chunks: readonly Chunk[];
  readonly version: string;
}

/** What a company says in its own package. */
export interface Own {
  readonly service: URL | null;
  readonly email: string | null;
}

/** The manifest for one server: its host is the only one that Zendesk's proxy gives the secret to. */
export const manifestFor = (manifest: JsonObject, { service, email }: Own): JsonObject => {
  const author = email === null ? manifest.author : { ...(manifest.author as JsonObject), email };
  if (service === null) return { ...manifest, author } as JsonObject;
  const parameters = (manifest.parameters as readonly JsonObject[]).map((parameter) =>
    parameter.name === 'service_address' ? { ...parameter, default: service.href.replace(/\/+$/, '') } : parameter,
  );
  return { ...manifest, author, domainWhitelist: [service.hostname], parameters } as JsonObject;
};

/** Builds the app into a folder: manifest.json, translations/ and assets/. */
export const buildApp = async ({
  folder = builtFolder,
  ...own
}: Own & {
  readonly folder?: string;
}): Promise<Built> => {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder))
    if (name !== zcliConfig) rmSync(join(folder, name), { recursive: true, force: true });
  const result = await build({
    configFile: false,
    root: join(home, 'src'),
    // Zendesk serves the files from a folder whose name it chooses.
    base: './',
    publicDir: join(home, 'assets'),
    logLevel: 'warn',
    plugins: [iconPlugin()],
    // The same app whatever NODE_ENV says where it is built.
    define: { 'process.env.NODE_ENV': '"production"' },
    oxc: { jsx: { runtime: 'automatic', development: false } },
    build: {
      outDir: join(folder, 'assets'),
      assetsDir: '',
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      rollupOptions: { input: join(home, 'src', 'iframe.html') },
    },
  });
  const manifest = JSON.parse(readFileSync(join(home, 'manifest.json'), 'utf8')) as JsonObject;
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifestFor(manifest, own), null, 2)}\n`);
  writeFileSync(join(folder, zcliIgnore), `${zcliConfig}\n${zcliIgnore}\n`);
  cpSync(join(home, 'translations'), join(folder, 'translations'), { recursive: true });
  const { output } = (Array.isArray(result) ? result[0] : result) as Rolldown.RolldownOutput;
  return {
    chunks: output.filter((file) => file.type === 'chunk'),
    version: String(manifest.version),
  };
};
