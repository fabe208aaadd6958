import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { dayMs, hourMs } from '../../src/core/time.ts';
import { wallClock } from '../../src/platform/clock.ts';
import {
  createSandbox,
  type HelpdeskKind,
  type PlayedHelpdesk,
  type Sandbox,
  type SandboxOptions,
  type SetupInputs,
} from '../../src/sandbox/index.ts';
import { answerParent } from './child.ts';

/** What the parent needs to connect the product. */
export interface Vendors {
  readonly helpdesks: readonly { readonly kind: HelpdeskKind; readonly settings: object }[];
  readonly bigcommerce: object;
  readonly inputs: SetupInputs;
}

/** One API request as the simulator saw it; times are epoch milliseconds. */
export interface Seen {
  readonly kind: HelpdeskKind | 'store';
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
const watch = (): void => {
  const kinds = new Map(sandbox.helpdesks.map(({ kind, settings }) => [Number(new URL(settings.baseUrl).port), kind]));
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const kind = kinds.get(request.socket.localPort ?? 0);
    if (!kind) return;
    response.once('finish', () =>
      seen.push({
        kind,
        method: request.method ?? '',
        path: request.url ?? '',
        endedAt: Date.now(),
        status: response.statusCode,
      }),
    );
  });
};

const historyDays = 20;
let sandbox: Sandbox;
/** The simulators' clock: history is written while it is set back, for change feeds tell nothing of their last minute. */
let clockShiftMs = 0;
const clock = { ...wallClock, now: () => new Date(Date.now() + clockShiftMs) };
let agentId = 0;
const agentIds = (): readonly number[] => sandbox.helpdesks[0]?.agentIds.map(Number) ?? [];
const requesters: number[] = [];
const numbers: number[] = [];

const fieldId = (name: 'totalTimeFieldId' | 'orderNumberFieldId'): number => Number(sandbox.zendesk.settings[name]);

const emailOf = (customer: number): string => `customer${customer}@example.com`;

const helpdeskOf = (kind: HelpdeskKind): PlayedHelpdesk => {
  const helpdesk = sandbox.helpdesks.find((one) => one.kind === kind);
  if (!helpdesk) throw new RangeError(`${kind} was not started`);
  return helpdesk;
};

const addRequester = (customer: number): number =>
  sandbox.zendesk.desk.addUser({
    name: `Customer ${customer}`,
    email: emailOf(customer),
    role: 'end-user',
    locale: 'en-US',
    organizationId: null,
  }).id;

/** How an agent answers. */
export interface AgentAnswer {
  readonly seconds: number;
  readonly status: 'pending' | 'solved';
}

interface StartInput extends Pick<SandboxOptions, 'helpdesks' | 'limits'> {
  readonly customers: number;
}

/** What the nth customer writes about their order: every other one names it in the field, the rest in the text. */
const wordsOf = (customer: number) => {
  const number = String(numbers[customer % numbers.length]);
  const inField = customer % 2 === 0;
  return {
    subject: inField ? 'A lamp arrived broken' : `About order #${number}`,
    body: 'Hello, the lamp that I bought last week arrived broken and I would like to have another one, please.',
    orderNumber: inField ? number : null,
  };
};
const reply = 'We are sorry to hear that and send another one today.';

const open = (customer: number, atMs = Date.now()): number => {
  const nth = customer % requesters.length;
  const { orderNumber, ...words } = wordsOf(customer);
  return sandbox.zendesk.desk.create({
    atMs,
    ...words,
    requesterId: requesters[nth] ?? 0,
    via: { channel: 'email', source: { from: {}, to: {}, rel: null } },
    brandId: 1,
    fields: new Map([[fieldId('orderNumberFieldId'), orderNumber]]),
  }).id;
};

const answer = (ticketId: number, { seconds, status }: AgentAnswer, atMs = Date.now()): void => {
  const ticket = sandbox.zendesk.desk.ticket(ticketId);
  const total = Number(ticket.fields.get(fieldId('totalTimeFieldId')) ?? 0) + seconds;
  sandbox.zendesk.desk.update(ticketId, {
    atMs,
    authorId: agentIds()[agentId++ % agentIds().length] ?? 0,
    comment: { body: reply, public: true },
    values: { status, fields: new Map([[fieldId('totalTimeFieldId'), String(total)]]) },
  });
};

