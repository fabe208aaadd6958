import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** Whether tests in a browser run: where there is none they are skipped, unless no skip is allowed. */
export const hasChromium = chromiumPath !== undefined || process.env.DESKLEDGER_NO_SKIP === '1';

/** To be said where they are skipped. */
export const warnOfSkip = (title: string): void => {
  if (!hasChromium)
    console.warn(`SKIPPED: ${title} was not checked, for there is no Chromium (apt-get install chromium).`);
};

export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
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
  });
