import { expect, test } from 'vitest';
import { holding, type PreviewInBrowser, rowOf, textOf } from './in-browser.ts';

export const testStates = (here: PreviewInBrowser): void => {
  const { visit } = here;

  test('skeletons until the first answer, then the whole ticket, by one request', async () => {
    let release = (): void => {};
    await visit(
      'attributed',
      async ({ app, asked }) => {
        await app.locator('[aria-busy=true]').waitFor();
        expect(await app.getByRole('status').first().textContent()).toBe('Loading');
        release();
        await app.getByText('Updated').waitFor();
        expect(await app.locator('[aria-busy]').count()).toBe(0);
        const text = await textOf(app);
        expect(text).toMatch(/^Deskledger Whose customer Partner Nordhem Living Region .* Order #\d+ .*Reason/);
        expect(text).toMatch(/From an order number in the message · High confidence/);
        expect(text).toMatch(/This ticket Cost so far \$\d+\.\d\d 100% measured/);
        expect(text).toMatch(
          /Nordhem Living, last 90 days Cost per ticket \d\.\d × the average \$\d\S+ · on \d+ tickets · at pooled rates Whole weeks until/,
        );
        expect(text).toMatch(/Satisfaction \d+% \d+% – \d+% · \d+ answers/);
        expect(text).toMatch(/Recent orders Amounts without tax #\d+ .*#\d+ .*Partly refunded Refunded /);
        expect(asked).toEqual([`/sidebar/v1/tickets/${here.idOf('attributed')}`]);
      },
      {
        before: async (page) => {
          release = await holding(page);
        },
      },
    );
  });

  test('each kind of ticket says whose it is and how that is known', () =>
    visit('direct', async ({ app, page, asked }) => {
      for (const [ticket, says, not] of [
        [
          'direct',
          [/Partner Direct Region United States Order #\d+/, /From the order number field/, /through no partner/],
          [],
        ],
        [
          'split',
          [
            /Partner Alpenhaus 60% Lumiere Maison 40%/,
            /Alpenhaus, last 90 days 60% of this ticket Cost .* Lumiere Maison, last 90 days 40% of this ticket Recent orders/,
          ],
          [/No partner found/],
        ],
        ['recentOrders', [/Partner Lumiere Maison/, /recent orders · Medium confidence/, /Nothing counted yet/], []],
        ['rule', [/Partner BrightNest Region No region found/, /By a rule · Medium/, /No orders found/], []],
        ['corrected', [/Partner Sudcasa/, /Chosen by an agent · High/], []],
        ['fewRatings', [/Partner Alpenhaus Region .*Cost so far \$\d+\.\d\d 100% measured/], []],
        ['region', [/Partner No partner found Region Gulf .* Region: By a rule/], [/last 90 days/]],
        [
          'unattributed',
          [/Partner No partner found Region No region found/, /choose a partner or region/],
          [/confidence/],
        ],
      ] as const) {
        await page.locator('select[name=ticket]').selectOption(String(here.idOf(ticket)));
        await app.getByText('Updated').waitFor();
        const text = await textOf(app);
        for (const one of says) expect(text, ticket).toMatch(one);
        for (const one of not) expect(text, ticket).not.toMatch(one);
      }
      // A tab that comes back asks for nothing.
      await page.locator('select[name=ticket]').selectOption(String(here.idOf('direct')));
      await app.getByText('Partner').first().waitFor();
      expect(asked).toHaveLength(8);
    }));

  test('a ticket that the product has not heard of is looked for until it is known', async () => {
    const { desk, registry } = here.preview.sandbox.zendesk;
    const hooks = [...registry.webhooks.values()].filter(({ status }) => status === 'active');
    const like = desk.ticket(here.idOf('unattributed'));
    for (const { id } of hooks) registry.change(id, { status: 'inactive' });
    const { id } = desk.create({
      atMs: here.preview.now().getTime(),
      subject: 'A question',
      body: 'Hello?',
      requesterId: like.requesterId,
      via: like.via,
      brandId: like.brandId,
      fields: new Map(),
    });
    for (const hook of hooks) registry.change(hook.id, { status: 'active' });
    await visit(id, async ({ app }) => {
      await app.getByText('Not known yet').first().waitFor();
      const text = await textOf(app);
      expect(text).toContain('New tickets appear within seconds');
      expect(text).not.toMatch(/Cost so far|Recent orders|Not about an order/);
      desk.update(id, {
        atMs: here.preview.now().getTime(),
        authorId: like.requesterId,
        comment: { body: 'Are you there?', public: true },
      });
      await app.getByText('No partner found').waitFor();
    });
  });

  test('what was known stands at once when a ticket is opened again, without what is the customer’s', async () => {
    const context = await here.remembering();
    let release = (): void => {};
    await visit('attributed', ({ app }) => app.getByText('Recent orders').waitFor(), { context });
    await visit(
      'attributed',
      async ({ app }) => {
        await app.getByText('Nordhem Living').first().waitFor();
        const text = await textOf(app);
        expect(text).toContain('Order –');
        expect(text).not.toMatch(/Recent orders|Eva|#\d/);
        release();
        await app.getByText('Recent orders').waitFor();
        expect(await rowOf(app, 'Order').innerText()).toMatch(/#\d+/);
      },
      {
        context,
        before: async (page) => {
          release = await holding(page);
        },
      },
    );
  });

  test('money that an admin hides: multiples and shares remain', async () => {
    const { product, sidebar } = here.preview;
    const { token } = await product.access.createToken({ name: 'settings', scopes: 'read,write,rates' });
    const set = async (sidebarMoney: 'hidden' | 'shown') => {
      const answer = await fetch(`${sidebar.address}/api/v1/settings`, {
        method: 'PATCH',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ sidebarMoney }),
      });
      expect(answer.status, await answer.text()).toBe(200);
    };
    await set('hidden');
    try {
      // The product holds the setting for some seconds.
      await expect
        .poll(
          async () => {
            let text = '';
            await visit('attributed', async ({ app }) => {
              await app.getByText('Updated').waitFor();
              text = await textOf(app);
            });
            return text;
          },
          { timeout: 20_000 },
        )
        .toMatch(/Amounts are hidden by your admin. 100% measured .*× the average/);
      await visit('attributed', async ({ app, answers }) => {
        await app.getByText('Updated').waitFor();
        expect(await textOf(app)).not.toMatch(/[$€£]|kr/);
        expect(answers.join()).not.toMatch(/"amount":\s*"/);
      });
    } finally {
      await set('shown');
    }
  });
};
