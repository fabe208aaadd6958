import type { Product } from './compose.ts';
import { AppError, InvalidInput } from './core/errors.ts';
import {
  type Connection,
  type ConnectionKind,
  type FieldProposal,
  guessFields,
  isSameAccount,
  type Mode,
  mappedFields,
  proposedFields,
  refuseSeveralChoices,
  type TakeFields,
  takeProposed,
} from './features/directory/index.ts';
import { connectionStatuses } from './features/ingest/index.ts';
import type { TicketField } from './helpdesks/port.ts';
import {
  adapterOf,
  type Consent,
  planOf,
  type RemoteExtras,
  setUpRemote,
  vendorWord,
  webhookUrlOf,
} from './remote-setup.ts';
import { refuseUnknownNames } from './setting-names.ts';
import { verifyReadable } from './verify-account.ts';

interface ConnectResult {
  readonly id: number;
  readonly kind: ConnectionKind;
  readonly mode: Mode;
  /** Where the vendor sends its webhooks. */
  readonly webhookUrl: string;
}

/** A result, and for a person at a terminal what was made at the vendor and what could not be checked. */
export interface Connected {
  readonly result: ConnectResult;
  readonly notes: readonly string[];
}

/** Fields of the account that settings which nobody gave may mean; of those that are to be made the order number's alone. */
const proposalFor = (
  product: Product,
  { kind, settings, fields }: { kind: string; settings: unknown; fields: readonly TicketField[] },
  extras: RemoteExtras,
): FieldProposal => {
  const adapter = adapterOf(product, kind);
  const given = adapter?.settings.safeParse(settings).data ?? {};
  const accepts = (setting: string, id: string) => adapter?.settings.shape[setting]?.safeParse(id).success === true;
  const guesses = guessFields(fields, given, accepts);
  return proposedFields(guesses.filter(({ setting }) => !extras.fields || setting === 'orderNumberFieldId'));
};

const resultOf = (product: Product, { id, kind, mode, webhookKey }: Connection): ConnectResult => ({
  id,
  kind,
  mode,
  webhookUrl: webhookUrlOf(product, webhookKey),
});

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

interface Begun {
  readonly held: Connection;
  /** Whether it leads to the account that is to be connected: what was made there is kept then. */
  readonly isSame: boolean;
}

type Wanted = RemoteExtras & {
  readonly kind: string;
  readonly settings: unknown;
  readonly mode?: Mode | undefined;
  readonly remoteSetup: boolean;
  /** Absent: fields that seem to fit are told and not used. */
  readonly takeFields?: TakeFields | undefined;
  /** What would be made cannot be looked at: this is told, and the connection made. Else it is an error. */
  readonly unplanned?: boolean;
  readonly actor: string;
};

/**
 * A connection of that name that the same `connect` goes on with, e.g. because its webhook could not be made: one to the same
 * account, or one that never proved its credentials and of which nothing was read and nothing made.
 */
const begun = async (product: Product, kind: string, settings: unknown): Promise<Begun | null> => {
  const adapter = adapterOf(product, kind);
  const parsed = adapter?.settings.safeParse(settings);
  if (!adapter || !parsed?.success) return null;
  const { connections } = product.directory;
  const held = (await connections.list()).find((one) => one.kind === kind && one.name === parsed.data.name);
  if (!held) return null;
  if (isSameAccount(adapter, held.settings, parsed.data)) return { held, isSame: true };
  if (held.apiUserId !== null || (await connections.remoteObjects(held.id)).length > 0) return null;
  const status = (await connectionStatuses(product.db, product.clock.now())).find(({ id }) => id === held.id);
  return status?.tickets === 0 && status.orders === 0 ? { held, isSame: false } : null;
};

