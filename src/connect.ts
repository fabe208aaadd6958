import type { Product } from './compose.ts';
import { AppError, InvalidInput, LimitReached, UpstreamError } from './core/errors.ts';
import type { Connection } from './features/directory/index.ts';
import { storeAdapters } from './stores/registry.ts';

export interface ConnectResult {
  readonly id: number;
  readonly kind: string;
  readonly mode: 'observe' | 'act';
  /** Where the helpdesk sends its webhooks; null for a store. */
  readonly webhookUrl: string | null;
}

/** A result, and for a person at a terminal what was made at the vendor and what could not be checked. */
export interface Connected {
  readonly result: ConnectResult;
  readonly notes: readonly string[];
}

const isAway = (error: unknown): error is AppError =>
  error instanceof LimitReached || (error instanceof UpstreamError && error.retryable);

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
      return { apiUserId, note: `Signed in to ${accountName}.` };
    }
    const store = storeAdapters.get(kind);
    if (!store) return { apiUserId: null, note: '' };
    const { storeName, lacking } = await store.connect(store.settings.parse(settings), deps).verify();
    return { apiUserId: null, note: [`Signed in to ${storeName}`, ...lacking, ''].join('. ').trim() };
  } catch (error) {
    if (!isAway(error)) throw error;
    return { apiUserId: null, note: `The credentials are not checked yet: ${error.message}` };
  }
};

/** Proves readable settings; of others every fault is named where they are stored. */
const verifyReadable = async (product: Product, kind: string, settings: unknown) => {
  const adapter = product.helpdesks.get(kind) ?? storeAdapters.get(kind);
  return adapter?.settings.safeParse(settings).success
    ? verify(product, kind, settings)
    : { apiUserId: null, note: '' };
};

/** Names in the settings that no setting has: a misspelt optional one would else be missed in silence. */
const unknownNames = (product: Product, kind: string, settings: unknown): string[] => {
  const adapter = product.helpdesks.get(kind) ?? storeAdapters.get(kind);
  if (!adapter || typeof settings !== 'object' || settings === null || Array.isArray(settings)) return [];
  const known = Object.keys(adapter.settings.shape);
  const unknown = Object.keys(settings).filter((name) => !known.includes(name));
  return unknown.length === 0
    ? []
    : [
        `The settings name ${unknown.join(', ')}, which nobody knows here and which is ignored; known are ${known.join(', ')}.`,
      ];
};

const webhookUrlOf = ({ helpdesks, config }: Product, { kind, webhookKey }: Connection): string | null =>
  helpdesks.has(kind) ? `${config.publicUrl}/webhooks/${webhookKey}` : null;

const resultOf = (product: Product, connection: Connection): ConnectResult => ({
  id: connection.id,
  kind: connection.kind,
  mode: connection.mode,
  webhookUrl: webhookUrlOf(product, connection),
});

/** Makes the webhook at the helpdesk and keeps its secret. What fails here leaves a connection behind, and says so. */
const setUpRemote = async (product: Product, connection: Connection, actor: string): Promise<readonly string[]> => {
  const webhookUrl = webhookUrlOf(product, connection);
  const client = webhookUrl === null ? null : product.helpdeskOf(connection);
  if (webhookUrl === null || !client?.setUpRemote) return [];
  try {
    const { webhookSecrets, created } = await client.setUpRemote(webhookUrl);
    if (webhookSecrets.length > 0)
      await product.directory.connections.keepMade(connection.id, { objects: [], settings: { webhookSecrets } }, actor);
    return created.map((what) => `Made at the helpdesk: ${what}.`);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(
      'upstream',
      `Connection ${connection.id} "${connection.name}" exists, but its webhook could not be made: ${error.message}\n` +
        `Go on with "deskledger connection ${connection.id} --remote-setup". Or make a webhook by hand that leads to ${webhookUrl}, ` +
        `and give its secret with "deskledger connection ${connection.id} --settings FILE.json", where the file holds {"webhookSecrets": ["..."]}.`,
      { cause: error },
    );
  }
};

/** Wakes a worker, so that nobody waits for its next round; where the queue is down the round finds the connection. */
const wake = async ({ queues, helpdesks, log }: Product, { id, kind }: Connection): Promise<void> => {
  const queue = helpdesks.has(kind) ? 'reconcile' : 'store';
  try {
    await queues.add(queue, [{ name: queue, data: { connectionId: id }, dedupe: `${queue}-${id}` }]);
  } catch (error) {
    log.warn(
      { step: 'connect', connection: id, err: error },
      'the queue did not take the first walk; it comes with the next round',
    );
  }
};

/**
 * Makes a connection: parses its settings, proves the credentials and, unless told otherwise, sets up the webhook at the
 * helpdesk. Throws InvalidInput with a fault per setting, Refused for wrong credentials or a private address, Conflict for a
 * name in use, and leaves nothing behind then; where the webhook alone fails the error says what exists and how to go on.
 */
export const connect = async (
  product: Product,
  {
    kind,
    settings,
    mode,
    remoteSetup,
    actor,
  }: {
    kind: string;
    settings: unknown;
    mode?: 'observe' | 'act' | undefined;
    remoteSetup: boolean;
    actor: string;
  },
): Promise<Connected> => {
  const { connections } = product.directory;
  const { apiUserId, note } = await verifyReadable(product, kind, settings);
  const created = await connections.create({ kind, settings, ...(mode && { mode }), actor });
  const connection = apiUserId === null ? created : await connections.setApiUser(created.id, apiUserId);
  const made = remoteSetup ? await setUpRemote(product, connection, actor) : [];
  await wake(product, connection);
  return {
    result: resultOf(product, connection),
    notes: [note, ...unknownNames(product, kind, settings), ...made].filter((line) => line !== ''),
  };
};

/** Corrects settings of a connection (credentials, a second secret during a rotation) or makes its webhook, as connect does. */
export const reconnect = async (
  product: Product,
  connection: Connection,
  { settings, remoteSetup, actor }: { settings?: unknown; remoteSetup: boolean; actor: string },
): Promise<Connected> => {
  const { connections } = product.directory;
  const notes: string[] = [];
  let changed = connection;
  if (settings !== undefined) {
    if (settings === null || typeof settings !== 'object' || Array.isArray(settings))
      throw new InvalidInput('The settings to change are a JSON object', [{ field: 'settings', reason: 'no object' }]);
    const given = settings as Record<string, unknown>;
    const wanted = Object.entries({ ...connection.settings, ...given }).filter(([, value]) => value !== null);
    const { apiUserId, note } = await verifyReadable(product, connection.kind, Object.fromEntries(wanted));
    changed = await connections.changeSettings(connection.id, given, actor);
    if (apiUserId !== null) changed = await connections.setApiUser(connection.id, apiUserId);
    notes.push(note, ...unknownNames(product, connection.kind, settings));
  }
  if (remoteSetup) notes.push(...(await setUpRemote(product, changed, actor)));
  await wake(product, changed);
  return { result: resultOf(product, changed), notes: notes.filter((line) => line !== '') };
};
