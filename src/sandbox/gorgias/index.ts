import type { SandboxClock } from '../clock.ts';
import { createFaults, createServer, type FaultPlan, listen } from '../http.ts';
import { share, uuidOf } from '../random.ts';
import type { DeliveryCounts } from '../sender.ts';
import { addAccountRoutes } from './account-routes.ts';
import { breakDown, fail } from './answers.ts';
import { createGorgiasSender, type GorgiasDelivery } from './delivery.ts';
import { createDesk, type Desk } from './desk.ts';
import { addFieldRoutes } from './field-routes.ts';
import { addIntegrationRoutes } from './integration-routes.ts';
import { createIntegrations, type HttpIntegration, type HttpSettings, triggerNames } from './integrations.ts';
import { createLimits, type GorgiasLimits } from './limits.ts';
import { type Readings, usualReadings } from './readings.ts';
import { addRecordRoutes } from './record-routes.ts';
import { addStatsRoutes } from './stats.ts';
import { createJson } from './ticket-json.ts';
import { addTicketRoutes, type RouteDeps } from './ticket-routes.ts';

export interface GorgiasSandboxOptions {
  readonly clock: SandboxClock;
  readonly seed: string | number;
  readonly limits?: GorgiasLimits | 'off';
  /** Odd statuses of 200 to 299 empty the body of an answer that was else right. */
  readonly faults?: FaultPlan;
  readonly delivery?: GorgiasDelivery;
  readonly firstTicketId?: number;
  /** Whether the account asks its customers itself; on unless told, as a live account had it. */
  readonly ownSurvey?: boolean;
  readonly readings?: Partial<Readings>;
}

/** What `deskledger connect gorgias` needs; the webhook's secret is added by whoever subscribes. */
export interface GorgiasConnectSettings {
  readonly name: string;
  readonly account: string;
  readonly email: string;
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly orderNumberFieldId: string;
  readonly partnerFieldId: string;
  readonly regionFieldId: string;
  readonly reasonFieldId: string;
  /** The marketplace, as its customers know it. */
  readonly shopName: string;
}

/** How an admin sets an integration up: a form of keys and templates, the whole context, or none; all triggers unless given. */
export interface Subscription {
  readonly form?: Readonly<Record<string, string>> | '{{context}}' | null;
  readonly contentType?: 'application/json' | 'application/x-www-form-urlencoded';
  readonly triggers?: HttpSettings['triggers'];
}

