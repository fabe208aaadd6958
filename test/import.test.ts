import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Product } from '../src/compose.ts';
import { connect } from '../src/connect.ts';
import { InvalidInput } from '../src/core/errors.ts';
import { dayMs } from '../src/core/time.ts';
import { append } from '../src/features/attribution/index.ts';
import { settleWork } from '../src/features/costing/index.ts';
import type { Connection } from '../src/features/directory/index.ts';
import { importable, importText } from '../src/import.ts';
import { type BigcommerceSandbox, createBigcommerceSandbox } from '../src/sandbox/bigcommerce/index.ts';
import { atEndOfFile } from './support/cleanup.ts';
import { orderInput } from './support/order-input.ts';
import { testProduct } from './support/product.ts';
import { type StandingClock, standingClock } from './support/standing-clock.ts';

let product: Product;
let clock: StandingClock;
let desk: Connection;
let store: Connection;
let sandbox: BigcommerceSandbox;

const bring = (what: string, content: string | object, dryRun = false) =>
  importText(product, what, typeof content === 'string' ? content : JSON.stringify(content), { dryRun, actor: 'test' });

const takeAway = (what: string, content: string, dryRun = false) =>
  importText(product, what, content, { dryRun, actor: 'test', remove: true });

const marked = () =>
  product.db.query<{ external_id: string; reprice: boolean }>(
    'select external_id, reprice from ticket where stale_since is not null order by external_id',
  );
const orderRows = () =>
  product.db.query<{ number: string; region: string | null; partner: string | null; reporting: bigint | null }>(
    `select o.number, o.region, s.partner, o.reporting_micros as reporting from "order" o join order_share s on s.order_id = o.id order by o.number`,
  );

/** Costed seconds of both tickets, and the cost in micros of those that have any. */
const costed = async () =>
  (
    await product.db.query<{ seconds: number }>('select costed_seconds as seconds from work_entry order by source_key')
  ).map(({ seconds }) => seconds);
const costs = async () =>
  Object.fromEntries(
    (
      await product.db.query<{ external_id: string; cost: string }>(
        'select t.external_id, sum(p.cost_micros)::text as cost from posting p join ticket t on t.id = p.ticket_id group by 1 order by 1',
      )
    ).map(({ external_id, cost }) => [external_id, cost]),
  );

const order = orderInput({
  placedAtMs: Date.parse('2026-03-01T10:00:00Z'),
  currency: 'EUR',
  channelId: 7,
  formFields: [{ name: 'Shop', value: 'Sud' }],
  metafields: [{ namespace: 'market', key: 'seller', value: 'NRD', permissionSet: 'read' }],
  taxPercent: 0,
});
const channelRule = { gives: 'partner', from: { place: 'channel' }, values: { '7': 'nord' } };

const addTicket = async (externalId: string, agentId: string): Promise<void> => {
  const { db } = product;
  const at = clock.now();
  const [ticket] = await db.query<{ id: bigint }>(
    `insert into ticket (connection_id, external_id, first_seen_at, created_at, created_day, snapshot_at, status, channel)
     values ($1, $2, $3, $3, ($3::timestamptz)::date, $3, 'open', 'email') returning id`,
    [desk.id, externalId, at],
  );
  if (!ticket) throw new Error('no ticket was made');
  const shares = [{ partner: null, region: null, country: null, ppm: 1_000_000 }];
  await db.transaction(async (tx) => {
    const decision = { method: 'unattributed', confidence: 'none', evidence: {}, shares } as const;
    await append(tx, [{ ticketId: ticket.id, decision, decidedAt: at }]);
    const work = {
      sourceKey: `audit:${externalId}`,
      agentId,
      actor: 'agent',
      clock: 'time tracking',
      rawSeconds: 60,
    } as const;
    await settleWork(tx, {
      tickets: [
        {
          ticketId: ticket.id,
          connectionId: desk.id,
          channel: 'email',
          readings: [{ ...work, value: null, workedAt: at, channel: 'email' }],
          shares,
          attributionVersion: 1,
          reprice: false,
        },
      ],
      reportingCurrency: 'USD',
      reportingTimezone: 'UTC',
      now: at,
    });
  });
};

