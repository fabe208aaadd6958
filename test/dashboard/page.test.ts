import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { session } from '../features/reports/page-access.ts';
import { cannedServer, connectionStatus, row } from './canned.ts';

const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const noSkip = process.env.DESKLEDGER_NO_SKIP === '1';
if (!chromiumPath && !noSkip)
  console.warn('SKIPPED: the managers’ page was not checked, for there is no Chromium (apt-get install chromium).');

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const usd = (amount: string) => ({ amount, currency: 'USD' });

describe.skipIf(!chromiumPath && !noSkip)('the managers’ page in a browser', () => {
  let server: Awaited<ReturnType<typeof cannedServer>>;
  let browser: Browser;

  beforeAll(async () => {
    server = await cannedServer();
    browser = await chromium.launch({
      executablePath: chromiumPath ?? 'chromium',
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  beforeEach(() => server.reset());

  /** A visit that ends with everything the browser complained of. */
  const visit = async (
    path: string,
    work: (page: Page) => Promise<void>,
    { width = 1280, dark = false, axed = false, complaints = [] as string[] } = {},
  ) => {
    const context = await browser.newContext({
      viewport: { width, height: 800 },
      colorScheme: dark ? 'dark' : 'light',
      reducedMotion: 'reduce',
      // The page takes scripts of its own alone; axe is another.
      bypassCSP: axed,
    });
    await context.addCookies([{ name: 'deskledger_session', value: session, url: server.base }]);
    const page = await context.newPage();
    page.setDefaultTimeout(8000);
    const heard: string[] = [];
    page.on('pageerror', (error) => heard.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') heard.push(message.text());
    });
    await page.goto(`${server.base}${path}`);
    await work(page);
    await context.close();
    expect(heard.filter((text) => !complaints.some((known) => text.includes(known)))).toEqual([]);
  };

  const names = (page: Page) => page.locator('table.report tbody .opener .name').allTextContents();
  const opener = (page: Page, name: string) => page.locator('table.report').getByRole('button', { name });
  const cells = async (page: Page, index: number) =>
    (await page.locator('table.report tbody tr').nth(index).locator('td').allTextContents()).map((text) =>
      text.replaceAll('\u00a0', ' '),
    );

  it('shows every figure rounded, the exact one in its title, nulls as a dash', async () => {
    await visit('/', async (page) => {
      await opener(page, 'Nord Living').waitFor();
      expect(await names(page)).toEqual(['Nord Living', 'Sud Casa <b>', 'Unattributed', 'Direct']);
      expect(await cells(page, 0)).toEqual([
        '480.00',
        '40',
        '12.00',
        '2.4 x',
        '6:12 min',
        '40',
        '1,000.5',
        '4.0',
        '0.48',
        '12,345.68',
        '4.2 %',
        '80 % (63–90)\nn 30',
        '82 %',
      ]);
      expect((await cells(page, 1)).slice(2, 5)).toEqual(['3.12', '0.6 x', '2:05 h']);
      expect((await cells(page, 1))[11]).toBe('12 of 30\nanswers needed');
      expect((await cells(page, 3)).slice(2, 5)).toEqual(['–', '–', '–']);
      expect(await page.getByTitle(/^480\.005\sUSD$/).count()).toBe(1);
      expect(await page.locator('tfoot').innerText()).toContain('759.00');
      const flag = page.locator('tbody .flag');
      expect(await flag.textContent()).toBe('Costly');
      expect(await page.locator('.legend').textContent()).toContain('cost per ticket is at least 2 x');
      const words = (await page.locator('.headline').innerText()).replaceAll('\u00a0', ' ');
      expect(words).toContain('Nord Living costs most: a ticket takes 12.00 USD, 2.4 x the average of 5.00 USD.');
      expect(words).toContain('82 % of this cost is measured, 6 % of tickets have neither partner nor region.');
      expect(words).toContain('3 work entries have no rate');
      expect(await page.locator('.chart figcaption').textContent()).toContain('on 31 Mar 2026');
      expect(server.asked).toContain('/api/v1/reports/partners?from=2026-01-01&to=2026-03-31&groupBy=partner');
    });
  });

  it('sorts by a header, nulls last both ways, and says so', async () => {
    await visit('/', async (page) => {
      const header = page.locator('thead th', { hasText: 'Contact rate' });
      await header.getByRole('button').click();
      expect(await names(page)).toEqual(['Direct', 'Sud Casa <b>', 'Nord Living', 'Unattributed']);
      expect(await header.getAttribute('aria-sort')).toBe('descending');
      await page.keyboard.press('Enter');
      expect(await names(page)).toEqual(['Nord Living', 'Sud Casa <b>', 'Direct', 'Unattributed']);
      expect(await header.getAttribute('aria-sort')).toBe('ascending');
      expect(await page.locator('thead [aria-sort]').count()).toBe(1);
      expect(page.url()).toContain('sort=contactRate');
      await page.locator('thead').getByRole('button', { name: 'Partner' }).click();
      expect((await names(page))[0]).toBe('Unattributed');
    });
  });

  it('keeps the choices in the address; back returns to them; CSV is what is shown', async () => {
    await visit('/?days=7', async (page) => {
      await opener(page, 'Nord Living').waitFor();
      expect(await page.getByRole('radio', { name: '7 days' }).isChecked()).toBe(true);
      await page.getByRole('radio', { name: '30 days' }).check();
      await page.getByRole('radio', { name: 'Partner x region' }).check();
      await page.waitForURL(/by=partner%2Cregion/);
      await page.locator('thead', { hasText: 'Partner and region' }).waitFor();
      expect(await page.getByRole('link', { name: 'CSV' }).getAttribute('href')).toBe(
        '/api/v1/reports/partners?from=2026-03-02&to=2026-03-31&groupBy=partner%2Cregion&format=csv',
      );
      await page.goBack();
      await page.goBack();
      await page.waitForURL(/\?days=7$/);
      expect(await page.getByRole('radio', { name: '7 days' }).isChecked()).toBe(true);
      await page.getByRole('radio', { name: 'Custom' }).check();
      await page.getByLabel('From').fill('2026-02-01');
      await page.getByLabel('To', { exact: true }).fill('2026-01-01');
      await page.getByRole('button', { name: 'Show', exact: true }).click();
      expect(await page.getByText('The first day is after the last.').isVisible()).toBe(true);
      await page.getByLabel('To', { exact: true }).fill('2026-02-28');
      await page.getByRole('button', { name: 'Show', exact: true }).click();
      await page.getByText('1 Feb 2026 to 28 Feb 2026', { exact: true }).waitFor();
      await page.reload();
      await page.getByText('1 Feb 2026 to 28 Feb 2026', { exact: true }).waitFor();
    });
  });

  it('opens a row to its tickets, page by page, that add up to its cost', async () => {
    await visit('/', async (page) => {
      await opener(page, 'Nord Living').click();
      await page.getByText('2 tickets shown so far, together 440.00 USD.').waitFor();
      expect(server.asked).toContain('/api/v1/tickets?partner=nord&from=2026-01-01&to=2026-03-31&limit=100');
      await page.getByRole('button', { name: 'Show more' }).click();
      await page.getByText('3 tickets add up to 480.00 USD, the cost of this row.').waitFor();
      expect(await page.getByRole('button', { name: 'Show more' }).isVisible()).toBe(false);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      expect(await page.evaluate('document.activeElement.textContent')).toContain('Nord Living');
      await opener(page, 'Unattributed').click();
      await page.waitForURL(/partner=none/);
      await page.goBack();
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
    });
  });

  it('says that cost is pooled, and what is not shown, to who may not see wages', async () => {
    server.answers.costBasis = 'pooled';
    server.answers.rows = server.answers.rows.map((one) =>
      one.partner === 'sud' ? { ...one, supportCost: null, costPerTicket: null, costMultiple: null } : one,
    );
    server.answers.total = { ...server.answers.total, supportCost: null, costPerTicket: null, costMultiple: null };
    await visit('/', async (page) => {
      await page.getByText("Support cost is at the roles' pooled rates").waitFor();
      expect((await cells(page, 3))[0]).toBe('–');
      await opener(page, 'Nord Living').click();
      await page.getByRole('button', { name: 'Show more' }).click();
      await page.getByText('3 tickets add up to 480.00 USD, the cost of this row.').waitFor();
      await page.keyboard.press('Escape');
      await opener(page, 'Sud Casa').click();
      await page.getByRole('button', { name: 'Show more' }).click();
      await page.getByText('3 tickets; the cost of some is not shown, for too few agents worked on them.').waitFor();
    });
  });

  it('on a phone shows what a ticket cost without scrolling, and amounts in cents above', async () => {
    await visit(
      '/?partner=nord',
      async (page) => {
        const cost = page.locator('.tickets tbody td', { hasText: '240.00' });
        await cost.waitFor();
        const box = await cost.boundingBox();
        expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThan(390);
        expect(await page.locator('.drawer header').innerText()).toMatch(/cost 480\.00\sUSD/);
        expect(await page.getByTitle(/^480\.005\sUSD$/).count()).toBe(1);
        expect((await page.locator('thead th', { hasText: 'Contact rate' }).textContent()) ?? '').toBe(
          'Contact rate tickets per 100 orders',
        );
        await page.getByRole('button', { name: '5001' }).click();
        expect(await page.locator('.ticket-view .lead').innerText()).toMatch(/^5\.00\sUSD/);
      },
      { width: 390 },
    );
  });

  it('says why a number is what it is, down to the seconds, the rate and the exchange rate', async () => {
    await visit('/?partner=nord&ticket=1', async (page) => {
      const view = page.locator('.ticket-view');
      await view.waitFor();
      const text = (await view.innerText()).replaceAll('\u00a0', ' ');
      for (const part of [
        'Nord Living, The Nordics',
        'text, confidence low',
        'Orders looked at: 1001 (marketplace LX-9) of Nordlicht shop',
        'Matched by the number only',
        'surprise: {"x":1}',
        'Agent <script>alert(1)</script>',
        '600 s x 30.00 USD / 3600 = 5.00 USD',
        '120 s x 90.00 EUR / 3600 x 1.1 = 3.30 USD',
        '1 EUR = 1.1 USD, ECB rates of 2026-02-27',
        'Rate of agent desk:a: 30.00 USD an hour, valid from 2026-01-01',
        '-120 s x',
        '5400 s are above the cap',
        'Not priced yet: no exchange rate',
        'partner_nord: to carry, not written: the connection only observes',
        'answered 4 of 5',
        'Unattributed by unattributed',
      ])
        expect(text).toContain(part);
      await page.getByRole('button', { name: 'Back to the list' }).click();
      await page.getByText('2 tickets shown so far').waitFor();
      await page.getByRole('button', { name: '5001' }).click();
      await view.waitFor();
      expect(page.url()).toContain('ticket=1');
      await page.goBack();
      await page.getByText('2 tickets shown so far').waitFor();
      expect(await page.evaluate('document.activeElement.textContent')).toBe('5001');
    });
  });

  it('brings figures up to date in place: open row, focus and nodes stay', async () => {
    server.answers.status.pending = 4;
    server.answers.status.demo = { day: 37, days: 90, speed: 86_400, now: server.answers.status.now, done: false };
    await visit('/', async (page) => {
      await page.getByText('Demo: day 37 of 90 · 4 changes are waiting').waitFor();
      expect(await page.locator('progress').getAttribute('value')).toBe('37');
      await opener(page, 'Sud Casa').focus();
      await page.evaluate("document.activeElement.closest('tr').dataset.kept = 'yes'");
      const [first, second, ...rest] = server.answers.rows;
      if (!first || !second) throw new Error('the answers have two rows at least');
      server.answers.rows = [
        { ...second, supportCost: usd('999.000000') },
        { ...first, supportCost: usd('480.006000') },
        ...rest,
        row({ partner: 'ost', supportCost: usd('1.000000') }),
      ];
      await page.locator('table.report', { hasText: '999.00' }).waitFor();
      expect(await names(page)).toEqual(['Sud Casa <b>', 'Nord Living', 'Unattributed', 'Direct', 'ost']);
      expect(await page.evaluate("document.activeElement.closest('tr').dataset.kept")).toBe('yes');

      await opener(page, 'Nord Living').click();
      await page.getByText('2 tickets shown so far').waitFor();
      await page.getByRole('button', { name: '5001' }).focus();
      server.answers.rows = server.answers.rows.map((one) =>
        one.partner === 'nord' ? { ...one, supportCost: usd('490.006000'), tickets: 41 } : one,
      );
      await page.getByText('41 tickets created').waitFor();
      expect(await page.getByRole('dialog').isVisible()).toBe(true);
      expect(await page.locator('tr[aria-current] .name').textContent()).toBe('Nord Living');
      expect(await page.evaluate('document.activeElement.textContent')).toBe('5001');

      server.answers.status.pending = 0;
      delete server.answers.status.demo;
      await page.locator('.progress').waitFor({ state: 'hidden' });
      expect(await page.locator('#announcer').textContent()).toContain('up to date');
    });
  }, 40_000);

  /** One that works, one that does not, and one with a warning while its history is read. */
  const troubled = () => [
    connectionStatus(),
    connectionStatus({
      id: 2,
      name: 'gorgias main',
      kind: 'gorgias',
      state: 'credentials',
      mode: 'act',
      lagSeconds: 754,
      heldRatio: 0.982,
      attention: [
        {
          topic: 'state',
          level: 'fault',
          found: 'the credentials are refused since 2026-03-31T09:30:00.000Z: Gorgias answered 401.',
          next: 'Give the new key: deskledger connection 2 --settings FILE.json',
        },
        { topic: 'quarantine', level: 'fault', found: '3 set aside', next: 'GET /api/v1/quarantine says why.' },
      ],
    }),
    connectionStatus({
      id: 3,
      name: 'kustomer',
      kind: 'kustomer',
      heldRatio: null,
      counted: null,
      tickets: 0,
      feedLagSeconds: 7500,
      backfill: { state: 'gathering', found: 90_000, done: 40_500, remainingSeconds: 1500 },
      attention: [
        {
          topic: 'silence',
          level: 'warning',
          found: 'no webhook since 2026-03-31T08:00:00.000Z, although there are changes',
          next: 'See at the helpdesk what its calls to PUBLIC_URL are answered.',
        },
      ],
    }),
    connectionStatus({
      id: 4,
      name: 'shop',
      kind: 'bigcommerce',
      feed: 'orders',
      heldRatio: null,
      counted: null,
      tickets: 0,
    }),
  ];

  it('says how each connection does, and of one that needs somebody what is wrong and what to do', async () => {
    await visit('/', async (page) => {
      const lines = page.locator('.connections li');
      const textOf = async (index: number) => (await lines.nth(index).innerText()).replaceAll(/\s+/g, ' ');
      await lines.first().waitFor();
      expect(await textOf(0)).toBe('desk zendesk ok observes only · all 1,234 tickets held · up to date');
      expect(await page.locator('.attention').isVisible()).toBe(false);

      server.answers.status.connections = troubled();
      const [fault, warning] = [page.locator('.attention .notice').first(), page.locator('.attention .notice').nth(1)];
      await fault.waitFor();
      expect(await fault.getAttribute('class')).toBe('notice bad');
      expect(await warning.getAttribute('class')).toBe('notice warn');
      const words = await fault.innerText();
      for (const part of [
        'gorgias main needs attention',
        'The credentials are refused since 31 Mar 2026, 09:30: Gorgias answered 401.',
        'What to do: Give the new key: deskledger connection 2 --settings FILE.json',
        'Quarantine: 3 set aside',
      ])
        expect(words).toContain(part);
      expect(await warning.innerText()).toContain('Silence: no webhook since 31 Mar 2026, 08:00');
      expect(await textOf(1)).toBe(
        'gorgias main gorgias credentials refused acts · 98 % of 1,234 tickets held · 12:34 min behind',
      );
      expect(await textOf(2)).toBe(
        'kustomer needs attention observes only · last read 2:05 h ago · history: 40,500 of 90,000 tickets, about 25:00 min left',
      );
      expect(await textOf(3)).toBe('shop bigcommerce ok reads orders · up to date');
      expect(await page.locator('#announcer').textContent()).toBe('Needs attention: gorgias main, kustomer.');

      server.answers.status.demo = { day: 1, days: 90, done: false };
      await page.locator('.attention').waitFor({ state: 'hidden' });
      delete server.answers.status.demo;
      await fault.waitFor();
      server.answers.status.connections = [connectionStatus()];
      await page.locator('.attention').waitFor({ state: 'hidden' });
      expect(await lines.count()).toBe(1);
    });
  }, 40_000);

  it('tells an empty ledger, a fault and its end, and a session that is over', async () => {
    server.answers.status.connections = [];
    server.answers.rows = [];
    server.answers.total = row({});
    await visit('/', (page) => page.getByText('npx deskledger connect zendesk').waitFor());

    server.reset();
    server.answers.fault = 'The database does not answer.';
    await visit(
      '/',
      async (page) => {
        await page.getByText('The database does not answer.').waitFor();
        server.answers.fault = null;
        await page.getByRole('button', { name: 'Try again' }).click();
        await opener(page, 'Nord Living').waitFor();
        expect(await page.getByRole('button', { name: 'Try again' }).isVisible()).toBe(false);
        server.sign.signedIn = false;
        await page.getByText('npx deskledger user sign-in').waitFor();
        expect(await page.locator('table').count()).toBe(0);
      },
      { complaints: ['503', '401'] },
    );

    server.reset();
    await visit(
      '/',
      async (page) => {
        await page.getByRole('button', { name: 'Sign out' }).click();
        await page.getByRole('heading', { name: 'Sign in to Deskledger' }).waitFor();
      },
      { complaints: ['401'] },
    );
  }, 40_000);

  it.each([
    [390, false],
    [390, true],
    [1280, false],
    [1280, true],
  ])(
    'axe finds nothing to mend and nothing scrolls sideways: %d px, dark %s',
    async (width, dark) => {
      server.answers.status.pending = 4;
      server.answers.status.connections = troubled();
      for (const [path, awaited] of [
        ['/', 'table.report tbody tr'],
        ['/?by=partner,region&sort=name', 'table.report tbody tr'],
        ['/?partner=nord', 'table.tickets tbody tr'],
        ['/?partner=nord&ticket=1', '.ticket-view'],
      ] as const)
        await visit(
          path,
          async (page) => {
            await page.locator(awaited).first().waitFor();
            expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
            await page.addScriptTag({ content: axe });
            const found = await page.evaluate(
              `axe.run().then(({ violations, passes }) => ({ passes: passes.length, violations: violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html).join(' ')) }))`,
            );
            expect(found, path).toMatchObject({ violations: [] });
            expect((found as { passes: number }).passes).toBeGreaterThan(10);
          },
          { width, dark, axed: true },
        );
    },
    60_000,
  );

  it('has words for a posting that a re-base made', async () => {
    const [entry] = server.answers.detail.work;
    const [posting] = entry?.postings ?? [];
    if (!entry || !posting) throw new Error('the canned ticket has a posting');
    server.answers.detail = {
      ...server.answers.detail,
      work: [{ ...entry, postings: [{ ...posting, cause: 'rebase' }] }],
    };
    await visit('/?partner=nord&ticket=1', async (page) => {
      await page.locator('.ticket-view').waitFor();
      expect(await page.locator('.ticket-view').textContent()).toContain('reporting currency or time zone changed');
    });
  });

  it('shows every column of large figures on a window of 1280 px, two scrollbars included', async () => {
    const large = row({
      partner: 'nord',
      supportCost: usd('12345.670000'),
      ticketsWorked: 1234,
      costPerTicket: usd('12.340000'),
      costMultiple: 2.4,
      ahtSeconds: 754,
      tickets: 1234,
      orders: 12_345.5,
      contactRate: 12.3,
      costPerOrder: usd('3.450000'),
      netRevenue: usd('1234567.890000'),
      returnRate: 0.123,
      csat: {
        n: 130,
        topTwoBox: 0.8,
        low: 0.63,
        high: 0.9,
        mean: 4.1,
        distribution: { 1: 10, 2: 8, 3: 8, 4: 40, 5: 64 },
        responseRate: 0.4,
      },
      measuredShare: 0.82,
      flags: [{ code: 'cost_multiple', rule: 'cost per ticket is at least 2 x' }],
    });
    server.answers.rows = [large, { ...large, partner: 'sud' }];
    await visit(
      '/',
      async (page) => {
        await opener(page, 'Nord Living').waitFor();
        const hidden = await page.evaluate(
          "(() => { const { scrollWidth, clientWidth } = document.querySelector('#report .scroller'); return scrollWidth - clientWidth; })()",
        );
        expect(hidden).toBe(0);
      },
      { width: 1280 - 2 * 15 },
    );
  });

  it('stays quick with 200 rows', async () => {
    server.answers.rows = Array.from({ length: 200 }, (_, index) =>
      row({ partner: `p${index}`, supportCost: usd(`${index}.000000`), tickets: index }),
    );
    await visit('/', async (page) => {
      await opener(page, 'p199').waitFor();
      expect(await page.locator('table.report tbody tr').count()).toBe(200);
      const tookMs = await page.evaluate(
        "(() => { const from = performance.now(); document.querySelector('thead th:nth-child(7) button').click(); document.body.getBoundingClientRect(); return performance.now() - from; })()",
      );
      expect((await names(page))[0]).toBe('p199');
      expect(tookMs).toBeLessThan(500);
    });
  });
});
