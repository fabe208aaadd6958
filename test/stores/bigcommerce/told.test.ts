import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Product } from '../../../src/compose.ts';
import { connect, reconnect } from '../../../src/connect.ts';
import { disconnect } from '../../../src/disconnect.ts';
import type { Connection } from '../../../src/features/directory/index.ts';
import { claimStoreChanges, connectionStatuses, isTold } from '../../../src/features/ingest/index.ts';
import { wallClock } from '../../../src/platform/clock.ts';
import { prove } from '../../../src/prove.ts';
import { type BigcommerceSandbox, createBigcommerceSandbox } from '../../../src/sandbox/bigcommerce/index.ts';
import type { OrderInput } from '../../../src/sandbox/bigcommerce/model.ts';
import type { FaultPlan } from '../../../src/sandbox/http.ts';
import { createZendeskSandbox } from '../../../src/sandbox/zendesk/index.ts';
import { viaOf } from '../../../src/sandbox/zendesk/model.ts';
import { subscribedScopes } from '../../../src/stores/bigcommerce/hooks.ts';
import { testProduct } from '../../support/product.ts';
import { publicAddress } from '../../support/public-address.ts';
import { type StandingClock, standingClock } from '../../support/standing-clock.ts';

let clock: StandingClock;
let product: Product;
let sandbox: BigcommerceSandbox;
let connection: Connection;
const open: (() => Promise<void>)[] = [];

const minuteMs = 60_000;
const order = (more: Partial<OrderInput> = {}): OrderInput => ({
  placedAtMs: clock.now().getTime(),
  customerId: 0,
  email: 'eva@example.com',
  firstName: 'Eva',
  lastName: 'E',
  countryIso2: 'SE',
  locale: 'sv',
  currency: 'USD',
  channelId: 3,
  externalSource: null,
  externalOrderId: '',
  formFields: [],
  metafields: [],
  taxInclusive: false,
  taxPercent: 25,
  lines: [
    { sku: 'HD-1', name: 'Vase', brand: 'Nord', priceCents: 10_000, quantity: 1 },
    { sku: 'HD-2', name: 'Rug', brand: '', priceCents: 30_000, quantity: 1 },
  ],
  discountCents: 4_000,
  shippingCents: 500,
  statusId: 11,
  ...more,
});

const start = async (faults: FaultPlan = {}) => {
  clock = standingClock();
  const address = await publicAddress();
  ({ product } = await testProduct({ clock, env: { PUBLIC_URL: address.url } }));
  const app = await product.buildApp();
  address.app = app;
  sandbox = await createBigcommerceSandbox({ clock, seed: 's', firstOrderId: 1001, faults, limits: 'off' });
  open.push(() => app.close(), sandbox.close);
};
const connecting = async (remoteSetup = true) => {
  const wanted = { kind: 'bigcommerce', settings: sandbox.settings, remoteSetup, actor: 'test' };
  const connected = await connect(product, wanted);
  connection = await product.directory.connections.get('store');
  return connected;
};
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** What a worker's sweep does, once what was told is due. */
const refresh = async (): Promise<void> => {
  await sandbox.hooks.sender.idle();
  clock.advance(minuteMs);
  const worker = workOf();
  for (const lot of await claimStoreChanges(product.db, clock.now())) await worker(lot);
};
const workOf = () => product.refreshStore;
const status = async () => {
  const [found] = await connectionStatuses(product.db, clock.now());
  if (!found) throw new Error('no connection has a status');
  return found;
};
const held = () =>
  product.db.query<{ external_id: string; status_id: number }>(
    'select external_id, status_id from "order" order by external_id',
  );

