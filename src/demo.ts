import { createServer } from 'node:net';
import type { Product } from './compose.ts';
import type { Config } from './config.ts';
import { connect } from './connect.ts';
import { InvalidInput } from './core/errors.ts';
import { dayMs, minuteMs, secondMs } from './core/time.ts';
import { demoLog, demoLogOf, demoSignInCommand, forgetDemoTime, tellDemoTime, typedPath } from './demo-folder.ts';
import { clearDemo, demoConfig } from './demo-ledger.ts';
import { connectionStatuses } from './features/ingest/index.ts';
import { importText } from './import.ts';
import { listenFailure, printSignIn, type Running, start, untilSignal } from './main.ts';
import { type CatchingUpClock, catchingUpClock, wallClock } from './platform/clock.ts';
import type { Log } from './platform/log.ts';
import { installApp } from './preview/install.ts';
import {
  type Customers,
  createSandbox,
  type HelpdeskKind,
  helpdeskKinds,
  type Progress,
  type Sandbox,
} from './sandbox/index.ts';

const days = 90;
/** Wall time in which the days pass on a machine that keeps up: several helpdesks at once make more work of each ticket. */
const fastMsOf = (helpdesks: number): number => (helpdesks > 1 ? 180 : 90) * secondMs;
/** Tickets, tags and mails under way while the days pass at full speed. With more of them they pass more slowly. */
const comfortable = 150;
/**
 * What a webhook on its way weighs against a ticket. Kustomer's say when they were made, and are refused a day later, which
 * is two seconds here.
 */
const webhookWeights: Readonly<Record<HelpdeskKind, number>> = { zendesk: 0.2, gorgias: 0.2, kustomer: 2 };
/** Age of the oldest change under way while the days pass at full speed: a survey more than a week late is not sent. */
const comfortableLagSeconds = 2 * (dayMs / secondMs);
/** Part of the full speed that is kept whatever waits. */
const slowest = 0.1;
/** The plan's random choices follow from it: every demo tells the same story. */
const seed = 'demo';

/** Large plans and raised limits everywhere: what the fast days leave is soon worked off. */
const limits = {
  zendesk: { perMinute: 2500, updatesPerMinute: 300 },
  gorgias: { requests: 800, windowMs: 20_000 },
  kustomer: { perMinute: 4000, searchesPerMinute: 400 },
  bigcommerce: { total: 2000 },
};

/** 90 calendar days, as every report's usual period counts them: 89 whole ones, and today up to the moment at which the clock meets the wall's. */
const paceOf = (wallNowMs: number, fastMs: number): { startMs: number; endMs: number; speed: number } => {
  const endMs = wallNowMs + fastMs;
  const startMs = Math.floor(endMs / dayMs) * dayMs - (days - 1) * dayMs;
  return { startMs, endMs, speed: (endMs - startMs) / fastMs };
};

/**
 * What is connected before the first of its days holds all of it: the product connects this long before the story begins, at the
 * wall's pace.
 */
const leadMs = 15 * minuteMs;

/** A day is a second or two: on a busy machine work would pile up for weeks, and surveys be too late to be sent. */
export const holdBack = (
  clock: CatchingUpClock,
  fullSpeed: number,
  { product, sandbox, onSpeed }: { product: Product; sandbox: Sandbox; onSpeed?: (speed: number) => Promise<void> },
) =>
  wallClock.every(secondMs / 2, async () => {
    const statuses = await connectionStatuses(product.db, clock.now());
    const webhooks = sandbox.helpdesks.reduce(
      (sum, { kind, delivery }) => sum + delivery.pending * webhookWeights[kind],
      0,
    );
    const underWay = statuses.reduce((sum, { pending }) => sum + pending, webhooks);
    const lagSeconds = Math.max(...statuses.map((status) => status.lagSeconds));
    const kept = Math.min(1, comfortable / underWay, comfortableLagSeconds / lagSeconds);
    const speed = fullSpeed * Math.max(slowest, kept);
    clock.setSpeed(speed);
    await onSpeed?.(speed);
  });

/** Throws where the port cannot be had, before anything of an earlier demo is cleared. */
const checkPort = (config: Config): Promise<void> =>
  new Promise((resolve, reject) => {
    const { host, port } = config;
    const probe = createServer();
    probe.once('error', (error) => reject(listenFailure(error, config)));
    probe.listen(port, host, () => probe.close(() => resolve()));
  });

const importAll = async (product: Product, files: Readonly<Record<string, string>>): Promise<void> => {
  for (const [what, text] of Object.entries(files))
    await importText(product, what, text, { dryRun: false, actor: 'demo' });
};

export interface RunningDemo {
  readonly running: Running;
  readonly sandbox: Sandbox;
  /** The simulated Agent Workspace, with the sidebar app beside its tickets; absent where Zendesk does not play. */
  readonly workspaceUrl: string | undefined;
  /** Lets the days pass, then the live trickle, until `calm` or `stop`. Call it once. */
  play(onProgress?: (progress: Progress) => void): void;
  /** From now on nobody orders, writes or answers; the product goes on with what is under way. */
  calm(): Promise<void>;
  stop(): Promise<void>;
}

/** "zendesk,gorgias" as kinds; throws InvalidInput where a name is none. */
export const parseHelpdesks = (text: string): HelpdeskKind[] => {
  const names = text.split(',').map((name) => name.trim());
  const kinds = helpdeskKinds.filter((kind) => names.includes(kind));
  const odd = names.filter((name) => !helpdeskKinds.some((kind) => kind === name));
  if (odd.length > 0)
    throw new InvalidInput(`The demo knows no helpdesk "${odd.join('", "')}"; it plays ${helpdeskKinds.join(', ')}.`, [
      { field: '--helpdesks', reason: 'unknown' },
    ]);
  return kinds;
};

