import type { Product } from './compose.ts';
import { AppError, InvalidInput } from './core/errors.ts';
import type { Connection, Mode } from './features/directory/index.ts';
import { noteWebhook, type Watched } from './features/ingest/index.ts';
import type { RemoteObject, RemoteWish } from './helpdesks/port.ts';
import { isReachableAt } from './platform/http/address.ts';

/** What a person wants made at the helpdesk beside the webhook. */
export interface RemoteExtras {
  /** Ticket fields for partner, region and reason. */
  readonly fields?: boolean | undefined;
  /** Partner context beside tickets, where the helpdesk shows it itself. */
  readonly sidebar?: boolean | undefined;
}

/** What a person is shown before anything is made. */
interface ConnectPlan {
  readonly notes: readonly string[];
  /** What would be made or changed at the vendor, one line each. */
  readonly lines: readonly string[];
}

/** Asked with the plan, before anything is made or stored. */
export type Consent = (plan: ConnectPlan) => Promise<boolean>;

export const webhookUrlOf = ({ config }: Product, webhookKey: string): string =>
  `${config.publicUrl}/webhooks/${webhookKey}`;

const hasSidebar = ({ helpdesks }: Product, kind: string): boolean => helpdesks.get(kind)?.sidebar !== undefined;

/** Its helpdesk shows an app of ours, which needs a secret of the connection and nothing made at the helpdesk. */
export const hasSidebarApp = ({ helpdesks }: Product, kind: string): boolean =>
  helpdesks.get(kind)?.sidebarApp !== undefined;

/** What messages call the vendor of a kind, and what it tells of. */
export const vendorWord = ({ adapters }: Product, kind: string): 'helpdesk' | 'store' =>
  adapters.stores.has(kind) ? 'store' : 'helpdesk';
export const recordsOf = ({ adapters }: Product, kind: string): 'Tickets' | 'Orders' =>
  adapters.stores.has(kind) ? 'Orders' : 'Tickets';

/** The adapter of a kind, helpdesk or store. */
export const adapterOf = ({ adapters }: Product, kind: string) =>
  adapters.helpdesks.get(kind) ?? adapters.stores.get(kind);

/** Throws InvalidInput where something is wanted that the kind does not have, before anything is read or written at the vendor. */
export const refuseUnfit = (
  product: Product,
  kind: string,
  { fields = false, sidebar = false, mode }: RemoteExtras & { readonly mode?: Mode | undefined },
): void => {
  const isStore = vendorWord(product, kind) === 'store';
  const shown = [...product.helpdesks.keys()].filter((one) => hasSidebar(product, one) || hasSidebarApp(product, one));
  const faults = [
    ...(fields && isStore ? [{ field: '--fields', reason: 'a store has no ticket fields' }] : []),
    ...(sidebar && !shown.includes(kind)
      ? [{ field: '--sidebar', reason: `${kind} has no sidebar of ours; ${shown.sort().join(' and ')} have` }]
      : []),
    ...(mode === 'act' && isStore
      ? [{ field: '--mode', reason: 'a store is read alone: nothing is written there' }]
      : []),
  ];
  if (faults.length > 0) throw new InvalidInput(`Nothing was done, for not all of it goes with ${kind}`, faults);
};

export const isReachable = ({ config }: Product, settings: Readonly<Record<string, unknown>>): boolean =>
  isReachableAt(config.publicUrl, settings);

/** What a connection wants to find at its vendor. */
export const wishOf = async (
  product: Product,
  { kind, webhookKey }: { readonly kind: string; readonly webhookKey: string },
  { fields = false, sidebar = false }: RemoteExtras = {},
): Promise<RemoteWish> => {
  const [partners, regions] = fields
    ? await Promise.all([product.directory.partners(), product.directory.regions()])
    : [null, null];
  return {
    webhookUrl: webhookUrlOf(product, webhookKey),
    ...(partners && regions && { fields: { partners: partners.list(), regions: regions.list() } }),
    ...(sidebar &&
      hasSidebar(product, kind) && { sidebarUrl: `${product.config.publicUrl}/sidebar/v1/${kind}/${webhookKey}` }),
  };
};

