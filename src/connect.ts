import type { Product } from './compose.ts';
import { UpstreamError } from './core/errors.ts';
import type { Connection } from './features/directory/index.ts';
import { storeAdapters } from './stores/registry.ts';

export interface ConnectResult {
  readonly id: number;
  readonly kind: string;
  readonly mode: 'observe' | 'act';
  /** Where the helpdesk sends its webhooks; null for a store. */
  readonly webhookUrl: string | null;
  /** What was made at the vendor, and what could not be checked. */
  readonly notes: readonly string[];
}

/** Asks the vendor who we are; a vendor that does not answer is asked again by the worker, wrong credentials end it here. */
const verify = async (
  product: Product,
  kind: string,
  settings: unknown,
): Promise<{ apiUserId: string | null; note: string }> => {
  const { clock, config } = product;
  const deps = { clock, allowPrivate: config.allowPrivateUpstreams };
  try {
    const helpdesk = product.helpdesks.get(kind);
    if (helpdesk) {
      const { apiUserId, accountName } = await helpdesk
        .connect(helpdesk.settings.parse(settings), { ...deps, apiUserId: null })
        .verify();
      return { apiUserId, note: `signed in to ${accountName}` };
    }
    const store = storeAdapters.get(kind);
    if (!store) return { apiUserId: null, note: '' };
    const { storeName } = await store.connect(store.settings.parse(settings), deps).verify();
    return { apiUserId: null, note: `signed in to ${storeName}` };
  } catch (error) {
    if (error instanceof UpstreamError && error.retryable)
      return { apiUserId: null, note: `not checked yet: ${error.message}` };
    throw error;
  }
};

/**
 * Makes a connection: parses its settings, proves the credentials and, unless told otherwise, sets up the webhook at the
 * helpdesk. Throws InvalidInput with a fault per setting, Refused for wrong credentials, Conflict for a name in use.
 */
export const connect = async (
  product: Product,
  {
    kind,
    settings,
    mode,
    remoteSetup,
    actor,
  }: { kind: string; settings: unknown; mode?: 'observe' | 'act'; remoteSetup: boolean; actor: string },
): Promise<ConnectResult> => {
  const { directory, config } = product;
  const adapter = product.helpdesks.get(kind) ?? storeAdapters.get(kind);
  const readable = adapter?.settings.safeParse(settings).success ?? false;
  const checked = readable ? await verify(product, kind, settings) : { apiUserId: null, note: '' };
  let connection: Connection = await directory.connections.create({ kind, settings, ...(mode && { mode }), actor });
  if (checked.apiUserId !== null) connection = await directory.connections.setApiUser(connection.id, checked.apiUserId);
  const isHelpdesk = product.helpdesks.has(kind);
  const webhookUrl = isHelpdesk ? `${config.publicUrl}/webhooks/${connection.webhookKey}` : null;
  const notes = [checked.note].filter((note) => note !== '');
  const client = isHelpdesk ? product.helpdeskOf(connection) : null;
  if (remoteSetup && webhookUrl !== null && client?.setUpRemote) {
    const made = await client.setUpRemote(webhookUrl);
    if (made.webhookSecrets.length > 0)
      connection = await directory.connections.addSecrets(
        connection.id,
        { webhookSecrets: made.webhookSecrets },
        actor,
      );
    notes.push(...made.created);
  }
  return { id: connection.id, kind, mode: connection.mode, webhookUrl, notes };
};
