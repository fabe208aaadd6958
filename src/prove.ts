import type { Product } from './compose.ts';
import { AppError, LimitReached, UpstreamError } from './core/errors.ts';
import { secondMs } from './core/time.ts';
import type { Connection } from './features/directory/index.ts';
import { newestDelivery } from './features/ingest/index.ts';
import type { RemoteWish } from './helpdesks/port.ts';
import { isPrivateUrl } from './platform/http/address.ts';
import { createHttp } from './platform/http/client.ts';
import type { RemoteOf } from './platform/vendor.ts';
import { adapterOf, isReachable, recordsOf, vendorWord, wishOf } from './remote-setup.ts';

/** What was found of a connection's way from the helpdesk to us. */
interface Proof {
  /** True only where a delivery of the helpdesk itself arrived, or all that can be seen without one is right. */
  readonly proven: boolean;
  /** What was proven, or what is not and the next step. */
  readonly text: string;
}

/** A server remembers a connection for some seconds, and may still hold it without the secret that was made just now. */
const tries = 4;
const betweenTriesMs = 1500;
const answerWithinMs = 5 * secondMs;
const pollMs = 250;

const startIt = 'Start the server ("npm start") and see that PUBLIC_URL leads to it; "deskledger doctor" looks again.';

/** Why our own address did not take a delivery that we signed, and what to do; null where it took it. */
const ownFault = (error: unknown, publicUrl: string): string => {
  const status = error instanceof UpstreamError ? error.status : undefined;
  if (error instanceof LimitReached || (status !== undefined && status >= 500))
    return `What answers at ${publicUrl} cannot take deliveries at the moment. See the server's log, and whether the database answers.`;
  if (status === undefined) return `Nothing answers at ${publicUrl}. ${startIt}`;
  if (status === 401)
    return `What answers at ${publicUrl} does not know the connection's secret: another installation, or one with another SECRET_KEY or database. ${startIt}`;
  if (status >= 300 && status < 400)
    return `${publicUrl} redirects, which helpdesks do not follow. Set PUBLIC_URL to where it leads.`;
  return `What answers at ${publicUrl} is not this installation (${status} for our webhook address). ${startIt}`;
};

/** Calls our own public webhook address with a delivery signed by our own secret; null where it was taken. */
const callOurselves = async (product: Product, { kind, settings, webhookKey }: Connection): Promise<string | null> => {
  const { clock, config } = product;
  const http = createHttp({
    baseUrl: config.publicUrl,
    headers: {},
    clock,
    allowPrivate: true,
    retries: 0,
    timeoutMs: answerWithinMs,
  });
  for (let attempt = 1; ; attempt += 1) {
    const test = adapterOf(product, kind)?.selfTest?.(settings, clock.now()) ?? null;
    if (test === null) return 'The connection holds no secret yet, so that nothing can be signed.';
    try {
      await http.request({
        method: 'POST',
        path: '/webhooks/{key}',
        params: { key: webhookKey },
        headers: test.headers,
        body: JSON.parse(test.body),
      });
      return null;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const mayKnowSoon = error instanceof UpstreamError && error.status === 401;
      if (!mayKnowSoon || attempt === tries) return ownFault(error, config.publicUrl);
      await clock.sleep(betweenTriesMs);
    }
  }
};

/** Why nothing of ours answers at PUBLIC_URL, as seen from this machine; null: it answers. */
export const reach = async ({ clock, config }: Product): Promise<string | null> => {
  const options = { baseUrl: config.publicUrl, headers: {}, clock, allowPrivate: true };
  const http = createHttp({ ...options, retries: 0, timeoutMs: answerWithinMs });
  try {
    await http.request({ path: '/healthz', as: 'text' });
    return null;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return ownFault(error, config.publicUrl);
  }
};

/** Milliseconds until a delivery arrived after the ping; null where none did in time. */
const pinged = async (
  product: Product,
  { id }: Connection,
  { ping, waitMs }: { readonly ping: () => Promise<void>; readonly waitMs: number },
): Promise<number | null> => {
  const { clock, db } = product;
  const before = await newestDelivery(db, id);
  const startMs = clock.now().getTime();
  await ping();
  for (let waited = 0; waited <= waitMs; waited += pollMs) {
    if ((await newestDelivery(db, id)) !== before) return clock.now().getTime() - startMs;
    await clock.sleep(pollMs);
  }
  return null;
};

const readBack = async (
  remote: RemoteOf<RemoteWish>,
  wish: RemoteWish,
  { vendor, records }: { readonly vendor: string; readonly records: string },
): Promise<Proof> => {
  const found = await remote.check(wish);
  return found.state === 'fine'
    ? {
        proven: true,
        text: `Proven: the webhook stands at the ${vendor} with our address and secret, and our address takes what is signed with it. The ${vendor} sends no test; the next changed ${records === 'Orders' ? 'order' : 'ticket'} shows the rest.`,
      }
    : { proven: false, text: `Not proven: ${found.reason} Make it anew with --remote-setup.` };
};

/**
 * Proves that the helpdesk's deliveries reach this server, by a test delivery where the helpdesk sends one, else by reading its
 * configuration back and calling our own address. Never throws for what a vendor or an address does; null: nothing to prove.
 */
export const prove = async (
  product: Product,
  connection: Connection,
  { waitMs = 20 * secondMs }: { readonly waitMs?: number } = {},
): Promise<Proof | null> => {
  const { config } = product;
  const remote: RemoteOf<RemoteWish> | undefined = product.vendorOf(connection).remote;
  if (!remote) return null;
  const vendor = vendorWord(product, connection.kind);
  const records = recordsOf(product, connection.kind);
  const { publicUrl } = config;
  const unreachable = isPrivateUrl(publicUrl)
    ? `Your ${vendor} cannot reach ${publicUrl}: set PUBLIC_URL to the https address at which the internet reaches this server, restart it, then run "deskledger connection ${connection.id} --remote-setup".`
    : null;
  if (unreachable !== null && !isReachable(product, connection.settings))
    return {
      proven: false,
      text: `Not proven: ${unreachable} Until then ${records.toLowerCase()} come by the change feed, minutes late.`,
    };
  // What is signed is of another day when it arrives.
  if (product.clock.hurries?.())
    return { proven: false, text: 'Not proven: the days of a demo are passing. Try again when they are over.' };
  try {
    const fault = adapterOf(product, connection.kind)?.selfTest ? await callOurselves(product, connection) : null;
    if (fault !== null) return { proven: false, text: `Not proven: ${fault}` };
    const wish = await wishOf(product, connection);
    if (!remote.ping) return await readBack(remote, wish, { vendor, records });
    const ms = await pinged(product, connection, { ping: async () => remote.ping?.(wish), waitMs });
    if (ms !== null)
      return {
        proven: true,
        text: `Proven: a test delivery of the ${vendor} arrived in ${(ms / secondMs).toFixed(1)} s at ${publicUrl}.`,
      };
    return {
      proven: false,
      text: `Not proven: our address answers, but no test delivery of the ${vendor} came within ${waitMs / secondMs} s. ${unreachable ?? `See that ${publicUrl} can be reached from the internet.`}`,
    };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return {
      proven: false,
      text: `Not proven: the ${vendor} could not be asked. ${error.message} "deskledger doctor" looks again.`,
    };
  }
};
