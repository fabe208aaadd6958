import { pino } from 'pino';
import { vi } from 'vitest';
import type { Product } from '../../src/compose.ts';
import { loadConfig } from '../../src/config.ts';
import { connect } from '../../src/connect.ts';
import { dayMs, hourMs, minuteMs } from '../../src/core/time.ts';
import { importText } from '../../src/import.ts';
import { type Running, start } from '../../src/main.ts';
import { catchingUpClock } from '../../src/platform/clock.ts';
import {
  createSandbox,
  type FaultPlan,
  type HelpdeskKind,
  helpdeskKinds,
  type Sandbox,
  type SandboxOptions,
} from '../../src/sandbox/index.ts';
import { atEndOfFile } from '../support/cleanup.ts';
import { freePort } from '../support/cli.ts';
import { testDatabaseUrl } from '../support/database.ts';
import { type Front, openFront } from './front.ts';
import { temporaryFolder } from './server.ts';
import { countTagCalls } from './tag-calls.ts';
import { countVendorCalls, type VendorCalls } from './vendor-calls.ts';

const days = 2;
const workday = { fromMs: 7 * hourMs, toMs: 19 * hourMs };
const scale = 0.2;
/** From 8 to 14 h of the second day: three hours behind a proxy that answers, three without. */
const outage = { fromMs: 32 * hourMs, goneFromMs: 35 * hourMs, toMs: 38 * hourMs };
/** Fewer than the vendor's 100, for fewer tickets than a day of a shop has. */
const failuresToSwitchOff = 25;
/** Deliveries that each helpdesk gives up in these hours, at least. What happens once Gorgias has switched us off is no delivery. */
export const lostAtLeast: Readonly<Record<HelpdeskKind, number>> = { zendesk: 20, gorgias: 5, kustomer: 20 };
/**
 * Clock milliseconds per wall millisecond: at work and while we catch up; on the first day, which is history to the outage; at
 * night, when little happens; while we are away, and only the simulators are busy; while only late readings are waited for, and
 * while one of them is under way; while we catch up and a vendor's limit is what holds us; as good as the wall's, however long
 * a start or a stop takes.
 */
const speeds = {
  work: 3_000,
  firstDay: 8_000,
  night: 20_000,
  away: 10_000,
  late: 60_000,
  slow: 500,
  limited: 200,
  wall: 1.001,
};
/** Of the vendors' limits, where there are any: so little that they are what catching up takes. */
export const limitShare = 0.2;
/** On a machine that is busy with much else. */
const settleMs = 300_000;

export interface OutagePlan {
  readonly faults?: FaultPlan;
  readonly readings: Pick<SandboxOptions, 'delivery' | 'open'>;
  readonly limits?: NonNullable<SandboxOptions['limits']>;
}