beforeAll(async () => {
  clock = standingClock();
  sandbox = await createBigcommerceSandbox({ clock, seed: 'import', limits: 'off' });
  atEndOfFile(() => sandbox.close());
  ({ product } = await testProduct({ clock }));
  await connect(product, { kind: 'bigcommerce', settings: sandbox.settings, remoteSetup: true, actor: 'test' });
  store = await product.directory.connections.get('store');
  desk = await product.directory.connections.create({
    kind: 'zendesk',
    settings: { name: 'desk', subdomain: 'acme', email: 'api@example.com', apiToken: 'token' },
  });
  sandbox.shop.place(order);
  await product.walk(store);
  await addTicket('1', 'ada');
  await addTicket('2', 'ben');
});

beforeEach(() => product.db.query('update ticket set stale_since = null, reprice = false'));

describe('what says how work counts', () => {
  it('dated settings have the work of their days counted again, and no other', async () => {
    const constants = (day: string) => `name,channel,seconds,valid_from\ncap,*,30,${day}`;
    const today = clock.now().toISOString().slice(0, 10);
    await bring('constants', constants(today), true);
    await bring('constants', constants('2027-01-01'));
    expect(await costed()).toEqual([60, 60]);
    const { job } = (await bring('constants', constants(today))) as { job?: object };
    expect(job).toMatchObject({ kind: 'settle again', state: 'done', result: { tickets: 2, orders: 0 } });
    expect(await costed()).toEqual([30, 30]);
  });
});

describe('what says whose an order or a ticket is', () => {
  it('a dry run changes nothing and marks nothing', async () => {
    const report = await bring('partners', 'code,name,aliases\nnord,Nord,NRD\n', true);
    expect(report).toMatchObject({ dryRun: true, added: 1, preview: [{ code: 'nord', name: 'Nord', aliases: 'NRD' }] });
    await bring('ticket-rules', [{ when: { tag: 'vip' }, region: 'SE' }], true);
    await bring('mapping-rules', [channelRule], true);
    await bring('regions', 'region,name,countries\nnordics,Nordics,SE|NO\n', true);
    expect(await marked()).toEqual([]);
    expect(await orderRows()).toMatchObject([{ region: 'SE', partner: 'direct' }]);
    expect((await product.directory.partners()).list()).toHaveLength(1);
  });

  it('mapping rules and partners decide orders again, and the tickets they bear on, by a job', async () => {
    const report = await bring('mapping-rules', [channelRule]);
    expect(report.warnings).toEqual([expect.stringContaining('"nord"')]);
    expect(await orderRows()).toMatchObject([{ partner: null }]);
    expect(report).toMatchObject({ job: { kind: 'decide again', state: 'done', result: { orders: 1, tickets: 0 } } });
    expect(await marked()).toEqual([]);
    await bring('partners', 'code,name,aliases\nnord,Nord,NRD\nsud,Sud,\n');
    expect(await orderRows()).toMatchObject([{ partner: 'nord' }]);
  });

  it('regions move orders to their group', async () => {
    expect(await bring('regions', 'region,name,countries\nnordics,Nordics,SE|NO\n')).toMatchObject({
      job: { state: 'done', result: { orders: 1, tickets: 0, ticketsLookedAt: 2 } },
    });
    expect(await orderRows()).toMatchObject([{ region: 'nordics', partner: 'nord' }]);
  });

  it('ticket rules decide every ticket; the same file once more does so too, to finish what a kill left', async () => {
    const rules = [{ when: { tag: 'vip' }, partner: 'nord' }];
    const looked = { orders: 0, tickets: 0, ticketsLookedAt: 2 };
    expect(await bring('ticket-rules', rules)).toMatchObject({ job: { result: looked } });
    expect(await bring('ticket-rules', rules)).toMatchObject({
      unchanged: 1,
      added: 0,
      changed: 0,
      job: { result: looked },
    });
  });

  it('a dry run tells what would move, and its progress', async () => {
    const seen: unknown[] = [];
    const rules = JSON.stringify([{ when: { tag: 'vip' }, region: 'SE' }]);
    const report = await importText(product, 'ticket-rules', rules, {
      dryRun: true,
      actor: 'test',
      onProgress: (progress) => seen.push(progress),
    });
    expect(report).toMatchObject({ wouldMove: { ticketsLookedAt: 2, ticketsChanged: 0, moves: [] } });
    expect(seen.at(-1)).toEqual({ done: 3, total: 3 });
    expect(await product.db.query("select 1 from background_job where kind = 'preview rules'")).toEqual([]);
  });

  it('a rule over a place not read before has orders read again at the next walk', async () => {
    const seller = { gives: 'partner', from: { place: 'metafield', namespace: 'market', key: 'seller' }, values: {} };
    await bring('mapping-rules', [seller]);
    expect(await orderRows()).toMatchObject([{ partner: 'direct' }]);
    await product.walk(store);
    expect(await orderRows()).toMatchObject([{ partner: 'nord' }]);
    await bring('mapping-rules', [{ gives: 'partner', from: { place: 'form_field', name: 'Shop' }, values: {} }]);
    await product.walk(store);
    expect(await orderRows()).toMatchObject([{ partner: 'sud' }]);
  });
});