describe('a store that tells', () => {
  beforeEach(async () => {
    await start();
    await connecting();
    await product.walk(connection);
  });

  it('has its orders read as it tells of them, coalesced, in few calls', async () => {
    const { id } = sandbox.shop.place(order());
    sandbox.shop.setStatus(id, 2);
    sandbox.shop.setStatus(id, 10);
    await sandbox.hooks.sender.idle();
    expect(await status()).toMatchObject({ pending: 1, state: 'ok' });
    const before = sandbox.calls();
    await refresh();
    // The order, and refunds of the lot.
    expect(sandbox.calls() - before).toBe(2);
    expect(await held()).toEqual([{ external_id: String(id), status_id: 10 }]);
    expect(await status()).toMatchObject({ pending: 0, orders: 1, lagSeconds: 0 });
  });

  it('brings gross revenue, discounts and coupons, of the order and of its lines', async () => {
    sandbox.shop.place(order());
    await refresh();
    const [row] = await product.db.query(
      'select revenue_micros, gross_micros, discount_micros, coupons from "order" where external_id = $1',
      ['1001'],
    );
    expect(row).toEqual({
      revenue_micros: 365_000_000n,
      gross_micros: 405_000_000n,
      discount_micros: 40_000_000n,
      coupons: 1,
    });
    const lines = await product.db.query('select sku, gross_micros, discount_micros from order_line order by sku');
    expect(lines).toEqual([
      { sku: 'HD-1', gross_micros: 100_000_000n, discount_micros: 10_000_000n },
      { sku: 'HD-2', gross_micros: 300_000_000n, discount_micros: 30_000_000n },
    ]);
  });

  it('has refunds, archived orders and accounts read', async () => {
    const { id } = sandbox.shop.place(order({ customerId: 12 }));
    await refresh();
    const payments = [{ cents: 10_000, declined: false }];
    sandbox.shop.refund(id, { reason: '', totalCents: 10_000, taxCents: 2_000, payments, lines: [] });
    sandbox.shop.register(12, 'new@example.com');
    sandbox.shop.archive(id);
    await refresh();
    expect(await product.db.query('select archived from "order"')).toEqual([{ archived: true }]);
    expect(await product.db.query('select net_micros from refund')).toEqual([{ net_micros: 80_000_000n }]);
    const addresses = await product.db.query<{ email_hash: Buffer }>('select email_hash from order_address');
    const hash = product.vault.hashAddress('new@example.com');
    expect(addresses.some(({ email_hash }) => email_hash.equals(hash))).toBe(true);
    const known = await product.db.query('select known from store_address where email_hash = $1', [hash]);
    expect(known).toEqual([{ known: true }]);
  });

  it('is asked for nothing that our copy has whole, once its webhooks were seen to stand', async () => {
    sandbox.shop.place(order());
    await refresh();
    await product.watch(connection);
    expect(await isTold(product.db, connection.id, clock.now())).toBe(true);
    const before = sandbox.calls();
    const ticket = {
      ticketId: 1n,
      ticketCreatedAt: clock.now(),
      since: new Date(clock.now().getTime() - 90 * 86_400_000),
    };
    for (const email of ['eva@example.com', 'stranger@example.com'])
      await product.orders.lookUpLive([{ ...ticket, numbers: [], email }]);
    expect(sandbox.calls() - before).toBe(0);
    const { walked } = (await product.walk(connection)) as { walked: number };
    expect(walked).toBe(1);
    expect(await status()).toMatchObject({ toldShare: 1 });
  });

  it('bug: each ticket cost the store a call, for its order might have come since the last walk', async () => {
    const customers = Array.from({ length: 12 }, (_, index) => `customer${index}@example.com`);
    const ids = customers.map((email) => sandbox.shop.place(order({ email })).id);
    await refresh();
    await product.watch(connection);

    const desk = await createZendeskSandbox({ clock, seed: 'desk', limits: 'off' });
    open.push(desk.close);
    await connect(product, { kind: 'zendesk', settings: desk.settings, remoteSetup: false, actor: 'test' });
    clock.advance(minuteMs);
    for (const [index, email] of customers.entries()) {
      const person = { name: 'Kim', email, role: 'end-user', locale: 'sv', organizationId: null } as const;
      desk.desk.create({
        atMs: clock.now().getTime(),
        // Every other one names its order.
        subject: index % 2 === 0 ? `Where is order #${ids[index]}?` : 'Where is my parcel?',
        body: 'Hello',
        requesterId: desk.desk.addUser(person).id,
        via: viaOf('email'),
        brandId: 5,
        tags: [],
      });
    }
    clock.advance(5 * minuteMs);
    const before = sandbox.calls();
    const helpdesk = (await product.directory.connections.list()).find(({ kind }) => kind === 'zendesk');
    if (!helpdesk) throw new Error('the helpdesk is not connected');
    const since = new Date(clock.now().getTime() - 60 * minuteMs);
    const { comparison } = await product.backfill(helpdesk, { since });
    expect(comparison).toMatchObject({ held: customers.length, complete: true });
    const decided = await product.db.query<{ method: string }>(
      'select method, count(*)::int as tickets from attribution where current group by 1 order by 1',
    );
    expect(decided).toEqual([
      { method: 'recent orders', tickets: 6 },
      { method: 'text', tickets: 6 },
    ]);
    expect(sandbox.calls() - before).toBe(0);
  });

  it('takes what comes twice once, and what is old no further', async () => {
    const headers = { 'x-deskledger-secret': String((connection.settings.webhookHeaderSecret as string[])[0]) };
    const body = JSON.stringify({
      scope: 'store/order/updated',
      data: { type: 'order', id: 1001 },
      producer: 'stores/sandboxstore',
    });
    const post = async (more: object = {}, text = body) => {
      const app = await product.buildApp();
      const answer = await app.inject({
        method: 'POST',
        url: `/webhooks/${connection.webhookKey}`,
        headers: { ...headers, ...more },
        payload: text,
      });
      await app.close();
      return answer.statusCode;
    };
    expect(await post()).toBe(202);
    expect(await post()).toBe(200);
    expect(await post({ 'x-deskledger-secret': 'x'.repeat(20) })).toBe(401);
    expect(await post({}, body.replace('sandboxstore', 'another'))).toBe(401);
    expect(await post({}, 'x'.repeat(1_048_577))).toBe(413);
    expect(await post({}, '{')).toBe(202);
    expect((await status()).quarantined).toBe(1);
    const app = await product.buildApp();
    expect((await app.inject({ method: 'POST', url: `/webhooks/${'k'.repeat(43)}`, payload: body })).statusCode).toBe(
      404,
    );
    await app.close();
  });
});

