import { beforeEach, describe, expect, it } from 'vitest';
import { reconnect } from '../../../src/connect.ts';
import { minuteMs } from '../../../src/core/time.ts';
import { disconnect } from '../../../src/disconnect.ts';
import { prove } from '../../../src/prove.ts';
import { subscribedScopes } from '../../../src/stores/bigcommerce/hooks.ts';
import { type ConnectedShop, connectedShop } from './connected-shop.ts';

let world: ConnectedShop;

describe('its webhooks', () => {
  beforeEach(async () => {
    world = await connectedShop();
  });
  const hooks = () => [...world.sandbox.hooks.hooks.values()];

  it('are made by connect, proven, and taken away by disconnect, exactly those', async () => {
    const other = { scope: 'store/order/created', destination: 'https://other.example/x', headers: {}, isActive: true };
    world.sandbox.hooks.add(other);
    const { result, notes } = await world.connecting();
    expect(result.webhookUrl).toContain('/webhooks/');
    expect(notes.filter((line) => line.startsWith('Made at the store: webhook'))).toHaveLength(subscribedScopes.length);
    expect(hooks()).toHaveLength(subscribedScopes.length + 1);
    expect(await prove(world.product, world.connection)).toMatchObject({ proven: true });
    // bug: what is signed of another day than a demo's was told as an installation with another secret.
    const clock = { ...world.product.clock, hurries: () => true };
    expect(await prove({ ...world.product, clock }, world.connection)).toEqual({
      proven: false,
      text: expect.stringContaining('the days of a demo are passing'),
    });
    const again = await reconnect(world.product, world.connection, { remoteSetup: true, actor: 'test' });
    expect(again.notes).toEqual([]);
    expect(hooks()).toHaveLength(subscribedScopes.length + 1);
    let shown: readonly string[] = [];
    const consent = async (lines: readonly string[]) => {
      shown = lines;
      return true;
    };
    const gone = await disconnect(world.product, world.connection, { consent, leaveRemote: false, actor: 'test' });
    expect(gone?.removed).toHaveLength(subscribedScopes.length);
    expect(shown.join('\n')).toContain('at the store');
    expect(hooks()).toMatchObject([other]);
  });

  it('are not made with --no-remote-setup; the feed brings the orders', async () => {
    await world.connecting(false);
    expect(hooks()).toEqual([]);
    world.sandbox.shop.place(world.order());
    await world.product.walk(world.connection);
    expect(await world.held()).toHaveLength(1);
    await world.product.watch(world.connection);
    expect(await world.status()).toMatchObject({ webhook: null, state: 'ok', counted: { there: 1, here: 1 } });
  });

  it('that stand switched off or are gone are seen, mended, and the gap is read', async () => {
    await world.connecting();
    await world.product.walk(world.connection);
    world.clock.advance(20 * minuteMs);
    const [first, second] = hooks();
    if (!first || !second) throw new Error('no hooks were made');
    world.sandbox.hooks.remove(first.id);
    world.sandbox.hooks.change(second.id, { isActive: false });
    for (const { id } of hooks()) world.sandbox.hooks.change(id, { isActive: false });
    const { id } = world.sandbox.shop.place(world.order());
    await world.refresh();
    expect(await world.held()).toEqual([]);
    await world.product.watch(world.connection);
    expect((await world.status()).webhook).toMatchObject({ state: 'remade' });
    expect(await world.held()).toEqual([{ external_id: String(id), status_id: 11 }]);
    expect(hooks().filter(({ isActive }) => isActive)).toHaveLength(subscribedScopes.length);
    await world.product.watch(world.connection);
    expect((await world.status()).webhook).toMatchObject({ state: 'fine' });
  });
});
