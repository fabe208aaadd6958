import { expect, test } from 'vitest';
import { type PreviewInBrowser, rowOf, type Visited } from './in-browser.ts';

export const testFrames = ({ visit }: PreviewInBrowser): void => {
  /** Of the frame, of what is in it, and of where its list ends. */
  const heightsOf = async ({ page, frame }: Visited) => {
    const framed = await page
      .locator('section.pane:not([hidden]) iframe')
      .evaluate((one: { clientHeight: number }) => one.clientHeight);
    const [content, listEnd] = (await (
      await frame()
    ).evaluate(
      `['main', '[role=listbox]'].map((of) => {
        const box = document.querySelector(of)?.getBoundingClientRect();
        return of === 'main' ? Math.ceil(box.height) : Math.ceil(box?.bottom ?? 0);
      })`,
    )) as [number, number];
    // Taller than that it scrolls in itself.
    return { framed, wanted: Math.min(content, 900), listEnd };
  };
  const atRest = (open: Visited) =>
    expect.poll(async () => (({ framed, wanted }) => framed - wanted)(await heightsOf(open))).toBe(0);

  test('the frame is as tall as its content, and comes to rest', () =>
    visit('attributed', async (open) => {
      const { app } = open;
      await app.getByText('Updated').waitFor();
      await atRest(open);
      const { framed } = await heightsOf(open);
      await app.getByRole('button', { name: 'Attach an order number' }).click();
      await app.getByRole('textbox').waitFor();
      await atRest(open);
      expect((await heightsOf(open)).framed).toBeGreaterThan(framed);
      await app.getByRole('textbox').press('Escape');
      await expect.poll(async () => (await heightsOf(open)).framed).toBe(framed);
    }));

  test('bug: an open list left a gap under it; it lies over what follows, and the frame grows where too little does', async () => {
    await visit('attributed', async (open) => {
      const { app } = open;
      await app.getByText('Updated').waitFor();
      const regionTop = async () => (await rowOf(app, 'Region').boundingBox())?.y ?? 0;
      const before = await regionTop();
      await app.getByRole('button', { name: 'Change partner' }).click();
      await app.getByRole('option').first().waitFor();
      // The row moves by the search field alone.
      expect((await regionTop()) - before).toBeLessThan(60);
      await atRest(open);
    });
    await visit('unattributed', async (open) => {
      const { app } = open;
      await app.getByText('Updated').waitFor();
      await atRest(open);
      const { framed } = await heightsOf(open);
      await app.getByRole('button', { name: 'Change reason' }).click();
      await app.getByRole('option').first().waitFor();
      await atRest(open);
      const grown = await heightsOf(open);
      expect(grown.framed).toBeGreaterThanOrEqual(framed);
      expect(grown.listEnd).toBeLessThanOrEqual(grown.framed);
      await app.getByRole('combobox').press('Escape');
      await expect.poll(async () => (await heightsOf(open)).framed).toBe(framed);
    });
  });
};
