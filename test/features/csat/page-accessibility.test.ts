import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SurveyLanguage } from '../../../src/features/csat/index.ts';
import { createWorld, type World } from './world.ts';

const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const noSkip = process.env.DESKLEDGER_NO_SKIP === '1';
if (!chromiumPath && !noSkip)
  console.warn(
    'SKIPPED: the accessibility of the survey page was not checked, for there is no Chromium (apt-get install chromium).',
  );

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(!chromiumPath && !noSkip)('the survey page in a browser', () => {
  let world: World;
  let browser: Browser;
  let base: string;

  beforeAll(async () => {
    world = await createWorld();
    await world.app.listen({ port: 0, host: '127.0.0.1' });
    base = `http://127.0.0.1:${(world.app.server.address() as AddressInfo).port}`;
    browser = await chromium.launch({
      executablePath: chromiumPath ?? 'chromium',
      args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
    });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await world?.app.close();
  });

  const open = async (url: string, options: { width: number; dark?: boolean; scripts?: boolean }) => {
    const context = await browser.newContext({
      viewport: { width: options.width, height: 800 },
      colorScheme: options.dark ? 'dark' : 'light',
      javaScriptEnabled: options.scripts ?? true,
      // The page forbids scripts; axe is one.
      bypassCSP: options.scripts ?? true,
    });
    const page = await context.newPage();
    const blocked: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') blocked.push(message.text());
    });
    await page.goto(url);
    return { page, blocked, close: () => context.close() };
  };

  const tokenIn = async (language: SurveyLanguage) =>
    (await world.invited({ language: { language, reason: 'text' } })).token;

  it.each([
    ['en', 390, false],
    ['en', 1280, true],
    ['ar', 390, true],
    ['ar', 1280, false],
  ] as const)(
    'axe finds nothing to mend: %s at %d px, dark %s',
    async (language, width, dark) => {
      const token = await tokenIn(language);
      const voted = await tokenIn(language);
      await world.vote(voted, 2);
      const urls = [`/s/${token}?score=4`, `/s/${voted}`, `/s/${token}/unsubscribe`, `/s/${'A'.repeat(43)}`];
      for (const url of urls) {
        const { page, close } = await open(`${base}${url}`, { width, dark });
        await page.addScriptTag({ content: axe });
        const found = await page.evaluate(
          `axe.run().then(({ violations, passes }) => ({ passes: passes.length, violations: violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')) }))`,
        );
        expect(found, url).toMatchObject({ violations: [] });
        expect((found as { passes: number }).passes).toBeGreaterThan(5);
        await close();
      }
    },
    60_000,
  );

  it('has targets of at least 44 px and never scrolls sideways', async () => {
    for (const language of ['en', 'de', 'ar'] as const) {
      for (const width of [320, 390, 1280]) {
        const { page, close } = await open(`${base}/s/${await tokenIn(language)}`, { width });
        const targets = await page
          .locator('label, button, footer a')
          .evaluateAll((elements) => elements.map((element) => element.getBoundingClientRect().height));
        expect(targets).toHaveLength(7);
        expect(Math.min(...targets)).toBeGreaterThanOrEqual(44);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
        await close();
      }
    }
  }, 60_000);

  it('runs from the worst at the reader’s own side to the best', async () => {
    for (const [language, order] of [
      ['en', [1, 2, 3, 4, 5]],
      ['ar', [5, 4, 3, 2, 1]],
    ] as const) {
      const { page, close } = await open(`${base}/s/${await tokenIn(language)}`, { width: 1280 });
      const seen = await page.locator('input[type=radio]').evaluateAll((inputs) =>
        inputs
          .map((input) => ({
            score: Number((input as unknown as { value: string }).value),
            x: input.getBoundingClientRect().x,
          }))
          .toSorted((a, b) => a.x - b.x)
          .map(({ score }) => score),
      );
      expect(seen).toEqual(order);
      await close();
    }
  }, 60_000);

  it('takes a vote and its change by keyboard, without JavaScript and under its own policy', async () => {
    const { id, token } = await world.invited();
    const { page, blocked, close } = await open(`${base}/s/${token}?score=4`, { width: 390, scripts: false });
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    expect(await world.scoreOf(id)).toBe(5);

    world.clock.advance(60_000);
    await page.locator('summary').click();
    await page.getByLabel('Bad', { exact: true }).check();
    await page.getByRole('button', { name: 'Change answer' }).click();
    await page.getByRole('heading', { name: 'Answer changed' }).waitFor();
    expect(await world.scoreOf(id)).toBe(2);

    await page.getByRole('link', { name: 'Do not ask me again' }).click();
    await page.getByRole('button', { name: 'Do not ask me again' }).click();
    await page.getByRole('heading', { name: 'Done' }).waitFor();
    expect(blocked).toEqual([]);
    await close();
  }, 60_000);
});
