import { expect, test } from 'vitest';
import { testDatabase } from '../../support/database.ts';
import { sidebarToken } from '../../support/sidebar-token.ts';
import { standingClock } from '../../support/standing-clock.ts';
import { directoryOn, secretOf, sidebarApp, zendeskSettings } from './app-world.ts';

const db = await testDatabase();
const clock = standingClock();
const directory = directoryOn(db, clock);
const [own, foreign] = [secretOf('a'), secretOf('b')];
await directory.connections.create(zendeskSettings('desk', { sidebarSecrets: [own] }));
await directory.connections.create(zendeskSettings('other', { sidebarSecrets: [foreign] }));

const url = '/sidebar/v1/tickets/7';
const token = () => sidebarToken(own, { now: clock.now() });

test('refusals are logged by their reason, without the token, and a flood of them is counted', async () => {
  const quiet = await sidebarApp(db, clock);
  for (let n = 0; n < 30; n += 1) await quiet.ask(url, `${n}.b.c`);
  clock.advance(60_000);
  await quiet.ask(url, undefined);
  const told = quiet.lines.map((line) => JSON.parse(line)).filter(({ outcome }) => outcome === 'refused');
  expect(told).toHaveLength(21);
  expect(told[0]).toMatchObject({ step: 'sidebar', why: 'no key verifies it', unlogged: 0 });
  expect(told.at(-1)).toMatchObject({ why: 'no token', unlogged: 10 });
  expect(quiet.lines.join('\n')).not.toMatch(/\.b\.c/);
});

test('while the database is away a token is not taken, and the app is told when to ask again', async () => {
  const down = async (): Promise<never> => {
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  };
  const kept = await token();
  for (const away of [
    await sidebarApp({ ...db, query: down, transaction: down }, clock),
    // Whoever cannot note a token as used does not let it in.
    await sidebarApp(
      { ...db, query: (text, ...more) => (text.includes('sidebar_token') ? down() : db.query(text, ...more)) },
      clock,
    ),
  ]) {
    const answer = await away.ask(url, kept);
    expect([answer.statusCode, answer.json().type, answer.headers['retry-after']]).toEqual([
      503,
      'urn:deskledger:problem:unavailable',
      '5',
    ]);
  }
  expect((await (await sidebarApp(db, clock)).ask(url, kept)).statusCode).toBe(200);
});

test('one connection that asks too often is told when to ask again, and no other waits for it', async () => {
  const busy = await sidebarApp(db, clock);
  const codes: number[] = [];
  for (let n = 0; n < 601; n += 1) codes.push((await busy.ask('/sidebar/v1/choices', await token())).statusCode);
  expect([codes.filter((code) => code === 200).length, codes.at(-1)]).toEqual([600, 429]);
  const answer = await busy.ask('/sidebar/v1/choices', await token());
  expect([answer.json().type, answer.headers['retry-after']]).toEqual(['urn:deskledger:problem:limit', '1']);
  const its = await sidebarToken(foreign, { now: clock.now() });
  expect((await busy.ask('/sidebar/v1/choices', its)).statusCode).toBe(200);
  clock.advance(1000);
  expect((await busy.ask('/sidebar/v1/choices', await token())).statusCode).toBe(200);
});

test('bug: one token brought again and again, or forged ones, shut the whole connection out', async () => {
  const replayed = await sidebarApp(db, clock);
  const [used, late] = [await token(), await token()];
  const bring = async (one: string, times: number): Promise<number[]> => {
    const codes = new Set<number>();
    for (let n = 0; n < times; n += 1) codes.add((await replayed.ask('/sidebar/v1/choices', one)).statusCode);
    return [...codes];
  };
  expect(await bring(used, 700)).toEqual([200, 401]);
  // Taken in another process: what this one has not seen costs it one request.
  expect((await (await sidebarApp(db, clock)).ask('/sidebar/v1/choices', late)).statusCode).toBe(200);
  expect(await bring(late, 700)).toEqual([401]);
  const forged = await sidebarToken(secretOf('x'), { now: clock.now() });
  expect(await bring(forged, 700)).toEqual([401]);
  const codes: number[] = [];
  for (let n = 0; n < 599; n += 1) codes.push((await replayed.ask('/sidebar/v1/choices', await token())).statusCode);
  expect([codes.filter((code) => code === 200).length, codes.at(-1)]).toEqual([598, 429]);
});

test('a token that could not be noted as used is taken when it is brought again', async () => {
  let isAway = true;
  const query: typeof db.query = (text, ...more) =>
    isAway && text.includes('sidebar_token')
      ? Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
      : db.query(text, ...more);
  const { ask } = await sidebarApp({ ...db, query }, clock);
  const kept = await token();
  expect((await ask(url, kept)).statusCode).toBe(503);
  isAway = false;
  expect([(await ask(url, kept)).statusCode, (await ask(url, kept)).statusCode]).toEqual([200, 401]);
});
