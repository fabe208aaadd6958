import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { retrySeconds } from '../../src/sandbox/bigcommerce/delivery.ts';
import { type BigcommerceSandbox, createBigcommerceSandbox } from '../../src/sandbox/bigcommerce/index.ts';
import type { SandboxClock } from '../../src/sandbox/clock.ts';
import type { FaultPlan } from '../../src/sandbox/http.ts';
import { bigcommerce } from '../../src/stores/bigcommerce/adapter.ts';
import { orderInput } from '../support/order-input.ts';
import { standingClock } from '../support/standing-clock.ts';
import { jumpingClock } from './jumping-clock.ts';

const order = orderInput({
  placedAtMs: Date.parse('2026-03-02T10:00:00Z'),
  metafields: [{ namespace: 'market', key: 'seller', value: 'nord', permissionSet: 'read' }],
});

interface Got {
  readonly scope: string;
  readonly data: Record<string, unknown>;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly atMs: number;
}

const clock = jumpingClock(Date.parse('2026-03-02T10:00:00Z'));
let got: Got[];
let status: (call: number) => number;
let receiver: ReturnType<typeof createServer>;
let destination: string;
let sandbox: BigcommerceSandbox;

const start = async (faults: FaultPlan = {}, signed = true, its: SandboxClock = clock) => {
  sandbox = await createBigcommerceSandbox({ clock: its, seed: 's', firstOrderId: 1001, faults, delivery: { signed } });
};
beforeEach(async () => {
  got = [];
  status = () => 202;
  receiver = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString();
      const { scope, data } = JSON.parse(body);
      got.push({ scope, data, headers: request.headers, body, atMs: clock.now().getTime() });
      response.writeHead(status(got.length)).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  destination = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/webhooks/key`;
});
afterEach(async () => {
  await sandbox.close();
  receiver.closeAllConnections();
  receiver.close();
});

const call = async (method: string, path: string, body?: unknown) => {
  const answer = await fetch(`${sandbox.url}/stores/sandboxstore${path}`, {
    method,
    headers: {
      'x-auth-token': sandbox.settings.accessToken,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
};
const subscribe = (scope: string, headers = {}) =>
  call('POST', '/v3/hooks', { scope, destination, is_active: true, headers });
const scopes = () => got.map(({ scope }) => scope);

describe('the hooks', () => {
  beforeEach(() => start());

  it('are made, listed, changed and taken away', async () => {
    const made = await subscribe('store/order/created', { 'x-own': 'a' });
    expect(made.status).toBe(200);
    const { id } = made.body.data;
    expect(made.body.data).toMatchObject({ scope: 'store/order/created', is_active: true, headers: { 'x-own': 'a' } });
    expect((await call('GET', `/v3/hooks?destination=${encodeURIComponent(destination)}`)).body.data).toHaveLength(1);
    expect((await call('GET', '/v3/hooks?destination=https://other.example')).body.data).toEqual([]);
    expect((await call('PUT', `/v3/hooks/${id}`, { is_active: false })).body.data.is_active).toBe(false);
    expect((await call('DELETE', `/v3/hooks/${id}`)).status).toBe(200);
    expect((await call('GET', `/v3/hooks/${id}`)).status).toBe(404);
    expect((await call('DELETE', `/v3/hooks/${id}`)).status).toBe(404);
  });

  it('are refused twice for one address, at another port, and for scopes that are none', async () => {
    await subscribe('store/order/created');
    expect((await subscribe('store/order/created')).status).toBe(422);
    expect((await subscribe('orders')).status).toBe(422);
    const wrong = { scope: 'store/order/updated', destination: 'https://shop.example:8443/x' };
    expect((await call('POST', '/v3/hooks', wrong)).status).toBe(422);
  });

  it('tell of orders, statuses, refunds, fields and customers, thinly', async () => {
    await subscribe('store/order/*');
    await subscribe('store/customer/created');
    const { id } = sandbox.shop.place(order);
    sandbox.shop.setStatus(id, 2);
    sandbox.shop.setMetafield(id, { namespace: 'market', key: 'seller', value: 'sud' });
    sandbox.shop.register(12, 'eva@example.com');
    sandbox.shop.refund(id, { reason: '', totalCents: 100, taxCents: 0, payments: [], lines: [] });
    sandbox.shop.archive(id);
    await sandbox.hooks.sender.idle();
    expect(scopes().toSorted()).toEqual(
      [
        'store/customer/created',
        'store/order/archived',
        'store/order/created',
        'store/order/metafield/created',
        'store/order/metafield/updated',
        'store/order/refund/created',
        'store/order/statusUpdated',
        'store/order/updated',
        'store/order/updated',
      ].toSorted(),
    );
    const of = (scope: string) => got.find((one) => one.scope === scope)?.data;
    expect(of('store/order/metafield/updated')).toEqual({ metafield_id: 1, resource_id: '1001' });
    expect(of('store/order/statusUpdated')).toEqual({
      type: 'order',
      id: 1001,
      status: { previous_status_id: 11, new_status_id: 2 },
    });
  });

  it('are proven as the adapter expects it', async () => {
    await subscribe('store/order/created', { 'x-deskledger-secret': 'header-secret-0123456789' });
    sandbox.shop.place(order);
    await sandbox.hooks.sender.idle();
    const [{ headers, body } = { headers: {}, body: '' }] = got;
    const settings = bigcommerce.settings.parse({
      ...sandbox.settings,
      webhookHeaderSecret: 'header-secret-0123456789',
      signature: 'required',
    });
    const given = { settings, headers: headers as Record<string, string>, body: Buffer.from(body), now: clock.now() };
    expect(bigcommerce.verifyDelivery(given)).toMatchObject({
      outcome: 'verified',
      delivery: { changed: { what: 'order', externalId: '1001' } },
    });
  });
});

describe('a receiver that is away', () => {
  it('is tried for 48 hours by the published schedule, then the hook is switched off', async () => {
    await start();
    status = () => 503;
    await subscribe('store/order/created');
    const startMs = clock.now().getTime();
    sandbox.shop.place(order);
    await sandbox.hooks.sender.idle();
    const waits = got.map(({ atMs }, index) => Math.round((atMs - (got[index - 1]?.atMs ?? startMs)) / 1000));
    expect(waits).toEqual([0, ...retrySeconds]);
    expect([...sandbox.hooks.hooks.values()].map(({ isActive }) => isActive)).toEqual([false]);
    expect(new Set(got.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    sandbox.shop.place(order);
    await sandbox.hooks.sender.idle();
    expect(got).toHaveLength(1 + retrySeconds.length);
  });

  it('is blocked for three minutes after a hundred events of which too few were taken', async () => {
    const standing = standingClock();
    const waiting: SandboxClock = {
      ...standing,
      sleep: (_, signal) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve())),
    };
    await start({}, true, waiting);
    await subscribe('store/order/created');
    status = (call) => (call % 5 === 0 ? 500 : 202);
    const blocked = async () => (await call('GET', '/v3/hooks/admin')).body.data.blocked_domains;
    for (let made = 0; made < 99; made += 1) sandbox.shop.place({ ...order, metafields: [] });
    await vi.waitFor(() => expect(sandbox.hooks.sender.counts.attempts).toBe(99));
    expect(await blocked()).toEqual([]);
    sandbox.shop.place({ ...order, metafields: [] });
    await vi.waitFor(async () =>
      expect(await blocked()).toEqual([{ destination: new URL(destination).origin, time_left: 180, reasons: [] }]),
    );
    sandbox.shop.place({ ...order, metafields: [] });
    standing.advance(179_000);
    expect(got).toHaveLength(100);
    expect((await blocked())[0].time_left).toBe(1);
  });
});

it('sends some events twice, some late and some never, as it is told', async () => {
  await start({ duplicateRate: 0.2, reorderRate: 0.3, lossRate: 0.1 });
  await subscribe('store/order/created');
  for (let made = 0; made < 100; made += 1) sandbox.shop.place({ ...order, metafields: [] });
  await sandbox.hooks.sender.idle();
  const ids = got.map(({ data }) => Number(data.id));
  expect(new Set(ids).size).toBeLessThan(100);
  expect(new Set(ids).size).toBeGreaterThan(80);
  expect(ids.length).toBeGreaterThan(new Set(ids).size);
  expect(ids).not.toEqual(ids.toSorted((a, b) => a - b));
});

it('switches off a hook that had no event for 90 days', async () => {
  await start({}, false);
  await subscribe('store/order/created');
  await clock.sleep(91 * 24 * 3600 * 1000);
  expect((await call('GET', '/v3/hooks')).body.data[0].is_active).toBe(false);
});
