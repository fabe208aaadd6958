import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Product } from '../../src/compose.ts';
import { connect } from '../../src/connect.ts';
import { dayMs } from '../../src/core/time.ts';
import { importText } from '../../src/import.ts';
import { createBigcommerceSandbox } from '../../src/sandbox/bigcommerce/index.ts';
import type { SandboxClock } from '../../src/sandbox/clock.ts';
import type { FaultPlan } from '../../src/sandbox/http.ts';
import { createZendeskSandbox, fieldIds } from '../../src/sandbox/zendesk/index.ts';
import { viaOf } from '../../src/sandbox/zendesk/model.ts';
import { atEndOfFile } from '../support/cleanup.ts';
import { orderInput } from '../support/order-input.ts';

/** Both vendors, empty, with one agent. An hour of the agent costs 36 USD: a second is 10,000 micros. */
export const vendors = async (
  clock: SandboxClock,
  { faults, concurrency = 8 }: { faults?: FaultPlan; concurrency?: number } = {},
) => {
  const zendesk = await createZendeskSandbox({
    clock,
    seed: 'line',
    limits: 'off',
    delivery: { concurrency, timeoutMs: 60_000 },
    ...(faults && { faults }),
  });
  const bigcommerce = await createBigcommerceSandbox({ clock, seed: 'line', limits: 'off' });
  atEndOfFile(async () => {
    await Promise.all([zendesk.close(), bigcommerce.close()]);
  });
  const tagCalls = new Map<number, number>();
  const port = Number(new URL(zendesk.url).port);
  const onRequest = (message: unknown): void => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    const { method, url = '', socket } = request;
    const id = Number(/^\/api\/v2\/tickets\/(\d+)\/tags\b/.exec(url)?.[1]);
    if (socket.localPort !== port || method === 'GET' || !id) return;
    // A call that named an older state was refused and changed nothing.
    response.once('close', () => {
      if (response.statusCode < 300) tagCalls.set(id, (tagCalls.get(id) ?? 0) + 1);
    });
  };
  subscribe('http.server.request.start', onRequest);
  atEndOfFile(async () => {
    unsubscribe('http.server.request.start', onRequest);
  });
  const { desk } = zendesk;
  const { shop } = bigcommerce;
  const nowMs = () => clock.now().getTime();
  const agent = desk.addUser({
    name: 'Agent Ada',
    email: 'ada@example.com',
    role: 'agent',
    locale: 'en-US',
    organizationId: null,
  });

  return {
    zendesk,
    bigcommerce,
    desk,
    agent,

    /** An order over 100.00 USD from Sweden; channel 3 is Nord's, 4 Sud's, 1 our own. */
    order: (email: string, channelId = 3) =>
      shop.place(orderInput({ placedAtMs: nowMs() - dayMs, email, channelId, statusId: 10 })),

    /** A customer writes. */
    open(email: string, body = 'Where is it?') {
      const customer = desk.addUser({ name: email, email, role: 'end-user', locale: 'sv', organizationId: null });
      return desk.create({
        atMs: nowMs(),
        subject: 'My parcel',
        body,
        requesterId: customer.id,
        via: viaOf('email'),
        brandId: 5,
        tags: ['vip'],
      });
    },

    /** The agent answers in so many seconds and solves. */
    solve(id: number, seconds: number): void {
      desk.update(id, {
        atMs: nowMs(),
        authorId: agent.id,
        comment: { body: 'It is on its way.', public: true },
        values: {
          status: 'solved',
          assigneeId: agent.id,
          fields: new Map([[fieldIds.totalTime, String(seconds)]]),
        },
      });
    },

    /** Imports partners, regions, rates and rules, and connects both vendors in mode act. */
    async setUp(product: Product): Promise<void> {
      const bring = (what: string, text: string) => importText(product, what, text, { dryRun: false, actor: 'test' });
      await bring('partners', 'code,name,aliases\nnord,Nord,\nsud,Sud,');
      await bring('regions', 'region,name,countries\nnordics,Nordics,SE|NO');
      await bring('rates', 'scope,key,hourly,currency,valid_from\ndefault,,36.00,USD,2020-01-01');
      const channels = { gives: 'partner', from: { place: 'channel' }, values: { 1: 'direct', 3: 'nord', 4: 'sud' } };
      await bring('mapping-rules', JSON.stringify([channels]));
      const connecting = { mode: 'act' as const, actor: 'test' };
      await connect(product, { ...connecting, kind: 'zendesk', settings: zendesk.settings, remoteSetup: true });
      await connect(product, {
        ...connecting,
        kind: 'bigcommerce',
        settings: bigcommerce.settings,
        remoteSetup: false,
      });
    },

    /** Seconds that the agents' own audits put on each ticket's clock. */
    secondsOf: (id: number): number =>
      desk
        .ticket(id)
        .audits.filter(({ author_id }) => author_id === agent.id)
        .flatMap(({ events }) => events)
        .filter(({ field_name }) => field_name === String(fieldIds.totalTime))
        .reduce((sum, { value, previous_value }) => sum + Number(value) - Number(previous_value ?? 0), 0),

    /** How often the tags of a ticket were written, calls that changed nothing included. */
    tagCallsOn: (id: number): number => tagCalls.get(id) ?? 0,

    /** What our API user changed of the ticket. */
    writesOn: (id: number) => desk.ticket(id).audits.filter(({ author_id }) => author_id === zendesk.apiUserId),
  };
};

export type Vendors = Awaited<ReturnType<typeof vendors>>;
