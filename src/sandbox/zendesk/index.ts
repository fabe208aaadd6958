import type { FastifyRequest } from 'fastify';
import type { SandboxClock } from '../clock.ts';
import { createFaults, createServer, type FaultPlan, listen } from '../http.ts';
import type { DeliveryCounts } from '../sender.ts';
import { addAccountRoutes } from './account-routes.ts';
import { addAdminRoutes } from './admin-routes.ts';
import { createArchive, type ZendeskArchive } from './archive.ts';
import { createZendeskSender, type ZendeskDelivery } from './delivery.ts';
import { createDesk, type Desk } from './desk.ts';
import { createEngagements, type Engagements, type UnnamedChannel } from './engagements.ts';
import { eventTypes } from './events.ts';
import { addJobRoutes } from './job-routes.ts';
import { createLimits, type Endpoint, type ZendeskLimits } from './limits.ts';
import type { TicketField } from './model.ts';
import { createSessions } from './sessions.ts';
import { createTalk, type Talk } from './talk.ts';
import { addTicketRoutes, type RouteDeps } from './ticket-routes.ts';
import { addUpdateRoutes } from './update-routes.ts';
import { createWebhooks, type WebhookRegistry } from './webhooks.ts';
import { createWorkspace, type Workspace } from './workspace/index.ts';

export interface ZendeskSandboxOptions {
  readonly clock: SandboxClock;
  readonly seed: string | number;
  readonly limits?: ZendeskLimits | 'off';
  readonly faults?: FaultPlan;
  readonly delivery?: ZendeskDelivery;
  readonly firstTicketId?: number;
  /** False: webhooks cannot subscribe to events, only be called by triggers. */
  readonly eventSubscriptions?: boolean;
  /** Whether the account has a telephone. */
  readonly talk?: boolean;
  /** Omnichannel routing, and what its list of engagements shows where no channel is named; absent: the account has none. */
  readonly engagements?: UnnamedChannel;
  readonly archive?: ZendeskArchive;
  /** Whether the account's own satisfaction survey is on. */
  readonly ownSurvey?: boolean;
  /** The time by which the proxy's tokens end: the wall's, as for every server that checks them. */
  readonly wallNowMs?: () => number;
}

/** What `deskledger connect zendesk` needs; the webhook's secret is added by whoever subscribes. */
export interface ZendeskConnectSettings {
  readonly name: string;
  readonly subdomain: string;
  readonly email: string;
  readonly apiToken: string;
  readonly baseUrl: string;
  readonly totalTimeFieldId: string;
  readonly orderNumberFieldId: string;
  readonly partnerFieldId: string;
  readonly regionFieldId: string;
  readonly reasonFieldId: string;
  /** The marketplace, as its customers know it. */
  readonly shopName: string;
}