export interface Outage {
  readonly sandbox: Sandbox;
  readonly product: Product;
  readonly front: Front;
  /** By connection name, then ticket. */
  readonly tagCalls: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly calls: ReadonlyMap<HelpdeskKind, Readonly<VendorCalls>>;
  readonly outbox: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * What is still to be done in all and at this moment, and whether every feed was read to its end after an instant. For a
 * ticket that was set aside nobody waits: that is a failure, and told as one.
 */
const leftToDo = async ({ db, clock }: Product, sinceMs: number) => {
  const [row] = await db.query<{ left: number; due: number; read: boolean }>(
    `with open as (
       select least(due_at, deep_due_at, stale_since) as at from ticket
        where quarantined_at is null and least(due_at, deep_due_at, stale_since) is not null
       union all select due_at from wanted_tag where state = 'pending'
       union all select due_at from invitation where state in ('pending', 'sending')
     )
     select count(*)::int as left, count(*) filter (where at <= $2)::int as due,
            (select coalesce(bool_and((cursor->>'endedAt')::timestamptz > $1), false) from sync_cursor where stream = 'tickets') as read
       from open`,
    [new Date(sinceMs), clock.now()],
  );
  if (!row) throw new RangeError('a count gave no row');
  return row;
};

/**
 * Plays a marketplace on all three helpdesks while our server is down for six hours, and waits until it has caught up: every
 * feed read, nothing due, and each webhook standing as we made it.
 */
export const playOutage = async ({ faults = {}, readings, limits = 'off' }: OutagePlan): Promise<Outage> => {
  const startMs = Math.floor(Date.now() / dayMs) * dayMs - 60 * dayMs;
  const clock = catchingUpClock({ startMs: startMs - hourMs, speed: speeds.wall });
  const sandbox = await createSandbox({
    clock,
    seed: 'outage',
    startsAt: new Date(startMs),
    days,
    scale,
    helpdesks: helpdeskKinds,
    limits,
    faults: { zendesk: faults, gorgias: faults, kustomer: faults },
    delivery: { concurrency: 16, timeoutMs: 20_000, failuresToSwitchOff, ...readings.delivery },
    open: readings.open ?? {},
  });
  const port = await freePort();
  const front = await openFront(port);
  const config = loadConfig({
    DATABASE_URL: await testDatabaseUrl(),
    DATA_DIR: await temporaryFolder(),
    SECRET_KEY: 'a key for tests that nobody else uses',
    PORT: String(port),
    PUBLIC_URL: front.url,
    FX_URL: 'off',
    ALLOW_PRIVATE_UPSTREAMS: 'true',
  });
  const boot = (): Promise<Running> =>
    start(config, { web: true, worker: true, clock, log: pino({ level: 'silent' }) });
  let running = await boot();
  atEndOfFile(async () => {
    await running.stop();
    await sandbox.close();
  });
  const bring = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [what, text] of Object.entries(files))
      await importText(running.product, what, text, { dryRun: false, actor: 'test' });
  };
  const { inputs } = sandbox;
  await bring({ partners: inputs.partners, regions: inputs.regions, 'mapping-rules': inputs.mappingRules });
  await bring({ 'ticket-rules': inputs.ticketRules, fx: inputs.fx });
  const joining = { mode: 'act', actor: 'test' } as const;
  if (limits !== 'off') clock.setSpeed(speeds.limited);
  for (const { kind, settings } of sandbox.helpdesks)
    await connect(running.product, { ...joining, kind, settings: { ...settings, limitShare }, remoteSetup: true });
  clock.setSpeed(speeds.wall);
  const store = { kind: 'bigcommerce', settings: sandbox.bigcommerce.settings, remoteSetup: false };
  await connect(running.product, { ...joining, ...store });
  await bring({ agents: inputs.agents, rates: inputs.rates });
  const tagCalls = new Map(sandbox.helpdesks.map((desk) => [desk.settings.name, countTagCalls(desk)]));
  const calls = new Map(sandbox.helpdesks.map((desk) => [desk.kind, countVendorCalls(desk, clock)]));

  /** Lets the hours pass up to that one of the plan: at this speed while agents work, faster at night. */
  const passUntil = async (toMs: number, atWork: number): Promise<void> => {
    for (;;) {
      const planMs = clock.now().getTime() - startMs;
      if (planMs >= toMs) return;
      const midnightMs = Math.floor(planMs / dayMs) * dayMs;
      const edges = [workday.fromMs, workday.toMs, dayMs + workday.fromMs].map((ms) => midnightMs + ms);
      const nextMs = Math.min(toMs, edges.find((ms) => ms > planMs) ?? toMs);
      const ofDayMs = planMs - midnightMs;
      clock.setSpeed(ofDayMs >= workday.fromMs && ofDayMs < workday.toMs ? atWork : speeds.night);
      await clock.sleep(nextMs - planMs);
    }
  };
  const playing = sandbox.play({ signal: new AbortController().signal, endAfterDays: true });
  await passUntil(dayMs, speeds.firstDay);
  await passUntil(outage.fromMs, speeds.work);
  front.state = 'away';
  clock.setSpeed(speeds.wall);
  await running.stop();
  await passUntil(outage.goneFromMs, speeds.away);
  front.state = 'gone';
  await passUntil(outage.toMs, speeds.away);
  // Where the machine is so busy that the deliveries of these hours are still on their way, nobody answers them either.
  clock.setSpeed(speeds.slow);
  const gaveUp = () =>
    sandbox.helpdesks.every(({ kind, delivery: { lost, trips } }) => lost > lostAtLeast[kind] && trips > 0);
  await vi.waitUntil(gaveUp, { timeout: 60_000, interval: 20 });
  clock.setSpeed(speeds.wall);
  running = await boot();
  front.state = 'open';
  if (limits !== 'off') {
    clock.setSpeed(speeds.limited);
    const backMs = clock.now().getTime();
    const { product } = running;
    await vi.waitUntil(
      async () => {
        const { due, read } = await leftToDo(product, backMs);
        return due === 0 && read;
      },
      { timeout: settleMs, interval: 100 },
    );
  }
  await passUntil(days * dayMs, speeds.work);
  clock.setSpeed(speeds.work);
  await playing;

  const { product } = running;
  const endedMs = clock.now().getTime();
  await vi.waitUntil(
    async () => {
      const { left, due, read } = await leftToDo(product, endedMs + 5 * minuteMs);
      const onTheWay = sandbox.helpdesks.reduce((sum, { delivery }) => sum + delivery.pending, 0);
      // However slow the machine: no later hour comes before the work of this one is done.
      clock.setSpeed(!read ? speeds.work : due > 0 ? speeds.slow : speeds.late);
      return left === 0 && read && onTheWay === 0;
    },
    { timeout: settleMs, interval: 50 },
  );
  clock.setSpeed(speeds.wall);
  return {
    sandbox,
    product,
    front,
    tagCalls,
    calls,
    outbox: product.outboxDir,
    fromMs: startMs + outage.fromMs,
    toMs: startMs + outage.toMs,
  };
};