answerParent({
  /** Starts the simulators with `customers` customers, one order each, 20 days old at most. */
  async start({ customers, helpdesks = ['zendesk'], limits = 'off' }: StartInput): Promise<Vendors> {
    const startsAt = new Date(Math.floor(Date.now() / dayMs) * dayMs - historyDays * dayMs);
    sandbox = await createSandbox({
      clock,
      seed: 'bench',
      startsAt,
      days: historyDays,
      scale: 0.01,
      helpdesks,
      limits,
      delivery: { concurrency: 64 },
    });
    watch();
    const orders = sandbox.scenario.orders.flatMap(({ partner, input }) => (partner === null ? [] : [input]));
    for (let customer = 0; customer < customers; customer += 1) {
      const email = emailOf(customer);
      const like = orders[customer % orders.length];
      if (!like) throw new RangeError('the scenario has no orders');
      const placedAtMs = Date.now() - dayMs - (customer % 200) * hourMs;
      numbers.push(sandbox.bigcommerce.shop.place({ ...like, email, placedAtMs, customerId: 0, statusId: 10 }).id);
      if (helpdesks.includes('zendesk')) requesters.push(addRequester(customer));
    }
    return {
      helpdesks: sandbox.helpdesks.map(({ kind, settings }) => ({ kind, settings })),
      bigcommerce: sandbox.bigcommerce.settings,
      inputs: sandbox.inputs,
    };
  },
  /** Makes a webhook; returns the settings that hold its secret. */
  connect: ({
    kind,
    webhookUrl,
    how,
  }: {
    kind: HelpdeskKind;
    webhookUrl: string;
    how?: 'events' | 'trigger';
  }): object =>
    kind === 'zendesk' && how === 'trigger'
      ? { webhookSecrets: [sandbox.zendesk.subscribe(webhookUrl, { kind: how })] }
      : helpdeskOf(kind).subscribe(webhookUrl),
  /** Closed tickets of these customers, answered once with time tracked, over the last 300 days; nobody is told. */
  async history({ from, to }: { from: number; to: number }): Promise<void> {
    clockShiftMs = -2 * hourMs;
    for (let customer = from; customer < to; customer += 1) {
      const atMs = Date.now() - dayMs - (customer % (299 * 24)) * hourMs;
      const id = open(customer, atMs);
      answer(id, { seconds: 60 + (customer % 600), status: 'solved' }, atMs + hourMs);
      if (customer % 500 === 0) await wait(0);
    }
    clockShiftMs = 0;
  },
  /** A planned ticket of the nth customer about their order, at a helpdesk of the plan's own actors; its id there. */
  tell({ kind, customer }: { kind: HelpdeskKind; customer: number }): string {
    const helpdesk = helpdeskOf(kind);
    const like = sandbox.scenario.tickets[0];
    if (!like) throw new RangeError('the scenario has no tickets');
    const plannedId = 1 + customer;
    helpdesk.act({
      kind: 'ticket',
      atMs: Date.now(),
      ticket: {
        ...like,
        id: plannedId,
        atMs: Date.now(),
        email: emailOf(customer),
        channel: 'email',
        ...wordsOf(customer),
        followUpOf: null,
      },
    });
    const [id] = [...helpdesk.planned].find(([, { id: held }]) => held === plannedId) ?? [];
    if (id === undefined) throw new RangeError(`customer ${customer} has no ticket`);
    return id;
  },
  /** An agent answers that planned ticket. */
  reply: ({ kind, customer, ...how }: { kind: HelpdeskKind; customer: number } & AgentAnswer): void =>
    helpdeskOf(kind).act({
      kind: 'update',
      atMs: Date.now(),
      ticketId: 1 + customer,
      author: customer % agentIds().length,
      comment: { text: reply, public: true },
      status: how.status,
      addSeconds: how.seconds,
      assign: true,
    }),
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
  answer: ({ ticketId, ...how }: { ticketId: number } & AgentAnswer) => answer(ticketId, how),
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
