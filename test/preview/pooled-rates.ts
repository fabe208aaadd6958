import { expect, test } from 'vitest';
import { faultsOf, overflowOf } from './frame-checks.ts';
import type { PreviewInBrowser } from './in-browser.ts';

/** Of the focused button in a line that clips: its ring, whether it is seen whole, and how tall it is to a finger. */
const ring = `(() => {
  const button = document.activeElement;
  const { outlineWidth, outlineOffset, direction } = getComputedStyle(button);
  const ring = parseFloat(outlineWidth) + parseFloat(outlineOffset);
  const { left, right, top, bottom } = button.getBoundingClientRect();
  let line = button.parentElement;
  while (getComputedStyle(line).overflowX !== 'clip') line = line.parentElement;
  const seenIn = line.getBoundingClientRect();
  const rooms = [left - seenIn.left, seenIn.right - right];
  const isAt = (y) => document.elementFromPoint((left + right) / 2, y) === button;
  return {
    ring,
    isWhole: Math.min(...rooms) >= ring,
    isFirst: rooms[direction === 'rtl' ? 1 : 0] <= ring,
    isTall: isAt((top + bottom) / 2 - 11) && isAt((top + bottom) / 2 + 11),
  };
})()`;

export const testPooledRates = ({ visit }: PreviewInBrowser): void => {
  test.each(['light', 'dark'] as const)(
    'bug: why costs are at pooled rates stood in a title alone; a press of key or finger tells it (%s)',
    (scheme) =>
      visit(
        'attributed',
        async (open) => {
          const { app, page } = open;
          await app.getByText('Updated').waitFor();
          const mentions = app.getByRole('button', { name: 'at pooled rates' });
          expect(await mentions.count()).toBe(2);
          const why = app.getByText('average rate of its role');
          for (const mention of await mentions.all()) {
            expect(await mention.getAttribute('aria-expanded')).toBe('false');
            await mention.focus();
            await page.keyboard.press('Enter');
            expect(await mention.getAttribute('aria-expanded')).toBe('true');
            await why.waitFor();
            expect(await faultsOf(open)).toEqual([]);
            expect(await overflowOf(open)).toBe(0);
            await mention.click();
            await why.waitFor({ state: 'detached' });
          }
        },
        { scheme },
      ),
  );

  test.each(['en-US', 'ar'])('bug: where "at pooled rates" began a line its focus ring was cut off: %s', (locale) =>
    visit(
      'attributed',
      async ({ app, page, frame }) => {
        await app.locator('section').nth(3).waitFor();
        const iframe = page.locator('section.pane:not([hidden]) iframe');
        let beginning = 0;
        for (const width of [320, 160]) {
          await iframe.evaluate((one, px) => {
            one.style.width = `${px}px`;
          }, width);
          for (const mention of await app.locator('dd button[aria-controls]').all()) {
            await mention.focus();
            await page.keyboard.press('Shift');
            const seen = (await (await frame()).evaluate(ring)) as { isFirst: boolean };
            expect(seen).toMatchObject({ ring: 3, isWhole: true, isTall: true });
            if (seen.isFirst) beginning += 1;
          }
        }
        expect(beginning).toBeGreaterThan(1);
        expect(await (await frame()).evaluate('document.documentElement.scrollWidth')).toBe(160);
      },
      { locale },
    ),
  );

  test('bug: two buttons were called alike, and nothing told whose they were', () =>
    visit('attributed', async ({ app }) => {
      await app.locator('section').nth(3).waitFor();
      const told: string[] = [];
      for (const mention of await app.getByRole('button', { name: 'at pooled rates' }).all())
        told.push(await app.locator(`[id="${await mention.getAttribute('aria-describedby')}"]`).innerText());
      expect(told).toEqual(['Cost so far', 'Cost per ticket']);
    }));
};
