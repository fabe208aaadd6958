import { pino } from 'pino';
import { z } from 'zod';
import { importRates } from '../../../src/features/costing/index.ts';
import type { NotInvited } from '../../../src/features/csat/index.ts';
import { type Connection, createDirectory } from '../../../src/features/directory/index.ts';
import * as ingest from '../../../src/features/ingest/index.ts';
import { createOrders, ticketsTouchedBy } from '../../../src/features/orders/index.ts';
import type { VerifiedDelivery } from '../../../src/helpdesks/port.ts';
import { wallClock } from '../../../src/platform/clock.ts';
import { createVault } from '../../../src/platform/crypto.ts';
import { type RunStep, step } from '../../../src/platform/log.ts';
import type { StoreAdapter } from '../../../src/stores/port.ts';
import { commonStoreSettings } from '../../../src/stores/settings.ts';
import { clientOf, fakeShop, type ShopOrder, shopOrder } from '../../stores/bigcommerce/shop.ts';
import { testDatabase } from '../../support/database.ts';
import { standingClock } from '../../support/standing-clock.ts';
import { type DeskTicket, deskTicket, fakeDesk } from './fake-desk.ts';

/** A wire of log lines, as a step writes them. */
export type Line = Readonly<Record<string, unknown>>;

/**
 * The line from delivery to tag on a database of its own, with a helpdesk and a store in memory and a clock that stands.
 * An hour of anybody costs 36 USD: a second is a hundredth of a dollar. Channel 7 is Nord, 8 is Sud, 1 is Direct.
 */
