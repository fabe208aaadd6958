import { setTimeout as wait } from 'node:timers/promises';
import type { HelpdeskKind } from '../../src/sandbox/index.ts';
import { setUp } from './connected.ts';
import { openDatabase } from './installation.ts';
import { type Measure, plain } from './measures.ts';
import { playLives, lives as tickets } from './played-lives.ts';
import { startServer } from './server-process.ts';
import type { Seen } from './vendors.ts';

const kinds: readonly HelpdeskKind[] = ['gorgias', 'kustomer'];
const settledWithinMs = 60_000;
/** Both helpdesks settle a ticket's seconds late: its history is read again an hour and a day after it was solved. */
const lateReadings = 2;

/** A path with its ids taken out. */
const templateOf = ({ method, path }: Seen): string =>
  `${method} ${new URL(path, 'http://bench').pathname.replace(/\/(?:\d{3,}|[0-9a-f]{24})(?=\/|$)/g, '/{id}')}`;

/** Calls by what they ask for, the most first, in calls per ticket. */
const listed = (calls: readonly Seen[]): string =>
  [...Map.groupBy(calls, templateOf)]
    .toSorted(([, one], [, other]) => other.length - one.length)
    .map(([template, { length }]) => `${template} ${(length / tickets).toFixed(2)}`)
    .join(', ');

/** Calls per ticket over its life at the helpdesks that have no goal of their own: created, answered twice, solved, read again late. */
export const measureLives = async (): Promise<Measure[]> => {
  const { installation, vendors, end } = await setUp({ customers: tickets, helpdesks: kinds, how: 'events' });
  try {
    const server = await startServer(installation);
    const client = await openDatabase(installation);
    const atAll = (what: string, customer: number, how: object = {}) =>
      Promise.all(kinds.map((kind) => vendors.ask<string>(what, { kind, customer, ...how })));
    const settled = async (): Promise<void> => {
      const deadline = Date.now() + settledWithinMs;
      for (;;) {
        const { rows } = await client.query(`select 1 from ticket where due_at is not null or deep_due_at <= now()
          union all select 1 from wanted_tag where state = 'pending' limit 1`);
        if (rows.length === 0) return;
        if (Date.now() > deadline) throw new Error('the tickets did not settle');
        await wait(250);
      }
    };
    let seen: readonly Seen[] = [];
    const ids: string[] = [];
    try {
      await playLives(installation, {
        vendors,
        open: async (customer) => ids.push(...(await atAll('tell', customer))),
        answer: (customer, how) => atAll('reply', customer, how),
      });
      await settled();
      for (let reading = 1; reading <= lateReadings; reading += 1) {
        await client.query('update ticket set deep_due_at = now() where deep_due_at is not null');
        await settled();
      }
      seen = await vendors.ask<readonly Seen[]>('seen');
    } finally {
      await client.end();
      await server.stop();
    }
    return kinds.flatMap((kind) => {
      const all = seen.filter((one) => one.kind === kind);
      const [own = [], shared = []] = [true, false].map((names) =>
        all.filter(({ path }) => ids.some((id) => path.includes(id)) === names),
      );
      const writes = own.filter(({ method }) => method !== 'GET').length;
      return [
        plain(
          `${kind}: helpdesk calls over a ticket's life (created, answered twice, solved, read again twice)`,
          `${((own.length - writes) / tickets).toFixed(2)} reads, ${(writes / tickets).toFixed(2)} writes, ${(shared.length / tickets).toFixed(2)} that name no ticket`,
        ),
        plain('  of a ticket', listed(own)),
        plain('  of all together', listed(shared)),
      ];
    });
  } finally {
    await end();
  }
};