export interface ZendeskSandbox {
  readonly url: string;
  readonly settings: ZendeskConnectSettings;
  readonly desk: Desk;
  readonly apiUserId: number;
  /** Null: the account has no telephone. */
  readonly talk: Talk | null;
  /** Null: the account has no omnichannel routing. */
  readonly engagements: Engagements | null;
  readonly delivery: Readonly<DeliveryCounts>;
  /** What stands there now, for tests. */
  readonly registry: Pick<WebhookRegistry, 'webhooks' | 'triggers' | 'change' | 'remove'>;
  /** What agents see in their browser, with the app that an admin installs. */
  readonly workspace: Workspace;
  /** Creates a webhook and returns its signing secret: subscribed to every ticket event, or called by a trigger with `body`. */
  subscribe(
    webhookUrl: string,
    how?: { readonly kind: 'events' } | { readonly kind: 'trigger'; readonly body?: string },
  ): string;
  /** Resolves when every webhook is delivered or lost. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export const fieldIds = {
  totalTime: 360_000_000_001,
  lastTime: 360_000_000_002,
  orderNumber: 360_000_000_003,
  partner: 360_000_000_004,
  region: 360_000_000_005,
  reason: 360_000_000_006,
} as const;

const builtInFields: readonly TicketField[] = [
  { id: 101, type: 'subject', title: 'Subject' },
  { id: 102, type: 'description', title: 'Description' },
  { id: 103, type: 'status', title: 'Status' },
  { id: fieldIds.totalTime, type: 'integer', title: 'Total time spent (sec)' },
  { id: fieldIds.lastTime, type: 'integer', title: 'Time spent last update (sec)' },
  { id: fieldIds.orderNumber, type: 'text', title: 'Order number' },
  { id: fieldIds.partner, type: 'text', title: 'Sales partner' },
  { id: fieldIds.region, type: 'text', title: 'Sales region' },
  {
    id: fieldIds.reason,
    type: 'tagger',
    title: 'Contact reason',
    options: ['shipping', 'return', 'damage', 'product', 'payment', 'other'],
  },
];

const triggerBody =
  '{"ticket_id":"{{ticket.id}}","updated_at":"{{ticket.updated_at_with_timestamp}}","status":"{{ticket.status}}","actor_id":"{{current_user.id}}"}';

const endpointOf = (method: string, url: string): Endpoint | null => {
  if (url.startsWith('/api/v2/incremental/')) return 'incremental-exports';
  const one = url.startsWith('/api/v2/tickets/') && !url.startsWith('/api/v2/tickets/update_many');
  return method !== 'GET' && one ? 'tickets-update' : null;
};

/** A Zendesk account on loopback: stateful, with the vendor's paths, shapes, limits and webhooks. Starts empty, the API user apart. */
export const createZendeskSandbox = async (options: ZendeskSandboxOptions): Promise<ZendeskSandbox> => {
  const { clock, seed } = options;
  const accountId = 22_129_848;
  const email = 'deskledger@example.com';
  const apiToken = `sandbox-${seed}`;
  const faults = createFaults(seed, options.faults);
  const sender = createZendeskSender(clock, accountId, options.delivery);
  const registry = createWebhooks({
    seed,
    clock,
    accountId,
    faults,
    sender,
    desk: () => desk,
    eventSubscriptions: options.eventSubscriptions,
  });
  const fields: TicketField[] = builtInFields.map((field) => ({ ...field }));
  const desk: Desk = createDesk({
    clock,
    fields,
    firstTicketId: options.firstTicketId ?? 7001,
    onUpdate: registry.publish,
  });
  const apiUser = desk.addUser({ name: 'Deskledger', email, role: 'admin', locale: 'en-US', organizationId: null });
  const limits = createLimits(clock, options.limits ?? {});
  const authorization = `Basic ${Buffer.from(`${email}/token:${apiToken}`).toString('base64')}`;

  const server = createServer();
  // A DELETE without a body still carries its content type in some clients.
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_, body, done) => {
    try {
      done(null, body === '' ? null : JSON.parse(String(body)));
    } catch (error) {
      done(Object.assign(error as Error, { statusCode: 400 }));
    }
  });
  let url = '';
  const sessions = createSessions(() => `_zendesk_session_${new URL(url).port}`);
  server.addHook('onRequest', (request, reply, done) => {
    // The pages sign people in.
    if (!request.url.startsWith('/api/')) return done();
    if (request.headers.authorization !== authorization) {
      const session = sessions.of(request.headers.cookie);
      if (!session) return void reply.code(401).send({ error: "Couldn't authenticate you" });
      if (request.method !== 'GET' && !sessions.proves(session, request.headers['x-csrf-token']))
        return void reply.code(403).send({ error: 'InvalidAuthenticityToken' });
    }
    if (!limits.admit(reply, endpointOf(request.method, request.url))) return;
    const odd = faults.statusFor(request.method, request.url);
    if (odd === null) return done();
    if (odd === 503 || odd === 429) void reply.header('Retry-After', 1);
    void reply.code(odd).send({ error: 'InternalError', description: 'The sandbox was told to fail here' });
  });
  server.setNotFoundHandler((_, reply) => reply.code(404).send({ error: 'InvalidEndpoint', description: 'Not found' }));
  const actorOf = (request: FastifyRequest): number =>
    request.headers.authorization === authorization
      ? apiUser.id
      : (sessions.of(request.headers.cookie)?.agentId ?? apiUser.id);
  const archive = createArchive(clock, options.archive ?? {});
  const deps: RouteDeps = { desk, archive, clock, apiUserId: apiUser.id, actorOf, baseUrl: () => url };
  addTicketRoutes(server, deps);
  addUpdateRoutes(server, deps);
  addJobRoutes(server, deps);
  const telephone = options.talk ? createTalk(clock) : null;
  telephone?.addRoutes(server, () => url);
  const { engagements: unnamedChannel } = options;
  const routing = unnamedChannel ? createEngagements(clock, { seed, unnamedChannel }) : null;
  routing?.addRoutes(server, deps);
  addAccountRoutes(server, deps);
  addAdminRoutes(server, { ...deps, registry, fields, ownSurvey: options.ownSurvey ?? false });
  const workspace = createWorkspace(server, { ...deps, sessions, wallNowMs: options.wallNowMs });
  url = await listen(server);

  return {
    url,
    settings: {
      name: 'helpdesk',
      subdomain: 'sandbox',
      email,
      apiToken,
      baseUrl: url,
      totalTimeFieldId: String(fieldIds.totalTime),
      orderNumberFieldId: String(fieldIds.orderNumber),
      partnerFieldId: String(fieldIds.partner),
      regionFieldId: String(fieldIds.region),
      reasonFieldId: String(fieldIds.reason),
      shopName: 'Nordlicht Home',
    },
    desk,
    apiUserId: apiUser.id,
    talk: telephone?.talk ?? null,
    engagements: routing?.engagements ?? null,
    delivery: sender.counts,
    registry,
    workspace: workspace.door,
    subscribe(webhookUrl, how = { kind: 'events' }) {
      const trigger = how.kind === 'trigger';
      const webhook = registry.add({
        name: 'Deskledger',
        endpoint: webhookUrl,
        subscriptions: trigger
          ? ['conditional_ticket_events']
          : [...eventTypes].filter((type) => type.startsWith('zen:event-type:ticket.')),
      });
      if (trigger)
        registry.addTrigger({
          title: 'Tell Deskledger',
          webhookId: webhook.id,
          body: how.body ?? triggerBody,
          exceptUserId: apiUser.id,
        });
      return webhook.secret;
    },
    idle: () => sender.idle(),
    async close() {
      await sender.close();
      await workspace.close();
      await server.close();
    },
  };
};
