import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { minuteMs } from '../../src/core/time.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { HelpdeskKind, PlayedHelpdesk } from '../../src/sandbox/index.ts';
import { atEndOfFile } from '../support/cleanup.ts';

export interface VendorCalls {
  /** Answered 429. */
  refused: number;
  /** The most in one minute: in any, or of the vendor's own where its answers tell when they end. */
  mostInAMinute: number;
}

/** The minutes that a limit holds for: any sixty seconds, or those that begin with the clock's. */
type Minutes = 'any' | 'of the clock';

/** Our share holds anew in each minute that the vendor itself tells the end of; elsewhere in any. */
const minutesOf: Readonly<Record<HelpdeskKind, Minutes>> = {
  zendesk: 'any',
  gorgias: 'any',
  kustomer: 'of the clock',
};

/** Counts what happens in a minute; each call, made in the order of time, answers how much the minute up to then holds. */
export const countInMinutes = (minutes: Minutes): ((nowMs: number) => number) => {
  let times: number[] = [];
  return (nowMs) => {
    const beganMs = minutes === 'any' ? nowMs - minuteMs : Math.floor(nowMs / minuteMs) * minuteMs - 1;
    times = [...times.filter((ms) => ms > beganMs), nowMs];
    return times.length;
  };
};

/** What was asked of a helpdesk's API. */
export const countVendorCalls = ({ kind, settings }: PlayedHelpdesk, clock: Clock): Readonly<VendorCalls> => {
  const calls: VendorCalls = { refused: 0, mostInAMinute: 0 };
  const port = Number(new URL(settings.baseUrl).port);
  const count = countInMinutes(minutesOf[kind]);
  const onRequest = (message: unknown): void => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    if (request.socket.localPort !== port) return;
    calls.mostInAMinute = Math.max(calls.mostInAMinute, count(clock.now().getTime()));
    response.once('finish', () => {
      if (response.statusCode === 429) calls.refused += 1;
    });
  };
  subscribe('http.server.request.start', onRequest);
  atEndOfFile(async () => void unsubscribe('http.server.request.start', onRequest));
  return calls;
};
