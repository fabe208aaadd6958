import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { secondMs } from '../../../../src/core/time.ts';
import { importTicketRules } from '../../../../src/features/attribution/index.ts';
import { markAllStale } from '../../../../src/features/ingest/index.ts';
import { type Previewable, previewRules } from '../../../../src/features/reports/index.ts';
import { shopRefund } from '../../../stores/bigcommerce/shop.ts';
import { emptyHistory, reading } from '../../ingest/fake-desk.ts';
import { type World, world } from '../../ingest/world.ts';

let w: World;
beforeEach(async () => {
  w = await world({ mode: 'observe' });
});
afterEach(() => w.close());

const usd = (dollars: number) => ({ amount: dollars.toFixed(6), currency: 'USD' });
const channelRule = (values: Record<string, string>) => [{ gives: 'partner', from: { place: 'channel' }, values }];

/** A ticket of a buyer with so many seconds of work; a second costs a cent. */
const worked = async (externalId: string, seconds: number, parts: object = {}): Promise<void> => {
  const history = { ...emptyHistory, work: [reading(`audit:${externalId}`, seconds)] };
  w.put(externalId, { status: 'solved', history, ...parts });
  await w.deliver(externalId, { urgency: 'now with audits' });
  w.clock.advance(3 * secondMs);
  await w.drain();
};
const by = (order: number) => ({ requester: { id: `u${order}`, email: `buyer${order}@example.com`, locale: null } });

const preview = (what: Previewable, content: string | object, seen: object[] = []) =>
  previewRules(
    { db: w.db, clock: w.clock, directory: w.directory, orders: w.orders, basis: { currency: 'USD', timeZone: 'UTC' } },
    { what, text: typeof content === 'string' ? content : JSON.stringify(content) },
    (progress) => void seen.push(progress),
  );

/** Everything that says whose anything is, and what it costs. */
const state = () =>
  w.db.query(
    `select (select jsonb_agg(to_jsonb(s) order by s.order_id, s.share_no) from order_share s) as shares, (select count(*) from posting) as postings,
            (select count(*) from attribution) as versions, (select jsonb_agg(stale_since order by id) from ticket) as stale,
            (select count(*) from mapping_rule) as rules, (select count(*) from ticket_rule) as "ticketRules", (select count(*) from audit_log) as audits`,
  );
/** Cost by bearer as the ledger has it. */
const ledger = async (): Promise<Record<string, number>> => {
  const rows = await w.db.query<{ bearer: string; micros: string }>(
    `select coalesce(partner, '-') || '/' || coalesce(region, '-') as bearer, sum(cost_micros)::text as micros from posting group by 1 having sum(cost_micros) <> 0`,
  );
  return Object.fromEntries(rows.map(({ bearer, micros }) => [bearer, Number(micros) / 1e6]));
};

test('bug: what a rule of one store would move was told of every store', async () => {
  await w.directory.connections.create({ kind: 'shop', settings: { name: 'bags' } });
  await w.order(1, { channel: 7 });
  const ofStore = (store: string) => preview('mapping-rules', [{ ...channelRule({ '7': 'sud' })[0], store }]);
  expect((await ofStore('lamps')).moves).toMatchObject([{ from: { partner: 'nord' }, to: { partner: 'sud' } }]);
  expect((await ofStore('bags')).moves).toMatchObject([{ from: { partner: 'nord' }, to: { partner: 'direct' } }]);
  const whole = [{ gives: 'partner', from: { place: 'store' }, values: { lamps: 'sud' } }];
  expect((await preview('mapping-rules', whole)).moves).toMatchObject([{ to: { partner: 'sud' } }]);
});

