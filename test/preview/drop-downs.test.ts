import { expect, it } from 'vitest';
import { faultsOf, focused } from './frame-checks.ts';
import { choose, describeInPreview, rowOf, type Visited } from './in-browser.ts';

describeInPreview(
  'a correction where Deskledger made the fields of the account',
  (here) => {
    it('chooses an option of the drop-down as the agent, whose tag is the one that Deskledger would write', async () => {
      const { preview } = here;
      const { desk } = preview.sandbox.zendesk;
      const { settings } = await preview.product.directory.connections.get(String(preview.connectionId));
      const partnerField = Number(settings.partnerFieldId);
      const ticket = desk.ticket(preview.tickets.get('attributed') as number);
      const agentId = Number(preview.sandbox.helpdesks[0]?.agentIds[6]);
      expect(ticket.tags).toContain('partner_nordhem');
      await here.visit(
        'attributed',
        async ({ page, app }) => {
          await choose({ app }, 'partner', 'Sudcasa');
          // The agent's open form shows it without a reload.
          const inForm = page.locator(`[name="field-${partnerField}"]`);
          await expect.poll(() => inForm.inputValue(), { timeout: 10_000 }).toBe('partner_sudcasa');
        },
        { agent: agentId },
      );
      await preview.settled();
      expect(ticket.tags).toEqual(['partner_sudcasa', 'reason_damage', 'region_nordics']);
      expect(ticket.fields.get(partnerField)).toBe('partner_sudcasa');
      const authors = ticket.audits
        .filter(({ events }) => events.some(({ field_name }) => field_name === String(partnerField)))
        .map(({ author_id }) => author_id);
      expect(authors).toEqual([agentId]);
      // The option brought its tag: nothing was left to write.
      expect(ticket.audits.at(-1)?.author_id).toBe(agentId);
      await here.visit('attributed', async ({ app }) => {
        await app.getByText('Sudcasa').first().waitFor();
      });
    });

    it('offers no country that is not an option', async () => {
      await here.visit('unattributed', async ({ page, app }) => {
        await app.getByText('Updated').waitFor();
        const told = page.waitForResponse((response) => response.url().includes('/api/v2/ticket_fields/'));
        await app.getByRole('button', { name: 'Change region' }).click();
        await app.getByRole('option', { name: 'Gulf' }).waitFor();
        await told;
        await app.getByRole('combobox').fill('Braz');
        await app.getByRole('option', { name: 'Nothing found' }).waitFor();
        // A group is found by a country that it holds.
        await app.getByRole('combobox').fill('Norway');
        await app.getByRole('option', { name: 'Nordics' }).waitFor();
      });
    });

    it('bug: of a field of several choices the search and the input were offered, and what was given then refused', async () => {
      const { preview } = here;
      const { desk } = preview.sandbox.zendesk;
      const { settings } = await preview.product.directory.connections.get(String(preview.connectionId));
      const fieldOf = (setting: string) => desk.fields.find(({ id }) => String(id) === settings[setting]);
      const [region, orderNumber] = [fieldOf('regionFieldId'), fieldOf('orderNumberFieldId')];
      const types = [region?.type, orderNumber?.type];
      for (const field of [region, orderNumber]) Object.assign(field ?? {}, { type: 'multiselect' });
      const refusedIn = async (open: Visited, name: string, pencil: string, title: string | undefined) => {
        const { app } = open;
        await app.getByRole('button', { name: pencil }).click();
        const row = rowOf(app, name);
        const hasText = `The field “${title}” in Zendesk takes several choices`;
        await row.getByRole('alert').filter({ hasText }).waitFor();
        expect(await row.getByRole('combobox').count()).toBe(0);
        expect(await row.getByRole('textbox').count()).toBe(0);
        expect(await faultsOf(open)).toEqual([]);
        const cancel = row.getByRole('button', { name: 'Cancel' });
        await expect.poll(() => focused(open)).toBe('Cancel');
        await cancel.press('Enter');
        await row.getByRole('alert').waitFor({ state: 'detached' });
        expect(await focused(open)).toBe(pencil);
      };
      try {
        for (const ticket of ['attributed', 'new'] as const)
          await here.visit(ticket, async (open) => {
            await open.app.getByRole('button', { name: 'Change partner' }).waitFor();
            await refusedIn(open, 'Region', 'Change region', region?.title);
            await refusedIn(open, 'Order', 'Attach an order number', orderNumber?.title);
            await open.app.getByRole('button', { name: 'Change partner' }).click();
            await open.app.getByRole('option').first().waitFor();
          });
      } finally {
        for (const [at, field] of [region, orderNumber].entries()) Object.assign(field ?? {}, { type: types[at] });
      }
    });
  },
  { dropDowns: true },
);
