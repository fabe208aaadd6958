import { pino } from 'pino';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildApp } from '../../../src/app.ts';
import { createAccess } from '../../../src/features/access/index.ts';
import { importPayroll } from '../../../src/features/books/index.ts';
import { importConstants, importCostBasis, importOwnFx, importRates } from '../../../src/features/costing/index.ts';
import { partnerBook, regionBook } from '../../../src/features/directory/index.ts';
import { fxGapCheck } from '../../../src/features/operation/fx-gaps.ts';
import { partnershipRoutes, rateRoutes } from '../../../src/features/operation/index.ts';
import { importBenefits, importOtherCosts } from '../../../src/features/partnerships/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { holdToDescription } from '../../support/described-answers.ts';
import { standingClock } from '../../support/standing-clock.ts';
import { openLedger, reading } from '../costing/ledger.ts';

let db: Database;
let ask: (url: string, scopes?: string) => Promise<{ status: number; text: string; link: unknown; body: unknown }>;
const now = new Date('2026-05-20T12:00:00Z');
const write = { dryRun: false, now };

beforeAll(async () => {
  db = await testDatabase();
  const clock = standingClock('2026-05-20T12:00:00Z');
  const basis = { currency: 'USD', timeZone: 'UTC' };
  let last = 0;
  const access = createAccess({ db, clock, random: (bytes) => Buffer.from(`${++last}`.padStart(bytes, 'r')) });
  const app = holdToDescription(
    await buildApp({
      log: pino({ level: 'silent' }),
      version: 'test',
      publicUrl: 'http://localhost',
      parts: [rateRoutes({ db, clock, access, basis }), partnershipRoutes({ db, access })],
    }),
  );
  ask = async (url, scopes = 'read,rates') => {
    const { token } = await access.createToken({ name: `token ${++last}`, scopes });
    const reply = await app.inject({ url, headers: { authorization: `Bearer ${token}` } });
    const isJson = String(reply.headers['content-type']).includes('json');
    return {
      status: reply.statusCode,
      text: reply.body,
      link: reply.headers.link,
      body: isJson ? reply.json() : null,
    };
  };
});

describe('rates', () => {
  test('are listed with what an hour costs by the switch of today, to those alone who may see wages', async () => {
    const ledger = await openLedger(db);
    await importRates(
      db,
      `scope,key,hourly,currency,valid_from,burden,shrinkage,occupancy\nagent,${ledger.connection.name}:ada,18,EUR,2026-01-01,30,30,80\ndefault,,40,USD,2026-01-01,,,\n`,
      write,
    );
    await importCostBasis(db, 'applied,valid_from\nabsorbed,2026-03-01\n', write);
    expect((await ask('/api/v1/rates', 'read')).status).toBe(403);
    expect((await ask('/api/v1/rates')).body).toEqual({
      rates: [
        {
          scope: 'default',
          key: '',
          hourly: { amount: '40.000000', currency: 'USD' },
          validFrom: '2026-01-01',
          burden: null,
          shrinkage: null,
          occupancy: null,
          applied: null,
          effectiveHourly: { amount: '40.000000', currency: 'USD' },
        },
        expect.objectContaining({
          scope: 'agent',
          key: `${ledger.connection.name}:ada`,
          burden: 0.3,
          applied: 'absorbed',
          effectiveHourly: { amount: '41.785714', currency: 'EUR' },
        }),
      ],
    });
    expect((await ask('/api/v1/cost-basis', 'read')).body).toEqual({
      applied: 'absorbed',
      history: [{ validFrom: '2026-03-01', applied: 'absorbed' }],
    });
    await db.query('truncate rate, cost_basis');
  });

  test('of exchange of our own name where they are from', async () => {
    await importOwnFx(db, 'base,quote,rate,valid_from,valid_to,source\nUSD,AED,3.6725,2020-01-01,,CBUAE\n', write);
    expect((await ask('/api/v1/fx/own', 'read')).body).toEqual({
      rates: [{ base: 'USD', quote: 'AED', rate: '3.6725', validFrom: '2020-01-01', validTo: null, source: 'CBUAE' }],
    });
  });
});

