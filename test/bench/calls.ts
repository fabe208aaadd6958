import { setTimeout as wait } from 'node:timers/promises';
import { setUp } from './connected.ts';
import { openDatabase } from './installation.ts';
import { atMost, type Measure, plain, quantile } from './measures.ts';
import { playLives, lives as tickets } from './played-lives.ts';
import { startServer } from './server-process.ts';
import type { Progress, Seen } from './vendors.ts';

const pricedWithinMs = 60_000;
const pollMs = 250;

const seconds = (value: number): string => `${value.toFixed(1)} s`;
const count = (value: number): string => value.toFixed(2);

/** Calls about one ticket: by its id in the path, or among the ids of a bulk read, which then counts in full. */
const callsOf = (seen: readonly Seen[], ticketId: number): { reads: Seen[]; writes: Seen[] } => {
  const own = seen.filter(({ path }) => {
    const url = new URL(path, 'http://bench');
    const ids = url.searchParams.get('ids')?.split(',') ?? [];
    return (
      url.pathname.split(/[/.]/).includes(String(ticketId)) ||
      (url.pathname.includes('/tickets/show_many') && ids.includes(String(ticketId)))
    );
  });
  return { reads: own.filter(({ method }) => method === 'GET'), writes: own.filter(({ method }) => method !== 'GET') };
};

/** Helpdesk calls over the life of a ticket at real pace: created, answered twice, solved, with a walk over the change feed between. */
export const measureCalls = async (): Promise<Measure[]> => {
  const { installation, vendors, end } = await setUp({ customers: tickets, how: 'events' });
  try {
    const server = await startServer(installation);
    const client = await openDatabase(installation);
    const pricedSeconds: number[] = [];
    const ticketIds: number[] = [];
    const openedAt = new Map<number, number>();
    const solvedAt = new Map<number, number>();
    let seen: readonly Seen[] = [];
    try {
      await playLives(installation, {
        vendors,
        async open(customer) {
          ticketIds.push(await vendors.ask<number>('open', { customer }));
          openedAt.set(ticketIds[customer] ?? 0, Date.now());
        },
        async answer(customer, how) {
          const ticketId = ticketIds[customer] ?? 0;
          await vendors.ask('answer', { ticketId, ...how });
          if (how.status === 'solved') solvedAt.set(ticketId, Date.now());
        },
      });
      const deadline = Date.now() + pricedWithinMs;
      const priced = new Set<number>();
      while (priced.size < tickets && Date.now() < deadline) {
        const { rows } = await client.query<{ external_id: string; at: Date }>(
          'select t.external_id, max(p.posted_at) as at from posting p join ticket t on t.id = p.ticket_id group by 1',
        );
        for (const { external_id, at } of rows) {
          const ticketId = Number(external_id);
          const solved = solvedAt.get(ticketId);
          if (solved === undefined || priced.has(ticketId) || at.getTime() < solved) continue;
          priced.add(ticketId);
          pricedSeconds.push((at.getTime() - solved) / 1000);
        }
        await wait(pollMs);
      }
      seen = await vendors.ask<readonly Seen[]>('seen');
    } finally {
      await client.end();
      await server.stop();
    }
    const lives = [...openedAt].map(([ticketId, opened]) => {
      const { reads, writes } = callsOf(seen, ticketId);
      const tagged = writes[0];
      return {
        reads: reads.length,
        writes: writes.length,
        taggedSeconds: tagged ? (tagged.endedAt - opened) / 1000 : Number.POSITIVE_INFINITY,
      };
    });
    // Who we are, asked once by each process, belongs to no ticket.
    const about = seen.filter(({ path }) => /\/api\/v2\/(tickets|users(?!\/me\b))\//.test(path));
    const reads = about.filter(({ method }) => method === 'GET').length / tickets;
    const writes = about.filter(({ method }) => method !== 'GET').length / tickets;
    const { lost } = await vendors.ask<Progress>('progress');
    return [
      atMost(`helpdesk reads over a ticket's life (created, answered twice, solved)`, reads, 3, count),
      atMost(`helpdesk writes over a ticket's life`, writes, 1, count),
      plain(
        '  of which',
        `${tickets} tickets; reads that name a ticket, a shared bulk read counted for each of its tickets: at most ${Math.max(...lives.map((life) => life.reads))}`,
      ),
      atMost(
        'tagged after creation, p95',
        quantile(
          lives.map(({ taggedSeconds }) => taggedSeconds),
          0.95,
        ),
        10,
        seconds,
      ),
      atMost(
        'priced after solving, p95',
        pricedSeconds.length === tickets ? quantile(pricedSeconds, 0.95) : Number.POSITIVE_INFINITY,
        60,
        seconds,
      ),
      plain('  deliveries refused, complaints in the log', `${lost}, ${server.complaints.length}`),
    ];
  } finally {
    await end();
  }
};
