import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtAppFolder } from '../app-folder.ts';
import type { Product } from '../compose.ts';
import { type Config, loadConfig } from '../config.ts';
import { connect } from '../connect.ts';
import { AppError } from '../core/errors.ts';
import { dayMs } from '../core/time.ts';
import { importText } from '../import.ts';
import { start } from '../main.ts';
import type { Log } from '../platform/log.ts';
import { createSandbox, type Sandbox, type TourTicket, type ZendeskSandbox } from '../sandbox/index.ts';
import type { SidebarSecret } from '../sidebar-secret.ts';
import { leapingClock } from './clock.ts';
import { createEndings } from './endings.ts';
import { installApp } from './install.ts';
import { playStory } from './story.ts';

/** What the bar of the workspace sets, as an address says it. */
export interface PreviewView {
  readonly scheme?: 'light' | 'dark';
  /** The agent's language at Zendesk: "de", "pt-br", "en-GB". */
  readonly locale?: string;
  /** `dead`: the product is down. `silent`: it never answers. `offline`: Zendesk does not answer either. */
  readonly network?: 'normal' | 'slow' | 'dead' | 'silent' | 'offline';
  /** An agent's id at the simulated Zendesk. */
  readonly agent?: number;
}

export interface Preview {
  /** The page of a ticket of the tour, of any other ticket, or of a new one. */
  url(ticket?: TourTicket | number | 'new', view?: PreviewView): string;
  /** The tickets of the tour by what is to be seen beside them, by their ids at Zendesk. */
  readonly tickets: ReadonlyMap<TourTicket, number>;
  readonly sandbox: Sandbox;
  /** As it runs now: another one after an outage. */
  readonly product: Product;
  readonly connectionId: number;
  /** The product's address and the shared secret, as the app's settings have them. */
  readonly sidebar: SidebarSecret;
  /** The time of all that takes part. */
  now(): Date;
  /** Lets so much time pass at once for all that takes part; a browser has a clock of its own. */
  pass(ms: number): void;
  /** Ends the product, web and worker, and nothing besides; it starts again at the same address with what it had stored. */
  readonly outage: { begin(): Promise<void>; end(): Promise<void> };
  /** Resolves when every webhook is delivered and every ticket decided. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export interface PreviewOptions {
  readonly log: Log;
  /** The moment that the story leads to; the wall's time unless given. Tokens keep the wall's. */
  readonly now?: Date;
  /** False: only the tickets of the tour, without the weeks before them; starts in half the time. */
  readonly history?: boolean;
  /** True: the product makes drop-downs for partner, region and reason at Zendesk, in the place of the account's own fields. */
  readonly dropDowns?: boolean;
  /** Settings of the product in the place of the preview's own: DATABASE_URL, SECRET_KEY, PORT. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where the built app lies; built from this checkout unless given. Nobody waits for it once the signal says so. */
  readonly appFolder?: typeof builtAppFolder;
  /** Told what is under way. */
  readonly onStep?: (text: string) => void;
  /** Ends the start, which then throws the signal's reason and leaves nothing behind. */
  readonly signal?: AbortSignal;
}

const seed = 'preview';
/** As long as reports look back. */
const days = 90;

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });

/** A folder that also the user can reach as whom the private database runs. */
const temporaryFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'deskledger-preview-'));
  await chmod(folder, 0o755);
  return folder;
};

/** An admin takes away the fields that the account has for partner, region and reason; the settings without them. */
const withoutFields = async ({ url, settings }: ZendeskSandbox): Promise<object> => {
  const { partnerFieldId, regionFieldId, reasonFieldId, ...rest } = settings;
  const credentials = Buffer.from(`${settings.email}/token:${settings.apiToken}`).toString('base64');
  for (const id of [partnerFieldId, regionFieldId, reasonFieldId]) {
    const answer = await fetch(`${url}/api/v2/ticket_fields/${id}.json`, {
      method: 'DELETE',
      headers: { authorization: `Basic ${credentials}` },
    });
    if (!answer.ok)
      throw new AppError('unavailable', `The simulated Zendesk kept its ticket field ${id}: ${answer.status}.`);
  }
  return rest;
};

