import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { reportRow as row, usd } from '../support/report-row.ts';
import { describeInBrowser, names, opener } from './browser.ts';
import { connectionStatus } from './canned-answers.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describeInBrowser('the managers’ page as time goes by', ({ server, visit }) => {
  it('leads from a demo to its simulated Zendesk, also when its days are over', async () => {
    const { status } = server.answers;
    status.demo = {
      day: 90,
      days: 90,
      speed: 1,
      now: status.now,
      done: true,
      workspaceUrl: 'http://127.0.0.1:9/agent',
    };
    await visit('/', async (page) => {
      const link = page.getByRole('link', { name: 'The tickets at the simulated Zendesk' });
      await link.waitFor();
      expect(await link.getAttribute('href')).toBe('http://127.0.0.1:9/agent');
      expect(await page.locator('progress').isVisible()).toBe(false);
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
      completeness: 0.982,
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
      completeness: null,
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
      counted: { at: '2026-03-31T09:50:00.000Z', there: 12_000 },
      tickets: 0,
      orders: 12_000,
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
        'gorgias main gorgias credentials refused acts · 98 % of 1,234 tickets held when counted, 31 Mar 2026, 09:50 · 12:34 min behind',
      );
      expect(await textOf(2)).toBe(
        'kustomer needs attention observes only · last read 2:05 h ago · history: 40,500 of 90,000 tickets, about 25:00 min left',
      );
      expect(await textOf(3)).toBe('shop bigcommerce ok reads orders · all 12,000 orders held · up to date');
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
