import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/platform/database/open.ts';
import { isStorageTrouble } from '../../../src/platform/database/trouble.ts';
import { testDatabase, testDatabaseUrl } from '../../support/database.ts';

const database = await testDatabase();

test('values come back as the types that lose nothing', async () => {
  const [row] = await database.query(
    `select 9007199254740993::int8 as big, 0.10::numeric as exact, date '2026-03-29' as day, timestamptz '2026-03-29 01:30:00.5Z' as at,
            '{9007199254740993,NULL}'::int8[] as bigs, '{1.50,NULL}'::numeric[] as exacts, '{2026-03-29}'::date[] as days,
            '{}'::int8[] as none, '{"a":[1]}'::jsonb as json, '\\x01ff'::bytea as bytes, count(*) as counted from partner`,
  );
  expect(row).toEqual({
    big: 9007199254740993n,
    exact: '0.10',
    day: '2026-03-29',
    at: new Date('2026-03-29T01:30:00.500Z'),
    bigs: [9007199254740993n, null],
    exacts: ['1.50', null],
    days: ['2026-03-29'],
    none: [],
    json: { a: [1] },
    bytes: Buffer.from([1, 255]),
    counted: 1n,
  });
});

test('the Prisma client works on the same pool, and knows what is built in', async () => {
  expect(await database.prisma.partner.findMany()).toEqual([
    { code: 'direct', name: 'Direct', aliases: [], createdAt: new Date(0) },
  ]);
});

const addSetting = "insert into setting (key, value, updated_at) values ($1, '1', now())";
const keys = async (): Promise<string[]> =>
  (await database.query<{ key: string }>('select key from setting order by key')).map(({ key }) => key);

test('a transaction is kept whole or not at all, and its connection returns to the pool', async () => {
  for (let round = 0; round < 20; round += 1) {
    const failing = database.transaction(async (tx) => {
      await tx.query(addSetting, ['lost']);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
  }
  expect(await database.transaction((tx) => tx.query(addSetting, ['kept']).then(() => 'done'))).toBe('done');
  expect(await keys()).toEqual(['kept']);
});

test('bug: a connection that broke while a transaction did something else ended the process', async () => {
  const cut = database.transaction(async (tx) => {
    const [own] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
    await database.query('select pg_terminate_backend($1, 5000)', [own?.pid]);
    // What breaks is told by an event, not by an answer: so long nobody asks.
    for (let turn = 0; turn < 20; turn += 1) await database.query('select 1');
  });
  await expect(cut).rejects.toSatisfy(isStorageTrouble);
  expect(await keys()).toEqual(['kept']);
});

test('a read-only transaction writes nothing; a repeatable read sees one moment', async () => {
  await expect(database.transaction((tx) => tx.query(addSetting, ['x']), { readOnly: true })).rejects.toMatchObject({
    code: '25006',
  });
  await database.transaction(
    async (tx) => {
      const before = await tx.query('select key from setting');
      await database.query(addSetting, ['meanwhile']);
      expect(await tx.query('select key from setting')).toEqual(before);
    },
    { isolation: 'repeatable read' },
  );
  expect(await keys()).toContain('meanwhile');
});

test('a hasty statement on a locked table is given up by the server as well', async () => {
  await database.transaction(async (tx) => {
    await tx.query('lock table setting in access exclusive mode');
    await expect(database.hasty.query(addSetting, ['hasty'])).rejects.toMatchObject({ code: '57014' });
    const waiting = await database.query(
      "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
    );
    expect(waiting).toEqual([]);
  });
  expect(await keys()).not.toContain('hasty');
});

test('a hasty statement that a hung server never answers is given up, and its connection with it', async () => {
  const server = new URL(await testDatabaseUrl());
  const [at, relayed] = [new Set<Socket>(), createServer()];
  relayed.on('connection', (near) => {
    const far = server.searchParams.has('host')
      ? connect(`${server.searchParams.get('host')}/.s.PGSQL.${server.port || 5432}`)
      : connect(Number(server.port), server.hostname);
    for (const socket of [near, far]) at.add(socket.on('error', () => undefined));
    near.pipe(far).pipe(near);
  });
  await once(relayed.listen(0, '127.0.0.1'), 'listening');
  const url = new URL(server);
  url.searchParams.delete('host');
  url.host = `127.0.0.1:${(relayed.address() as AddressInfo).port}`;
  const hung = await openDatabase({ url: url.href, dataDir: tmpdir() });
  try {
    expect(await hung.hasty.query('select 1 as one')).toEqual([{ one: 1 }]);
    for (const socket of at) socket.unpipe().pause();
    await expect(hung.hasty.query('select 2')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await hung.hasty.query('select 3 as three')).toEqual([{ three: 3 }]);
  } finally {
    await hung.close();
    for (const socket of at) socket.destroy();
    relayed.close();
  }
});

test('an error says who asked, on the pool and in a transaction', async () => {
  async function askedOfThePool() {
    await database.query('select nothing_there');
  }
  async function askedWithin() {
    await database.transaction(async (tx) => {
      await tx.query('select nothing_there');
    });
  }
  for (const asks of [askedOfThePool, askedWithin]) {
    const error = await asks().catch((failure: Error) => failure);
    expect((error as Error).stack).toContain(asks.name);
  }
});

test('a transaction of which a statement failed is told to have failed, though its error was caught', async () => {
  const work = database.transaction(async (tx) => {
    await tx.query(addSetting, ['lost']);
    await tx.query('select 1 / 0').catch(() => undefined);
    return 'done';
  });
  await expect(work).rejects.toThrow('none of it was kept');
  expect(await keys()).not.toContain('lost');
  expect(await database.query('select 1 as one')).toEqual([{ one: 1 }]);
});

test('a database that does not answer is named as such, without its password', async () => {
  const url = new URL(await testDatabaseUrl());
  url.password = 'secret-word';
  const opening = openDatabase({ url: url.href, dataDir: tmpdir() });
  await expect(opening).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('28P01') });
  await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining('secret-word') });
});

test('a prepared transaction plans each statement with parameters once per connection', async () => {
  const prepared = async (): Promise<string[]> =>
    database.transaction(
      async (tx) => {
        for (const key of ['1', '2']) await tx.query('select $1::text as prepared_once', [key]);
        const rows = await tx.query<{ statement: string }>(
          "select statement from pg_prepared_statements where statement like '%prepared_once'",
        );
        return rows.map(({ statement }) => statement);
      },
      { prepared: true },
    );
  expect(await prepared()).toHaveLength(1);
  const none = await database.transaction((tx) =>
    tx
      .query('select $1::text as not_prepared', ['1'])
      .then(() => tx.query("select 1 from pg_prepared_statements where statement like '%not_prepared'")),
  );
  expect(none).toEqual([]);
});
