import { pino } from 'pino';
import { z } from 'zod';
import { type Connection, createDirectory, type Directory } from '../../../src/features/directory/index.ts';
import { createOrders, type Orders, ticketsTouchedBy } from '../../../src/features/orders/index.ts';
import { createVault, type Vault } from '../../../src/platform/crypto.ts';
import type { Sql } from '../../../src/platform/database/database.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import type { StoreAdapter } from '../../../src/stores/port.ts';
import { clientOf, type FakeShop, fakeShop } from '../../stores/bigcommerce/shop.ts';
import { type StandingClock, standingClock } from '../../support/standing-clock.ts';

export interface World {
  readonly db: Database;
  readonly clock: StandingClock;
  readonly vault: Vault;
  readonly shop: FakeShop;
  readonly directory: Directory;
  readonly connection: Connection;
  readonly orders: Orders;
  /** What was told of changed orders, one entry per transaction. */
  readonly told: bigint[][];
  /** The tickets they touch, as their changes were written. */
  readonly touched: bigint[];
  /** Runs inside the transaction that tells of changes. */
  whenTold: (sql: Sql) => Promise<void>;
  /** Another process on the same database: nothing remembered. */
  another(): Orders;
}

/** Orders on a clean database, with one shop, the partners nord and sud, and the region nordics. Reports in USD. */
export const world = async (db: Database, { timeZone = 'UTC' } = {}): Promise<World> => {
  for (const table of ['mapping_rule', 'connection', 'partner', 'region', 'region_country', 'fx_rate', 'audit_log'])
    await db.query(`delete from ${table}`);
  const clock = standingClock();
  const vault = createVault('k'.repeat(32));
  const shop = fakeShop();
  const adapter = {
    kind: 'shop',
    settings: z.object({ name: z.string() }),
    secretKeys: [],
    connect: () => clientOf(shop),
  } as unknown as StoreAdapter;
  const stores = new Map([['shop', adapter]]);
  const directory = createDirectory({ db, vault, clock, helpdesks: new Map(), stores });
  const connection = await directory.connections.create({ kind: 'shop', settings: { name: 'lamps' } });
  await directory.importPartners('code,name,aliases\nnord,Nord,N-1\nsud,Sud,', { dryRun: false });
  await directory.importRegions('region,name,countries\nnordics,Nordics,SE|NO', { dryRun: false });
  const another = () =>
    createOrders({
      db,
      vault,
      clock,
      log: pino({ level: 'silent' }),
      directory,
      stores,
      reporting: { currency: 'USD', timeZone },
      allowPrivate: false,
      onChanged: async (sql, ids, formerly) => {
        made.told.push([...ids]);
        made.touched.push(...(await ticketsTouchedBy(sql, ids, formerly)));
        await made.whenTold(sql);
      },
    });
  const made: World = {
    db,
    clock,
    vault,
    shop,
    directory,
    connection,
    orders: another(),
    told: [],
    touched: [],
    whenTold: async () => undefined,
    another,
  };
  return made;
};

/** Units of USD per EUR on a day. */
export const addRate = (db: Sql, date: string, rate: string) =>
  db.query(
    "insert into fx_rate (date, base, quote, rate, source, recorded_at) values ($1, 'EUR', 'USD', $2, 'test', now())",
    [date, rate],
  );

export const rulesOf = (...rules: unknown[]): string => JSON.stringify(rules);
export const channelRule = {
  gives: 'partner',
  from: { place: 'channel' },
  values: { '1': 'direct', '7': 'nord', '8': 'sud' },
};
export const sellerRule = { gives: 'partner', from: { place: 'metafield', namespace: 'market', key: 'seller' } };

/** Orders by number: partner shares, country, region, reporting micros. */
export const ledger = async (db: Sql) =>
  db.query<{ number: string; country: string; region: string; reporting_micros: bigint | null; shares: string }>(
    `select o.number, o.country, o.region, o.reporting_micros,
            (select string_agg(coalesce(s.partner, '?') || ' ' || s.ppm || ' ' || coalesce(s.reporting_micros::text, '-'), ', ' order by s.share_no)
               from order_share s where s.order_id = o.id) as shares
       from "order" o order by o.external_id::int`,
  );

export const refundLedger = async (db: Sql) =>
  db.query<{ external_id: string; net_micros: bigint; reporting_micros: bigint | null; shares: string }>(
    `select r.external_id, r.net_micros, r.reporting_micros,
            (select string_agg(coalesce(s.partner, '?') || ' ' || coalesce(s.reporting_micros::text, '-'), ', ' order by s.share_no)
               from refund_share s where s.refund_id = r.id) as shares
       from refund r order by r.external_id::int`,
  );
