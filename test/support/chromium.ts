import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';

const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** Whether tests in a browser run: where there is none they are skipped, unless no skip is allowed. */
export const hasChromium = chromiumPath !== undefined || process.env.DESKLEDGER_NO_SKIP === '1';

/** To be said where they are skipped. */
export const warnOfSkip = (title: string): void => {
  if (!hasChromium)
    console.warn(`SKIPPED: ${title} was not checked, for there is no Chromium (apt-get install chromium).`);
};

const launch = {
  executablePath: chromiumPath ?? 'chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

export const launchChromium = (): Promise<Browser> => chromium.launch(launch);

/** Whether a frame of another site may keep things: browsers of agents allow it, this one only when it is told to. */
const preferences = JSON.stringify({ profile: { block_third_party_cookies: false, cookie_controls_mode: 0 } });

/** One that remembers between pages, frames of other sites included; its profile goes when it is closed. */
export const launchRemembering = async (): Promise<BrowserContext> => {
  const folder = await mkdtemp(join(tmpdir(), 'deskledger-profile-'));
  await mkdir(join(folder, 'Default'));
  await writeFile(join(folder, 'Default', 'Preferences'), preferences);
  const view = { viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' } as const;
  const context = await chromium.launchPersistentContext(folder, { ...launch, ...view });
  context.on('close', () => void rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return context;
};
