import { UpstreamError } from '../../../src/core/errors.ts';
import { createHttp } from '../../../src/platform/http/client.ts';
import { counted, webhookBreaks } from '../../conformance/breaks.ts';
import type { Harness } from '../conformance.ts';
import { type Break, clientWith, httpWith, remoteWith, sidebarWith } from './breaking.ts';

/** Breaks of what is made at the helpdesk, and of members that a client may lack. */
export const furtherBreaks: Readonly<Record<string, Break>> = {
  ...webhookBreaks<Harness>(remoteWith),
  'fields that are wished are told, made once, mapped, and at the end gone or named to a person': remoteWith(
    (remote) => ({
      make: async (wish) => {
        const { objects, settings } = await remote.make(wish);
        return { objects, settings: { webhookSecrets: settings.webhookSecrets } };
      },
    }),
  ),
  'what was made delivers events that the connection accepts': remoteWith((remote) => ({
    make: async (wish) => ({ ...(await remote.make(wish)), settings: { webhookSecrets: ['another'] } }),
  })),

  'a score is recorded once, however often it is told, and follows a changed answer': clientWith((client) => ({
    recordScore: async (id, score) => client.recordScore?.(id, { ...score, key: `${score.key}-${counted()}` }),
  })),
  'a score whose answer was lost is there once after the next try': httpWith((options) => {
    const http = createHttp({ ...options, retries: 0 });
    // Each try has a key of its own.
    return {
      ...http,
      request: (call) =>
        http.request(
          call.path.includes('/scores/') ? { ...call, params: { ...call.params, key: `try-${counted()}` } } : call,
        ),
    };
  }),
  'an empty answer to a score is a success': httpWith((options) => {
    const http = createHttp(options);
    return {
      ...http,
      async request(call) {
        const answer = await http.request(call);
        if (answer.body === null) throw new UpstreamError('nothing was answered', { retryable: false });
        return answer;
      },
    };
  }),
  'a score of a ticket that is gone is told as such': clientWith((client) => ({
    recordScore: async (id, score) => client.recordScore?.(id, score).catch(() => undefined),
  })),

  'a sidebar is told of its ticket if it shows a secret of the connection, and else of nothing': sidebarWith(
    (sidebar) => ({ ticketAsked: (asked) => ({ ...sidebar.ticketAsked(asked), verified: true }) }),
  ),
  'what a stranger asks a sidebar names no ticket and never throws': sidebarWith((sidebar) => ({
    ticketAsked: (asked) => ({ ...sidebar.ticketAsked(asked), externalId: (asked.query.ticket as string).trim() }),
  })),
  'what a sidebar shows is small, tells the known from the unknown, and has words for all of it': sidebarWith(
    (sidebar) => ({ answer: (context) => ({ ...sidebar.answer(context), partner: context.attribution?.partner }) }),
  ),

  'a count is the number of tickets created since': clientWith((client) => ({
    count: async () => (await client.count?.(new Date(0))) ?? null,
  })),
  'a count that is stopped asks for nothing more, and tells no number that is short': clientWith((client) => ({
    count: async (since) => {
      await client.verify();
      return (await client.count?.(since)) ?? null;
    },
  })),
  'findings about the account say what to do, and nothing is written': clientWith((client) => ({
    inspect: async () => ((await client.inspect?.()) ?? []).map((finding) => ({ ...finding, next: null })),
  })),
  'discovered settings are settings, and contradict none that were given': clientWith(() => ({
    discover: async () => ({ settings: { partnerFieldId: 'another' }, notes: [] }),
  })),
  'ticket fields are listed by the ids that settings name, and where we may not read them that is said': clientWith(
    (client) => ({
      fields: async () => (await client.fields?.())?.filter(({ id }) => id !== 'reason') ?? null,
    }),
  ),
  'a mapped field that is gone costs no ticket and no tag, and is listed no more': clientWith((client) => ({
    changeTags: (id, change) =>
      client.changeTags(id, change).catch((error: unknown) => {
        throw new UpstreamError('no', { status: 422, retryable: false }, { cause: error });
      }),
  })),
  'streams of work end, and go on from their cursors': clientWith((client) => ({
    workFeeds: [
      {
        name: 'calls',
        async *walk() {
          for (let page = 0; page < 60; page += 1) {
            await client.verify();
            yield { work: [], cursor: null };
          }
        },
      },
    ],
  })),
};
