import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Product } from './compose.ts';
import type { Config } from './config.ts';
import { connect } from './connect.ts';
import { AppError } from './core/errors.ts';
import { dayMs, secondMs } from './core/time.ts';
import { importText } from './import.ts';
import { printSignIn, start, untilSignal } from './main.ts';
import { type ClockPace, pacedClock } from './platform/clock.ts';
import { openDatabase } from './platform/database/open.ts';
import { createLog } from './platform/log.ts';
import { createSandbox, type Progress } from './sandbox/index.ts';

const days = 90;
/** Wall time in which the days pass. */
const fastMs = 90 * secondMs;
/** The plan's random choices follow from it: every demo tells the same story. */
const seed = 'demo';

/** Requests a minute of an account with Zendesk's High Volume API add-on: what the fast days leave is soon worked off. */
const zendeskLimits = { perMinute: 2500, updatesPerMinute: 300 };

/** The days before today, whole, ending at this very moment so that the clock meets the wall's. */
const paceOf = (wallNowMs: number): ClockPace => {
  const endMs = wallNowMs + fastMs;
  const startMs = Math.floor(endMs / dayMs) * dayMs - days * dayMs;
  return { wallStartMs: wallNowMs, startMs, endMs, speed: (endMs - startMs) / fastMs };
};

/** Throws where the port is taken, before anything of an earlier demo is cleared. */
const checkPort = ({ host, port }: Config): Promise<void> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (cause) =>
      reject(
        new AppError('unavailable', `Port ${port} on ${host} is in use; stop what listens there or set PORT.`, {
          cause,
        }),
      ),
    );
    probe.listen(port, host, () => probe.close(() => resolve()));
  });

/** Empties the demo's own database and outbox; every demo starts from nothing. */
const clear = async (config: Config): Promise<void> => {
  await rm(join(config.dataDir, 'outbox'), { recursive: true, force: true });
  const db = await openDatabase({ dataDir: config.dataDir });
  try {
    const schemas = await db.query<{ name: string }>(
      "select nspname as name from pg_namespace where nspname not like 'pg\\_%' and nspname <> 'information_schema'",
    );
    for (const { name } of schemas) await db.query(`drop schema ${JSON.stringify(name)} cascade`);
    await db.query('create schema public');
  } finally {
    await db.close();
  }
};

/** The demo's own settings: a folder of its own, an embedded database, mails as files, simulated vendors on loopback. */
const demoConfig = (config: Config, fxUrl: string | undefined): Config => ({
  ...config,
  databaseUrl: undefined,
  redisUrl: undefined,
  secretKey: undefined,
  smtpUrl: undefined,
  dataDir: join(config.dataDir, 'demo'),
  fxUrl,
  allowPrivateUpstreams: true,
});

const importAll = async (product: Product, files: Readonly<Record<string, string>>): Promise<void> => {
  for (const [what, text] of Object.entries(files))
    await importText(product, what, text, { dryRun: false, actor: 'demo' });
};

/** One line that moves on a terminal, a line every ten days elsewhere. */
const showProgress = ({ day, orders, tickets, live }: Progress): void => {
  const line = live
    ? `All ${days} days have passed: ${orders} orders, ${tickets} tickets. It goes on live.`
    : `Day ${day} of ${days}: ${orders} orders, ${tickets} tickets`;
  if (process.stdout.isTTY) process.stdout.write(`\r${line}\u001b[K`);
  else if (!live && day % 10 === 0) process.stdout.write(`${line}\n`);
};

/**
 * 90 days of a marketplace in 90 seconds, then live: simulators of Zendesk and BigCommerce play, everything goes through
 * the real webhooks, clients and queue, and customers answer their surveys over HTTP. Runs until a signal.
 */
export const demo = async (given: Config): Promise<void> => {
  await checkPort(given);
  const cleared = demoConfig(given, undefined);
  // Opened before the clock starts: an attached server keeps the first minute of the 90 from going by in initdb.
  await clear(cleared);
  const pace = paceOf(Date.now());
  const clock = pacedClock(pace);
  // The story reaches up to this very moment, so that no gap opens between the fast days and the live ones.
  const sandbox = await createSandbox({
    clock,
    seed,
    startsAt: new Date(pace.startMs),
    days: (pace.endMs - pace.startMs) / dayMs,
    limits: { zendesk: zendeskLimits },
  });
  const config = demoConfig(given, sandbox.fx.url);
  const progress: { now: Progress } = { now: { day: 0, days, orders: 0, tickets: 0, live: false } };
  const running = await start(config, {
    web: true,
    worker: true,
    clock,
    log: createLog({ level: 'warn', destination: pino.destination(2) }),
    extraStatus: () => ({ demo: { ...progress.now, done: progress.now.live, now: clock.now().toISOString() } }),
  });
  const { product } = running;
  const ended = new AbortController();
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
    await connect(product, {
      kind: 'zendesk',
      settings: sandbox.zendesk.settings,
      mode: 'act',
      remoteSetup: true,
      actor: 'demo',
    });
    await connect(product, {
      kind: 'bigcommerce',
      settings: sandbox.bigcommerce.settings,
      remoteSetup: false,
      actor: 'demo',
    });
    await bring({ agents: inputs.agents, rates: inputs.rates });
    sandbox.answerSurveys({ outboxDir: product.outboxDir });
    await printSignIn(product, { always: true });
    process.stdout.write(
      `${days} days pass in ${fastMs / secondMs} seconds; the page fills while you watch. Ctrl-C ends the demo.\n`,
    );
    const playing = sandbox.play({
      signal: ended.signal,
      onProgress: (now) => {
        progress.now = now;
        showProgress(now);
      },
    });
    await untilSignal({
      async stop() {
        ended.abort();
        await playing;
        // The vendors go last: work under way still calls them.
        await running.stop();
        await sandbox.close();
      },
    });
  } catch (error) {
    ended.abort();
    await running.stop();
    await sandbox.close();
    throw error;
  }
};
