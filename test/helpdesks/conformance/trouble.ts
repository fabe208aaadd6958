import { expect } from 'vitest';
import { LimitReached, Refused, UpstreamError } from '../../../src/core/errors.ts';
import { minuteMs, secondMs } from '../../../src/core/time.ts';
import { thrownBy } from '../../conformance/check.ts';
import { withReceiver } from '../../conformance/receiver.ts';
import { type Check, hurried, kim, openTicket, pullOne, type World, withDesk } from './check.ts';

/** More tries of one call than this help nobody. */
const mostTries = 8;

const upstreamError = (error: unknown): UpstreamError => {
  if (!(error instanceof UpstreamError)) throw new Error(`thrown was no UpstreamError but ${String(error)}`);
  return error;
};

/** The most requests that started within any stretch of this length. */
const mostWithin = ({ leftAtMs }: World, ms: number): number => {
  const times = leftAtMs.toSorted((a, b) => a - b);
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + ms).length));
};

const html = { headers: { 'content-type': 'text/html' }, body: '<html><body>Bad gateway</body></html>' };

export const troubleChecks: readonly Check[] = [
  withDesk('Retry-After is obeyed', async ({ client, upstream }) => {
    upstream.before = (_, index) =>
      index === 0 ? { status: 429, headers: { 'retry-after': '7' }, body: '{"error":"slow down"}' } : 'pass';
    await client().verify();
    const [first, second] = upstream.seen;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(7 * secondMs);
  }),
  withDesk('a quota that stays used up ends in LimitReached, after few tries', async ({ client, upstream }) => {
    upstream.before = () => ({ status: 429, headers: { 'retry-after': '1' }, body: '{}' });
    expect(await thrownBy(client().verify())).toBeInstanceOf(LimitReached);
    expect(upstream.seen.length).toBeGreaterThan(1);
    expect(upstream.seen.length).toBeLessThanOrEqual(mostTries);
  }),
  withDesk('a long Retry-After is handed to the caller, who waits better', async ({ client, upstream, clock }) => {
    upstream.before = () => ({ status: 429, headers: { 'retry-after': '900' }, body: '{}' });
    const startMs = clock.now().getTime();
    const error = await thrownBy(client().verify());
    expect(error).toBeInstanceOf(LimitReached);
    expect(error instanceof LimitReached && error.retryAfterMs).toBe(900 * secondMs);
    expect(upstream.seen).toHaveLength(1);
    expect(clock.now().getTime() - startMs).toBeLessThan(2 * minuteMs);
  }),
  withDesk('our share of the limit that answers tell is never exceeded', async (world, { quota }) => {
    const { client, upstream } = world;
    upstream.after = (answer) => ({
      ...answer,
      headers: { ...answer.headers, ...quota.headers({ limit: 40, left: 40 }) },
    });
    const one = client({ limitShare: 0.25 });
    await one.verify();
    await Promise.allSettled(Array.from({ length: 40 }, () => one.verify()));
    expect(upstream.seen.length).toBeGreaterThan(10);
    expect(world.leftAtMs).toHaveLength(upstream.seen.length);
    expect(mostWithin(world, quota.windowMs)).toBeLessThanOrEqual(10);
  }),
  withDesk('a lot larger than the quota gets further at each pull', async (world, { quota }) => {
    const { client, desk, clock, upstream } = world;
    const ids = Array.from({ length: 30 }, () => desk.open(kim));
    await clock.sleep(2 * minuteMs);
    upstream.after = (answer) => ({
      ...answer,
      headers: { ...answer.headers, ...quota.headers({ limit: 24, left: 24 }) },
    });
    const one = client({ limitShare: 0.5 });
    await one.verify();
    const read = new Set<string>();
    for (let pulls = 0; read.size < ids.length; pulls += 1) {
      expect(pulls).toBeLessThan(ids.length);
      const left = ids.filter((id) => !read.has(id));
      const { tickets, missing, notBegun } = await one.pullTickets(
        left.map((externalId) => ({ externalId, withHistory: 'yes' })),
      );
      expect(tickets.length).toBeGreaterThan(0);
      expect(missing).toEqual([]);
      for (const { externalId, history } of tickets) {
        expect(history).toBeDefined();
        read.add(externalId);
      }
      expect((notBegun?.externalIds ?? []).toSorted()).toEqual(ids.filter((id) => !read.has(id)).toSorted());
      await clock.sleep(notBegun?.retryAfterMs ?? 0);
    }
  }),
  withDesk('where others used the limit up we wait', async ({ client, upstream }, { quota }) => {
    upstream.after = (answer) => ({
      ...answer,
      headers: { ...answer.headers, ...quota.headers({ limit: 40, left: 0 }) },
    });
    const one = client();
    await one.verify();
    const before = upstream.seen.length;
    await one.verify().catch((error: unknown) => expect(error).toBeInstanceOf(LimitReached));
    const [last, next] = [upstream.seen[before - 1], upstream.seen[before]];
    if (next) expect(next.atMs - (last?.atMs ?? 0)).toBeGreaterThanOrEqual(secondMs);
  }),
  ...(
    [
      ['HTML instead of JSON', { status: 200, ...html }],
      ['a gateway page', { status: 502, ...html }],
      ['status 500', { status: 500, body: '{"error":"oops"}' }],
      ['status 503', { status: 503, ...html }],
      ['a broken connection', 'reset'],
      ['an answer cut short', { status: 200, body: '{"tickets":[{"id":' }],
      ['an empty answer where one is needed', { status: 200, body: '' }],
    ] as const
  ).map(([what, answer]) =>
    withDesk(`${what} is an UpstreamError and no crash`, async ({ client, upstream }) => {
      upstream.before = () => answer;
      const error = upstreamError(await thrownBy(client().verify()));
      // An empty answer comes from the vendor itself: the same question gets the same answer.
      if (answer === 'reset' || answer.body !== '') expect(error.retryable).toBe(true);
      expect(upstream.seen.length).toBeLessThanOrEqual(mostTries);
      if (answer === 'reset' || answer.body === '') return;
      upstream.seen.length = 0;
      upstream.before = (_, index) => (index === 0 ? answer : 'pass');
      await client().verify();
    }),
  ),
  withDesk('a helpdesk that does not answer is left in time', async ({ client, upstream }) => {
    upstream.before = () => 'hang';
    await hurried(async () => {
      const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), 1900));
      const outcome = await Promise.race([thrownBy(client().verify()), late]);
      expect(upstreamError(outcome)).toMatchObject({ retryable: true, status: undefined });
      expect(upstream.seen.length).toBeLessThanOrEqual(mostTries);
    });
  }),
  withDesk('what the helpdesk understood and refuses is not tried again', async (world) => {
    const id = await openTicket(world);
    for (const status of [400, 422]) {
      world.upstream.seen.length = 0;
      world.upstream.before = () => ({ status, body: '{"error":"invalid"}' });
      const error = upstreamError(await thrownBy(pullOne(world.client(), id, 'no')));
      expect(error).toMatchObject({ status, retryable: false });
      expect(world.upstream.seen).toHaveLength(1);
    }
  }),
  withDesk('a redirect is not followed: it would carry the credentials away', async ({ client, upstream }) => {
    await withReceiver({ status: 200, body: '{}' }, async ({ url, arrived }) => {
      for (const status of [301, 302, 307, 308]) {
        upstream.before = () => ({ status, headers: { location: `${url}/` } });
        expect(upstreamError(await thrownBy(client().verify())).retryable).toBe(false);
      }
      expect(arrived).toEqual([]);
    });
  }),
  withDesk(
    'a private address is refused unless that is allowed',
    async ({ settings, upstream, clock }, { adapter }) => {
      const deps = { clock, allowPrivate: false, apiUserId: null };
      const { port } = new URL(upstream.url);
      for (const baseUrl of [upstream.url, `http://localhost:${port}`, 'https://10.1.2.3', 'https://[::1]'])
        expect(
          await thrownBy((async () => adapter.connect(adapter.settings.parse(settings({ baseUrl })), deps).verify())()),
        ).toBeInstanceOf(Refused);
      expect(upstream.seen).toEqual([]);
    },
  ),
];
