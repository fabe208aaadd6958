import { z } from 'zod';
import { InvalidInput, Refused, UpstreamError } from '../../../src/core/errors.ts';
import { minuteMs } from '../../../src/core/time.ts';
import { pullInTurn } from '../../../src/helpdesks/in-turn.ts';
import { codeInField, codesIn, contactReason, fieldText, tagStartOf } from '../../../src/helpdesks/mapping.ts';
import {
  FieldsRefused,
  type HelpdeskAdapter,
  type HelpdeskClient,
  type PersonChange,
  type TicketSnapshot,
} from '../../../src/helpdesks/port.ts';
import { commonSettings } from '../../../src/helpdesks/settings.ts';
import { baseUrlOf } from '../../../src/platform/http/address.ts';
import { createBudget } from '../../../src/platform/http/budget.ts';
import { createHttp } from '../../../src/platform/http/client.ts';
import { keptHeaders, readDelivery, selfTest, verifyDelivery } from './deliveries.ts';
import { createRemote } from './remote.ts';
import * as schema from './schema.ts';
import { sidebar } from './sidebar.ts';

const field = (title: string) =>
  z
    .string()
    .optional()
    .meta({ title, description: `Name of the ticket field: ${title.toLowerCase()}.` });

export const settingsSchema = z.object({
  ...commonSettings,
  account: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .meta({ title: 'Account', description: 'The first part of the address.', identifies: true }),
  apiKey: z.string().trim().min(1, 'is empty').meta({ title: 'API key', description: 'Settings > API > New key.' }),
  webhookSecrets: z
    .array(z.string().trim().min(1, 'is empty'))
    .max(10)
    .default([])
    .meta({ title: 'Signing secrets', description: 'Of the webhook; set when we make it. Two during a rotation.' }),
  orderNumberFieldId: field('Field of the order number'),
  partnerFieldId: field('Field of the partner'),
  reasonFieldId: field('Field of the reason'),
});
export type MemorySettings = z.output<typeof settingsSchema>;

const windowMs = minuteMs;
/** A longer list is a loop. */
const mostPages = 50;

const quotaIn = (headers: Headers) => {
  const [limit, remaining] = ['x-limit', 'x-left'].map((name) => Number(headers.get(name) ?? Number.NaN));
  return limit && remaining !== undefined && remaining >= 0 ? { limit, remaining } : null;
};

const choicesOf = (changes: readonly schema.Change[], settings: MemorySettings, apiUserId: string | null) => {
  const start = tagStartOf('partner', settings.tagPrefix);
  return changes
    .filter(({ by }) => by !== null && by !== apiUserId)
    .flatMap((change): PersonChange[] => {
      const made = { by: change.by ?? '', at: change.at, sourceKey: `change:${change.id}` };
      const [added, removed, left] = [change.tags_added, change.tags_removed, change.tags_left].map((tags) =>
        codesIn(tags, start),
      );
      if (added?.length || removed?.length)
        return [{ ...made, source: 'tag', added: added ?? [], removed: removed ?? [], left: left ?? [] }];
      return settings.partnerFieldId && change.field === settings.partnerFieldId
        ? [{ ...made, source: 'field', value: codeInField(change.value, start) }]
        : [];
    });
};

