import { beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../../src/platform/database/open.ts';
import { shippedTo, shopLine, shopOrder } from '../../stores/bigcommerce/shop.ts';
import { testDatabase } from '../../support/database.ts';
import { channelRule, ledger, rulesOf, sellerRule, type World, world } from './world.ts';

let db: Database;
let w: World;
beforeEach(async () => {
  db ??= await testDatabase();
  w = await world(db);
});

const load = (text: string, dryRun = false) => w.orders.importMappingRules(text, { dryRun });
const sets = () =>
  db.query<{ position: number; valid_until: Date | null }>(
    'select position, valid_until from mapping_rule order by id',
  );

describe('importing mapping rules', () => {
  it('says what would change, and changes nothing on a dry run', async () => {
    const report = await load(rulesOf({ ...channelRule, values: { '7': 'west' } }), true);
    expect(report).toMatchObject({
      what: 'mapping-rules',
      rows: 1,
      added: 1,
      dryRun: true,
      preview: [{ gives: 'partner', from: 'channel', values: '7: west' }],
    });
    expect(report.warnings).toEqual([expect.stringContaining('rule 1: "7" maps to "west"')]);
    expect(await sets()).toEqual([]);
  });

  it('replaces the set as a whole and keeps the old one, dated', async () => {
    await load(rulesOf(channelRule, sellerRule));
    w.clock.advance(1000);
    expect(await load(rulesOf(sellerRule))).toMatchObject({ added: 0, changed: 1, unchanged: 0, removed: 1 });
    expect(await sets()).toEqual([
      { position: 1, valid_until: w.clock.now() },
      { position: 2, valid_until: w.clock.now() },
      { position: 1, valid_until: null },
    ]);
    expect(await db.query('select action from audit_log order by id desc limit 1')).toEqual([
      { action: 'import mapping-rules' },
    ]);
  });

  it('warns of how many rules the file would take away, and not of such as it revises', async () => {
    const warned = async (text: string) =>
      (await load(text, true)).warnings.filter((text) => text.includes('replaces'));
    await load(rulesOf(channelRule, sellerRule));
    expect(await warned(rulesOf(sellerRule))).toEqual([
      'The file replaces the whole list: 1 of the 2 rules that hold now is not in it and would be removed; to keep them write them into the file too',
    ]);
    const country = { gives: 'country', from: { place: 'form_field', name: 'Land' } } as const;
    expect(await warned(rulesOf(country, country))).toEqual([expect.stringContaining('2 of the 2 rules')]);
    expect(await warned(rulesOf(sellerRule, { ...channelRule, values: { '7': 'sud' } }, country))).toEqual([]);
  });

  it('writes nothing for the same rules', async () => {
    await load(rulesOf(channelRule));
    expect(await load(rulesOf(channelRule))).toMatchObject({ unchanged: 1, changed: 0, added: 0 });
    expect(await sets()).toHaveLength(1);
  });

  it('may leave none', async () => {
    await load(rulesOf(channelRule));
    expect(await load('[]')).toMatchObject({ removed: 1 });
    w.shop.orders = [shopOrder(1, { channel_id: 7 })];
    await w.orders.syncStore(w.connection);
    expect((await ledger(db))[0]?.shares).toContain('direct');
  });

  it('tells which places are read at all', async () => {
    await load(
      rulesOf(sellerRule, channelRule, sellerRule, { gives: 'country', from: { place: 'form_field', name: 'Land' } }),
    );
    expect(await w.orders.placesWanted(w.connection.id)).toEqual({
      metafields: [{ namespace: 'market', key: 'seller' }],
      formFields: ['Land'],
    });
  });

  it('has the categories of products read once a rule asks for them, of orders that are held too', async () => {
    w.shop.orders = [shopOrder(1, { consignments: shippedTo('SE', [shopLine(5, { product_id: 50 })]) })];
    w.shop.lists.set('/v3/catalog/products', [{ id: 50, categories: [23] }]);
    w.shop.lists.set('/v3/catalog/trees/categories', [{ category_id: 23, name: 'Nord' }]);
    const partner = async () => {
      await w.orders.syncStore(w.connection);
      return (await ledger(db))[0]?.shares.split(' ')[0];
    };
    expect(await partner()).toBe('direct');
    await load(rulesOf({ gives: 'partner', from: { place: 'product_category' }, values: { Nord: 'nord' } }));
    expect(await partner()).toBe('nord');
  });
});

describe('mapping again', () => {
  beforeEach(async () => {
    await load(rulesOf(channelRule));
    w.shop.orders = [shopOrder(1, { channel_id: 7 }), shopOrder(2, { channel_id: 8 }), shopOrder(3)];
    await w.orders.syncStore(w.connection);
    w.told.length = 0;
  });

  it('changes the orders whose partner is another, and tells of those', async () => {
    await load(rulesOf({ ...channelRule, values: { ...channelRule.values, '8': 'nord' } }));
    const changed = await w.orders.remap();
    expect(w.told).toEqual([[...changed]]);
    expect((await ledger(db)).map(({ shares }) => shares.split(' ')[0])).toEqual(['nord', 'nord', 'direct']);
    expect(changed).toHaveLength(1);
    expect(await w.orders.remap()).toEqual([]);
  });

  it('follows a country rule, and goes back to the address when the rule is gone', async () => {
    await load(rulesOf(channelRule, { gives: 'country', from: { place: 'channel' }, values: { '7': 'DE' } }));
    await w.orders.remap();
    expect(w.told.map((ids) => ids.length)).toEqual([1]);
    expect((await ledger(db))[0]).toMatchObject({ country: 'DE', region: 'DE' });
    // The other channels name no country: they keep that of their addresses, and are listed.
    expect(await db.query('select unmapped from "order" order by number')).toEqual([
      { unmapped: null },
      { unmapped: { reason: 'unmapped value', country: { place: 'channel', values: ['8'] } } },
      { unmapped: { reason: 'unmapped value', country: { place: 'channel', values: ['1'] } } },
    ]);
    await load(rulesOf(channelRule));
    expect(await w.orders.remap()).toHaveLength(3);
    expect((await ledger(db))[0]).toMatchObject({ country: 'SE', region: 'nordics' });
  });

  it('follows the groups of regions and the names of partners', async () => {
    await w.directory.importRegions('region,name,countries\nnorth,North,SE', { dryRun: false });
    expect(await w.orders.remap()).toHaveLength(3);
    expect((await ledger(db))[0]?.region).toBe('north');
  });

  it('reaches every order, however many', async () => {
    const many = Array.from({ length: 1200 }, (_, index) => shopOrder(index + 10, { channel_id: 9 }));
    w.shop.orders.push(...many);
    await w.orders.syncStore(w.connection);
    await load(rulesOf({ ...channelRule, values: { ...channelRule.values, '9': 'sud' } }));
    expect(await w.orders.remap()).toHaveLength(1200);
    expect(await db.query("select count(*) as n from order_share where partner = 'sud'")).toEqual([{ n: 1201n }]);
  });
});
