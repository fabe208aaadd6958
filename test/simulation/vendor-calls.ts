import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { minuteMs } from '../../src/core/time.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { PlayedHelpdesk } from '../../src/sandbox/index.ts';
import { atEndOfFile } from '../support/cleanup.ts';

export interface VendorCalls {
  /** Answered 429. */
  refused: number;
  /** The most in one minute of the clock. */
  mostInAMinute: number;
}

/** What was asked of a helpdesk's API. */
export const countVendorCalls = ({ settings }: PlayedHelpdesk, clock: Clock): Readonly<VendorCalls> => {
  const calls: VendorCalls = { refused: 0, mostInAMinute: 0 };
  const port = Number(new URL(settings.baseUrl).port);
  let minute = 0;
  let inMinute = 0;
  const onRequest = (message: unknown): void => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    if (request.socket.localPort !== port) return;
    const now = Math.floor(clock.now().getTime() / minuteMs);
    inMinute = now === minute ? inMinute + 1 : 1;
    minute = now;
    calls.mostInAMinute = Math.max(calls.mostInAMinute, inMinute);
    response.once('finish', () => {
      if (response.statusCode === 429) calls.refused += 1;
    });
  };
  subscribe('http.server.request.start', onRequest);
  atEndOfFile(async () => void unsubscribe('http.server.request.start', onRequest));
  return calls;
};
