import { beforeEach, describe, expect, test } from 'vitest';
import { partnerBook, regionBook } from '../../../src/features/directory/index.ts';
import {
  importBenefits,
  importOtherCosts,
  itemsSince,
  lastItem,
  listItems,
  partnershipMoney,
} from '../../../src/features/partnerships/index.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { testDatabase } from '../../support/database.ts';

let db: Database;
let stores: { id: number; name: string }[];

beforeEach(async () => {
  db = await testDatabase();
  stores = await db.query(
    `insert into connection (kind, name, settings, secrets, webhook_key, created_at)
     values ('bigcommerce', 'shop', '{}', '', 'a', now()) returning id, name`,
  );
});

const given = (now: string, { dryRun = false, actor = 'mia', known = stores } = {}) => ({
  dryRun,
  now: new Date(now),
  actor,
  known: {
    partners: partnerBook([
      { code: 'nord', name: 'Nord', aliases: [] },
      { code: 'sud', name: 'Sud', aliases: [] },
    ]),
    regions: regionBook([]),
    stores: known,
  },
});
const costs = (rows: string, options = given('2026-05-20T12:00:00Z')) =>
  db.transaction((tx) =>
    importOtherCosts(tx, `reference,partner,region,kind,amount,currency,every,hours,hourly,from,to\n${rows}`, options),
  );
const benefits = (rows: string, options = given('2026-05-20T12:00:00Z')) =>
  db.transaction((tx) =>
    importBenefits(tx, `reference,partner,region,store,kind,amount,currency,every,percent,from,to\n${rows}`, options),
  );
const page = { partner: null, reference: null, after: null, limit: 100 } as const;
const latest = (side: 'other cost' | 'benefit' = 'other cost') => listItems(db, { ...page, side, revisions: 'latest' });
const may = { from: '2026-05-01', to: '2026-05-31' };
const costInMay = async (asOfItem?: number) =>
  (await partnershipMoney(db, { ...may, groupBy: [], currency: 'USD', asOfItem })).rows[0]?.otherCostMicros;