export const world = async ({ mode = 'act' as 'observe' | 'act', settings = {}, wall = wallClock } = {}) => {
  const db = await testDatabase();
  const clock = standingClock();
  const vault = createVault('k'.repeat(32));
  const desk = fakeDesk();
  const shop = fakeShop();
  const lines: Line[] = [];
  const log = pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line)) });
  const runStep: RunStep = (name, work) => step(log, name, work);
  const store = {
    kind: 'shop',
    settings: z.object({ name: z.string(), ...commonStoreSettings }),
    secretKeys: [],
    connect: () => clientOf(shop),
  } as unknown as StoreAdapter;
  const stores = new Map([['shop', store]]);
  const helpdesks = new Map([['desk', desk.adapter]]);
  const directory = createDirectory({ db, vault, clock, helpdesks, stores });
  const made = await directory.connections.create({ kind: 'desk', settings: { name: 'desk', ...settings }, mode });
  const connection = await directory.connections.setApiUser(made.id, 'us');
  const shopConnection = await directory.connections.create({ kind: 'shop', settings: { name: 'lamps' } });
  await directory.importPartners('code,name,aliases\nnord,Nord,\nsud,Sud,', { dryRun: false });
  await directory.importRegions('region,name,countries\nnordics,Nordics,SE|NO', { dryRun: false });
  await db.transaction((tx) =>
    importRates(tx, 'scope,key,hourly,currency,valid_from\ndefault,,36.00,USD,2020-01-01', {
      dryRun: false,
      actor: 'test',
      now: clock.now(),
    }),
  );
  const basis = { currency: 'USD', timeZone: 'UTC' };
  const orders = createOrders({
    db,
    vault,
    clock,
    log,
    directory,
    stores,
    reporting: basis,
    allowPrivate: false,
    onChanged: async (sql, ids, formerly) =>
      ingest.markStale(sql, await ticketsTouchedBy(sql, ids, formerly), { now: clock.now() }),
  });
  await orders.importMappingRules(
    JSON.stringify([
      { gives: 'partner', from: { place: 'channel' }, values: { '1': 'direct', '7': 'nord', '8': 'sud' } },
    ]),
    { dryRun: false },
  );

  /** A worker: everything that one process remembers. */
  const worker = () => {
    const suppressed: [NotInvited, number][] = [];
    const processor = ingest.createProcessor({
      db,
      clock,
      runStep,
      vault,
      directory,
      orders,
      basis,
      tagsClosed: () => desk.tagsByJob,
      onSuppressed: (reason, count) => suppressed.push([reason, count]),
    });
    const troubles = ingest.createTroubles({ sql: db, clock });
    const clientOfDesk = () => desk.adapter.connect({}, { clock, allowPrivate: false, apiUserId: 'us' });
    const gatherer = ingest.createGatherer({
      sql: db,
      clock,
      wall,
      runStep,
      directory,
      orders,
      clientOf: clientOfDesk,
      process: processor.process,
      hashAddress: vault.hashAddress,
      troubles,
    });
    const actor = ingest.createActor({ sql: db, clock, wall, runStep, directory, clientOf: clientOfDesk, troubles });
    return {
      processor,
      suppressed,
      gather: gatherer.gather,
      act: actor.act,
      decide: (lot: ingest.Lot) =>
        ingest.isolate({ sql: db, clock, runStep }, 'decide again', lot, async ({ connectionId, ticketIds }) =>
          processor.decideAgain(await directory.connections.get(String(connectionId)), ticketIds),
        ),
      client: clientOfDesk(),
      troubles,
    };
  };
  const first = worker();
  const receiver = ingest.createReceiver({ sql: db });
  let serial = 0;

  const idOf = async (externalId: string): Promise<bigint> => {
    const [row] = await db.query<{ id: bigint }>('select id from ticket where external_id = $1', [externalId]);
    if (!row) throw new Error(`no ticket ${externalId}`);
    return row.id;
  };

  return {
    db,
    clock,
    vault,
    desk,
    shop,
    lines,
    log,
    runStep,
    directory,
    helpdesks,
    connection,
    orders,
    receiver,
    worker,
    first,
    idOf,

    /** Puts a ticket into the helpdesk, or changes it there. */
    put(externalId: string, parts: Partial<DeskTicket> = {}): void {
      desk.tickets.set(externalId, deskTicket(externalId, { ...desk.tickets.get(externalId), ...parts }));
    },

    /** A webhook of the helpdesk tells of a ticket. */
    deliver(
      externalId: string | null,
      {
        urgency = 'now',
        key,
        unreadable = null,
      }: { urgency?: VerifiedDelivery['urgency']; key?: string; unreadable?: string | null } = {},
    ): Promise<'new' | 'duplicate'> {
      serial += 1;
      return receiver.receive({
        connectionId: connection.id,
        deliveryKey: key ?? `delivery ${serial}`,
        headers: {},
        body: Buffer.from('{}'),
        eventType: 'changed',
        ticketExternalId: externalId,
        urgency,
        unreadable,
        receivedAt: clock.now(),
      });
    },

    /** Has our own copy hold an order of a buyer. */
    async order(
      id: number,
      {
        channel = 7,
        email = `buyer${id}@example.com`,
        ...parts
      }: Partial<ShopOrder> & { channel?: number; email?: string } = {},
    ) {
      shop.orders.push(
        shopOrder(id, {
          channel_id: channel,
          billing_address: { country_iso2: 'SE', email, form_fields: [] },
          ...parts,
        }),
      );
      await orders.syncStore(shopConnection);
    },
    shopConnection,

    /** Does all that is due at this moment, as the sweeps and workers would. */
    async drain(): Promise<void> {
      for (let round = 0; round < 20; round += 1) {
        const due = await ingest.claimDue(db, clock.now());
        for (const lot of due) await first.gather(lot);
        const stale = await ingest.claimStale(db, clock.now());
        for (const lot of stale) await first.decide(lot);
        const tags = await ingest.claimTags(db, clock.now());
        for (const lot of tags) await first.act(lot);
        if (due.length + stale.length + tags.length === 0) return;
      }
      throw new Error('work is due again and again');
    },

    /** The ticket's row, as far as tests ask. */
    async row(externalId: string) {
      const [row] = await db.query<{
        dirty_seq: bigint;
        settled_seq: bigint;
        due_at: Date | null;
        deep_due_at: Date | null;
        burst_started_at: Date | null;
        wants_deep: boolean;
        stale_since: Date | null;
        claimed_until: Date | null;
        reprice: boolean;
        attempts: number;
        quarantined_at: Date | null;
        last_error: string | null;
        from_backfill: boolean;
        status: string | null;
        snapshot_at: Date | null;
        solved_at: Date | null;
      }>(
        `select dirty_seq, settled_seq, due_at, deep_due_at, burst_started_at, wants_deep, stale_since, claimed_until, reprice, attempts,
                quarantined_at, last_error, from_backfill, status, snapshot_at, solved_at from ticket where external_id = $1`,
        [externalId],
      );
      if (!row) throw new Error(`no ticket ${externalId}`);
      return row;
    },

    /** What the ticket costs by partner and region, in micros; zero sums left out. */
    async cost(externalId: string): Promise<Record<string, bigint>> {
      const rows = await db.query<{ bearer: string; micros: string }>(
        `select coalesce(partner, '-') || '/' || coalesce(region, '-') as bearer, sum(cost_micros)::text as micros
           from posting where ticket_id = $1 group by 1 having sum(cost_micros) <> 0 order by 1`,
        [await idOf(externalId)],
      );
      return Object.fromEntries(rows.map(({ bearer, micros }) => [bearer, BigInt(micros)]));
    },

    /** How many rows the ticket has in each table that only ever grows. */
    async growth(externalId: string) {
      const id = await idOf(externalId);
      const [row] = await db.query<{ versions: bigint; entries: bigint; postings: bigint; invitations: bigint }>(
        `select (select count(*) from attribution where ticket_id = $1) as versions,
                (select count(*) from work_entry where ticket_id = $1) as entries,
                (select count(*) from posting where ticket_id = $1) as postings,
                (select count(*) from invitation where ticket_id = $1) as invitations`,
        [id],
      );
      return { ...row, writes: desk.writes.length };
    },

    async decision(externalId: string) {
      const [row] = await db.query<{ method: string; partner: string | null; region: string | null }>(
        `select a.method, s.partner, s.region from attribution a join attribution_share s on s.attribution_id = a.id
          where a.ticket_id = $1 and a.current order by s.share_no`,
        [await idOf(externalId)],
      );
      return row;
    },

    async tagRows(externalId: string) {
      return db.query<{ tag: string; wanted: boolean; state: string; attempts: number; due_at: Date | null }>(
        'select tag, wanted, state, attempts, due_at from wanted_tag where ticket_id = $1 order by tag',
        [await idOf(externalId)],
      );
    },

    async pending(): Promise<number> {
      const statuses = await ingest.connectionStatuses(db, clock.now());
      return statuses.reduce((sum, { pending }) => sum + pending, 0);
    },

    close: () => db.close(),
  };
};

export type World = Awaited<ReturnType<typeof world>>;

export const at = (iso: string): Date => new Date(`2026-03-02T${iso}Z`);
export const later = (w: World, ms: number): Date => new Date(w.clock.now().getTime() + ms);
export const connectionOf = (w: World): Promise<Connection> => w.directory.connections.get(String(w.connection.id));