describe('its webhooks', () => {
  beforeEach(() => start());
  const hooks = () => [...sandbox.hooks.hooks.values()];

  it('are made by connect, proven, and taken away by disconnect, exactly those', async () => {
    const other = { scope: 'store/order/created', destination: 'https://other.example/x', headers: {}, isActive: true };
    sandbox.hooks.add(other);
    const { result, notes } = await connecting();
    expect(result.webhookUrl).toContain('/webhooks/');
    expect(notes.filter((line) => line.startsWith('Made at the store: webhook'))).toHaveLength(subscribedScopes.length);
    expect(hooks()).toHaveLength(subscribedScopes.length + 1);
    expect(await prove(product, connection)).toMatchObject({ proven: true });
    const again = await reconnect(product, connection, { remoteSetup: true, actor: 'test' });
    expect(again.notes).toEqual([]);
    expect(hooks()).toHaveLength(subscribedScopes.length + 1);
    let shown: readonly string[] = [];
    const consent = async (lines: readonly string[]) => {
      shown = lines;
      return true;
    };
    const gone = await disconnect(product, connection, { consent, leaveRemote: false, actor: 'test' });
    expect(gone?.removed).toHaveLength(subscribedScopes.length);
    expect(shown.join('\n')).toContain('at the store');
    expect(hooks()).toMatchObject([other]);
  });

  it('are not made with --no-remote-setup; the feed brings the orders', async () => {
    await connecting(false);
    expect(hooks()).toEqual([]);
    sandbox.shop.place(order());
    await product.walk(connection);
    expect(await held()).toHaveLength(1);
    await product.watch(connection);
    expect(await status()).toMatchObject({ webhook: null, state: 'ok', counted: { there: 1, here: 1 } });
  });

  it('that stand switched off or are gone are seen, mended, and the gap is read', async () => {
    await connecting();
    await product.walk(connection);
    clock.advance(20 * minuteMs);
    const [first, second] = hooks();
    if (!first || !second) throw new Error('no hooks were made');
    sandbox.hooks.remove(first.id);
    sandbox.hooks.change(second.id, { isActive: false });
    for (const { id } of hooks()) sandbox.hooks.change(id, { isActive: false });
    const { id } = sandbox.shop.place(order());
    await refresh();
    expect(await held()).toEqual([]);
    await product.watch(connection);
    expect((await status()).webhook).toMatchObject({ state: 'remade' });
    expect(await held()).toEqual([{ external_id: String(id), status_id: 11 }]);
    expect(hooks().filter(({ isActive }) => isActive)).toHaveLength(subscribedScopes.length);
    await product.watch(connection);
    expect((await status()).webhook).toMatchObject({ state: 'fine' });
  });
});

