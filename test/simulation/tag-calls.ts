import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PlayedHelpdesk } from '../../src/sandbox/index.ts';
import { atEndOfFile } from '../support/cleanup.ts';

/** Calls that added tags, by ticket; those that the helpdesk refused are left out. */
export const countTagCalls = ({ settings }: PlayedHelpdesk): ReadonlyMap<string, number> => {
  const calls = new Map<string, number>();
  const port = Number(new URL(settings.baseUrl).port);
  const onRequest = (message: unknown): void => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    if (request.socket.localPort !== port || (request.method !== 'PUT' && request.method !== 'POST')) return;
    const id = /\/(?:tickets|conversations)\/([^/?]+)\/tags\b/.exec(request.url ?? '')?.[1];
    if (id === undefined) return;
    response.once('finish', () => {
      if (response.statusCode < 300) calls.set(id, (calls.get(id) ?? 0) + 1);
    });
  };
  subscribe('http.server.request.start', onRequest);
  atEndOfFile(async () => void unsubscribe('http.server.request.start', onRequest));
  return calls;
};
