import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { minuteMs } from '../../src/core/time.ts';
import { fieldIds } from '../../src/sandbox/zendesk/index.ts';
import { choose, describeInPreview, rowOf, textOf } from './in-browser.ts';

/** Chromium notes each answer that is none. */
const failed = 'Failed to load resource';
const isChoices = (body: string | null): boolean => body?.includes('/sidebar/v1/choices') ?? false;

describeInPreview('the sidebar app where something is away', (here) => {
  const heldPartner = (id: number) => here.preview.sandbox.zendesk.desk.ticket(id).fields.get(fieldIds.partner);

  it('says early that a server has not answered yet, and later that it cannot be reached', async () => {
    await here.visit(
      'attributed',
      async ({ app, setNetwork }) => {
        await app.getByText('is still being asked').waitFor();
        expect(await textOf(app)).toMatch(/partner and region can be set in the ticket's fields/);
        expect(await app.getByRole('button', { name: 'Try again' }).count()).toBe(0);
        await app.getByRole('button', { name: 'Try again' }).waitFor();
        expect(await textOf(app)).toMatch(/^Deskledger Deskledger cannot be reached .* Try again$/);
        await setNetwork('normal');
        await app.getByRole('button', { name: 'Try again' }).click();
        await app.getByText('Updated').waitFor();
        // So it is with the choices, where none are known.
        await setNetwork('silent');
        await app.getByRole('button', { name: 'Change partner' }).click();
        await app.getByText('Loading').waitFor();
        await app.getByText('is still being asked').waitFor();
      },
      { network: 'silent' },
    );
    await here.visit('new', ({ app }) => app.getByText('is still being asked').waitFor(), { network: 'silent' });
  });

  it('says where it belongs in a frame that hears nothing of Zendesk', async () => {
    await here.visit('attributed', async ({ app, page, frame }) => {
      await app.getByText('Updated').waitFor();
      await page.goto((await frame()).url());
      await page.getByText('This app lives in Zendesk').waitFor();
    });
  });

  it('shows the last known data at once, and takes corrections, beside a server that never answers', async () => {
    const context = await here.remembering();
    const id = here.idOf('direct');
    await here.visit(
      'direct',
      async ({ app }) => {
        await app.getByText('Updated').waitFor();
        await app.getByRole('button', { name: 'Change partner' }).click();
        await app.getByRole('option').first().waitFor();
      },
      { context },
    );
    await here.visit(
      'direct',
      async ({ app }) => {
        await choose({ app }, 'partner', 'Lumiere');
        await app.getByText('Saved in Zendesk').waitFor();
        expect(heldPartner(id)).toBe('lumiere');
        expect(await rowOf(app, 'Partner').innerText()).toMatch(/Lumiere Maison\s+Pending/);
        expect(await app.getByText('is still being asked').count()).toBe(0);
        await app.getByText('This is what was known').waitFor();
      },
      { context, network: 'silent' },
    );
  });

  it.each([
    ['denies storage to frames of other sites', null],
    ['throws whenever storage is used', "const deny = () => { throw new DOMException('denied', 'SecurityError'); }"],
    ['has no storage', 'const deny = null'],
  ])('works whole in a browser that %s', async (_, deny) => {
    const storage = deny?.endsWith('null') ? 'deny' : '{ getItem: deny, setItem: deny, removeItem: deny }';
    const block = `${deny}; Object.defineProperty(window, 'localStorage', { value: ${storage} });`;
    await here.visit(
      'fewRatings',
      async ({ app, page, frame }) => {
        await app.getByText('Updated').waitFor();
        expect(
          await (await frame()).evaluate(
            `(() => { try { localStorage.setItem('a', 'b'); } catch { return 'kept nothing'; } })()`,
          ),
        ).toBe('kept nothing');
        await page.route('**/proxy/apps/*', (route) =>
          isChoices(route.request().postData()) ? route.fulfill({ status: 502, body: 'gone' }) : route.continue(),
        );
        await app.getByRole('button', { name: 'Change region' }).click();
        await app.getByText('The list of choices could not be loaded').waitFor();
        await page.unrouteAll();
        await app.getByRole('button', { name: 'Try again' }).click();
        await app.getByRole('option', { name: 'Gulf' }).waitFor();
        await app.getByRole('combobox').press('Escape');
        await choose({ app }, 'partner', 'Alpen');
        await app.getByText('Saved in Zendesk').waitFor();
        expect(heldPartner(here.idOf('fewRatings'))).toBe('alpenhaus');
      },
      {
        complaints: [failed],
        before: async (page: Page) => void (deny && (await page.addInitScript(`{ ${block} }`))),
      },
    );
  });

  it('keeps what was known while the product is stopped, and has it take in what was said meanwhile', {
    timeout: 120_000,
  }, async () => {
    const { outage, pass, settled } = here.preview;
    const context = await here.remembering();
    const id = here.idOf('solved');
    const open = async ({ app }: { app: Parameters<typeof textOf>[0] }) => {
      await app.getByText('Updated').waitFor();
      await app.getByRole('button', { name: 'Change partner' }).click();
      await app.getByRole('option').first().waitFor();
    };
    await here.visit('solved', open, { context });
    await settled();
    await outage.begin();
    await expect(fetch(`${here.preview.sidebar.address}/healthz`)).rejects.toThrow();
    await here.visit(
      'solved',
      async ({ app }) => {
        await app.getByText(/cannot be reached\. This is what was known .* Try again/).waitFor();
        expect(await textOf(app)).toMatch(/Partner Oasis Decor/);
        await choose({ app }, 'partner', 'Sudcasa');
        await app.getByText('The figures follow when Deskledger answers again').waitFor();
        expect(heldPartner(id)).toBe('sudcasa');
        // Zendesk's feed of changes leaves the latest minute out.
        pass(2 * minuteMs);
        await outage.end();
        await app.getByText('Change taken in').waitFor({ timeout: 60_000 });
        expect(await textOf(app)).toMatch(/Partner Sudcasa Region .*Chosen by an agent.* Updated/);
        expect(await app.getByText('cannot be reached').count()).toBe(0);
      },
      { context, complaints: [failed] },
    );
  });
});