describe('several stores', () => {
  it('keep their orders and webhooks apart', async () => {
    await start();
    await connecting();
    const second = await createBigcommerceSandbox({
      clock,
      seed: 't',
      firstOrderId: 1001,
      limits: 'off',
      storeHash: 'secondstore',
    });
    open.push(second.close);
    const settings = { ...second.settings, name: 'second' };
    await connect(product, { kind: 'bigcommerce', settings, remoteSetup: true, actor: 'test' });
    sandbox.shop.place(order());
    second.shop.place(order({ countryIso2: 'NO' }));
    await second.hooks.sender.idle();
    await refresh();
    const rows = await product.db.query(
      'select c.name, o.external_id, o.country from "order" o join connection c on c.id = o.connection_id order by c.name',
    );
    expect(rows).toEqual([
      { name: 'second', external_id: '1001', country: 'NO' },
      { name: 'store', external_id: '1001', country: 'SE' },
    ]);
  });
});

it('ends with the right orders whatever order and number of times it is told in', async () => {
  await start({ duplicateRate: 0.3, reorderRate: 0.5 });
  await connecting();
  for (let made = 0; made < 30; made += 1) {
    const { id } = sandbox.shop.place(order());
    if (made % 3 === 0) sandbox.shop.setStatus(id, 2);
    if (made % 5 === 0) sandbox.shop.setStatus(id, 5);
  }
  const before = sandbox.calls();
  await refresh();
  const expected = [...sandbox.shop.orders.values()].map(({ id, statusId }) => ({
    external_id: String(id),
    status_id: statusId,
  }));
  expect(await held()).toEqual(expected);
  // Thirty orders that stand close together: one range, one list of refunds.
  expect(sandbox.calls() - before).toBe(2);
});

describe('trouble', () => {
  beforeEach(async () => {
    await start();
    await connecting();
    await product.walk(connection);
    clock.advance(20 * minuteMs);
    sandbox.shop.place(order());
  });

  it('with a revoked token is one clear state, and what was told waits', async () => {
    await sandbox.hooks.sender.idle();
    sandbox.revoke();
    await refresh();
    expect(await status()).toMatchObject({ state: 'credentials', pending: 1, quarantined: 0 });
    expect(await held()).toEqual([]);
  });

  it.each([
    [200, 'odd answers'],
    [500, 'unreachable'],
  ])('with a page of HTML and status %i is one clear state, until it passes', async (code, state) => {
    sandbox.answerWith({ status: code, html: '<html>Sign in</html>' });
    await refresh();
    expect(await status()).toMatchObject({ state, pending: 1, quarantined: 0 });
    sandbox.answerWith(null);
    for (let round = 0; round < 4; round += 1) {
      clock.advance(5 * minuteMs);
      await refresh();
    }
    expect(await status()).toMatchObject({ state: 'ok', pending: 0 });
    expect(await held()).toHaveLength(1);
  });
});

it('a clock that differs from the store’s is one clear state', async () => {
  await start();
  const server = createServer((request, response) => {
    response.setHeader('date', new Date(Date.now() + 60 * minuteMs).toUTCString());
    const isList = request.url?.includes('/v3/');
    response.writeHead(200, { 'content-type': 'application/json' }).end(isList ? '{"data":[],"meta":{}}' : '[]');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  ({ product } = await testProduct({ clock: wallClock }));
  const settings = { ...sandbox.settings, baseUrl: `http://127.0.0.1:${port}` };
  await connect(product, { kind: 'bigcommerce', settings, remoteSetup: false, actor: 'test' });
  await product.walk(await product.directory.connections.get('store'));
  await vi.waitFor(async () => {
    const [found] = await connectionStatuses(product.db, wallClock.now());
    expect(found).toMatchObject({ state: 'clock', stateText: expect.stringContaining('60 min behind') });
  });
});

describe('a backfill', () => {
  it('reads from the day on, compares counts, and says whether all is there', async () => {
    await start();
    const dayMs = 86_400_000;
    for (let daysAgo = 500; daysAgo > 0; daysAgo -= 50)
      sandbox.shop.place(order({ placedAtMs: clock.now().getTime() - daysAgo * dayMs }));
    await connecting();
    const since = new Date(clock.now().getTime() - 600 * dayMs);
    const { comparison } = await product.backfill(connection, { since });
    expect(comparison).toMatchObject({ found: 10, held: 10, countedThere: 10, countedHere: 10, complete: true });
    expect((await status()).backfill).toMatchObject({ state: 'complete', found: 10, done: 10 });
    await product.db.query('delete from "order" where external_id = $1', ['1001']);
    await product.watch(connection);
    expect((await status()).counted).toMatchObject({ there: 10, here: 9 });
  });
});
