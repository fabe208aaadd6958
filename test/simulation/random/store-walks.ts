import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../src/platform/clock.ts';
import type { BigcommerceSandbox } from '../../../src/sandbox/bigcommerce/index.ts';
import type { StoreWalk } from '../oracle/held-days.ts';

/** By which words a call asks for what changed, or was made, since an instant; other calls look up what they name. */
const walkWords = { orders: 'min_date_modified', refunds: 'created:min' } as const;

/** The walks that a store answered, in their order: its own record of them, whatever the product notes. */
export const watchStoreWalks = ({ url }: BigcommerceSandbox, clock: Clock) => {
  const walks: StoreWalk[] = [];
  const port = Number(new URL(url).port);
  const onRequest = (message: unknown): void => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    if (request.socket.localPort !== port || request.method !== 'GET') return;
    const { searchParams } = new URL(request.url ?? '/', url);
    const askedMs = clock.now().getTime();
    for (const of of ['orders', 'refunds'] as const) {
      const since = searchParams.get(walkWords[of]);
      if (since === null) continue;
      response.once('finish', () => {
        if (response.statusCode < 300) walks.push({ of, askedMs, fromMs: Date.parse(since) });
      });
    }
  };
  subscribe('http.server.request.start', onRequest);
  return {
    walks: (): readonly StoreWalk[] => walks,
    stop: () => void unsubscribe('http.server.request.start', onRequest),
  };
};
