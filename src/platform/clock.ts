/** Where every module gets the time: the wall's in production, a fast one in the demo, a standing one in tests. */
export interface Clock {
  now(): Date;
  /** Waits `ms` of this clock's time; resolves early, without error, when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs `task` every `ms` of this clock's time, never overlapping itself, until stopped. */
  every(ms: number, task: () => Promise<void>): { stop(): Promise<void> };
  /** Whether it runs faster than the wall's just now: what is on its way then lags by days. Absent: never. */
  hurries?(): boolean;
}

/**
 * The shortest wall pause between two runs of `every`. Without it a fast clock makes sweeps spin: at 40 ms they took half of
 * a demo's time, and each found too few tickets to work on together.
 */
const shortestPauseMs = 200;

/** Waits for wall time; an abort ends it early. Leaves no listener behind, for the signal may outlive millions of pauses. */
const pause = (wallMs: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const finish = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, Math.min(wallMs, 2 ** 31 - 1));
    signal?.addEventListener('abort', finish);
  });

const clockFrom = (nowMs: () => number, sleep: Clock['sleep']): Clock => ({
  now: () => new Date(nowMs()),
  sleep,
  every(ms, task) {
    const stopped = new AbortController();
    const { signal } = stopped;
    const loop = async () => {
      while (!signal.aborted) {
        await task();
        await Promise.all([sleep(ms, signal), pause(shortestPauseMs, signal)]);
      }
    };
    const running = loop();
    return {
      async stop() {
        stopped.abort();
        await running;
      },
    };
  },
});

/** The wall's time. */
export const wallClock: Clock = clockFrom(Date.now, pause);

/** A clock behind the wall's that hurries until it meets it, and goes with it from then on. */
export interface CatchingUpClock extends Clock {
  /** Milliseconds per wall millisecond, at least 1, from now on; without effect once the wall is met. */
  setSpeed(speed: number): void;
}

/** A sleeper looks again after this long, for the clock may have become slower or faster meanwhile. */
const longestSleepMs = 100;

export const catchingUpClock = (start: { readonly startMs: number; readonly speed: number }): CatchingUpClock => {
  let { startMs: timeMs, speed } = start;
  let wallMs = Date.now();
  let met = false;
  const nowMs = (): number => {
    const wall = Date.now();
    const time = timeMs + (wall - wallMs) * speed;
    met ||= time >= wall;
    return met ? wall : time;
  };
  const wallMsFor = (ms: number): number => {
    const behindMs = Date.now() - nowMs();
    const untilMetMs = behindMs / (speed - 1);
    return met || ms <= untilMetMs * speed ? ms / (met ? 1 : speed) : untilMetMs + (ms - untilMetMs * speed);
  };
  const sleep = async (ms: number, signal?: AbortSignal): Promise<void> => {
    const dueMs = nowMs() + ms;
    for (let leftMs = ms; leftMs > 0 && !signal?.aborted; leftMs = dueMs - nowMs())
      await pause(met ? leftMs : Math.min(wallMsFor(leftMs), longestSleepMs), signal);
  };
  return {
    ...clockFrom(nowMs, sleep),
    hurries() {
      nowMs();
      return !met;
    },
    setSpeed(next) {
      timeMs = nowMs();
      wallMs = Date.now();
      speed = next;
    },
  };
};
