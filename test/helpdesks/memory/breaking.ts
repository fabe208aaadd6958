import type { z } from 'zod';
import type {
  HelpdeskAdapter,
  HelpdeskClient,
  HelpdeskSidebar,
  Remote,
  TicketChange,
  TicketHistory,
  TicketSnapshot,
  Verification,
  VerifiedDelivery,
} from '../../../src/helpdesks/port.ts';
import type { createHttp } from '../../../src/platform/http/client.ts';
import { naiveHttp } from '../../conformance/breaks.ts';
import type { Harness } from '../conformance.ts';
import { connectWith } from './index.ts';
import { settingsSchema } from './settings.ts';

export type Break = (harness: Harness) => Harness;
export type Deps = Parameters<HelpdeskAdapter['connect']>[1];

export const adapterWith =
  (part: (adapter: HelpdeskAdapter) => Partial<HelpdeskAdapter>): Break =>
  (harness) => ({ ...harness, adapter: { ...harness.adapter, ...part(harness.adapter) } });

export const settingsWith = (shape: z.ZodRawShape): Break =>
  adapterWith(() => ({ settings: settingsSchema.extend(shape) as unknown as HelpdeskAdapter['settings'] }));

export type Verify = HelpdeskAdapter['verifyDelivery'];
export const verifyWith = (alter: (input: Parameters<Verify>[0], right: Verify, read: Verify) => Verification): Break =>
  adapterWith((adapter) => ({
    verifyDelivery: (input) => alter(input, adapter.verifyDelivery, adapter.readDelivery),
  }));
export const deliveryWith = (alter: (delivery: VerifiedDelivery, input: Parameters<Verify>[0]) => object): Break =>
  verifyWith((input, right) => {
    const said = right(input);
    return said.outcome === 'verified'
      ? { ...said, delivery: { ...said.delivery, ...alter(said.delivery, input) } }
      : said;
  });
export const clientWith = (alter: (client: HelpdeskClient, deps: Deps) => Partial<HelpdeskClient>): Break =>
  adapterWith((adapter) => ({
    connect: (settings, deps) => {
      const client = adapter.connect(settings, deps);
      return { ...client, ...alter(client, deps) };
    },
  }));
export const ticketWith = (alter: (ticket: TicketSnapshot) => object): Break =>
  clientWith((client) => ({
    async pullTickets(wanted) {
      const pulled = await client.pullTickets(wanted);
      return { ...pulled, tickets: pulled.tickets.map((ticket) => ({ ...ticket, ...alter(ticket) })) };
    },
  }));
export const historyWith = (alter: (history: TicketHistory) => Partial<TicketHistory>): Break =>
  ticketWith(({ history }) => ({ history: history && { ...history, ...alter(history) } }));
export const remoteWith = (alter: (remote: Remote) => Partial<Remote>): Break =>
  clientWith((client) => (client.remote ? { remote: { ...client.remote, ...alter(client.remote) } } : {}));

export const sidebarWith = (alter: (sidebar: HelpdeskSidebar<object>) => Partial<HelpdeskSidebar<object>>): Break =>
  adapterWith(({ sidebar }) => (sidebar ? { sidebar: { ...sidebar, ...alter(sidebar) } } : {}));

export const httpWith = (httpFor: typeof createHttp): Break =>
  adapterWith(() => ({ connect: connectWith(httpFor) as HelpdeskAdapter['connect'] }));
export const unbounded = { run: <Result>(call: () => Promise<Result>) => call(), learn: () => {}, pause: () => {} };
export const naive = httpWith(naiveHttp);
export const troubled = [
  'HTML instead of JSON',
  'a gateway page',
  'status 500',
  'status 503',
  'a broken connection',
  'an answer cut short',
  'an empty answer where one is needed',
];

export const walkWith = (
  walk: (
    from: Parameters<HelpdeskClient['walkChanges']>[0],
    client: HelpdeskClient,
  ) => AsyncGenerator<{ changed: readonly TicketChange[]; cursor: string | null }>,
): Break => clientWith((client) => ({ walkChanges: (from) => walk(from, client) }));
export const allOf = async (client: HelpdeskClient, since: Date): Promise<TicketChange[]> => {
  const all: TicketChange[] = [];
  for await (const { changed } of client.walkChanges({ cursor: null, since })) all.push(...changed);
  return all;
};
