import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { dayMs, hourMs } from '../../src/core/time.ts';
import { wallClock } from '../../src/platform/clock.ts';
import { createSandbox, type Sandbox, type SetupInputs } from '../../src/sandbox/index.ts';
import { answerParent } from './child.ts';

/** What the parent needs to connect the product. */
export interface Vendors {
  readonly zendesk: object;
  readonly bigcommerce: object;
  readonly inputs: SetupInputs;
}

/** One API request as the simulator saw it; times are epoch milliseconds. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly endedAt: number;
  readonly status: number;
}

export interface Progress {
  readonly deliveries: number;
  readonly undelivered: number;
  readonly lost: number;
  readonly tagged: number;
}

const seen: Seen[] = [];
const watch = (pathStart: string): void =>
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    if (!request.url?.startsWith(pathStart)) return;
    response.once('finish', () =>
      seen.push({
        method: request.method ?? '',
        path: request.url ?? '',
        endedAt: Date.now(),
        status: response.statusCode,
      }),
    );
  });

const historyDays = 20;
let sandbox: Sandbox;
let agentId = 0;
const agentIds = (): readonly number[] => sandbox.helpdesks[0]?.agentIds.map(Number) ?? [];
const requesters: number[] = [];
const numbers: number[] = [];

const fieldId = (name: 'totalTimeFieldId' | 'orderNumberFieldId'): number => Number(sandbox.zendesk.settings[name]);

/** One ticket about the nth customer's order: every other one names it in the field, the rest in the text. */
const open = (customer: number): number => {
  const number = String(numbers[customer]);
  const inField = customer % 2 === 0;
  return sandbox.zendesk.desk.create({
    atMs: Date.now(),
    subject: inField ? 'A lamp arrived broken' : `About order #${number}`,
    body: 'Hello, the lamp that I bought last week arrived broken and I would like to have another one, please.',
    requesterId: requesters[customer] ?? 0,
    via: { channel: 'email', source: { from: {}, to: {}, rel: null } },
    brandId: 1,
    fields: new Map([[fieldId('orderNumberFieldId'), inField ? number : null]]),
  }).id;
};

const answer = (ticketId: number, { seconds, status }: { seconds: number; status: 'pending' | 'solved' }): void => {
  const ticket = sandbox.zendesk.desk.ticket(ticketId);
  const total = Number(ticket.fields.get(fieldId('totalTimeFieldId')) ?? 0) + seconds;
  sandbox.zendesk.desk.update(ticketId, {
    atMs: Date.now(),
    authorId: agentIds()[agentId++ % agentIds().length] ?? 0,
    comment: { body: 'We are sorry to hear that and send another one today.', public: true },
    values: { status, fields: new Map([[fieldId('totalTimeFieldId'), String(total)]]) },
  });
};

answerParent({
  /** Starts the simulators with `customers` customers, one order each, 20 days old at most. */
  async start({ customers }: { customers: number }): Promise<Vendors> {
    const startsAt = new Date(Math.floor(Date.now() / dayMs) * dayMs - historyDays * dayMs);
    sandbox = await createSandbox({
      clock: wallClock,
      seed: 'bench',
      startsAt,
      days: historyDays,
      scale: 0.01,
      limits: 'off',
      delivery: { concurrency: 64 },
    });
    watch('/api/v2/');
    const orders = sandbox.scenario.orders.flatMap(({ partner, input }) => (partner === null ? [] : [input]));
    for (let customer = 0; customer < customers; customer += 1) {
      const email = `customer${customer}@example.com`;
      const like = orders[customer % orders.length];
      if (!like) throw new RangeError('the scenario has no orders');
      const placedAtMs = Date.now() - dayMs - (customer % 200) * hourMs;
      numbers.push(sandbox.bigcommerce.shop.place({ ...like, email, placedAtMs, customerId: 0, statusId: 10 }).id);
      requesters.push(
        sandbox.zendesk.desk.addUser({
          name: `Customer ${customer}`,
          email,
          role: 'end-user',
          locale: 'en-US',
          organizationId: null,
        }).id,
      );
    }
    return { zendesk: sandbox.zendesk.settings, bigcommerce: sandbox.bigcommerce.settings, inputs: sandbox.inputs };
  },
  /** The webhook's signing secret. */
  connect: ({ webhookUrl, how }: { webhookUrl: string; how: 'events' | 'trigger' }): string =>
    sandbox.zendesk.subscribe(webhookUrl, { kind: how }),
  /** Tickets of these customers, created and solved with time tracked; the webhooks go out as fast as they are taken. */
  async life({ from, to }: { from: number; to: number }): Promise<{ startedAt: number }> {
    const startedAt = Date.now();
    for (let customer = from; customer < to; customer += 1) {
      answer(open(customer), { seconds: 60 + customer, status: 'solved' });
      if (customer % 50 === 0) await wait(0);
    }
    return { startedAt };
  },
  open: ({ customer }: { customer: number }): number => open(customer),
  answer: ({ ticketId, ...how }: { ticketId: number; seconds: number; status: 'pending' | 'solved' }) =>
    answer(ticketId, how),
  progress(): Progress {
    const { attempts, pending, lost } = sandbox.zendesk.delivery;
    const tagged = [...sandbox.zendesk.desk.tickets.values()].filter(({ tags }) =>
      tags.some((tag) => tag.startsWith('partner_') || tag.startsWith('region_')),
    ).length;
    return { deliveries: attempts, undelivered: pending, lost, tagged };
  },
  seen: (): readonly Seen[] => seen,
  cpuSeconds(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  forget(): void {
    seen.length = 0;
  },
});
