import type { Product } from '../../src/compose.ts';
import { sidebarToken } from './sidebar-token.ts';

const sidebarSecret = 's'.repeat(43);

/** A helpdesk whose sidebar app may ask; `rightHeaders` signs with its secret. */
export const connectSidebar = (product: Product) =>
  product.directory.connections.create({
    kind: 'zendesk',
    settings: {
      name: 'sidebar',
      subdomain: 'acme',
      email: 'api@example.com',
      apiToken: 'token',
      sidebarSecrets: [sidebarSecret],
    },
  });

/** What lets a request in: a token of the API, or of the sidebar one of the helpdesk's proxy, each for one request. */
export const rightHeaders = async (path: string, apiToken: string): Promise<{ authorization: string }> => ({
  authorization: `Bearer ${path.startsWith('/sidebar/') ? await sidebarToken(sidebarSecret) : apiToken}`,
});

/** What described routes need to be asked rightly, so that nothing but what a test makes wrong is wrong. */
export const rightValues: Readonly<Record<string, string>> = {
  from: '2026-03-01',
  to: '2026-03-02',
  id: '1',
  state: 'held',
  of: 'orders',
  externalId: '1',
};

export const rightBodies: Readonly<Record<string, object>> = {
  '/api/v1/work/{id}/decision': { decision: 'accept' },
  '/api/v1/work/decisions': { decision: 'accept', ids: ['1'] },
  '/api/v1/rules/dry-run': { what: 'partners', content: 'code,name,aliases\n' },
  '/api/v1/rules': { what: 'partners', content: 'code,name,aliases\n' },
  '/api/v1/settings': { leastTicketsPerCell: 5 },
  '/api/v1/seals': { month: '2026-02' },
};
