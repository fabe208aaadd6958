import { expect } from 'vitest';
import { LimitReached, Refused, UpstreamError } from '../../../src/core/errors.ts';
import { secondMs } from '../../../src/core/time.ts';
import { thrownBy } from '../../conformance/check.ts';
import { withReceiver } from '../../conformance/receiver.ts';
import { type Check, lamp, longAgo, nothing, walked, withShop } from './check.ts';

/** More tries of one call than this help nobody. */
const mostTries = 8;
const html = { headers: { 'content-type': 'text/html' }, body: '<html><body>Bad gateway</body></html>' };

const upstreamError = (error: unknown): UpstreamError => {
  if (!(error instanceof UpstreamError)) throw new Error(`thrown was no UpstreamError but ${String(error)}`);
  return error;
};

export const troubleChecks: readonly Check[] = [
  withShop('a quota that stays used up ends in LimitReached, after few tries', async ({ client, upstream }) => {
    upstream.before = () => ({ status: 429, headers: { 'retry-after': '1' }, body: '{}' });
    expect(await thrownBy(walked(client(), longAgo))).toBeInstanceOf(LimitReached);
    expect(upstream.seen.length).toBeGreaterThan(1);
    expect(upstream.seen.length).toBeLessThanOrEqual(mostTries);
  }),
  withShop('Retry-After is obeyed', async ({ client, upstream }) => {
    upstream.before = (_, index) =>
      index === 0 ? { status: 429, headers: { 'retry-after': '7' }, body: '{}' } : 'pass';
    await walked(client(), longAgo);
    const [first, second] = upstream.seen;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(7 * secondMs);
  }),
  ...(
    [
      ['HTML instead of JSON', { status: 200, ...html }],
      ['a gateway page', { status: 502, ...html }],
      ['status 500', { status: 500, body: '{"error":"oops"}' }],
      ['a broken connection', 'reset'],
      ['an answer cut short', { status: 200, body: '[{"id":' }],
    ] as const
  ).map(([what, answer]) =>
    withShop(`${what} is an UpstreamError that may pass, and no crash`, async ({ client, upstream }) => {
      upstream.before = () => answer;
      expect(upstreamError(await thrownBy(walked(client(), longAgo))).retryable).toBe(true);
      expect(upstream.seen.length).toBeLessThanOrEqual(mostTries);
    }),
  ),
  withShop('an answer of another shape is an UpstreamError that will not pass', async ({ client, upstream }) => {
    upstream.before = () => ({ status: 200, body: '"surprise"' });
    expect(upstreamError(await thrownBy(walked(client(), longAgo))).retryable).toBe(false);
  }),
  withShop('a token that was revoked is told by its status', async ({ client, shop }) => {
    const error = upstreamError(await thrownBy(walked(client(shop.wrongCredentials), longAgo)));
    expect([401, 403]).toContain(error.status);
    expect(error.retryable).toBe(false);
  }),
  withShop('errors name no address, no secret and no person', async ({ client, shop, settings, upstream }) => {
    upstream.before = () => ({ status: 400, body: `{"error":"${lamp.email}"}` });
    const own = client();
    const errors = await Promise.all([
      thrownBy(walked(own, longAgo)),
      thrownBy(own.ordersByEmail(lamp.email, longAgo, nothing)),
      thrownBy(own.knowsAddress(lamp.email)),
      thrownBy(own.refundsOf([shop.absentId])),
    ]);
    const secrets = Object.values(settings()).filter(
      (value) => typeof value === 'string' && /token|secret|key/i.test(value),
    );
    expect(secrets.length).toBeGreaterThan(0);
    for (const error of errors) {
      const text = `${(error as Error).message} ${JSON.stringify(error)}`;
      for (const word of [lamp.email, encodeURIComponent(lamp.email), ...(secrets as string[])])
        expect(text).not.toContain(word);
    }
  }),
  withShop('credentials follow no redirect', async ({ client, upstream }) => {
    await withReceiver({ status: 200, body: '[]' }, async ({ url, arrived }) => {
      upstream.before = () => ({ status: 302, headers: { location: `${url}/` }, body: '' });
      expect(await thrownBy(walked(client(), longAgo))).toBeInstanceOf(UpstreamError);
      expect(arrived).toEqual([]);
    });
  }),
  withShop('a private address is refused unless it is allowed', async ({ settings, clock }, { adapter }) => {
    const work = async () => {
      const client = adapter.connect(adapter.settings.parse(settings()), { clock, allowPrivate: false });
      return client.verify();
    };
    expect(await thrownBy(work())).toBeInstanceOf(Refused);
  }),
  withShop('every call is told to whoever counts them, with its status', async ({ client, observed, upstream }) => {
    await walked(client(), longAgo);
    expect(observed.length).toBe(upstream.seen.length);
    for (const { status, path } of observed) {
      expect(status).toBeGreaterThanOrEqual(200);
      expect(path).not.toContain('?');
    }
  }),
];
