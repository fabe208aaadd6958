import { beforeEach, describe, expect, it } from 'vitest';
import { connect } from '../../../src/connect.ts';
import { dayMs, minuteMs } from '../../../src/core/time.ts';
import { isTold } from '../../../src/features/ingest/index.ts';
import { createBigcommerceSandbox } from '../../../src/sandbox/bigcommerce/index.ts';
import { createZendeskSandbox } from '../../../src/sandbox/zendesk/index.ts';
import { viaOf } from '../../../src/sandbox/zendesk/model.ts';
import { atEndOfFile } from '../../support/cleanup.ts';
import { type ConnectedShop, connectedShop } from './connected-shop.ts';

let world: ConnectedShop;

describe('a store that tells', () => {
  beforeEach(async () => {
    world = await connectedShop();
    await world.connecting();
    await world.product.walk(world.connection);
  });

  it('has its orders read as it tells of them, coalesced, in few calls', async () => {
    const { id } = world.sandbox.shop.place(world.order());
    world.sandbox.shop.setStatus(id, 2);
    world.sandbox.shop.setStatus(id, 10);
    await world.sandbox.hooks.sender.idle();
    expect(await world.status()).toMatchObject({ pending: 1, state: 'ok' });
    const before = world.sandbox.calls();
    await world.refresh();
    // The order, and refunds of the lot.
    expect(world.sandbox.calls() - before).toBe(2);
    expect(await world.held()).toEqual([{ external_id: String(id), status_id: 10 }]);
    expect(await world.status()).toMatchObject({ pending: 0, orders: 1, lagSeconds: 0 });
  });

  it('brings gross revenue, discounts and coupons, of the order and of its lines', async () => {
    world.sandbox.shop.place(world.order());
    await world.refresh();
    const [row] = await world.product.db.query(
      'select revenue_micros, gross_micros, discount_micros, coupons from "order" where external_id = $1',
      ['1001'],
    );
    expect(row).toEqual({
      revenue_micros: 365_000_000n,
      gross_micros: 405_000_000n,
      discount_micros: 40_000_000n,
      coupons: 1,
    });
    const lines = await world.product.db.query(
      'select sku, gross_micros, discount_micros from order_line order by sku',
    );
    expect(lines).toEqual([
      { sku: 'HD-1', gross_micros: 100_000_000n, discount_micros: 10_000_000n },
      { sku: 'HD-2', gross_micros: 300_000_000n, discount_micros: 30_000_000n },
    ]);
  });

  it('has refunds, archived orders and accounts read', async () => {
    const { id } = world.sandbox.shop.place(world.order({ customerId: 12 }));
    await world.refresh();
    const payments = [{ cents: 10_000, declined: false }];
    world.sandbox.shop.refund(id, { reason: '', totalCents: 10_000, taxCents: 2_000, payments, lines: [] });
    world.sandbox.shop.register(12, 'new@example.com');
    world.sandbox.shop.archive(id);
    await world.refresh();
    expect(await world.product.db.query('select archived from "order"')).toEqual([{ archived: true }]);
    expect(await world.product.db.query('select net_micros from refund')).toEqual([{ net_micros: 80_000_000n }]);
    const addresses = await world.product.db.query<{ email_hash: Buffer }>('select email_hash from order_address');
    const hash = world.product.vault.hashAddress('new@example.com');
    expect(addresses.some(({ email_hash }) => email_hash.equals(hash))).toBe(true);
    const known = await world.product.db.query('select known from store_address where email_hash = $1', [hash]);
    expect(known).toEqual([{ known: true }]);
  });

  it('is asked for nothing that our copy has whole, once its webhooks were seen to stand', async () => {
    world.sandbox.shop.place(world.order());
    await world.refresh();
    await world.product.watch(world.connection);
    expect(await isTold(world.product.db, world.connection.id, world.clock.now())).toBe(true);
    const before = world.sandbox.calls();
    const ticket = {
      ticketId: 1n,
      ticketCreatedAt: world.clock.now(),
      since: new Date(world.clock.now().getTime() - 90 * dayMs),
    };
    for (const email of ['eva@example.com', 'stranger@example.com'])
      await world.product.orders.lookUpLive([{ ...ticket, numbers: [], email }]);
    expect(world.sandbox.calls() - before).toBe(0);
    const { walked } = (await world.product.walk(world.connection)) as { walked: number };
    expect(walked).toBe(1);
    expect(await world.status()).toMatchObject({ toldShare: 1 });
  });

  it('bug: each ticket cost the store a call, for its order might have come since the last walk', async () => {
    const customers = Array.from({ length: 12 }, (_, index) => `customer${index}@example.com`);
    const ids = customers.map((email) => world.sandbox.shop.place(world.order({ email })).id);
    await world.refresh();
    await world.product.watch(world.connection);

    const desk = await createZendeskSandbox({ clock: world.clock, seed: 'desk', limits: 'off' });
    atEndOfFile(desk.close);
    await connect(world.product, { kind: 'zendesk', settings: desk.settings, remoteSetup: false, actor: 'test' });
    world.clock.advance(minuteMs);
    for (const [index, email] of customers.entries()) {
      const person = { name: 'Kim', email, role: 'end-user', locale: 'sv', organizationId: null } as const;
      desk.desk.create({
        atMs: world.clock.now().getTime(),
        // Every other one names its order.
        subject: index % 2 === 0 ? `Where is order #${ids[index]}?` : 'Where is my parcel?',
        body: 'Hello',
        requesterId: desk.desk.addUser(person).id,
        via: viaOf('email'),
        brandId: 5,
        tags: [],
      });
    }
    world.clock.advance(5 * minuteMs);
    const before = world.sandbox.calls();
    const helpdesk = (await world.product.directory.connections.list()).find(({ kind }) => kind === 'zendesk');
    if (!helpdesk) throw new Error('the helpdesk is not connected');
    const since = new Date(world.clock.now().getTime() - 60 * minuteMs);
    const { comparison } = await world.product.backfill(helpdesk, { since });
    expect(comparison).toMatchObject({ held: customers.length, complete: true });
    const decided = await world.product.db.query<{ method: string }>(
      'select method, count(*)::int as tickets from attribution where current group by 1 order by 1',
    );
    expect(decided).toEqual([
      { method: 'recent orders', tickets: 6 },
      { method: 'text', tickets: 6 },
    ]);
    expect(world.sandbox.calls() - before).toBe(0);
  });

  it('takes what comes twice once, and what is old no further', async () => {
    const headers = { 'x-deskledger-secret': String((world.connection.settings.webhookHeaderSecret as string[])[0]) };
    const body = JSON.stringify({
      scope: 'store/order/updated',
      data: { type: 'order', id: 1001 },
      producer: 'stores/sandboxstore',
    });
    const post = async (more: object = {}, text = body) => {
      const app = await world.product.buildApp();
      const answer = await app.inject({
        method: 'POST',
        url: `/webhooks/${world.connection.webhookKey}`,
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
    expect((await world.status()).quarantined).toBe(1);
    const app = await world.product.buildApp();
    expect((await app.inject({ method: 'POST', url: `/webhooks/${'k'.repeat(43)}`, payload: body })).statusCode).toBe(
      404,
    );
    await app.close();
  });
});

describe('several stores', () => {
  it('keep their orders and webhooks apart', async () => {
    world = await connectedShop();
    await world.connecting();
    const second = await createBigcommerceSandbox({
      clock: world.clock,
      seed: 't',
      firstOrderId: 1001,
      limits: 'off',
      storeHash: 'secondstore',
    });
    atEndOfFile(second.close);
    const settings = { ...second.settings, name: 'second' };
    await connect(world.product, { kind: 'bigcommerce', settings, remoteSetup: true, actor: 'test' });
    world.sandbox.shop.place(world.order());
    second.shop.place(world.order({ countryIso2: 'NO' }));
    await second.hooks.sender.idle();
    await world.refresh();
    const rows = await world.product.db.query(
      'select c.name, o.external_id, o.country from "order" o join connection c on c.id = o.connection_id order by c.name',
    );
    expect(rows).toEqual([
      { name: 'second', external_id: '1001', country: 'NO' },
      { name: 'store', external_id: '1001', country: 'SE' },
    ]);
  });
});

it('ends with the right orders whatever order and number of times it is told in', async () => {
  world = await connectedShop({ duplicateRate: 0.3, reorderRate: 0.5 });
  await world.connecting();
  for (let made = 0; made < 30; made += 1) {
    const { id } = world.sandbox.shop.place(world.order());
    if (made % 3 === 0) world.sandbox.shop.setStatus(id, 2);
    if (made % 5 === 0) world.sandbox.shop.setStatus(id, 5);
  }
  const before = world.sandbox.calls();
  await world.refresh();
  const expected = [...world.sandbox.shop.orders.values()].map(({ id, statusId }) => ({
    external_id: String(id),
    status_id: statusId,
  }));
  expect(await world.held()).toEqual(expected);
  // Thirty orders that stand close together: one range, one list of refunds.
  expect(world.sandbox.calls() - before).toBe(2);
});
