import { Refused, UpstreamError } from '../../../src/core/errors.ts';
import { minuteMs } from '../../../src/core/time.ts';
import { pullInTurn } from '../../../src/helpdesks/in-turn.ts';
import { checkTags, codesIn, tagStartOf } from '../../../src/helpdesks/mapping.ts';
import {
  FieldsRefused,
  type HelpdeskAdapter,
  type HelpdeskAgent,
  type HelpdeskClient,
  type TicketSnapshot,
} from '../../../src/helpdesks/port.ts';
import { baseUrlOf } from '../../../src/platform/http/address.ts';
import { createBudget } from '../../../src/platform/http/budget.ts';
import { createHttp } from '../../../src/platform/http/client.ts';
import { keptHeaders, readDelivery, selfTest, verifyDelivery } from './deliveries.ts';
import { createRemote } from './remote.ts';
import * as schema from './schema.ts';
import { settingsSchema } from './settings.ts';
import { sidebar } from './sidebar.ts';
import { snapshotOf } from './ticket.ts';

const windowMs = minuteMs;
const longestTag = 80;

const quotaIn = (headers: Headers) => {
  const [limit, remaining] = ['x-limit', 'x-left'].map((name) => Number(headers.get(name) ?? Number.NaN));
  return limit && remaining !== undefined && remaining >= 0 ? { limit, remaining } : null;
};

