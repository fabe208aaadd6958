import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fieldIds } from '../../src/sandbox/zendesk/index.ts';
import { sdkAddress } from '../../src/sandbox/zendesk/workspace/sdk.ts';
import { hasChromium, launchChromium, warnOfSkip } from '../support/chromium.ts';
import { startAccount } from './zendesk-stage.ts';

// The SDK as published on npm against the simulated workspace, with an app that is nothing but the client. One page is opened for
// all: each test goes on where the one before it left the ticket, the tabs and the colours.

const title = 'the protocol of the Zendesk App Framework';
warnOfSkip(title);

const appPage = `<!doctype html><body><p>app</p><script src="${sdkAddress}"></script><script>
  window.heard = [];
  window.client = ZAFClient.init((context) => { window.started = context; });
</script></body>`;

const manifest = {
  name: 'Test app',
  version: '1.2.3',
  frameworkVersion: '2.0',
  parameters: [
    { name: 'greeting', type: 'text' },
    { name: 'key', type: 'text', secure: true, scopes: ['header'] },
  ],
  location: {
    support: { ticket_sidebar: { url: 'assets/iframe.html' }, new_ticket_sidebar: { url: 'assets/iframe.html' } },
  },
};

describe.skipIf(!hasChromium)(title, () => {
  let browser: Browser;
  let page: Page;
  let account: Awaited<ReturnType<typeof startAccount>>;
  let folder: string;

  /** What a promise of the client brings; of one that is refused its error, as `{error}`. */
  const inApp = async (script: string): Promise<unknown> => {
    const handle = await page.locator('section.pane:not([hidden]) iframe').elementHandle();
    const frame = (await handle?.contentFrame()) as Frame;
    await frame.waitForFunction('window.started');
    return frame.evaluate(
      `Promise.resolve(${script}).catch((error) => ({ error: error.message ?? error.status ?? String(error) }))`,
    );
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'deskledger-app-'));
    await mkdir(join(folder, 'assets'));
    await writeFile(join(folder, 'assets', 'iframe.html'), appPage);
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
    account = await startAccount();
    const { sandbox, ticket } = account;
    sandbox.workspace.install({ folder: async () => folder, settings: { greeting: 'hello', key: 'hidden' } });
    const { id } = ticket();
    browser = await launchChromium();
    page = await browser.newPage();
    page.setDefaultTimeout(15_000);
    await page.goto(sandbox.workspace.urlOf(id));
  });

  afterAll(async () => {
    await browser?.close();
    await account?.sandbox.close();
    await rm(folder, { recursive: true });
  });

  test('registers an app with what it is and where it stands, and no secure setting', async () => {
    expect(await inApp('client.metadata()')).toMatchObject({
      name: 'Test app',
      version: '1.2.3',
      settings: { title: 'Test app', greeting: 'hello' },
    });
    expect(JSON.stringify(await inApp('client.metadata()'))).not.toContain('hidden');
    const context = await inApp('client.context()');
    expect(context).toMatchObject({ product: 'support', location: 'ticket_sidebar', ticketId: 7001 });
    expect(await inApp('window.started.context')).toEqual(context);
  });

  test('answers what is read, one or many at once, and says what there is not', async () => {
    expect(await inApp("client.get('ticket.id')")).toEqual({ 'ticket.id': 7001, errors: {} });
    const number = `ticket.customField:custom_field_${fieldIds.orderNumber}`;
    await expect
      .poll(() => inApp(`client.get(['${number}', 'currentUser.locale', 'colorScheme', 'shoe.size'])`))
      .toEqual({
        [number]: '40001',
        'currentUser.locale': 'en-US',
        colorScheme: 'light',
        errors: { 'shoe.size': expect.objectContaining({ message: 'No such Api' }) },
      });
    expect(await inApp("client.get('shoe.size')")).toEqual({ error: '"shoe.size" No such Api' });
    expect(await inApp("client.invoke('dance')")).toEqual({ error: '"dance" No such Api' });
  });

  test('fills in the form without saving, tells the app, and the agent saves it', async () => {
    const { desk } = account.sandbox;
    const path = `ticket.customField:custom_field_${fieldIds.partner}`;
    await inApp(`client.on('ticket.custom_field_${fieldIds.partner}.changed', (value) => heard.push(value))`);
    expect(await inApp(`client.set('${path}', 'nordhem')`)).toEqual({ [path]: 'nordhem', errors: {} });
    expect(await inApp(`client.get('${path}')`)).toMatchObject({ [path]: 'nordhem' });
    expect(await inApp('heard')).toEqual(['nordhem']);
    expect(desk.ticket(7001).fields.has(fieldIds.partner)).toBe(false);
    await page.getByRole('button', { name: 'Submit' }).click();
    await expect.poll(() => desk.ticket(7001).fields.get(fieldIds.partner)).toBe('nordhem');
    expect(desk.ticket(7001).audits.at(-1)?.author_id).toBe(account.agent.id);
  });

  test('asks the account as the agent, as jQuery answers, and the open form shows what changed', async () => {
    expect(await inApp("client.request('/api/v2/users/me.json')")).toMatchObject({ user: { name: 'Agent Elm' } });
    const ask = (data: object) =>
      inApp(
        `client.request(${JSON.stringify({
          url: '/api/v2/tickets/7001.json',
          type: 'PUT',
          contentType: 'application/json',
          data: JSON.stringify({ ticket: data }),
        })}).catch(({ status, responseJSON }) => ({ status, responseJSON }))`,
      );
    expect(await ask({ custom_fields: [{ id: fieldIds.region, value: 'nordics' }] })).toMatchObject({
      ticket: { id: 7001 },
    });
    await expect.poll(() => page.locator(`[name="field-${fieldIds.region}"]`).inputValue()).toBe('nordics');
    await inApp("(heard.length = 0, client.on('ticket.status.changed', (status) => heard.push(status)))");
    await ask({ status: 'pending' });
    await expect.poll(() => inApp('heard')).toEqual(['pending']);
    expect(await inApp("client.get('ticket.status')")).toMatchObject({ 'ticket.status': 'pending' });
    expect(await ask({ shoe_size: 44 })).toMatchObject({ status: 422, responseJSON: { error: 'RecordInvalid' } });
    expect(await inApp("client.request({ url: 'http://127.0.0.1:1/x', secure: true })")).toEqual({ error: 400 });
  });

  test('makes the frame as tall as the app asks, and no wider', async () => {
    await inApp("client.invoke('resize', { width: '900px', height: '432px' })");
    expect(await page.locator('section.pane:not([hidden]) iframe').boundingBox()).toMatchObject({
      width: 320,
      height: 432,
    });
  });

  test('tells of colours, of tabs and of what other instances trigger; each ticket has its own', async () => {
    await inApp(`(heard.length = 0, ['colorScheme.changed', 'app.activated', 'app.deactivated', 'greeted'].forEach((name) =>
      client.on(name, (data) => heard.push([name, data]))))`);
    await page.selectOption('select[name="scheme"]', 'dark');
    await expect.poll(() => inApp('heard')).toEqual([['colorScheme.changed', 'dark']]);
    expect(await inApp("client.get('colorScheme')")).toMatchObject({ colorScheme: 'dark' });

    await page.getByRole('button', { name: 'New ticket' }).first().click();
    expect(await inApp('client.context()')).toMatchObject({ location: 'new_ticket_sidebar' });
    expect(await inApp("client.get('ticket.id')")).toEqual({ error: '"ticket.id" No such Api' });
    const { instances } = (await inApp("client.get('instances')")) as {
      instances: Record<string, { location: string }>;
    };
    expect(Object.values(instances).map(({ location }) => location)).toEqual(['ticket_sidebar', 'new_ticket_sidebar']);
    const [first = ''] = Object.keys(instances);
    await inApp(`client.trigger('greeted', 'all')`);
    await inApp(`client.instance('${first}').trigger('greeted', 'one')`);
    expect(await inApp(`client.instance('${first}').get('ticket.id')`)).toMatchObject({ 'ticket.id': 7001 });
    await page.locator('#tabs .title').first().click();
    await expect
      .poll(() => inApp('heard'))
      .toEqual([
        ['colorScheme.changed', 'dark'],
        ['app.deactivated', undefined],
        ['greeted', 'all'],
        ['greeted', 'one'],
        ['app.activated', { firstLoad: false }],
      ]);
  });

  test('lets nothing through where the network is away, and says so', async () => {
    await page.selectOption('select[name="network"]', 'dead');
    expect(await inApp("client.request({ url: 'http://127.0.0.1:1/x', secure: true })")).toEqual({ error: 502 });
    expect(await inApp("client.request('/api/v2/users/me.json')")).toMatchObject({ user: {} });
    await page.selectOption('select[name="network"]', 'offline');
    expect(await inApp("client.request('/api/v2/users/me.json')")).toEqual({ error: 0 });
    await page.selectOption('select[name="network"]', 'normal');
    expect(new URL(page.url()).searchParams.get('scheme')).toBe('dark');
  });
});
