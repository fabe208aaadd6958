import type { Product } from '../../../src/compose.ts';
import { connect } from '../../../src/connect.ts';
import { minuteMs } from '../../../src/core/time.ts';
import type { Connection } from '../../../src/features/directory/index.ts';
import { claimStoreChanges, connectionStatuses } from '../../../src/features/ingest/index.ts';
import { type BigcommerceSandbox, createBigcommerceSandbox } from '../../../src/sandbox/bigcommerce/index.ts';
import type { OrderInput } from '../../../src/sandbox/bigcommerce/model.ts';
import type { FaultPlan } from '../../../src/sandbox/http.ts';
import { atEndOfFile } from '../../support/cleanup.ts';
import { orderInput } from '../../support/order-input.ts';
import { testProduct } from '../../support/product.ts';
import { publicAddress } from '../../support/public-address.ts';
import { type StandingClock, standingClock } from '../../support/standing-clock.ts';

/** The product behind an address that a simulated store can reach. */
export interface ConnectedShop {
  readonly clock: StandingClock;
  readonly product: Product;
  readonly sandbox: BigcommerceSandbox;
  /** Once `connecting` is done. */
  readonly connection: Connection;
  connecting(remoteSetup?: boolean): ReturnType<typeof connect>;
  /** One over 365.00 USD placed now: two lines, 40.00 off, 5.00 for shipping. */
  order(more?: Partial<OrderInput>): OrderInput;
  /** What a worker's sweep does, once what was told is due. */
  refresh(): Promise<void>;
  status(): Promise<Awaited<ReturnType<typeof connectionStatuses>>[number]>;
  held(): Promise<{ external_id: string; status_id: number }[]>;
}

export const connectedShop = async (faults: FaultPlan = {}): Promise<ConnectedShop> => {
  const clock = standingClock();
  const address = await publicAddress();
  const { product } = await testProduct({ clock, env: { PUBLIC_URL: address.url } });
  const app = await product.buildApp();
  address.app = app;
  atEndOfFile(() => app.close());
  const sandbox = await createBigcommerceSandbox({ clock, seed: 's', firstOrderId: 1001, faults, limits: 'off' });
  atEndOfFile(sandbox.close);
  let connection: Connection | undefined;
  return {
    clock,
    product,
    sandbox,
    get connection() {
      if (!connection) throw new Error('the store is not connected');
      return connection;
    },
    async connecting(remoteSetup = true) {
      const wanted = { kind: 'bigcommerce', settings: sandbox.settings, remoteSetup, actor: 'test' };
      const connected = await connect(product, wanted);
      connection = await product.directory.connections.get('store');
      return connected;
    },
    order: (more = {}) =>
      orderInput({
        placedAtMs: clock.now().getTime(),
        lines: [
          { sku: 'HD-1', name: 'Vase', brand: 'Nord', priceCents: 10_000, quantity: 1 },
          { sku: 'HD-2', name: 'Rug', brand: '', priceCents: 30_000, quantity: 1 },
        ],
        discountCents: 4_000,
        shippingCents: 500,
        ...more,
      }),
    async refresh() {
      await sandbox.hooks.sender.idle();
      clock.advance(minuteMs);
      for (const lot of await claimStoreChanges(product.db, clock.now())) await product.refreshStore(lot);
    },
    async status() {
      const [found] = await connectionStatuses(product.db, clock.now());
      if (!found) throw new Error('no connection has a status');
      return found;
    },
    held: () => product.db.query('select external_id, status_id from "order" order by external_id'),
  };
};
