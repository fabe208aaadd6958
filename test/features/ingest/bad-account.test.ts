import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { dayMs, hourMs, minuteMs } from '../../../src/core/time.ts';
import { connectionStatuses } from '../../../src/features/ingest/index.ts';
import type { SandboxClock } from '../../../src/sandbox/clock.ts';
import { helpdeskKinds } from '../../../src/sandbox/index.ts';
import { testProduct } from '../../support/product.ts';
import { kinds } from './accounts.ts';
import { stages } from './stage.ts';

const { stage, onEnd } = stages();

test('every helpdesk that a sandbox plays is held to this', () => {
  expect(Object.keys(kinds).toSorted()).toEqual([...helpdeskKinds].toSorted());
});

const html = { type: 'text/html', body: '<html><body>Sign in</body></html>' };

describe.each(Object.entries(kinds))('a %s account', (_, kind) => {
  test.each([
    ['whose key is revoked', { status: 401, body: '{"error":"Unauthorized"}' }, 'credentials', /--settings FILE\.json/],
    ['whose plan was downgraded', { status: 403, body: '{"error":"Forbidden"}' }, 'forbidden', /plan still includes/],
    ['that answers 500', { status: 500, body: '{"error":"oops"}' }, 'unreachable', /status page/],
    ['that answers HTML', { status: 200, ...html }, 'odd answers', /Open the address/],
  ] as const)('%s for an hour is one state with a next step, few calls, no loss', async (__, bad, state, next) => {
    const { w, account, proxy, live, status } = await stage(kind);
    const early = account.open();
    await w.deliver(early);
    await live(10 * minuteMs);
    expect(await status()).toMatchObject({ state: 'ok', tickets: 1, pending: 0 });
    proxy.bad = bad;
    proxy.asked = 0;
    const told = [account.open(), account.open(), account.open()];
    for (const id of told) await w.deliver(id);
    const untold = account.open();
    await live(hourMs);
    expect(await status()).toMatchObject({ state, stateNext: expect.stringMatching(next), quarantined: 0 });
    expect((await status())?.stateText).toMatch(/^\S.{10,}/);
    expect(proxy.asked).toBeGreaterThan(3);
    // A sign of life now and then: three tickets, feed and watch, each with the client's own retries; 212 at most were seen.
    expect(proxy.asked).toBeLessThan(250);
    proxy.bad = null;
    await live(30 * minuteMs);
    expect(await status()).toMatchObject({ state: 'ok', stateNext: null, pending: 0, quarantined: 0, tickets: 5 });
    for (const id of [early, ...told, untold]) expect((await w.row(id)).snapshot_at).not.toBeNull();
  });

  test.each([
    ['five minutes ahead of', 5 * minuteMs],
    ['a day ahead of', dayMs],
    ['five minutes behind', -5 * minuteMs],
    ['a day behind', -dayMs],
  ])('whose clock ours is %s is one state with a next step, and is read all the same', async (__, skewMs) => {
    const { w, account, proxy, skew, live, status } = await stage(kind);
    skew.ms = skewMs;
    await live(minuteMs);
    proxy.asked = 0;
    const [told, untold] = [account.open(), account.open()];
    await w.deliver(told);
    await live(hourMs);
    expect(await status()).toMatchObject({
      state: 'clock',
      stateText: expect.stringMatching(skewMs > 0 ? /min ahead/ : /min behind/),
      stateNext: expect.stringMatching(/NTP/),
      pending: 0,
      tickets: 2,
    });
    for (const id of [told, untold]) expect((await w.row(id)).snapshot_at).not.toBeNull();
    expect(proxy.asked).toBeLessThan(60);
    skew.ms = 0;
    await live(15 * minuteMs);
    expect(await status()).toMatchObject({ state: 'ok', stateNext: null });
  });
});

describe.each(Object.entries(kinds))('a mapped field of a %s account', (_, kind) => {
  test('that is gone is one state with a next step, stops nothing, and ends with the field', async () => {
    const { w, account, live, status } = await stage(kind);
    const { orderNumberFieldId } = account.settings as Record<string, string>;
    await live(minuteMs);
    expect(await status()).toMatchObject({ state: 'ok' });
    const bringBack = account.loseField();
    const id = account.open();
    await w.deliver(id);
    await live(hourMs + 15 * minuteMs);
    expect(await status()).toMatchObject({
      state: 'lost fields',
      stateText: expect.stringContaining(`${orderNumberFieldId} (orderNumberFieldId)`),
      stateNext: expect.stringMatching(/--settings FILE\.json with {"orderNumberFieldId":/),
      pending: 0,
      tickets: 1,
    });
    expect((await w.row(id)).snapshot_at).not.toBeNull();
    bringBack();
    await live(20 * minuteMs);
    expect(await status()).toMatchObject({ state: 'ok', stateNext: null });
  });
});

describe('webhooks of another account', () => {
  test.each(Object.entries(kinds))(
    'that lead to a connection of %s are one state, and nothing of them is kept',
    async (name, { adapter, secrets, sign, start }) => {
      const { product } = await testProduct();
      const clock: SandboxClock = {
        now: () => new Date(),
        sleep: async () => undefined,
        every: () => ({ stop: async () => undefined }),
      };
      const account = await start(clock);
      onEnd(() => account.close());
      const app = await product.buildApp();
      onEnd(() => app.close());
      const connection = await product.directory.connections.create({
        kind: adapter.kind,
        settings: { ...account.settings, ...secrets },
      });
      const body = readFileSync(
        new URL(`../../helpdesks/${name}/fixtures/deliveries/created.json`, import.meta.url),
        'utf8',
      ).trim();
      const send = () =>
        app.inject({
          method: 'POST',
          url: `/webhooks/${connection.webhookKey}`,
          headers: { 'content-type': 'application/json', ...sign(body, 'of another account') },
          payload: body,
        });
      for (let time = 0; time < 20; time += 1) expect((await send()).statusCode).toBe(401);
      const status = async () =>
        (await connectionStatuses(product.db, product.clock.now())).find(({ id }) => id === connection.id);
      await vi.waitFor(async () => expect((await status())?.state).toBe('foreign deliveries'));
      expect(await status()).toMatchObject({
        stateText: expect.stringMatching(/wrong/),
        stateNext: expect.stringMatching(/Delete the webhook of the other account.*--remote-setup/),
        quarantined: 0,
      });
      const rows = await product.db.query('select failures from connection_trouble where connection_id = $1', [
        connection.id,
      ]);
      expect(rows).toEqual([{ failures: 1 }]);
      expect(await product.db.query('select id from delivery')).toEqual([]);
    },
  );
});
