import { type DestinationStream, type Logger, pino } from 'pino';
import { AppError } from '../core/errors.ts';

export type Log = Logger;

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
type LogLevel = (typeof logLevels)[number];

// The part before the @ is bounded (RFC 5321: 64 characters), so that a long line costs linear time.
const addressPattern =
  /[\p{L}\p{N}.!#$%&'*+=?^_`{|}~-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){0,8}\.\p{L}{2,63}/gu;

/** Text with everything that looks like an e-mail address taken out. */
export const withoutAddresses = (text: string): string =>
  text.includes('@') ? text.replace(addressPattern, '[address]') : text;

const deepestCause = 4;

/** What is logged of an error. Other properties stay out: a database's hold rows ("Key (email)=..."), a client's its connection. */
const errorFields = (error: unknown, depth = 0): object => {
  if (!(error instanceof Error)) return { message: String(error) };
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: error.message,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    stack: error.stack,
    ...(error.cause !== undefined && depth < deepestCause && { cause: errorFields(error.cause, depth + 1) }),
  };
};
/** JSON lines to standard output. No caller logs personal data; taking addresses out of every line is the second belt. */
export const createLog = ({ level, destination }: { level: LogLevel; destination?: DestinationStream }): Log =>
  pino(
    {
      level,
      base: null,
      serializers: { err: (error: unknown) => errorFields(error) },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: withoutAddresses },
    },
    destination ?? pino.destination({ fd: 1, sync: true }),
  );

/** What a step adds to its line while it works: ids, counts, an outcome other than "ok". */
export type StepLine = Record<
  string,
  string | number | bigint | boolean | null | undefined | readonly (string | number)[]
>;

export interface StepEnd {
  readonly name: string;
  readonly outcome: string;
  readonly seconds: number;
}

/**
 * Runs one step of a pipeline and logs one wide line when it ends: name, outcome ("ok", or what the step set, or "failed"),
 * duration and whatever the step put on its line. A failure is logged and thrown on. The duration is the machine's own, also
 * where the product's clock runs faster.
 */
export const step = async <Result>(
  log: Log,
  name: string,
  work: (line: StepLine) => Promise<Result>,
  { ended, nowMs = performance.now.bind(performance) }: { ended?: (end: StepEnd) => void; nowMs?: () => number } = {},
): Promise<Result> => {
  const line: StepLine = {};
  const startMs = nowMs();
  const finish = (outcome: string, extra: object): void => {
    const durationMs = Math.round((nowMs() - startMs) * 10) / 10;
    const fields = { step: name, ...readable(line), outcome, durationMs, ...extra };
    if (outcome === 'failed') log.error(fields, name);
    else log.info(fields, name);
    ended?.({ name, outcome, seconds: durationMs / 1000 });
  };
  try {
    const result = await work(line);
    finish(typeof line.outcome === 'string' ? line.outcome : 'ok', {});
    return result;
  } catch (error) {
    finish('failed', { code: error instanceof AppError ? error.code : 'unexpected', err: error });
    throw error;
  }
};

/** `step` bound to one log and its metrics: what the features get. */
export type RunStep = <Result>(name: string, work: (line: StepLine) => Promise<Result>) => Promise<Result>;

/** JSON has no bigint. */
const readable = (line: StepLine): object =>
  Object.fromEntries(
    Object.entries(line).map(([key, value]) => [key, typeof value === 'bigint' ? value.toString() : value]),
  );
