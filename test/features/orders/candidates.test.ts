import { beforeEach, describe, expect, it } from 'vitest';
import { ticketsTouchedBy } from '../../../src/features/orders/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { rfc, shippedTo, shopLine, shopOrder } from '../../stores/bigcommerce/shop.ts';
import { testDatabase } from '../../support/database.ts';
import { channelRule, rulesOf, type World, world } from './world.ts';

let db: Database;
let w: World;
beforeEach(async () => {
  db ??= await testDatabase();
  w = await world(db);
  await w.orders.importMappingRules(rulesOf(channelRule), { dryRun: false });
});

const createdAt = new Date('2026-03-01T00:00:00Z');
const placed = (iso: string) => ({ date_created: rfc(iso), date_modified: rfc('2026-02-20T00:00:00Z') });
const from = (email: string, customer = 0) => ({
  billing_address: { country_iso2: 'SE', email, form_fields: [] },
  customer_id: customer,
});

const ask = async (want: { numbers?: string[]; email?: string | null }) => {
  const email = want.email === undefined ? 'eva@example.com' : want.email;
  const found = await w.orders.candidates(db, [
    {
      ticketId: 1n,
      numbers: want.numbers ?? [],
      emailHash: email === null ? null : w.vault.hashAddress(email),
      createdAt,
    },
  ]);
  const { byNumber, ofRequester, requesterKnown } = found.get(1n) ?? {
    byNumber: [],
    ofRequester: [],
    requesterKnown: undefined,
  };
  return {
    byNumber: byNumber.map(({ number, belongsToRequester }) => [number, belongsToRequester]),
    ofRequester: ofRequester.map(({ number }) => number),
    requesterKnown,
  };
};

