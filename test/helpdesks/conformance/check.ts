import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { HelpdeskClient, TicketSnapshot } from '../../../src/helpdesks/port.ts';
import type { Clock } from '../../../src/platform/clock.ts';
import type { CallSeen } from '../../../src/platform/http/client.ts';
import { type CheckOf, deliveriesOf } from '../../conformance/check.ts';
import { type Arrival, secret } from '../../conformance/proofs.ts';
import { startUpstream, type Upstream } from '../../conformance/upstream.ts';
import { jumpingClock } from '../../sandbox/jumping-clock.ts';
import type { Desk, Harness, Optional } from './harness.ts';

export type Check = CheckOf<Harness, Optional>;

export const ticketDeliveries = (harness: Harness): [string, string][] =>
  [...deliveriesOf(harness)].filter(([name]) => name !== 'unknown' && name !== 'ours');

export const verify = (
  { adapter, settings, withSecrets, apiUserId, sentAt, sign }: Harness,
  body: string,
  {
    secrets = [secret],
    now = sentAt,
    headers = sign(body, secret, sentAt),
    by = apiUserId,
  }: Arrival & { readonly by?: string | null } = {},
) =>
  adapter.verifyDelivery({
    settings: adapter.settings.parse({ ...settings, ...withSecrets(secrets) }),
    apiUserId: by,
    headers,
    body: Buffer.from(body),
    now,
  });

/** A desk with a proxy before it, and clients of the adapter that go through the proxy. */
export interface World {
  readonly clock: Clock;
  readonly desk: Desk;
  readonly upstream: Upstream;
  /** When each request left, by the clock: what arrives later may arrive in another minute of a clock that jumps. */
  readonly leftAtMs: number[];
  /** Every try of every client, as metrics hear of it. */
  readonly observed: CallSeen[];
  settings(more?: object): Record<string, unknown>;
  client(more?: object): HelpdeskClient;
}

/** Hears of each request to a host as it leaves, whichever of Node's two clients sends it. */
const departures = (host: string, onRequest: () => void) => {
  const heard = (message: unknown): void => {
    const { request } = message as { request: { origin?: string | URL; getHeader?: (name: string) => unknown } };
    const to = request.origin === undefined ? request.getHeader?.('host') : new URL(request.origin).host;
    if (to === host) onRequest();
  };
  const names = ['undici:request:create', 'http.client.request.start'];
  for (const name of names) subscribe(name, heard);
  return {
    stop: () => {
      for (const name of names) unsubscribe(name, heard);
    },
  };
};

export const worldStart = new Date('2026-03-02T09:00:00Z');

export const withWorld = async (
  { adapter, startDesk }: Harness,
  work: (world: World) => void | Promise<void>,
): Promise<void> => {
  const clock = jumpingClock(worldStart.getTime());
  const desk = await startDesk(clock);
  const upstream = await startUpstream(clock, desk.url);
  const observed: CallSeen[] = [];
  const leftAtMs: number[] = [];
  const ear = departures(new URL(upstream.url).host, () => leftAtMs.push(clock.now().getTime()));
  const settings = (more: object = {}) => ({ ...desk.settings, baseUrl: upstream.url, limitShare: 1, ...more });
  try {
    await work({
      clock,
      desk,
      upstream,
      observed,
      leftAtMs,
      settings,
      client: (more) =>
        adapter.connect(adapter.settings.parse(settings(more)), {
          clock,
          allowPrivate: true,
          apiUserId: desk.apiUserId,
          observe: (call) => observed.push(call),
        }),
    });
  } finally {
    ear.stop();
    await upstream.close();
    await desk.close();
  }
};

/** A check that talks to a desk. */
export const withDesk = (
  name: string,
  work: (world: World, harness: Harness) => void | Promise<void>,
  needs?: Optional,
): Check => ({
  name,
  ...(needs ? { needs } : {}),
  run: (harness) => withWorld(harness, (world) => work(world, harness)),
});

export const kim = {
  subject: 'Where is the lamp of #1001?',
  text: 'Kim waits for the lamp since Tuesday.',
  email: 'kim.larsson@example.com',
  tags: ['vip'],
} as const;

/** A ticket that nothing is done to any more for a while, so that change feeds tell it. */
export const openTicket = async ({ desk, clock }: World, more: Partial<Parameters<Desk['open']>[0]> = {}) => {
  const id = desk.open({ ...kim, ...more });
  await clock.sleep(60_000);
  return id;
};

/** A ticket that an agent answered, worked on for 300 s and solved. */
export const solvedTicket = async (world: World): Promise<string> => {
  const id = await openTicket(world);
  world.desk.reply(id);
  await world.clock.sleep(60_000);
  world.desk.solve(id, 300);
  await world.clock.sleep(120_000);
  return id;
};

export const pullOne = async (
  client: HelpdeskClient,
  externalId: string,
  withHistory: 'yes' | 'no' | 'if solved' = 'yes',
): Promise<TicketSnapshot> => {
  const { tickets } = await client.pullTickets([{ externalId, withHistory }]);
  const [ticket] = tickets;
  if (tickets.length !== 1 || !ticket) throw new Error(`a pull of ticket ${externalId} gave ${tickets.length} tickets`);
  return ticket;
};

/** Ends waits that no clock of ours governs in a fraction of their time, sockets' own included. */
export const hurried = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  const { Socket } = await import('node:net');
  const [timer, idle] = [globalThis.setTimeout, Socket.prototype.setTimeout];
  const shorter = (ms: number | undefined): number | undefined => (ms && ms >= 2000 ? Math.ceil(ms / 200) : ms);
  globalThis.setTimeout = ((task: () => void, ms?: number, ...rest: unknown[]) =>
    timer(task as (...given: unknown[]) => void, shorter(ms), ...rest)) as typeof setTimeout;
  Socket.prototype.setTimeout = function (ms, task) {
    return idle.call(this, shorter(ms) ?? 0, task);
  };
  try {
    return await work();
  } finally {
    globalThis.setTimeout = timer;
    Socket.prototype.setTimeout = idle;
  }
};
