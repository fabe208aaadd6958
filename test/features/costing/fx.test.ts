import nock from 'nock';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { InvalidInput, UpstreamError } from '../../../src/core/errors.ts';
import { createFxFetch, findFx, fxKey, importFx } from '../../../src/features/costing/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';
import { standingClock } from '../../support/standing-clock.ts';

let db: Database;
const now = new Date('2026-05-10T12:00:00Z');

const put = (text: string, dryRun = false) => importFx(db, text, { dryRun, now });
const find = async (from: string, to: string, day: string) =>
  (await findFx(db, [{ from, to, day }])).get(fxKey({ from, to, day }));

beforeAll(async () => {
  db = await testDatabase();
});
beforeEach(async () => {
  await db.query('truncate fx_rate');
});

describe('the rate of a day', () => {
  beforeEach(() => put('Date,USD,SEK,\n2026-05-08,1.2,11,\n2026-05-07,1.1,10,\n'));

  test('is dated before it, so that the hour of arrival never matters', async () => {
    expect(await find('EUR', 'USD', '2026-05-08')).toEqual({ numerator: 11n, denominator: 10n, date: '2026-05-07' });
    expect(await find('EUR', 'USD', '2026-05-09')).toEqual({ numerator: 6n, denominator: 5n, date: '2026-05-08' });
  });

  test('is at most seven days old', async () => {
    expect(await find('EUR', 'USD', '2026-05-15')).toMatchObject({ date: '2026-05-08' });
    expect(await find('EUR', 'USD', '2026-05-16')).toBeNull();
    expect(await find('EUR', 'USD', '2026-05-07')).toBeNull();
  });

  test('goes the other way round, and across the euro on one day', async () => {
    expect(await find('USD', 'EUR', '2026-05-09')).toEqual({ numerator: 5n, denominator: 6n, date: '2026-05-08' });
    expect(await find('USD', 'SEK', '2026-05-09')).toEqual({ numerator: 55n, denominator: 6n, date: '2026-05-08' });
    await put('date,base,quote,rate\n2026-05-09,EUR,USD,1.3\n');
    expect(await find('USD', 'SEK', '2026-05-10')).toMatchObject({ date: '2026-05-08' });
  });

  test('needs none within one currency', async () =>
    expect(await find('XYZ', 'XYZ', '2026-05-09')).toEqual({ numerator: 1n, denominator: 1n, date: null }));

  test('a table of our own counts: a pair goes before a cross of its day, a later day before both', async () => {
    await put('date,base,quote,rate\n2026-05-07,USD,SEK,9\n2026-05-07,AED,USD,0.25\n');
    expect(await find('USD', 'SEK', '2026-05-08')).toEqual({ numerator: 9n, denominator: 1n, date: '2026-05-07' });
    expect(await find('SEK', 'USD', '2026-05-08')).toEqual({ numerator: 1n, denominator: 9n, date: '2026-05-07' });
    expect(await find('USD', 'SEK', '2026-05-09')).toMatchObject({ date: '2026-05-08' });
    expect(await find('AED', 'USD', '2026-05-12')).toEqual({ numerator: 1n, denominator: 4n, date: '2026-05-07' });
    expect(await find('AED', 'SEK', '2026-05-12')).toBeNull();
  });

  test('many at once', async () => {
    const wants = ['2026-05-08', '2026-05-09', '2026-05-20'].flatMap((day) => [
      { from: 'EUR', to: 'USD', day },
      { from: 'EUR', to: 'USD', day },
      { from: 'SEK', to: 'USD', day },
    ]);
    const found = await findFx(db, wants);
    expect([...found].map(([key, fx]) => [key, fx?.date ?? null])).toEqual([
      ['EUR>USD@2026-05-08', '2026-05-07'],
      ['SEK>USD@2026-05-08', '2026-05-07'],
      ['EUR>USD@2026-05-09', '2026-05-08'],
      ['SEK>USD@2026-05-09', '2026-05-08'],
      ['EUR>USD@2026-05-20', null],
      ['SEK>USD@2026-05-20', null],
    ]);
    expect(await findFx(db, [])).toEqual(new Map());
  });
});