describe('a change of rules that is tried out', () => {
  beforeEach(async () => {
    await w.order(1, { channel: 7 });
    await w.order(2, { channel: 8 });
    await w.order(3, { channel: 9 });
    await worked('1', 600, by(1));
    await worked('2', 300, by(2));
    await worked('3', 100, by(3));
    await worked('4', 50);
  });

  it('tells tickets, orders and money that would move, from whom to whom, and writes nothing', async () => {
    const before = await state();
    const seen: object[] = [];
    const told = await preview(
      'mapping-rules',
      channelRule({ '1': 'direct', '7': 'sud', '8': 'sud', '9': 'nord' }),
      seen,
    );
    expect(told).toMatchObject({
      what: 'mapping-rules',
      ordersLookedAt: 3,
      ordersChanged: 2,
      ticketsLookedAt: 2,
      ticketsChanged: 2,
      moves: [
        {
          from: { partner: 'nord', region: 'nordics' },
          to: { partner: 'sud', region: 'nordics' },
          tickets: 1,
          cost: usd(6),
          orders: 1,
        },
        {
          from: { partner: null, region: 'nordics' },
          to: { partner: 'nord', region: 'nordics' },
          tickets: 1,
          cost: usd(1),
          orders: 1,
        },
      ],
      moved: { tickets: 2, cost: usd(7), orders: 2 },
      notHeld: [],
    });
    expect(seen.at(-1)).toEqual({ done: 5, total: 5 });
    expect(await state()).toEqual(before);
  });

  it('tells what the change then does', async () => {
    const rules = channelRule({ '1': 'direct', '7': 'sud', '9': 'nord' });
    const { moves } = await preview('mapping-rules', rules);
    const expected = await ledger();
    const bearer = ({ partner, region }: { partner: string | null; region: string | null }) =>
      `${partner ?? '-'}/${region ?? '-'}`;
    for (const { from, to, cost } of moves) {
      expected[bearer(from)] = (expected[bearer(from)] ?? 0) - Number(cost.amount);
      expected[bearer(to)] = (expected[bearer(to)] ?? 0) + Number(cost.amount);
    }
    await w.orders.importMappingRules(JSON.stringify(rules), { dryRun: false });
    await w.orders.remap();
    await w.drain();
    expect(await ledger()).toEqual(Object.fromEntries(Object.entries(expected).filter(([, amount]) => amount !== 0)));
    expect((await preview('mapping-rules', rules)).moves).toEqual([]);
  });

  it('bug: the revenue that would move was told with what was paid back of it', async () => {
    w.shop.refunds.push(shopRefund(1, 4, { total_amount: 40, total_tax: 0, payments: [{ amount: 40 }] }));
    await w.order(4, { channel: 7, default_currency_code: 'USD' });
    const { moved } = await preview('mapping-rules', channelRule({ '1': 'direct', '7': 'sud', '8': 'sud' }));
    // Order 1 is in euros, of which no exchange rate is known.
    expect(moved).toMatchObject({ orders: 2, revenue: usd(60) });
  });

  it('follows partners by their aliases, regions by their countries and ticket rules', async () => {
    expect(await preview('partners', 'code,name,aliases\nost,Ost,9')).toMatchObject({
      ordersChanged: 1,
      moves: [{ to: { partner: 'ost', region: 'nordics' }, tickets: 1, cost: usd(1) }],
    });
    expect(await preview('regions', 'region,name,countries\nnorth,North,SE')).toMatchObject({
      ordersChanged: 3,
      ticketsChanged: 3,
      moved: { tickets: 3, cost: usd(10), orders: 3 },
    });
    await w.db.query("update ticket set tags = '{b2b}' where external_id = '4'");
    const rules = [{ when: { tag: 'b2b' }, partner: 'sud' }];
    expect(await preview('ticket-rules', rules)).toMatchObject({
      ordersChanged: 0,
      moves: [
        { from: { partner: null, region: null }, to: { partner: 'sud', region: null }, tickets: 1, cost: usd(0.5) },
      ],
    });
  });

  it('moves what a ticket passes on: a merged one goes with its target, and a follow-up with its parent', async () => {
    await worked('5', 200, { mergedIntoExternalId: '1' });
    await worked('6', 10, { parentExternalId: '4' });
    await worked('7', 20, { parentExternalId: '6' });
    expect(await preview('mapping-rules', channelRule({ '7': 'sud', '8': 'sud' }))).toMatchObject({
      ticketsChanged: 2,
      moves: [{ to: { partner: 'sud', region: 'nordics' }, tickets: 2, cost: usd(8) }],
    });
    await w.db.query("update ticket set tags = '{b2b}' where external_id = '4'");
    const rules = [{ when: { tag: 'b2b' }, partner: 'sud' }];
    const told = await preview('ticket-rules', rules);
    expect(told).toMatchObject({ ticketsChanged: 3, moved: { tickets: 3, cost: usd(0.8) } });
    await importTicketRules({ db: w.db, clock: w.clock, directory: w.directory }, JSON.stringify(rules), {
      dryRun: false,
    });
    await markAllStale(w.db, w.clock.now());
    await w.drain();
    expect(await ledger()).toMatchObject({ 'sud/-': 0.8 });
  });

  it('leaves alone what is not decided again: agents and tickets closed for 30 days', async () => {
    await w.db.query("update ticket set closed_at = $1 where external_id = '1'", [new Date('2026-01-01T00:00:00Z')]);
    expect(await preview('mapping-rules', channelRule({ '7': 'sud', '8': 'sud' }))).toMatchObject({
      ordersChanged: 1,
      ticketsChanged: 0,
      moves: [{ tickets: 0, orders: 1 }],
    });
  });

  it('says which places nobody has fetched yet', async () => {
    const seller = { gives: 'partner', from: { place: 'metafield', namespace: 'market', key: 'seller' } };
    const group = { gives: 'partner', from: { place: 'customer_group' } };
    const { notHeld } = await preview('mapping-rules', [seller, group, ...channelRule({ '7': 'nord', '8': 'sud' })]);
    expect(notHeld).toEqual(['metafields market.seller', 'customerGroup']);
  });

  it('is refused as the import is', async () => {
    await expect(preview('mapping-rules', [{ gives: 'nothing' }])).rejects.toThrow('nothing was changed');
    const strange = [{ ...channelRule({ '7': 'sud' })[0], store: 'hats' }];
    await expect(preview('mapping-rules', strange)).rejects.toThrow('nothing was changed');
    await expect(preview('partners', 'code,name\nDIRECT!,x')).rejects.toThrow('nothing was changed');
  });
});