describe("a ticket's orders", () => {
  it('of the requester are those of 90 days before it, newest first, Incomplete ones left out', async () => {
    w.shop.orders = [
      shopOrder(1, { ...from('Eva@Example.com'), ...placed('2026-01-01T00:00:00Z') }),
      shopOrder(2, { ...from('eva@example.com'), ...placed('2026-02-01T00:00:00Z') }),
      shopOrder(3, { ...from('eva@example.com'), ...placed('2026-02-02T00:00:00Z'), status_id: 0 }),
      shopOrder(4, { ...from('eva@example.com'), ...placed('2026-03-01T00:00:01Z') }),
      shopOrder(5, { ...from('eva@example.com'), ...placed('2025-12-01T00:00:00Z') }),
      shopOrder(6, { ...from('eva@example.com'), ...placed('2025-11-30T23:59:59Z') }),
      shopOrder(7, { ...from('other@example.com'), ...placed('2026-02-01T00:00:00Z') }),
    ];
    await w.orders.syncStore(w.connection);
    expect(await ask({})).toEqual({ byNumber: [], ofRequester: ['2', '1', '5'], requesterKnown: true });
    // A copy of our own cannot say that the store does not know her.
    expect(await ask({ email: 'nobody@example.com' })).toEqual({ byNumber: [], ofRequester: [], requesterKnown: null });
    expect(await ask({ email: null })).toEqual({ byNumber: [], ofRequester: [], requesterKnown: false });
  });

  it('include those under another address of the same customer, guests apart', async () => {
    w.shop.orders = [
      shopOrder(1, { ...from('eva@example.com', 12), ...placed('2025-01-01T00:00:00Z') }),
      shopOrder(2, { ...from('eva@work.example', 12), ...placed('2026-02-01T00:00:00Z') }),
      shopOrder(3, { ...from('eva@example.com', 0), ...placed('2026-01-20T00:00:00Z') }),
      shopOrder(4, { ...from('guest@example.com', 0), ...placed('2026-02-01T00:00:00Z') }),
    ];
    await w.orders.syncStore(w.connection, { since: new Date('2024-01-01T00:00:00Z') });
    expect(await ask({ numbers: ['2', '4'] })).toEqual({
      byNumber: [
        ['4', false],
        ['2', true],
      ],
      ofRequester: ['2', '3'],
      requesterKnown: true,
    });
  });

  it('by number are found by the own number and by a marketplace’s, once each', async () => {
    w.shop.orders = [
      shopOrder(1001, { external_order_id: '1001' }),
      shopOrder(1002, { external_order_id: 'AMZ-7' }),
      shopOrder(1003),
    ];
    await w.orders.syncStore(w.connection);
    const { byNumber } = await ask({ numbers: ['1001', 'AMZ-7', '4711'] });
    expect(byNumber.map(([number]) => number).toSorted()).toEqual(['1001', '1002']);
  });

  it('bug: a number at a marketplace was compared by case', async () => {
    w.shop.orders = [shopOrder(1002, { external_order_id: 'Amz-7' })];
    await w.orders.syncStore(w.connection);
    for (const number of ['amz-7', 'AMZ-7'])
      expect((await ask({ numbers: [number] })).byNumber.map(([own]) => own)).toEqual(['1002']);
  });

  it('bug: the addresses of shipping and of the customer’s account were on no order', async () => {
    w.shop.orders = [
      shopOrder(1, {
        ...from('eva@example.com', 12),
        consignments: shippedTo('SE', [shopLine(1)], { email: 'Gift@example.com' }),
      }),
    ];
    w.shop.customers.push({ id: 12, email: 'eva@account.example' });
    await w.orders.syncStore(w.connection);
    for (const email of ['eva@example.com', 'gift@example.com', 'eva@account.example'])
      expect(await ask({ numbers: ['1'], email })).toEqual({
        byNumber: [['1', true]],
        ofRequester: ['1'],
        requesterKnown: true,
      });
    expect((await ask({ numbers: ['1'], email: 'other@example.com' })).byNumber).toEqual([['1', false]]);
    await db.query(
      'insert into ticket (connection_id, external_id, first_seen_at, requester_hash) values ($1, $2, now(), $3)',
      [w.connection.id, 'gift', w.vault.hashAddress('gift@example.com')],
    );
    const [order] = await db.query<{ id: bigint }>('select id from "order"');
    expect(await ticketsTouchedBy(db, order ? [order.id] : [])).toHaveLength(1);
  });

  it('come with shares, lines and places', async () => {
    w.shop.orders = [shopOrder(1001, { channel_id: 7 })];
    await w.orders.syncStore(w.connection);
    const found = await w.orders.candidates(db, [{ ticketId: 5n, numbers: ['1001'], emailHash: null, createdAt }]);
    expect(found.get(5n)?.byNumber[0]).toMatchObject({
      number: '1001',
      externalNumber: null,
      statusId: 11,
      country: 'SE',
      region: 'nordics',
      locale: 'sv',
      belongsToRequester: false,
      shares: [{ partner: 'nord', ppm: 1_000_000 }],
      lines: [{ id: expect.any(BigInt), sku: 'L-1001', productName: 'Lamp 1001', partner: null }],
    });
  });

  it('are told apart by ticket', async () => {
    w.shop.orders = [shopOrder(1001, from('eva@example.com')), shopOrder(1002)];
    await w.orders.syncStore(w.connection);
    const hash = w.vault.hashAddress('eva@example.com');
    const found = await w.orders.candidates(db, [
      { ticketId: 1n, numbers: ['1002'], emailHash: hash, createdAt },
      { ticketId: 2n, numbers: ['1001'], emailHash: null, createdAt },
      { ticketId: 3n, numbers: [], emailHash: null, createdAt },
    ]);
    expect(
      [...found].map(([id, { byNumber, ofRequester }]) => [
        id,
        byNumber.map(({ number }) => number),
        ofRequester.map(({ number }) => number),
      ]),
    ).toEqual([
      [1n, ['1002'], ['1001']],
      [2n, ['1001'], []],
      [3n, [], []],
    ]);
  });
});