describe('importing rates of exchange', () => {
  const file = 'Date,USD,SEK,\n2026-05-08,1.2,11,\n2026-05-07,1.1,10,\n';
  const stored = () => db.query('select date::text, base, quote, rate::text, source from fx_rate order by 1, 3');

  test('counts, is free to repeat, replaces what differs and names the days it prices', async () => {
    expect(await put(file)).toMatchObject({
      rows: 4,
      added: 4,
      changed: 0,
      priced: { from: '2026-05-08', to: '2026-05-15' },
    });
    expect(await put(file)).toMatchObject({ added: 0, changed: 0, unchanged: 4, priced: null });
    expect(await put('date,base,quote,rate\n2026-05-07,EUR,USD,1.15\n')).toMatchObject({
      added: 0,
      changed: 1,
      priced: { from: '2026-05-08', to: '2026-05-14' },
    });
    expect(await stored()).toContainEqual({
      date: '2026-05-07',
      base: 'EUR',
      quote: 'USD',
      rate: '1.15',
      source: 'own',
    });
  });

  test('a dry run shows and stores nothing', async () => {
    const report = await put(file, true);
    expect(report).toMatchObject({ added: 4, dryRun: true });
    expect(report.preview[0]).toEqual({ date: '2026-05-08', base: 'EUR', quote: 'USD', rate: '1.2' });
    expect(await stored()).toEqual([]);
  });
});

describe('fetching them', () => {
  const url = 'https://bank.example/rates/daily.xml';
  const fetchFx = (from: string | undefined = url) =>
    createFxFetch({ url: from, db, clock: standingClock(), allowPrivate: false });
  const envelope = (cubes: string) => `<gesmes:Envelope><Cube>${cubes}</Cube></gesmes:Envelope>`;

  beforeEach(() => nock.disableNetConnect());
  afterEach(() => {
    expect(nock.pendingMocks()).toEqual([]);
    nock.cleanAll();
    nock.restore();
    nock.activate();
  });

  test('stores what the bank publishes', async () => {
    nock('https://bank.example')
      .get('/rates/daily.xml')
      .reply(200, envelope("<Cube time='2026-05-07'><Cube currency='USD' rate='1.1'/></Cube>"), {
        'content-type': 'text/xml',
      });
    expect(await fetchFx()?.()).toMatchObject({ added: 1, priced: { from: '2026-05-08', to: '2026-05-14' } });
    expect(await find('EUR', 'USD', '2026-05-08')).toMatchObject({ numerator: 11n });
  });

  test('a page that is no file of rates is refused and stores nothing', async () => {
    nock('https://bank.example').get('/rates/daily.xml').reply(200, '<html>maintenance</html>');
    await expect(fetchFx()?.()).rejects.toThrow(InvalidInput);
    nock('https://bank.example').get('/rates/daily.xml').reply(404, 'gone');
    await expect(fetchFx()?.()).rejects.toThrow(UpstreamError);
    expect(await db.query('select 1 from fx_rate')).toEqual([]);
  });

  test('where older money waits for a rate, the file with all days is read once as well', async () => {
    const [row] = await db.query<{ id: number }>(
      `insert into connection (kind, name, settings, secrets, webhook_key, created_at)
       values ('bigcommerce', 'shop', '{}', '', 'shop', now()) returning id`,
    );
    await db.query(
      `insert into "order" (connection_id, external_id, number, placed_at, placed_day, modified_at, status_id, counted, currency,
                            revenue_micros, places, first_seen_at)
       select $1, d::text, '1', d, d, d, 2, true, 'USD', 1, '{}', d from unnest(array['2020-03-02', '2026-05-01']::date[]) as d`,
      [row?.id],
    );
    const ninety = 'https://bank.example/eurofxref/eurofxref-hist-90d.xml';
    const recent = envelope("<Cube time='2026-05-07'><Cube currency='USD' rate='1.1'/></Cube>");
    const site = () => nock('https://bank.example').get('/eurofxref/eurofxref-hist-90d.xml').reply(200, recent);
    site();
    nock('https://bank.example').get('/eurofxref/eurofxref-hist.xml').reply(503, 'closed').persist();
    expect(await fetchFx(ninety)?.()).toMatchObject({ added: 1, warnings: [expect.stringContaining('hist.xml')] });
    nock.cleanAll();
    site();
    nock('https://bank.example')
      .get('/eurofxref/eurofxref-hist.xml')
      .reply(200, envelope("<Cube time='2020-02-28'><Cube currency='USD' rate='1.0977'/></Cube>"));
    expect(await fetchFx(ninety)?.()).toMatchObject({ added: 1, priced: { from: '2020-02-29', to: '2020-03-06' } });
    site();
    expect(await fetchFx(ninety)?.()).toMatchObject({ unchanged: 1, priced: null });
    await db.query('delete from connection');
  });

  test('is off without an address', () =>
    expect(createFxFetch({ url: undefined, db, clock: standingClock(), allowPrivate: false })).toBeNull());
});
