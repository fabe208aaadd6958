import { expect, it } from 'vitest';
import { fieldIds } from '../../src/sandbox/zendesk/index.ts';
import { choose, describeInPreview } from './in-browser.ts';

describeInPreview('the sidebar app in the simulated Agent Workspace', (here) => {
  it('shows whose customer it is, by the SDK of npm, the proxy’s token and one request', async () => {
    await here.visit('attributed', async ({ page, app }) => {
      const asked: string[] = [];
      page.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
      await page.reload();
      await app.getByText('Nordhem Living').first().waitFor();
      await app.getByText('Nordics').first().waitFor();
      expect(asked.filter((line) => line.includes('/sdk/'))).toEqual(['GET /sdk/zaf_sdk.js']);
      expect(asked.filter((line) => line.includes('/proxy/'))).toHaveLength(1);
      const frame = page.locator('section.pane:not([hidden]) iframe');
      // As tall as its content, and no taller than a panel.
      await expect.poll(async () => (await frame.boundingBox())?.height).toBeGreaterThan(300);
    });
  });

  it('writes a correction as the agent who is signed in, and Deskledger takes it in', async () => {
    const { preview } = here;
    const { desk } = preview.sandbox.zendesk;
    const agent = preview.sandbox.helpdesks[0]?.agentIds[4];
    const id = preview.tickets.get('unattributed') as number;
    await here.visit(
      'unattributed',
      async ({ app }) => {
        await choose({ app }, 'partner', 'Sudcasa');
        await expect.poll(() => desk.ticket(id).fields.get(fieldIds.partner), { timeout: 10_000 }).toBe('sudcasa');
      },
      { agent: Number(agent) },
    );
    const audit = desk
      .ticket(id)
      .audits.findLast(({ events }) => events.some(({ field_name }) => field_name === String(fieldIds.partner)));
    expect(audit).toMatchObject({ author_id: Number(agent), via: { channel: 'web' } });
    await preview.settled();
    await here.visit('unattributed', async ({ app }) => {
      await app.getByText('Sudcasa').first().waitFor();
    });
  });
});