export interface GorgiasSandbox {
  readonly url: string;
  readonly settings: GorgiasConnectSettings;
  readonly desk: Desk;
  readonly apiUserId: number;
  /** Ids of the fields that `settings` name. */
  readonly fieldIds: Readonly<Record<'orderNumber' | 'partner' | 'region' | 'reason', number>>;
  readonly delivery: Readonly<DeliveryCounts>;
  readonly integrations: ReadonlyMap<number, HttpIntegration>;
  /** Creates the integration and returns the secret that its calls carry in the header `x-deskledger-secret`. */
  subscribe(webhookUrl: string, how?: Subscription): string;
  /** What other apps of the merchant use up of the account's limit. */
  spend(requests: number): void;
  /** Resolves when every call is taken or lost. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Ids and times alone: no text, no address. */
const flatForm: Readonly<Record<string, string>> = {
  ticket_id: '{{ticket.id}}',
  status: '{{ticket.status}}',
  updated_datetime: '{{ticket.updated_datetime}}',
  message_id: '{{message.id}}',
};

/** A Gorgias account on loopback: stateful, with the vendor's paths, shapes, limits and calls. Starts empty, the API user and four fields apart. */
export const createGorgiasSandbox = async (options: GorgiasSandboxOptions): Promise<GorgiasSandbox> => {
  const { clock, seed } = options;
  const account = 'sandbox';
  const email = 'deskledger@example.com';
  const apiKey = `sandbox-${seed}`;
  const readings = { ...usualReadings, ...options.readings };
  const faults = createFaults(seed, options.faults);
  const desk: Desk = createDesk({
    clock,
    firstTicketId: options.firstTicketId ?? 82_700_001,
    snoozeCloses: readings.snoozeCloses,
    ownSurvey: options.ownSurvey ?? true,
    onOperation: (operation) => integrations.publish(operation),
  });
  const json = createJson(desk, seed);
  const sender = createGorgiasSender(clock, options.delivery ?? {}, {
    isOn: (id) => integrations.all.get(id)?.deactivatedAtMs === null,
    switchOff(id) {
      const integration = integrations.all.get(id);
      if (integration) integration.deactivatedAtMs = clock.now().getTime();
      desk.log('integration-deactivated', { type: 'Integration', id }, null);
    },
    // What a GET answers is kept with the customer, by the integration's id, until the next call.
    onAnswer({ integrationId, customerId }, text) {
      const customer = customerId === null ? undefined : desk.customers.get(customerId);
      try {
        customer?.integrations.set(integrationId, JSON.parse(text));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        customer?.integrations.delete(integrationId);
      }
    },
  });
  const integrations = createIntegrations({
    seed,
    clock,
    account,
    faults,
    sender: () => sender,
    json: () => json,
    bareBody: readings.bareBody,
  });
  const apiUser = desk.addUser({ name: 'Deskledger', email, role: 'admin' });
  const fieldIds = {
    orderNumber: desk.addField({ label: 'Order number' }).id,
    partner: desk.addField({ label: 'Sales partner' }).id,
    region: desk.addField({ label: 'Sales region' }).id,
    reason: desk.addField({
      label: 'Contact reason',
      choices: ['shipping', 'return', 'damage', 'product', 'payment', 'other'],
    }).id,
  };
  const limits = createLimits(clock, options.limits ?? {});
  const authorization = `Basic ${Buffer.from(`${email}:${apiKey}`).toString('base64')}`;

  const server = createServer();
  const paths: RegExp[] = [];
  const emptied = new WeakSet<object>();
  server.addHook('onRoute', ({ url: path }) => {
    paths.push(new RegExp(`^${path.replace(/:\w+/g, '[^/]+')}/?$`));
  });
  // A DELETE without a body still carries its content type in some clients.
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (_, body, done) => {
    try {
      done(null, body === '' ? null : JSON.parse(String(body)));
    } catch (error) {
      done(Object.assign(error as Error, { statusCode: 400 }));
    }
  });
  server.addHook('onRequest', (request, reply, done) => {
    if (request.headers.authorization !== authorization)
      return void fail(reply, 401, 'The server could not verify that you are authorized to access the URL requested.');
    if (!limits.admit(reply)) return;
    desk.wake(clock.now().getTime());
    const odd = faults.statusFor(request.method, request.url);
    if (odd === null) return done();
    if (odd >= 200 && odd < 300) {
      emptied.add(request);
      return done();
    }
    breakDown(reply, odd, seed, share(request.method, request.url, request.id));
  });
  server.addHook('onSend', (request, _reply, payload, done) =>
    emptied.has(request) ? done(null, Buffer.alloc(0)) : done(null, payload),
  );
  server.setErrorHandler((error: Error & { statusCode?: number }, _, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) throw error;
    return fail(reply, status, 'The request is not valid.');
  });
  server.setNotFoundHandler(({ url: path }, reply) =>
    paths.some((pattern) => pattern.test(path.split('?')[0] ?? ''))
      ? fail(reply, 405, 'The specified HTTP method is not allowed.')
      : fail(reply, 404, 'Resource not found.'),
  );
  const deps: RouteDeps = { desk, clock, apiUserId: apiUser.id, account, json, readings };
  addTicketRoutes(server, deps);
  addFieldRoutes(server, deps);
  addRecordRoutes(server, deps);
  addAccountRoutes(server, deps);
  addIntegrationRoutes(server, { ...deps, integrations, restart: sender.restart });
  addStatsRoutes(server, deps);
  const url = await listen(server);

  return {
    url,
    settings: {
      name: 'helpdesk-gorgias',
      account,
      email,
      apiKey,
      baseUrl: url,
      orderNumberFieldId: String(fieldIds.orderNumber),
      partnerFieldId: String(fieldIds.partner),
      regionFieldId: String(fieldIds.region),
      reasonFieldId: String(fieldIds.reason),
      shopName: 'Nordlicht Home',
    },
    desk,
    apiUserId: apiUser.id,
    fieldIds,
    delivery: sender.counts,
    integrations: integrations.all,
    subscribe(webhookUrl, { form = flatForm, contentType = 'application/json', triggers } = {}) {
      const secret = uuidOf(seed, 'secret', integrations.all.size + 1);
      integrations.add({
        name: 'Deskledger',
        http: {
          url: webhookUrl,
          method: 'POST',
          request_content_type: contentType,
          response_content_type: 'application/json',
          headers: { 'x-deskledger-secret': secret },
          form,
          triggers: triggers ?? Object.fromEntries(triggerNames.map((name) => [name, true])),
        },
        userId: apiUser.id,
      });
      return secret;
    },
    spend: limits.spend,
    idle: () => sender.idle(),
    async close() {
      await sender.close();
      await server.close();
    },
  };
};