const snapshotOf = (
  ticket: schema.Ticket,
  changes: readonly schema.Change[] | null,
  settings: MemorySettings,
  apiUserId: string | null,
): TicketSnapshot => ({
  externalId: ticket.id,
  status: ticket.status,
  createdAt: ticket.created_at,
  updatedAt: ticket.updated_at,
  channel: ticket.channel,
  subject: ticket.subject,
  firstMessage: ticket.text,
  requester: ticket.requester && { ...ticket.requester, locale: null },
  assigneeId: null,
  brandId: null,
  organizationId: null,
  formId: null,
  inboxId: null,
  tags: ticket.tags,
  orderNumber: fieldText(ticket.fields[settings.orderNumberFieldId ?? '']),
  reason: contactReason({
    reasonValues: settings.reasonValues,
    field: settings.reasonFieldId ? fieldText(ticket.fields[settings.reasonFieldId]) : null,
    names: ticket.tags,
  }),
  parentExternalId: null,
  mergedIntoExternalId: null,
  frozen: false,
  ...(changes && {
    history: {
      work: changes.flatMap(({ id, by, at, seconds }) =>
        seconds === null
          ? []
          : [
              {
                sourceKey: `change:${id}`,
                agentId: by,
                actor: 'agent' as const,
                clock: 'memory',
                rawSeconds: seconds,
                value: null,
                workedAt: at,
                channel: null,
              },
            ],
      ),
      touches: changes.flatMap(({ id, by, at, reply }) =>
        reply && by !== null
          ? [{ sourceKey: `reply:${id}`, agentId: by, kind: 'public_reply' as const, at, channel: null }]
          : [],
      ),
      choices: { partner: choicesOf(changes, settings, apiUserId), region: [] },
      solvedAt: changes.findLast(({ status }) => status === 'solved')?.at ?? null,
      closedAt: null,
    },
  }),
});

/** `httpFor` lets the tests of the suite put a client in its place that breaks a habit. */
export const connectMemory =
  (httpFor: typeof createHttp = createHttp): HelpdeskAdapter<typeof settingsSchema>['connect'] =>
  (settings, { clock, allowPrivate, apiUserId, observe, counts }): HelpdeskClient => {
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
      if ([...add, ...remove].some((tag) => !/^[a-z0-9_]{1,80}$/.test(tag)))
        throw new InvalidInput('The tag is none that the helpdesk keeps as it is; use a-z, 0-9 and _.');
      const call = { path: '/tickets/{id}/tags', params: { id }, idempotent: true } as const;
      if (add.length > 0) await http.request({ ...call, method: 'POST', body: { tags: add } });
      if (remove.length > 0) await http.request({ ...call, method: 'DELETE', body: { tags: remove } });
      const { partnerFieldId: name, tagPrefix } = settings;
      const start = tagStartOf('partner', tagPrefix);
      const [value = null] = codesIn(add, start);
      if (!name || (value === null && codesIn(remove, start).length === 0)) return;
      const set = { ...call, method: 'PUT', path: '/tickets/{id}/fields', body: { name, value } } as const;
      await http.request(set).catch((error: unknown) => {
        if (!(error instanceof UpstreamError) || error.status !== 422) throw error;
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
          return withHistory === 'yes' || (withHistory === 'if solved' && status === 'solved');
        };
        const read = new Map<string, TicketSnapshot>();
        const rest = await pullInTurn(
          tickets.map(({ id }) => id),
          {
            clock,
            atOnce: 6,
            pull: async (id) => {
              const one = tickets.find((ticket) => ticket.id === id);
              if (one) read.set(id, snapshotOf(one, isDeep(one) ? await historyOf(id) : null, settings, apiUserId));
            },
          },
        );
        return {
          ...rest,
          tickets: [...read.values()],
          missing: ids.filter((id) => !tickets.some((ticket) => ticket.id === id)),
          agents: [],
        };
      },
      async *walkChanges({ cursor, since }) {
        let after = cursor;
        for (let page = 0; page < mostPages; page += 1) {
          const query = { since: since.toISOString(), after: after ?? undefined, size: 100 };
          const { tickets, next } = await http.read({ path: '/feed', query }, schema.feed);
          yield {
            changed: tickets.map(({ id, updated_at, status }) => ({ externalId: id, updatedAt: updated_at, status })),
            cursor: next ?? after,
          };
          if (next === null || next === after) return;
          after = next;
        }
        throw new UpstreamError('The change feed does not end; look at it there.', { retryable: false });
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
  connect: connectMemory(),
};
