import type { SandboxClock } from '../clock.ts';
import { createFaults, createServer, type FaultPlan, listen } from '../http.ts';
import type { DeliveryCounts, DeliverySettings } from '../sender.ts';
import { allRoles, roleFor } from './access.ts';
import { addAccountRoutes, type KeyAccess, type NativeSurvey } from './account-routes.ts';
import { addAttributeRoutes } from './attribute-routes.ts';
import { addConversationRoutes, type OpenQuestions, type RouteDeps } from './conversation-routes.ts';
import { createDesk, type Desk } from './desk.ts';
import { notFound, refuse } from './envelope.ts';
import { createLimits, type KustomerLimits } from './limits.ts';
import type { Happening } from './model.ts';
import { addSearchRoutes } from './search-routes.ts';
import { addWebhookRoutes } from './webhook-routes.ts';
import { createWebhooks, type WebhookRegistry } from './webhooks.ts';

export interface KustomerSandboxOptions {
  readonly clock: SandboxClock;
  readonly seed: string | number;
  readonly limits?: KustomerLimits | 'off';
  readonly faults?: FaultPlan;
  readonly delivery?: DeliverySettings;
  readonly open?: OpenQuestions;
  /** The org's own surveys; none unless given. */
  readonly surveys?: readonly NativeSurvey[];
}

/** What `deskledger connect kustomer` needs; the webhook's token is added by whoever subscribes. */
export interface KustomerConnectSettings {
  readonly name: string;
  readonly org: string;
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly orderNumberFieldId: string;
  readonly partnerFieldId: string;
  readonly regionFieldId: string;
  readonly reasonFieldId: string;
  /** The marketplace, as its customers know it. */
  readonly shopName: string;
}

export interface KustomerSandbox {
  readonly url: string;
  readonly settings: KustomerConnectSettings;
  readonly desk: Desk;
  readonly apiUserId: string;
  /** What the key may do; a test takes roles away or revokes it. */
  readonly access: KeyAccess;
  readonly delivery: Readonly<DeliveryCounts>;
  /** What stands there now, for tests. */
  readonly registry: Pick<WebhookRegistry, 'webhooks' | 'change' | 'remove'>;
  /** Creates a webhook and returns its token: for the events of conversations and messages, or for those given. */
  subscribe(webhookUrl: string, events?: readonly string[]): string;
  /** Resolves when every webhook is delivered or lost. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export const attributeNames = {
  orderNumber: 'orderNumberStr',
  partner: 'salesPartnerStr',
  region: 'salesRegionStr',
  reason: 'contactReasonStr',
} as const;

const conversationEvents = ['kustomer.conversation.create', 'kustomer.conversation.update', 'kustomer.message.create'];

const searchPath = /^\/v1\/customers\/(?:archive\/)?search(?:\?|$)/;
const recordPath = /^\/v1\/conversations\/([0-9a-f]{24})(?:\/tags)?(?:\?|$)/;

/** The conversation that a request updates; null for any other request. */
const updatedRecord = (method: string, url: string): string | null =>
  method === 'GET' ? null : (recordPath.exec(url)?.[1] ?? null);

/** A Kustomer org on loopback: stateful, with the vendor's paths, shapes, limits and webhooks. Starts empty, the API user apart. */
export const createKustomerSandbox = async (options: KustomerSandboxOptions): Promise<KustomerSandbox> => {
  const { clock, seed } = options;
  const apiKey = `sandbox-${seed}`;
  const org = 'sandbox';
  const faults = createFaults(seed, options.faults);
  const registry = createWebhooks({
    seed,
    clock,
    org: { id: () => desk.orgId, name: org },
    faults,
    delivery: options.delivery ?? {},
  });
  const desk: Desk = createDesk({
    startsAtMs: clock.now().getTime(),
    attributes: new Map([
      [attributeNames.orderNumber, { displayName: 'Order number' }],
      [attributeNames.partner, { displayName: 'Sales partner' }],
      [attributeNames.region, { displayName: 'Sales region' }],
      [attributeNames.reason, { displayName: 'Contact reason' }],
    ]),
    brands: ['Main', 'Atelier'],
    queues: ['General', 'Trade'],
    teams: ['Support'],
    onHappening: (happening: Happening) => registry.publish(happening),
  });
  const apiUser = desk.addUser({ name: 'Deskledger', email: null, userType: 'machine' });
  const limits = createLimits(clock, options.limits ?? {});
  const access: KeyAccess = { revoked: false, roles: allRoles };
  const authorization = `Bearer ${apiKey}`;

  const server = createServer();
  // A DELETE without a body still carries its content type in some clients.
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_, body, done) => {
    try {
      done(null, body === '' ? null : JSON.parse(String(body)));
    } catch (error) {
      done(Object.assign(error as Error, { statusCode: 400 }));
    }
  });
  server.addHook('onRequest', (request, reply, done) => {
    const { method, url } = request;
    if (access.revoked || request.headers.authorization !== authorization)
      return void refuse(reply, 401, 'Unauthorized');
    if (!limits.admit(reply, { search: searchPath.test(url), recordId: updatedRecord(method, url) })) return;
    const role = roleFor(method, url);
    if (role !== null && !access.roles.includes(role)) return void refuse(reply, 403, `Requires the role ${role}`);
    const odd = faults.statusFor(method, url);
    if (odd === null) return done();
    void refuse(reply, odd, 'The sandbox was told to fail here');
  });
  server.setErrorHandler((error: { readonly statusCode?: number; readonly message: string }, _, reply) =>
    refuse(reply, error.statusCode ?? 500, error.message),
  );
  server.setNotFoundHandler((_, reply) => notFound(reply));
  const deps: RouteDeps = { desk, clock, apiUserId: apiUser.id, open: options.open ?? {} };
  addConversationRoutes(server, deps);
  addSearchRoutes(server, deps);
  addAccountRoutes(server, deps, { access, surveys: options.surveys ?? [] });
  addAttributeRoutes(server, desk);
  addWebhookRoutes(server, registry, desk.orgId);
  const url = await listen(server);

  return {
    url,
    settings: {
      name: 'kustomer',
      org,
      apiKey,
      baseUrl: url,
      orderNumberFieldId: attributeNames.orderNumber,
      partnerFieldId: attributeNames.partner,
      regionFieldId: attributeNames.region,
      reasonFieldId: attributeNames.reason,
      shopName: 'Nordlicht Home',
    },
    desk,
    apiUserId: apiUser.id,
    access,
    delivery: registry.sender.counts,
    registry,
    subscribe: (webhookUrl, events = conversationEvents) =>
      registry.add({ name: 'Deskledger', url: webhookUrl, events, headers: [], enabled: true }).token,
    idle: () => registry.sender.idle(),
    async close() {
      await registry.sender.close();
      await server.close();
    },
  };
};
