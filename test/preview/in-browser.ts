import type { Browser, FrameLocator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { createLog } from '../../src/platform/log.ts';
import { type Preview, type PreviewOptions, type PreviewView, startPreview } from '../../src/preview/index.ts';
import type { TourTicket } from '../../src/sandbox/index.ts';
import { hasChromium, launchChromium, warnOfSkip } from '../support/chromium.ts';
import { testDatabaseUrl } from '../support/database.ts';

interface Visit extends PreviewView {
  readonly width?: number;
  /** The machine's own wish for less motion and so on; the app's colours come from the workspace. */
  readonly reducedMotion?: 'reduce' | 'no-preference';
  /** What the browser is expected to complain of. */
  readonly complaints?: readonly string[];
}

/** What a visitor has in the hand. */
export interface Visited {
  readonly page: Page;
  /** The app beside the ticket that is shown. */
  readonly app: FrameLocator;
}

/** The preview with a browser, for the tests of one file. */
export interface PreviewInBrowser {
  readonly preview: Preview;
  /** Opens a ticket in a browser without a past; ends with everything that the browser complained of. */
  visit(ticket: TourTicket | number | 'new', work: (visited: Visited) => Promise<void>, how?: Visit): Promise<void>;
}

/** Starts one preview and one browser for the tests within; without a Chromium they are skipped, and say so. */
export const describeInPreview = (
  title: string,
  tests: (preview: PreviewInBrowser) => void,
  options: Pick<PreviewOptions, 'history'> = {},
): void => {
  warnOfSkip(title);
  describe.skipIf(!hasChromium)(title, () => {
    let preview: Preview;
    let browser: Browser;

    beforeAll(async () => {
      preview = await startPreview({
        log: createLog({ level: 'silent' }),
        history: false,
        env: { DATABASE_URL: await testDatabaseUrl(), SECRET_KEY: 'k'.repeat(32) },
        ...options,
      });
      browser = await launchChromium();
    }, 180_000);

    afterAll(async () => {
      await browser?.close();
      await preview?.stop();
    });

    tests({
      get preview() {
        return preview;
      },

      async visit(ticket, work, { width = 1280, reducedMotion = 'reduce', complaints = [], ...view } = {}) {
        const context = await browser.newContext({ viewport: { width, height: 900 }, reducedMotion });
        const page = await context.newPage();
        page.setDefaultTimeout(15_000);
        const heard: string[] = [];
        page.on('pageerror', (error) => heard.push(String(error)));
        page.on('console', (message) => {
          if (message.type() === 'error') heard.push(message.text());
        });
        try {
          await page.goto(preview.url(ticket, view));
          await work({ page, app: page.frameLocator('section.pane:not([hidden]) iframe') });
        } finally {
          await context.close();
        }
        expect(heard.filter((text) => !complaints.some((known) => text.includes(known)))).toEqual([]);
      },
    });
  });
};
