import { beforeEach, describe, expect, it } from 'vitest';
import { UpstreamError } from '../../../src/core/errors.ts';
import { ordersKnown } from '../../../src/features/orders/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { rfc, shippedTo, shopLine, shopOrder, shopRefund } from '../../stores/bigcommerce/shop.ts';
import { testDatabase } from '../../support/database.ts';
import { addRate, channelRule, ledger, rulesOf, type World, world } from './world.ts';

let db: Database;
let w: World;
beforeEach(async () => {
  db ??= await testDatabase();
  w = await world(db);
  await addRate(db, '2026-01-30', '1.10');
  await w.orders.importMappingRules(rulesOf(channelRule), { dryRun: false });
});

const sync = (since?: Date) => w.orders.syncStore(w.connection, since ? { since } : {});
const cursorOf = async (stream: string) =>
  (
    await db.query<{ cursor: { position: string; since: string }; seen_until: Date | null; last_error: string | null }>(
      'select * from sync_cursor where stream = $1',
      [stream],
    )
  )[0];
const ordersAsked = () => w.shop.calls.filter(({ path }) => path === '/v2/orders').length;
describe('a first sync', () => {
  it('brings orders with partner, region and revenue at the rate dated before their day', async () => {
    w.shop.orders = [
      shopOrder(1, { channel_id: 7 }),
      shopOrder(2, { consignments: shippedTo('DE', [shopLine(2)]) }),
      shopOrder(3, { channel_id: 9, default_currency_code: 'USD' }),
    ];
    const outcome = await sync();
    expect(outcome).toMatchObject({ orders: 3, refunds: 0, unreadable: [] });
    expect(outcome.changed).toHaveLength(3);
    expect(await ledger(db)).toEqual([
      {
        number: '1',
        country: 'SE',
        region: 'nordics',
        reporting_micros: 110_000_000n,
        shares: 'nord 1000000 110000000',
      },
      { number: '2', country: 'DE', region: 'DE', reporting_micros: 110_000_000n, shares: 'direct 1000000 110000000' },
      { number: '3', country: 'SE', region: 'nordics', reporting_micros: 100_000_000n, shares: '? 1000000 100000000' },
    ]);
    const [stranger] = await db.query<{ unmapped: unknown }>('select unmapped from "order" where number = $1', ['3']);
    expect(stranger?.unmapped).toEqual({ reason: 'unmapped value', place: 'channel', values: ['9'] });
    expect(w.told.flat()).toHaveLength(3);
  });

  it('bug: made all orders known though the walk over their refunds had failed', async () => {
    w.shop.orders = [shopOrder(1, { channel_id: 7 })];
    const refused = new UpstreamError('down', { status: 503, retryable: true });
    w.shop.faults.set('/v3/orders/payment_actions/refunds', refused);
    await expect(sync()).rejects.toThrow('down');
    expect(await ledger(db)).toHaveLength(1);
    const { name } = w.connection;
    expect(await ordersKnown(db)).toEqual({ since: null, until: null, sources: [{ name, since: null, until: null }] });
    w.shop.faults.clear();
    await sync();
    expect(await ordersKnown(db)).toMatchObject({ since: expect.any(String), until: expect.any(String) });
  });

  it('keeps what the pieces of a line cost, also when its partner is decided again; a cost of 0 is not known', async () => {
    const pieces = { quantity: 3, cost_price_ex_tax: '12.3450' };
    w.shop.orders = [
      shopOrder(1, {
        consignments: shippedTo('SE', [shopLine(1, pieces), shopLine(2, { cost_price_ex_tax: '0.0000' })]),
      }),
    ];
    const costs = () =>
      db.query<{ cost: bigint | null }>('select cost_micros as cost from order_line order by external_id');
    await sync();
    expect(await costs()).toEqual([{ cost: 37_035_000n }, { cost: null }]);
    await w.orders.importMappingRules(
      rulesOf({ gives: 'partner', from: { place: 'line_brand' }, values: { Nord: 'nord' } }),
      {
        dryRun: false,
      },
    );
    expect(await w.orders.remap()).toHaveLength(1);
    expect(await costs()).toEqual([{ cost: 37_035_000n }, { cost: null }]);
  });

  it('keeps addresses as hashes, never as they are', async () => {
    w.shop.orders = [shopOrder(1)];
    await sync();
    const rows = await db.query<{ email_hash: Buffer }>('select email_hash from order_address');
    expect(rows.map(({ email_hash }) => email_hash)).toContainEqual(w.vault.hashAddress('BUYER1@example.com '));
    const [row] = await db.query<{ all: string }>('select row_to_json(o)::text as all from "order" o');
    expect(row?.all).toContain('"customer_id"');
    expect(row?.all).not.toContain('buyer1');
  });

  it('takes the day in the reporting time zone, and counts by status', async () => {
    w = await world(db, { timeZone: 'Asia/Tokyo' });
    w.shop.orders = [shopOrder(1, { date_created: rfc('2026-02-01T20:00:00Z'), status_id: 5, is_deleted: true })];
    await sync();
    expect(await db.query('select placed_day, counted, archived from "order"')).toEqual([
      { placed_day: '2026-02-02', counted: false, archived: true },
    ]);
  });

  it('names orders that cannot be read, and goes on', async () => {
    w.shop.orders = [shopOrder(1, { date_created: 'soon' }), shopOrder(2)];
    expect((await sync()).unreadable).toHaveLength(1);
    expect(await ledger(db)).toHaveLength(1);
    expect((await cursorOf('orders'))?.last_error).toContain('order 1: date_created');
  });
});

