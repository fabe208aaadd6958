import { setTimeout as wait } from 'node:timers/promises';
import { testRedis } from '../support/redis.ts';
import { setUp } from './connected.ts';
import { withInstallation } from './installation.ts';
import { atLeast, type Measure, median, plain, rounded } from './measures.ts';
import { cpuSecondsOf, postgresCpuSeconds } from './process-use.ts';
import { startServer } from './server-process.ts';
import type { Progress, Seen } from './vendors.ts';

/** Without the first, which does not count: code is compiled and statistics of the tables are made in it. */
const rounds = 3;
const ticketsInRound = 2500;
/** What every ticket waits after its last event, by design (DESIGN.md section 3); it is no work and is taken off. */
const quietSeconds = 3;
const withinMs = 120_000;
const pollMs = 100;

const until = async (what: string, done: () => Promise<boolean>): Promise<void> => {
  const deadline = performance.now() + withinMs;
  while (!(await done())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`);
    await wait(pollMs);
  }
};

interface Outcome {
  /** Tickets per second, round by round. */
  readonly rates: readonly number[];
  readonly deliveriesPerTicket: number;
  readonly ackSeconds: number;
  /** Processor milliseconds per ticket, all rounds; null where the system does not tell. */
  readonly cpuMs: { readonly product: number; readonly postgres: number; readonly vendors: number } | null;
  /** What is wrong with the books afterwards; empty when every ticket was posted and tagged once. */
  readonly faults: readonly string[];
}

/** Compares what was posted with what the simulator's agents did. */
const faultsIn = (
  product: Parameters<Parameters<typeof withInstallation>[1]>[0],
  { tickets, seen }: { tickets: number; seen: readonly Seen[] },
): Promise<string[]> =>
  product.db
    .query<Record<string, bigint>>(
      `select (select count(*) from ticket) as tickets,
              (select count(*) from ticket where settled_seq < dirty_seq and due_at is not null) as dirty,
              (select count(*) from ticket where quarantined_at is not null) as quarantined,
              (select count(*) from ticket where attempts > 0) as retried,
              (select count(*) from work_entry where kind = 'measured') as entries,
              (select count(distinct work_entry_id) from posting where reverses_id is null) as posted,
              (select count(*) from posting where reverses_id is not null) as reversed,
              (select count(*) from delivery where state = 'quarantined') as unreadable,
              (select count(*) from wanted_tag where state <> 'done') as untagged`,
    )
    .then(([row]) => {
      const { tickets: held, entries, posted, ...rest } = row ?? {};
      const writes = seen.filter(({ method }) => method !== 'GET').length;
      return [
        ...Object.entries({
          tickets: held,
          'work entries': entries,
          'posted entries': posted,
          'tag writes': BigInt(writes),
        })
          .filter(([, count]) => count !== BigInt(tickets))
          .map(([what, count]) => `${count} ${what} of ${tickets}`),
        ...Object.entries(rest)
          .filter(([, count]) => count !== 0n)
          .map(([what, count]) => `${count} ${what}`),
      ];
    });

const run = async (redisUrl: string | undefined): Promise<Outcome> => {
  const customers = (1 + rounds) * ticketsInRound;
  const { installation, vendors, token, end } = await setUp({ customers, how: 'trigger', redisUrl });
  try {
    const server = await startServer(installation);
    const isQuiet = async (): Promise<boolean> => {
      const response = await fetch(`${server.url}/api/v1/status`, { headers: { authorization: `Bearer ${token}` } });
      return ((await response.json()) as { pending: number }).pending === 0;
    };
    const rates: number[] = [];
    const ackSeconds: number[] = [];
    const cpuNow = async () => {
      const [product, postgres] = [await cpuSecondsOf(server.pid), await postgresCpuSeconds(installation.dataDir)];
      const simulated = await vendors.ask<number>('cpuSeconds');
      return product === null || postgres === null ? null : { product, postgres, vendors: simulated };
    };
    let cpuBefore: Awaited<ReturnType<typeof cpuNow>> = null;
    let cpuMs: Outcome['cpuMs'] = null;
    let from = 0;
    let deliveries = 0;
    try {
      for (let round = 0; round <= rounds; round += 1) {
        if (round === 1) cpuBefore = await cpuNow();
        const to = from + ticketsInRound;
        const before = await vendors.ask<Progress>('progress');
        const { startedAt } = await vendors.ask<{ startedAt: number }>('life', { from, to });
        await until('deliveries taken', async () => (await vendors.ask<Progress>('progress')).undelivered === 0);
        const ackedAt = Date.now();
        await until('tickets tagged', async () => (await vendors.ask<Progress>('progress')).tagged === to);
        const seen = await vendors.ask<readonly Seen[]>('seen');
        const lastTagAt = Math.max(...seen.filter(({ method }) => method === 'PUT').map(({ endedAt }) => endedAt));
        await until('nothing pending', isQuiet);
        if (round > 0) {
          rates.push((to - from) / ((lastTagAt - startedAt) / 1000 - quietSeconds));
          ackSeconds.push((ackedAt - startedAt) / 1000);
          deliveries += (await vendors.ask<Progress>('progress')).deliveries - before.deliveries;
        }
        from = to;
      }
      const cpuAfter = await cpuNow();
      const perTicket = (seconds: number) => (seconds * 1000) / (rounds * ticketsInRound);
      if (cpuBefore && cpuAfter)
        cpuMs = {
          product: perTicket(cpuAfter.product - cpuBefore.product),
          postgres: perTicket(cpuAfter.postgres - cpuBefore.postgres),
          vendors: perTicket(cpuAfter.vendors - cpuBefore.vendors),
        };
    } finally {
      await server.stop();
    }
    const seen = await vendors.ask<readonly Seen[]>('seen');
    const faults = await withInstallation(installation, (product) => faultsIn(product, { tickets: customers, seen }));
    const { lost } = await vendors.ask<Progress>('progress');
    if (lost > 0) faults.push(`${lost} deliveries refused`);
    if (server.complaints.length > 0)
      faults.push(
        `${server.complaints.length} complaints in the log, the first: ${server.complaints[0]?.slice(0, 300)}`,
      );
    return {
      rates,
      deliveriesPerTicket: deliveries / (rounds * ticketsInRound),
      ackSeconds: median(ackSeconds),
      cpuMs,
      faults,
    };
  } finally {
    await end();
  }
};

const measuresOf = (
  queue: string,
  goal: number,
  { rates, deliveriesPerTicket, ackSeconds, cpuMs, faults }: Outcome,
): Measure[] => [
  atLeast(
    `tickets from delivery to posting and tag, queue on ${queue}`,
    median(rates),
    goal,
    (rate) => `${rounded(rate)}/s`,
  ),
  plain(
    '  of which',
    `rounds of ${ticketsInRound}: ${rates.map(rounded).join(', ')}/s; ${deliveriesPerTicket.toFixed(1)} deliveries per ticket, taken in ${ackSeconds.toFixed(1)} s; ${quietSeconds} s of waiting for more events taken off`,
  ),
  ...(cpuMs
    ? [
        plain(
          '  processor time per ticket',
          `product ${cpuMs.product.toFixed(1)} ms, PostgreSQL ${cpuMs.postgres.toFixed(1)} ms, the simulated vendors ${cpuMs.vendors.toFixed(1)} ms`,
        ),
      ]
    : []),
  plain(
    '  books afterwards',
    faults.length === 0 ? 'every ticket posted once and tagged once, nothing pending' : faults.join('; '),
  ),
];

/** Tickets per second through the whole product: signed deliveries in, postings and tags out, web and worker in one process. */
export const measureTickets = async (): Promise<Measure[]> => {
  const redis = await testRedis();
  const onRedis: Measure[] = [];
  if (redis) {
    try {
      onRedis.push(...measuresOf('Redis', 400, await run(redis.url)));
    } finally {
      await redis.close();
    }
  } else onRedis.push(plain('tickets, queue on Redis', 'not measured: no redis-server'));
  return [...onRedis, ...measuresOf('PostgreSQL', 150, await run(undefined))];
};
