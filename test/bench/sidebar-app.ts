import type { Browser, BrowserContext, Page } from 'playwright-core';
import { createLog } from '../../src/platform/log.ts';
import { startPreview } from '../../src/preview/index.ts';
import { hasChromium, launchChromium, launchRemembering } from '../support/chromium.ts';
import { atMost, type Measure, median, plain, quantile } from './measures.ts';

const opened = 20;
/** They warm up the server's code, and do not count. */
const warmUps = 3;

const milliseconds = (value: number): string => `${value.toFixed(0)} ms`;

/** Runs in each frame before its own scripts: notes when the first figures stand on the page, from the frame's own navigation on. */
const watch = `if (location.pathname.endsWith('/iframe.html'))
  new MutationObserver((_, observer) => {
    if (!document.querySelector('main section dl')) return;
    observer.disconnect();
    // The next frame paints them.
    requestAnimationFrame(() => requestAnimationFrame(() => { window.contentMs = performance.now(); }));
  }).observe(document, { childList: true, subtree: true });`;

const contentMs = async (page: Page): Promise<number> => {
  const iframe = page.locator('section.pane:not([hidden]) iframe');
  await iframe.contentFrame().getByText('Recent orders').waitFor();
  const frame = await (await iframe.elementHandle())?.contentFrame();
  await frame?.waitForFunction('window.contentMs > 0');
  return Number(await frame?.evaluate('window.contentMs'));
};

/** Each by a browser that was just started, and has nothing. */
const firstLooks = async (browser: Browser, url: string): Promise<number[]> => {
  const all: number[] = [];
  for (let no = 0; no < warmUps + opened; no += 1) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.addInitScript(watch);
    await page.goto(url);
    all.push(await contentMs(page));
    await context.close();
  }
  return all.slice(warmUps);
};

/** One ticket after the other in a workspace that stays open; the frame of each is new. */
const looks = async (context: BrowserContext, url: string, tickets: readonly number[]) => {
  const page = await context.newPage();
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().includes('/proxy/apps/')) asked += 1;
  });
  await page.addInitScript(watch);
  await page.goto(url);
  await contentMs(page);
  const all: number[] = [];
  for (const ticket of tickets) {
    await page.locator('select[name=ticket]').selectOption(String(ticket));
    all.push(await contentMs(page));
    await page.locator('#tabs .close').first().click();
  }
  await page.close();
  return { times: all.slice(warmUps), asked: asked / (1 + tickets.length) };
};

/** An agent opens a ticket in the simulated Agent Workspace: how long the app takes from its frame's first byte to figures. */
export const measureSidebarApp = async (): Promise<Measure[]> => {
  if (!hasChromium) return [plain('sidebar app', 'not measured: there is no Chromium (apt-get install chromium)')];
  const preview = await startPreview({ log: createLog({ level: 'silent' }) });
  const browser = await launchChromium();
  try {
    const url = preview.url('attributed');
    // Among the newest, which the workspace lists; nobody has opened them yet.
    const tickets = [...preview.sandbox.zendesk.desk.tickets.keys()]
      .filter((id) => ![...preview.tickets.values()].includes(id))
      .slice(-(warmUps + opened));
    const fresh = await looks(await browser.newContext(), url, tickets);
    const remembering = await launchRemembering();
    await looks(remembering, url, tickets);
    const again = await looks(remembering, url, tickets);
    await remembering.close();
    const first = await firstLooks(browser, url);
    const spread = (times: readonly number[]): string =>
      `least ${milliseconds(Math.min(...times))}, p95 ${milliseconds(quantile(times, 0.95))}`;
    return [
      atMost(
        `sidebar app, from its frame's load to figures (median of ${opened})`,
        median(fresh.times),
        400,
        milliseconds,
      ),
      plain('  of which', spread(fresh.times)),
      plain(
        '  a ticket opened before, to its last known figures',
        `${milliseconds(median(again.times))}; ${spread(again.times)}`,
      ),
      plain(
        '  the first ticket of a browser that has nothing cached',
        `${milliseconds(median(first))}; ${spread(first)}`,
      ),
      atMost('  requests of Deskledger per opened ticket', fresh.asked, 1, String),
    ];
  } finally {
    await browser.close();
    await preview.stop();
  }
};