const connectAll = async (
  product: Product,
  sandbox: Sandbox,
  dropDowns: boolean,
): Promise<{ readonly helpdesk: number; readonly store: number }> => {
  const bring = async (files: Readonly<Record<string, string>>) => {
    for (const [what, text] of Object.entries(files))
      await importText(product, what, text, { dryRun: false, actor: seed });
  };
  const { partners, regions, mappingRules, ticketRules, fx, agents, rates } = sandbox.inputs;
  await bring({ partners, regions, 'mapping-rules': mappingRules, 'ticket-rules': ticketRules, fx });
  const settings = dropDowns ? await withoutFields(sandbox.zendesk) : sandbox.zendesk.settings;
  const { result: store } = await connect(product, {
    kind: 'bigcommerce',
    settings: sandbox.bigcommerce.settings,
    remoteSetup: false,
    actor: seed,
  });
  const { result: helpdesk } = await connect(product, {
    kind: 'zendesk',
    settings,
    mode: 'act',
    remoteSetup: true,
    fields: dropDowns,
    actor: seed,
  });
  await bring({ agents, rates });
  return { helpdesk: helpdesk.id, store: store.id };
};

/**
 * A small shop with a helpdesk, simulated on loopback, a product that is connected to both, and the Agent Workspace with the
 * sidebar app in it. All that the product knows it was told by webhooks or read from the vendors. Everything lies in a
 * temporary folder and goes with `stop`; only the built app stays, in node_modules/.cache for the next.
 */
export const startPreview = async ({
  log,
  now,
  history = true,
  dropDowns = false,
  env = {},
  appFolder = builtAppFolder,
  onStep: told = () => undefined,
  signal,
}: PreviewOptions): Promise<Preview> => {
  const onStep = (text: string): void => {
    signal?.throwIfAborted();
    told(text);
  };
  const folder = await temporaryFolder();
  let aheadMs = now ? now.getTime() - Date.now() : 0;
  const presentMs = (): number => Date.now() + aheadMs;
  const clock = leapingClock(history ? days * dayMs : dayMs, presentMs);
  const sandbox = await createSandbox({
    clock,
    seed,
    // The plan of the marketplace is not played: the story of the preview is its own.
    startsAt: new Date(Math.floor(presentMs() / dayMs) * dayMs - days * dayMs),
    days,
    scale: 0.002,
    limits: 'off',
  });
  const { add, endAll } = createEndings();
  const over = new AbortController();
  add(() => rm(folder, { recursive: true, force: true }));
  add(() => sandbox.close());
  add(async () => over.abort());
  try {
    const config: Config = loadConfig({
      DATA_DIR: folder,
      PORT: String(await freePort()),
      FX_URL: sandbox.fx.url,
      ALLOW_PRIVATE_UPSTREAMS: 'true',
      ...env,
    });
    // Asked for now, so that it is built while the story is played.
    const app = appFolder({ signal: over.signal });
    app.catch(() => undefined);
    const story = playStory({ sandbox, clock, onStep, history, signal });
    await story.past();
    onStep('Starting Deskledger');
    const run = () => start(config, { web: true, worker: true, clock, log });
    let running = await run();
    add(() => running.stop());
    const { product } = running;
    onStep('Connecting helpdesk and store');
    const connected = await connectAll(product, sandbox, dropDowns);
    add(() => story.end());
    const tickets = await story.play(product, connected, new Date(clock.now().getTime() - days * dayMs));
    const connection = await product.directory.connections.get(String(connected.helpdesk));
    const { zendesk } = sandbox;
    const sidebar = await installApp(product, { zendesk, connection, actor: seed, folder: () => app });
    return {
      url(ticket = 'attributed', view = {}) {
        const id = typeof ticket === 'number' || ticket === 'new' ? ticket : tickets.get(ticket);
        const url = new URL(zendesk.workspace.urlOf(id));
        for (const [name, value] of Object.entries(view)) url.searchParams.set(name, String(value));
        return url.href;
      },
      tickets,
      sandbox,
      get product() {
        return running.product;
      },
      connectionId: connected.helpdesk,
      sidebar,
      now: () => clock.now(),
      pass(ms) {
        aheadMs += ms;
        clock.catchUp();
      },
      outage: {
        begin: () => running.stop(),
        async end() {
          running = await run();
        },
      },
      settled: () => story.settled(running.product),
      stop: endAll,
    };
  } catch (error) {
    await endAll().catch((fault: unknown) =>
      log.warn({ step: 'preview', err: fault }, 'not everything begun could be ended'),
    );
    throw error;
  }
};
