import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect } from 'vitest';
import { session } from '../features/reports/page-access.ts';
import { hasChromium, launchChromium, warnOfSkip } from '../support/chromium.ts';
import { cannedServer } from './canned.ts';

type Server = Awaited<ReturnType<typeof cannedServer>>;

interface Visit {
  readonly width?: number;
  readonly dark?: boolean;
  /** The page takes scripts of its own alone; axe is another. */
  readonly axed?: boolean;
  /** What the browser is expected to complain of. */
  readonly complaints?: readonly string[];
}

/** The page in a real browser, on answers that a test may change. */
export interface PageInBrowser {
  readonly server: Pick<Server, 'answers' | 'asked' | 'sign' | 'reset'>;
  /** A visit that ends with everything the browser complained of. */
  visit(path: string, work: (page: Page) => Promise<void>, how?: Visit): Promise<void>;
}

/** Tests of the page in Chromium; without one they are skipped, and say so. */
export const describeInBrowser = (title: string, tests: (page: PageInBrowser) => void): void => {
  warnOfSkip(title);
  describe.skipIf(!hasChromium)(title, () => {
    let server: Server;
    let browser: Browser;

    beforeAll(async () => {
      server = await cannedServer();
      browser = await launchChromium();
    }, 60_000);

    afterAll(async () => {
      await browser?.close();
      await server?.close();
    });

    beforeEach(() => server.reset());

    tests({
      server: {
        get answers() {
          return server.answers;
        },
        get asked() {
          return server.asked;
        },
        get sign() {
          return server.sign;
        },
        reset: () => server.reset(),
      },

      async visit(path, work, { width = 1280, dark = false, axed = false, complaints = [] } = {}) {
        const context = await browser.newContext({
          viewport: { width, height: 800 },
          colorScheme: dark ? 'dark' : 'light',
          reducedMotion: 'reduce',
          bypassCSP: axed,
        });
        await context.addCookies([{ name: 'deskledger_session', value: session, url: server.base }]);
        const page = await context.newPage();
        page.setDefaultTimeout(8000);
        const heard: string[] = [];
        page.on('pageerror', (error) => heard.push(String(error)));
        page.on('console', (message) => {
          if (message.type() === 'error') heard.push(message.text());
        });
        await page.goto(`${server.base}${path}`);
        await work(page);
        await context.close();
        expect(heard.filter((text) => !complaints.some((known) => text.includes(known)))).toEqual([]);
      },
    });
  });
};

/** Names of the table's rows, as they stand. */
export const names = (page: Page) => page.locator('table.report tbody .opener .name').allTextContents();
export const opener = (page: Page, name: string) => page.locator('table.report').getByRole('button', { name });
/** Texts of one row of the table. */
export const cells = async (page: Page, index: number) =>
  (await page.locator('table.report tbody tr').nth(index).locator('td').allTextContents()).map((text) =>
    text.replaceAll('\u00a0', ' '),
  );