/** `httpFor` lets the tests of the suite put a client in its place that breaks a habit. */
export const connectWith =
  (httpFor: typeof createHttp = createHttp): HelpdeskAdapter<typeof settingsSchema>['connect'] =>
  (settings, { clock, wall = clock, allowPrivate, apiUserId, observe, counts }): HelpdeskClient => {
    const vendor = `https://${settings.account}.memory.example`;
    const http = httpFor({
      baseUrl: baseUrlOf({ given: settings.baseUrl, vendor, allowPrivate }),
      headers: { authorization: `Bearer ${settings.apiKey}` },
      clock,
      allowPrivate,
      observe,
      budget: createBudget({
        clock,
        share: settings.limitShare,
        windowMs,
        count: counts?.({ name: 'account', windowMs }),
      }),
      readRate: quotaIn,
    });
    const historyOf = async (id: string) =>
      (await http.read({ path: '/tickets/{id}/changes', params: { id } }, schema.changes)).changes;

    const changeTags: HelpdeskClient['changeTags'] = async (id, { add, remove }) => {
      checkTags([...add, ...remove], longestTag);
      const call = { path: '/tickets/{id}/tags', params: { id }, idempotent: true } as const;
      if (add.length > 0) await http.request({ ...call, method: 'POST', body: { tags: add } });
      if (remove.length > 0) await http.request({ ...call, method: 'DELETE', body: { tags: remove } });
      const { partnerFieldId: name, tagPrefix } = settings;
      const start = tagStartOf('partner', tagPrefix);
      const [value = null] = codesIn(add, start);
      if (!name || (value === null && codesIn(remove, start).length === 0)) return;
      const set = { ...call, method: 'PUT', path: '/tickets/{id}/fields', body: { name, value } } as const;
      await http.request(set).catch((error: unknown) => {
        if (!(error instanceof UpstreamError) || ![400, 402, 403, 422].includes(error.status ?? 0)) throw error;
        throw new FieldsRefused([name], { cause: error });
      });
    };

    return {
      async verify() {
        const me = await http.read({ path: '/me' }, schema.me).catch((error: unknown) => {
          if (error instanceof UpstreamError && [401, 403].includes(error.status ?? 0))
            throw new Refused('The helpdesk refuses the API key; check it under Settings > API.', { cause: error });
          throw error;
        });
        return { apiUserId: me.id, accountName: settings.account };
      },
      async pullTickets(wanted) {
        const ids = [...new Set(wanted.map(({ externalId }) => externalId))];
        const { tickets } = await http.read({ path: '/tickets', query: { ids: ids.join(',') } }, schema.tickets);
        const isDeep = ({ id, status }: schema.Ticket): boolean => {
          const { withHistory } = wanted.find(({ externalId }) => externalId === id) ?? { withHistory: 'no' };
          return withHistory === 'yes' || (withHistory === 'if solved' && status !== 'open');
        };
        const read = new Map<string, TicketSnapshot>();
        const agents = new Map<string, HelpdeskAgent>();
        const rest = await pullInTurn(
          tickets.map(({ id }) => id),
          {
            clock: wall,
            atOnce: 6,
            pull: async (id) => {
              const one = tickets.find((ticket) => ticket.id === id);
              if (!one) return;
              const changes = isDeep(one) ? await historyOf(id) : null;
              for (const { by, name } of changes ?? [])
                if (by !== null && by !== apiUserId) agents.set(by, { externalId: by, name });
              read.set(id, snapshotOf(one, changes, settings, apiUserId));
            },
          },
        );
        return {
          ...rest,
          tickets: [...read.values()],
          missing: ids.filter((id) => !tickets.some((ticket) => ticket.id === id)),
          agents: [...agents.values()],
        };
      },
      async *walkChanges({ cursor, since, until }) {
        const seen = new Set<string | null>();
        for (let after = cursor; !seen.has(after); ) {
          seen.add(after);
          const query = { since: since.toISOString(), after: after ?? undefined, size: 100 };
          const { tickets, next } = await http.read({ path: '/feed', query }, schema.feed);
          yield {
            changed: tickets.map(({ id, updated_at, status }) => ({ externalId: id, updatedAt: updated_at, status })),
            cursor: next ?? after,
          };
          // The feed is in the order of the changes.
          const latest = tickets.at(-1)?.updated_at;
          if (next === null || (until && latest && latest > until)) return;
          after = next;
        }
        throw new UpstreamError('The change feed comes back to a page that was read; look at it there.', {
          retryable: false,
        });
      },
      changeTags,
      async changeTagsOfMany(changes) {
        const refused: { externalId: string; reason: string }[] = [];
        for (const { externalId, ...change } of changes)
          await changeTags(externalId, change).catch((error: unknown) => {
            if (!(error instanceof UpstreamError) || error.status !== 404) throw error;
            refused.push({ externalId, reason: error.message });
          });
        return { refused };
      },
      recordScore: (id, { key, score, answeredAt }) =>
        http
          .request({
            method: 'PUT',
            path: '/tickets/{id}/scores/{key}',
            params: { id, key },
            body: { score, at: answeredAt },
            idempotent: true,
          })
          .then(() => undefined),
      count: async (since) =>
        (await http.read({ path: '/count', query: { since: since.toISOString() } }, schema.count)).count,
      async inspect() {
        const { status } = await http.request({ path: '/webhooks', allow: [401, 403] });
        return status < 300
          ? [{ topic: 'rights', level: 'ok', text: 'The key may read all that we need.', next: null }]
          : [
              {
                topic: 'rights',
                level: 'fail',
                text: 'The key may not read webhooks.',
                next: 'Use a key of an admin.',
              },
            ];
      },
      async fields() {
        const { status, body } = await http.request({ path: '/fields', allow: [403] });
        if (status === 403) return null;
        return schema.fields.parse(body).fields.map((name) => ({ id: name, title: name, holds: 'text' }));
      },
      remote: createRemote(http, settings),
    };
  };

/** A helpdesk in memory: all that an adapter is, in one small folder. */
export const memory: HelpdeskAdapter<typeof settingsSchema> = {
  kind: 'memory',
  settings: settingsSchema,
  secretKeys: ['apiKey', 'webhookSecrets'],
  keptHeaders,
  verifyDelivery,
  readDelivery,
  selfTest,
  sidebar,
  connect: connectWith(),
};