describe('a later sync', () => {
  beforeEach(async () => {
    w.shop.orders = [shopOrder(1, { channel_id: 7 }), shopOrder(2)];
    await sync();
    w.told.length = 0;
    w.shop.calls.length = 0;
  });

  it('changes nothing where nothing changed, in few calls', async () => {
    expect((await sync()).changed).toEqual([]);
    expect(w.told).toEqual([]);
    expect(w.shop.calls).toHaveLength(2);
  });

  it('takes what changed, and tells of that alone', async () => {
    w.shop.orders[1] = shopOrder(2, { channel_id: 8, date_modified: rfc('2026-02-20T10:00:00Z') });
    const { changed } = await sync();
    expect(changed).toHaveLength(1);
    expect(w.told).toEqual([[...changed]]);
    expect((await ledger(db))[1]?.shares).toBe('sud 1000000 110000000');
  });

  it('tells nobody of parcels sent, money paid back and prices: no ticket is decided by them', async () => {
    const later = rfc('2026-02-20T10:00:00Z');
    w.shop.orders[0] = shopOrder(1, { channel_id: 7, status_id: 2, date_modified: later });
    w.shop.orders[1] = shopOrder(2, { total_ex_tax: '250.0000', total_inc_tax: '312.5000', date_modified: later });
    w.shop.refunds.push(shopRefund(1, 1));
    expect((await sync()).changed).toHaveLength(2);
    expect(w.told).toEqual([]);
    await db.query('delete from fx_rate');
    await db.query('update "order" set fx_numerator = null, fx_denominator = null, reporting_micros = null');
    await addRate(db, '2026-01-30', '1.20');
    expect(await w.orders.repriceOrders()).toHaveLength(2);
    expect(w.told).toEqual([]);
  });

  it.each([
    ['its address', { billing_address: { country_iso2: 'SE', email: 'new@example.com', form_fields: [] } }],
    ['its country', { consignments: shippedTo('DE', [shopLine(2)]) }],
    ['a line of it', { consignments: shippedTo('SE', [shopLine(2, { sku: 'NEW-1' })]) }],
    ['its number at a marketplace', { external_order_id: 'AMZ-9' }],
    ['that it was never finished', { status_id: 0 }],
  ])('tells of an order where %s changed', async (_, change) => {
    w.shop.orders[1] = shopOrder(2, { ...change, date_modified: rfc('2026-02-20T10:00:00Z') });
    const { changed } = await sync();
    expect(w.told).toEqual([[...changed]]);
  });

  it('never goes back to an older state', async () => {
    w.shop.orders[1] = shopOrder(2, { status_id: 2, date_modified: rfc('2026-02-20T10:00:00Z') });
    await sync();
    w.shop.orders[1] = shopOrder(2, { status_id: 1, date_modified: rfc('2026-02-19T10:00:00Z') });
    await w.another().syncStore(w.connection, { since: new Date('2020-01-01T00:00:00Z') });
    expect(await db.query('select status_id from "order" where number = $1', ['2'])).toEqual([{ status_id: 2 }]);
  });

  it('drops lines that the order lost, and shares again', async () => {
    await w.orders.importMappingRules(rulesOf({ gives: 'partner', from: { place: 'line_brand' } }), { dryRun: false });
    const lines = [
      shopLine(1),
      shopLine(2, {
        brand: 'sud',
        total_ex_tax: '42.857142',
        total_inc_tax: '42.857142',
        discounted_total_inc_tax: '42.857142',
      }),
    ];
    w.shop.orders[0] = shopOrder(1, {
      items_total: 2,
      consignments: shippedTo('SE', lines),
      date_modified: rfc('2026-02-20T10:00:00Z'),
    });
    await sync();
    expect((await ledger(db))[0]?.shares).toBe('nord 700000 77000000, sud 300000 33000000');
    w.shop.orders[0] = shopOrder(1, {
      consignments: shippedTo('SE', [shopLine(2, { brand: 'sud' })]),
      date_modified: rfc('2026-02-21T10:00:00Z'),
    });
    await sync();
    expect((await ledger(db))[0]?.shares).toBe('sud 1000000 110000000');
    expect(
      await db.query(
        'select order_line.external_id, partner from order_line join "order" o on o.id = order_id where o.number = $1',
        ['1'],
      ),
    ).toEqual([{ external_id: '2', partner: 'sud' }]);
  });

  it('reaches further back when asked to', async () => {
    w.shop.orders.push(
      shopOrder(3, { date_created: rfc('2020-02-01T10:00:00Z'), date_modified: rfc('2020-02-01T10:00:00Z') }),
    );
    await sync();
    expect(await ledger(db)).toHaveLength(2);
    await sync(new Date('2020-01-01T00:00:00Z'));
    expect(await ledger(db)).toHaveLength(3);
    expect((await cursorOf('orders'))?.cursor.since).toBe('2020-01-01T00:00:00.000Z');
  });

  it('bug: is whole since then only once that walk has ended', async () => {
    await sync();
    const before = (await w.orders.coverageOf(w.connection.id))?.since;
    w.shop.afterPage = () => {
      throw new UpstreamError('cut', { retryable: true });
    };
    await expect(sync(new Date('2020-01-01T00:00:00Z'))).rejects.toThrow('cut');
    expect((await cursorOf('orders'))?.cursor.since).toBe('2020-01-01T00:00:00.000Z');
    expect((await w.orders.coverageOf(w.connection.id))?.since).toEqual(before);
    w.shop.afterPage = () => undefined;
    await sync();
    expect((await w.orders.coverageOf(w.connection.id))?.since).toEqual(new Date('2020-01-01T00:00:00Z'));
  });
});