const make = async (
  product: Product,
  { kind, settings: given, mode, remoteSetup, takeFields, unplanned = false, actor, ...extras }: Wanted,
  consent?: Consent,
): Promise<Connected | null> => {
  const { connections } = product.directory;
  refuseUnknownNames(product, kind, given);
  const verified = await verifyReadable(product, { kind, settings: given, looks: 'for all' });
  const { apiUserId, notes: seen, found, fields } = verified;
  // Also names the faults of settings that cannot be read.
  const twin = await connections.disabledTwin(kind, given);
  const before = twin ? null : await begun(product, kind, given);
  const known = { ...(before?.isSame && before.held.settings), ...found, ...(given as object) };
  const proposal = proposalFor(product, { kind, settings: known, fields }, extras);
  const { taken, told } = await takeProposed(proposal, takeFields);
  const settings = { ...taken, ...found, ...(given as object) };
  refuseSeveralChoices(fields, settings);
  const webhookKey = (twin ?? before?.held)?.webhookKey ?? connections.newWebhookKey();
  const notes = [
    ...seen,
    ...told,
    ...(twin ? [`This account was connected before: connection ${twin.id} goes on, with its figures.`] : []),
    ...(before
      ? [`Connection ${before.held.id} "${before.held.name}" was begun before; it goes on with these settings.`]
      : []),
  ];
  if (consent) {
    const planned = async () => (remoteSetup ? await planOf(product, { kind, settings, webhookKey }, extras) : []);
    const lines = await planned().catch((error: unknown) => {
      if (!unplanned || !(error instanceof AppError)) throw error;
      notes.push(`What would be made could not be looked at: ${error.message}`);
      return [];
    });
    if (!(await consent({ notes, lines }))) return null;
  }
  const goOn = ({ held, isSame }: Begun) => {
    const gone = isSame ? [] : Object.keys(held.settings).map((name) => [name, null]);
    return connections.changeSettings(held.id, { ...Object.fromEntries(gone), ...settings }, actor);
  };
  let connection = twin
    ? await connections.enable(twin.id, { settings, actor })
    : before
      ? await goOn(before)
      : await connections.create({ kind, settings, webhookKey, ...(mode && { mode }), actor });
  if ((twin || before) && mode === 'act') connection = await connections.setMode(connection.id, mode, actor);
  if (apiUserId !== null) connection = await connections.setApiUser(connection.id, apiUserId);
  const isOptional = vendorWord(product, kind) === 'store';
  const made = remoteSetup ? await setUpRemote(product, connection, { ...extras, actor, isOptional }) : [];
  await wake(product, connection);
  return { result: resultOf(product, connection), notes: consent ? made : [...notes, ...made] };
};

/**
 * Makes a connection: parses its settings, proves the credentials and, unless told otherwise, makes the webhook at the
 * helpdesk. An account that was connected before goes on where it ended, and the same call again where this one failed. Throws InvalidInput with a fault per setting, Refused
 * for wrong credentials or a private address, Conflict for a name in use, and leaves nothing behind then; where the webhook
 * alone fails the error says what exists and how to go on.
 */
export const connect = async (product: Product, wanted: Wanted): Promise<Connected> => {
  const connected = await make(product, wanted);
  if (connected === null) throw new TypeError('nobody was asked, and nobody said no');
  return connected;
};

/** As `connect`, after a person has seen the plan; null where the person said no, and nothing is made or stored then. */
export const connectAsked = (product: Product, wanted: Wanted, consent: Consent): Promise<Connected | null> =>
  make(product, wanted, consent);

/**
 * Corrects settings of a connection (credentials, a second secret during a rotation), connects a disconnected one again, or makes
 * its webhook, as connect does. Settings that do not work leave all as it was.
 */
export const reconnect = async (
  product: Product,
  connection: Connection,
  {
    settings,
    enable = false,
    remoteSetup,
    actor,
    ...extras
  }: RemoteExtras & { settings?: unknown; enable?: boolean; remoteSetup: boolean; actor: string },
): Promise<Connected> => {
  const { connections } = product.directory;
  const notes: string[] = [];
  let changed = connection;
  if (settings !== undefined) {
    if (settings === null || typeof settings !== 'object' || Array.isArray(settings))
      throw new InvalidInput('The settings to change are a JSON object', [{ field: 'settings', reason: 'no object' }]);
    const given = settings as Record<string, unknown>;
    refuseUnknownNames(product, connection.kind, given);
    const wanted = Object.fromEntries(
      Object.entries({ ...connection.settings, ...given }).filter(([, value]) => value !== null),
    );
    const looks = mappedFields(given).length > 0 ? 'for fields' : 'for nothing';
    const verified = await verifyReadable(product, { kind: connection.kind, settings: wanted, looks });
    refuseSeveralChoices(verified.fields, given);
    changed = enable
      ? await connections.enable(connection.id, { settings: wanted, actor })
      : await connections.changeSettings(connection.id, given, actor);
    if (verified.apiUserId !== null) changed = await connections.setApiUser(connection.id, verified.apiUserId);
    notes.push(...verified.notes);
  } else if (enable) changed = await connections.enable(connection.id, { actor });
  if (remoteSetup) notes.push(...(await setUpRemote(product, changed, { ...extras, actor })));
  await wake(product, changed);
  return { result: resultOf(product, changed), notes };
};
