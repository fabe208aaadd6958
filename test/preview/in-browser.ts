import type { Browser, BrowserContext, Frame, FrameLocator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, vi } from 'vitest';
import { createLog } from '../../src/platform/log.ts';
import { type Preview, type PreviewOptions, type PreviewView, startPreview } from '../../src/preview/index.ts';
import type { TourTicket } from '../../src/sandbox/index.ts';
import { hasChromium, launchChromium, launchRemembering, warnOfSkip } from '../support/chromium.ts';
import { testDatabaseUrl } from '../support/database.ts';
import { sidebarToken } from '../support/sidebar-token.ts';

interface Visit extends PreviewView {
  readonly width?: number;
  /** The machine's own wish for less motion and so on; the app's colours come from the workspace. */
  readonly reducedMotion?: 'reduce' | 'no-preference';
  /** What the browser is expected to complain of. */
  readonly complaints?: readonly string[];
  /** A browser in which other tickets were opened before; it stays open. */
  readonly context?: BrowserContext;
  /** Done before the page is asked for. */
  readonly before?: (page: Page) => Promise<unknown>;
}

/** What a visitor has in the hand. */
export interface Visited {
  readonly page: Page;
  /** The app beside the ticket that is shown. */
  readonly app: FrameLocator;
  /** The app's document. */
  frame(): Promise<Frame>;
  /** Paths that the app has asked Deskledger for. */
  readonly asked: readonly string[];
  /** What Deskledger answered the app, as text. */
  readonly answers: readonly string[];
  /** As the bar of the workspace sets it, for all that is asked from now on. */
  setNetwork(network: NonNullable<PreviewView['network']>): Promise<void>;
}

/** The preview with a browser, for the tests of one file. */
export interface PreviewInBrowser {
  readonly preview: Preview;
  /** The id at Zendesk of a ticket of the tour. */
  idOf(ticket: TourTicket): number;
  /** A browser for `visit` that remembers: one like the others blocks the storage of a frame from another site. */
  remembering(): Promise<BrowserContext>;
  /** Opens a ticket in a browser without a past; ends with everything that the browser complained of. */
  visit(ticket: TourTicket | number | 'new', work: (visited: Visited) => Promise<void>, how?: Visit): Promise<void>;
}

/** The same day for every run: in the middle of a month, so that its pools of wages are known, and of a working day. */
const now = new Date('2026-05-20T10:00:00Z');

/** Runs in each frame before its own scripts: its clock shows the time of the preview. */
const shiftClock = (aheadMs: number): string => `{
  const Wall = Date;
  Date = class extends Wall {
    constructor(...given) {
      super(...(given.length > 0 ? given : [Wall.now() + ${aheadMs}]));
    }
    static now() {
      return Wall.now() + ${aheadMs};
    }
  };
}`;

/** Starts one preview and one browser for the tests within; without a Chromium they are skipped, and say so. */
export const describeInPreview = (
  title: string,
  tests: (preview: PreviewInBrowser) => void,
  options: Pick<PreviewOptions, 'history' | 'dropDowns'> = {},
): void => {
  warnOfSkip(title);
  describe.skipIf(!hasChromium)(title, () => {
    let preview: Preview;
    let browser: Browser;
    let remembering: Promise<BrowserContext> | undefined;

    beforeAll(async () => {
      preview = await startPreview({
        log: createLog({ level: 'silent' }),
        now,
        history: false,
        env: { DATABASE_URL: await testDatabaseUrl(), SECRET_KEY: 'k'.repeat(32) },
        ...options,
      });
      browser = await launchChromium();
      // The first figures are counted behind the first looks.
      const { sidebar, tickets } = preview;
      await vi.waitFor(
        async () => {
          const answer = await fetch(`${sidebar.address}/sidebar/v1/tickets/${tickets.get('attributed')}`, {
            headers: { authorization: `Bearer ${await sidebarToken(sidebar.secret)}` },
          });
          expect(await answer.json()).toMatchObject({ counting: false });
        },
        { timeout: 60_000, interval: 500 },
      );
    }, 180_000);

    afterAll(async () => {
      await browser?.close();
      await (await remembering)?.close();
      await preview?.stop();
    });

    tests({
      get preview() {
        return preview;
      },
      idOf(ticket) {
        const id = preview.tickets.get(ticket);
        if (id === undefined) throw new RangeError(`the tour has no ticket ${ticket}`);
        return id;
      },
      remembering: () => (remembering ??= launchRemembering()),

      async visit(ticket, work, how = {}) {
        const { width = 1280, reducedMotion = 'reduce', complaints = [], context: held, before, ...view } = how;
        const context = held ?? (await browser.newContext({ viewport: { width, height: 900 }, reducedMotion }));
        const page = await context.newPage();
        const asked: string[] = [];
        const answers: string[] = [];
        page.on('request', (request) => {
          if (request.url().includes('/proxy/apps/')) asked.push(new URL(request.postDataJSON().url).pathname);
        });
        page.on('response', (response) => {
          if (!response.url().includes('/proxy/apps/')) return;
          response.text().then(
            (text) => answers.push(text),
            // A page that is left takes its answers with it.
            () => null,
          );
        });
        page.setDefaultTimeout(15_000);
        const heard: string[] = [];
        page.on('pageerror', (error) => heard.push(String(error)));
        page.on('console', (message) => {
          if (message.type() === 'error') heard.push(message.text());
        });
        const iframe = page.locator('section.pane:not([hidden]) iframe');
        try {
          await page.addInitScript(shiftClock(preview.now().getTime() - Date.now()));
          await before?.(page);
          await page.goto(preview.url(ticket, view));
          await work({
            page,
            app: iframe.contentFrame(),
            asked,
            answers,
            async frame() {
              const frame = await (await iframe.elementHandle())?.contentFrame();
              if (!frame) throw new Error('the app has no frame');
              return frame;
            },
            setNetwork: async (network) => void (await page.locator('select[name=network]').selectOption(network)),
          });
        } finally {
          await (held ? page : context).close();
        }
        expect(heard.filter((text) => !complaints.some((known) => text.includes(known)))).toEqual([]);
      },
    });
  });
};

/** Holds what is asked of Deskledger until the answer is called. */
export const holding = async (page: Page): Promise<() => void> => {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route('**/proxy/apps/*', async (route) => {
    await released;
    await route.continue();
  });
  return release;
};

/** What a person reads in the app, one space between the pieces. */
export const textOf = async (app: FrameLocator): Promise<string> =>
  (await app.locator('main').innerText())
    .replaceAll(/[\u2068\u2069]/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** One row of the app: its name and what stands beside it. */
export const rowOf = (app: FrameLocator, name: string) => app.locator(`dl > div:has(> dt:text-is("${name}"))`);

/** Chooses from the search of a row by its first letters. */
export const choose = async ({ app }: Pick<Visited, 'app'>, what: string, search: string): Promise<void> => {
  await app.getByRole('button', { name: `Change ${what}` }).click();
  await app.getByRole('combobox').fill(search);
  await app.getByRole('option', { name: search, exact: false }).first().click();
};