describe('the tickets an order touches', () => {
  it('are those of its address, of its customer, and those that name it', async () => {
    w.shop.orders = [
      shopOrder(1001, { ...from('eva@example.com', 12), external_order_id: 'AMZ-7' }),
      shopOrder(1002, from('eva@work.example', 12)),
      shopOrder(1003),
    ];
    await w.orders.syncStore(w.connection);
    const hash = (address: string) => w.vault.hashAddress(address);
    const ticket = (name: string, requester: Buffer | null, named: string[], field: string[]) =>
      db.query(
        'insert into ticket (connection_id, external_id, first_seen_at, requester_hash, named_numbers, order_numbers) values ($1, $2, now(), $3, $4, $5)',
        [w.connection.id, name, requester, named, field],
      );
    await ticket('address', hash('eva@example.com'), [], []);
    await ticket('customer', hash('eva@work.example'), [], []);
    await ticket('named', null, ['9', '1001'], []);
    await ticket('marketplace', null, ['amz-7'], []);
    await ticket('field', null, [], ['1001']);
    await ticket('other', hash('buyer1003@example.com'), ['1003'], ['1003']);
    const [order] = await db.query<{ id: bigint }>('select id from "order" where number = $1', ['1001']);
    const ids = await ticketsTouchedBy(db, order ? [order.id] : []);
    const names = await db.query<{ external_id: string }>(
      'select external_id from ticket where id = any($1) order by id',
      [ids],
    );
    expect(names.map(({ external_id }) => external_id)).toEqual([
      'address',
      'customer',
      'named',
      'marketplace',
      'field',
    ]);
    expect(await ticketsTouchedBy(db, [])).toEqual([]);
  });

  it('bug: a ticket kept the order that an address, a number or a customer was taken from', async () => {
    const order = (change: object) =>
      shopOrder(1001, { ...from('eva@example.com', 12), external_id: 'AMZ-7', ...change });
    w.shop.orders = [order({})];
    await w.orders.syncStore(w.connection);
    const ticket = (name: string, requester: string | null, named: string[]) =>
      db.query(
        'insert into ticket (connection_id, external_id, first_seen_at, requester_hash, named_numbers) values ($1, $2, now(), $3, $4)',
        [w.connection.id, name, requester && w.vault.hashAddress(requester), named],
      );
    await ticket('former address', 'eva@example.com', []);
    await ticket('new address', 'ida@example.com', []);
    await ticket('former number', null, ['amz-7']);
    await ticket('neither', 'kim@example.com', ['amz-9']);
    w.touched.length = 0;
    const later = { date_modified: new Date(w.clock.now().getTime()).toUTCString() };
    w.shop.orders = [order({ ...from('ida@example.com'), external_id: 'AMZ-8', ...later })];
    await w.orders.syncStore(w.connection);
    const names = await db.query<{ external_id: string }>(
      'select external_id from ticket where id = any($1) order by external_id',
      [w.touched],
    );
    expect(names.map(({ external_id }) => external_id)).toEqual(['former address', 'former number', 'new address']);
  });

  it('are those of its address alone for which it is recent, or whose own number it may put in doubt', async () => {
    w.shop.orders = [shopOrder(1001, { ...from('eva@example.com'), ...placed('2026-02-01T10:00:00Z') })];
    await w.orders.syncStore(w.connection);
    const ticket = (name: string, created: string | null, named: string[] = []) =>
      db.query(
        'insert into ticket (connection_id, external_id, first_seen_at, created_at, requester_hash, named_numbers) values ($1, $2, now(), $3, $4, $5)',
        [w.connection.id, name, created, w.vault.hashAddress('eva@example.com'), named],
      );
    await ticket('before the order', '2026-02-01T09:59:59Z');
    await ticket('at once', '2026-02-01T10:00:00Z');
    await ticket('90 days later', '2026-05-02T10:00:00Z');
    await ticket('too late', '2026-05-02T10:00:01Z');
    await ticket('too late, naming another', '2026-05-02T10:00:01Z', ['77777']);
    await ticket('not read yet', null);
    const [order] = await db.query<{ id: bigint }>('select id from "order"');
    const names = await db.query<{ external_id: string }>('select external_id from ticket where id = any($1)', [
      await ticketsTouchedBy(db, order ? [order.id] : []),
    ]);
    expect(names.map(({ external_id }) => external_id).sort()).toEqual([
      '90 days later',
      'at once',
      'not read yet',
      'too late, naming another',
    ]);
  });
});
