import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dayMs, hourMs, secondMs } from '../../src/core/time.ts';
import type { HelpdeskAdapter, HelpdeskClient, TicketChange, TicketSnapshot } from '../../src/helpdesks/port.ts';
import type { CallSeen } from '../../src/platform/http/client.ts';
import type { SandboxClock } from '../../src/sandbox/clock.ts';
import type { Action, PlannedTicket } from '../../src/sandbox/scenario/actions.ts';
import { createScenario } from '../../src/sandbox/scenario.ts';

export const startsAt = new Date('2026-03-02T00:00:00Z');
export const plan = createScenario({ seed: 'flow', startsAt, days: 12, scale: 0.3 });

/** What the plan does at a helpdesk, in order: the store's part is somebody else's. */
const actions: readonly Action[] = plan.timeline.filter(
  ({ kind }) => kind === 'ticket' || kind === 'update' || kind === 'merge' || kind === 'delete',
);

/** Lets the plan happen by and by: `some` plays so many of its actions, `rest` all that are left. */
export const player = (act: (action: Action) => void, clock: SandboxClock) => {
  let done = 0;
  const some = async (count: number): Promise<void> => {
    const now = actions.slice(done, done + count);
    done += now.length;
    for (const action of now) {
      const waitMs = action.atMs - clock.now().getTime();
      if (waitMs > 0) await clock.sleep(waitMs);
      act(action);
    }
  };
  return {
    some,
    async rest() {
      await some(actions.length);
      await clock.sleep(2 * dayMs);
    },
  };
};

/** The last partner that an agent named on each ticket, by the plan's ids. */
export const namedPartners = (): ReadonlyMap<number, { readonly partner: string; readonly by: 'tag' | 'field' }> =>
  new Map(plan.timeline.flatMap((one) => (one.kind === 'update' && one.names ? [[one.ticketId, one.names]] : [])));

/** Tickets to which nothing odd happens in the plan, for they are neither merged nor deleted: the first, and all that agents spoke of. */
export const plainTickets = (): PlannedTicket[] => {
  const odd = new Set(
    plan.timeline.flatMap((one) =>
      one.kind === 'merge' ? [one.ticketId, one.intoId] : one.kind === 'delete' ? [one.ticketId] : [],
    ),
  );
  const named = namedPartners();
  const plain = plan.tickets.filter(({ id, followUpOf }) => !odd.has(id) && followUpOf === null);
  return plain.filter(({ id }, index) => index < 150 || named.has(id));
};

/** A client as the program makes it, with half of the account's limit. */
export const clientOf = (
  adapter: HelpdeskAdapter,
  settings: object,
  { clock, apiUserId, observed = [] }: { clock: SandboxClock; apiUserId: string; observed?: CallSeen[] },
): HelpdeskClient =>
  adapter.connect(adapter.settings.parse(settings), {
    clock,
    allowPrivate: true,
    apiUserId,
    observe: (call) => observed.push(call),
  });

/** The latest change of each ticket over two walks, as reconcile does it: to the end, and once more with an overlap. */
export const walkedTwice = async (
  client: HelpdeskClient,
  clock: SandboxClock,
  between: () => Promise<void>,
): Promise<Map<string, TicketChange>> => {
  const latest = new Map<string, TicketChange>();
  const walk = async (since: Date, onPage: () => Promise<void>): Promise<void> => {
    for await (const { changed } of client.walkChanges({ cursor: null, since })) {
      for (const change of changed)
        if (!(Number(latest.get(change.externalId)?.updatedAt) > change.updatedAt.getTime()))
          latest.set(change.externalId, change);
      await onPage();
    }
  };
  const firstAtMs = clock.now().getTime();
  await walk(new Date(startsAt.getTime() - hourMs), between);
  await clock.sleep(5 * 60 * secondMs);
  await walk(new Date(firstAtMs - hourMs), async () => undefined);
  return latest;
};

/** Every ticket with its history, pulled by 25. */
export const pulledAll = async (
  client: HelpdeskClient,
  ids: readonly string[],
): Promise<Map<string, TicketSnapshot>> => {
  const all = new Map<string, TicketSnapshot>();
  let left = [...ids];
  for (let round = 0; left.length > 0; round += 1) {
    if (round > ids.length) throw new Error(`${left.length} tickets never come`);
    const { tickets, missing } = await client.pullTickets(
      left.slice(0, 25).map((externalId) => ({ externalId, withHistory: 'yes' })),
    );
    for (const ticket of tickets) all.set(ticket.externalId, ticket);
    left = left.filter((id) => !all.has(id) && !missing.includes(id));
  }
  return all;
};

export interface Delivered {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly at: Date;
}

/** Takes deliveries, and has the adapter verify each. */
export const startReceiver = async (clock: SandboxClock) => {
  const delivered: Delivered[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      delivered.push({ headers: request.headers, body: Buffer.concat(chunks), at: clock.now() });
      response.writeHead(202).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    delivered,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/a-key-of-sixteen-letters`,
    verified: (adapter: HelpdeskAdapter, settings: object, apiUserId: string) =>
      delivered.map(({ headers, body, at }) =>
        adapter.verifyDelivery({
          settings: adapter.settings.parse(settings),
          apiUserId,
          headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
          body,
          now: at,
        }),
      ),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
