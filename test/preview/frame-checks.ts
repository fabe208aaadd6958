import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect } from 'vitest';
import type { Visited } from './in-browser.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const axeTags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds wrong, with where. It must have looked at more than nothing. */
export const faultsOf = async ({ frame }: Visited): Promise<string[]> => {
  const document = await frame();
  await document.evaluate(axe);
  const { passes, faults } = (await document.evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(axeTags)} }).then(({ passes, violations }) => ({
      passes: passes.length,
      faults: violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 200))),
    }))`,
  )) as { passes: number; faults: string[] };
  expect(passes).toBeGreaterThan(10);
  return faults;
};

/** How many pixels the content is wider than the frame. */
export const overflowOf = async ({ frame }: Visited): Promise<unknown> =>
  (await frame()).evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

/** What has the focus, by name or text. */
export const focused = async ({ frame }: Visited): Promise<string> =>
  (await (
    await frame()
  ).evaluate(
    `document.hasFocus() ? (document.activeElement.ariaLabel ?? document.activeElement.textContent) : ''`,
  )) as string;
