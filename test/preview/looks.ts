import { expect, test } from 'vitest';
import type { SidebarTicket } from '../../src/features/sidebar/contract.ts';
import { agents } from '../../src/sandbox/scenario/marketplace.ts';
import { faultsOf, focused, overflowOf } from './frame-checks.ts';
import { type PreviewInBrowser, rowOf, textOf } from './in-browser.ts';

const seconds = { fewRatings: 120, corrected: 260, solved: 480 } as const;

export const testLooks = (here: PreviewInBrowser): void => {
  const { visit } = here;

  test.each([
    ['light', { scheme: 'light' }, 'ltr', 'en'],
    ['dark', { scheme: 'dark' }, 'ltr', 'en'],
    ['Arabic', { locale: 'ar' }, 'rtl', 'ar'],
    ['Arabic, dark', { locale: 'ar', scheme: 'dark' }, 'rtl', 'ar'],
  ] as const)(
    'axe finds nothing in %s: whole, with the search, with a number, as last known, with a fault',
    async (_, view, direction, language) => {
      const context = await here.remembering();
      await visit(
        'attributed',
        async (open) => {
          const { app, frame } = open;
          await app.locator('section').nth(3).waitFor();
          const root = await (await frame()).evaluate(
            '({ dir: document.documentElement.dir, lang: document.documentElement.lang, ground: getComputedStyle(document.body).backgroundColor })',
          );
          expect(root).toMatchObject({ dir: direction, lang: language });
          // Garden's grounds: white and grey 1200.
          expect((root as { ground: string }).ground).toBe(
            'scheme' in view && view.scheme === 'dark' ? 'rgb(21, 26, 30)' : 'rgb(255, 255, 255)',
          );
          expect(await faultsOf(open)).toEqual([]);
          const pencils = app.locator('dl button');
          await pencils.nth(0).click();
          await app.getByRole('option').first().waitFor();
          expect(await faultsOf(open)).toEqual([]);
          expect(await overflowOf(open)).toBe(0);
          await app.getByRole('combobox').press('Escape');
          await pencils.nth(2).click();
          await app.getByRole('textbox').fill('x y');
          await app.getByRole('textbox').press('Enter');
          await app.getByRole('alert').waitFor();
          expect(await faultsOf(open)).toEqual([]);
        },
        { ...view, context },
      );
      await visit(
        'split',
        async (open) => {
          const second = open.app.locator('h2 button').nth(1);
          await second.click();
          await open.app.locator('figure').nth(1).waitFor();
          expect(await second.getAttribute('aria-expanded')).toBe('true');
          expect(await faultsOf(open)).toEqual([]);
        },
        { ...view, context },
      );
      await visit(
        'attributed',
        async (open) => {
          await open.app.locator('main button').first().waitFor();
          await open.app.locator('section').first().waitFor();
          expect(await faultsOf(open)).toEqual([]);
        },
        { ...view, context, network: 'dead' },
      );
      await visit(
        'unattributed',
        async (open) => {
          await open.app.locator('main button').first().waitFor();
          expect(await faultsOf(open)).toEqual([]);
        },
        { ...view, context, network: 'dead' },
      );
    },
  );

  test('bug: in Arabic a partner of several whose name wraps began at the wrong side', () =>
    visit(
      'split',
      async ({ app, frame }) => {
        const name = app.locator('dd bdi').filter({ hasText: 'Lumiere' });
        expect((await name.boundingBox())?.height).toBeGreaterThan(30);
        const sides = await (await frame()).evaluate(
          "[...document.querySelectorAll('dd div > bdi')].map((one) => getComputedStyle(one).textAlign)",
        );
        expect(sides).toContain('right');
        expect(sides).not.toContain('left');
      },
      { locale: 'ar' },
    ));

  test('colours follow the workspace while the app is open', () =>
    visit('attributed', async ({ app, page, frame }) => {
      await app.getByText('Updated').waitFor();
      await page.locator('select[name=scheme]').selectOption('dark');
      await (await frame()).waitForFunction("getComputedStyle(document.body).backgroundColor === 'rgb(21, 26, 30)'");
    }));

  test.each(['en', 'ar'])('bug: a note that wraps ended its line with a dot (%s)', (locale) =>
    visit(
      'attributed',
      async ({ app, frame }) => {
        await app.locator('figcaption').waitFor();
        const document = await frame();
        await document.addStyleTag({ content: 'main { inline-size: 190px }' });
        // Of each dot, whether its note begins a line, and whether it is inside of what is painted.
        const dots = (await document.evaluate(`[...document.querySelectorAll('[aria-hidden]')]
          .filter(({ textContent }) => textContent === '·')
          .map((dot) => {
            const [own, note, line] = [dot, dot.parentElement, dot.parentElement.parentElement].map((one) => one.getBoundingClientRect());
            const begins = document.dir === 'rtl' ? note.right > line.right - 4 : note.left < line.left + 4;
            return { begins, isSeen: own.right > line.left + 0.5 && own.left < line.right - 0.5, clips: getComputedStyle(dot.parentElement.parentElement).overflowX };
          })`)) as { begins: boolean; isSeen: boolean; clips: string }[];
        expect(dots.filter(({ begins }) => begins).length).toBeGreaterThan(0);
        for (const { begins, isSeen, clips } of dots) expect([isSeen, clips]).toEqual([!begins, 'clip']);
      },
      { locale },
    ),
  );

  test('in Arabic amounts, numbers and names keep their own order', () =>
    visit(
      'attributed',
      async ({ app }) => {
        await app.getByText('آخر تحديث').waitFor();
        const text = await textOf(app);
        expect(text).toContain('Nordhem Living، آخر 90 يومًا');
        expect(await app.locator('bdi[dir=ltr]').first().innerText()).toMatch(/10[.,]27\sUS\$/);
        const box = async (name: string) => (await app.getByText(name, { exact: true }).first().boundingBox())?.x ?? 0;
        expect(await box('الشريك')).toBeGreaterThan(await box('Nordhem Living'));
      },
      { locale: 'ar' },
    ));

  test('eight languages are spoken, by words and figures; another agent reads English', () =>
    visit('attributed', async ({ app, page }) => {
      for (const [locale, heading, amount] of [
        ['de', 'Wessen Kunde', '10,27 $'],
        ['fr', 'Origine du client', '10,27 $US'],
        ['es-419', 'De quién es el cliente', 'USD 10.27'],
        ['sv', 'Vems kund', '10,27 US$'],
        ['ja', 'どこの顧客か', '$10.27'],
        ['pt-br', 'De quem é o cliente', 'US$ 10,27'],
        ['en-GB', 'Whose customer', 'US$10.27'],
        ['nl', 'Whose customer', '$10.27'],
      ] as const) {
        await page.goto(here.preview.url('attributed', { locale }));
        await app.getByRole('heading', { name: heading }).waitFor();
        expect((await textOf(app)).replaceAll('\u00a0', ' '), locale).toContain(amount);
      }
    }));

  test('by the keyboard alone: every control is reached, none holds the focus, a partner is chosen and given back', () =>
    visit('corrected', async (open) => {
      const { app, page } = open;
      await app.getByText('Updated').waitFor();
      await app.getByRole('button', { name: 'Change partner' }).focus();
      const stops: string[] = [];
      for (let presses = 0; presses < 12; presses += 1) {
        const stop = await focused(open);
        if (stop === '') break;
        stops.push(stop);
        await page.keyboard.press('Tab');
      }
      expect(stops).toEqual([
        'Change partner',
        'Change region',
        'Attach an order number',
        'Change reason',
        'Not about an order',
        'at pooled rates',
        'at pooled rates',
      ]);

      await app.getByRole('button', { name: 'Change partner' }).focus();
      await page.keyboard.press('Enter');
      await app.getByRole('option').first().waitFor();
      await page.keyboard.press('Escape');
      expect(await focused(open)).toBe('Change partner');
      await page.keyboard.press('Enter');
      await app.getByRole('option').first().waitFor();
      // Without a hit Enter leaves the search open; then it takes the first.
      await page.keyboard.type('oasisx');
      await app.getByRole('option', { name: 'Nothing found' }).waitFor();
      await page.keyboard.press('Enter');
      await page.keyboard.press('Backspace');
      await app.getByRole('option', { name: 'Oasis Decor' }).waitFor();
      await page.keyboard.press('Enter');
      await app.getByText('Saved in Zendesk').waitFor();
      expect(await focused(open)).toBe('Change partner');
      expect(await rowOf(app, 'Partner').innerText()).toMatch(/Oasis Decor/);
      // Leaving the search by Tab closes it and leaves the focus where it went.
      await app.getByRole('button', { name: 'Change region' }).focus();
      await page.keyboard.press('Enter');
      await app.getByRole('option').first().waitFor();
      await page.keyboard.press('Tab');
      await app.getByRole('combobox').waitFor({ state: 'detached' });
      expect(await focused(open)).not.toBe('');
      await app.getByRole('button', { name: 'Undo' }).focus();
      await page.keyboard.press('Enter');
      await app.getByRole('button', { name: 'Undo' }).waitFor({ state: 'detached' });
      expect(await focused(open)).toBe('Change partner');
    }));

  test.each(['en-US', 'ar'])('at 200 % nothing is cut off or needs to be scrolled sideways: %s', (locale) =>
    visit(
      'attributed',
      async (open) => {
        const { app, page, frame } = open;
        await app.locator('section').nth(3).waitFor();
        // The panel keeps its 320 px on the screen: half of them are left.
        await page.locator('section.pane:not([hidden]) iframe').evaluate((one) => {
          one.style.width = '160px';
        });
        expect(await overflowOf(open)).toBe(0);
        const cut = await (await frame()).evaluate(
          `[...document.querySelectorAll('main *')].filter((one) => {
            const { left, right, width } = one.getBoundingClientRect();
            return width > 1 && (left < -1 || right > 161);
          }).map((one) => one.outerHTML.slice(0, 80))`,
        );
        expect(cut).toEqual([]);
        await app.locator('dl button').first().click();
        await app.getByRole('option').first().waitFor();
        expect(await overflowOf(open)).toBe(0);
      },
      { locale },
    ),
  );

  test('no wage can be worked out: nothing names who worked, and seconds of different agents cost the same', async () => {
    const { tickets } = here.preview;
    const all: string[] = [];
    const costs = new Map<string, number>();
    await visit('attributed', async ({ app, page, answers }) => {
      for (const [ticket, id] of tickets) {
        await page.locator('select[name=ticket]').selectOption(String(id));
        await app.getByText('Updated').waitFor();
        await expect.poll(() => answers.some((answer) => answer.includes(`"externalId":"${id}"`))).toBe(true);
        const { cost } = JSON.parse(
          answers.find((answer) => answer.includes(`"externalId":"${id}"`)) ?? '{}',
        ) as SidebarTicket;
        costs.set(ticket, Number(cost?.soFar?.amount));
      }
      all.push(...answers);
    });
    expect(all.length).toBeGreaterThanOrEqual(tickets.size);
    const text = all.join('\n');
    const { helpdesks } = here.preview.sandbox;
    for (const { name, hourly } of agents) {
      expect(text).not.toMatch(new RegExp(`\\b${name}\\b`));
      if (hourly) expect(text).not.toContain(`"${hourly.amount}`);
    }
    for (const id of helpdesks.flatMap(({ agentIds }) => agentIds)) expect(text).not.toContain(String(id));
    expect(text).not.toMatch(/"(?:agent|role|seconds|hourly|wage|rate|author|assignee)[A-Za-z]*":/i);
    // By three agents at 25.00 euro, 19.80 euro and 22.75 pounds an hour: one pooled rate of the month, and none of theirs.
    const perHour = Object.entries(seconds).map(([ticket, spent]) => ((costs.get(ticket) ?? 0) / spent) * 3600);
    for (const rate of perHour) expect(rate).toBeCloseTo(perHour[0] ?? 0, 2);
    expect(Math.max(...perHour)).toBeGreaterThan(0);
  });
};