test('bug: what was imported of constants and of the payroll was told nowhere; the payroll tells wages', async () => {
  const rows = 'cap,*,7200,2026-05-01\ncap,chat,600,2026-05-21\npublic_reply,phone,400,2026-05-20\n';
  await db.transaction((tx) => importConstants(tx, `name,channel,seconds,valid_from\n${rows}`, write));
  const { given, today } = (await ask('/api/v1/constants', 'read')).body as {
    given: object[];
    today: { name: string; channel: string; seconds: number }[];
  };
  expect(given).toEqual([
    { name: 'cap', channel: '*', seconds: 7200, validFrom: '2026-05-01' },
    { name: 'cap', channel: 'chat', seconds: 600, validFrom: '2026-05-21' },
    { name: 'public_reply', channel: 'phone', seconds: 400, validFrom: '2026-05-20' },
  ]);
  const secondsOf = (name: string, channel: string) =>
    today.find((one) => one.name === name && one.channel === channel)?.seconds;
  expect([secondsOf('cap', 'chat'), secondsOf('public_reply', 'phone'), secondsOf('public_reply', 'chat')]).toEqual([
    7200, 400, 90,
  ]);
  await importPayroll(db, 'month,amount,currency\n2026-04,9000.5,EUR\n2026-03,84000,USD\n', write);
  expect((await ask('/api/v1/payroll', 'read')).status).toBe(403);
  expect((await ask('/api/v1/payroll')).body).toEqual({
    months: [
      { month: '2026-03', paid: { amount: '84000.000000', currency: 'USD' } },
      { month: '2026-04', paid: { amount: '9000.500000', currency: 'EUR' } },
    ],
  });
});

const known = {
  partners: partnerBook([{ code: 'nord', name: 'Nord', aliases: [] }]),
  regions: regionBook([]),
  stores: [],
};

test('money without an exchange rate is told by currency, days and amount; of work the amount is a wage', async () => {
  const ledger = await openLedger(db);
  const basis = { currency: 'USD', today: '2026-05-20' };
  expect(await fxGapCheck(db, basis)).toEqual({ what: 'exchange rate gaps', state: 'ok', found: 'none' });
  await ledger.rates('default,,36,RSD,2026-01-01\n');
  const ticketId = await ledger.ticket();
  await ledger.settle([
    {
      ticketId,
      readings: [
        reading({ rawSeconds: 600 }),
        reading({ rawSeconds: 600, workedAt: new Date('2026-05-06T09:00:00Z') }),
      ],
    },
  ]);
  await db.query(
    `insert into "order" (connection_id, external_id, number, placed_at, placed_day, modified_at, status_id, counted, currency, revenue_micros, places, first_seen_at)
     select $1, n::text, '1', '2026-05-02', '2026-05-02', now(), 2, n < 3, 'TWD', 5000000, '{}', now() from generate_series(1, 3) n`,
    [ledger.connection.id],
  );
  await importOtherCosts(
    db,
    'reference,partner,kind,amount,currency,every,from,to\nf,nord,fee,310,EUR,month,2026-05-01,\n',
    { ...write, known },
  );
  const gaps = [
    {
      currency: 'EUR',
      of: 'other cost',
      days: 1,
      from: '2026-05-01',
      to: '2026-05-01',
      count: 1,
      amount: { amount: '200.000000', currency: 'EUR' },
    },
    { currency: 'RSD', of: 'work', days: 2, from: '2026-05-04', to: '2026-05-06', count: 2 },
    {
      currency: 'TWD',
      of: 'orders',
      days: 1,
      from: '2026-05-02',
      to: '2026-05-02',
      count: 2,
      amount: { amount: '10.000000', currency: 'TWD' },
    },
  ];
  expect((await ask('/api/v1/fx/gaps', 'read')).body).toEqual({ currency: 'USD', gaps });
  expect((await ask('/api/v1/fx/gaps')).body).toMatchObject({
    gaps: [{}, { amount: { amount: '12.000000', currency: 'RSD' } }, {}],
  });
  expect(await fxGapCheck(db, basis)).toMatchObject({
    state: 'warning',
    found:
      'EUR on 1 days, 2026-05-01 to 2026-05-01: 1 other costs worth 200.000000 EUR; RSD on 2 days, 2026-05-04 to 2026-05-06: 2 work entries; TWD on 1 days, 2026-05-02 to 2026-05-02: 2 orders worth 10.000000 TWD',
    next: expect.stringContaining('own-fx'),
  });
});