describe('what says what work and orders cost', () => {
  it('rates price the tickets they are of, and a dry run says what they would', async () => {
    const rates = `scope,key,hourly,currency,valid_from\nagent,desk:ada,36.00,USD,2026-01-01\n`;
    // A minute, of which 30 s lie below the cap of the tests before.
    expect(await bring('rates', rates, true)).toMatchObject({
      dryRun: true,
      added: 1,
      wouldMove: {
        tickets: 1,
        before: null,
        after: { amount: '0.300000', currency: 'USD' },
        unpricedEntries: { before: 1, after: 0 },
        partners: [{ partner: null, before: null, after: { amount: '0.300000' } }],
      },
    });
    expect(await product.db.query('select 1 from rate where hourly_micros = 36000000')).toEqual([]);
    expect(await marked()).toEqual([]);
    expect(await bring('rates', rates)).toMatchObject({ job: { state: 'done', result: { tickets: 1 } } });
    expect(await costs()).toEqual({ '1': '300000' });
    // The same dry run now tells what was, and that nothing would move.
    expect(await bring('rates', rates.replace('36.00', '72.00'), true)).toMatchObject({
      wouldMove: { tickets: 1, before: { amount: '0.300000' }, after: { amount: '0.600000' } },
    });
    expect(await costs()).toEqual({ '1': '300000' });
  });

  it('agents have the work priced of people whom a role now prices', async () => {
    await bring('rates', 'scope,key,hourly,currency,valid_from\nrole,senior,50.00,EUR,2026-01-01\n');
    await product.db.query('update ticket set stale_since = null, reprice = false');
    await bring('fx', 'date,base,quote,rate\n2026-02-27,EUR,USD,1.10\n');
    await product.db.query('update ticket set stale_since = null, reprice = false');
    const senior = 'connection,external_id,role\ndesk,ben,senior\n';
    // Bug: a dry run of agents told no money.
    expect(await bring('agents', senior, true)).toMatchObject({
      added: 1,
      dryRun: true,
      wouldMove: { tickets: 1, before: null, after: { amount: '0.458333' }, unpricedEntries: { before: 1, after: 0 } },
    });
    expect(await product.db.query('select 1 from agent where role is not null')).toEqual([]);
    expect(await bring('agents', senior)).toMatchObject({ job: { state: 'done', result: { tickets: 1 } } });
    // 30 s at 50.00 EUR an hour, a euro at 1.10.
    expect(await costs()).toEqual({ '1': '300000', '2': '458333' });
  });

  it('bug: another role priced all the past anew; with a first day it prices the days since, by the reason "role"', async () => {
    const today = clock.now().toISOString().slice(0, 10);
    const roles = (from: string) => `connection,external_id,role,role_from\ndesk,ben,lead,${from}\n`;
    await bring('rates', 'scope,key,hourly,currency,valid_from\nrole,lead,100.00,EUR,2026-01-01\n');
    const tomorrow = new Date(clock.now().getTime() + dayMs).toISOString().slice(0, 10);
    expect(await bring('agents', roles(tomorrow), true)).toMatchObject({ added: 1, wouldMove: { tickets: 0 } });
    expect(await bring('agents', roles(today), true)).toMatchObject({
      wouldMove: { tickets: 1, before: { amount: '0.458333' }, after: { amount: '0.916667' } },
    });
    await bring('agents', roles(tomorrow));
    expect(await costs()).toMatchObject({ '2': '458333' });
    await bring('agents', roles(today));
    expect(await costs()).toMatchObject({ '2': '916667' });
    expect(await product.db.query('select cause from posting order by id desc limit 2')).toEqual([
      { cause: 'role' },
      { cause: 'role' },
    ]);
    await bring('agents', 'connection,external_id,role\ndesk,ben,senior\n');
    expect(await costs()).toMatchObject({ '2': '458333' });
  });

  it('bug: exchange rates priced the orders that waited for them alone, not those of their days', async () => {
    expect(await orderRows()).toMatchObject([{ reporting: 110_000_000n }]);
    await bring('fx', 'date,base,quote,rate\n2026-02-27,EUR,USD,1.20\n');
    expect(await orderRows()).toMatchObject([{ reporting: 120_000_000n }]);
  });
});

