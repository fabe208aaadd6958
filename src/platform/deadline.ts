import { AppError } from '../core/errors.ts';

/** The promise, or an AppError `unavailable` after `ms`; what comes later is dropped. */
export const within = async <Result>(promise: Promise<Result>, ms: number, what: string): Promise<Result> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new AppError('unavailable', `${what} within ${ms} ms; see that its server runs`)),
      ms,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** The promise, or null once the stop comes; what comes later is dropped. */
export const unlessStopped = <Result>(promise: Promise<Result>, stop: AbortSignal): Promise<Result | null> =>
  new Promise((resolve, reject) => {
    const end = () => resolve(null);
    // No listener is left behind, for the signal outlives what is waited for.
    promise.then(resolve, reject).finally(() => stop.removeEventListener('abort', end));
    if (stop.aborted) end();
    else stop.addEventListener('abort', end, { once: true });
  });