test('other costs and benefits are listed in pages and as a table; hours tell a wage', async () => {
  await importOtherCosts(
    db,
    'reference,partner,kind,amount,currency,hours,hourly,from\n=m,nord,management,,USD,10,60,2026-05-01\nn,nord,travel,5,USD,,,2026-05-01\n',
    { ...write, known },
  );
  await importBenefits(
    db,
    'reference,partner,kind,percent,from\nb,,margin,12.5,2026-05-01\nl,nord,margin,line cost,2026-05-01\n',
    { ...write, known },
  );
  const first = await ask('/api/v1/other-costs?partner=nord&limit=2', 'read');
  expect(first.body).toMatchObject({
    items: [
      { reference: 'f' },
      { reference: '=m', kind: 'management', amount: { amount: '600.000000' }, to: '2026-05-01' },
    ],
  });
  expect(first.text).not.toContain('hourly');
  expect(String(first.link)).toContain('rel="next"');
  const next = (first.body as { next: string }).next;
  expect((await ask(`/api/v1/other-costs?partner=nord&limit=2&after=${next}`, 'read')).body).toMatchObject({
    items: [{ reference: 'n' }],
    next: null,
  });
  expect((await ask('/api/v1/other-costs')).body).toMatchObject({
    items: [{}, { hours: 10, hourly: { amount: '60.000000', currency: 'USD' } }, {}],
  });
  const table = await ask('/api/v1/other-costs?format=csv', 'read');
  expect(table.text.split('\r\n')[2]).toMatch(
    /^\d+,'=m,management,nord,,,600\.000000,USD,once,,false,2026-05-01,2026-05-01,,,1,[^,]+Z,cli,$/,
  );
  expect((await ask('/api/v1/benefits', 'read')).body).toMatchObject({
    items: [
      { reference: 'b', partner: null, amount: null, share: 0.125, byLineCost: false, to: null },
      { reference: 'l', partner: 'nord', share: null, byLineCost: true },
    ],
  });
});

test('what was told of a cost before is listed with when it held, in pages; its hours tell a wage too', async () => {
  const told = (hours: string) =>
    importOtherCosts(
      db,
      `reference,partner,kind,amount,currency,hours,hourly,from\nagain,nord,management,,USD,${hours},60,2026-05-01\n`,
      { ...write, known },
    );
  await told('10');
  await told('12');
  const url = '/api/v1/other-costs?reference=again&revisions=all';
  expect((await ask(`${url}&limit=2`)).body).toMatchObject({
    items: [
      { revision: 1, hours: 10, recordedBy: 'cli', supersededAt: expect.stringContaining('Z') },
      { revision: 2, hours: 12, supersededAt: null },
    ],
    next: null,
  });
  const first = await ask(`${url}&limit=1`, 'read');
  expect(first.text).not.toContain('hours');
  const { next } = first.body as { next: string };
  expect((await ask(`${url}&limit=1&after=${next}`, 'read')).body).toMatchObject({
    items: [{ revision: 2 }],
    next: null,
  });
  expect((await ask('/api/v1/other-costs?reference=again')).body).toMatchObject({
    items: [{ revision: 2 }],
    next: null,
  });
});
