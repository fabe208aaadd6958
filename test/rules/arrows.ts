import { importsOf, type SourceFile, staticImportsOf, withoutComments } from './source.ts';

/** Where a file of src/ stands: `area` is its top folder or file, `room` the adapter or feature in it. */
interface Place {
  readonly area: string;
  readonly room: string | null;
}

const roomed = new Set(['helpdesks', 'stores', 'features']);

const placeOf = (path: string): Place => {
  const [, area = '', second, third] = path.split('/');
  return { area, room: roomed.has(area) && third !== undefined ? (second ?? null) : null };
};

const foundations = ['core', 'platform'];
const domain = ['helpdesks', 'stores', 'features'];
/** What the parts of compose put together. */
const composed = ['app.ts', 'worker.ts', 'dashboard'];
/** Commands of the CLI, and what the longer ones do. */
const commands = [
  'access-commands.ts',
  'app-folder.ts',
  'command.ts',
  'connect.ts',
  'connect-questions.ts',
  'connection-commands.ts',
  'demo.ts',
  'demo-folder.ts',
  'demo-ledger.ts',
  'disconnect.ts',
  'doctor.ts',
  'export.ts',
  'feed-commands.ts',
  'import.ts',
  'prove.ts',
  'readable.ts',
  'rebase.ts',
  'remote-setup.ts',
  'report-view.ts',
  'setting-names.ts',
  'sidebar-secret.ts',
  'terminal.ts',
  'verify-account.ts',
];
const started = [...foundations, ...domain, ...composed, 'config.ts', 'compose.ts'];
/** What each area may import beside itself: core <- platform <- helpdesks, stores, features <- app, worker <- compose <- main, cli. */
const mayImport = new Map<string, readonly string[]>([
  ['core', []],
  ['config.ts', foundations],
  ['platform', ['core']],
  ['helpdesks', foundations],
  ['stores', foundations],
  ['features', [...foundations, 'helpdesks', 'stores']],
  ['app.ts', [...foundations, ...domain]],
  ['worker.ts', [...foundations, ...domain]],
  ['compose', [...foundations, ...domain, ...composed, 'config.ts']],
  ['compose.ts', [...foundations, ...domain, 'worker.ts', 'config.ts', 'compose']],
  ['main.ts', started],
  ['deskledger.ts', ['cli.ts']],
  ['cli.ts', [...started, ...commands, 'main.ts']],
  ...commands.map((name) => [name, [...started, ...commands, 'main.ts']] as const),
  // The demo plays the simulated vendors: nothing else loads them, and nothing loads the demo before it is asked for.
  ['demo.ts', [...started, ...commands, 'main.ts', 'sandbox', 'preview']],
  ['preview', [...started, ...commands, 'main.ts', 'sandbox']],
  ['sandbox', ['core']],
  ['dashboard', [...foundations, 'features']],
]);

const isPort = (path: string): boolean => path === 'src/helpdesks/port.ts' || path === 'src/stores/port.ts';

/** Why `from` may not import `to`, or null. */
const fault = (from: string, to: string): string | null => {
  const [here, there] = [placeOf(from), placeOf(to)];
  if (here.area !== there.area && !mayImport.get(here.area)?.includes(there.area))
    return `${here.area} may not import ${there.area}`;
  if (there.area === 'features' && there.room !== here.room && to !== `src/features/${there.room}/index.ts`)
    return `a feature is entered by its index.ts`;
  if (here.area === 'features' && there.area !== 'features' && !foundations.includes(there.area) && !isPort(to))
    return 'of helpdesks and stores a feature imports port.ts alone';
  if (
    here.area === there.area &&
    here.room !== null &&
    there.room !== null &&
    here.room !== there.room &&
    here.area !== 'features'
  )
    return `one adapter does not import another`;
  return null;
};

/** Each import among the files of src/ that runs against the arrows, as "from -> to: why". */
export const wrongArrows = (files: readonly SourceFile[]): string[] =>
  files.flatMap((file) => {
    if (!mayImport.has(placeOf(file.path).area)) return [`${file.path}: has no place in the layout`];
    return importsOf(file)
      .filter(
        (target) =>
          target.startsWith('src/') || target.startsWith('..') || /^(?:test|prisma|zendesk-app)\//.test(target),
      )
      .flatMap((target) => {
        const why = target.startsWith('src/') ? fault(file.path, target) : 'src imports nothing outside src';
        return why === null ? [] : [`${file.path} -> ${target}: ${why}`];
      });
  });

/** Each file that loads the demo, and with it the simulated vendors, when it is loaded itself. */
export const loadsDemo = (files: readonly SourceFile[]): string[] =>
  files.filter((file) => staticImportsOf(file).includes('src/demo.ts')).map(({ path }) => path);

const usesPrisma = /\.prisma\b/;
const isPrisma = (target: string): boolean =>
  target.startsWith('@prisma/') || target.startsWith('src/platform/database/generated/');
const mayUsePrisma = /^src\/(?:platform\/database\/|features\/reports\/|features\/[^/]+\/store(?:-[^/]+)?\.ts$)/;

/** Each file that reaches for Prisma outside platform/database, a feature's store and reports. */
export const strayPrisma = (files: readonly SourceFile[]): string[] =>
  files
    .filter((file) => !mayUsePrisma.test(file.path))
    .filter((file) => importsOf(file).some(isPrisma) || usesPrisma.test(withoutComments(file.text)))
    .map((file) => file.path);

/** Each file but src/config.ts that reads the environment. */
export const strayEnvironment = (files: readonly SourceFile[]): string[] =>
  files
    .filter(({ path, text }) => path !== 'src/config.ts' && /\bprocess\.env\b/.test(withoutComments(text)))
    .map(({ path }) => path);

const ownTime =
  /\bnew Date\(\s*\)|\bDate\.now\(|\bset(?:Timeout|Interval)\(|\bMath\.random\(|\bperformance\.now\(|node:timers/;

/** Each file of the domain that takes time or chance from the machine and not from what it is handed. */
export const strayTime = (files: readonly SourceFile[]): string[] =>
  files
    .filter(({ path, text }) => domain.includes(placeOf(path).area) && ownTime.test(withoutComments(text)))
    .map(({ path }) => path);

/** What the sidebar app may know of the product: the types of what the server answers it. */
export const sidebarContract = 'src/features/sidebar/contract.ts';

/** Each import of the app that leaves its folder for more than those types, or takes what packs it into what is packed. */
export const strayAppImports = (files: readonly SourceFile[]): string[] =>
  files.flatMap((file) => {
    const loaded = new Set(staticImportsOf(file));
    return importsOf(file)
      .filter((target) => /^(?:src|test|prisma|\.\.)\b/.test(target) || target.startsWith('zendesk-app/pack/'))
      .filter((target) => !(target === sidebarContract && !loaded.has(target)))
      .filter((target) => !(target.startsWith('zendesk-app/pack/') && file.path.startsWith('zendesk-app/pack/')))
      .map((target) => `${file.path} -> ${target}`);
  });
