import { expect, test } from 'vitest';
import { dayMs } from '../../src/core/time.ts';
import type { TourTicket } from '../../src/sandbox/index.ts';
import { fieldIds } from '../../src/sandbox/zendesk/index.ts';
import { choose, type PreviewInBrowser, rowOf, textOf, type Visited } from './in-browser.ts';

interface Listed {
  readonly method: string;
  readonly reason: string | null;
  readonly supportCost: { readonly amount: string };
  readonly shares: readonly { readonly partner: string | null; readonly region: string | null }[];
}

export const testCorrections = (here: PreviewInBrowser): void => {
  const { visit, idOf } = here;
  const held = (ticket: TourTicket) => here.preview.sandbox.zendesk.desk.ticket(idOf(ticket));
  const agentNo = (no: number): number => {
    const desk = here.preview.sandbox.helpdesks.find(({ kind }) => kind === 'zendesk');
    return Number(desk?.agentIds[no]);
  };
  /** Who changed a field last, by the audit. */
  const authorOf = (ticket: TourTicket, fieldId: number): number | undefined =>
    held(ticket).audits.findLast(({ events }) => events.some(({ field_name: name }) => name === String(fieldId)))
      ?.author_id;

  const api = async (path: string) => {
    const { product, sidebar } = here.preview;
    const { token } = await product.access.createToken({ name: `test ${crypto.randomUUID()}`, scopes: 'read' });
    const answer = await fetch(`${sidebar.address}${path}`, { headers: { authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(200);
    return answer.json();
  };
  const listed = async (ticket: TourTicket): Promise<Listed | undefined> =>
    ((await api(`/api/v1/tickets?externalId=${idOf(ticket)}`)) as { items: Listed[] }).items[0];
  const dayAgo = (days: number) => new Date(here.preview.now().getTime() - days * dayMs).toISOString().slice(0, 10);
  /** The costs of these days, which stay the same where a day ends meanwhile. */
  const costsOf =
    (from: string, to: string) =>
    async (partner: string): Promise<number> => {
      const report = (await api(`/api/v1/reports/partners?from=${from}&to=${to}`)) as {
        rows: { partner: string | null; supportCost: { amount: string } }[];
      };
      return Number(report.rows.find((row) => row.partner === partner)?.supportCost.amount ?? 0);
    };
  const taken = ({ app }: Visited) => app.getByText('Change taken in').waitFor({ timeout: 60_000 });

  // With an expect of its own: the common one knows no test once another has ended beside it, and polls for none.
  test.concurrent('a partner: field, audit by the agent, attribution, tags and report; and undo', async ({
    expect,
  }) => {
    const ticket = 'solved';
    const agent = agentNo(6);
    const costOf = costsOf(dayAgo(3), dayAgo(0));
    const [oasis, bright] = [await costOf('oasis'), await costOf('brightnest')];
    await visit(
      ticket,
      async (open) => {
        const { app, asked } = open;
        await choose(open, 'partner', 'Bright');
        await app.getByText('Saved in Zendesk').waitFor();
        expect(await rowOf(app, 'Partner').innerText()).toMatch(/BrightNest\s+Pending/);
        expect(held(ticket).fields.get(fieldIds.partner)).toBe('brightnest');
        expect(authorOf(ticket, fieldIds.partner)).toBe(agent);
        await taken(open);
        expect(await textOf(app)).toMatch(
          /Partner BrightNest Region Gulf .* Partner: Chosen by an agent Region: From an order number in the message/,
        );
        expect(await listed(ticket)).toMatchObject({ method: 'person', shares: [{ partner: 'brightnest' }] });
        const cost = Number((await listed(ticket))?.supportCost.amount);
        expect(cost).toBeGreaterThan(0);
        expect(await costOf('brightnest')).toBeCloseTo(bright + cost, 5);
        expect(await costOf('oasis')).toBeCloseTo(oasis - cost, 5);
        await expect.poll(() => held(ticket).tags, { timeout: 15_000 }).toContain('partner_brightnest');

        await app.getByRole('button', { name: 'Undo' }).press('Enter');
        await app.getByText('Saved in Zendesk').waitFor();
        expect(await rowOf(app, 'Partner').innerText()).toMatch(/Oasis Decor\s+Pending/);
        expect(
          await app
            .getByRole('button', { name: 'Change partner' })
            .evaluate((one) => one === one.ownerDocument.activeElement),
        ).toBe(true);
        await taken(open);
        expect(await textOf(app)).toMatch(/Partner Oasis Decor/);
        expect(await listed(ticket)).toMatchObject({ method: 'person', shares: [{ partner: 'oasis' }] });
        expect(await costOf('oasis')).toBeCloseTo(oasis, 5);
        await expect.poll(() => held(ticket).tags, { timeout: 15_000 }).not.toContain('partner_brightnest');
        expect(asked.filter((path) => path.endsWith('/choices'))).toHaveLength(1);
      },
      { agent },
    );
  });

  test.concurrent('a region', () =>
    visit('unattributed', async (open) => {
      await choose(open, 'region', 'Gulf');
      await taken(open);
      expect(await textOf(open.app)).toMatch(/Region Gulf/);
      expect(await listed('unattributed')).toMatchObject({
        method: 'person',
        shares: [{ partner: null, region: 'gulf' }],
      });
      // A country in no group is a region of its own, and a text field takes it.
      await choose(open, 'region', 'Brazil');
      await taken(open);
      expect(await textOf(open.app)).toMatch(/Region Brazil .* Region: Chosen by an agent/);
      expect(held('unattributed').fields.get(fieldIds.region)).toBe('BR');
      expect(await listed('unattributed')).toMatchObject({ shares: [{ partner: null, region: 'BR' }] });
    }));

  test.concurrent('a reason', () =>
    visit('direct', async (open) => {
      await choose(open, 'reason', 'Shipping');
      await taken(open);
      expect(await rowOf(open.app, 'Reason').innerText()).toMatch(/Shipping/);
      expect(await listed('direct')).toMatchObject({ reason: 'shipping', method: 'field' });
    }));

  test.concurrent('not about an order, of fields that were empty and a split that nothing brings back', () =>
    visit('split', async (open) => {
      const { app } = open;
      await app.getByRole('button', { name: 'Not about an order' }).click();
      await app.getByText('Saved in Zendesk').waitFor();
      expect(await textOf(app)).toMatch(/Partner No partner Pending Region No region Pending/);
      await taken(open);
      expect(await listed('split')).toMatchObject({ method: 'person', shares: [{ partner: null }] });
      expect(held('split').fields.get(fieldIds.partner) ?? null).toBeNull();
      expect(await textOf(app)).toMatch(/Partner No partner Region No region .*An agent said: no partner/);
      expect(await app.getByRole('button', { name: 'Not about an order' }).count()).toBe(0);
      expect(await textOf(app)).toMatch(/what stood before cannot be written back/);
      expect(await app.getByRole('button', { name: 'Undo' }).count()).toBe(0);
    }));

  test.concurrent('an order number: a wrong one is told as soon as it is read, and put right', () =>
    visit('rule', async (open) => {
      const { app, page } = open;
      const number = /\d+/.exec(held('solved').subject)?.[0];
      await app.getByRole('button', { name: 'Attach an order number' }).click();
      await app.getByRole('textbox').fill('99999');
      await app.getByRole('textbox').press('Enter');
      await app.getByText('Deskledger knows no order #99999').waitFor({ timeout: 30_000 });
      await page.reload();
      await app.getByText('#99999 · not found').waitFor();
      await app.getByRole('button', { name: 'Attach an order number' }).click();
      await expect.poll(() => app.getByRole('textbox').inputValue()).toBe('99999');
      await app.getByRole('textbox').press('Escape');
      await app.getByRole('button', { name: 'Attach an order number' }).click();
      await app.getByRole('textbox').fill(`#${number}`);
      await app.getByRole('textbox').press('Enter');
      await taken(open);
      expect(held('rule').fields.get(fieldIds.orderNumber)).toBe(String(number));
      expect(await rowOf(app, 'Order').innerText()).toContain(`#${number}`);
      expect(await textOf(app)).toMatch(/From the order number field · High/);
      expect(await listed('rule')).toMatchObject({ method: 'field', shares: [{ partner: 'oasis' }] });
    }));

  test.concurrent('while the product is down a correction is saved at Zendesk, and taken in when it is back', () =>
    visit('fewRatings', async (open) => {
      const { app, setNetwork, asked } = open;
      await app.getByText('Updated').waitFor();
      await app.getByRole('button', { name: 'Change partner' }).click();
      await app.getByRole('combobox').press('Escape');
      await setNetwork('dead');
      const before = asked.length;
      await choose(open, 'partner', 'Sud');
      await app.getByText('Saved in Zendesk').waitFor();
      expect(held('fewRatings').fields.get(fieldIds.partner)).toBe('sudcasa');
      await app.getByText('cannot be reached').first().waitFor();
      expect(await rowOf(app, 'Partner').innerText()).toMatch(/Sudcasa\s+Pending/);
      await app.getByText('The figures follow when Deskledger answers again').waitFor();
      expect(asked).toHaveLength(before);
      // It is asked again by itself, as long as something is pending.
      await setNetwork('normal');
      await taken(open);
      expect(await listed('fewRatings')).toMatchObject({ method: 'person', shares: [{ partner: 'sudcasa' }] });
    }));

  test.concurrent('a closed ticket offers no correction, and says why', () =>
    visit('closed', async ({ app }) => {
      await app.getByText('Updated').waitFor();
      expect(await textOf(app)).toMatch(/Partner Nordhem Living .* This ticket is closed and cannot be changed/);
      expect(new Set(await app.getByRole('button').allTextContents())).toEqual(new Set(['at pooled rates']));
    }));

  test.concurrent('undo leaves alone what another agent has chosen since', () =>
    visit('recentOrders', async (open) => {
      const { app } = open;
      await choose(open, 'partner', 'Alpen');
      await app.getByText('Saved in Zendesk').waitFor();
      const { desk } = here.preview.sandbox.zendesk;
      desk.update(idOf('recentOrders'), {
        atMs: here.preview.now().getTime(),
        authorId: agentNo(4),
        values: { fields: new Map([[fieldIds.partner, 'oasis']]) },
      });
      await app.getByRole('button', { name: 'Undo' }).click();
      await app.getByText('changed since').waitFor();
      expect(held('recentOrders').fields.get(fieldIds.partner)).toBe('oasis');
    }));

  test.concurrent('a new ticket: what is chosen is saved with it, by the agent', async () => {
    const context = await here.remembering();
    await visit(
      'attributed',
      async ({ app, page }) => {
        await app.getByText('Updated').waitFor();
        await page.getByRole('button', { name: 'New ticket', exact: true }).first().click();
        const pane = page.locator('.pane:not([hidden])');
        await app.getByText('Choose a partner, region, order number or reason now').waitFor();
        await choose({ app }, 'partner', 'Lumiere');
        await app.getByText('Set. It is saved with the ticket').waitFor();
        expect(await pane.locator(`[name=field-${fieldIds.partner}]`).inputValue()).toBe('lumiere');
        await pane.getByLabel("Requester's address").fill('new.customer@example.com');
        await pane.getByLabel('Subject').fill('A call');
        await pane.getByRole('textbox', { name: 'Reply' }).fill('Wrote down what the customer said.');
        await pane.getByRole('button', { name: 'Submit' }).click();
        await app.getByText('Chosen by an agent').waitFor({ timeout: 60_000 });
        expect(await textOf(app)).toMatch(/Partner Lumiere Maison/);
      },
      { context },
    );
  });

  test.concurrent('a search that does not load leaves the rest, and comes when it is opened again', () =>
    visit(
      'attributed',
      async ({ app, page }) => {
        await app.getByText('Updated').waitFor();
        const pencil = app.getByRole('button', { name: 'Change partner' });
        await pencil.click();
        await app.getByText('The search could not be loaded').waitFor();
        expect(await textOf(app)).toMatch(/Cost so far/);
        await app.getByRole('button', { name: 'Cancel' }).click();
        expect(await pencil.getAttribute('aria-expanded')).toBe('false');
        await page.unroute('**/editor-*.js');
        await pencil.click();
        await app.getByRole('combobox').waitFor();
      },
      {
        complaints: ['editor', 'ERR_FAILED'],
        before: (page) => page.route('**/editor-*.js', (route) => route.abort()),
      },
    ));
};
