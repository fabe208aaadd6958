import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { connect } from '../../../src/connect.ts';
import { dayMs, minuteMs } from '../../../src/core/time.ts';
import { connectionStatuses } from '../../../src/features/ingest/index.ts';
import { wallClock } from '../../../src/platform/clock.ts';
import { atEndOfFile } from '../../support/cleanup.ts';
import { testProduct } from '../../support/product.ts';
import { type ConnectedShop, connectedShop } from './connected-shop.ts';

let world: ConnectedShop;

describe('trouble', () => {
  beforeEach(async () => {
    world = await connectedShop();
    await world.connecting();
    await world.product.walk(world.connection);
    world.clock.advance(20 * minuteMs);
    world.sandbox.shop.place(world.order());
  });

  it('with a revoked token is one clear state, and what was told waits', async () => {
    await world.sandbox.hooks.sender.idle();
    world.sandbox.revoke();
    await world.refresh();
    expect(await world.status()).toMatchObject({ state: 'credentials', pending: 1, quarantined: 0 });
    expect(await world.held()).toEqual([]);
  });

  it.each([
    [200, 'odd answers'],
    [500, 'unreachable'],
  ])('with a page of HTML and status %i is one clear state, until it passes', async (code, state) => {
    world.sandbox.answerWith({ status: code, html: '<html>Sign in</html>' });
    await world.refresh();
    expect(await world.status()).toMatchObject({ state, pending: 1, quarantined: 0 });
    world.sandbox.answerWith(null);
    for (let round = 0; round < 4; round += 1) {
      world.clock.advance(5 * minuteMs);
      await world.refresh();
    }
    expect(await world.status()).toMatchObject({ state: 'ok', pending: 0 });
    expect(await world.held()).toHaveLength(1);
  });
});

it('a clock that differs from the store’s is one clear state', async () => {
  world = await connectedShop();
  const server = createServer((request, response) => {
    response.setHeader('date', new Date(Date.now() + 60 * minuteMs).toUTCString());
    const isList = request.url?.includes('/v3/');
    response.writeHead(200, { 'content-type': 'application/json' }).end(isList ? '{"data":[],"meta":{}}' : '[]');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEndOfFile(async () => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const { product } = await testProduct({ clock: wallClock });
  const settings = { ...world.sandbox.settings, baseUrl: `http://127.0.0.1:${port}` };
  await connect(product, { kind: 'bigcommerce', settings, remoteSetup: false, actor: 'test' });
  await product.walk(await product.directory.connections.get('store'));
  await vi.waitFor(async () => {
    const [found] = await connectionStatuses(product.db, wallClock.now());
    expect(found).toMatchObject({ state: 'clock', stateText: expect.stringContaining('60 min behind') });
  });
});

describe('a backfill', () => {
  it('reads from the day on, compares counts, and says whether all is there', async () => {
    world = await connectedShop();
    for (let daysAgo = 500; daysAgo > 0; daysAgo -= 50)
      world.sandbox.shop.place(world.order({ placedAtMs: world.clock.now().getTime() - daysAgo * dayMs }));
    await world.connecting();
    const since = new Date(world.clock.now().getTime() - 600 * dayMs);
    const { comparison } = await world.product.backfill(world.connection, { since });
    expect(comparison).toMatchObject({ found: 10, held: 10, countedThere: 10, countedHere: 10, complete: true });
    expect((await world.status()).backfill).toMatchObject({ state: 'complete', found: 10, done: 10 });
    expect((await world.status()).counted).toMatchObject({ there: 10, here: 10 });
    await world.product.db.query('delete from "order" where external_id = $1', ['1001']);
    world.clock.advance(dayMs);
    await world.product.watch(world.connection);
    expect((await world.status()).counted).toMatchObject({ there: 10, here: 9 });
  });

  it('bug: called again it read nothing again, and the doctor went on telling what was counted before it', async () => {
    world = await connectedShop();
    const ids = [3, 2, 1].map((daysAgo) =>
      world.sandbox.shop.place(world.order({ placedAtMs: world.clock.now().getTime() - daysAgo * dayMs })),
    );
    await world.connecting();
    const since = new Date(world.clock.now().getTime() - 10 * dayMs);
    await world.product.backfill(world.connection, { since });
    world.clock.advance(dayMs);
    await world.product.walk(world.connection);
    await world.product.db.query('delete from "order" where external_id = $1', ['1001']);
    for (let count = 0; count < 3; count += 1) {
      await world.product.watch(world.connection);
      world.clock.advance(dayMs);
    }
    expect((await world.status()).counted).toMatchObject({ there: ids.length, here: ids.length - 1, shortCounts: 3 });
    const { comparison } = await world.product.backfill(world.connection, { since });
    expect(comparison).toMatchObject({ found: 3, held: 3, countedThere: 3, countedHere: 3, complete: true });
    expect((await world.status()).counted).toMatchObject({ there: 3, here: 3, shortCounts: 0 });
  });
});
