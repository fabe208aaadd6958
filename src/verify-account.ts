import type { Product } from './compose.ts';
import { AppError, LimitReached, UpstreamError } from './core/errors.ts';
import type { Discovery, HelpdeskClient, TicketField } from './helpdesks/port.ts';
import { adapterOf } from './remote-setup.ts';
import { storeAdapters } from './stores/registry.ts';

const isAway = (error: unknown): error is AppError =>
  error instanceof LimitReached || (error instanceof UpstreamError && error.retryable);

interface Verified {
  readonly apiUserId: string | null;
  readonly notes: readonly string[];
  /** Settings that the account tells and nobody gave. */
  readonly found: Readonly<Record<string, unknown>>;
  /** Ticket fields that the account has. */
  readonly fields: readonly TicketField[];
}

/** What the account tells of itself is a help: where it cannot be read, the settings stay as they were given. */
const discovered = async (client: HelpdeskClient): Promise<Discovery & { readonly fields: readonly TicketField[] }> => {
  try {
    const found = (await client.discover?.()) ?? { settings: {}, notes: [] };
    return { ...found, fields: (await client.fields?.()) ?? [] };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const notes = [`What the account tells of its fields could not be read: ${error.message}`];
    return { settings: {}, notes, fields: [] };
  }
};

/** Whether to ask the account what nobody told of it, or for its ticket fields alone. */
type Looks = 'for all' | 'for fields' | 'for nothing';

/** Asks the vendor who we are; a vendor that does not answer is asked again by the worker, wrong credentials end it here. */
const verify = async (product: Product, kind: string, settings: unknown, looks: Looks): Promise<Verified> => {
  const { clock, config } = product;
  const deps = { clock, allowPrivate: config.allowPrivateUpstreams };
  try {
    const helpdesk = product.helpdesks.get(kind);
    if (helpdesk) {
      const client = helpdesk.connect(helpdesk.settings.parse(settings), { ...deps, apiUserId: null });
      const { apiUserId, accountName } = await client.verify();
      const signedIn = `Signed in to ${accountName}.`;
      if (looks === 'for nothing') return { apiUserId, notes: [signedIn], found: {}, fields: [] };
      const { settings: found, notes, fields } = await discovered(client);
      if (looks === 'for fields') return { apiUserId, notes: [signedIn], found: {}, fields };
      return { apiUserId, notes: [signedIn, ...notes], found, fields };
    }
    const store = storeAdapters.get(kind);
    if (!store) return { apiUserId: null, notes: [], found: {}, fields: [] };
    const { storeName, lacking } = await store.connect(store.settings.parse(settings), deps).verify();
    return {
      apiUserId: null,
      notes: [[`Signed in to ${storeName}`, ...lacking, ''].join('. ').trim()],
      found: {},
      fields: [],
    };
  } catch (error) {
    if (!isAway(error)) throw error;
    const notes = [`The credentials are not checked yet: ${error.message}`];
    return { apiUserId: null, notes, found: {}, fields: [] };
  }
};

/** Proves readable settings; of others every fault is named where they are stored. */
export const verifyReadable = async (
  product: Product,
  { kind, settings, looks }: { kind: string; settings: unknown; looks: Looks },
): Promise<Verified> => {
  const adapter = adapterOf(product, kind);
  return adapter?.settings.safeParse(settings).success
    ? verify(product, kind, settings, looks)
    : { apiUserId: null, notes: [], found: {}, fields: [] };
};
