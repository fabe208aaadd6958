import type { FastifyInstance } from 'fastify';
import { type ComposeOptions, compose, type Product } from './compose.ts';
import { type Config, loadConfig } from './config.ts';
import { AppError, type InputFault, InvalidInput } from './core/errors.ts';

export interface Running {
  readonly product: Product;
  /** The address the web role listens on; null without that role. */
  readonly url: string | null;
  /** The address at which a process with the worker role alone answers /healthz, /readyz and /metrics; null where it does not. */
  readonly probesUrl: string | null;
  stop(): Promise<void>;
}

/** A worker whose port is taken, by another one on the same machine most likely, works on without an address. */
const listenForProbes = async ({
  config: { host, workerPort: port },
  log,
  buildProbes,
}: Product): Promise<{ readonly app: FastifyInstance; readonly url: string } | null> => {
  if (port === 0) return null;
  const app = await buildProbes();
  try {
    return { app, url: await app.listen({ host, port }) };
  } catch (error) {
    await app.close();
    log.warn(
      { step: 'start', err: error },
      `Port ${port} on ${host} cannot be had, so this worker answers no /healthz, /readyz and /metrics; set WORKER_PORT to a free port, or to 0 for none.`,
    );
    return null;
  }
};

/** Takes every step, also behind one that fails, and then throws what failed. */
const inTurn = async (steps: readonly (() => Promise<void> | undefined)[]): Promise<void> => {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 1) throw new AggregateError(failures, 'several parts could not be ended');
  if (failures.length > 0) throw failures[0];
};

const notListening: Readonly<Record<string, (config: Pick<Config, 'host' | 'port'>) => string>> = {
  EADDRINUSE: ({ host, port }) => `Port ${port} on ${host} is in use; stop what listens there or set PORT.`,
  EACCES: ({ port }) => `This user may not listen on port ${port}; set PORT to one above 1023.`,
  EADDRNOTAVAIL: ({ host }) => `HOST ${host} is no address of this machine; set it to one, e.g. 127.0.0.1 or 0.0.0.0.`,
  ENOTFOUND: ({ host }) => `HOST ${host} is a name that leads nowhere; set it to an address of this machine.`,
  EAI_AGAIN: ({ host }) => `HOST ${host} is a name that leads nowhere; set it to an address of this machine.`,
};

/** Why an address cannot be listened on, for a person; another error as it is. */
export const listenFailure = (error: unknown, config: Pick<Config, 'host' | 'port'>): unknown => {
  const words = notListening[(error as NodeJS.ErrnoException | null)?.code ?? ''];
  return words ? new AppError('unavailable', words(config), { cause: error }) : error;
};

/** Composes the product and starts the roles asked for: web (webhooks, API, pages) and worker (queues, sweeps). */
export const start = async (
  config: Config,
  { web, worker, ...options }: ComposeOptions & { web: boolean; worker: boolean },
): Promise<Running> => {
  const product = await compose(config, options);
  let app: FastifyInstance | null = null;
  let probes: Awaited<ReturnType<typeof listenForProbes>> = null;
  let running: ReturnType<Product['startWorker']> | null = null;
  // New requests end first, then the work under way, then what both stand on.
  const end = () =>
    inTurn([() => app?.close(), () => running?.stop(), () => probes?.app.close(), () => product.close()]);
  try {
    app = web ? await product.buildApp() : null;
    const url = app ? await app.listen({ host: config.host, port: config.port }) : null;
    probes = worker && !web ? await listenForProbes(product) : null;
    running = worker ? product.startWorker() : null;
    let stopping: Promise<void> | undefined;
    return {
      product,
      url,
      probesUrl: probes?.url ?? null,
      stop() {
        stopping ??= end();
        return stopping;
      },
    };
  } catch (error) {
    await end().catch((failure: unknown) =>
      product.log.warn({ step: 'start', err: failure }, 'the start failed, and not everything begun could be ended'),
    );
    throw error instanceof AppError ? error : listenFailure(error, config);
  }
};

/** A graceful stop that takes longer than this is cut off; what it would have finished is done after the next start. */
const longestStopMs = 20_000;

/** npm passes Ctrl-C on to a program that had it from the terminal already: what comes so soon after is the same one. */
const sameSignalMs = 500;

/** Calls `stop` at the first SIGTERM or SIGINT; a second one ends the process at once. */
export const onStopSignal = (stop: () => void): void => {
  let askedAtMs: number | null = null;
  const onSignal = () => {
    if (askedAtMs !== null) {
      if (Date.now() - askedAtMs > sameSignalMs) process.exit(1);
      return;
    }
    askedAtMs = Date.now();
    setTimeout(() => process.exit(1), longestStopMs).unref();
    stop();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
};

/** Runs until SIGTERM or SIGINT, then stops gracefully. */
export const untilSignal = (running: Pick<Running, 'stop'>): Promise<void> =>
  new Promise((resolve, reject) => {
    onStopSignal(() => void running.stop().then(resolve, reject));
  });

/** The sign-in link of the first start, printed to the terminal alone: it is a secret and stays out of the log. */
export const printSignIn = async ({ access, config }: Product, { always = false } = {}): Promise<void> => {
  if (!always && (await access.everSignedIn())) return;
  const { token } = await access.createSignIn({ name: 'admin', actor: 'server' });
  process.stdout.write(`\nSign in once at: ${config.publicUrl}/sign-in/${token}\n\n`);
};

/** What `npm start` and `deskledger serve` do. */
export const serve = async (roles: { web: boolean; worker: boolean }): Promise<void> => {
  const running = await start(loadConfig(), roles);
  const { product, url, probesUrl } = running;
  product.log.info({ step: 'start', url, ...(probesUrl && { probesUrl }), ...roles }, 'ready');
  if (roles.web) await printSignIn(product);
  await untilSignal(running);
};

export const faultLines = (faults: readonly InputFault[]): string =>
  faults.map(({ field, reason }) => `  ${field}: ${reason}`).join('\n');

/** A failure's message for a person at a terminal. */
export const explain = (error: unknown): string => {
  if (!(error instanceof AppError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  return error instanceof InvalidInput && error.faults.length > 0
    ? `${error.message}\n${faultLines(error.faults)}`
    : error.message;
};

/** The same as a JSON document, with what each field is lacking. */
export const failureOf = (error: unknown): object => ({
  error: {
    code: error instanceof AppError ? error.code : 'unexpected',
    message: error instanceof AppError ? error.message : explain(error),
    ...(error instanceof InvalidInput && error.faults.length > 0 && { errors: error.faults }),
  },
});
