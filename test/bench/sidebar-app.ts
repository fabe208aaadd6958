import type { BrowserContext, Page } from 'playwright-core';
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

interface Look {
  readonly contentMs: number;
  /** Requests that the app made of Deskledger. */
  readonly asked: number;
}

const lookOnce = async (page: Page, url: string): Promise<Look> => {
  let asked = 0;
  page.on('request', (request) => {
    if (request.url().includes('/proxy/apps/')) asked += 1;
  });
  await page.goto(url);
  const iframe = page.locator('section.pane:not([hidden]) iframe');
  await iframe.contentFrame().getByText('Recent orders').waitFor();
  const frame = await (await iframe.elementHandle())?.contentFrame();
  await frame?.waitForFunction('window.contentMs > 0');
  return { contentMs: Number(await frame?.evaluate('window.contentMs')), asked };
};

const looks = async (url: string, context: () => Promise<BrowserContext>, isLeft: boolean): Promise<Look[]> => {
  const all: Look[] = [];
  for (let no = 0; no < warmUps + opened; no += 1) {
    const mine = await context();
    const page = await mine.newPage();
    await page.addInitScript(watch);
    all.push(await lookOnce(page, url));
    await (isLeft ? mine : page).close();
  }
  return all.slice(warmUps);
};

/** An agent opens a ticket in the simulated Agent Workspace: how long the app takes from its frame's first byte to figures. */
export const measureSidebarApp = async (): Promise<Measure[]> => {
  if (!hasChromium) return [plain('sidebar app', 'not measured: there is no Chromium (apt-get install chromium)')];
  const preview = await startPreview({ log: createLog({ level: 'silent' }) });
  const browser = await launchChromium();
  try {
    const url = preview.url('attributed');
    const cold = await looks(url, () => browser.newContext(), true);
    const remembering = await launchRemembering();
    const again = await looks(url, async () => remembering, false);
    await remembering.close();
    const times = (all: readonly Look[]): number[] => all.map(({ contentMs }) => contentMs);
    return [
      atMost(
        `sidebar app, from its frame's load to figures: nothing cached or remembered (median of ${opened})`,
        median(times(cold)),
        400,
        milliseconds,
      ),
      plain(
        '  of which',
        `p95 ${milliseconds(quantile(times(cold), 0.95))}, least ${milliseconds(Math.min(...times(cold)))}`,
      ),
      plain(
        '  a ticket opened before: last known figures',
        `${milliseconds(median(times(again)))}, p95 ${milliseconds(quantile(times(again), 0.95))}`,
      ),
      atMost('  requests of Deskledger per opened ticket', Math.max(...cold.map(({ asked }) => asked)), 1, String),
    ];
  } finally {
    await browser.close();
    await preview.stop();
  }
};
