/** The members of a clock that the sandbox needs; its speed is whatever the caller's clock has. */
export interface SandboxClock {
  now(): Date;
  /** Waits `ms` of this clock's time; resolves early, without error, when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs `task` every `ms` of this clock's time, never overlapping itself, until stopped. */
  every(ms: number, task: () => Promise<void>): { stop(): Promise<void> };
}

/** "2026-03-05T09:00:00Z": how both vendors write an instant, to the second. */
export const isoSeconds = (atMs: number): string => `${new Date(atMs).toISOString().slice(0, 19)}Z`;

/** Resolves when the clock reads `atMs` or the signal aborts. */
export const waitUntil = async (clock: SandboxClock, atMs: number, signal: AbortSignal): Promise<void> => {
  for (;;) {
    const leftMs = atMs - clock.now().getTime();
    if (leftMs <= 0 || signal.aborted) return;
    await clock.sleep(leftMs, signal);
  }
};
