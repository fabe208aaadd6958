import { expect, test } from 'vitest';
import {
  loadsDemo,
  sidebarContract,
  strayAppImports,
  strayEnvironment,
  strayPrisma,
  strayTime,
  wrongArrows,
} from './arrows.ts';
import { importsOf, readSources } from './source.ts';

const sources = readSources('src');
const file = (path: string, text: string) => ({ path, text });

test('the rules look at the whole product', () => {
  const areas = new Set(sources.map(({ path }) => path.split('/')[1]));
  expect([...areas]).toEqual(
    expect.arrayContaining(['core', 'platform', 'helpdesks', 'stores', 'features', 'sandbox']),
  );
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.flatMap(importsOf).filter((target) => target.startsWith('src/')).length).toBeGreaterThan(200);
});

test('imports run one way', () => {
  expect(wrongArrows(sources)).toEqual([]);
});

test('the simulated vendors are loaded with the demo alone, and the demo when it is asked for', () => {
  expect(loadsDemo(sources)).toEqual([]);
  for (const text of [
    "import { demo } from './demo.ts';",
    "export { demo } from './demo.ts';",
    "import {\n  demo,\n} from './demo.ts';",
    "import './demo.ts';",
  ])
    expect(loadsDemo([file('src/cli.ts', text)])).toEqual(['src/cli.ts']);
  for (const text of ["const { demo } = await import('./demo.ts');", "import type { Demo } from './demo.ts';"])
    expect(loadsDemo([file('src/cli.ts', text)])).toEqual([]);
});

test('Prisma is used by platform/database, the stores of features and reports alone', () => {
  expect(strayPrisma(sources)).toEqual([]);
});

test('the environment is read in src/config.ts alone', () => {
  expect(strayEnvironment(sources)).toEqual([]);
});

test('features, helpdesks and stores take time and chance from what they are handed', () => {
  expect(strayTime(sources)).toEqual([]);
});

test.each([
  ['src/core/money.ts', '../platform/clock.ts'],
  ['src/platform/clock.ts', '../features/costing/index.ts'],
  ['src/platform/queue/queues.ts', '../../config.ts'],
  ['src/features/csat/mail.ts', '../costing/price.ts'],
  ['src/features/ingest/gather.ts', '../../helpdesks/zendesk/client.ts'],
  ['src/features/ingest/gather.ts', '../../helpdesks/registry.ts'],
  ['src/features/ingest/gather.ts', '../../compose.ts'],
  ['src/features/ingest/gather.ts', '../../sandbox/random.ts'],
  ['src/helpdesks/zendesk/client.ts', '../../features/costing/index.ts'],
  ['src/helpdesks/zendesk/client.ts', '../../stores/port.ts'],
  ['src/helpdesks/zendesk/client.ts', '../gorgias/client.ts'],
  ['src/sandbox/zendesk/desk.ts', '../../helpdesks/port.ts'],
  ['src/sandbox/zendesk/desk.ts', '../../platform/clock.ts'],
  ['src/app.ts', './compose.ts'],
  ['src/app.ts', './features/ingest/routes.ts'],
  ['src/compose.ts', './main.ts'],
  ['src/compose/vendors.ts', '../compose.ts'],
  ['src/cli.ts', './compose/vendors.ts'],
  ['src/cli.ts', './sandbox/zendesk/index.ts'],
  ['src/connect.ts', './sandbox/index.ts'],
  ['src/main.ts', './demo.ts'],
  ['src/deskledger.ts', './main.ts'],
  ['src/core/money.ts', '../../test/support/database.ts'],
])('%s importing %s is found', (path, target) => {
  for (const text of [
    `import { x } from '${target}';`,
    `export * from "${target}";`,
    `import '${target}';`,
    `await import('${target}');`,
  ])
    expect(wrongArrows([file(path, text)])).toHaveLength(1);
});

test.each([
  ['src/features/ingest/process.ts', '../costing/index.ts'],
  ['src/features/ingest/process.ts', '../../helpdesks/port.ts'],
  ['src/features/csat/providers/own.ts', '../mail.ts'],
  ['src/helpdesks/registry.ts', './zendesk/index.ts'],
  ['src/helpdesks/zendesk/client.ts', '../settings.ts'],
  ['src/compose.ts', './compose/vendors.ts'],
  ['src/compose/vendors.ts', '../helpdesks/registry.ts'],
  ['src/main.ts', './compose.ts'],
  ['src/demo.ts', './sandbox/zendesk/index.ts'],
  ['src/deskledger.ts', './cli.ts'],
  ['src/core/money.ts', 'zod'],
])('%s may import %s', (path, target) => {
  expect(wrongArrows([file(path, `import { x } from '${target}';`)])).toEqual([]);
});

test('a file outside the layout, stray Prisma, environment and time are found; comments are not', () => {
  expect(wrongArrows([file('src/utils/strings.ts', '')])).toHaveLength(1);
  expect(strayPrisma([file('src/features/csat/mail.ts', 'await db.prisma.vote.count()')])).toHaveLength(1);
  expect(strayPrisma([file('src/app.ts', "import { PrismaClient } from '@prisma/client';")])).toHaveLength(1);
  expect(strayPrisma([file('src/features/csat/store-votes.ts', 'await db.prisma.vote.count()')])).toEqual([]);
  expect(strayEnvironment([file('src/main.ts', 'process.env.PORT')])).toHaveLength(1);
  expect(strayTime([file('src/features/csat/mail.ts', 'const at = new Date();')])).toHaveLength(1);
  expect(strayTime([file('src/features/csat/mail.ts', '// never new Date()\n/* Date.now() */ new Date(0);')])).toEqual(
    [],
  );
});

const sidebarApp = readSources('zendesk-app');

test('of the product the sidebar app knows the contract alone, and by its types', () => {
  expect(sidebarApp.length).toBeGreaterThan(30);
  expect(sidebarApp.flatMap(importsOf)).toContain(sidebarContract);
  expect(strayAppImports(sidebarApp)).toEqual([]);
  const from = '../../src/features/sidebar';
  for (const text of [
    `import { sidebarMoney } from '${from}/contract.ts';`,
    `import type { SidebarRoutes } from '${from}/index.ts';`,
    `import { readZip } from '../pack/zip.ts';`,
  ])
    expect(strayAppImports([file('zendesk-app/src/service.ts', text)])).toHaveLength(1);
  for (const text of [
    `import type { SidebarTicket } from '${from}/contract.ts';`,
    `import { fill } from './locale.ts';`,
  ])
    expect(strayAppImports([file('zendesk-app/src/service.ts', text)])).toEqual([]);
});
