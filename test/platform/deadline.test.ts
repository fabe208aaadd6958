import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { unlessStopped, within } from '../../src/platform/deadline.ts';

const raised: unknown[] = [];
const note = (error: unknown): void => void raised.push(error);
beforeEach(() => {
  raised.length = 0;
  process.on('unhandledRejection', note);
});
afterEach(() => void process.off('unhandledRejection', note));

/** By then what nobody caught is told. */
const aMoment = (): Promise<void> => new Promise((done) => setImmediate(done));
const listeners = ({ signal }: AbortController): number => getEventListeners(signal, 'abort').length;
const never = new Promise<number>(() => undefined);

test('within: the answer or the failure in time, else "unavailable" with what was waited for', async () => {
  expect(await within(Promise.resolve(7), 1000, 'no answer')).toBe(7);
  await expect(within(Promise.reject(new Error('broken')), 1000, 'no answer')).rejects.toThrow('broken');
  await expect(within(never, 1, 'no answer')).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('no answer within 1 ms'),
  });
});

test('within: an answer in time leaves no timer', async () => {
  vi.useFakeTimers();
  try {
    const answer = within(Promise.resolve(7), 1000, 'no answer');
    expect(vi.getTimerCount()).toBe(1);
    await answer;
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

test('within: a failure after the deadline raises nothing', async () => {
  const asked = Promise.withResolvers<number>();
  await expect(within(asked.promise, 1, 'no answer')).rejects.toMatchObject({ code: 'unavailable' });
  asked.reject(new Error('late'));
  await aMoment();
  expect(raised).toEqual([]);
});

test('unless stopped: many waits leave no listener on a signal that outlives them', async () => {
  const stopping = new AbortController();
  const asked = Promise.withResolvers<number>();
  const waiting = unlessStopped(asked.promise, stopping.signal);
  expect(listeners(stopping)).toBe(1);
  asked.resolve(7);
  expect(await waiting).toBe(7);
  await expect(unlessStopped(Promise.reject(new Error('broken')), stopping.signal)).rejects.toThrow('broken');
  await aMoment();
  expect(listeners(stopping)).toBe(0);
  expect(raised).toEqual([]);
});

test('unless stopped: the stop ends the wait, its listener goes, and a failure after it raises nothing', async () => {
  const stopping = new AbortController();
  const asked = Promise.withResolvers<number>();
  const waiting = unlessStopped(asked.promise, stopping.signal);
  stopping.abort();
  expect(await waiting).toBeNull();
  expect(listeners(stopping)).toBe(0);
  asked.reject(new Error('late'));
  await aMoment();
  expect(raised).toEqual([]);
});

test('unless stopped: after the stop nothing is waited for, not even what is there', async () => {
  const stopping = new AbortController();
  stopping.abort();
  expect(await unlessStopped(never, stopping.signal)).toBeNull();
  expect(await unlessStopped(Promise.resolve(7), stopping.signal)).toBeNull();
  expect(await unlessStopped(Promise.reject(new Error('late')), stopping.signal)).toBeNull();
  await aMoment();
  expect(listeners(stopping)).toBe(0);
  expect(raised).toEqual([]);
});
