import { beforeEach, describe, expect, it } from 'vitest';
import { dayMs } from '../../../src/core/time.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { rfc, shopOrder, shopRefund } from '../../stores/bigcommerce/shop.ts';
import { testDatabase } from '../../support/database.ts';
import { addRate, channelRule, refundLedger, rulesOf, type World, world } from './world.ts';

let db: Database;
let w: World;
beforeEach(async () => {
  db ??= await testDatabase();
  w = await world(db);
  await addRate(db, '2026-01-30', '1.10');
  await w.orders.importMappingRules(rulesOf(channelRule), { dryRun: false });
});

const sync = () => w.orders.syncStore(w.connection);

describe('refunds', () => {
  it('take back at the rate of the order, without the tax, by its shares', async () => {
    await addRate(db, '2026-02-09', '1.20');
    w.shop.orders = [shopOrder(1, { channel_id: 7 })];
    w.shop.refunds.push(shopRefund(1, 1));
    expect(await sync()).toMatchObject({ refunds: 1 });
    expect(await refundLedger(db)).toEqual([
      { external_id: '1', net_micros: 100_000_000n, reporting_micros: 110_000_000n, shares: 'nord 110000000' },
    ]);
  });

  it('of which every payment is declined are none, also when that is known late', async () => {
    w.shop.orders = [shopOrder(1)];
    w.shop.refunds.push(shopRefund(1, 1), shopRefund(2, 1, { payments: [{ amount: 125, is_declined: true }] }));
    await sync();
    expect(await refundLedger(db)).toHaveLength(1);
    w.shop.refunds[0] = shopRefund(1, 1, { payments: [{ amount: 125, is_declined: true }] });
    w.shop.orders[0] = shopOrder(1, { date_modified: rfc('2026-02-25T10:00:00Z') });
    await sync();
    expect(await refundLedger(db)).toEqual([]);
  });

  it('whose payment fails days later, behind others and with the order left as it was, are none from the next day on', async () => {
    w.shop.orders = [shopOrder(1), shopOrder(2)];
    w.shop.refunds.push(shopRefund(1, 1), shopRefund(2, 2, { created: '2026-02-15T10:00:00+00:00' }));
    await sync();
    expect(await refundLedger(db)).toHaveLength(2);
    w.shop.refunds[0] = shopRefund(1, 1, { payments: [{ amount: 125, is_declined: true }] });
    w.clock.advance(dayMs);
    expect(await sync()).toMatchObject({ refunds: 2 });
    expect(await refundLedger(db)).toMatchObject([{ external_id: '2' }]);
    expect(await sync()).toMatchObject({ refunds: 1 });
  });

  it('bring along the order they belong to where it is older than the import', async () => {
    w.shop.orders = [
      shopOrder(1, {
        date_created: rfc('2024-02-01T10:00:00Z'),
        date_modified: rfc('2024-02-01T10:00:00Z'),
        default_currency_code: 'USD',
      }),
    ];
    w.shop.refunds.push(shopRefund(1, 1), shopRefund(2, 99));
    await sync();
    expect(await refundLedger(db)).toMatchObject([{ external_id: '1', reporting_micros: 100_000_000n }]);
  });

  it('follow their order when its partner changes', async () => {
    w.shop.orders = [shopOrder(1, { channel_id: 7 })];
    w.shop.refunds.push(shopRefund(1, 1));
    await sync();
    await w.orders.importMappingRules(rulesOf({ ...channelRule, values: { '7': 'sud' } }), { dryRun: false });
    await w.orders.remap();
    expect((await refundLedger(db))[0]?.shares).toBe('sud 110000000');
  });
});
