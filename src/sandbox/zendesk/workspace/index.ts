import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isRecord } from '../../http.ts';
import type { Sessions } from '../sessions.ts';
import type { RouteDeps } from '../ticket-routes.ts';
import { startAppHost } from './app-host.ts';
import { type Installation, proxySecurely } from './proxy.ts';
import { accountOf, ticketOf, ticketsOf } from './views.ts';

/** An app as an admin uploads it and fills in its settings. */
export interface InstalledApp {
  /** Where the built package lies: manifest.json and assets/. Asked for when the first agent opens a ticket. */
  readonly folder: () => Promise<string>;
  /** By the names of the manifest's parameters. */
  readonly settings: Readonly<Record<string, string>>;
  /** In the place of the manifest's, which names the hosts of one server. */
  readonly domainWhitelist?: readonly string[];
}

export interface Workspace {
  /** Replaces the app that was installed before. */
  install(app: InstalledApp): void;
  /** The page of a ticket; the newest ticket's without one, and the form of a new ticket. */
  urlOf(ticketId?: number | 'new'): string;
  /** What tickets are worth a look, shown first and by these words. */
  point(ticketId: number, words: string): void;
}

interface Manifest {
  readonly name?: string;
  readonly version: string;
  readonly parameters?: Installation['parameters'];
  readonly domainWhitelist?: readonly string[];
  readonly location: { readonly support: Readonly<Record<string, { readonly url: string } | string>> };
}

interface Ready {
  readonly installation: Installation;
  readonly manifest: Manifest;
  readonly host: Awaited<ReturnType<typeof startAppHost>>;
}

type AppState =
  | { readonly is: 'none' }
  | { readonly is: 'coming' }
  | { readonly is: 'failed'; readonly why: string }
  | ({ readonly is: 'ready' } & Ready);

const appId = 1_010_101;
const page = (name: string): string => readFileSync(join(import.meta.dirname, 'page', name), 'utf8');

const assets: Readonly<Record<string, string>> = {
  'main.js': 'text/javascript',
  'account.js': 'text/javascript',
  'bar.js': 'text/javascript',
  'dom.js': 'text/javascript',
  'frames.js': 'text/javascript',
  'network.js': 'text/javascript',
  'request.js': 'text/javascript',
  'ticket-pane.js': 'text/javascript',
  'workspace.css': 'text/css',
};

const urlIn = (place: { readonly url: string } | string): string => (typeof place === 'string' ? place : place.url);

/**
 * Plays the Agent Workspace: pages at /agent/tickets/{id} that frame the installed app and speak ZAF's protocol with it, on the
 * account's own origin, so that what the app asks of /api/v2 is asked as the agent who is signed in.
 */