describe('teams, wages, own exchange rates and money of partnerships', () => {
  const wages =
    'scope,key,hourly,currency,valid_from,burden,shrinkage,occupancy\nteam,night,60.00,USD,2026-01-01,50,20,\n';

  it('a team prices whom no role does, a switch says what of a wage; dry runs tell the money that would move', async () => {
    const none = 'connection,external_id,role\ndesk,ben,\n';
    expect(await bring('agents', none, true)).toMatchObject({
      changed: 1,
      wouldMove: { tickets: 1, before: { amount: '0.500000' }, after: null, unpricedEntries: { before: 0, after: 1 } },
    });
    expect(await bring('agents', none)).toMatchObject({ job: { state: 'done', result: { tickets: 1 } } });
    expect(await bring('agents', none, true)).toMatchObject({ unchanged: 1, wouldMove: { tickets: 0, partners: [] } });
    const inTeam = 'connection,external_id,role,team,team_from\ndesk,ben,,night,2026-01-01\n';
    expect(await bring('agents', inTeam, true)).toMatchObject({ changed: 1, wouldMove: { tickets: 0 } });
    expect(await bring('rates', wages)).toMatchObject({
      warnings: [expect.stringContaining('team night'), expect.stringContaining('cost-basis')],
    });
    const teams = 'connection,external_id,team,valid_from\ndesk,ben,night,2026-01-01\n';
    expect(await bring('teams', teams, true)).toMatchObject({ added: 1, dryRun: true, wouldMove: { tickets: 1 } });
    expect(await bring('agents', inTeam, true)).toMatchObject({ changed: 1, wouldMove: { tickets: 1 } });
    await bring('teams', teams);
    expect(await costs()).toEqual({ '1': '300000', '2': '500000' });
    expect(await bring('cost-basis', 'applied,valid_from\ndirect,2026-01-01\n', true)).toMatchObject({
      wouldMove: { tickets: 1, before: { amount: '0.500000' }, after: { amount: '0.750000' } },
    });
    await bring('cost-basis', 'applied,valid_from\nabsorbed,2026-01-01\n');
    expect(await costs()).toEqual({ '1': '300000', '2': '937500' });
  });

  it('an own rate prices what the ECB lacks', async () => {
    const rates = 'scope,key,hourly,currency,valid_from\nagent,desk:ada,144.00,AED,2026-01-01\n';
    // Bug: a dry run told a cost of 0.00, as if it were free.
    const moves = { before: { amount: '0.300000' }, after: null, unpricedEntries: { before: 0, after: 1 } };
    expect(await bring('rates', rates, true)).toMatchObject({ wouldMove: moves });
    expect(await bring('rates', rates)).toMatchObject({ warnings: [expect.stringContaining('AED has no exchange')] });
    const own = 'base,quote,rate,valid_from,valid_to,source\nUSD,AED,4,2026-01-01,,agreed\n';
    expect(await bring('own-fx', own, true)).toMatchObject({ added: 1, dryRun: true });
    await bring('own-fx', own);
    expect(await costs()).toMatchObject({ '1': '300000' });
    await bring('own-fx', own.replace(',4,', ',2,'));
    expect(await costs()).toMatchObject({ '1': '600000' });
  });

  it('bug: a line that was a mistake could never be taken back; what it priced has the price before, or none', async () => {
    const own = 'base,quote,rate,valid_from,valid_to,source\nUSD,AED,2,2026-01-01,,agreed\n';
    const gone = { tickets: 1, before: { amount: '0.600000' }, after: null, unpricedEntries: { before: 0, after: 1 } };
    expect(await takeAway('own-fx', own, true)).toMatchObject({ removed: 1, dryRun: true, wouldMove: gone });
    expect(await costs()).toMatchObject({ '1': '600000' });
    expect(await takeAway('own-fx', own)).toMatchObject({
      removed: 1,
      preview: [{ base: 'USD', quote: 'AED', rate: '2', source: 'agreed' }],
      job: { state: 'done', result: { tickets: 1 } },
    });
    expect(await costs()).toMatchObject({ '1': '0' });
    await bring('rates', 'scope,key,hourly,currency,valid_from\nagent,desk:ada,72.00,USD,2026-02-01\n');
    expect(await costs()).toMatchObject({ '1': '600000' });
    await bring('rates', 'scope,key,hourly,currency,valid_from\nagent,desk:ada,720.00,USD,2026-03-01\n');
    expect(await costs()).toMatchObject({ '1': '6000000' });
    await takeAway('rates', 'scope,key,valid_from\nagent,desk:ada,2026-03-01\n');
    expect(await costs()).toMatchObject({ '1': '600000' });
    const fx = 'date,base,quote,rate\n2026-02-27,EUR,USD,1.20\n';
    expect(await orderRows()).toMatchObject([{ reporting: 120_000_000n }]);
    await takeAway('fx', fx);
    expect(await orderRows()).toMatchObject([{ reporting: null }]);
    await bring('fx', fx);
    expect(await orderRows()).toMatchObject([{ reporting: 120_000_000n }]);
  });

  it('bug: a kill between prices and their job left what nobody priced again; they are stored together or not at all', async () => {
    const killed = async (): Promise<never> => {
      throw new Error('killed');
    };
    const cut = { ...product, reprice: killed, recount: killed };
    const held = () =>
      product.db.query(
        'select (select count(*) from rate) as rates, (select count(*) from costing_constant) as constants, (select count(*) from audit_log) as logged',
      );
    const before = await held();
    const options = { dryRun: false, actor: 'test' };
    const rates = 'scope,key,hourly,currency,valid_from\nagent,desk:ada,72.00,USD,2026-02-01\n';
    for (const [what, text, remove] of [
      ['rates', rates.replace('02-01', '02-02'), false],
      ['rates', rates, true],
      ['constants', 'name,channel,seconds,valid_from\ncap,*,31,2026-02-01\n', false],
    ] as const)
      await expect(importText(cut, what, text, { ...options, remove })).rejects.toThrow('killed');
    expect(await held()).toEqual(before);
  });

  it.each([
    ['regions', 'leave out what is to go'],
    ['payroll', 'rates, fx, own-fx'],
  ])('of %s nothing is taken away by its lines', async (what, said) => {
    await expect(takeAway(what, 'nothing\n')).rejects.toThrow(said);
  });

  it('other costs and benefits name partners, regions and stores by what is known', async () => {
    const costsFile = 'reference,partner,kind,amount,currency,from\nf1,nord,fee,100,USD,2026-01-01\n';
    expect(await bring('other-costs', costsFile, true)).toMatchObject({ what: 'other-costs', added: 1, dryRun: true });
    expect(await bring('other-costs', costsFile)).toMatchObject({ added: 1 });
    const benefits = `reference,partner,store,kind,percent,from\nb1,,${store.name},margin,20,2026-01-01\n`;
    expect(await bring('benefits', benefits)).toMatchObject({
      added: 1,
      preview: [{ store: store.name, percent: '20' }],
    });
    await expect(bring('benefits', benefits.replace(store.name, 'desk'))).rejects.toThrow(InvalidInput);
  });
});

