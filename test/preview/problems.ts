import { expect, test } from 'vitest';
import { builtAppFolder } from '../../src/app-folder.ts';
import { holding, type PreviewInBrowser, textOf } from './in-browser.ts';

/** Problem details as the product answers them. */
const problem = (type: string, status: number) => ({
  status,
  contentType: 'application/problem+json',
  body: JSON.stringify({ type: `urn:deskledger:problem:${type}`, title: 'A fault', status, detail: 'For a test.' }),
});
const proxy = '**/proxy/apps/*';
/** Chromium notes each answer that is none. */
const failed = 'Failed to load resource';

export const testProblems = (here: PreviewInBrowser): void => {
  const { visit } = here;

  test('while the product is down the last known stands with its age; who tries again keeps the focus', async () => {
    const context = await here.remembering();
    await visit('attributed', ({ app }) => app.getByText('Updated').waitFor(), { context });
    await visit(
      'attributed',
      async ({ app, setNetwork, asked, frame }) => {
        await app.getByText('This is what was known').waitFor();
        const text = await textOf(app);
        expect(text).toMatch(/cannot be reached\. This is what was known \d+ minutes? ago\. Try again/);
        expect(text).toMatch(/Partner Nordhem Living/);
        expect(text).not.toMatch(/Updated/);
        expect(asked).toEqual([]);
        await setNetwork('normal');
        await app.getByRole('button', { name: 'Try again' }).press('Enter');
        await app.getByText('Recent orders').waitFor();
        expect(await app.getByText('cannot be reached').count()).toBe(0);
        expect(await (await frame()).evaluate('document.activeElement === document.body')).toBe(false);
        expect(asked).toHaveLength(1);
      },
      { context, network: 'dead' },
    );
  });

  test('nothing known and no way to the product: said with a way on, and it comes back by itself', () =>
    visit(
      'attributed',
      async ({ app, page, setNetwork }) => {
        const retry = app.getByRole('button', { name: 'Try again' });
        for (const network of ['dead', 'offline'] as const) {
          await setNetwork(network);
          await page.reload();
          await retry.waitFor();
          expect(await textOf(app), network).toMatch(/Deskledger cannot be reached The ticket itself is not affected/);
        }
        expect(await textOf(app)).toMatch(/partner and region can be set in the ticket's fields/);
        // By itself, without a press.
        await setNetwork('normal');
        await app.getByText('Updated').waitFor();
      },
      { network: 'dead' },
    ));

  test('answers that are faults are told apart, and tried again', () =>
    visit(
      'attributed',
      async ({ app, page }) => {
        const retry = app.getByRole('button', { name: 'Try again' });
        for (const [type, status, says] of [
          ['limit', 429, /Deskledger is busy Please try again in a moment/],
          ['unexpected', 500, /Something went wrong The ticket itself is not affected/],
          ['unavailable', 503, /Deskledger cannot be reached/],
          ['unauthorized', 401, /refuses this app/],
        ] as const) {
          await page.unrouteAll();
          await page.route(proxy, (route) => route.fulfill(problem(type, status)));
          await page.reload();
          await retry.waitFor();
          expect(await textOf(app), type).toMatch(says);
        }
        await page.unrouteAll();
        await retry.click();
        await app.getByText('Updated').waitFor();
      },
      { complaints: [failed] },
    ));

  test.each([
    ['no address', { service_address: '' }, /is not set up yet An admin enters the server's address/],
    ['a wrong secret', { shared_secret: 'w'.repeat(43) }, /refuses this app An admin enters the shared secret/],
    ['another server', { service_address: 'zendesk' }, /No Deskledger at this address An admin checks/],
    [
      'a host that the manifest lacks',
      { service_address: 'https://elsewhere.example' },
      /No Deskledger at this address/,
    ],
  ] as const)(
    '%s: the next step for an admin',
    async (_, wrong: { service_address?: string; shared_secret?: string }, says) => {
      const { sandbox, sidebar, url } = here.preview;
      const own = new URL(url('attributed'));
      const install = (change: typeof wrong) => {
        const settings = { service_address: sidebar.address, shared_secret: sidebar.secret, ...change };
        if (settings.service_address === 'zendesk') settings.service_address = own.origin;
        sandbox.zendesk.workspace.install({
          folder: builtAppFolder,
          settings,
          domainWhitelist: [new URL(sidebar.address).host, own.host],
        });
      };
      install(wrong);
      try {
        await visit(
          'attributed',
          async ({ app }) => {
            await app.getByRole('button', { name: 'Try again' }).waitFor();
            expect(await textOf(app)).toMatch(says);
          },
          { complaints: [failed] },
        );
      } finally {
        install({});
      }
    },
  );

  test('outside Zendesk it says where it belongs', () =>
    visit('attributed', async ({ app, page, frame }) => {
      await app.getByText('Updated').waitFor();
      const url = new URL((await frame()).url());
      await page.goto(`${url.origin}${url.pathname}`);
      await page.getByText('This app lives in Zendesk').waitFor();
      // In the language of last time, read and laid out as it is.
      await page.addInitScript("localStorage.setItem('deskledger:locale', 'ar')");
      await page.reload();
      await page.locator('html[lang=ar][dir=rtl]').getByText('Zendesk').first().waitFor();
    }));

  test('what a browser kept and the app cannot read is forgotten when one tries again', async () => {
    const context = await here.remembering();
    let release = (): void => {};
    const odd = async (change: string) =>
      visit(
        'attributed',
        async ({ app, frame }) => {
          await app.getByText('Updated').waitFor();
          await (await frame()).evaluate(change);
        },
        { context },
      );
    await odd(`for (const key of Object.keys(localStorage).filter((key) => key.endsWith(':tickets'))) {
      const kept = JSON.parse(localStorage[key]);
      for (const id of Object.keys(kept)) kept[id].data.attribution.shares = 7;
      localStorage[key] = JSON.stringify(kept);
    }`);
    await visit(
      'attributed',
      async ({ app }) => {
        await app.getByText('Something went wrong').waitFor();
        release();
        await app.getByRole('button', { name: 'Try again' }).click();
        await app.getByText('Updated').waitFor();
        expect(await textOf(app)).toContain('Nordhem Living');
      },
      {
        context,
        complaints: ['TypeError'],
        before: async (page) => {
          release = await holding(page);
        },
      },
    );
  });
};