describe('a sync that breaks off', () => {
  const second = (number: number) => rfc(new Date(Date.parse('2026-02-01T00:00:00Z') + number * 1000).toISOString());

  it('goes on after the last page that is stored, and loses none', async () => {
    w.shop.orders = Array.from({ length: 600 }, (_, index) =>
      shopOrder(index + 1, { date_modified: second(index * 60) }),
    );
    let pages = 0;
    w.shop.afterPage = () => {
      pages += 1;
      if (pages === 2) throw new UpstreamError('cut', { retryable: true });
    };
    await expect(sync()).rejects.toThrow('cut');
    expect(await ledger(db)).toHaveLength(250);
    expect(await cursorOf('orders')).toMatchObject({ seen_until: null, last_error: 'cut' });
    const before = ordersAsked();
    await w.another().syncStore(w.connection);
    expect(await ledger(db)).toHaveLength(600);
    expect(ordersAsked() - before).toBe(3);
    expect(await cursorOf('orders')).toMatchObject({ last_error: null, seen_until: w.clock.now() });
  });

  it('ends at its page when the process stops, without an error, and the next run goes on there', async () => {
    w.shop.orders = Array.from({ length: 600 }, (_, index) =>
      shopOrder(index + 1, { date_modified: second(index * 60) }),
    );
    const stop = AbortSignal.abort();
    expect(await w.orders.syncStore(w.connection, { stop })).toMatchObject({ orders: 250, refunds: 0 });
    expect(await ledger(db)).toHaveLength(250);
    expect(await cursorOf('orders')).toMatchObject({ seen_until: null, last_error: null });
    await sync();
    expect(await ledger(db)).toHaveLength(600);
    expect(await cursorOf('orders')).toMatchObject({ seen_until: w.clock.now() });
  });

  it('stores nothing of a page whose tickets could not be told', async () => {
    w.shop.orders = [shopOrder(1)];
    w.whenTold = async () => {
      throw new Error('killed');
    };
    await expect(sync()).rejects.toThrow('killed');
    expect(await ledger(db)).toEqual([]);
    w.whenTold = async () => undefined;
    expect((await sync()).changed).toHaveLength(1);
  });
});