describe('bad input', () => {
  it.each(importable)('%s: faults are named, nothing is stored or marked', async (what) => {
    const before = await product.db.query('select count(*) from audit_log');
    const bad = what.endsWith('-rules') ? '[{"gives": 1, "when": {}}]' : 'nothing,that,is,known\n1,2,3,4\n';
    const error = await bring(what, bad).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidInput);
    expect((error as InvalidInput).faults.length).toBeGreaterThan(0);
    expect(await product.db.query('select count(*) from audit_log')).toEqual(before);
    expect(await marked()).toEqual([]);
  });

  it.each([
    ['a row', 'scope,key,valid_from\ndefault,,2019-01-01\n'],
    ['a cell', 'scope,key,valid_from\nnobody,,2019-01-01\n'],
    ['the header', 'scope,key\ndefault,\n'],
  ])('bug: who took lines away was told to import them again: %s', async (_, file) => {
    const error = await takeAway('rates', file).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/ has \d+ faults?; nothing was changed\. Correct the named cells and give it again$/);
  });

  it('names what can be imported', async () => {
    for (const what of ['partners', 'regions', 'agents', 'rates', 'fx', 'mapping-rules', 'ticket-rules'])
      expect(importable).toContain(what);
    await expect(bring('wages', '')).rejects.toThrow(`one of ${importable.join(', ')} can`);
  });
});