describe('what a partnership costs or brings', () => {
  test('bug: was overwritten in place; now what was said before stays, with when it held and who said it', async () => {
    await costs('f1,nord,,fee,100,USD,month,,,2026-05-01,\nf2,nord,,fee,7,USD,month,,,2026-05-01,\n');
    await costs(
      'f1,sud,,fee,200,USD,month,,,2026-05-01,\nf2,nord,,fee,7.00,USD,month,,,2026-05-01,\n',
      given('2026-05-21T12:00:00Z', { actor: 'tom' }),
    );
    const all = await listItems(db, { ...page, side: 'other cost', revisions: 'all' });
    expect(
      all.map(({ reference, revision, partner, amountMicros, recordedBy, supersededAt }) => [
        reference,
        revision,
        partner,
        amountMicros,
        recordedBy,
        supersededAt?.toISOString() ?? null,
      ]),
    ).toEqual([
      ['f1', 1, 'nord', 100_000_000n, 'mia', '2026-05-21T12:00:00.000Z'],
      // Said again unchanged, it is no revision.
      ['f2', 1, 'nord', 7_000_000n, 'mia', null],
      ['f1', 2, 'sud', 200_000_000n, 'tom', null],
    ]);
    // The list of what holds stays in the order of the first import, under the same ids.
    const [f1, f2] = await latest();
    expect([f1, f2]).toMatchObject([
      { reference: 'f1', revision: 2, id: all[0]?.id },
      { reference: 'f2', revision: 1, id: all[1]?.id },
    ]);
    expect(all[2]?.id).toBe(f1?.id);
    expect(await costInMay()).toBe(207_000_000n);
  });

  test('is told as of any revision', async () => {
    await costs('f1,nord,,fee,100,USD,month,,,2026-05-01,\n');
    const first = await lastItem(db);
    await costs('f1,nord,,fee,50,USD,month,,,2026-05-01,\nf2,nord,,fee,1,USD,month,,,2026-05-01,\n');
    expect([await costInMay(0), await costInMay(first), await costInMay()]).toEqual([
      undefined,
      100_000_000n,
      51_000_000n,
    ]);
    expect((await itemsSince(db, { ...may, after: first })).map(({ reference }) => reference)).toEqual(['f1', 'f2']);
    expect(await itemsSince(db, { from: '2026-04-01', to: '2026-04-30', after: first })).toEqual([]);
  });

  test('that leaves a period is a change of that period', async () => {
    await costs('f1,nord,,fee,100,USD,,,,2026-05-01,2026-05-31\n');
    const first = await lastItem(db);
    await costs('f1,nord,,fee,100,USD,,,,2026-07-01,2026-07-31\n');
    expect(await costInMay()).toBeUndefined();
    expect((await itemsSince(db, { ...may, after: first })).map(({ reference }) => reference)).toEqual(['f1']);
  });

  test('a dry run tells what would change and records no revision', async () => {
    await costs('f1,nord,,fee,100,USD,month,,,2026-05-01,\n');
    const options = given('2026-05-21T12:00:00Z', { dryRun: true });
    expect(
      await costs('f1,nord,,fee,200,USD,month,,,2026-05-01,\nf2,nord,,fee,1,USD,month,,,2026-05-01,\n', options),
    ).toMatchObject({ added: 1, changed: 1, unchanged: 0, removed: 0, preview: [{ amount: '200.000000' }, {}] });
    expect(await lastItem(db)).toBe(1);
  });

  test('is never changed or deleted in the database', async () => {
    await costs('f1,nord,,fee,100,USD,month,,,2026-05-01,\n');
    await costs('f1,nord,,fee,200,USD,month,,,2026-05-01,\n');
    for (const text of [
      'update partnership_item set amount_micros = 1',
      'update partnership_item set superseded_at = null where revision = 1',
      'update partnership_item set superseded_at = now(), amount_micros = 1 where revision = 2',
      'delete from partnership_item',
      'truncate partnership_item',
    ])
      await expect(db.query(text), text).rejects.toMatchObject({ code: '23001' });
    await expect(
      db.query(
        `insert into partnership_item (side, reference, revision, kind, partner, amount_micros, currency, every, starts_on, recorded_at)
         values ('other cost', 'f1', 3, 'fee', 'nord', 1, 'USD', 'month', '2026-05-01', now())`,
      ),
    ).rejects.toMatchObject({ code: '23505' });
  });

  test('two imports at once of one reference are two revisions', async () => {
    await Promise.all(['100', '200', '300'].map((amount) => costs(`f1,nord,,fee,${amount},USD,month,,,2026-05-01,\n`)));
    const all = await listItems(db, { ...page, side: 'other cost', revisions: 'all' });
    expect(all.map(({ revision, supersededAt }) => [revision, supersededAt === null])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
  });
});

describe('a store', () => {
  test('bug: took its parts of revenue along; now it cannot be removed while something is of it', async () => {
    await benefits('p,nord,,shop,commission,,,,10,2026-01-01,\n');
    await expect(db.query('delete from connection')).rejects.toMatchObject({ code: '23001' });
    expect(await latest('benefit')).toMatchObject([{ reference: 'p', store: 'shop' }]);
  });

  test('that was disconnected is still known to what is of it, and to its next revision', async () => {
    await benefits('p,nord,,shop,commission,,,,10,2026-01-01,\n');
    await db.query('update connection set disabled_at = now()');
    const left = given('2026-05-21T12:00:00Z', { known: [] });
    expect(await benefits('p,nord,,shop,commission,,,,10,2026-01-01,\n', left)).toMatchObject({ unchanged: 1 });
    expect(await benefits('p,nord,,shop,commission,,,,10,2026-01-01,2026-05-31\n', left)).toMatchObject({ changed: 1 });
    expect(await latest('benefit')).toMatchObject([{ store: 'shop', endsOn: '2026-05-31', revision: 2 }]);
  });
});

test('bug: a region that is no more was taken of references that never had it', async () => {
  const now = given('2026-05-20T12:00:00Z');
  const unknown = { faults: [{ reason: expect.stringContaining('neither a region') }] };
  const regions = regionBook([{ code: 'dach', name: 'DACH', countries: ['DE'] }]);
  await costs('f1,nord,dach,fee,100,USD,month,,,2026-05-01,\n', { ...now, known: { ...now.known, regions } });
  await costs('f1,nord,dach,fee,120,USD,month,,,2026-05-01,\n');
  expect(await latest()).toMatchObject([{ reference: 'f1', region: 'dach' }]);
  await expect(costs('f2,nord,dach,fee,7,USD,month,,,2026-05-01,\n')).rejects.toMatchObject(unknown);
  await expect(benefits('f1,nord,dach,,margin,7,USD,month,,2026-05-01,\n')).rejects.toMatchObject(unknown);
});
