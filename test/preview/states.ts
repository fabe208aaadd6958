import { expect, test } from 'vitest';
import { builtAppFolder } from '../../src/app-folder.ts';
import { holding, type PreviewInBrowser, rowOf, textOf } from './in-browser.ts';

/** Problem details as the product answers them. */
const problem = (type: string, status: number) => ({
  status,
  contentType: 'application/problem+json',
  body: JSON.stringify({ type: `urn:deskledger:problem:${type}`, title: 'A fault', status, detail: 'For a test.' }),
});
const proxy = '**/proxy/apps/*';
/** Chromium notes each answer that is none. */
const failed = 'Failed to load resource';

export const testStates = (here: PreviewInBrowser): void => {
  const { visit } = here;

  test('skeletons until the first answer, then the whole ticket, by one request', () =>
    visit(
      'attributed',
      async ({ app, asked, page }) => {
        const release = await heldBy.get(page);
        await app.locator('[aria-busy=true]').waitFor();
        expect(await app.getByRole('status').first().textContent()).toBe('Loading');
        release?.();
        await app.getByText('Updated').waitFor();
        expect(await app.locator('[aria-busy]').count()).toBe(0);
        const text = await textOf(app);
        expect(text).toMatch(/^Deskledger Whose customer Partner Nordhem Living Region .* Order #\d+ .*Reason/);
        expect(text).toMatch(/From an order number in the message · High confidence/);
        expect(text).toMatch(/This ticket Cost so far \$\d+\.\d\d 100% measured/);
        expect(text).toMatch(
          /Nordhem Living, last 90 days Cost per ticket \d\.\d × the average \$\d\S+ · on \d+ tickets Whole weeks until/,
        );
        expect(text).toMatch(/Satisfaction \d+% \d+% – \d+% · \d+ answers/);
        expect(text).toMatch(/Recent orders #\d+ .*#\d+ .*Partly refunded Refunded /);
        expect(asked).toEqual([`/sidebar/v1/tickets/${here.idOf('attributed')}`]);
      },
      { before: async (page) => void heldBy.set(page, await holding(page)) },
    ));

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
    await visit('attributed', ({ app }) => app.getByText('Recent orders').waitFor(), { context });
    await visit(
      'attributed',
      async ({ app, page }) => {
        await app.getByText('Nordhem Living').first().waitFor();
        const text = await textOf(app);
        expect(text).toContain('Order –');
        expect(text).not.toMatch(/Recent orders|Eva|#\d/);
        heldBy.get(page)?.();
        await app.getByText('Recent orders').waitFor();
        expect(await rowOf(app, 'Order').innerText()).toMatch(/#\d+/);
      },
      { context, before: async (page) => void heldBy.set(page, await holding(page)) },
    );
  });

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

  test('nothing known and no way to the product: said with a way on', () =>
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
        await setNetwork('normal');
        await retry.click();
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

  test('outside Zendesk it says where it belongs', () =>
    visit('attributed', async ({ app, page, frame }) => {
      await app.getByText('Updated').waitFor();
      const url = new URL((await frame()).url());
      await page.goto(`${url.origin}${url.pathname}`);
      await page.getByText('This app lives in Zendesk').waitFor();
    }));

  test('what a browser kept and the app cannot read is forgotten when one tries again', async () => {
    const context = await here.remembering();
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
      async ({ app, page }) => {
        await app.getByText('Something went wrong').waitFor();
        heldBy.get(page)?.();
        await app.getByRole('button', { name: 'Try again' }).click();
        await app.getByText('Updated').waitFor();
        expect(await textOf(app)).toContain('Nordhem Living');
      },
      {
        context,
        complaints: ['TypeError'],
        before: async (page) => void heldBy.set(page, await holding(page)),
      },
    );
  });
};

/** How each page's held requests are let go. */
const heldBy = new WeakMap<object, () => void>();