export const createWorkspace = (
  server: FastifyInstance,
  deps: RouteDeps & { readonly sessions: Sessions; readonly wallNowMs?: (() => number) | undefined },
): { readonly door: Workspace; close(): Promise<void> } => {
  const { desk, sessions, baseUrl, wallNowMs = Date.now } = deps;
  const pointers = new Map<number, string>();
  let installed: InstalledApp | null = null;
  let state: AppState = { is: 'none' };
  let installations = 360_000_500_000;
  const closing: (() => Promise<void>)[] = [];

  const fetchApp = async (app: InstalledApp): Promise<Ready> => {
    const folder = await app.folder();
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest;
    const host = await startAppHost({ folder, frameAncestor: baseUrl() });
    closing.push(host.close);
    installations += 1;
    const { parameters = [], domainWhitelist = [] } = manifest;
    return {
      manifest,
      host,
      installation: {
        id: installations,
        parameters,
        settings: app.settings,
        domainWhitelist: app.domainWhitelist ?? domainWhitelist,
      },
    };
  };

  /** Asked for by a page that is opened: an app that has to be built first delays no start, and one that failed is tried again. */
  const openApp = (): AppState => {
    const app = installed;
    if (app && (state.is === 'none' || state.is === 'failed')) {
      state = { is: 'coming' };
      fetchApp(app).then(
        (ready) => {
          if (installed === app) state = { is: 'ready', ...ready };
        },
        (error: unknown) => {
          if (installed === app) state = { is: 'failed', why: error instanceof Error ? error.message : String(error) };
        },
      );
    }
    return state;
  };

  /** What pages may know of the app: settings that are not secure. */
  const appJson = (now: AppState) => {
    if (now.is !== 'ready') return now;
    const { installation, manifest, host } = now;
    const secure = new Set(installation.parameters.filter((one) => one.secure).map(({ name }) => name));
    const name = manifest.name ?? 'App';
    return {
      is: now.is,
      appId,
      installationId: installation.id,
      name,
      version: manifest.version,
      settings: {
        name,
        title: name,
        ...Object.fromEntries(Object.entries(installation.settings).filter(([key]) => !secure.has(key))),
      },
      pages: Object.fromEntries(
        Object.entries(manifest.location.support).map(([location, place]) => [
          location,
          new URL(urlIn(place).replace(/^assets\//, ''), `${host.url}/`).href,
        ]),
      ),
    };
  };

  const agents = () => [...desk.users.values()].filter(({ role, id }) => role !== 'end-user' && id !== deps.apiUserId);
  const signedIn = (request: FastifyRequest) => sessions.of(request.headers.cookie);
  const signedOut = (reply: FastifyReply) => reply.code(401).send({ error: "Couldn't authenticate you" });

  interface PageRoute {
    Querystring: Readonly<Record<string, string | undefined>>;
  }
  const showPage = (request: FastifyRequest<PageRoute>, reply: FastifyReply): FastifyReply => {
    const people = agents();
    const wished = people.find(({ id }) => String(id) === request.query.agent);
    const held = people.find(({ id }) => id === signedIn(request)?.agentId);
    const agent = wished ?? held ?? people[0];
    if (!agent) return reply.code(404).type('text/plain').send('The account has no agents yet; try again in a moment.');
    const { csrf, cookie } = sessions.open(agent.id);
    const config = JSON.stringify({ ...accountOf(deps), agent, agents: people, csrf, app: appJson(openApp()) });
    return reply
      .header('set-cookie', cookie)
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(page('workspace.html').replace('"{{config}}"', () => config.replaceAll('<', '\\u003c')));
  };

  server.get<PageRoute>('/', (_, reply) => reply.redirect('/agent/tickets'));
  for (const path of ['/agent', '/agent/tickets', '/agent/tickets/:id'])
    server.get<PageRoute>(path, (request, reply) => showPage(request, reply));

  server.get<{ Params: { name: string } }>('/agent/assets/:name', ({ params }, reply) => {
    const type = assets[params.name];
    if (type === undefined) return reply.code(404).send();
    return reply.header('cache-control', 'no-cache').type(`${type}; charset=utf-8`).send(page(params.name));
  });

  server.get('/agent/app', (_, reply) => reply.header('cache-control', 'no-store').send(appJson(state)));
  server.get('/agent/data/tickets', (request, reply) =>
    signedIn(request) ? reply.send(ticketsOf(deps, pointers)) : signedOut(reply),
  );
  server.get<{ Params: { id: string } }>('/agent/data/tickets/:id', (request, reply) => {
    if (!signedIn(request)) return signedOut(reply);
    const view = ticketOf(deps, Number(request.params.id));
    return view ? reply.send(view) : reply.code(404).send({ error: 'RecordNotFound' });
  });

  server.post<{ Params: { id: string }; Body: unknown }>('/proxy/apps/:id', async (request, reply) => {
    const session = signedIn(request);
    if (!session) return signedOut(reply);
    if (!sessions.proves(session, request.headers['x-csrf-token'])) return reply.code(403).send();
    if (state.is !== 'ready' || String(state.installation.id) !== request.params.id || !isRecord(request.body))
      return reply.code(404).send();
    const answer = await proxySecurely(request.body, { installation: state.installation, wallNowMs });
    return reply.code(answer.status).header('content-type', answer.contentType).send(Buffer.from(answer.body));
  });

  return {
    door: {
      install(app) {
        installed = app;
        state = { is: 'none' };
      },
      urlOf: (ticketId) => `${baseUrl()}/agent/tickets${ticketId === undefined ? '' : `/${ticketId}`}`,
      point: (ticketId, words) => void pointers.set(ticketId, words),
    },
    async close() {
      await Promise.all(closing.map((close) => close()));
    },
  };
};
