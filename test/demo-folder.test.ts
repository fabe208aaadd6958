import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { dayMs, hourMs } from '../src/core/time.ts';
import {
  commandClock,
  commandConfig,
  demoLog,
  demoLogOf,
  demoSignInCommand,
  forgetDemoTime,
  isDemo,
  tellDemoTime,
} from '../src/demo-folder.ts';
import { catchingUpClock, wallClock } from '../src/platform/clock.ts';
import { temporaryFolder } from './simulation/server.ts';

test('a folder is the demo’s once its log lies there, and a database of its own is never a demo’s', async () => {
  const dataDir = await temporaryFolder();
  expect(await isDemo({ dataDir, databaseUrl: undefined })).toBe(false);
  await writeFile(demoLogOf({ dataDir }), '');
  expect(await isDemo({ dataDir, databaseUrl: undefined })).toBe(true);
  expect(await isDemo({ dataDir, databaseUrl: 'postgres://127.0.0.1/real' })).toBe(false);
});

test('bug: commands in a demo’s folder refused its vendors on loopback', async () => {
  const dataDir = await temporaryFolder();
  const config = loadConfig({ DATA_DIR: dataDir });
  expect(await commandConfig(config)).toEqual({ ...config, allowPrivateUpstreams: false });
  await writeFile(demoLogOf({ dataDir }), '');
  expect(await commandConfig(config)).toEqual({ ...config, allowPrivateUpstreams: true });
});

test('bug: while a demo’s days passed, doctor reckoned with the wall’s clock, and what a command signed was refused as of another day', async () => {
  const config = { dataDir: await temporaryFolder(), databaseUrl: undefined };
  expect(await commandClock(config)).toBe(wallClock);
  await writeFile(demoLogOf(config), '');
  expect(await commandClock(config)).toBe(wallClock);
  const story = catchingUpClock({ startMs: Date.now() - 60 * dayMs, speed: 1000 });
  await tellDemoTime(config, story, 1000);
  const clock = await commandClock(config);
  expect(Math.abs(clock.now().getTime() - story.now().getTime())).toBeLessThan(hourMs);
  await forgetDemoTime(config);
  expect(await commandClock(config)).toBe(wallClock);
});

test('a demo that was cut off, and one whose story met today, leave the wall’s clock', async () => {
  const config = { dataDir: await temporaryFolder(), databaseUrl: undefined };
  await writeFile(demoLogOf(config), '');
  const old = { now: '2026-01-02T10:00:00Z', at: new Date(Date.now() - hourMs).toISOString(), speed: 1000 };
  await writeFile(join(config.dataDir, 'demo-time.json'), JSON.stringify(old));
  expect(await commandClock(config)).toBe(wallClock);
  await tellDemoTime(config, catchingUpClock({ startMs: Date.now() + 1, speed: 2 }), 2);
  expect(await commandClock(config)).toBe(wallClock);
});

test('the hint for a sign-in link names the folder, and the address where it is not the default', () => {
  const publicUrl = 'http://127.0.0.1:3900';
  const here = join(process.cwd(), 'data', 'demo');
  expect(demoSignInCommand({ dataDir: here, publicUrl })).toBe('DATA_DIR=data/demo npx deskledger user sign-in');
  expect(demoSignInCommand({ dataDir: "/some where/it's", publicUrl: 'http://127.0.0.1:4000' })).toBe(
    "DATA_DIR='/some where/it'\\''s' PUBLIC_URL=http://127.0.0.1:4000 npx deskledger user sign-in",
  );
});

test('the demo’s log keeps warnings and leaves the rest out', async () => {
  const dataDir = await temporaryFolder();
  const log = demoLog({ dataDir });
  log.info('a step');
  log.warn({ step: 'gather' }, 'slow');
  expect(JSON.parse(await readFile(demoLogOf({ dataDir }), 'utf8'))).toMatchObject({ step: 'gather', msg: 'slow' });
});
