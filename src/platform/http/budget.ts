import { AsyncLocalStorage } from 'node:async_hooks';
import { LimitReached } from '../../core/errors.ts';
import type { Clock } from '../clock.ts';
import { type CallCount, type CallGrant, type CallWish, localCallCount } from './call-count.ts';

/** What an answer tells of the account's quota, as the adapter read it from the headers. */
export interface RateReading {
  /** Calls the account has per window. */
  readonly limit: number;
  /** Calls that are left in this window, for everybody. */
  readonly remaining: number;
  /** Until the window ends; absent: unknown, and any minute is taken for a window. */
  readonly resetMs?: number;
}

/** Keeps one connection within its part of a quota that it shares with the agents. Without a reading nothing is held back. */
export interface Budget {
  /**
   * Runs the call when its turn comes; throws LimitReached instead of waiting longer than `longestWaitMs`. Calls made inside
   * `inBackground` come after all others, are spread evenly over the window, and wait as long as it takes.
   */
  run<Result>(call: () => Promise<Result>): Promise<Result>;
  learn(reading: RateReading): void;
  /** The vendor asked for silence: no call starts before it is over. */
  pause(ms: number): void;
}

const background = new AsyncLocalStorage<true>();

/** Marks all calls of `work` as those that may wait: reading history must not keep a customer of today waiting. */
export const inBackground = <Result>(work: () => Promise<Result>): Promise<Result> => background.run(true, work);

/** Of the account's limit that stays untouched even when others, not we, used up the rest. */
const reserve = 0.1;
/** Of our share that calls in the background leave to the others. */
const leftByBackground = 0.02;
/** A shared count is asked for what waits, at most this part of our share at once, and this many calls while no limit is known ... */
const block = 1 / 60;
const largestBlock = 100;
/** ... which are used within this part of a window or given back: it is the span that a shared count is kept by. */
export const countedSpan = 1 / 200;
/** What the background was late by is made good for up to this long. */
const longestCreditMs = 1000;
/** A wait looks again after this long: another process may have given calls back. */
const longestNapMs = 5000;
/** When a shared count does not answer, each process keeps to this part of our share. */
const alone = 0.25;

interface Waiting {
  readonly start: () => void;
  readonly fail: (error: Error) => void;
  readonly sinceMs: number;
}

interface Ways {
  readonly clock: Clock;
  /** The part of the account's limit that we use at most in one window. */
  readonly share?: number;
  readonly concurrency?: number;
  readonly longestWaitMs?: number;
  readonly windowMs?: number;
  /** Counts over all processes; absent: this one alone. */
  readonly count?: CallCount | undefined;
  /** A vendor's own rule beside our share: how long the next call has to wait for it, and what it hears of each start. */
  readonly rule?: { waitMs(nowMs: number): number; started(nowMs: number): void };
}

