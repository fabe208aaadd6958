import { builtAppFolder } from '../app-folder.ts';
import type { Product } from '../compose.ts';
import type { Connection } from '../features/directory/index.ts';
import type { ZendeskSandbox } from '../sandbox/index.ts';
import { makeSidebarSecret, type SidebarSecret } from '../sidebar-secret.ts';

/**
 * Installs the sidebar app at the simulated Zendesk as an admin does: with the address and the secret that the product tells.
 * The app is built, if it is not, when the first ticket is opened.
 */
export const installApp = async (
  product: Product,
  {
    zendesk,
    connection,
    actor,
    folder = builtAppFolder,
  }: {
    readonly zendesk: Pick<ZendeskSandbox, 'workspace'>;
    readonly connection: Pick<Connection, 'id' | 'kind'>;
    readonly actor: string;
    readonly folder?: () => Promise<string>;
  },
): Promise<SidebarSecret> => {
  const made = await makeSidebarSecret(product, connection, actor);
  if (!made) throw new TypeError('Zendesk has a sidebar app');
  zendesk.workspace.install({
    folder,
    settings: { service_address: made.address, shared_secret: made.secret },
    // A package for one server names its host in the manifest: `npm run app:package -- --service`.
    domainWhitelist: [new URL(made.address).host],
  });
  return made;
};
