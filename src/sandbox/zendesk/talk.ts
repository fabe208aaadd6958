import type { FastifyInstance } from 'fastify';
import { isoSeconds, type SandboxClock } from '../clock.ts';
import { createQuota } from '../http.ts';

export interface NewCall {
  readonly ticketId: number;
  readonly startMs: number;
  /** One for each agent who took part. */
  readonly legs: readonly { readonly agentId: number; readonly talkSeconds: number; readonly wrapUpSeconds: number }[];
}

/** Calls of the account's telephone. */
export interface Talk {
  add(call: NewCall): void;
}

interface Row {
  readonly updatedAtMs: number;
  readonly json: Readonly<Record<string, unknown>>;
}

const pageSize = 100;

/** Zendesk Talk: its two incremental exports, whose last page names a next one too. */
export const createTalk = (clock: SandboxClock) => {
  const rows = { calls: [] as Row[], legs: [] as Row[] };
  const quota = createQuota(clock, { total: 10, windowMs: 60_000 });
  let lastId = 21_000_000_000;

  const talk: Talk = {
    add({ ticketId, startMs, legs }) {
      lastId += 1;
      const callId = lastId;
      const secondsOf = ({ talkSeconds, wrapUpSeconds }: NewCall['legs'][number]) => talkSeconds + wrapUpSeconds;
      let atMs = startMs;
      const customer = {
        agentId: 0,
        talkSeconds: legs.reduce((sum, leg) => sum + leg.talkSeconds, 0),
        wrapUpSeconds: 0,
      };
      for (const leg of [...legs, customer]) {
        lastId += 1;
        const isAgent = leg !== customer;
        const updatedAtMs = (isAgent ? atMs : startMs) + secondsOf(leg) * 1000;
        rows.legs.push({
          updatedAtMs,
          json: {
            id: lastId,
            call_id: callId,
            agent_id: isAgent ? leg.agentId : null,
            user_id: null,
            type: isAgent ? 'agent' : 'customer',
            available_via: isAgent ? 'browser' : null,
            completion_status: 'completed',
            talk_time: leg.talkSeconds,
            hold_time: 0,
            wrap_up_time: isAgent ? leg.wrapUpSeconds : null,
            duration: leg.talkSeconds,
            created_at: isoSeconds(isAgent ? atMs : startMs),
            updated_at: isoSeconds(updatedAtMs),
          },
        });
        if (isAgent) atMs = updatedAtMs;
      }
      rows.calls.push({
        updatedAtMs: atMs,
        json: {
          id: callId,
          ticket_id: ticketId,
          direction: 'inbound',
          talk_time: customer.talkSeconds,
          created_at: isoSeconds(startMs),
          updated_at: isoSeconds(atMs),
        },
      });
      for (const list of [rows.calls, rows.legs]) list.sort((a, b) => a.updatedAtMs - b.updatedAtMs);
    },
  };

  const addRoutes = (app: FastifyInstance, baseUrl: () => string): void => {
    for (const what of ['calls', 'legs'] as const)
      app.get<{ Querystring: Record<string, string | undefined> }>(
        `/api/v2/channels/voice/stats/incremental/${what}`,
        ({ query }, reply) => {
          const taken = quota.take();
          if (!taken.allowed)
            return reply
              .code(429)
              .header('Retry-After', Math.max(1, Math.ceil(taken.resetMs / 1000)))
              .send({ error: 'APIRateLimitExceeded' });
          const startMs = Number(query.start_time) * 1000;
          if (!(startMs >= 0)) return reply.code(400).send({ error: 'start_time is required' });
          const found = rows[what].filter(({ updatedAtMs }) => updatedAtMs >= startMs).slice(0, pageSize);
          const end = Math.floor((found.at(-1)?.updatedAtMs ?? startMs) / 1000);
          return reply.send({
            [what]: found.map(({ json }) => json),
            count: found.length,
            end_time: end,
            next_page: `${baseUrl()}/api/v2/channels/voice/stats/incremental/${what}.json?start_time=${end}`,
          });
        },
      );
  };

  return { talk, addRoutes };
};
