import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { dayMs, minuteMs } from '../../src/core/time.ts';
import { setUp } from './connected.ts';
import { openDatabase } from './installation.ts';
import { atLeast, atMost, type Measure, plain, rounded } from './measures.ts';
import { residentMbOf } from './process-use.ts';
import { type Installation, startCommand, startServer } from './server-process.ts';
import type { Seen } from './vendors.ts';

/** Whose tickets the history is made of. */
const customers = 2000;
const historyDays = 300;
const samples = 10;
const pollMs = 200;
/** Below this many tickets the programs are still filling their working memory, and the slope says nothing. */
const steadyTickets = 100_000;
const steadySlope = 20;
const slopeName = '  slope, MB per 100,000 tickets, the steeper of both';
const longestMs = 30 * 60_000;

/** A Professional plan, of which we use half unless told. */
const perMinute = 700;
const ourShare = 0.5;
const limitedTickets = 4000;
/** Starting up and the first walk do not count; the seconds after them do. */
const startingMs = 20_000;
const measuredMs = 75_000;

const inMegabytes = (value: number): string => value.toFixed(1);
const inPercent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const startBackfill = (installation: Installation): ChildProcess => {
  const since = new Date(Date.now() - (historyDays + 30) * dayMs).toISOString().slice(0, 10);
  return startCommand(installation, 'backfill', '--since', since, '--connection', 'helpdesk');
};

const residentMb = async (pid = 0): Promise<number> => (await residentMbOf(pid)) ?? Number.NaN;

/** MB per 100,000 tickets by least squares, the first third left out: there the program fills its working memory. */
const slopeOf = (points: readonly { readonly done: number; readonly mb: number }[]): number => {
  const late = points.slice(Math.floor(points.length / 3));
  const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
  const [x, y] = [mean(late.map(({ done }) => done)), mean(late.map(({ mb }) => mb))];
  const above = late.reduce((sum, { done, mb }) => sum + (done - x) * (mb - y), 0);
  return (1e5 * above) / late.reduce((sum, { done }) => sum + (done - x) ** 2, 0);
};

/** A history of so many closed tickets, read by the command beside a running server from a helpdesk that sets no limits. */
const measureSpeed = async (tickets: number): Promise<Measure[]> => {
  const { installation, vendors, end } = await setUp({ customers });
  try {
    await vendors.ask('history', { from: 0, to: tickets });
    const server = await startServer(installation);
    const client = await openDatabase(installation);
    const points: { done: number; mb: number; serverMb: number }[] = [];
    try {
      const startMs = performance.now();
      const command = startBackfill(installation);
      const exited = once(command, 'exit');
      let verdict = '';
      command.stdout?.on('data', (chunk) => {
        verdict += chunk;
      });
      let done = 0;
      while (command.exitCode === null && performance.now() - startMs < longestMs) {
        const { rows } = await client.query<{ done: string }>(
          'select count(*) as done from ticket where pulled_at is not null',
        );
        done = Number(rows[0]?.done);
        if (done >= ((points.length + 1) * tickets) / samples)
          points.push({ done, mb: await residentMb(command.pid), serverMb: await residentMb(server.pid) });
        await wait(tickets > 50_000 ? 5 * pollMs : pollMs);
      }
      const seconds = (performance.now() - startMs) / 1000;
      if (command.exitCode === null) command.kill('SIGKILL');
      await exited;
      const complete = /"complete":\s*true/.test(verdict);
      const slopes = [
        slopeOf(points),
        slopeOf(points.map(({ done: at, serverMb: mb }) => ({ done: at, mb }))),
      ] as const;
      return [
        atLeast(
          `backfill without limits, tickets per minute (${rounded(tickets)} closed tickets with audits)`,
          complete ? (60 * tickets) / seconds : 0,
          20_000,
          rounded,
        ),
        plain('  ended', complete ? `complete after ${seconds.toFixed(0)} s` : `not complete: ${done} read`),
        plain(
          `  resident MB of command/server at each ${rounded(tickets / samples)}`,
          points.map(({ mb, serverMb }) => `${mb.toFixed(0)}/${serverMb.toFixed(0)}`).join(', '),
        ),
        tickets >= steadyTickets
          ? atMost(slopeName, Math.max(...slopes), steadySlope, inMegabytes)
          : plain(slopeName, `${inMegabytes(Math.max(...slopes))}; no goal below ${rounded(steadyTickets)} tickets`),
      ];
    } finally {
      await client.end();
      await server.stop();
    }
  } finally {
    await end();
  }
};

/** How much of our share of the account's limit a backfill uses, and that it uses no more. */
const measureShare = async (): Promise<Measure[]> => {
  const limits = { zendesk: { perMinute }, bigcommerce: 'off' } as const;
  const { installation, vendors, end } = await setUp({ customers, limits });
  try {
    await vendors.ask('history', { from: 0, to: limitedTickets });
    const command = startBackfill(installation);
    const exited = once(command, 'exit');
    await wait(startingMs);
    const fromMs = Date.now();
    await wait(measuredMs);
    const toMs = Date.now();
    const early = command.exitCode !== null;
    command.kill('SIGKILL');
    await exited;
    const seen = await vendors.ask<readonly Seen[]>('seen');
    const times = seen.map(({ endedAt }) => endedAt).toSorted((one, other) => one - other);
    const used = times.filter((at) => at >= fromMs && at < toMs).length;
    const most = Math.max(...times.map((at, index) => times.findLastIndex((one) => one < at + minuteMs) - index + 1));
    const share = perMinute * ourShare;
    return [
      atLeast(
        'backfill with limits, share of our share reached',
        early ? 0 : used / ((share * (toMs - fromMs)) / minuteMs),
        0.95,
        inPercent,
      ),
      atMost('  most within any minute, against our share', most / share, 1, inPercent),
      plain(
        '  of which',
        `${used} calls in ${((toMs - fromMs) / 1000).toFixed(0)} s of ${perMinute} a minute, ours ${share}; refused by the helpdesk: ${seen.filter(({ status }) => status === 429).length}`,
      ),
    ];
  } finally {
    await end();
  }
};

export const measureBackfill = async ({ tickets }: { readonly tickets: number }): Promise<Measure[]> => [
  ...(await measureSpeed(tickets)),
  ...(await measureShare()),
];