interface DemoOptions {
  readonly log: Log;
  /** Who shares the tickets of the marketplace; Zendesk alone unless given. */
  readonly helpdesks?: readonly HelpdeskKind[];
}

/**
 * Sets the marketplace up: simulators of its helpdesks and of BigCommerce, and a product on an empty ledger that is connected
 * to all of them, web and worker. `given` names where it listens and the folder under which the demo's own lies. Nothing happens until `play`.
 */
export const startDemo = async (given: Config, { log, helpdesks = ['zendesk'] }: DemoOptions): Promise<RunningDemo> => {
  await checkPort(given);
  const cleared = demoConfig(given, undefined);
  // The database is made here, and an attached server stays: the lead is for connecting.
  await clearDemo(cleared);
  const pace = paceOf(Date.now(), fastMsOf(helpdesks.length));
  const clock = catchingUpClock({ startMs: pace.startMs - leadMs, speed: 1 });
  // The story reaches up to this very moment, so that no gap opens between the fast days and the live ones.
  const sandbox = await createSandbox({
    clock,
    seed,
    startsAt: new Date(pace.startMs),
    days: (pace.endMs - pace.startMs) / dayMs,
    limits,
    helpdesks,
  });
  let workspaceUrl: string | undefined;
  let progress: Progress = { day: 0, days, orders: 0, tickets: 0, live: false };
  const config = demoConfig(given, sandbox.fx.url);
  const running = await start(config, {
    web: true,
    worker: true,
    clock,
    log,
    signInCommand: demoSignInCommand(config),
    extraStatus: () => ({
      demo: { ...progress, done: progress.live, now: clock.now().toISOString(), ...(workspaceUrl && { workspaceUrl }) },
    }),
  });
  const { product } = running;
  let governor: ReturnType<typeof holdBack> | undefined;
  const ended = new AbortController();
  let playing: Promise<void> | undefined;
  let customers: Customers | undefined;
  const calm = async (): Promise<void> => {
    ended.abort();
    await playing;
    await customers?.stop();
  };
  const stop = async (): Promise<void> => {
    await calm();
    await governor?.stop();
    await forgetDemoTime(config);
    // The vendors go last: work under way still calls them.
    await running.stop();
    await sandbox.close();
  };
  try {
    const bring = (files: Readonly<Record<string, string>>) => importAll(product, files);
    const { inputs } = sandbox;
    await bring({
      partners: inputs.partners,
      regions: inputs.regions,
      'mapping-rules': inputs.mappingRules,
      'ticket-rules': inputs.ticketRules,
      fx: inputs.fx,
    });
    for (const { kind, settings } of sandbox.helpdesks) {
      const { result } = await connect(product, { kind, settings, mode: 'act', remoteSetup: true, actor: 'demo' });
      if (kind === 'zendesk') {
        await installApp(product, { zendesk: sandbox.zendesk, connection: result, actor: 'demo' });
        workspaceUrl = sandbox.zendesk.workspace.urlOf();
      }
    }
    await connect(product, {
      kind: 'bigcommerce',
      settings: sandbox.bigcommerce.settings,
      // A webhook for each change of 6,000 orders would make the days pass half as fast.
      remoteSetup: false,
      actor: 'demo',
    });
    await bring({ agents: inputs.agents, rates: inputs.rates });
    customers = sandbox.answerSurveys({ outboxDir: product.outboxDir });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    running,
    sandbox,
    workspaceUrl,
    play(onProgress) {
      clock.setSpeed(pace.speed);
      governor = holdBack(clock, pace.speed, {
        product,
        sandbox,
        onSpeed: (speed) => tellDemoTime(config, clock, speed),
      });
      playing = sandbox.play({
        signal: ended.signal,
        onProgress: (now) => {
          progress = now;
          onProgress?.(now);
        },
      });
    },
    calm,
    stop,
  };
};

/** One line that moves on a terminal; elsewhere a line every ten days and one when the days are over. */
const progressLine = () => {
  let shown = -1;
  return ({ day, orders, tickets, live }: Progress): void => {
    const line = live
      ? `All ${days} days have passed: ${orders} orders, ${tickets} tickets. It goes on live.`
      : `Day ${day} of ${days}: ${orders} orders, ${tickets} tickets`;
    const step = live ? days + 1 : Math.floor(day / 10);
    if (process.stdout.isTTY) process.stdout.write(`\r${line}\u001b[K`);
    else if (step !== shown) process.stdout.write(`${line}\n`);
    shown = step;
  };
};

/**
 * 90 days of a marketplace in a minute and a half, then live: simulators of its helpdesks and store play, tickets come by the real
 * webhooks, orders by the store's change feed, and customers answer their surveys over HTTP. Runs until a signal.
 */
export const demo = async (given: Config, helpdesks: readonly HelpdeskKind[]): Promise<void> => {
  const config = demoConfig(given, undefined);
  const fastMs = fastMsOf(helpdesks.length);
  const running = await startDemo(given, { log: demoLog(config), helpdesks });
  try {
    await printSignIn(running.running.product, { always: true });
    process.stdout.write(
      `${days} days pass in about ${fastMs / secondMs} seconds; the page fills while you watch. Ctrl-C ends the demo.\n` +
        `${running.workspaceUrl ? `The same tickets at a simulated Zendesk, with the sidebar app beside them: ${running.workspaceUrl}\n` : ''}` +
        `Warnings go to ${typedPath(demoLogOf(config))}. The next demo clears this one away and starts over.\n`,
    );
    running.play(progressLine());
    await untilSignal(running);
  } catch (error) {
    await running.stop();
    throw error;
  }
};
