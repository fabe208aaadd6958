import { createDirectory } from '../../../src/features/directory/index.ts';
import type { HelpdeskAdapter } from '../../../src/helpdesks/port.ts';
import { zendesk } from '../../../src/helpdesks/zendesk/index.ts';
import { createVault } from '../../../src/platform/crypto.ts';
import type { Database } from '../../../src/platform/database/open.ts';
import { bigcommerce } from '../../../src/stores/bigcommerce/adapter.ts';
import type { StoreAdapter } from '../../../src/stores/port.ts';
import { sidebarApp as routesOfSidebar } from '../../support/sidebar-app.ts';
import { sidebarToken } from '../../support/sidebar-token.ts';
import type { StandingClock } from '../../support/standing-clock.ts';

const helpdesks = new Map<string, HelpdeskAdapter>([['zendesk', zendesk]]);
const stores = new Map<string, StoreAdapter>([['bigcommerce', bigcommerce as unknown as StoreAdapter]]);

export const directoryOn = (db: Database, clock: StandingClock) =>
  createDirectory({ db, vault: createVault('k'.repeat(32)), clock, helpdesks, stores });

export const secretOf = (letter: string): string => letter.repeat(43);

export const zendeskSettings = (name: string, more: Readonly<Record<string, unknown>> = {}) => ({
  kind: 'zendesk',
  settings: { name, subdomain: name, email: 'us@example.com', apiToken: 'token', ...more },
});

export const bigcommerceSettings = {
  kind: 'bigcommerce',
  settings: { name: 'shop', storeHash: 'abc12', accessToken: 'a', clientId: 'c', clientSecret: 's' },
};

/** The sidebar's routes for Zendesk, asked as its proxy asks. */
export const sidebarApp = async (db: Database, clock: StandingClock) => {
  const routes = await routesOfSidebar({ db, clock, directory: directoryOn(db, clock), helpdesks, stores });
  const { app } = routes;
  const ask = (url: string, token: string | undefined) =>
    app.inject({ url, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  return {
    ...routes,
    ask,
    /** With a good token of its own. */
    get: async (url: string, secret: string) => ask(url, await sidebarToken(secret, { now: clock.now() })),
  };
};