/** What would be made at the vendor for these settings; nothing where somebody else sees to it. */
export const planOf = async (
  product: Product,
  { kind, settings, webhookKey }: { kind: string; settings: unknown; webhookKey: string },
  extras: RemoteExtras,
): Promise<readonly string[]> => {
  const adapter = adapterOf(product, kind);
  if (!adapter) return [];
  const { clock, config } = product;
  const deps = { clock, allowPrivate: config.allowPrivateUpstreams, apiUserId: null };
  const { remote }: Watched = adapter.connect(adapter.settings.parse(settings), deps);
  return remote ? remote.plan(await wishOf(product, { kind, webhookKey }, extras)) : [];
};

/** The setting that holds what deliveries are checked with, written as a file for --settings. */
const secretFile = (product: Product, kind: string): string => {
  const adapter = adapterOf(product, kind);
  const key = adapter?.secretKeys.find((name) => name.startsWith('webhook')) ?? 'webhookSecret';
  const takesList = adapter?.settings.shape[key]?.safeParse(['x'.repeat(20)]).success;
  return `{"${key}": ${takesList ? '["..."]' : '"..."'}}`;
};

const whatOf = {
  webhook: 'webhook',
  trigger: 'trigger',
  integration: 'integration',
  widget: 'widget',
  field: 'ticket field',
} as const;

/** Objects at a vendor as people know them there. */
export const objectLines = (objects: readonly RemoteObject[]): string[] =>
  objects.map(({ what, name, externalId }) => `${whatOf[what]} "${name}" (${externalId})`);

/**
 * Makes what is lacking at the vendor, and keeps its ids and secrets. What fails here leaves a connection behind, and says so.
 */
export const setUpRemote = async (
  product: Product,
  connection: Connection,
  {
    actor,
    isOptional = false,
    ...extras
  }: RemoteExtras & {
    readonly actor: string;
    /** What cannot be made is told and no error: the change feed tells of everything, minutes late. */
    readonly isOptional?: boolean;
  },
): Promise<readonly string[]> => {
  const { remote } = product.vendorOf(connection);
  if (!remote) return [];
  const vendor = vendorWord(product, connection.kind);
  const later = `${recordsOf(product, connection.kind)} come by the change feed, minutes late, until "deskledger connection ${connection.id} --remote-setup" makes the webhooks.`;
  if (isOptional && !isReachable(product, connection.settings))
    return [`No webhook is made: your ${vendor} cannot reach ${product.config.publicUrl}. ${later}`];
  const wish = await wishOf(product, connection, extras);
  try {
    const made = await remote.make(wish);
    const kept = await product.directory.connections.keepMade(connection.id, made, actor);
    await noteWebhook(product.db, connection.id, wish.webhookUrl);
    // What could not be made although it was wished for: a field without the right to make fields, for instance.
    const left = extras.fields || extras.sidebar ? ((await product.vendorOf(kept).remote?.plan(wish)) ?? []) : [];
    return [
      ...objectLines(made.objects).map((line) => `Made at the ${vendor}: ${line}.`),
      ...left.map((line) => `Not made, for the ${vendor} did not let us: ${line}.`),
    ];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (isOptional) return [`Its webhooks could not be made: ${error.message} ${later}`];
    const { id, name, kind } = connection;
    throw new AppError(
      'upstream',
      `Connection ${id} "${name}" exists, but its webhook could not be made: ${error.message}\n` +
        `Go on with "deskledger connection ${id} --remote-setup". Or make a webhook by hand that leads to ${wish.webhookUrl}, ` +
        `and give its secret with "deskledger connection ${id} --settings FILE.json", where the file holds ${secretFile(product, kind)}.`,
      { cause: error },
    );
  }
};
