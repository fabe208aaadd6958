import { createHash, createHmac, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { SignJWT, UnsecuredJWT } from 'jose';
import { beforeEach, describe, expect, test } from 'vitest';
import { dropDeadTokens } from '../../../src/features/sidebar/used-tokens.ts';
import { testDatabase } from '../../support/database.ts';
import { sidebarToken } from '../../support/sidebar-token.ts';
import { standingClock } from '../../support/standing-clock.ts';
import { directoryOn, secretOf, sidebarApp, zendeskSettings } from './app-world.ts';

const db = await testDatabase();
const clock = standingClock();
const directory = directoryOn(db, clock);
const [own, foreign] = [secretOf('a'), secretOf('b')];
const desk = await directory.connections.create(zendeskSettings('desk', { sidebarSecrets: [own] }));
const other = await directory.connections.create(zendeskSettings('other', { sidebarSecrets: [foreign] }));
await directory.connections.create(zendeskSettings('without'));
const [here, there] = [await sidebarApp(db, clock), await sidebarApp(db, clock)];

const url = '/sidebar/v1/tickets/7';
const encoder = new TextEncoder();
const seconds = () => Math.floor(clock.now().getTime() / 1000);
const token = (more: Parameters<typeof sidebarToken>[1] = {}) => sidebarToken(own, { now: clock.now(), ...more });
const signed = (header: object, payload: object, key: string | Buffer): string => {
  const text = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
};
const payload = () => ({ exp: seconds() + 60, jti: crypto.randomUUID() });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const decide = async (connectionId: number, externalId: string) => {
  await db.query(
    `with t as (insert into ticket (connection_id, external_id, first_seen_at) values ($1, $2, now()) returning id),
          a as (insert into attribution (ticket_id, version, method, confidence, evidence, decided_at, current)
                select id, 1, 'rule', 'medium', '{}', now(), true from t returning id)
     insert into attribution_share (attribution_id, share_no, partner, region, country, ppm) select id, 0, 'nord', null, null, 1000000 from a`,
    [connectionId, externalId],
  );
};
await decide(desk.id, '7');
await decide(other.id, '8');

beforeEach(() => clock.advance(60_000));

describe('a token of the proxy', () => {
  test('opens the ticket, and nothing of the answer is kept or told to a browser of another origin', async () => {
    const { statusCode, headers, body } = await here.ask(url, await token());
    expect([statusCode, headers['cache-control']]).toEqual([200, 'no-store']);
    expect(JSON.parse(body)).toMatchObject({ ticket: { externalId: '7', state: 'attributed' } });
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    const preflight = await here.app.inject({ method: 'OPTIONS', url, headers: { origin: 'https://x.example' } });
    expect(preflight.statusCode).toBe(404);
    expect(Object.keys(preflight.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  const attacks: Record<string, () => string | undefined | Promise<string | undefined>> = {
    'is lacking': () => undefined,
    'is empty': () => '',
    'is no token': () => 'guess',
    'is of our own API': () => 'dl_0123456789abcdefghijklmnopqrstuvwxyz',
    'is signed with another secret': () => sidebarToken(secretOf('x'), { now: clock.now() }),
    'is signed with the empty secret': () => signed({ alg: 'HS256' }, payload(), ''),
    'is signed with the secret of an API': () => sidebarToken('token'.repeat(8), { now: clock.now() }),
    'had its claims changed': async () => {
      const [head, , signature] = (await token()).split('.');
      return [head, Buffer.from(JSON.stringify({ ...payload(), x: 1 })).toString('base64url'), signature].join('.');
    },
    'has lost its signature': async () => (await token()).replace(/[^.]*$/, ''),
    'is of algorithm none': () => new UnsecuredJWT(payload()).encode(),
    'is of algorithm none with a signature': () => signed({ alg: 'none' }, payload(), own),
    'is of algorithm nOnE': () => signed({ alg: 'nOnE' }, payload(), own),
    'is of algorithm RS256': () => new SignJWT(payload()).setProtectedHeader({ alg: 'RS256' }).sign(rsa.privateKey),
    'is of algorithm ES256': () => new SignJWT(payload()).setProtectedHeader({ alg: 'ES256' }).sign(ec.privateKey),
    'says RS256 and is a HMAC': () => signed({ alg: 'RS256' }, payload(), own),
    'is signed with a public key as if it were the secret': () =>
      signed({ alg: 'HS256' }, payload(), rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string),
    'is of HS512': () =>
      new SignJWT(payload()).setProtectedHeader({ alg: 'HS512' }).sign(encoder.encode(own.repeat(2))),
    'is of HS384 with the right secret': () =>
      new SignJWT(payload()).setProtectedHeader({ alg: 'HS384' }).sign(encoder.encode(own.repeat(2))),
    'brings its own key': () =>
      new SignJWT(payload())
        .setProtectedHeader({ alg: 'HS256', jwk: { kty: 'oct', k: 'eA' } } as never)
        .sign(encoder.encode(secretOf('x'))),
    'wants an extension understood': () => signed({ alg: 'HS256', crit: ['x'], x: 1 }, payload(), own),
    'has expired': () => token({ lifeSeconds: -31 }),
    'has no end': () => signed({ alg: 'HS256' }, { jti: 'endless' }, own),
    'ends in words': () => signed({ alg: 'HS256' }, { exp: 'tomorrow' }, own),
    'never ends': () => signed({ alg: 'HS256' }, { exp: 1e300 }, own),
    'lives for an hour': () => token({ lifeSeconds: 3600 }),
    'lives for six minutes': () => token({ lifeSeconds: 361 }),
    'is not valid yet': () => token({ claims: { nbf: seconds() + 120 } }),
    'is far too long': async () => token({ claims: { x: 'x'.repeat(5000) } }),
  };

  test.each(Object.entries(attacks))('is refused in the same words where it %s', async (_, make) => {
    const bad = await make();
    const [tried, bare] = [await here.ask(url, bad), await here.ask(url, undefined)];
    expect(tried.statusCode).toBe(401);
    expect(tried.json()).toEqual(bare.json());
    expect(tried.json()).toMatchObject({
      type: 'urn:deskledger:problem:unauthorized',
      detail: expect.stringContaining('deskledger connection <id> --sidebar'),
    });
    expect([tried.headers['content-type'], tried.headers['cache-control']]).toEqual([
      'application/problem+json; charset=utf-8',
      'no-store',
    ]);
    if (bad) expect(here.lines.join('\n')).not.toContain(bad);
    // It is this one that is refused, and not all of them.
    expect((await here.ask(url, await token())).statusCode).toBe(200);
  });

  test('is let in or refused whatever its header and claims are made of, and is never a fault of ours', async () => {
    const odd = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(fc.constantFrom('alg', 'crit', 'b64', 'exp', 'jti', 'nbf', 'jwk'), fc.jsonValue()),
    );
    await fc.assert(
      fc.asyncProperty(odd, odd, fc.constantFrom(own, 'guess'), async (header, claims, key) => {
        clock.advance(1000);
        for (const head of [header, { ...(header as object), alg: 'HS256' }]) {
          const { statusCode } = await here.ask('/sidebar/v1/choices', signed(head as object, claims as object, key));
          expect([200, 401]).toContain(statusCode);
          if (key !== own) expect(statusCode).toBe(401);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('is refused before anything else of the request is looked at', async () => {
    for (const path of ['/sidebar/v1/tickets/none', '/sidebar/v1/tickets/7?x=1', '/sidebar/v1/choices'])
      expect((await here.ask(path, undefined)).statusCode, path).toBe(401);
    expect((await here.ask('/sidebar/v1/tickets/none', await token())).statusCode).toBe(400);
  });

  test('may be off by what clocks differ', async () => {
    expect((await here.ask(url, await token({ lifeSeconds: -20 }))).statusCode).toBe(200);
    expect((await here.ask(url, await token({ lifeSeconds: 300 }))).statusCode).toBe(200);
  });

  test('says who asks by its signature alone: no claim names a connection, a person or a role', async () => {
    const claims = {
      iss: 'other',
      sub: '1',
      aud: String(other.id),
      connection: other.id,
      connectionId: other.id,
      kid: 'other',
      role: 'admin',
      scopes: ['rates'],
      externalId: '8',
    };
    const plain = await here.ask(url, await token());
    const claiming = await here.ask(url, await token({ claims }));
    expect(claiming.json()).toEqual(plain.json());
    // The other's ticket is no more known to this one than one that is nowhere.
    const others = await here.ask('/sidebar/v1/tickets/8', await token({ claims }));
    expect(others.json().ticket).toEqual({ externalId: '8', state: 'not yet known' });
    expect(JSON.stringify(others.json())).not.toContain('nord');
    const its = await here.ask('/sidebar/v1/tickets/8', await sidebarToken(foreign, { now: clock.now() }));
    expect(its.json().ticket).toEqual({ externalId: '8', state: 'attributed' });
  });
});

describe('a token is taken once', () => {
  test('by this process and by every other on the same database', async () => {
    const used = await token();
    expect((await here.ask(url, used)).statusCode).toBe(200);
    expect((await here.ask(url, used)).statusCode).toBe(401);
    expect((await there.ask(url, used)).statusCode).toBe(401);
    expect((await there.ask('/sidebar/v1/choices', used)).statusCode).toBe(401);
  });

  test('by one of many who bring it at once', async () => {
    const raced = await token();
    const codes = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => (await (n % 2 ? here : there).ask(url, raced)).statusCode),
    );
    expect(codes.toSorted()).toEqual([200, ...Array.from({ length: 19 }, () => 401)]);
  });

  test('without an id of its own too, and however its signature is spelt', async () => {
    const used = await token({ jti: '', claims: { n: 1 } });
    expect((await here.ask(url, used)).statusCode).toBe(200);
    // The last of 43 letters holds 4 bits of the signature and 2 that nobody reads.
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = letters.indexOf(used.at(-1) ?? '');
    for (const spare of [1, 2, 3])
      expect((await there.ask(url, `${used.slice(0, -1)}${letters[last - (last % 4) + spare]}`)).statusCode).toBe(401);
    expect((await there.ask(url, await token({ jti: '', claims: { n: 2 } }))).statusCode).toBe(200);
  });

  test('by its id, whatever else it says; that of another connection is another', async () => {
    expect((await here.ask(url, await token({ jti: 'one' }))).statusCode).toBe(200);
    expect((await here.ask(url, await token({ jti: 'one', claims: { n: 2 } }))).statusCode).toBe(401);
    const its = await sidebarToken(foreign, { now: clock.now(), jti: 'one' });
    expect((await here.ask(url, its)).statusCode).toBe(200);
  });

  test('until it is dead, and is then forgotten', async () => {
    const used = await token({ lifeSeconds: 60 });
    const count = async () => Number((await db.query<{ n: bigint }>('select count(*) as n from sidebar_token'))[0]?.n);
    expect((await here.ask(url, used)).statusCode).toBe(200);
    const hash = createHash('sha256')
      .update(JSON.stringify([desk.id, 'id', JSON.parse(atob(used.split('.')[1] ?? '')).jti]))
      .digest();
    const held = () => db.query('select 1 from sidebar_token where token_hash = $1', [hash]);
    expect(await held()).toHaveLength(1);
    await dropDeadTokens(db, new Date(clock.now().getTime() + 90_000));
    expect(await held()).toHaveLength(1);
    await dropDeadTokens(db, new Date(clock.now().getTime() + 600_000));
    expect(await count()).toBe(0);
    clock.advance(90_001);
    expect((await here.ask(url, used)).statusCode).toBe(401);
  });
});

describe('the keys', () => {
  const settle = () => clock.advance(3001);

  test('are two while an admin changes over, and the oldest goes with the next', async () => {
    const [next, third] = [secretOf('n'), secretOf('t')];
    await directory.connections.changeSettings(desk.id, { sidebarSecrets: [next, own] });
    settle();
    for (const secret of [next, own])
      expect((await here.ask(url, await sidebarToken(secret, { now: clock.now() }))).statusCode).toBe(200);
    await directory.connections.changeSettings(desk.id, { sidebarSecrets: [third, next] });
    settle();
    expect((await here.ask(url, await token())).statusCode).toBe(401);
    expect((await here.ask(url, await sidebarToken(third, { now: clock.now() }))).statusCode).toBe(200);
    await directory.connections.changeSettings(desk.id, { sidebarSecrets: [own] });
    settle();
  });

  test('of a disconnected connection open nothing', async () => {
    await directory.connections.disable(other.id);
    settle();
    expect((await here.ask(url, await sidebarToken(foreign, { now: clock.now() }))).statusCode).toBe(401);
    await directory.connections.enable(other.id, {});
    settle();
    expect((await here.ask(url, await sidebarToken(foreign, { now: clock.now() }))).statusCode).toBe(200);
  });

  test('that two connections share tell no connection, and open nothing', async () => {
    await directory.connections.changeSettings(other.id, { sidebarSecrets: [foreign, own] });
    settle();
    expect((await here.ask(url, await token())).statusCode).toBe(401);
    await directory.connections.changeSettings(other.id, { sidebarSecrets: [foreign] });
    settle();
    expect((await here.ask(url, await token())).statusCode).toBe(200);
  });

  test('are stored sealed, and one that is short is refused', async () => {
    const [row] = await db.query<{ settings: object }>('select settings from connection where id = $1', [desk.id]);
    expect(JSON.stringify(row)).not.toContain(own);
    await expect(directory.connections.changeSettings(desk.id, { sidebarSecrets: ['short'] })).rejects.toThrow(/fault/);
  });
});