export const createBudget = ({
  clock,
  share = 0.5,
  concurrency = 4,
  longestWaitMs = 90_000,
  windowMs = 60_000,
  count,
  rule,
}: Ways): Budget => {
  const own = localCallCount(clock, windowMs);
  const shared = count ?? own;
  const queues = { urgent: [] as Waiting[], background: [] as Waiting[] };
  let running = 0;
  let pumping = false;
  let nap: AbortController | undefined;
  let reading: { limit: number; remaining: number; untilMs: number; resetsAtMs: number | null } | undefined;
  let lastStartMs = Number.NEGATIVE_INFINITY;
  let pausedUntilMs = 0;
  /** Calls that were granted and not yet made. */
  let held = 0;
  let heldUntilMs = 0;
  /** How many calls the latest grant was for, and what gives back those that nobody came for. */
  let lately = 0;
  let unusedTimer: NodeJS.Timeout | undefined;
  /** When the background may start its next call. */
  let backgroundAtMs = 0;

  const nowMs = (): number => clock.now().getTime();
  const ours = (): number | null => (reading ? Math.max(1, Math.floor(reading.limit * share)) : null);

  const takeShared = async (wish: CallWish) => {
    try {
      return await shared.take(wish);
    } catch {
      // The database is away: it says so elsewhere. Careful alone is better than silent, or than greedy.
      return own.take({ ...wish, most: wish.most === null ? null : Math.max(1, Math.floor(wish.most * alone)) });
    }
  };

  const giveBack = (): void => {
    const unused = held;
    held = 0;
    // A count takes back the newest calls: these alone while they are of its last spans. It forgets others when the window ends, as
    // does one that is away.
    const isLate = nowMs() >= heldUntilMs + windowMs * countedSpan;
    if (unused > 0 && shared.shared && !isLate) void Promise.resolve(shared.giveBack(unused)).catch(() => undefined);
  };

  const use = (isBackground: boolean, most: number | null): void => {
    held -= 1;
    if (isBackground && most !== null)
      backgroundAtMs = Math.max(backgroundAtMs, nowMs() - longestCreditMs) + windowMs / most;
  };

  /** How long the next call has to wait; 0: it may start, and is counted. */
  const waitMs = (isBackground: boolean): number | Promise<number> => {
    const at = nowMs();
    if (at < pausedUntilMs) return pausedUntilMs - at;
    const ruleMs = rule?.waitMs(at) ?? 0;
    if (ruleMs > 0) return ruleMs;
    if (reading && at >= reading.untilMs) reading.remaining = reading.limit;
    if (reading && reading.remaining <= Math.floor(reading.limit * reserve) && lastStartMs > at - windowMs)
      return reading.untilMs - at;
    const most = ours();
    if (isBackground && most !== null && at < backgroundAtMs) return backgroundAtMs - at;
    if (at >= heldUntilMs) giveBack();
    if (held > 0) {
      use(isBackground, most);
      return 0;
    }
    const waiting = queues.urgent.length + queues.background.length;
    // Calls that come one after the other are asked for together too: twice as many as before, where those were used up in time.
    const coming = at < heldUntilMs ? 2 * lately : 0;
    const wish: CallWish = {
      wanted: !shared.shared
        ? 1
        : Math.max(1, Math.min(Math.max(waiting, coming), most === null ? largestBlock : Math.floor(most * block))),
      most,
      ...(isBackground && most !== null && { left: Math.floor(most * leftByBackground) }),
      ...(reading?.resetsAtMs != null && { resetsInMs: reading.resetsAtMs - at }),
    };
    const granted = ({ granted, againMs }: CallGrant): number => {
      if (granted === 0) return againMs;
      held = granted;
      lately = granted;
      heldUntilMs = nowMs() + windowMs * countedSpan;
      if (shared.shared) {
        clearTimeout(unusedTimer);
        unusedTimer = setTimeout(giveBack, windowMs * countedSpan).unref();
      }
      use(isBackground, most);
      return 0;
    };
    const grant = shared.shared ? takeShared(wish) : shared.take(wish);
    return grant instanceof Promise ? grant.then(granted) : granted(grant);
  };

  const next = () => (queues.urgent.length > 0 ? queues.urgent : queues.background);

  /** Starts what waits, in turn, until nothing waits or all slots are taken. */
  const pump = async (): Promise<void> => {
    if (pumping) return;
    pumping = true;
    try {
      // Calls made together are asked for together.
      if (shared.shared) await Promise.resolve();
      for (let queue = next(); queue.length > 0 && running < concurrency; queue = next()) {
        const isBackground = queue === queues.background;
        const wait = waitMs(isBackground);
        const ms = typeof wait === 'number' ? wait : await wait;
        if (ms <= 0) {
          // Whoever came meanwhile and is urgent takes the turn.
          const first = next().shift();
          if (!first) break;
          running += 1;
          lastStartMs = nowMs();
          rule?.started(lastStartMs);
          if (reading) reading.remaining -= 1;
          first.start();
          continue;
        }
        const at = nowMs();
        const [tooLong, waits] = [[] as Waiting[], [] as Waiting[]];
        for (const one of queues.urgent) (at + ms - one.sinceMs > longestWaitMs ? tooLong : waits).push(one);
        queues.urgent.splice(0, Number.POSITIVE_INFINITY, ...waits);
        for (const one of tooLong)
          one.fail(
            new LimitReached(
              'Our part of the call quota of this connection is used up; it goes on when the window ends',
              ms,
            ),
          );
        if (tooLong.length > 0) continue;
        nap = new AbortController();
        await clock.sleep(shared.shared ? Math.min(ms, longestNapMs) : ms, nap.signal);
        nap = undefined;
      }
    } finally {
      pumping = false;
    }
  };

  return {
    async run(call) {
      const isBackground = background.getStore() === true;
      await new Promise<void>((start, fail) => {
        (isBackground ? queues.background : queues.urgent).push({ start, fail, sinceMs: nowMs() });
        if (!isBackground) nap?.abort();
        void pump();
      });
      try {
        return await call();
      } finally {
        running -= 1;
        void pump();
      }
    },
    learn({ limit, remaining, resetMs }) {
      if (!(limit > 0)) return;
      const at = nowMs();
      const resets = resetMs !== undefined && resetMs >= 0 ? at + resetMs : null;
      reading = { limit, remaining, untilMs: resets ?? at + windowMs, resetsAtMs: resets };
    },
    pause(ms) {
      pausedUntilMs = Math.max(pausedUntilMs, nowMs() + ms);
    },
  };
};
